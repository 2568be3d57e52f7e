#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the nonlinear windows of every process with /proc/PID/maps.

    windows.py [--mmapinfo CMD] VMCORE TRUTH

What a window is is said in libsrc/inspect/windows.h; here it is computed once more, from
maps alone. Processes of which the workload knows that they have some must have these, and
no other process may have any. Prints TAP.
"""
import collections
import subprocess

from recorded import PAGE, Recorded, Wrong, ask, main
from tap import Tap

DEFAULT_LIMIT = 65530
MANY, FEW = 8, 3
PATTERNS = [24, 10, 3, 10, 12, 16]

# The numbers of pieces that a scenario's windows have, in address order.
EXPECTED = {
    "nonlinear": [19],
    "many-vmas": [300],
    "nonlinear-remap": 2 * PATTERNS,
    "nonlinear-own": 2 * PATTERNS,
    "nonlinear-many": [3000],
}

# What crash calls VM_SYNC and VM_SOFTDIRTY: the names that the bits had before Linux 4.0.
FORMER = {"nonlinear", "can_nonlinear"}


def groups(maps, kinds):
    """Neighbours of one file with the same permissions, shared."""
    group = []
    for line in maps:
        fits = (line.dev, line.ino) in kinds and line.perm[3] == "s"
        if group and fits and group[-1].end == line.start and all(
                getattr(group[-1], key) == getattr(line, key) for key in ("dev", "ino", "perm")):
            group.append(line)
            continue
        if group:
            yield group
        group = [line] if fits else []
    if group:
        yield group


def pieces(group):
    """[address, page of the file, pages, VMAs] as far as the file's pages go on."""
    out = []
    for line in group:
        n = (line.end - line.start) // PAGE
        if out and out[-1][1] + out[-1][2] == line.pgoff:
            out[-1][2] += n
            out[-1][3] += 1
        else:
            out.append([line.start, line.pgoff, n, 1])
    return out


def window(group):
    """What mmapinfo must say of a group, or None if it is none."""
    parts = pieces(group)
    shifts = collections.Counter(va // PAGE - pgoff for va, pgoff, *_ in parts)
    if len(parts) < MANY and (len(parts) < FEW or max(shifts.values()) < 2):
        return None
    pages = {page for _, pgoff, n, _ in parts for page in range(pgoff, pgoff + n)}
    falls = all(b[1] + b[2] == a[1] for a, b in zip(parts, parts[1:]))
    return {"start": group[0].start, "end": group[-1].end, "permissions": group[0].perm,
            "pages": (group[-1].end - group[0].start) // PAGE,
            "lowest_pgoff": min(pages), "highest_pgoff": max(pages),
            "different_pages": len(pages), "order": "falling" if falls else "mixed",
            "vmas": len(group), "pieces": parts, "file": (group[0].dev, group[0].ino)}


def as_told(doc, w):
    f = doc["files"][w["file"]]
    return {**w, "start": int(w["start"], 16), "end": int(w["end"], 16),
            "file": (f["device"], f["inode_number"]),
            "pieces": [[int(p["va"], 16), p["pgoff"], p["pages"], p["vmas"]]
                       for p in w["pieces"]]}


class Comparison:
    def __init__(self, args):
        self.args, self.truth = args, Recorded(args.truth)
        self.tap = Tap()
        # Character devices and anonymous inodes are not among the files.
        self.kinds = self.truth.files().keys()
        self.found = collections.defaultdict(list)
        self.wrong, self.words, self.costs = Wrong(), Wrong(), Wrong()
        self.softdirty, self.arch = 0, None
        self.bytes = self.slab_bytes()

    def slab_bytes(self):
        """None where the guest wrote no slabinfo; -1 if that lacks the cache."""
        if not self.truth.has("proc", "slabinfo"):
            return None
        for line in self.truth.text("proc", "slabinfo").split("\n"):
            if line.startswith("vm_area_struct "):
                return int(line.split()[3])
        return -1

    def limit(self):
        """Truth of older guests has it not; there nobody changed it."""
        if self.truth.has("proc/sys/vm/max_map_count"):
            return int(self.truth.text("proc/sys/vm/max_map_count"))
        return DEFAULT_LIMIT

    def process(self, pid):
        doc = ask(self.args, str(pid))
        self.arch = doc["kernel"]["arch"]
        want = [w for w in map(window, groups(self.truth.maps(pid), self.kinds)) if w]
        name = self.truth.comm(pid)
        self.wrong.check(f"{pid} {name} windows", len(doc["windows"]), len(want))
        for w, expected in zip(doc["windows"], want):
            told = as_told(doc, w)
            for key, value in expected.items():
                self.wrong.check(f"{pid} {name} {w['start']} {key}", told[key], value)
            if self.bytes is not None:
                self.costs.check(f"{pid} {w['start']} vma_bytes", w["vma_bytes"],
                                 w["vmas"] * self.bytes)
            self.found[name].append(len(w["pieces"]))
        self.costs.check(f"{pid} max_map_count", doc["vma_cost"]["max_map_count"], self.limit())
        if self.bytes is not None:
            self.costs.check(f"{pid} vm_area_struct", doc["vma_cost"]["vm_area_struct_bytes"],
                             self.bytes)
        for m in doc["mappings"]:
            self.words.check(f"{pid} {m['start']} flags", FORMER & set(m["flags"]), set())
            self.softdirty += "softdirty" in m["flags"]

    def text_of_many(self):
        """The text has the first pieces, and says how many it left out."""
        pid = next((p for p in self.truth.pids() if self.truth.comm(p) == "nonlinear-many"), None)
        if pid is None:
            return
        r = subprocess.run([*self.args.mmapinfo.split(), "-c", self.args.vmcore, "--windows",
                            str(pid)], capture_output=True, check=True, text=True)
        tail = r.stdout.split("\nPIECES\n")[1].split("\n\n")[0].strip().split("\n")
        rows = [line.split() for line in tail[2:-1]]
        want = [[f"{va:x}", str(pgoff), str(n)]
                for va, pgoff, n, _ in pieces(next(groups(self.truth.maps(pid), self.kinds)))]
        ok = rows == want[:64] and tail[-1] == "... and 2936 more pieces: --json has all"
        self.tap.result(ok, "text has 64 pieces and counts the rest", [] if ok else tail[:8])

    def run(self):
        pids = self.truth.pids()
        for pid in pids:
            self.process(pid)
        present = {self.truth.comm(pid) for pid in pids}
        want = {name: n for name, n in EXPECTED.items() if name in present}
        self.wrong.report(self.tap, f"windows of {len(pids)} processes")
        self.costs.report(self.tap, "what they cost")
        self.words.report(self.tap, "no flag is called nonlinear")
        # No kernel of arm64 here can track what is soft-dirty: there the bit has no meaning.
        self.tap.result((self.softdirty > 0) == (self.arch == "x86_64"),
                        f"{self.softdirty} mappings have VM_SOFTDIRTY")
        self.tap.result(dict(self.found) == want,
                        f"windows where the workload made them, and nowhere else: {len(want)}",
                        [] if dict(self.found) == want else [f"found {dict(self.found)}"])
        self.text_of_many()
        return self.tap.end()


main(Comparison)
