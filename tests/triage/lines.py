#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of real dumps, whole, cut and damaged, in a directory with other things: held against what
mmapinfo itself says, as jq reads that. Prints TAP.

    lines.py MMAPINFO STUCK-DUMP [VMLINUX]
"""
import functools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import jsonschema

from common import DEMO, TOP, Tap, by_name, lines_of, said, triage, without_cost

sys.path.insert(0, str(TOP / "scripts/lib"))
from triage import find    # noqa: E402

ODD = b"new\nline 'q\" $(x) \xff;.vmcore"
STAMP = "202611220815"
DMESG = """<6>[    0.000000] Linux version 6.1.0-56-cloud-amd64 (x@y) #1 SMP
[   12.100000] BUG: kernel NULL pointer dereference, address: 0000000000000010
<0>[   12.345678][    T1] Kernel panic - not syncing: Fatal exception in interrupt
[   12.400000] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---
"""
ASK = {
    "tasks": (["--blocked", "--json"], ".blocked | length"),
    "groups": (["--blocked", "--json"], '[.groups[] | "\\(.device) \\(.function) \\(.tasks)"]'),
    "verdicts": (["--blocked", "--json"], "[.blocked[].verdict] | group_by(.) | map({key: .[0], value: length})"
                 " | from_entries"),
    "longest": (["--blocked", "--json"], "[.blocked[] | .blocked_ns // -1] | max"),
    "pending": (["--requests", "--json"], ".requests | length"),
    "oldest": (["--requests", "--json"], "[.requests[] | select(.age_ns)] | max_by(.age_ns)"
               " | if . then [.device, .sector, .age_ns] else null end"),
    "rules": (["check", "--json"], "[.check.rules[] | select(.findings > 0) | [.id, .findings]]"),
    "texts": (["check", "--json"], "[.check.findings[].text]"),
    "kernel": (["check", "--json"], "[.kernel.release, .kernel.arch, .kernel.build_id, .dump.level]"),
}


def elf(kind, physical):
    """An ELF file with one segment."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 4, 4096, 1 << 32, physical, 4096, 4096, 4096) + bytes(8192)


