#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One dump, read by libkdumpfile and by drgn: the answers are the same bytes.

    providers.py MMAPINFO VMCORE [VMLINUX [PAGES]]

Run where drgn shows its C interface: scripts/in-provider-tree. Ways to read it: libkdumpfile with
the types of the dump, which is what all are held against; drgn with these; and with VMLINUX
libkdumpfile with its DWARF, drgn with its DWARF. Stacks that drgn unwinds must be ours. PAGES: of
how many processes all pages are compared in the ways with a VMLINUX, which take longer (all).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

mmapinfo, core = sys.argv[1:3]
vmlinux = sys.argv[3] if len(sys.argv) > 3 else None
limit = int(sys.argv[4]) if len(sys.argv) > 4 else None
tap = Tap()

BY_DRGN = ["--via", "drgn"]
WITH_VMLINUX = {
    "libkdumpfile and DWARF": ["-s", vmlinux, "--types", "dwarf"],
    "drgn and DWARF": BY_DRGN + ["-s", vmlinux],
} if vmlinux else {}
WAYS = {"drgn": BY_DRGN, **WITH_VMLINUX}


def ask(how, *question):
    """Exit status, stdout and stderr."""
    r = subprocess.run([mmapinfo, "-c", core, *how, *question], capture_output=True, timeout=600)
    return r.returncode, r.stdout, r.stderr


def first_difference(a, b):
    for x, y in zip(a.splitlines(), b.splitlines()):
        if x != y:
            return [f"wanted {x[:300]!r}", f"got    {y[:300]!r}"]
    return [f"{len(a)} and {len(b)} bytes"]


def without(document, names):
    """A JSON document less some of its members, wherever they are."""
    if isinstance(document, dict):
        return {k: without(v, names) for k, v in document.items() if k not in names}
    if isinstance(document, list):
        return [without(v, names) for v in document]
    return document


def same(name, ways, *question):
    want = ask([], *question)
    tap.result(want[1] or want[2], f"{name}: there is an answer ({len(want[1])} bytes)")
    for way, how in ways.items():
        got = ask(how, *question)
        details = [f"status {got[0]}, wanted {want[0]}", got[2][:600]]
        tap.result(got == want, f"{name}: {way}", details + first_difference(want[1], got[1]))


def processes():
    """PIDs of all processes, those that map most first: zombies and the like are among them."""
    answer = json.loads(ask([], "--all", "--json")[1])
    every = sorted(answer["processes"], key=lambda p: -(p.get("total_vm_pages") or 0))
    return [p["pid"] for p in every]


def check_pages():
    pids = processes()
    tap.result(len(pids) > 5, f"{len(pids)} processes")
    for i, pid in enumerate(pids):
        ways = WAYS if limit is None or i < limit else {"drgn": BY_DRGN}
        same(f"PID {pid}", ways, "--json", "--pages", "--next", str(pid))


def check_sources():
    """What differs on purpose says who it was."""
    want = json.loads(ask([], "--json", "--sources", "1")[1])
    for way, how in WAYS.items():
        got = json.loads(ask(how, "--json", "--sources", "1")[1])
        names = ("provider", "sources", "pages_read")
        tap.result(without(want, names) == without(got, names), f"--sources: {way}: all else")
        provider = "drgn" if "drgn" in how else "libkdumpfile"
        tap.result(got["provider"] == provider, f"--sources: {way}: read by {provider}")
        of_drgn = [s for s in got["sources"] if "drgn" in s["where"]]
        if "drgn" in how and "-s" in how:
            told = {s["what"] for s in of_drgn if s["ok"]} == {"symbols", "types"}
        elif "drgn" in how:
            told = [(s["what"], s["ok"]) for s in of_drgn] == [("types", False)]
        else:
            told = not of_drgn
        tap.result(told, f"--sources: {way}: what is drgn's", of_drgn)


def check_text():
    for question in (["1"], ["--blocked"], ["--requests"], ["--all"], ["--log"]):
        same(" ".join(question) + " as text", {"drgn": BY_DRGN}, *question)


# drgn knows the unwinding tables of kernels that are not much younger: else it says this.
YOUNGER = "unrecognized .orc_header"


def same_stack(thread, younger):
    """Of a task that ran drgn may have one, from registers, where we have none."""
    second = thread["debugger_stack"]
    if younger and thread["stack_end"] == "whole":
        return second["same"] is None and YOUNGER in second["why"]
    if thread["stack_end"] == "whole":
        return second["same"]
    return not second["same"] and (second["same"] is False) == ("stack" in second)


