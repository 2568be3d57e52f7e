#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare mmapinfo --next with what the kernel did when the pages were touched.

    touch.py [--mmapinfo CMD] [--only NAME] VMCORE TRUTH
    touch.py --observed TRUTH              print what the kernel did

The guest goes on after its memory was dumped, touches pages and records for each touch what
the kernel says before and after: faults, signals, pagemap, mincore, disks (TRUTH/touch, see
tests/guest/README.md). What happened is told from that alone; then it must be what mmapinfo
says of the dump: the class, the faults counted, the pages read, the pages mapped beside it,
and of a whole mapping the totals. Each touch is a test. Prints TAP.
"""
import array
import collections
import json
import pathlib
import re
import subprocess
import sys

from tap import Tap

PAGE = 4096
PRESENT, SWAPPED, FILE = 1 << 63, 1 << 62, 1 << 61
PFN = (1 << 55) - 1
# /proc/kpageflags
WRITEBACK, RECLAIM, ANON, HEAD, ZERO = 1 << 8, 1 << 9, 1 << 12, 1 << 15, 1 << 24
MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$", re.M)
MEMORY = {"tmpfs", "hugetlbfs", "rootfs", "devtmpfs"}
# "access" is for CPUs alone that do not note themselves what was used.
CLASSES = {"none", "minor", "wait", "major", "zero", "new", "cow", "reuse", "mkwrite", "swap",
           "swap-cached", "numa", "hugetlb", "userfaultfd", "sigbus", "sigsegv"}
STAYS = {"access", "reuse", "mkwrite", "hugetlb"}
# Of "huge" older kernels know nothing.
WINDOWS = {"around", "sequential", "random", "single"}
# Percent of what may be unknown: some kernels differ by nothing that a dump has.
UNTOLD = 3
# Not counted: a signal comes, or it never came back.
UNCOUNTED = {"sigbus", "sigsegv", "userfaultfd"}


# ---- the record ----

def numbers(path):
    return array.array("Q", path.read_bytes()) if path.exists() else None


def disks(text):
    """Reads done, sectors read and requests in flight of each disk.

    A read that was merged with another, which is then counted, is one of its own here."""
    found = {}
    for line in text.splitlines():
        f = line.split()
        found[f[2]] = (int(f[3]) + int(f[4]), int(f[5]), int(f[11]))
    return found


class Touch:
    """One record: a touch of a page, or of several in a row."""

    def __init__(self, path):
        self.path = path
        info = dict(line.split("=", 1) for line in (path / "info").read_text().splitlines())
        self.name, self.op, self.state = info["name"], info["op"], info["state"]
        for key in ("pid", "pages", "first", "count", "minor", "major", "sigbus", "sigsegv",
                    "silent", "same", "pswpin", "numa_hint_faults"):
            setattr(self, key, int(info[key]))
        self.map = int(info["map"], 16)
        self.address = self.map + self.first * PAGE
        self.began_read = int(info["stuck.pgmajfault"])
        self.flags = {when: int(info[f"flags.{when}"], 16) for when in ("before", "after")}
        self.swap = {when: int(info[f"swap.{when}"]) for when in ("before", "after")}
        self.before, self.after = (numbers(path / f"pagemap.{w}") for w in ("before", "after"))
        self.disks = {p.suffix[1:]: disks(p.read_text()) for p in path.glob("diskstats.*")}
        self.cached = {w: (path / f"mincore.{w}").read_bytes() for w in ("before", "after")
                       if (path / f"mincore.{w}").exists()}
        self.cache = numbers(path / "cache")

    def entry(self, when):
        return (self.before if when == "before" else self.after)[self.first]

    def was_cached(self):
        """Did the cache have the page that was touched?"""
        return self.file_page not in self.new_cached()

    def new_cached(self):
        """Pages of the file that came into the cache."""
        was, now = self.cached.get("before", b""), self.cached.get("after", b"")
        return [i for i in range(len(was)) if now[i] & 1 and not was[i] & 1]

    def new_mapped(self):
        """Pages of the mapping that were mapped, beside those touched."""
        return [i for i in range(self.pages)
                if self.after[i] & PRESENT and not self.before[i] & PRESENT
                and not self.first <= i < self.first + self.count]

    def markers(self):
        """Pages that came into the cache and have the marker of readahead."""
        return [i for i in self.new_cached()
                if self.cache and self.cache[i] & RECLAIM and not self.cache[i] & WRITEBACK]

    def reads(self):
        """What the disks have done: reads, and bytes."""
        was, now = self.disks["before"], self.disks["after"]
        return (sum(now[d][0] - was[d][0] for d in now),
                sum(now[d][1] - was[d][1] for d in now) * 512)

    def label(self):
        pages = f"{self.first}" if self.count == 1 else f"{self.first}-{self.first+self.count-1}"
        return f"{self.name}, {'write' if self.op == 'w' else 'read'} of {pages}"


class Truth:
    def __init__(self, path):
        self.path = path
        self.touches = [Touch(p.parent) for p in sorted((path / "touch").glob("*/*/info"))]
        self.mounts = [line.split()[1:3] for line in
                       (path / "proc/mounts").read_text().splitlines()]
        self.maps = {pid: self.read_maps(pid) for pid in {t.pid for t in self.touches}}
        for t in self.touches:
            self.find_mapping(t)

    def read_maps(self, pid):
        text = (self.path / f"proc/{pid}/maps").read_text()
        return [(int(a, 16), int(b, 16), flags, int(offset, 16) // PAGE, name)
                for a, b, flags, offset, name in MAPPING.findall(text)]

    def find_mapping(self, t):
        """Is the mapping shared, and of what: anon, memory (tmpfs), hugetlb, disk?"""
        for start, end, flags, offset, name in self.maps[t.pid]:
            if start <= t.address < end:
                t.shared, t.kind = flags[3] == "s", self.kind_of(name)
                t.file_page = offset + (t.address - start) // PAGE
                return
        raise LookupError(f"{t.name}: no mapping at {t.address:x}")

    def kind_of(self, name):
        if name.startswith("/anon_hugepage"):
            return "hugetlb"
        if not name.startswith("/"):
            return "anon"
        if name.startswith(("/dev/zero", "/memfd:", "/SYSV")):
            return "memory"
        mount = max((m for m in self.mounts if (name + "/").startswith(m[0].rstrip("/") + "/")),
                    key=lambda m: len(m[0]))
        return "memory" if mount[1] in MEMORY else "disk"


# ---- what happened ----

def stuck_class(t):
    if "handle_userfault" in (t.path / "stack").read_text():
        return "userfaultfd"
    # Counted when a read is begun, not when it is done.
    return "major" if t.began_read else "wait"


def present_class(t):
    """The page was mapped, and yet there was a fault."""
    if t.numa_hint_faults:
        return "numa"
    if t.op == "r":
        return "access"
    if t.flags["before"] & ZERO:
        return "new"
    if t.entry("before") & PFN != t.entry("after") & PFN:
        return "cow"
    if t.flags["before"] & ANON:
        return "reuse"
    return "mkwrite" if t.kind == "disk" else "access"


def absent_class(t):
    if t.kind == "anon":
        return "zero" if t.flags["after"] & ZERO else "new"
    if t.entry("after") & PRESENT and not t.entry("after") & FILE:
        return "cow"
    if t.kind == "memory":
        if t.swap["after"] < t.swap["before"]:
            return "swap" if t.pswpin else "swap-cached"
        return "minor" if t.was_cached() else "new"
    if t.op == "w" and t.shared:
        return "mkwrite"
    return "minor" if t.was_cached() else "major"


def observed(t):
    """The class of a touch, from the kernel's record of it."""
    if t.sigbus or t.sigsegv:
        return "sigbus" if t.sigbus else "sigsegv"
    if t.state != "-":
        return stuck_class(t)
    if t.silent:
        return "none"
    if not t.entry("after") & PRESENT and t.kind != "hugetlb":
        return "nothing was mapped"
    if t.kind == "hugetlb":
        return "hugetlb"
    if t.entry("before") & PRESENT:
        return present_class(t)
    if t.entry("before") & SWAPPED:
        return "swap" if t.pswpin else "swap-cached"
    return absent_class(t)


