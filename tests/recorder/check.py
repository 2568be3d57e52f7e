#!/usr/bin/env python3
"""What mmaprec.ko recorded in a guest, against what the guest itself knows of its faults and
I/O, and against the block layer's own events; and the dump against what was read of the rings
just before.

usage: check.py DIRECTORY    of scripts/make-recorder-dump SERIES-recorder; TAP
"""

import collections
import os
import re
import sys

from recorder import Directory, Elf, Tap, read_ring

PAGE = 4096
MECHANISMS = ("absent", "tracepoint", "ftrace", "breakpoint", "return", "wrapped")


class Guest:
    def __init__(self, path):
        self.path = path
        self.still = self.split("still")
        self.live = self.split("live")
        self.notes = collections.defaultdict(list)
        for line in open(f"{path}/truth/notes"):
            word, *rest = line.split()
            self.notes[word].append(rest)
        self.rings = [read_ring(self.still[0], raw, cpu.cpu)
                      for raw, cpu in zip(self.still[1], self.still[0].cpus)]
        self.records = sorted((r for ring, _ in self.rings for r in ring.values()),
                              key=lambda r: (r.at, r.cpu, r.seq))

    def split(self, which):
        raw = open(f"{self.path}/truth/recorder/{which}", "rb").read()
        d = Directory(raw)
        return d, [raw[c.mmap_offset:c.mmap_offset + d.ring_bytes] for c in d.cpus]

    def of(self, *names):
        return [r for r in self.records if r.name in names]

    def vmstat(self, which):
        return {k: int(v) for k, v in
                (line.split() for line in open(f"{self.path}/truth/proc/{which}"))}


# ---- the directory, the rings, the dump ----

def check_directory(tap, g):
    d = g.still[0]
    tap.same((d.major, d.copy, d.page_size, d.slot_size), (1, 0, PAGE, 128), "the directory's header")
    tap.same(d.checksum(), d.crc, "its sum")
    tap.same(d.state, "paused", "its state")
    tap.ok(d.text_start < d.text_end and d.module and any(d.boot_id) and any(d.build_id),
           "what it says of the module and the boot")
    samples = sorted(c for c in d.clocks() if c[0])
    tap.ok(len(samples) >= 2 and all(a[1] <= b[1] and a[3] <= b[3] for a, b in
                                     zip(samples, samples[1:])), "clock samples go forward")
    drift = [abs((b[2] - a[2]) - (b[1] - a[1])) for a, b in zip(samples, samples[1:])]
    tap.ok(max(drift) < 100_000_000, "and the clocks with each other", drift)


def check_rings(tap, g):
    d = g.still[0]
    tap.ok(all(not torn for _, torn in g.rings), "no record is torn once it stands still")
    for cpu, (ring, _) in zip(d.cpus, g.rings):
        slots = 1 << d.ring_order
        first = max(1, cpu.head - slots + 1)
        tap.same(sorted(ring), list(range(first, cpu.head + 1)),
                 f"CPU {cpu.cpu}: every record up to the latest")
        tap.same(cpu.lost_nested + cpu.lost_torn + cpu.lost_overload, 0, f"CPU {cpu.cpu}: none lost")
    lost = []
    for (ring, _), raw, cpu in zip(g.rings, g.live[1], d.cpus):
        was, _ = read_ring(g.live[0], raw, cpu.cpu)
        lost += [seq for seq, r in was.items() if seq in ring and ring[seq].raw != r.raw]
        lost += [seq for seq in was if seq not in ring and seq > cpu.head - (1 << d.ring_order)]
        tap.ok(len(was) > 100, f"CPU {cpu.cpu}: read while it was written")
    tap.same(lost, [], "and what was read then is the same later")
    tap.ok(all(d.loaded_mono <= r.at for r in g.records), "no record is older than the module")
    marks = [r.value for r in g.of("control") if r.what == "mark"]
    tap.same(marks, [1, 2], "marks")


