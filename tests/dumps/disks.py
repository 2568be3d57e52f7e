#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare mmapinfo --requests with what is stuck on the disks of the variant "stuck".

    disks.py [--mmapinfo CMD] VMCORE TRUTH

requests.py looks at what debugfs lists. This looks at the rest: sectors and sizes, which
only the workload knows; every taken tag, by the bitmaps of debugfs; tasks that wait for a
tag; what plugs have; flushes; partitions. Prints TAP.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

from tap import Tap


PART = range(2048, 2048 + 8192)  # sectors of the partition on the disk nvme0n1


class Results(Tap):
    def same(self, name, ours, theirs):
        ours, theirs = collections.Counter(ours), collections.Counter(theirs)
        missing, extra = theirs - ours, ours - theirs
        self.result(not missing and not extra,
                    f"{name}: {sum(theirs.values())}, {sum(missing.values())} missing, "
                    f"{sum(extra.values())} extra",
                    [f"missing {m}" for m in list(missing)[:5]] +
                    [f"extra {e}" for e in list(extra)[:5]])


class Truth:
    def __init__(self, path):
        self.path = path
        self.notes = [line.split() for line in (path / "notes").read_text().splitlines()]
        self.v5_10 = " 5.10." in (path / "proc/version").read_text()
        self.disks = sorted(p.name for p in (path / "block").iterdir())

    def of(self, word):
        return [n[1:] for n in self.notes if n[0] == word]

    def disk_of(self, name):
        """The disk of a partition, or the disk itself."""
        return max((d for d in self.disks if name.startswith(d)), key=len)

    def waiting_for_tag(self):
        return {int(p.parent.name) for p in self.path.glob("proc/*/task/*/stack")
                if "blk_mq_get_tag+" in p.read_text()}

    def bitmap(self, disk, hctx, name):
        """Tags that are taken: a dump of bytes, the lowest bit first. None: no such bitmap."""
        path = self.path / "block" / disk / hctx / name
        if not path.exists():
            return None
        data = b"".join(bytes.fromhex(line.partition(":")[2].replace(" ", ""))
                        for line in path.read_text().splitlines())
        first = self.reserved(disk, hctx, name.removesuffix("_bitmap"))
        return {first + 8 * i + bit for i, byte in enumerate(data) for bit in range(8)
                if byte >> bit & 1}

    def reserved(self, disk, hctx, name):
        """Bit 0 of the bitmap is the first tag that is not reserved."""
        path = self.path / "block" / disk / hctx / name
        return int(re.search(r"^nr_reserved_tags=(\d+)", path.read_text(), re.M).group(1))

    def hctxs(self, disk):
        return sorted(p.name for p in (self.path / "block" / disk).glob("hctx*"))

    def waiters(self, disk):
        """How many wait for a tag of any of the disk's bitmaps, by the kernel's own count."""
        total = 0
        for hctx in self.hctxs(disk):
            for name in ("tags", "sched_tags"):
                path = self.path / "block" / disk / hctx / name
                if path.exists():
                    total += sum(map(int, re.findall(r"^ws_active=(\d+)", path.read_text(), re.M)))
        return total


def noted_io(truth):
    """Disk -> what the workload has started: (operation, sector, bytes, partition or disk)."""
    result = collections.defaultdict(list)
    for name, op, sector, size, count, step in truth.of("io"):
        disk = truth.disk_of(name)
        start = PART[0] if name != disk else 0
        for i in range(int(count)):
            at = int(sector) + i * int(step) + start
            # 5.10 counts a request for the partition in which it lies, whatever it was made on.
            part = "nvme0n1p1" if truth.v5_10 and disk == "nvme0n1" and at in PART else name
            result[disk].append((op, at, int(size), part))
    return result


def check_sectors(tap, truth, doc):
    """Each request is one that the workload started, and those missing wait for a tag."""
    more = {name for name, in truth.of("more-io")}
    waits = collections.Counter(w["device"] for w in doc["tag_waits"])
    total = 0
    for disk, noted in sorted(noted_io(truth).items()):
        ours = collections.Counter(
            (r["operation"], r["sector"], r["size_bytes"], r["partition"])
            for r in doc["requests"] if r["device"] == disk and r["operation"] != "FLUSH")
        noted = collections.Counter(noted)
        left = noted - ours
        extra = ours - noted
        tap.result(sum(left.values()) == waits[disk] and (disk in more or not extra),
                   f"{disk}: {sum(noted.values())} operations: {sum((ours & noted).values())} "
                   f"requests by operation, sector, bytes and partition, {waits[disk]} wait for "
                   "a tag", [f"left {list(left.items())[:4]}", f"extra {list(extra.items())[:4]}"])
        total += sum((ours & noted).values())
    tap.result(total >= 4000, f"{total} requests in all")


def our_tags(doc, disk, key, hctx=None):
    """Tags of requests and of what plugs have in store, with None left out."""
    return {r[key] for r in doc["requests"] + doc["in_store"] if r["device"] == disk and
            (hctx is None or r["hw_queue"] == int(hctx[4:]))} - {None}