def ranges(pages):
    """Numbers as text: 1-4 7."""
    out = []
    for p in pages:
        if out and out[-1][1] == p - 1:
            out[-1][1] = p
        else:
            out.append([p, p])
    return " ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in out) or "-"


def describe(t):
    text = f"{t.label()}: "
    if t.count == 1:
        text += observed(t)
    else:
        reads, size = t.reads()
        text += (f"none {t.silent}, sigbus {t.sigbus}, sigsegv {t.sigsegv}, "
                 f"{reads} reads of {size} bytes")
    text += f", minor {t.minor}, major {t.major}"
    if t.new_cached():
        text += f"; read {ranges(t.new_cached())}, markers {ranges(t.markers())}"
    if t.count == 1 and t.new_mapped():
        text += f"; mapped {ranges(t.new_mapped())}"
    return text + ("" if t.same else "; NOT AS IN THE DUMP")


# ---- what was predicted ----

class Forecast:
    """What mmapinfo says of the processes that touched pages."""

    def __init__(self, command, vmcore, pids):
        self.mappings = {pid: self.ask(command, vmcore, pid) for pid in pids}

    @staticmethod
    def ask(command, vmcore, pid):
        r = subprocess.run([command, "-c", vmcore, "--json", "--next", str(pid)],
                           capture_output=True, check=True)
        doc = json.loads(r.stdout)
        return [(int(m["start"], 16), int(m["end"], 16), m["next"]) for m in doc["mappings"]]

    def mapping(self, t):
        return next(n for start, end, n in self.mappings[t.pid] if start <= t.address < end)

    def page(self, t):
        """The prediction for the touched page, windows as numbers of this page."""
        run = next(r for r in self.mapping(t)["runs"]
                   if int(r["start"], 16) <= t.address < int(r["end"], 16))
        answer = dict(run["write" if t.op == "w" else "read"])
        if run.get("each") and "window" in answer:
            ahead = (t.address - int(run["start"], 16)) // PAGE
            answer["window"] = dict(answer["window"], start=answer["window"]["start"] + ahead)
        return answer

    def totals(self, t):
        return self.mapping(t)["all"]["write" if t.op == "w" else "read"]