def check_dump(tap, g, name):
    dump, d = Elf(f"{g.path}/{name}"), g.still[0]
    first = Directory(dump.pages(d.dir_frames))
    second = Directory(dump.pages(d.other_frames))
    tap.same((first.checksum(), second.checksum(), second.copy), (first.crc, second.crc, 1),
             f"{name}: both directories and their sums")
    tap.same((second.dir_frames, second.other_frames), (d.other_frames, d.dir_frames),
             f"{name}: each knows the other")
    differ = []
    for of in (first, second):
        for nth, raw in enumerate(g.still[1]):
            there = dump.pages(of.ring_frames(dump, nth), zeroes="d31" in name)
            differ += [i for i in range(0, len(raw), 128) if raw[i:i + 128] != there[i:i + 128]]
    tap.same(differ, [], f"{name}: every record as it was read")
    tap.same(first.clocks()[:first.clock_count], second.clocks()[:first.clock_count],
             f"{name}: the copy is kept up to date")


def check_hooks(tap, g):
    absent = {n: h["reason"] for (n, _), h in g.still[0].hooks.items() if not h["mechanism"]}
    bad = [f"{n}: {why}" for n, why in absent.items()
           if not why.startswith(("only with majors", "this kernel has no such"))]
    tap.same(bad, [], "every hook is attached, or there is none such here")
    tap.ok(all(absent.values()), "and why is said")
    slow = [n for (n, _), h in g.still[0].hooks.items() if MECHANISMS[h["mechanism"]] == "breakpoint"]
    tap.same(slow, [], "none needs a breakpoint")
    # What happens in an interrupt is missed where that came in the middle of another probe.
    missed = {n: h["missed"] for (n, _), h in g.still[0].hooks.items() if h["missed"]}
    tap.ok(all(n in ("folio_end_writeback", "end_page_writeback") and count < 3
               for n, count in missed.items()), "none missed a call but in interrupts", missed)


# ---- faults ----

def by_touch(g):
    """For each noted touch the ends of faults that it made, in order."""
    ends = collections.defaultdict(list)
    for r in g.of("fault_end"):
        ends[r.tid, r.address & -PAGE].append(r)
    for pid, address, op, minor, major, dev, ino, page in g.notes["touch"]:
        queue = ends[int(pid), int(address, 16)]
        got = []
        while queue and len([r for r in got if r.fault_class != "retried"]) < int(minor) + int(major):
            got.append(queue.pop(0))
        yield (int(pid), int(address, 16), op, int(minor), int(major), int(dev), int(ino),
               int(page)), got


def check_touches(tap, g):
    counts, keys, times, attempts, flags = [], [], [], [], []
    for (pid, address, op, minor, major, dev, ino, page), got in by_touch(g):
        classes = collections.Counter(r.fault_class for r in got)
        if (classes["minor"], classes["major"]) != (minor, major) or classes["failed"]:
            counts.append((pid, hex(address), minor, major, dict(classes)))
        keys += [hex(address) for r in got if dev and (r.dev, r.ino, r.index) != (dev, ino, page)]
        keys += [hex(address) for r in got if not dev and r.mapping]
        times += [hex(address) for r in got if not r.first <= r.begin < r.at]
        attempts += [hex(address) for i, r in enumerate(got) if r.attempt != i + 1 and i]
        flags += [hex(address) for r in got if ("write" in r.access) != (op == "w") or
                  "user" not in r.access]
    tap.same(counts, [], "each touch: minor and major faults as getrusage counts them")
    tap.same(keys, [], "their file and page")
    tap.same(times, [], "their times")
    tap.same(attempts, [], "what was retried is counted up")
    tap.same(flags, [], "read or write, from user mode")
    tap.ok(len(g.notes["touch"]) > 350 and any(t[4] != "0" for t in g.notes["touch"]),
           "there were touches enough")
    extra = collections.Counter()
    touched = {(int(t[0]), int(t[1], 16)) for t in g.notes["touch"]}
    for r in g.of("fault_end"):
        if (r.tid, r.address & -PAGE) in touched:
            extra[r.tid, r.address & -PAGE] += 1
    for (pid, address, *_), got in by_touch(g):
        extra[pid, address] -= len(got)
    tap.same([hex(a) for (_, a), n in extra.items() if n], [], "and there are no faults but these")


def check_pairs(tap, g):
    open_, bad = {}, []
    for r in sorted(g.of("fault_begin", "fault_end"), key=lambda r: r.at):
        key = r.tid
        if r.name == "fault_begin":
            open_[key] = r
        elif key in open_:
            b = open_.pop(key)
            if (b.mm, b.address, b.attempt, b.index, b.ino) != (r.mm, r.address, r.attempt, r.index,
                                                              r.ino) or b.at < r.begin:
                bad.append((key, hex(r.address)))
        elif r.begin > g.records[0].at:
            bad.append((key, hex(r.address), "no begin"))
    tap.same(bad, [], "each end has its begin")