def check_stacks():
    """Of all threads, kernel threads and what is left of processes too."""
    threads = 0
    how = WAYS["drgn and DWARF"]
    first = json.loads(ask(how, "--json", "--stack", "1")[1])["process"]["threads"][0]
    younger = YOUNGER in (first["debugger_stack"].get("why") or "")
    for pid in processes() + [2]:
        want = json.loads(ask([], "--json", "--stack", str(pid))[1])
        got = json.loads(ask(how, "--json", "--stack", str(pid))[1])
        tap.result(want == without(got, ("debugger_stack",)), f"stacks of PID {pid}: all else")
        mine = got["process"]["threads"]
        wrong = [t for t in mine if not same_stack(t, younger)]
        told = "drgn cannot, and says why" if younger else "as drgn unwinds them"
        tap.result(mine and not wrong, f"stacks of PID {pid}: {len(mine)} {told}", wrong[:3])
        threads += len(mine)
        if limit is not None and threads > 200:
            break
    text = ask(how, "--stack", "1")[1].decode()
    tap.result("\n    drgn" in text, "stacks as text")


def check_missing():
    """Cut short, it fails as it does otherwise, or says what is missing."""
    size = os.path.getsize(core)
    cut = "/tmp/providers-cut"
    for part in (0.999, 0.7):
        with open(core, "rb") as whole, open(cut, "wb") as out:
            out.write(whole.read(int(size * part)))
        answers = []
        for how in ([], BY_DRGN):
            r = subprocess.run([mmapinfo, "-c", cut, *how, "--json", "--pages", "1"],
                               capture_output=True, timeout=600)
            answers.append((r.returncode, r.stdout, r.stderr))
        os.unlink(cut)
        lines = answers[1][2].count(b"\n")
        one_line = answers[1][0] == 1 and lines == 1 and not answers[1][1]
        # The kernel's image may be there twice, of which drgn takes the second.
        if answers[0][0] or (one_line and b": it is cut at " in answers[1][2]):
            tap.result(one_line, f"cut at {part}: one line", [answers[1]])
        else:
            tap.result(answers[0] == answers[1], f"cut at {part}: the same",
                       [answers[1][2]] + first_difference(answers[0][1], answers[1][1]))


def check_quiet():
    """drgn's Python takes nothing from the current directory, the environment, or plugins."""
    want = ask([], "1")
    with tempfile.TemporaryDirectory() as work:
        speak = pathlib.Path(work, "speak.py")
        speak.write_text("print('LOADED')\ndef drgn_prog_set(prog):\n\tprint('CALLED')\n")
        for name in ("types", "enum", "_drgn_util", "sitecustomize", "encodings"):
            pathlib.Path(work, name + ".py").symlink_to(speak)
        env = {**os.environ, "PYTHONPATH": work, "DRGN_PLUGINS": f"speak={speak}"}
        r = subprocess.run([mmapinfo, "-c", core, *BY_DRGN, "1"], cwd=work, env=env,
                           capture_output=True, timeout=600)
    got = r.returncode, r.stdout, r.stderr
    tap.result(got == want, "nothing of the current directory or the environment is run",
               [r.stderr] + first_difference(want[1], got[1]))


def refused():
    """libkdumpfile as drgn uses it wants three numbers of a kernel's version, which 7.3-cloud-amd64
    does not have: then it reads no page of a compressed dump. And it wants the architecture in
    its header, where QEMU writes none. One line says so."""
    status, out, err = ask(BY_DRGN, "--all")
    if b"Invalid kernel version" not in err and b"KDUMP_ATTR_ARCH_NAME" not in err:
        return False
    tap.result(status == 1 and not out and err.startswith(b"mmapinfo: ") and err.count(b"\n") == 1,
               "drgn does not read this dump: one line", [err])
    return True


def main():
    if refused():
        return tap.end()
    same("--all", WAYS, "--json", "--all")
    same("--blocked", WAYS, "--json", "--blocked", "--each")
    same("--requests", WAYS, "--json", "--requests")
    same("--log", WAYS, "--json", "--log=all")
    check_pages()
    check_sources()
    check_text()
    if vmlinux:
        check_stacks()
    check_missing()
    check_quiet()
    return tap.end()


sys.exit(main())
