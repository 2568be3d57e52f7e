#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that lack pages, against the whole dump of the same memory.

    lacking.py COMMAND WHOLE excluded DUMP SEED...
    lacking.py COMMAND WHOLE incomplete DUMP PERCENT%... SEED...

WHOLE is a dump that the oracle has found right. DUMP lacks some of its pages: a filter took
more than it should, or a full disk cut it short. Every process is asked about, by PID or by
task. What is there must be what the whole dump says; what is not there must be said to be
missing for that reason, in the one word of the JSON, and for no other.

If cut short, DUMP is what makedumpfile left of WHOLE. First it is shown that
tests/dumps/cut.py makes exactly DUMP of WHOLE; then WHOLE is also cut to each PERCENT.
A cut may leave nothing to compare: all answers begin with pages that are often the last of
memory. So for each SEED tests/dumps/thin.py takes another part of the pages, from all over
memory: of DUMP if filtered, of WHOLE if cut short.
Prints TAP.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tap import Tap

CUT = pathlib.Path(__file__).with_name("cut.py")
THIN = pathlib.Path(__file__).with_name("thin.py")
GONE = sys.argv[3]
REFUSAL = r"is incomplete|filtered out|could (not )?be read"


class Compared:
    """What was compared in one dump, and what is wrong with it."""

    def __init__(self):
        self.equal = self.missing = self.processes = self.refused = 0
        self.unread_cgroups = 0
        self.wrong = []

    def check(self, what, ok, got=None, want=None):
        if ok:
            self.equal += 1
        else:
            self.wrong.append(f"{what}: {got!r} instead of {want!r}")

    def same(self, what, got, want):
        self.check(what, got == want, got, want)

    def maybe(self, what, got, want, unknown=(None,)):
        """Either as in the whole dump, or unknown."""
        if got != want and got in unknown:
            self.missing += 1
        else:
            self.same(what, got, want)


def ask(command, dump, *options):
    """The document, or the error line of a refusal."""
    r = subprocess.run([command, "-c", dump, "--json", *options], capture_output=True, check=False)
    text = r.stderr.decode()
    if r.returncode == 0:
        return json.loads(r.stdout), None
    doc = json.loads(r.stdout) if r.stdout else None
    assert r.returncode == 1 and text.count("\n") == 1, f"status {r.returncode}: {text}"
    return doc, text


def is_gone(part):
    return isinstance(part, dict) and part.get("why") == GONE


def cached_page(row):
    """A page that is that of the PTE is not told twice."""
    cached = row.get("cached")
    if cached and cached["kind"] == "folio" and "page" not in cached and "page" in row:
        cached = {**cached, "page": row["page"]}
    return cached


def compare_page(c, where, got, want):
    if is_gone(got):
        c.missing += 1
    else:
        c.same(where, got, want)


def compare_cached(c, where, got, want, no_file):
    if is_gone(got) or (no_file and got == {"kind": "unknown"}):
        c.missing += 1
        return
    if got is None or want is None:
        c.same(where, got, want)
        return
    got, want = dict(got), dict(want)
    # The cgroup of an evicted page is told if it could be read.
    for name in set(want) - set(got) if got["kind"] == want["kind"] == "shadow" else ():
        del want[name]
        c.missing += 1
        c.unread_cgroups += 1
    compare_page(c, where + " page", got.pop("page", None), want.pop("page", None))
    c.same(where, got, want)


def compare_row(c, where, got, want, no_file):
    pte = got.get("pte")
    if is_gone(pte):
        c.missing += 1
        c.check(where + " page of no PTE", "page" not in got, got)
    else:
        c.same(where + " pte", pte, want.get("pte"))
        compare_page(c, where + " page", got.get("page"), want.get("page"))
    compare_cached(c, where + " cached", cached_page(got), cached_page(want), no_file)


def within(row, want):
    """What the whole dump has of these pages in rows that are alike: what is unreadable beside
    them may cut a row in pieces, or make one of many. A row that says which page it is, is of
    one page."""
    first, end = row["pgoff"], row["pgoff"] + row["pages"]
    place = {k: row[k] for k in ("pages", "pgoff", "va") if k in row}
    parts = [w for w in want if w["pgoff"] < end and first < w["pgoff"] + w["pages"]]
    covered = sum(min(end, w["pgoff"] + w["pages"]) - max(first, w["pgoff"]) for w in parts)
    alike = [{**w, **place} for w in parts]
    return alike[0] if covered == row["pages"] and all(w == alike[0] for w in alike) else None


