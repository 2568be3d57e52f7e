#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the kernel stacks that mmapinfo --stack shows with /proc/PID/task/TID/stack.

    stacks.py [--mmapinfo CMD] VMCORE TRUTH

Every thread of every process and every kernel thread, each line as the kernel prints
it. init wrote the truth, so its own stack is another one by then; and a kernel thread
that has run since may be elsewhere. Prints TAP.
"""
import argparse
import json
import pathlib
import subprocess
import sys

from moment import clock, recording
from tap import Tap

DEPTH = 64  # of /proc/PID/stack
INIT = 1
PREEMPTED_MAX = 3  # the two that never stop, and a throttled one
MOVED_MAX = 8  # kernel threads, of about a hundred


def line_of(frame):
    module = f" [{frame['module']}]" if "module" in frame else ""
    if frame["symbol"] is None:
        return f"[<0>] {frame['address']}{module}"
    return (f"[<0>] {frame['symbol']}+{frame['offset_bytes']:#x}/"
            f"{frame['size_bytes']:#x}{module}")


def shown(thread):
    return [line_of(f) for f in thread["stack"] if not f.get("hidden")][:DEPTH]


def ask(args, pid):
    r = subprocess.run([args.mmapinfo, "-c", args.vmcore, "--json", "--stack", str(pid)],
                       capture_output=True, check=False)
    if r.returncode:
        return None, r.stderr.decode(errors="replace").strip()
    return json.loads(r.stdout), ""


def theirs(task):
    """Empty files are left out of the truth."""
    path = task / "stack"
    return path.read_text().splitlines() if path.exists() else []


def throttled(truth):
    """Tasks that sleep in short turns: one may have woken since."""
    notes = (truth / "notes").read_text().splitlines()
    return {n.split()[1] for n in notes if n.startswith("throttled ")}


def ran(task):
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "R"


class Comparison:
    def __init__(self, truth, init_ns):
        self.truth, self.turns = truth, throttled(truth)
        # What has run since the truth was begun may be elsewhere.
        self.since = init_ns + recording(truth)
        self.same, self.frames, self.moved, self.preempted = 0, 0, [], []
        self.wrong, self.ends, self.modules, self.awake = [], [], set(), set()

    def thread(self, pid, kernel, task, ours):
        want, got = theirs(task), shown(ours)
        name = f"{pid}/{task.name} {ours['comm']}"
        self.modules |= {f["module"] for f in ours["stack"] if "module" in f}
        runs = ours["state"] == "R" and (ran(task) or task.name in self.turns)
        # Of what is on a CPU the kernel shows nothing, or where it was preempted last.
        running = runs and ours["stack_end"] == "running"
        # Awake: on a CPU, or on its way there, with the stack that it slept with.
        if runs:
            self.awake.add(task.name)
        # A kernel thread may have been woken since.
        woken = kernel and ours["state"] == "R"
        if not running and not woken and ours["stack_end"] not in ("whole", "gone", "unstable"):
            self.ends.append(f"{name}: {ours['stack_end']}")
        if got == want or (running and not got):
            self.same += 1
            self.frames += len(got)
        elif runs:
            # On a CPU for the truth and preempted at the dump, or the other way round.
            self.preempted.append(name)
        elif woken or (kernel and ours["blocked_ns"] is not None
                       and ours["blocked_ns"] < self.since):
            self.moved.append(name)
        else:
            self.wrong.append(f"{name}: ours {got}, the kernel's {want}")

    def process(self, pid, doc):
        kernel = doc["process"]["kind"] == "kernel thread"
        ours = {str(t["tid"]): t for t in doc["process"]["threads"]}
        tasks = {t.name: t for t in (self.truth / "proc" / str(pid) / "task").iterdir()}
        if set(ours) != set(tasks):
            self.wrong.append(f"{pid}: threads {sorted(ours)}, the kernel's {sorted(tasks)}")
        for tid in set(ours) & set(tasks):
            self.thread(pid, kernel, tasks[tid], ours[tid])


def pids_of(truth):
    """Threads of an exited leader are recorded as processes beside it, too."""
    for entry in sorted((truth / "proc").iterdir()):
        if entry.name.isdigit() and (entry / "task" / entry.name).exists():
            leader = (entry / "status").read_text().split("\nTgid:")[1].split()[0]
            if leader == entry.name:
                yield int(entry.name)


def check_init(tap, doc):
    got = shown(doc["process"]["threads"][0])
    ok = bool(got) and ("sys_pause+" in got[0] or "do_sys_poll+" in got[0])
    tap.result(ok, "init sleeps, the truth being written", [] if ok else got)


def check_blocked(tap, truth, found, init_ns):
    """The workload looked at the clock before it got stuck: CLOCK_MONOTONIC."""
    notes = [n.split() for n in (truth / "notes").read_text().splitlines()]
    blocked = {tid: int(ns) for kind, tid, ns, *_ in (n + [""] * 3 for n in notes)
               if kind == "blocked"}
    if not blocked:
        return
    end = clock(truth, "end")
    wrong = []
    for tid, since in blocked.items():
        # init goes on for a little when it has looked at the clock.
        got, want = found.get(tid), end - since + init_ns
        if got is None or not want - 300e6 < got < want + 300e6:
            wrong.append(f"{tid}: {got}, by the workload {want}")
    tap.result(not wrong, f"since when {len(blocked)} threads are stuck", wrong)


# What a thread sleeps for by the notes, and the words that may tell it.
CLASSES = {"mmap_lock": {"lock"}, "i_rwsem": {"lock"}, "mutex": {"lock"}, "dirty": {"dirty"}}


def check_classes(tap, truth, told, awake):
    wrong, n = [], 0
    for line in (truth / "notes").read_text().splitlines():
        kind, what, *rest = line.split()
        if kind == "lock":
            tid, want = rest[0], CLASSES[what.split(":")[0]]
        elif kind == "throttled":
            tid, want = what, CLASSES[rest[0]]
        else:
            continue
        if tid in awake:
            continue
        n += 1
        if told.get(tid) not in want:
            wrong.append(f"{tid}: {told.get(tid)}, it is {want}")
    if n:
        tap.result(not wrong, f"in words what {n} threads sleep for", wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mmapinfo", default="build/mmapinfo")
    parser.add_argument("vmcore")
    parser.add_argument("truth", type=pathlib.Path)
    args = parser.parse_args()
    tap = Tap()
    init, why = ask(args, INIT)
    if init is None:
        print(f"Bail out! {why}")
        return 1
    init_ns = init["process"]["threads"][0]["blocked_ns"] or 0
    c = Comparison(args.truth, init_ns)
    lost, found, told = [], {}, {}
    check_init(tap, init)
    for pid in pids_of(args.truth):
        doc, why = ask(args, pid) if pid != INIT else (None, "")
        if doc is None:
            lost += [f"{pid}: {why}"] if why else []
            continue
        if not doc["complete"]:
            lost.append(f"{pid}: {doc['problems']} {doc['features_off']}")
        c.process(pid, doc)
        told |= {str(t["tid"]): t["sleeps_for"]["class"] for t in doc["process"]["threads"]
                 if t.get("sleeps_for")}
        found |= {str(t["tid"]): t["blocked_ns"] for t in doc["process"]["threads"]}
    tap.result(c.same > 50, f"{c.same} stacks of {c.frames} functions are the same")
    tap.result(not c.wrong, f"{len(c.wrong)} stacks differ", c.wrong)
    tap.result(not lost, "every process is told of in full", lost)
    tap.result(not c.ends, "every stack is whole", c.ends)
    tap.result(len(c.preempted) <= PREEMPTED_MAX,
               f"tasks that ran for the truth and at the dump: {len(c.preempted)}", c.preempted)
    tap.result(len(c.moved) <= MOVED_MAX, f"kernel threads that ran meanwhile: {len(c.moved)}", c.moved)
    print(f"# modules on stacks: {' '.join(sorted(c.modules)) or 'none'}")
    check_classes(tap, args.truth, told, c.awake)
    check_blocked(tap, args.truth, found, init_ns)
    return tap.end()


sys.exit(main())
