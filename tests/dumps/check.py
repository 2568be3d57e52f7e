#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo check finds nothing in what is as it should be, and each damage where it is.

    check.py [--mmapinfo CMD] VMCORE TRUTH              what the guest brought about, no more
    check.py [--mmapinfo CMD] --damage TOOL VMCORE      each rule by a damage of its own
    check.py [--mmapinfo CMD] --forms VMCORE            formats, options, exit statuses

Guests have requests that a throttled disk never completes, and one process with thousands
of VMAs: these are findings, and right. Prints TAP.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

from tap import Tap

PAGES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "checks"
OLD_NS = 30e9
MANY_VMAS = 1000
NONE, FOUND, USAGE, NOT_CHECKED = range(4)
DAMAGES = ("map-count", "map-limit", "rss", "nrpages", "cache-slot", "mapcount", "folio-mapcount",
           "folio-page", "pte-page", "pte-outside-vma", "lost-wakeup", "lock-without-io",
           "writeback-without-io",
           "request-age", "request-completed", "page-without-io", "pgtables", "wb-err",
           "structure", "freed", "freed-vma", "freed-node", "vma-order", "dirty-share",
           "readahead-thrash", "unlinked-waiter")
# Where there is a recorder that had thousands of events of the page cache.
RECORDED = ("refault-storm",)
# Of requests that lose their bios, the pages are without one, too.
ALSO = {"lock-without-io": "page-without-io", "writeback-without-io": "page-without-io"}


class Checker:
    def __init__(self, command, vmcore):
        self.command, self.vmcore = command, vmcore

    def run(self, *options):
        return subprocess.run([self.command, "check", "-c", self.vmcore, *options],
                              capture_output=True, check=False, text=True, errors="replace")

    def json(self, *options):
        r = self.run("--json", *options)
        if r.returncode not in (NONE, FOUND):
            raise SystemExit(f"Bail out! status {r.returncode}: {r.stderr}")
        return r.returncode, json.loads(r.stdout)

    def ask(self, *options):
        r = subprocess.run([self.command, "-c", self.vmcore, "--json", *options],
                           capture_output=True, check=True)
        return json.loads(r.stdout)


def found(doc):
    return sorted((f["rule"], f["address"]) for f in doc["check"]["findings"])


def counts(doc):
    return {r["id"]: r["findings"] for r in doc["check"]["rules"]}


# ---- guests that are as they should be ----

def ages(checker):
    """By what --requests says of each."""
    doc = checker.ask("--requests")
    since = [r["issue_ns"] if r["state"] == "driver" and r["issue_ns"] else r["start_ns"]
             for r in doc["requests"]]
    return [doc["clock_ns"] - s for s in since if s is not None]


def many_vmas(truth):
    """Processes whose shared maps of one file are that many pieces."""
    pids = set()
    for maps in truth.glob("proc/[0-9]*/maps"):
        lines = maps.read_text(errors="replace").splitlines()
        if sum(" rw-s " in line or " r--s " in line for line in lines) >= MANY_VMAS:
            pids.add(int(maps.parent.name))
    return pids


def check_healthy(tap, checker, truth):
    status, doc = checker.json()
    n = counts(doc)
    tap.same("request-age: as many as --requests shows", [n.pop("request-age")],
             [sum(age >= OLD_NS for age in ages(checker))])
    windows = {f["pid"] for f in doc["check"]["findings"] if f["rule"] == "window-cost"}
    tap.same("window-cost: processes with a thousand pieces", windows, many_vmas(truth))
    n.pop("window-cost")
    # Memory of a dirty page was lost there.
    poisoned = {int(path.parent.name) for path in truth.glob("proc/[0-9]*/comm")
                if path.read_text().strip() == "hwpoison"}
    lost = {f["pid"] for f in doc["check"]["findings"] if f["rule"] == "wb-err"}
    tap.result(lost <= poisoned and n.pop("wb-err") <= 1, f"wb-err: {len(lost)} with lost memory",
               sorted(lost - poisoned))
    for rule, count in sorted(n.items()):
        tap.result(not count, f"{rule}: {count} findings",
                   [f"{f['text']} {f['evidence']}" for f in doc["check"]["findings"]
                    if f["rule"] == rule][:4])
    tap.result(status == (FOUND if doc["check"]["findings"] else NONE), f"status {status}")
    # Guests of the workload map huge pages; what is stuck or recorded may have none.
    if "-la" in truth.parent.name:
        tap.result(doc["check"]["large_folios"], f"{doc['check']['large_folios']} large folios")
    off = [r["id"] for r in doc["check"]["rules"] if r["why_not"]]
    tap.result(not off, "all rules could be applied", off)
    idle = [r["id"] for r in doc["check"]["rules"]
            if not r["applied"] and r["id"] not in ("window-cost", "lost-wakeup", "request-age",
                                                    "unlinked-waiter",
                                                    "lock-without-io", "writeback-without-io",
                                                    "page-without-io", "request-completed")]
    tap.result(not idle, "and were, to something", idle)


