#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare how far every mapping is faulted in with pagemap, mincore, kpageflags and smaps.

    prefault.py [--mmapinfo CMD] VMCORE TRUTH

Every page of every mapping: what mmapinfo --prefault says of it must be what follows from
what the guest's kernel said. Prints TAP.
"""
import collections
import re
import subprocess

from recorded import PAGE, Recorded, Wrong, ask, main, u64s
from tap import Tap

PM_SWAP, PM_PRESENT, PM_FRAME = 1 << 62, 1 << 63, (1 << 55) - 1
LOCKED, UPTODATE, RECLAIM, TAIL = 1 << 0, 1 << 3, 1 << 9, 1 << 16
HWPOISON, ZERO_PAGE, MLOCKED = 1 << 19, 1 << 24, 1 << 33
PSS_SHIFT = 12
IN_MEMORY = {"tmpfs", "ramfs", "hugetlbfs"}
MEMORY = {"/dev/zero", "/secretmem (deleted)"}
SPECIAL = {"[vdso]", "[vvar]", "[vvar_vclock]"}

# Each of these must have been seen, or nothing is proved.
STATES = {"populated", "populated mlocked", "ready", "ready held", "reading", "to-read",
          "swapped", "fresh", "other", "beyond-eof"}
MLOCKS = {"whole", "on-fault", "no-access", "holes"}

# Mappings of the scenario "prefault", by the page of the file that they begin with and their
# length: what they came from, and what there must be of it at least.
MADE = {
    (0, 64): ("MAP_POPULATE", {"populated": 64}),
    (64, 64): ("MAP_POPULATE with MAP_NONBLOCK, cached", {"ready": 32, "populated": 0}),
    (128, 64): ("MADV_WILLNEED", {"ready": 48, "populated": 0}),
    (256, 64): ("touched", {"populated": 12, "to-read": 20}),
    (320, 24): ("mlock", {"populated": 24}),
    (384, 64): ("MLOCK_ONFAULT", {"populated": 8, "to-read": 40}),
}


class Comparison:
    def __init__(self, args):
        self.args, self.truth = args, Recorded(args.truth)
        self.files = self.truth.files()
        self.flags = u64s(self.truth.path("kpageflags"))
        self.counts = u64s(self.truth.path("kpagecount"))
        self.reading = self.truth.notes("reading")
        self.swapped = self.truth.notes("swapped")
        self.untouchable = self.truth.notes("untouchable")
        self.areas = len(self.truth.text("proc", "swaps").split("\n")) - 2
        self.states, self.mlocks = collections.Counter(), collections.Counter()
        self.pages, self.sums, self.locks = Wrong(), Wrong(), Wrong()
        self.made = {}

    def folio_flags(self, pfn):
        while self.flags[pfn] & TAIL:
            pfn -= 1
        return self.flags[pfn]

    # ---- what the kernel's account comes to ----

    def cached(self, pfn):
        """A page that the cache has."""
        flags = self.folio_flags(pfn)
        if flags & HWPOISON:
            return "other"
        if flags & UPTODATE:
            return "ready held" if flags & (LOCKED | RECLAIM) else "ready"
        return "reading" if flags & LOCKED else "to-read"

    def of_file(self, line, entries, page):
        """The states that a page of a file without a PTE may have."""
        key = line.dev, line.ino
        if page * PAGE >= entries[0].size:
            return {"beyond-eof"}
        if entries[0].kind == "hugetlbfs":
            return {"ready", "fresh"}
        if page in self.untouchable[key]:
            return {"other", "ready held"}
        if page in self.swapped[key]:
            return {"swapped"}
        if page in self.reading[key]:
            return {"reading"}
        # What is read with that page: mincore() calls none of it resident.
        being_read = {"reading"} if self.reading[key] else set()
        for f in entries:
            if f.pfns is None or not 0 <= page - f.first < len(f.pfns):
                continue
            pfn = f.pfns[page - f.first]
            if pfn:
                assert f.resident[page - f.first] & 1
                return {self.cached(pfn)}
        return {"fresh"} if entries[0].kind in IN_MEMORY else {"to-read"} | being_read

    def expected(self, line, files, entry, page):
        if entry & PM_PRESENT:
            pfn = entry & PM_FRAME
            flags = self.folio_flags(pfn)
            locked = flags & MLOCKED and not flags & ZERO_PAGE
            return {"populated mlocked" if locked else "populated"}
        if entry & PM_SWAP:
            return {"swapped"} if entry & 31 < self.areas else {"other"}
        if files:
            return self.of_file(line, files, page)
        # Mapped privately, /dev/zero is memory like any other.
        is_memory = not line.ino and line.name not in SPECIAL or line.name in MEMORY
        return {"fresh" if is_memory else "other"}

    # ---- and what mmapinfo says ----

    def mapping(self, where, m, line, entries, smap):
        flags = smap.get("VmFlags", set())
        files = Recorded.of_mapping(self.files, line)
        at, got = 0, collections.Counter()
        for run in m["prefault_runs"]:
            state = run["state"]
            state += " mlocked" if run.get("mlocked") else " held" if run.get("held") else ""
            self.pages.check(f"{where} va", int(run["va"], 16), line.start + at * PAGE)
            got[state] += run["pages"]
            for i in range(at, at + run["pages"]):
                # pagemap does not show what is mapped of a device.
                if "pfnmap" in m["flags"]:
                    self.pages.check(f"{where} of a device", state in ("populated", "other"), True)
                    continue
                want = self.expected(line, files, entries[i], line.pgoff + i)
                self.pages.check(f"{where} page {i} {state!r} in {want}", state in want, True)
            at += run["pages"]
        self.pages.check(f"{where} length", at, len(entries))
        self.totals(where, m["prefault"], got, at)
        self.states.update(got)
        self.locked(where, m, line, entries, flags, smap, got)
        return got

    def totals(self, where, told, got, pages):
        both = collections.Counter()
        for state, n in got.items():
            both[state.split()[0].replace("-", "_")] += n
        for key, n in told.items():
            if key not in ("mlocked", "held"):
                self.sums.check(f"{where} {key}", n, both[key])
        self.sums.check(f"{where} mlocked", told["mlocked"], got["populated mlocked"])
        self.sums.check(f"{where} held", told["held"], got["ready held"])
        self.sums.check(f"{where} all", sum(both.values()), pages)

    def pss(self, entries):
        """Of small pages, as smaps rounds it, in kB."""
        total = 0
        for entry in entries:
            if entry & PM_PRESENT and not self.flags[entry & PM_FRAME] & ZERO_PAGE:
                total += (PAGE << PSS_SHIFT) // self.counts[entry & PM_FRAME]
        return total >> (PSS_SHIFT + 10)

    def locked(self, where, m, line, entries, flags, smap, got):
        mlock = m.get("mlock")
        if not smap:
            self.locks.check(f"{where} mlock", mlock, None)
            return
        self.locks.check(f"{where} is locked", mlock is not None, "lo" in flags)
        if mlock is None:
            self.locks.check(f"{where} Locked", 0, smap["Locked"])
            return
        holes = len(entries) - sum(got[s] for s in ("populated", "populated mlocked",
                                                    "beyond-eof"))
        # Older smaps do not know the name of VM_LOCKONFAULT.
        on_fault = bool(flags & {"lf", "??"})
        want = ("whole" if not holes else "on-fault" if on_fault else
                "no-access" if line.perm.startswith("---") else "holes")
        self.locks.check(f"{where} mlock", (mlock["state"], mlock["holes"]), (want, holes))
        self.mlocks[mlock["state"]] += 1
        self.locks.check(f"{where} Locked", self.pss(entries), smap["Locked"])
        self.locks.check(f"{where} Rss", m["prefault"]["populated"] - self.zeroes(entries),
                         smap["Rss"] // 4)

    def zeroes(self, entries):
        return sum(1 for e in entries
                   if e & PM_PRESENT and self.flags[e & PM_FRAME] & ZERO_PAGE)

    def process(self, pid):
        doc = ask(self.args, "--prefault", str(pid))
        name, at = self.truth.comm(pid), 0
        maps, smaps = self.truth.maps(pid), self.truth.smaps(pid)
        pagemap = u64s(self.truth.path("proc", pid, "pagemap"))
        total = collections.Counter()
        self.sums.check(f"{pid} mappings", len(doc["mappings"]), len(maps))
        for m, line in zip(doc["mappings"], maps):
            n = (line.end - line.start) // PAGE
            got = self.mapping(f"{pid} {name} {line.start:x}", m, line, pagemap[at:at + n],
                               smaps.get(line.start, {}))
            total.update({k: v for k, v in m["prefault"].items() if v})
            at += n
            if name == "prefault" and line.name == "/mnt/data/prefault.dat" and line.perm[3] == "s":
                self.made[line.pgoff, n] = got
        self.sums.check(f"{pid} all mappings", +collections.Counter(doc["prefault"]), total)
        # Without ORC tables the stacks of its stuck tasks are missing, and nothing else.
        off = [f["feature"] for f in doc["features_off"]]
        stackless = doc["kernel"]["arch"] == "i686" and off == ["stacks"] and not doc["problems"]
        self.sums.check(f"{pid} complete", doc["complete"] or stackless, True)

    def as_text(self):
        """The text has the same runs as the JSON."""
        pid = next((p for p in self.truth.pids() if self.truth.comm(p) == "prefault"), None)
        if pid is None:
            self.tap.result(False, "there is a process prefault")
            return
        doc = ask(self.args, "--prefault", str(pid))
        r = subprocess.run([*self.args.mmapinfo.split(), "-c", self.args.vmcore, "--prefault",
                            str(pid)], capture_output=True, check=True, text=True)
        rows = [line.split() for line in r.stdout.split("\nPREFAULT\n")[1].split("\n")
                if re.match(r" +[0-9a-f]+ +\d+ +\d+  ", line)]
        want = [[run["va"][2:], str(run["pgoff"]), str(run["pages"]), run["state"],
                 *(w for w in ("mlocked", "held") if run.get(w))]
                for m in doc["mappings"] for run in m["prefault_runs"]]
        self.tap.result(rows == want and len(rows) > 40, f"text has the same {len(rows)} runs")
        locked = r.stdout.split("\nLOCKED MEMORY (mlock)\n")[1].split("\n\n")[0].split("\n")[1:]
        told = [m["mlock"]["text"] for m in doc["mappings"] if "mlock" in m]
        self.tap.result(len(locked) == len(told) and all(t in x for t, x in zip(told, locked)),
                        f"text has the same {len(told)} locked mappings")

    def scenario(self):
        """What the workload asked for has come about."""
        for key, (what, least) in MADE.items():
            got = collections.Counter()
            for state, n in self.made.get(key, {}).items():
                got[state.split()[0]] += n
            ok = bool(got) and all(got[s] >= n if n else not got[s] for s, n in least.items())
            self.tap.result(ok, f"{what}: {dict(got)}")

    def run(self):
        self.tap = Tap()
        pids = self.truth.pids()
        for pid in pids:
            self.process(pid)
        self.pages.report(self.tap, f"pages of {len(pids)} processes")
        self.sums.report(self.tap, "counts of mappings and processes")
        self.locks.report(self.tap, "mlock, and Locked of smaps")
        self.tap.result(set(self.states) == STATES, f"every state was seen: {dict(self.states)}")
        self.tap.result(set(self.mlocks) == MLOCKS,
                        f"every outcome of mlock was seen: {dict(self.mlocks)}")
        self.scenario()
        self.as_text()
        return self.tap.end()


main(Comparison)