# ---- are they the same? ----

def is_new(t, first, pages):
    """Pages of these that the cache did not have, as far as the file goes."""
    was = t.cached["before"]
    return {i for i in range(first, min(first + pages, len(was))) if not was[i] & 1}


def check_faults(t, p):
    theirs = {"minor": t.minor, "major": t.major}
    if "faults" not in p:
        if p["what"] not in UNCOUNTED:
            yield "it does not say how many faults are counted"
        elif t.minor or t.major:
            yield f"faults are counted: {theirs}"
    elif p["faults"] != theirs:
        yield f"faults: predicted {p['faults']}, counted {theirs}"


def expected_cached(t, p):
    """Pages that come into the cache for certain, and how many more."""
    pages, more = set(), 0
    if "window" in p:
        w = p["window"]
        pages |= is_new(t, w["start"], w["pages"])
        more = w["read"] - len(pages)
    if "async" in p:
        pages |= is_new(t, p["async"]["start"], p["async"]["pages"])
    # What waits is there when it has waited; tmpfs has its pages in a file, too.
    if p["what"] in ("wait", "swap", "swap-cached") or t.kind == "memory":
        pages |= is_new(t, t.file_page, 1)
    return pages, more


def check_cached(t, p):
    theirs = set(t.new_cached())
    if not t.cached:
        if "window" in p or "async" in p:
            yield "readahead of what has no cache"
        return
    ours, more = expected_cached(t, p)
    # A large folio may reach beyond the window.
    if more < 0 or not ours <= theirs or len(theirs) != len(ours) + more:
        yield (f"read: predicted {ranges(sorted(ours))} and {more} more, "
               f"came {ranges(sorted(theirs))}")