def check_bitmaps(tap, truth, doc):
    """Every taken tag belongs to a request, or to one in store; and the other way round."""
    shared = {d: (kind, disks) for kind, *disks in truth.of("shared-tags") for d in disks}
    for disk in truth.disks:
        kind, group = shared.get(disk, (None, [disk]))
        for hctx in truth.hctxs(disk):
            taken = truth.bitmap(disk, hctx, "tags_bitmap")
            if taken is not None:
                one = None if kind == "host" else hctx
                ours = set().union(*(our_tags(doc, d, "tag", one) for d in group))
                if taken or ours:
                    tap.same(f"{disk} {hctx}: tags of {' '.join(group)}", ours, taken)
            taken = truth.bitmap(disk, hctx, "sched_tags_bitmap")
            if taken is not None:
                # In 5.10 these are of each hardware queue, also where the others are of the host.
                one = None if kind == "host" and not truth.v5_10 else hctx
                ours = our_tags(doc, disk, "scheduler_tag", one)
                if taken or ours:
                    tap.same(f"{disk} {hctx}: tags of the scheduler", ours, taken)


def check_tag_waits(tap, truth, doc):
    disk = {int(tid): name for tid, name in truth.of("io-thread")}
    theirs = [(tid, truth.disk_of(disk[tid])) for tid in truth.waiting_for_tag()]
    tap.result(len(theirs) >= 20, f"{len(theirs)} tasks wait for a tag")
    tap.same("tasks that wait for a tag, and of which disk",
             [(w["pid"], w["device"]) for w in doc["tag_waits"]], theirs)
    kinds = {w["tags"] for w in doc["tag_waits"]}
    tap.result(kinds == {"hardware", "scheduler"}, f"tags of {sorted(kinds)}")
    # Where a bio was taken from is not what is wanted of it.
    known, wants = ({(r["operation"], f) for r in doc[which] for f in r["flags"] or ["-"]
                     if f != "ALLOC_CACHE"} for which in ("requests", "tag_waits"))
    tap.result(wants <= known, "each wants to do what others do",
               [str(w) for w in wants - known])
    schedulers = {d["name"]: d["scheduler"] for d in doc["devices"]}
    tap.result(all((w["tags"] == "scheduler") == bool(schedulers[w["device"]])
                   for w in doc["tag_waits"]), "where there is a scheduler, they wait for its tags")
    single = [w for w in doc["tag_waits"] if truth.waiters(w["device"])]
    tap.result(len(single) == len(doc["tag_waits"]), "the kernel counts waiters there")


def check_flushes(tap, truth, doc):
    count = {name: int(n) for name, n in truth.of("flush")}
    for name, n in sorted(count.items()):
        mine = [r for r in doc["requests"] if r["device"] == name]
        waits = [r for r in mine if r["state"] == "flush"]
        tap.result(len(waits) == n and all(r["size_bytes"] == 0 for r in waits),
                   f"{name}: {len(waits)} wait for a flush")
        flush = [r for r in mine if r["operation"] == "FLUSH"]
        tap.result(len(flush) <= 1 and all(r["sector"] is None and "PREFLUSH" in r["flags"]
                                           for r in flush), f"{name}: {len(flush)} flushes")
    total = sum(r["operation"] == "FLUSH" for r in doc["requests"])
    tap.result(total == 2, f"the flush itself is in the driver of {total} disks")


def check_plugs(tap, truth, doc):
    for pid, disk, count in truth.of("plug"):
        mine = [r for r in doc["requests"] if r["state"] == "plugged"]
        tap.result(len(mine) == int(count) and all(
            r["device"] == disk and r["plug_pid"] == int(pid) for r in mine),
            f"{disk}: {len(mine)} requests in the plug of PID {pid}")
        stored = doc["in_store"]
        # Since 5.16 as many are taken as the task is to submit, at most 32.
        want = 0 if truth.v5_10 else 32 - int(count)
        tap.result(len(stored) == want and all(
            s["device"] == disk and s["plug_pid"] == int(pid) for s in stored),
            f"{disk}: {len(stored)} in store")
    tap.result(len(truth.of("plug")) == 1, "a plug was noted")


def check_variety(tap, doc):
    """What the guest is there for has come about."""
    states = {r["state"] for r in doc["requests"]}
    tap.result(states >= {"driver", "scheduler", "software_queue", "dispatched", "flush",
                          "plugged"}, f"states: {sorted(states)}")
    flags = {f for r in doc["requests"] for f in r["flags"]}
    tap.result(flags >= {"SYNC", "META", "PRIO", "RAHEAD", "FUA", "PREFLUSH"},
               f"flags: {sorted(flags)}")
    ops = {r["operation"] for r in doc["requests"]}
    tap.result(ops >= {"READ", "WRITE", "FLUSH", "DISCARD", "WRITE_ZEROES"}, f"{sorted(ops)}")
    schedulers = {d["scheduler"] for d in doc["devices"]}
    tap.result(schedulers >= {None, "mq-deadline", "bfq", "kyber"}, f"{schedulers}")
    parts = {r["partition"] for r in doc["requests"] if r["partition"]}
    tap.result({"nvme0n1p1", "sda1"} <= parts, f"partitions: {len(parts)} names")


def main():
    args, command = sys.argv[1:], "build/mmapinfo"
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    truth, tap = Truth(pathlib.Path(args[1])), Results()
    doc = json.loads(subprocess.run([command, "-c", args[0], "--json", "--requests"],
                                    capture_output=True, check=True).stdout)
    # Not all kernels keep the types of modules.
    off = [f for f in doc["features_off"] if "no types of module" not in f["why"]]
    tap.result(not doc["problems"] and not off, "complete",
               [str(p) for p in doc["problems"] + off])
    check_sectors(tap, truth, doc)
    check_bitmaps(tap, truth, doc)
    check_tag_waits(tap, truth, doc)
    check_flushes(tap, truth, doc)
    check_plugs(tap, truth, doc)
    check_variety(tap, doc)
    return tap.end()


sys.exit(main())
