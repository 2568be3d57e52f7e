#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo while mappings change: every answer is whole, and of one process at one moment.

    churn.py ANSWERS [RUNS]

Which process maps what, and where, is said in guest/churn.h; so each mapping that is told tells
whether it is one. RUNS: so many there must be at least. Prints TAP.
"""
import collections
import pathlib
import re
import statistics
import sys

from answers import answers

from tap import Tap

PAGE = 4096
BASE, RANGE, STEP, LENGTH = 0x10000000000, 0x100000000, 0x80000, 0x40000
SLOTS, WORKERS = 64, 14
STACKS, STACK, THREADS, ANCHOR = 0xf0000000, 0x20000, 4, 0xe0000000
BOARD = BASE - RANGE
# guest/churn.c
MOVING = {2, 3}
ANON, SHARED, PRIVATE, SHMEM = range(4)

# A run that takes longer hangs: 30 s, or where the machine is busy with other things, so many
# times what half of them take.
LIMIT_MS, TIMES = 30000, 10
MOST_KB = 128 << 10
# So many runs meet everything that a process may be in the middle of.
MANY = 400
# What has gone, or has no memory any more, is refused in one of these ways.
GONE = re.compile(r"no task with PID|exited|no user memory|zombie|is exiting|is being torn down")
OWN_NAMES = {"[heap]", "[stack]", "[vdso]", "[vvar]", "[vvar_vclock]"}


class Problems(collections.Counter):
    """What was wrong, and the first few runs that show it."""

    def __init__(self):
        super().__init__()
        self.first = []

    def add(self, what, run, detail=""):
        self[what] += 1
        if len(self.first) < 12:
            self.first.append(f"{run.path.name} ({' '.join(run.args)}): {what} {detail}")


def slot_of(start):
    """(process, slot) that an address lies in, or None."""
    s, rest = divmod(start - BASE, RANGE)
    slot = rest // STEP
    if not 0 <= s < WORKERS or slot >= 2 * SLOTS:
        return None
    return s, slot


def check_slot(m, start, end, s, slot):
    """Why a mapping in a slot cannot be, or None."""
    at = start - (BASE + s * RANGE + slot * STEP)
    kind = slot % 4
    if at + (end - start) > LENGTH:
        return "longer than any that was mapped there"
    if slot >= SLOTS and s not in MOVING:
        return "where nothing is mapped"
    shared = kind in (SHARED, SHMEM)
    if m["permissions"] not in (("rw-s", "r--s") if shared else ("rw-p", "r--p")):
        return f"permissions {m['permissions']}"
    if kind == ANON:
        return None if m["file"] is None and m["name"] == "" else f"a file: {m['name']}"
    if s in MOVING:
        return "of a kind that is not there"
    name = f"/shm/churn-{s:02}" if kind == SHMEM else f"/mnt/churn/{s:02}"
    if m["name"] != name:
        return f"file {m['name']}"
    want = slot * LENGTH + at
    return None if m["offset_bytes"] == want else f"offset {m['offset_bytes']}, not {want}"


def check_other(m, start, end, s):
    """The same outside of slots; S is None where the process's own name does not tell."""
    if m["name"] in OWN_NAMES:
        return None
    # The stack that execve(2) is putting together: VM_STACK_INCOMPLETE_SETUP, include/linux/mm.h.
    if m["name"] == "" and {"growsdown", "seq_read", "rand_read"} <= set(m["flags"]):
        return None
    if start == BOARD:
        return None if m["name"] == "/shm/churn" and end - start == PAGE else "not the board"
    if m["name"].startswith("/mnt/bin/"):
        return None if s is None or m["name"] == f"/mnt/bin/churn-{s:02}" else "of another one"
    # What the program has of its own memory, right behind its file.
    if m["name"] == "" and end < 1 << 24:
        return None
    if s is not None:
        at = start - BASE - s * RANGE
        if at == ANCHOR:
            return None if (end - start, m["permissions"]) == (PAGE, "r--p") else "not the anchor"
        t, rest = divmod(at - STACKS, 2 * STACK)
        # The lower ends of the stacks are never protected: no guard pages.
        if 1 <= t <= THREADS and not rest and end - start == STACK:
            return None
    return "where nobody maps"


def whose(doc):
    m = re.fullmatch(r"churn-(\d\d)", doc["process"]["comm"])
    return int(m.group(1)) if m else None


