#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that lack pages, against the whole dump of the same memory.

    lacking.py COMMAND WHOLE excluded DUMP
    lacking.py COMMAND WHOLE incomplete DUMP PERCENT...

WHOLE is a dump that the oracle has found right. DUMP lacks some of its pages: a filter took
more than it should, or a full disk cut it short. Every process is asked about, by PID or by
task. What is there must be what the whole dump says; what is not there must be said to be
missing for that reason, in the one word of the JSON, and for no other.

If cut short, DUMP is what makedumpfile left of WHOLE. First it is shown that
tests/dumps/cut.py makes exactly DUMP of WHOLE; then WHOLE is also cut to each PERCENT.
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

CUT = pathlib.Path(__file__).with_name("cut.py")
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
    """The part of a longer row of the whole dump: what is unreadable may cut it in pieces."""
    first, end = row["pgoff"], row["pgoff"] + row["pages"]
    for w in want:
        if w["pages"] > 1 and w["pgoff"] <= first and end <= w["pgoff"] + w["pages"]:
            return {**w, **{k: row[k] for k in ("pages", "pgoff", "va") if k in row}}
    return None


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


def compare_file(c, got, want):
    where = f"file {want['path']}"
    for name in ("inode_number", "device", "filesystem", "size_bytes", "nrpages", "inode"):
        c.maybe(f"{where} {name}", got[name], want[name], (None, ""))
    c.maybe(f"{where} path", "" if "?" in got["path"] else got["path"], want["path"], ("",))
    if got["cache"] is None:
        c.missing += 1
        return
    compare_totals(c, where, got["cache"], want["cache"])
    compare_rows(c, where, got["pages"], want["pages"], "pgoff")


def compare_process(c, got, want):
    c.processes += 1
    for name, value in want["process"].items():
        if name == "threads":
            known = {t["tid"]: t for t in value}
            for thread in got["process"]["threads"]:
                c.same(f"thread {thread['tid']}", thread, known.get(thread["tid"]))
        elif name not in ("mappings_found", "rss"):
            c.maybe(name, got["process"][name], value)
    maps = {m["start"]: m for m in want["mappings"]}
    for m in got["mappings"]:
        c.check(f"mapping {m['start']}", m["start"] in maps)
        if m["start"] in maps:
            compare_mapping(c, m, maps[m["start"]])
    files = {f["mapping"]: f for f in want["files"]}
    for f in got["files"]:
        c.check(f"file {f['path']}", f["mapping"] in files, f["mapping"])
        if f["mapping"] in files:
            compare_file(c, f, files[f["mapping"]])
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


def main():
    command, whole_dump, _, lacking_dump, *percents = sys.argv[1:]
    everyone = {p["pid"]: p for p in ask(command, whole_dump, "--all")[0]["processes"]}
    whole = {pid: ask(command, whole_dump, "--each", str(pid))[0]
             for pid, p in everyone.items() if p["mm"]}
    n, failed, sums = 0, 0, collections.Counter()

    def test(ok, name, details=()):
        nonlocal n, failed
        n += 1
        failed += not ok
        print(("ok" if ok else "not ok") + f" {n} - {name}")
        for line in details:
            print(f"# {line}")

    def compare(name, dump):
        c = compare_dump(command, dump, whole, everyone)
        test(not c.wrong and c.equal,
             f"{name}: {c.processes} answers, {c.refused} refused; {c.equal} facts equal, "
             f"{c.missing} missing, {len(c.wrong)} wrong", c.wrong[:8])
        sums.update(equal=c.equal, missing=c.missing, processes=c.processes)

    compare("as it is", lacking_dump)
    with tempfile.TemporaryDirectory() as tmp:
        made = f"{tmp}/cut"
        if percents:
            size = os.path.getsize(lacking_dump)
            subprocess.run([CUT, whole_dump, str(size), made], check=True)
            same = pathlib.Path(made).read_bytes() == pathlib.Path(lacking_dump).read_bytes()
            test(same, f"cut to {size} bytes, the whole dump is what makedumpfile left")
        for percent in percents:
            subprocess.run([CUT, whole_dump, f"{percent}%", made], check=True)
            compare(f"cut to {percent} %", made)
    # A filter that takes nothing it should not is no failure.
    enough = sums["missing"] > 0 or GONE == "excluded"
    test(enough and sums["equal"] > 10000 and sums["processes"] > 20,
         f"enough was there, and enough missing, to compare: {dict(sums)}")
    print(f"1..{n}")
    return bool(failed)


sys.exit(main())