def compare_rows(c, where, got, want, key, no_file=False):
    """One row a page, but what is unreadable or sparse is one row for many."""
    whole = {row[key]: row for row in want}
    for row in got:
        if row["pages"] == 1 and row[key] in whole and whole[row[key]]["pages"] == 1:
            compare_row(c, f"{where} {row[key]}", row, whole[row[key]], no_file)
        elif not is_gone(row.get("pte")) and not is_gone(row.get("cached")):
            c.same(f"{where} {row[key]}", row, within(row, want))
        else:
            c.missing += row["pages"]


# A count of something that was not met; unreadable pages explain what it lacks.
UNREADABLE = ("pte_unreadable", "cache_unreadable", "page_unreadable")


def compare_totals(c, where, got, want):
    unread = sum(got.get(name) or 0 for name in UNREADABLE)
    for name, n in want.items():
        if name in UNREADABLE:
            continue
        if got.get(name) is None:
            c.missing += 1
            continue
        c.check(f"{where} {name}", n - unread <= got[name] <= n, got[name], n)
    return unread


def compare_mapping(c, got, want):
    where = got["start"]
    for name in ("end", "permissions", "flags", "kind", "pgoff", "vma", "anon_vma"):
        c.maybe(f"{where} {name}", got[name], want[name])
    c.maybe(f"{where} name", "" if "?" in got["name"] else got["name"], want["name"], ("",))
    compare_totals(c, where, got["totals"], want["totals"])
    compare_rows(c, where, got["pages"], want["pages"], "va", got.get("file_unreadable"))


def compare_file(c, got, want, behind):
    """@behind: it was said that names may be of the files behind those that were opened."""
    where = f"file {want['path']}"
    backing = want.get("backing", {}) if behind else {}
    for name in ("inode_number", "device", "filesystem"):
        c.maybe(f"{where} {name}", got[name], want[name], (None, "", backing.get(name)))
    for name in ("size_bytes", "nrpages", "inode"):
        c.maybe(f"{where} {name}", got[name], want[name], (None, ""))
    c.maybe(f"{where} path", "" if "?" in got["path"] else got["path"], want["path"],
            ("", backing.get("path")))
    if got["cache"] is None:
        c.missing += 1
        return
    compare_totals(c, where, got["cache"], want["cache"])
    compare_rows(c, where, got["pages"], want["pages"], "pgoff")


def compare_fault(c, where, got, want, no_file):
    for name, value in want.items():
        if name == "name":
            c.maybe(f"{where} name", "" if "?" in got[name] else got[name], value, ("",))
        elif name != "page":
            c.same(f"{where} {name}", got.get(name), value)
    if want["page"]:
        compare_rows(c, f"{where} page", [got["page"]], [want["page"]], "va", no_file)


def has_no_file(doc, address):
    """Is the file of the mapping there not to be had?"""
    return any(m.get("file_unreadable") and int(m["start"], 16) <= int(address, 16)
               < int(m["end"], 16) for m in doc["mappings"])


def compare_thread(c, got, want, doc):
    """A stack that is not there, or a mapping, hides the fault; nothing makes one up."""
    where = f"thread {got['tid']}"
    c.same(where, {n: got[n] for n in ("comm", "state", "task")},
           {n: want[n] for n in ("comm", "state", "task")})
    if got.get("fault"):
        c.check(f"{where} has a fault", bool(want.get("fault")), got["fault"])
        if want.get("fault"):
            compare_fault(c, where, got["fault"], want["fault"],
                          has_no_file(doc, got["fault"]["address"]))
            c.same(f"{where} entry", got["entry"], want["entry"])
    elif "fault" in got or "fault" in want:
        c.missing += 1
        c.check(f"{where}: a fault is missing without a word", bool(doc["problems"]))


def compare_process(c, got, want):
    c.processes += 1
    for name, value in want["process"].items():
        if name == "threads":
            known = {t["tid"]: t for t in value}
            for thread in got["process"]["threads"]:
                c.check(f"thread {thread['tid']}", thread["tid"] in known)
                if thread["tid"] in known:
                    compare_thread(c, thread, known[thread["tid"]], got)
        elif name not in ("mappings_found", "rss"):
            c.maybe(name, got["process"][name], value)
    maps = {m["start"]: m for m in want["mappings"]}
    for m in got["mappings"]:
        c.check(f"mapping {m['start']}", m["start"] in maps)
        if m["start"] in maps:
            compare_mapping(c, m, maps[m["start"]])
    files = {f["mapping"]: f for f in want["files"]}
    behind = any((p["effect"] or "").endswith("of the file behind it") for p in got["problems"])
    for f in got["files"]:
        c.check(f"file {f['path']}", f["mapping"] in files, f["mapping"])
        if f["mapping"] in files:
            compare_file(c, f, files[f["mapping"]], behind)
    lacks = len(got["mappings"]) < len(want["mappings"])
    c.check("mappings are missing without a word", not lacks or got["problems"])
    c.check("cgroups are missing without a word", not c.unread_cgroups or got["problems"])
    c.unread_cgroups = 0


