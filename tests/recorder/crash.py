#!/usr/bin/env python3
"""A kernel that panicked while everything was being recorded: the history is readable, up to
the panic. Where that happened in a page fault, the fault is there, and has no end; where it was
an NMI that came in the middle of a record, that one is torn and all others are there.

usage: crash.py DIRECTORY    of scripts/make-recorder-dump SERIES-recorder-crash or -oops; TAP
"""

import collections
import os
import re
import struct
import sys

from recorder import MAGIC, Directory, Elf, Tap, read_ring

# A writer of each CPU at most was stopped in the middle, and what it had interrupted.
TORN_MAX = 4
IN_NMI = 0x4


def find_directories(dump):
    """By the magic, in all pages: nothing else is known of a guest that is dead."""
    for paddr, size, offset in dump.loads:
        for pfn in range(-(-paddr // 4096), (paddr + size) // 4096):
            dump.file.seek(offset + pfn * 4096 - paddr)
            if dump.file.read(16) == MAGIC:
                first = dump.page(pfn)
                n = struct.unpack_from("<I", first, 36)[0]
                if 0 < n <= 128:
                    yield Directory(dump.pages(struct.unpack_from(f"<{n}Q", first, 520)))


def check_fault(tap, records, task, address, panic):
    """The one that the kernel died in: as far as it came."""
    own = sorted((r for r in records if r.tid == task), key=lambda r: r.at)
    begun = [r for r in own if r.name == "fault_begin" and r.address & -4096 == address]
    ended = [r for r in own if r.name == "fault_end" and r.address & -4096 == address]
    tap.same((len(begun), len(ended)), (1, 0), "the fault that it died in began and has no end")
    tap.same(panic.tid, task, "it is the task that the panic is of")
    read = [r for r in own if begun and r.name == "read" and r.at >= begun[0].at]
    tap.ok(len(read) == 1 and read[0].in_fault == "yes" and
           (read[0].mapping, read[0].index) == (begun[0].mapping, begun[0].index),
           "and what it was about to read")


def check_hung(tap, rings, panic):
    """The record that was never finished, on CPU 0; interrupts wrote others after it."""
    slots, records, torn = rings[0]
    missing = set(range(max(1, max(records) - slots + 1), max(records) + 1)) - set(records)
    tap.same((len(missing), torn), (1, 1), "one record is torn, of the CPU that hangs")
    tap.ok(missing and min(missing) - 1 in records and min(missing) + 1 in records and
           panic.seq > min(missing) and panic.cpu == 0, "those before and after it are there",
           missing, panic.seq, panic.cpu)
    tap.ok(panic.context & IN_NMI, "the panic was in an NMI", panic.context)


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tap, dump = Tap(), Elf(f"{sys.argv[1]}/vmcore.elf")
    found = sorted(find_directories(dump), key=lambda d: d.copy)
    tap.same([d.copy for d in found], [0, 1], "the directory and its copy are found by their magic")
    tap.ok(all(d.checksum() == d.crc for d in found), "their sums")
    d = found[0]
    tap.same([f.state for f in found], ["frozen", "frozen"], "they say that it is frozen")
    tap.ok(d.frozen > d.loaded_mono, "since when")
    latest, names, torn_total = 0, collections.Counter(), 0
    panics, everything, rings = [], [], []
    for nth, cpu in enumerate(d.cpus):
        raw = dump.pages(d.ring_frames(dump, nth))
        records, torn = read_ring(d, raw, cpu.cpu)
        torn_total += torn
        names.update(r.name for r in records.values())
        slots, last = 1 << d.ring_order, max(records)
        want = set(range(max(1, last - slots + 1), last + 1))
        tap.ok(len(want - set(records)) <= TORN_MAX, f"CPU {cpu.cpu}: every record but torn ones",
               sorted(want - set(records))[:10])
        # What was stopped in the middle of its latest record says that it took one more.
        tap.ok(last + torn >= cpu.head, f"CPU {cpu.cpu}: at least up to where it says",
               last, torn, cpu.head)
        latest = max(latest, *(r.at for r in records.values()))
        everything += records.values()
        rings.append((slots, records, torn))
        panics += [r for r in records.values() if r.name == "control" and r.what == "panic"]
    tap.ok(torn_total <= TORN_MAX, "few are torn", torn_total)
    tap.same(len(panics), 1, "the panic is there, once")
    tap.ok(panics and abs(latest - panics[0].at) < 1_000_000_000, "and nothing long after it")
    tap.ok(sum(names.values()) > 10000 and all(names[n] for n in (
        "fault_begin", "fault_end", "filemap_fault", "read", "cache_add", "cache_delete", "bio_queue",
        "rq_issue", "rq_complete", "map", "task")), "there are records of all kinds", dict(names))
    with open(f"{sys.argv[1]}/console.log", errors="replace") as console:
        said = console.read()
    hurt = re.search(r"^HURT (\d+) ([0-9a-f]+)", said, re.M)
    hung = re.search(r"^HUNG \d+", said, re.M)
    if hurt and panics:
        check_fault(tap, everything, int(hurt[1]), int(hurt[2], 16), panics[0])
    if hung and panics:
        check_hung(tap, rings, panics[0])
    oops = sys.argv[1].rstrip("/").endswith("-oops")
    tap.same((bool(hurt), bool(hung)), (oops, not oops), "it died as it was told to")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