def check_marker(t, p):
    """Where the next readahead is to begin. On the page itself it has gone again."""
    w = p.get("window")
    if not w or not w.get("async") or "async" in p:
        return
    at = w["start"] + w["pages"] - w["async"]
    clipped = w["start"] + w["pages"] >= len(t.cached["before"])
    if clipped or at not in t.new_cached() or at == t.file_page:
        return
    if not any(m == at or (m < at and t.cache[m] & HEAD) for m in t.markers()):
        yield f"marker: predicted at {at}, there is one at {ranges(t.markers())}"


def check_mapped(t, p):
    """What a read has had mapped: the page, and its neighbours.

    After a read from the device that depends on which of the pages had come by then, so
    nothing is predicted; likewise of what readahead has begun to read beside the fault."""
    if t.op == "w" or p["what"] not in ("minor", "major", "wait"):
        return
    theirs = t.new_mapped() + [t.first]
    if "async" in p:
        at = p["async"]["start"] - t.file_page + t.first
        theirs = [i for i in theirs if not at <= i < at + p["async"]["pages"]]
    if "mapped" not in p:
        if p["what"] == "minor" and len(theirs) > 1:
            yield f"mapped: predicted the page alone, came {ranges(sorted(theirs))}"
        return
    m = p["mapped"]
    first, end = ((int(m[key], 16) - t.map) // PAGE for key in ("start", "end"))
    if "block" in m:
        base = t.address // PAGE // m["block"] * m["block"] - t.map // PAGE
        first, end = max(first, base), min(end, base + m["block"])
        pages = sum(not e & PRESENT for e in t.before[first:end])
    else:
        pages = m["pages"]
    if (min(theirs), max(theirs) + 1, len(theirs)) != (first, end, pages):
        yield (f"mapped: predicted {pages} of {first}-{end - 1}, "
               f"came {ranges(sorted(theirs))}")


def check_class(t, p):
    """Whether a write to a page that stays was allowed before, the kernel's record does not tell."""
    what = observed(t)
    if p["what"] == "access" and t.entry("before") & PRESENT and what in STAYS:
        return
    if p["what"] != what:
        yield f"class: predicted {p['what']}, was {what}"


def differences(t, p):
    what = observed(t)
    yield from check_class(t, p)
    if not t.same:
        yield "what it met was not as in the dump"
    yield from check_faults(t, p)
    if what not in UNCOUNTED:
        yield from check_cached(t, p)
        yield from check_marker(t, p)
        yield from check_mapped(t, p)


def not_told(p):
    """Why the prediction, or its window, says that it does not know; else None."""
    if p["what"] == "unknown":
        return p.get("why")
    return p.get("window", {}).get("why")


def without_window(t, p):
    """What is predicted beside a window that is not told."""
    if p["what"] == "unknown":
        return
    yield from check_class(t, p)
    yield from check_faults(t, p)


def check_touch(tap, t, forecast):
    p = forecast.page(t)
    why = not_told(p)
    found = list(without_window(t, p) if why else differences(t, p))
    tap.result(not found, t.label() + (f": not told, {why}" if why else ""),
               found + [json.dumps(p), describe(t)])


def check_walk(tap, t, forecast):
    ours = forecast.totals(t)
    theirs = {"minor": t.minor, "major": t.major, "sigbus": t.sigbus, "sigsegv": t.sigsegv,
              "none": t.silent, "unknown": 0}
    if t.kind == "disk":
        theirs["bytes_read"] = len(t.new_cached()) * PAGE
        # Of holes no disk is asked. Where it is, each file is in one piece there.
        if t.reads()[0]:
            theirs["reads"] = t.reads()[0]
    if t.reads()[0] and ours["minor"] <= t.minor:
        # The fault that waits for a page may be back before its neighbours have come: then
        # they are mapped by a fault of their own. Nothing is read, and no page is left out.
        late = t.minor - ours["minor"]
        theirs.update(minor=t.minor - late, none=t.silent + late)
    if ours["unknown"]:
        # These are in none of the other counts: of each there may have been more.
        theirs = {key: value for key, value in theirs.items()
                  if key != "unknown" and value < ours[key]}
    found = [f"{key}: predicted {ours[key]}, was {value}" for key, value in theirs.items()
             if ours[key] != value]
    if not t.same:
        found.append("what it met was not as in the dump")
    tap.result(not found, "totals of " + t.label(), found + [json.dumps(ours), describe(t)])


def check_touches(tap, touches, forecast):
    for t in touches:
        (check_walk if t.count > 1 else check_touch)(tap, t, forecast)


def check_reads(tap, touches, forecast):
    """In how many walks was the number of reads compared?"""
    walks = [t for t in touches if t.count > 1 and t.kind == "disk" and t.reads()[0]]
    told = [t for t in walks if not forecast.totals(t)["unknown"]]
    tap.result(told, f"{sum(t.reads()[0] for t in told)} reads of {len(told)} walks were counted")


def check_untold(tap, touches, forecast):
    """Whoever says that he does not know is not wrong; but it must be rare."""
    single = [t for t in touches if t.count == 1]
    walks = [t for t in touches if t.count > 1]
    untold = sum(bool(not_told(forecast.page(t))) for t in single)
    pages = sum(t.count for t in walks)
    unknown = sum(forecast.totals(t)["unknown"] for t in walks)
    tap.result(untold * 100 <= UNTOLD * len(single),
               f"{untold} of {len(single)} touches are not told in full")
    tap.result(unknown * 100 <= UNTOLD * pages, f"{unknown} of {pages} pages of walks are unknown")


def wanted(seen, touches):
    """What can happen in this guest."""
    able = CLASSES if any("numa" in t.name for t in touches) else CLASSES - {"numa"}
    return able | ({"access"} if seen["access"] else set())


def check_variety(tap, touches, forecast):
    """What never happened was not compared."""
    single = [t for t in touches if t.count == 1]
    seen = collections.Counter(observed(t) for t in single)
    for word in sorted(wanted(seen, touches)):
        tap.result(seen[word], f"{word}: happened {seen[word]} times")
    kinds = collections.Counter(forecast.page(t)["window"]["kind"] for t in single
                                if "window" in forecast.page(t))
    for word in sorted(WINDOWS):
        tap.result(kinds[word], f"windows of kind {word}: {kinds[word]} were compared")
    check_reads(tap, touches, forecast)
    check_untold(tap, touches, forecast)
    strange = set(seen) - CLASSES - {"access"}
    tap.result(not strange, f"{len(single)} touches, each of a known class", sorted(strange))


def main():
    args, command, only = sys.argv[1:], "build/mmapinfo", None
    if args[0] == "--observed":
        for t in Truth(pathlib.Path(args[1])).touches:
            print(describe(t))
        return 0
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    if args[0] == "--only":
        only, args = args[1], args[2:]
    tap, touches = Tap(), Truth(pathlib.Path(args[1])).touches
    touches = [t for t in touches if only in (None, t.name)]
    forecast = Forecast(command, args[0], sorted({t.pid for t in touches}))
    check_touches(tap, touches, forecast)
    if not only:
        check_variety(tap, touches, forecast)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