def check_problems(c, doc, who):
    if GONE == "incomplete":
        c.check(f"{who}: incomplete", doc["dump"]["incomplete"] and not doc["complete"])
    c.same(f"{who}: complete", doc["complete"], not doc["problems"] and GONE != "incomplete")
    for p in doc["problems"]:
        c.same(f"{who}: {p['what']}: {p['why']}", p["word"], GONE)


def compare_dump(command, dump, whole, everyone):
    c = Compared()
    doc, error = ask(command, dump, "--all")
    if error:
        c.check("--all is refused", doc is None and re.search(REFUSAL, error), error)
        c.refused = len(everyone)
        return c
    check_problems(c, doc, "--all")
    for p in doc["processes"]:
        want = everyone.get(p["pid"])
        c.check(f"PID {p['pid']} is in the whole dump", want is not None)
        for name in ("comm", "tgid", "state", "task", "kind") if want else ():
            c.same(f"PID {p['pid']} {name}", p[name], want[name])
    for pid, want in whole.items():
        # What the PID does not lead to any more, its task may.
        for how in (str(pid), everyone[pid]["task"]):
            doc, error = ask(command, dump, "--each", how)
            if not error:
                check_problems(c, doc, how)
                compare_process(c, doc, want)
                break
            c.check(how, doc is None and re.search(REFUSAL, error), error)
        else:
            c.refused += 1
    return c


def image_frames(dump):
    """The first and the last page frame of the kernel's image, and a little more."""
    with open(dump, "rb") as f:
        note = f.read(1 << 20)
    stext = int(re.search(rb"^SYMBOL\(_stext\)=(\w+)$", note, re.M)[1], 16)
    base = int(re.search(rb"^NUMBER\(phys_base\)=(-?\d+)$", note, re.M)[1])
    first = (stext - 0xffffffff80000000 + base) >> 12
    return first, first + (96 << 20 >> 12)


def main():
    command, whole_dump, _, lacking_dump, *ways = sys.argv[1:]
    percents = [way for way in ways if way.endswith("%")]
    seeds = [way for way in ways if way not in percents]
    everyone = {p["pid"]: p for p in ask(command, whole_dump, "--all")[0]["processes"]}
    whole = {pid: ask(command, whole_dump, "--each", str(pid))[0]
             for pid, p in everyone.items() if p["mm"]}
    tap, sums = Tap(), collections.Counter()

    def compare(name, dump):
        c = compare_dump(command, dump, whole, everyone)
        tap.result(not c.wrong and c.equal,
                   f"{name}: {c.processes} answers, {c.refused} refused; {c.equal} facts equal, "
                   f"{c.missing} missing, {len(c.wrong)} wrong", c.wrong)
        sums.update(equal=c.equal, missing=c.missing, processes=c.processes)

    compare("as it is", lacking_dump)
    with tempfile.TemporaryDirectory() as tmp:
        made = f"{tmp}/cut"
        if percents:
            size = os.path.getsize(lacking_dump)
            subprocess.run([CUT, whole_dump, str(size), made], check=True)
            same = pathlib.Path(made).read_bytes() == pathlib.Path(lacking_dump).read_bytes()
            tap.result(same, f"cut to {size} bytes, the whole dump is what makedumpfile left")
        for percent in percents:
            subprocess.run([CUT, whole_dump, percent, made], check=True)
            compare(f"cut to {percent}", made)
        for seed in seeds:
            # From a few pages, which leave most answers, to so many that most are refused.
            per_mille = 2 ** (int(seed) % 6)
            numbers = map(str, [seed, per_mille, *image_frames(whole_dump)])
            of = lacking_dump if GONE == "excluded" else whole_dump
            subprocess.run([THIN, of, GONE, *numbers, made], check=True)
            compare(f"without {per_mille} of 1000 pages (seed {seed})", made)
    # What a filter took may be nothing, or all that answers begin with.
    if ways:
        tap.result(sums["missing"] > 0 and sums["equal"] > 10000 and sums["processes"] > 20,
                   f"enough was there, and enough missing, to compare: {dict(sums)}")
    return tap.end()


sys.exit(main())