def check_decisions(tap, g):
    names = {}
    for pid in {t[0] for t in g.notes["touch"]}:
        names[int(pid)] = open(f"{g.path}/truth/proc/{pid}/comm").read().strip()
    got = collections.defaultdict(collections.Counter)
    for r in g.of("filemap_fault"):
        got[names.get(r.tid)][r.decision] += 1
    tap.same(set(got["rec-random"]), {"none"}, "MADV_RANDOM: no readahead")
    tap.ok(set(got["rec-around"]) <= {"read_around", "none"} and got["rec-around"]["read_around"] > 5,
           "no advice: around the page", dict(got["rec-around"]))
    tap.ok(set(got["rec-seq"]) <= {"sequential", "async", "none"} and got["rec-seq"]["sequential"] and
           got["rec-seq"]["async"], "MADV_SEQUENTIAL: sequential, then async", dict(got["rec-seq"]))
    around = [r for r in g.of("filemap_fault") if r.decision == "read_around"]
    tap.ok(all(r.window_start <= r.index < r.window_start + r.window_size for r in around),
           "the window is around the page")
    windows = [r for r in g.of("readahead") if r.decision == "read_around"]
    tap.ok(windows and all(r.in_fault == "yes" and r.window_size == r.pages for r in windows),
           "readahead of it: in the fault, the whole window")
    majors = {(r.tid, r.address & -PAGE) for r in g.of("fault_end") if r.fault_class == "major"}
    read = [r for r in g.of("filemap_fault") if names.get(r.tid) == "rec-random" and
            (r.tid, r.address & -PAGE) in majors]
    tap.ok(read and sum(r.reads for r in read) >= len({r.index for r in read}),
           "without readahead each page is read by itself")


# ---- files ----

def file_of(rest):
    return int(rest[0]), int(rest[1])


def pages_of(records, want):
    pages = collections.Counter()
    for r in records:
        if (r.dev, r.ino) == want:
            pages.update(range(r.index, r.index + r.pages))
    return pages


def check_reads(tap, g):
    for rest in g.notes["read"]:
        reads = [r for r in g.of("read") if (r.dev, r.ino) == file_of(rest)]
        size = int(rest[2])
        tap.same(sum(r.length for r in reads), size, "a file is read to its last byte, no further")
        tap.ok(reads and all(r.i_size == size and r.offset == r.index * PAGE for r in reads) and
               max(r.offset + r.length for r in reads) == size, "the last page is a part of one")
    cached = pages_of(g.of("cache_add"), file_of(g.notes["read"][0]))
    asked = pages_of(g.of("read"), file_of(g.notes["read"][0]))
    tap.same(cached, asked, "what is read came into the cache just before")


