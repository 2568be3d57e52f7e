#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare mmapinfo --blocked with the states and stacks that the guest's kernel showed.

    blocked.py [--mmapinfo CMD] VMCORE TRUTH

Exactly the tasks in state D, and those that sleep in a page fault, are blocked. What
each waits for must fit its stack and the workload's notes; `mmapinfo PID` must begin
with the same. Prints TAP.
"""
import json
import pathlib
import re
import subprocess
import sys

from moment import recording
from tap import Tap

FAULT = re.compile(r"\bhandle_mm_fault\+")
# Who waits in one of these waits for a page or buffer, whatever is above it.
PAGE = re.compile(r"\b(folio_wait_bit|wait_on_page_bit|__folio_lock|__lock_page|"
                  r"folio_wait_writeback|wait_on_page_writeback|__wait_on_buffer|"
                  r"migration_entry_wait_on_locked|__lock_buffer|__sync_dirty_buffer|"
                  r"ext4_wait_block_bitmap|ext4_block_write_begin|__ext4_find_entry|"
                  r"jbd2_journal_commit_transaction|_?_?buffer_migrate_)\w*\+")
# Who waits in one of these waits for I/O that it has given to a device itself.
DIRECT = re.compile(r"\b(blkdev_direct_IO|__blkdev_direct_IO\w*|iomap_dio_rw|__iomap_dio_rw|"
                    r"submit_bio_wait|bio_await|blkdev_issue_flush|do_blockdev_direct_IO)\+")

# Who sleeps right in here is throttled, whatever it wants.
LIMIT = re.compile(r"\brq_qos_wait\+")
# Who waits in one of these waits for the server of a file system.
SERVER = re.compile(r"\b(request_wait_answer|fuse_get_req|rpc_wait_bit_killable)\+")


class Truth:
    """What the kernel said of each task right before the dump."""

    def __init__(self, path):
        self.path = path
        self.state, self.stack, self.comm = {}, {}, {}
        for stat in path.glob("proc/*/task/*/stat"):
            tid = int(stat.parent.name)
            head, _, tail = stat.read_text().rpartition(")")
            self.comm[tid] = head.partition("(")[2]
            self.state[tid] = tail.split()[0]
            stack = stat.parent / "stack"
            self.stack[tid] = stack.read_text() if stack.exists() else ""
        self.faults = {}
        self.locks, self.throttled, self.hands = {}, {}, {}
        for line in (path / "notes").read_text().splitlines():
            word, *rest = line.split()
            if word == "fault":
                self.faults[int(rest[0])] = rest[1:]
            elif word == "lock":
                self.locks[int(rest[1])] = (rest[0], rest[2], int(rest[3]))
            elif word == "throttled":
                self.throttled[int(rest[0])] = rest[1]
            elif word == "in-hand":
                self.hands[int(rest[0])] = int(rest[1])

    def blocked(self):
        return {t for t, s in self.state.items()
                if s == "D" or (s == "S" and (FAULT.search(self.stack[t])
                                              or SERVER.search(self.stack[t])))}


def ask(command, vmcore, *args):
    return subprocess.run([command, "-c", vmcore, *args], capture_output=True, check=True,
                          text=True, errors="replace").stdout


def check_fault(tap, truth, task):
    """The page of the fault is the one the workload touched, and the one waited for."""
    address, access, call, page = truth.faults[task["pid"]]
    who = f"PID {task['pid']} ({task['comm']})"
    fault = task["fault"]
    tap.result(bool(fault) and int(fault["page_address"], 16) == int(address, 16)
               and fault["access"] == access, f"{who}: {access} fault at {address}")
    name = task["entry"].get("name")
    tap.result((name or "-") == call, f"{who}: system call {call}")
    if int(page) < 0:
        tap.result(task["verdict"] == "userfault" and task["wait"] is None
                   and task["request"] is None, f"{who}: waits for a userfaultfd")
        return
    wait, request = task["wait"], task["request"]
    inside = bool(wait) and wait["index"] <= int(page) < wait["index"] + wait["n"]
    tap.result(inside and wait["waits_for"] == "locked", f"{who}: waits for page {page}")
    tap.result(f"page {page} of {fault['name']}" in task["waits_for_text"],
               f"{who}: {task['waits_for_text']}")
    if wait and wait["finding"] == "untold_device":
        # stacked.py tells when that may be so.
        tap.result(task["verdict"] == "no_request" and request is None, f"{who}: "
                   f"{task['verdict_text']}")
        return
    tap.result(bool(request) and request["operation"] == "READ"
               and request["joined_by"] == "page", f"{who}: its READ was found")


def as_proc_has_it(stack):
    return "".join(f"[<0>] {f['symbol']}+{f['offset_bytes']:#x}/{f['size_bytes']:#x}"
                   + (f" [{f['module']}]" if "module" in f else "") + "\n"
                   for f in stack if not f.get("hidden"))


def check_lock(tap, truth, task):
    name, mode, owner = truth.locks[task["pid"]]
    who, lock = f"PID {task['pid']} ({task['comm']})", task["lock"] or {}
    tap.result(task["verdict"] == "lock" and lock.get("of") ==
               {"mmap_lock": "mmap_lock", "i_rwsem": "i_rwsem"}.get(name.partition(":")[0]),
               f"{who}: {task['verdict_text']}", [str(lock)])
    has = lock.get("owner") or {}
    # A task that reads the kernel names only as a hint, and not when it took it long ago.
    tap.result(has.get("pid") == owner if lock.get("owned_by") == "task"
               else lock.get("owned_by") == "readers", f"{who}: PID {owner} has it", [str(has)])
    wanted = {"read": "read", "write": "write", "lock": "write"}[mode]
    tap.result(lock.get("mode") == wanted, f"{who}: to {mode}")


def check_hand(tap, truth, task):
    """No request has the page: who reads it has a bio with it, and waits for a tag himself."""
    who, wait = f"PID {task['pid']} ({task['comm']})", task["wait"] or {}
    hand = wait.get("in_hand_of") or {}
    owner = truth.hands[task["pid"]]
    tap.result(task["verdict"] == "no_request" and wait.get("finding") == "in_hand"
               and (hand.get("pid"), hand.get("by")) == (owner, "bio"),
               f"{who}: PID {owner} has a bio with the page", [str(wait)])
    tap.result(f"; PID {owner} waits for" in task["verdict_text"]
               and "tag" in task["verdict_text"], f"{who}: {task['verdict_text']}")


def check_task(tap, truth, task):
    tid = task["pid"]
    who = f"PID {tid} ({task['comm']})"
    stack = truth.stack[tid]
    tap.result(as_proc_has_it(task["stack"]) == stack and task["stack_end"] == "whole",
               f"{who}: its kernel stack", [stack, as_proc_has_it(task["stack"])])
    # Who is throttled sleeps in short turns: the latest may have begun with the dump.
    least = 0 if tid in truth.throttled else 1
    tap.result(task["blocked_ns"] is not None and least <= task["blocked_ns"] < 600e9,
               f"{who}: asleep for {task['blocked_ns']} ns")
    if tid in truth.locks:
        check_lock(tap, truth, task)
    elif tid in truth.hands:
        check_hand(tap, truth, task)
    elif tid in truth.throttled:
        tap.result(task["verdict"] == "function"
                   and task["sleeps_for"]["class"] == truth.throttled[tid],
                   f"{who}: {task['verdict_text']}")
    elif tid in truth.faults:
        check_fault(tap, truth, task)
    elif LIMIT.search(stack.partition("\n")[0]):
        tap.result(task["verdict"] == "function" and task["sleeps_for"]["class"] == "io_limit",
                   f"{who}: {task['verdict_text']}")
    elif PAGE.search(stack):
        tap.result(task["wait"] is not None, f"{who}: {task['waits_for_text']}")
        tap.result(task["verdict"] in ("device", "queued", "no_request", "held", "server"),
                   f"{who}: {task['verdict_text']}")
    elif "blk_mq_get_tag+" in stack:
        tap.result(task["verdict"] == "tag" and task["tag_wait"]["device"] is not None
                   and task["request"] is None, f"{who}: {task['verdict_text']}", [stack])
    elif DIRECT.search(stack):
        tap.result(task["request"] is not None
                   and task["request"]["joined_by"] in ("completion", "stack_words"),
                   f"{who}: its request was found: {task['verdict_text']}", [stack])
    else:
        known = task["verdict"] == "server" and task["fs_connection"] is not None
        tap.result(task["wait"] is None and task["request"] is None
                   and (known or task["missing"] is not None),
                   f"{who}: {task['verdict_text']}", [stack])


def check_groups(tap, doc):
    tasks, groups = doc["blocked"], doc["groups"]
    tap.result([sum(t["group"] == i for t in tasks) for i in range(len(groups))]
               == [g["tasks"] for g in groups], f"{len(groups)} groups have all tasks")
    tap.result(all((t["request"] or t["tag_wait"] or {}).get("device")
                   == groups[t["group"]]["device"] for t in tasks),
               "groups are of one device, or of none")


def check_each(tap, command, vmcore, doc):
    """mmapinfo PID begins with the same as --blocked has: one task of each kind."""
    seen = set()
    for task in doc["blocked"]:
        kind = (task["comm"], task["verdict"], task["doing"])
        if task["kind"] != "user process" or kind in seen:
            continue
        seen.add(kind)
        text = ask(command, vmcore, "--evidence", str(task["pid"]))
        ms = task["blocked_ns"] // 1000000
        line = (f"STUCK  PID {task['pid']} ({task['comm']}), {task['state']} for "
                f"{ms // 1000}.{ms % 1000:03} s: {task['verdict_text']}")
        tap.result(text.startswith("STUCK ") and line in text.splitlines(),
                   f"mmapinfo {task['pid']}: {line}")
        own = json.loads(ask(command, vmcore, "--json", str(task["pid"])))["blocked"]
        same = [t for t in own if t["pid"] == task["pid"]]
        tap.result(len(same) == 1 and {**same[0], "group": 0} == {**task, "group": 0},
                   f"mmapinfo --json {task['pid']}: the same")


def ran_since(command, vmcore, truth, tids):
    """
    Of these tasks, those that ran after the truth was begun: kernel threads, which nothing
    keeps from it, and who is throttled, which sleeps in turns.
    """
    def task(tid):
        doc = json.loads(ask(command, vmcore, "--json", "--stack", str(tid)))
        return doc["process"], next(t for t in doc["process"]["threads"] if t["tid"] == tid)

    # init sleeps since the truth was written.
    since = task(1)[1]["blocked_ns"] + recording(truth.path)
    ran = set()
    for tid in tids:
        process, thread = task(tid)
        if process["kind"] == "kernel thread" or tid in truth.throttled:
            if thread["state"] == "R" or (thread["blocked_ns"] or since) < since:
                ran.add(tid)
    return ran


def main():
    args, command = sys.argv[1:], "build/mmapinfo"
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    vmcore, truth = args[0], Truth(pathlib.Path(args[1]))
    tap = Tap()
    doc = json.loads(ask(command, vmcore, "--json", "--blocked"))
    # Not all kernels keep the types of modules.
    off = [f for f in doc["features_off"] if "no types of module" not in f["why"]]
    tap.result(not doc["problems"] and not off, "complete",
               [str(p) for p in doc["problems"] + off])
    ours = {t["pid"] for t in doc["blocked"]}
    workers = {t["pid"] for t in doc["blocked"] if t["kind"] == "kernel thread"}
    ran = ran_since(command, vmcore, truth, ours ^ truth.blocked() | workers)
    tap.same(f"blocked tasks, {len(ran)} of which ran meanwhile", ours - ran, truth.blocked() - ran)
    tap.result(len(doc["blocked"]) >= 4, f"{len(doc['blocked'])} tasks are blocked")
    check_groups(tap, doc)
    for task in doc["blocked"]:
        if task["pid"] in truth.state and task["pid"] not in ran:
            check_task(tap, truth, task)
    check_each(tap, command, vmcore, doc)
    text = ask(command, vmcore, "--blocked", "--each")
    tap.result(all(re.search(rf"^ +1 +{t['pid']} {t['state']} ", text, re.M)
                   for t in doc["blocked"]), "--each has a row for each task")
    text = ask(command, vmcore, "--blocked", "--evidence")
    tap.result(text.count("\nSTUCK  PID ") == len(doc["blocked"]),
               "--evidence has the chain of each task")
    return tap.end()


sys.exit(main())