class Churn:
    def __init__(self, top, runs):
        self.tap = Tap()
        self.runs = answers(top, "runs")
        self.least = runs
        rounds = (pathlib.Path(top) / "rounds").read_text().split("\n")
        self.rounds = {int(k): int(v) for k, v in (line.split() for line in rounds if line)}
        self.vmas, self.moments, self.ends, self.order = (Problems() for _ in range(4))
        self.seen = collections.Counter()
        middle = statistics.median(r.info["ms"] for r in self.runs)
        self.limit_ms = max(LIMIT_MS, TIMES * middle)

    # ---- one answer ----

    def mappings(self, run, doc):
        s, last = whose(doc), 0
        owners, slots = set(), set()
        for m in doc["mappings"]:
            start, end = int(m["start"], 16), int(m["end"], 16)
            if start < last or end <= start:
                self.order.add("mappings overlap, or are out of order", run, m["start"])
            last = end
            self.seen["mappings"] += 1
            found = slot_of(start)
            if found:
                owners.add(found[0])
                slots.add(found[1])
                wrong = check_slot(m, start, end, *found)
            else:
                wrong = check_other(m, start, end, s)
            if wrong:
                self.vmas.add("a mapping that is none", run, f"{m['start']}: {wrong}")
        if len(owners) > 1 or (s is not None and owners - {s}):
            self.vmas.add("mappings of several processes", run, f"{s}: {sorted(owners)}")
        self.moment(run, doc, s, slots)

    def moment(self, run, doc, s, slots):
        """What is always mapped, at one of two places: both, or none, are two moments."""
        if not doc["complete"]:
            self.seen["answers that say they are incomplete"] += 1
            return
        if run.info["lasting"]:
            anchor = BASE + s * RANGE + ANCHOR
            if not any(int(m["start"], 16) == anchor for m in doc["mappings"]):
                self.moments.add("what is always mapped is not there", run)
        if s in MOVING and run.info["lasting"]:
            self.seen["moving slots"] += SLOTS // 4
            both = [i for i in range(0, SLOTS, 4) if {i, i + SLOTS} <= slots]
            none = [i for i in range(0, SLOTS, 4) if not {i, i + SLOTS} & slots]
            if both or none:
                self.moments.add("two moments in one answer", run,
                                 f"at both places {both}, at none {none}")

    def run(self, run):
        info = run.info
        kind = "lasting" if info["lasting"] else "--all" if "--all" in run.args else "passing"
        if info["signal"] or info["timed_out"] or info["ms"] >= self.limit_ms:
            self.ends.add("killed, or too slow", run, str(info))
        elif run.status == 1 and run.says_one_line() and GONE.search(run.err) and kind == "passing":
            self.seen["refused: gone"] += 1
        elif run.status == 0 and not run.err:
            self.seen[kind] += 1
            try:
                doc = run.json()
            except ValueError as e:
                self.ends.add("no JSON", run, str(e))
                return
            if "mappings" in doc:
                self.mappings(run, doc)
        else:
            self.ends.add("status and what was said", run, f"{run.status} {run.err.strip()}")

    # ---- all ----

    def memory(self):
        """The largest, and whether it grows as the kernel goes on."""
        kb = [r.info["maxrss_kb"] for r in self.runs if r.status == 0]
        quarter = max(len(kb) // 4, 1)
        first, last = (statistics.median(part) for part in (kb[:quarter], kb[-quarter:]))
        self.tap.result(max(kb) <= MOST_KB, f"at most {max(kb)} kB of memory")
        self.tap.result(last <= first * 1.5, f"and no more later: {first} kB, then {last} kB")

    def all(self):
        for run in self.runs:
            self.run(run)
        tap, seen, n = self.tap, self.seen, len(self.runs)
        ms = sorted(r.info["ms"] for r in self.runs)
        tap.result(n >= self.least, f"{n} runs")
        tap.result(set(self.rounds) == set(range(WORKERS)) and all(self.rounds.values()),
                   f"rounds of those who change: {self.rounds}")
        tap.result(not self.ends, f"every run ends as it should, after {ms[n // 2]} ms, at most "
                   f"{ms[-1]} ms", self.ends.first)
        tap.result(seen["mappings"] > 10 * n and not self.order,
                   f"{seen['mappings']} mappings, sorted and disjoint", self.order.first)
        tap.result(not self.vmas, "each is one that this process may have", self.vmas.first)
        tap.result(seen["moving slots"] > 0 and not self.moments,
                   f"what moves is at one place: {seen['moving slots']}", self.moments.first)
        self.memory()
        lasting = sum(r.info["lasting"] for r in self.runs)
        # Of who lives for milliseconds, few are still there when they are asked about.
        met = seen["passing"] if n >= MANY else seen["passing"] + seen["refused: gone"]
        tap.result(seen["lasting"] == lasting and met > 0 and seen["--all"] > 0,
                   f"of those who last all were answered: {dict(seen)}")
        return tap.end()


def main():
    least = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    return Churn(sys.argv[1], least).all()


sys.exit(main())