def bytes_of(ranges):
    """Page -> how many bytes of it, of (offset, length)."""
    pages = collections.Counter()
    for at, length in ranges:
        while length:
            part = min(PAGE - at % PAGE, length)
            pages[at // PAGE] += part
            at, length = at + part, length - part
    return pages


def check_server(tap, g):
    """What a file system without a block device was asked for: as its server has it."""
    want = file_of(g.notes["nfs-read"][0])
    size = next(int(n[2]) for n in g.notes["read"] if file_of(n) == want)
    # Linux asks for all of the last page; what is recorded ends with the file.
    asked = [(int(offset), min(int(count), size - int(offset)))
             for _, _, offset, count in g.notes["nfs-read"]]
    tap.ok(len(asked) >= 4, f"the server of NFS was asked for {len(asked)} reads")
    reads = [r for r in g.of("read") if (r.dev, r.ino) == want]
    tap.same(bytes_of((r.offset, r.length) for r in reads), bytes_of(asked),
             "reads of NFS: each page, and its bytes, as the server was asked for them")
    tap.ok(any(r.in_fault == "yes" for r in reads) and any(r.in_fault == "no" for r in reads),
           "in faults, and by read(2)")
    tap.ok(size % PAGE and max(a + n for a, n in asked) == size, "up to the part of a page at its end")
    bios = [r for r in g.of("bio_queue") if r.mapping in {x.mapping for x in reads}]
    tap.same(bios, [], "and there are no bios of them")


def range_of(rest):
    return set(range(int(rest[2]), int(rest[2]) + int(rest[3])))


def check_cache(tap, g):
    left = collections.defaultdict(collections.Counter)
    for r in g.of("cache_delete"):
        left[r.dev, r.ino, r.why_left].update(range(r.index, r.index + r.pages))
    for word, why in (("reclaimed", "reclaimed"), ("truncated", "truncated"), ("dropped", "other")):
        for rest in g.notes[word]:
            got = set(left[(*file_of(rest), why)])
            tap.ok(got == range_of(rest) or (word == "dropped" and got and got <= range_of(rest)),
                   f"pages that were {word} left so", got ^ range_of(rest))
    for rest in g.notes["refaulted"]:
        came = pages_of(g.of("cache_add"), file_of(rest))
        tap.ok(all(came[p] >= 2 for p in range_of(rest)), "what is refaulted comes a second time")
    # With generations of pages the kernel counts as activated what is not made active there.
    before, lists, after = (g.vmstat(f) for f in ("vmstat.before", "vmstat.lists", "vmstat"))
    for word, key, end in ((("activated",), "workingset_activate_file", lists),
                           (("activated", "refaulted"), "workingset_refault_file", after)):
        n = end[key] - before[key]
        tap.ok(n and n == sum(r.pages for r in g.of("cache_add") if r.refault in word),
               f"refaults as {key} counts them", n)
    for rest in g.notes["written"]:
        tap.ok(range_of(rest) <= set(pages_of(g.of("cache_add"), file_of(rest))),
               "what is written comes into the cache")


def check_writeback(tap, g):
    for rest in g.notes["synced"]:
        begun = pages_of(g.of("writeback_begin"), file_of(rest))
        ended = pages_of(g.of("writeback_end"), file_of(rest))
        missed = sum(h["missed"] for (n, _), h in g.still[0].hooks.items() if "end" in n and "writeback" in n)
        tap.same(set(begun), range_of(rest), "writeback of what was written by a mapping")
        tap.ok(begun == ended or sum((begun - ended).values()) <= missed, "and its end")


# ---- mappings and tasks ----

def check_maps(tap, g):
    for pid, call, address, length, value, value2, dev, ino in g.notes["map"]:
        got = [r for r in g.of("map") if r.tid == int(pid) and r.call == call and
               (r.address, r.length) == (int(address, 16), int(length)) and
               (value == "-" or r.value == int(value)) and r.value2 == int(value2) and
               (dev == "0" or (r.dev, r.ino) == (int(dev), int(ino)))]
        tap.same(len(got), 1, f"{call} is there")


def check_tasks(tap, g):
    for pid, comm in g.notes["gone"]:
        got = [r for r in g.of("task") if (r.call == "fork" and r.other == int(pid)) or
               (r.call == "exit" and r.tid == int(pid) and r.comm == comm)]
        tap.same([r.call for r in got], ["fork", "exit"], "a task that is gone has a name")
        tap.ok([r for r in g.of("map") if r.call == "exit" and r.tid == int(pid)],
               "and its mappings went")


# ---- the block layer's own account ----

OURS = {"block_bio_queue": "bio_queue", "block_getrq": "rq_alloc", "block_rq_issue": "rq_issue",
        "block_rq_insert": "rq_insert", "block_rq_complete": "rq_complete",
        "block_rq_requeue": "rq_requeue", "block_bio_backmerge": "bio_backmerge",
        "block_bio_frontmerge": "bio_frontmerge", "block_split": "bio_split",
        "block_bio_remap": "bio_remap", "block_bio_complete": "bio_complete"}
LINE = re.compile(r"^.{16}-(\d+) +\[(\d+)\] \S+ +(\d+)\.(\d+): (\w+): (\d+),(\d+) (\w+)(.*)$")


def traced(g):
    """(event, dev, sector, sectors, kind) of each line, with its microsecond."""
    for line in open(f"{g.path}/truth/trace/block"):
        m = LINE.match(line)
        if not m or m[5] not in OURS:
            continue
        at = int(m[3]) * 1000000 + int(m[4])
        where = re.search(r"(\d+) \+ (\d+)", m[9])
        split = re.match(r" (\d+) / (\d+)", m[9])
        dev = int(m[6]) << 20 | int(m[7])
        if where:
            # Of what is at no place, one of the tracepoints has -1.
            sector = 0 if int(where[1]) == 2**64 - 1 else int(where[1])
            yield at, (OURS[m[5]], dev, sector, int(where[2]), m[8])
        elif split:
            yield at, (OURS[m[5]], dev, int(split[1]), None, m[8])


def letters(r):
    """The kernel's abbreviation of operation and flags."""
    word = "F" if "PREFLUSH" in r.op_flags else ""
    word += {"READ": "R", "WRITE": "W", "DISCARD": "D", "SECURE_ERASE": "DE", "FLUSH": "F"}.get(r.op, "N")
    for name, letter in (("FUA", "F"), ("RAHEAD", "A"), ("SYNC", "S"), ("META", "M")):
        word += letter if name in r.op_flags else ""
    return word


def recorded(r):
    if r.name == "bio_split":
        return r.name, r.disk, r.sector, None, letters(r)
    return r.name, r.disk, r.sector, r.bytes >> 9, letters(r)


def quiet_since(times, end):
    """The latest moment up to @end, in microseconds, around which nothing happened for a while."""
    for at in reversed([t for t in sorted(times) if t <= end + 1000]):
        if end - at > 2000:
            break
        end = min(end, at - 2000)
    return end


def moved(g, events):
    """Since 5.12 tracefs has the partition, but the sectors of the disk."""
    disk_of = {int(part): int(disk) for disk, part, _ in g.notes["partition"]}
    return [(e[0], disk_of.get(e[1], e[1]), *e[2:]) for e in events]


def check_block(tap, g):
    start = next(r.at for r in g.of("control") if r.what == "mark") // 1000
    end = quiet_since([at for at, _ in traced(g)],
                      [r.at for r in g.of("control") if r.what == "mark"][-1] // 1000)
    theirs = moved(g, [e for at, e in traced(g) if start <= at <= end])
    ours = [recorded(r) for r in g.of(*OURS.values()) if start * 1000 <= r.at <= end * 1000]
    tap.ok(len(theirs) > 300, "the block layer traced enough", len(theirs))
    lacking = set(OURS.values()) - {e[0] for e in theirs}
    tap.ok(lacking <= {"rq_insert", "bio_complete"}, "of nearly every kind", lacking)
    for name in sorted(set(e[0] for e in theirs + ours)):
        a = collections.Counter(e for e in ours if e[0] == name)
        b = collections.Counter(e for e in theirs if e[0] == name)
        tap.ok(a == b, f"{name}: {sum(b.values())} as the block layer traced them",
               f"only ours: {a - b}"[:400], f"only theirs: {b - a}"[:400])
    issued = {}
    late = []
    for r in g.of("rq_issue", "rq_complete"):
        if r.name == "rq_issue":
            issued[r.request] = r
        elif r.request in issued and r.at < issued[r.request].at:
            late.append(r.sector)
    tap.same(late, [], "no request completes before it is issued")


def check_keys(tap, g):
    """From a major fault to its bios: by file and page."""
    queued = {(r.mapping, r.index) for r in g.of("bio_queue") if r.mapping}
    read = {(r.mapping, i) for r in g.of("read") for i in range(r.index, r.index + r.pages)}
    majors = [r for r in g.of("fault_end") if r.fault_class == "major" and r.mapping]
    tap.ok(majors and all((r.mapping, r.index) in read for r in majors),
           "what was a major fault was read")
    nfs = file_of(g.notes["nfs-read"][0])
    first = {(r.mapping, r.index) for r in g.of("read")
             if r.in_fault == "yes" and (r.dev, r.ino) != nfs}
    tap.ok(first and len(first & queued) > len(first) * 3 // 4,
           "and its bio begins there", len(first), len(first & queued))


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tap, g = Tap(), Guest(sys.argv[1])
    check_directory(tap, g)
    check_rings(tap, g)
    for name in ("vmcore.elf", "vmcore.d31.elf"):
        check_dump(tap, g, name)
    for check in (check_hooks, check_touches, check_pairs, check_decisions, check_reads, check_server,
                  check_cache, check_writeback, check_maps, check_tasks, check_block, check_keys):
        check(tap, g)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