# ---- damage ----

def check_damage(tap, tool, checker, kind, before, *options):
    with tempfile.NamedTemporaryFile(dir=pathlib.Path(checker.vmcore).parent) as copy:
        subprocess.run(["cp", "--sparse=always", checker.vmcore, copy.name], check=True)
        r = subprocess.run([tool, copy.name, kind], capture_output=True, text=True, check=False)
        if r.returncode or not r.stdout:
            tap.result(False, f"{kind}: damaged", [r.stderr.strip()])
            return
        wanted = sorted(before + [(rule, f"0x{int(addr, 16):x}") for rule, addr in
                                  (line.split() for line in r.stdout.splitlines())])
        status, doc = Checker(checker.command, copy.name).json(*options)
        got = [f for f in found(doc) if f[0] != ALSO.get(kind)]
        tap.result(got == wanted and status == FOUND,
                   f"{kind}: {len(wanted) - len(before)} found, and nothing else",
                   [f"wanted {sorted(set(wanted) - set(got))}",
                    f"extra {sorted(set(got) - set(wanted))}"])


def check_damages(tap, tool, checker):
    # So that no request is old yet; of dirty pages the guests' files have few.
    limits = ("--older", str(max([0, *ages(checker)]) // 10**9 + 1), "--dirty", "1")
    before = found(checker.json(*limits)[1])
    recorded = "-recorder-" in pathlib.Path(checker.vmcore).resolve().parent.name
    for kind in RECORDED if recorded else DAMAGES:
        check_damage(tap, tool, checker, kind, before, *limits)


# ---- formats ----

def check_forms(tap, checker):
    _, doc = checker.json()
    rules = {r["id"]: r for r in doc["check"]["rules"]}
    broken = {rule for rule, n in counts(doc).items() if n}
    listed = subprocess.run([checker.command, "check", "--list"], capture_output=True, check=True,
                            text=True).stdout.splitlines()
    tap.same("--list has the rules", {line.split()[0] for line in listed}, set(rules))
    few = subprocess.run([checker.command, "check", "--list", "--severity", "error", "--rule",
                          "rss,map-limit"], capture_output=True, check=True, text=True).stdout
    tap.same("--list of those that are asked for", [line.split()[0] for line in few.splitlines()],
             ["rss"])
    tap.same("each has a page in docs/checks", {p.stem for p in PAGES.glob("[a-z]*.md")}
             - {"expectations"}, set(rules))
    text = checker.run("--format", "tap")
    lines = text.stdout.splitlines()
    tap.result(lines[0] == f"1..{len(rules)}", "TAP: the plan")
    tap.same("TAP: what failed", {line.split()[4].rstrip(":") for line in lines
                                  if line.startswith("not ok")}, broken)
    suite = ET.fromstring(checker.run("--format", "junit").stdout)
    tap.same("JUnit: what failed", {case.get("name") for case in suite.iter("testcase")
                                    if case.find("failure") is not None}, broken)
    tap.result(int(suite.get("tests")) == len(rules)
               and int(suite.get("failures")) == len(broken), "JUnit: sums")
    plain = checker.run()
    tap.same("text: what was found", {line.split()[1].rstrip(":") for line in
                                      plain.stdout.splitlines()
                                      if line.startswith(("ERROR  ", "WARNING  "))}, broken)
    errors = {r for r in rules if rules[r]["severity"] == "error"}
    tap.same("--severity error", set(counts(checker.json("--severity", "error")[1])), errors)
    status, doc = checker.json("--rule", "rss,mapcount")
    tap.same("--rule", set(counts(doc)), {"rss", "mapcount"})
    tap.result(status == NONE, "--rule: nothing found: status 0")
    for options, want in ((["--rule", "nonsense"], USAGE), (["--severity", "low"], USAGE),
                          (["--format", "xml"], USAGE), (["--older", "x"], USAGE), (["--dirty", "0"], USAGE), (["1"], USAGE), (["--pages"], USAGE),
                          (["--json", "--format", "tap"], USAGE)):
        r = checker.run(*options)
        tap.result(r.returncode == want and not r.stdout and r.stderr.startswith("mmapinfo: "),
                   f"{' '.join(options)}: status {r.returncode}", [r.stderr])
    r = Checker(checker.command, "/dev/null").run()
    tap.result(r.returncode == NOT_CHECKED and r.stderr.count("\n") == 1,
               f"no dump: status {r.returncode}", [r.stderr])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mmapinfo", default="build/mmapinfo")
    parser.add_argument("--damage")
    parser.add_argument("--forms", action="store_true")
    parser.add_argument("vmcore")
    parser.add_argument("truth", type=pathlib.Path, nargs="?")
    args = parser.parse_args()
    tap, checker = Tap(), Checker(args.mmapinfo, args.vmcore)
    if args.damage:
        check_damages(tap, args.damage, checker)
    elif args.forms:
        check_forms(tap, checker)
    else:
        check_healthy(tap, checker, args.truth)
    return tap.end()


sys.exit(main())