def make_tree(top, stuck):
    """Returns the names of the dumps in it."""
    demo = DEMO.read_bytes()
    damaged = bytearray(demo)
    for at in range(1 << 20, len(demo), 70001):
        damaged[at] ^= 0xff
    saved = top / "crash" / STAMP
    saved.mkdir(parents=True)
    for path, data in {
            saved / f"dump.{STAMP}": demo, saved / f"dmesg.{STAMP}": DMESG.encode(),
            top / "kexec" / "vmcore": demo, top / "kexec" / "vmcore-dmesg.txt": DMESG.encode(),
            top / "two" / "a": demo[:len(demo) * 6 // 10], top / "two" / "b": bytes(damaged),
            top / "two" / "vmcore-dmesg.txt": DMESG.encode(), top / "headers": demo[:5000],
            top / "core.elf": elf(4, 4096), top / "core.process": elf(4, 0), top / "program": elf(2, 4096),
            top / "dump.txt": b"KDUMP is what this text begins with\n", top / "empty": b""}.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    pathlib.Path(os.fsdecode(os.fsencode(top) + b"/" + ODD)).write_bytes(demo[:6000])
    (top / "two" / "loop").symlink_to("..")
    (top / "self").symlink_to(".")
    (top / "dead").symlink_to("nowhere")
    (top / "again").symlink_to("kexec/vmcore")
    (top / "stuck").symlink_to(stuck)
    os.mkfifo(top / "fifo")
    return [f"dump.{STAMP}", "vmcore", "a", "b", "headers", "core.elf", ODD.decode("utf-8", "replace"),
            os.path.basename(stuck)]


@functools.lru_cache(maxsize=None)
def answer(*command):
    return subprocess.run(command, capture_output=True, check=False).stdout


def ask(mmapinfo, dump, what, vmlinux=None):
    """What jq makes of mmapinfo's own answer; None: there is no answer."""
    words, program = ASK[what]
    out = answer(mmapinfo, *words, "-c", dump, *(["-s", vmlinux] if vmlinux else []))
    if not out:
        return None
    return json.loads(subprocess.run(["jq", "-c", program], input=out, capture_output=True, check=True).stdout)


def ours(line, what):
    blocked, requests, findings = line["blocked"], line["requests"], line["findings"]
    groups = (blocked or {}).get("groups", [])
    if (blocked if ASK[what][0][0] == "--blocked" else requests if what in ("pending", "oldest") else findings) is None:
        return None
    if what == "tasks":
        return blocked["tasks"]
    if what == "groups":
        return [f"{g['device'] or 'null'} {g['function'] or 'null'} {g['tasks']}" for g in groups]
    if what == "verdicts":
        total = {}
        for g in groups:
            for verdict, n in g["verdicts"].items():
                total[verdict] = total.get(verdict, 0) + n
        return total
    if what == "longest":
        return max((-1 if g["longest"]["blocked_ns"] is None else g["longest"]["blocked_ns"] for g in groups),
                   default=None)
    if what == "pending":
        return requests["pending"]
    if what == "oldest":
        oldest = requests["oldest"]
        return oldest and [oldest["device"], oldest["sector"], oldest["age_ns"]]
    if what == "rules":
        return [[r["id"], r["count"]] for r in findings["rules"]]
    if what == "kernel":
        return [line["kernel"]["release"], line["kernel"]["arch"], line["kernel"]["build_id"], line["dump"]["level"]]
    raise KeyError(what)


def same_as_mmapinfo(tap, mmapinfo, path, line, vmlinux=None):
    wrong = []
    for what in ASK:
        theirs = ask(mmapinfo, path, what, vmlinux)
        if what == "texts":
            texts = [t for r in (line["findings"] or {"rules": []})["rules"] for t in r["texts"]]
            if not set(texts) <= set(theirs or []):
                wrong.append([texts, theirs])
        elif ours(line, what) != theirs:
            wrong.append([what, ours(line, what), theirs])
    status = {c: line["calls"][c]["status"] for c in ("blocked", "requests", "check")}
    tap.result(not wrong, f"{os.path.basename(line['path'])!a}: as mmapinfo says ({status['blocked']})",
               [*wrong, status])


def panics(tap, lines, reads_log):
    """Of the file beside the dump, if mmapinfo does not read the log; of that in any case if it is ours alone."""
    want = "Fatal exception in interrupt", "BUG: kernel NULL pointer dereference, address: 0000000000000010"
    for name in (f"dump.{STAMP}", "vmcore"):
        line = lines[name]
        good = line["panic_source"] == "log" if reads_log else \
            (line["panic"], line["trouble"], line["panic_source"]) == (*want, "dmesg file")
        tap.result(good, f"{name}: its panic ({line['panic_source']})", [line["panic"], line["panic_why_not"]])
    line = lines["a"]
    tap.result(line["panic_source"] != "dmesg file" and line["panic"] is None and line["panic_why_not"],
               "a dmesg file beside two dumps is of neither", [line["panic"], line["panic_source"]])


def with_vmlinux(tap, mmapinfo, vmlinux, tmp):
    """Found by its build ID, among others."""
    top = pathlib.Path(tmp, "kernels")
    (top / "6.1").mkdir(parents=True)
    (top / "vmlinux-other").write_bytes(elf(2, 0))
    (top / "6.1/vmlinux-some").symlink_to(vmlinux)
    (top / "loop").symlink_to(".")
    line = json.loads(triage("--one", "--mmapinfo", mmapinfo, "--vmlinux-dir", top, DEMO).stdout)
    tap.result(line["vmlinux"] == os.path.realpath(vmlinux), "its vmlinux is found by build ID", [line["vmlinux"]])
    same_as_mmapinfo(tap, mmapinfo, DEMO, line, vmlinux)
    build_id = line["kernel"]["build_id"]
    tree = pathlib.Path(tmp, "debug/.build-id", build_id[:2])
    tree.mkdir(parents=True)
    (tree / (build_id[2:] + ".debug")).symlink_to(vmlinux)
    found = [find.vmlinux_for(build_id, tree.parents[1]), find.vmlinux_for("0" * 40, tree.parents[1]),
             find.vmlinux_for("0" * 40, top)]
    tap.result(found == [os.path.realpath(vmlinux), None, None], "in a .build-id tree, too; that of no other", found)


def main():
    mmapinfo, stuck = (os.path.realpath(w) for w in sys.argv[1:3])
    tap = Tap()
    schema = jsonschema.Draft202012Validator(json.loads((TOP / "docs/triage.schema.json").read_text()))
    reads_log = b"--log" in subprocess.run([mmapinfo, "--help"], capture_output=True, check=False).stdout
    with tempfile.TemporaryDirectory() as tmp:
        top = pathlib.Path(tmp, "dumps")
        names = make_tree(top, stuck)
        out = tmp + "/out.jsonl"
        ended = triage("--mmapinfo", mmapinfo, "-j2", "-o", out, top)
        lines = by_name(out)
        tap.same("dumps that are found by what is in them", list(lines), names)
        tap.result(len(lines_of(out)) == len(names) and ended.returncode == 3, "each once; status 3", said(ended))
        for line in lines.values():
            raw = bytes.fromhex(line["path_hex"]) if "path_hex" in line else line["path"].encode()
            same_as_mmapinfo(tap, mmapinfo, os.fsdecode(raw), line)
        tap.result(os.path.basename(raw := bytes.fromhex(lines[names[6]]["path_hex"])) == ODD,
                   "a name that is not UTF-8 is there byte by byte", [raw])
        panics(tap, lines, reads_log)
        errors = [f"{n}: {e.message[:300]}" for n, line in lines.items() for e in schema.iter_errors(line)]
        tap.result(not errors, "all obey the schema", errors)
        other = tmp + "/again.jsonl"
        triage("--mmapinfo", mmapinfo, "-j1", "-o", other, top / "kexec", top / "headers")
        once, twice = (without_cost(lines_of(f)) for f in (out, other))
        tap.result(len(twice) == 2 and all(line in once for line in twice),
                   "the same lines when done again, but for what they cost")
        ended = triage("--mmapinfo", mmapinfo, "-j1", top / "dump.txt", top / "nothing-here")
        tap.result(ended.returncode == 2 and "nothing-here" in ended.stderr, "a path that is not there", said(ended))
        ended = triage("--mmapinfo", mmapinfo, "-j1", top / "dump.txt")
        tap.result(json.loads(ended.stdout)["calls"]["check"]["status"] == "refused" and ended.returncode == 3,
                   "a file that is named gets a line, dump or not", said(ended))
        if sys.argv[3:]:
            with_vmlinux(tap, mmapinfo, sys.argv[3], tmp)
    return tap.end()


sys.exit(main())
