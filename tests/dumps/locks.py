#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the locks that tasks wait for with what the workload arranged.

    locks.py LOCKS VMCORE TRUTH

LOCKS is build/tests/locks. The workload's notes tell each waiting thread, how it wants
the lock, and who has it; that a thread waits for one the kernel's own stacks show, too.
Prints TAP. No wait may be missing, and none be extra.
"""
import collections
import pathlib
import re
import subprocess
import sys

from tap import Tap

# What a task that waits for a lock sleeps in: these are not in /proc/PID/stack, but in
# some kernels a part of the function is. Else the stack begins with who called it.
SLOW_PATH = re.compile(r"^\[<0>\] (rwsem_down_\w+_slowpath|__mutex_lock|rwbase_write_lock|"
                       r"__rwbase_read_lock|__rt_mutex_slowlock\w*)[+.]")


def ours(locks, vmcore):
    r = subprocess.run([locks, vmcore], capture_output=True, text=True, check=False)
    waits = {}
    for line in r.stdout.splitlines():
        tid, mode, kind, addr, name, owner = line.split()
        waits[tid] = {"mode": mode, "kind": kind, "lock": addr, "name": name, "owner": owner}
    return waits, r.stderr.strip(), r.returncode


def noted(truth):
    waits = {}
    for line in (truth / "notes").read_text().splitlines():
        if line.startswith("lock "):
            _, name, tid, mode, owner = line.split()
            waits[tid] = {"mode": "write" if mode == "lock" else mode, "name": name,
                          "owner": owner}
    return waits


def same_name(got, want):
    """The path of an inode is the one inside its file system."""
    if want.startswith("i_rwsem:"):
        return got.startswith("i_rwsem:/") and want.endswith(got.split(":", 1)[1])
    return got == want


def right_owner(got, want, name):
    """Of readers the kernel keeps the last alone, as a hint; with PREEMPT_RT nothing."""
    if name.startswith("mmap_lock:"):
        return got in ("readers", f"readers:{want}")
    return got == want


def stuck_in_lock(truth):
    """Threads whose stack shows it, by the kernel's own account."""
    found = set()
    for path in truth.glob("proc/*/task/*/stack"):
        lines = path.read_text().splitlines()
        if lines and SLOW_PATH.match(lines[0]):
            found.add(path.parent.name)
    return found


def main():
    locks, vmcore, truth = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    tap = Tap()
    got, errors, status = ours(locks, vmcore)
    want = noted(truth)
    tap.result(status == 0, "every lock could be read", [errors])
    tap.result(len(want) > 100, f"{len(want)} threads wait for locks")
    missing, extra = sorted(set(want) - set(got)), sorted(set(got) - set(want))
    tap.result(not missing and not extra,
               f"{len(got)} were found, {len(missing)} missing, {len(extra)} extra",
               [f"missing {t}" for t in missing] + [f"extra {t}: {got[t]}" for t in extra])
    both = set(want) & set(got)
    for what, same in (("name", lambda a, b: same_name(a["name"], b["name"])),
                       ("mode", lambda a, b: a["mode"] == b["mode"]),
                       ("owner", lambda a, b: right_owner(a["owner"], b["owner"], b["name"]))):
        wrong = [f"{t}: ours {got[t]}, noted {want[t]}" for t in sorted(both)
                 if not same(got[t], want[t])]
        tap.result(bool(both) and not wrong, f"{len(wrong)} have another {what}", wrong)
    at = collections.defaultdict(set)
    for tid in both:
        at[want[tid]["name"]].add(got[tid]["lock"])
    tap.result(all(len(a) == 1 for a in at.values()) and
               len(set.union(*at.values())) == len(at) if at else False,
               f"{len(at)} locks, each at one address", [f"{n}: {a}" for n, a in at.items()])
    unseen = stuck_in_lock(truth) - set(got)
    tap.result(not unseen, "none that the kernel's stacks show is missing", unseen)
    return tap.end()


sys.exit(main())
