#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo where something is missing: it works all the same, or one line says what is missing.

    rights.py ANSWERS

What was taken away: guest/rights.c. Prints TAP.
"""
import re
import sys

from answers import answers

from tap import Tap

# Ways to the kernel's memory: without one of them nothing can be read.
REFUSED = {
    "root": r"needs root.*CAP_SYS_RAWIO.*Permission denied",
    "sys_rawio": r"CAP_SYS_RAWIO.*not permitted",
    "kcore": r"/proc/kcore is empty.*masks",
    "masked": r"/proc/kcore is empty.*masks",
    "proc": r"/proc/kcore is not there",
    "all": r"needs root|is empty",
    "confidentiality": r"lockdown=confidentiality",
}
# What is there in another place, too: symbols and types lie in memory.
SPARED = {"nothing", "syslog", "kptr", "btf", "kallsyms", "sys", "integrity"}


def same(doc):
    """What must not differ, whatever is missing; clocks do, and mmapinfo's own process."""
    if "processes" in doc:
        return sorted(p["comm"] for p in doc["processes"])
    return [(m["start"], m["end"], m["permissions"], m["name"], m["totals"])
            for m in doc["mappings"]]


def main():
    tap = Tap()
    found = {(a.path.parent.name, a.path.name): a for a in answers(sys.argv[1], "rights")}
    tap.same("what was taken away", {lack for lack, _ in found}, set(REFUSED) | SPARED)
    for (lack, kind), a in sorted(found.items()):
        said = [f"status {a.status}", a.err, a.out()[:200]]
        if lack in REFUSED:
            ok = a.status == 1 and a.one_line() and re.search(REFUSED[lack], a.err)
            # What can be done all the same.
            tap.result(ok and "-c" in a.err, f"{lack}, {kind}: {a.err.strip()}", said)
            continue
        doc = a.json() if a.status == 0 else {}
        whole = found["nothing", kind].json()
        tap.result(a.status == 0 and not a.err and doc["complete"] and not doc["problems"]
                   and not doc["features_off"] and same(doc) == same(whole),
                   f"without {lack}, {kind}: the whole answer", said)
    return tap.end()


sys.exit(main())
