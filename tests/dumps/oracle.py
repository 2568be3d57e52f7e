#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what mmapinfo reads from a dump with what the guest's kernel said.

    oracle.py [--mmapinfo CMD] [--vmlinux FILE] [--pid PID]... VMCORE TRUTH

TRUTH is the directory that the guest wrote right before the dump (format:
tests/guest/README.md). Prints TAP: one test per process and kind of fact, one
per file. Every page of every process is compared; nothing is tolerated.
"""
import argparse
import array
import collections
import json
import os
import re
import subprocess
import sys

from tap import Tap

PAGE = 4096

# pagemap bits: Documentation/admin-guide/mm/pagemap.rst
PM_SOFT_DIRTY, PM_EXCLUSIVE, PM_UFFD_WP = 1 << 55, 1 << 56, 1 << 57
PM_FILE, PM_SWAP, PM_PRESENT = 1 << 61, 1 << 62, 1 << 63
PM_FRAME = (1 << 55) - 1

# Words for entries that come into being only where the notes say so.
UNUSUAL = {"numa-hint", "migrating", "hwpoison", "device", "guard", "poisoned", "swap-error",
           "unknown-entry"}

# kpageflags bit -> our word; include/uapi/linux/kernel-page-flags.h and
# include/linux/kernel-page-flags.h
KPF = {0: "locked", 1: "error", 2: "referenced", 3: "uptodate", 4: "dirty", 5: "lru",
       6: "active", 7: "slab", 8: "writeback", 14: "swapbacked", 13: "swapcache",
       18: "unevictable", 19: "hwpoison", 25: "idle", 32: "reserved", 33: "mlocked",
       35: "private", 36: "private_2"}
KPF_LOCKED, KPF_RECLAIM, KPF_ANON, KPF_HEAD, KPF_TAIL = 1, 1 << 9, 1 << 12, 1 << 15, 1 << 16
KPF_HUGE, KPF_KSM, KPF_THP, KPF_MAPPEDTODISK = 1 << 17, 1 << 21, 1 << 22, 1 << 34
KPF_BIT = {word: 1 << bit for bit, word in KPF.items()}
KPF_OWNER_PRIVATE, KPF_SWAPBACKED, KPF_ZERO_PAGE = 1 << 37, 1 << 14, 1 << 24

# On the stack of who came by a system call: x86-64, arm64, i386 in two ways.
IN_CALL = ("do_syscall_64", "el0_svc", "__do_fast_syscall_32", "do_int80_syscall_32")


class Diffs:
    """Differences of one test: all counted, the first few kept."""

    def __init__(self):
        self.compared = self.count = 0
        self.first = []

    def check(self, what, got, want):
        self.compared += 1
        if got == want:
            return
        self.count += 1
        if len(self.first) < 8:
            self.first.append(f"{what}: mmapinfo {got!r}, kernel {want!r}")

    def check_near(self, what, got, want, slack):
        self.check(f"{what} within {slack} of {want}" if slack else what,
                   want if abs(got - want) <= slack else got, want)

    def report(self, tap, name, must_compare=True):
        ok = not self.count and (self.compared > 0 or not must_compare)
        tap.result(ok, f"{name}: {self.compared} compared, {self.count} differ", self.first)


def u64s(path):
    a = array.array("Q")
    with open(path, "rb") as f:
        a.frombytes(f.read())
    return a


def unescape(text):
    """maps and info print odd bytes as \\ooo."""
    return re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), text)


def name_bytes(obj, key):
    """A JSON string that may stand for bytes that are no UTF-8."""
    if key + "_hex" in obj:
        return bytes.fromhex(obj[key + "_hex"])
    return obj[key].encode()


# VmFlags of smaps (fs/proc/task_mmu.c:show_smap_vma_flags()) -> our word.
VM_FLAGS = dict(rd="read", wr="write", ex="exec", sh="shared", mr="mayread", mw="maywrite",
                me="mayexec", ms="mayshare", gd="growsdown", pf="pfnmap", lo="locked", io="io",
                sr="seq_read", rr="rand_read", dc="dontcopy", de="dontexpand", lf="lockonfault",
                ac="account", nr="noreserve", ht="hugetlb", sf="sync", wf="wipeonfork",
                dd="dontdump", sd="softdirty", mm="mixedmap", hg="hugepage", nh="nohugepage",
                mg="mergeable", um="uffd_missing", uw="uffd_wp", dp="droppable", sl="sealed",
                gu="maybe_guard")

MapLine = collections.namedtuple("MapLine", "start end perm offset dev ino name")


def read_maps(path):
    lines = []
    with open(path, "rb") as f:
        for line in f.read().split(b"\n"):
            m = re.match(rb"(\w+)-(\w+) (....) (\w+) (\w+):(\w+) (\d+) *(.*)$", line, re.S)
            # The gate page is no VMA.
            if not m or m.group(8) == b"[vsyscall]":
                continue
            lines.append(MapLine(int(m.group(1), 16), int(m.group(2), 16), m.group(3).decode(),
                                 int(m.group(4), 16),
                                 f"{int(m.group(5), 16)}:{int(m.group(6), 16)}",
                                 int(m.group(7)), m.group(8)))
    return lines


def read_smaps(path):
    """Values in pages by start address; VmFlags is a set of words."""
    out, cur = {}, None
    with open(path, "rb") as f:
        for line in f.read().split(b"\n"):
            m = re.match(rb"(\w+)-\w+ ....", line)
            if m:
                cur = out.setdefault(int(m.group(1), 16), {})
                continue
            m = re.match(rb"(\w+): +(\d+) kB", line)
            if m and cur is not None:
                cur[m.group(1).decode()] = int(m.group(2)) // 4
            elif line.startswith(b"VmFlags:") and cur is not None:
                cur["VmFlags"] = {VM_FLAGS.get(f, f) for f in line.decode().split()[1:]}
    return out


def read_info(path):
    with open(path, "rb") as f:
        pairs = [line.split(b"=", 1) for line in f.read().split(b"\n") if b"=" in line]
    return {k.decode(): v for k, v in pairs}


def is_dirty(row):
    """As smaps counts it: what a migration entry remembers of the old one is not asked."""
    if row["pte"]["kind"] == "migration":
        return "dirty" in row["page"]["flags"]
    return "dirty" in row["pte"]["bits"] or "dirty" in row["page"]["flags"]


def is_referenced(row):
    if row["pte"]["kind"] == "migration":
        return "referenced" in row["page"]["flags"]
    return "young" in row["pte"]["bits"] or "referenced" in row["page"]["flags"]


def is_lazy(row):
    return (row["page"]["owner"] in ("anon", "ksm") and "swapbacked" not in row["page"]["flags"]
            and not is_dirty(row))


def status_field(path, key):
    with open(path, "rb") as f:
        m = re.search(rb"^" + key.encode() + rb":\s+(.*)$", f.read(), re.M)
    return m.group(1).decode() if m else None


# Of a run of pages these are of the first.
OF_FIRST = ("index", "head_pfn", "value", "node", "memcg_id", "cgroup", "workingset",
            "refault_distance", "generation", "youngest_generation")


class Oracle:
    def __init__(self, args):
        self.args = args
        self.truth = args.truth
        self.flags = u64s(f"{args.truth}/kpageflags")
        self.counts = u64s(f"{args.truth}/kpagecount")
        self.tap = Tap()
        # The dump kept in git has no tables to unwind stacks by; see its MANIFEST.
        self.is_cut = str(args.vmcore).endswith("vmcores/demo/vmcore")
        self.notes = self.read_notes()
        self.quirks = self.kernel_quirks()
        self.seen_bits = sum(KPF_BIT.values()) | KPF_RECLAIM | KPF_ANON | KPF_HEAD | KPF_TAIL \
            | KPF_HUGE | KPF_MAPPEDTODISK | KPF_OWNER_PRIVATE
        if "anon is ksm" not in self.quirks:
            self.seen_bits |= KPF_KSM
        with open(f"{args.truth}/proc/swaps", encoding="ascii") as f:
            self.swap_areas = len(f.readlines()) - 1

    def kernel_quirks(self):
        """Where the kernel's own account is known to be wrong or silent, by its version."""
        with open(f"{self.truth}/proc/version", encoding="ascii") as f:
            version = tuple(int(x) for x in re.search(r"version (\d+)\.(\d+)", f.read()).groups())
        quirks = set()
        # pagemap of 5.10 has no uffd-wp bit, and huge entries are never "file" in it.
        if version < (5, 14):
            quirks |= {"no uffd-wp", "huge is never file", "early clock"}
        # Of the pages of a huge entry, each counts for itself in 6.12, not in 6.1 and 7.2.
        if not (6, 11) <= version < (7, 0):
            quirks.add("huge counts as its first page")
        # kpageflags of 6.12 calls every anonymous page KSM.
        if (6, 9) <= version < (6, 16):
            quirks.add("anon is ksm")
        if version < (6, 2):
            quirks.add("status lags")
        return quirks

    def read_notes(self):
        """States of pages of files: what only the workload can know."""
        kinds = {"shadow": "shadow", "swapped": "swap", "large": "large",
                 "untouchable": "untouchable",
                 "writeback": "writeback", "dirty": "dirty", "reading": "reading",
                 "evicted-first": "first", "evicted-later": "later", "aged": "aged",
                 "window": "window"}
        notes = collections.defaultdict(set)
        self.entries = collections.defaultdict(dict)
        self.ra_states = collections.defaultdict(list)
        self.next_misses = collections.defaultdict(list)
        self.faults = {}
        with open(f"{self.truth}/notes", encoding="ascii") as f:
            for line in f:
                what, *rest = line.split()
                if what == "entries":
                    self.note_entries(*rest)
                    continue
                if what == "readahead":
                    self.ra_states[int(rest[0])].append((int(rest[1], 16), rest[2], int(rest[3])))
                    continue
                if what == "next-miss":
                    self.next_misses[int(rest[0])].append(
                        (int(rest[1], 16), int(rest[2], 16), int(rest[3]), rest[4]))
                    continue
                if what == "fault":
                    self.faults[int(rest[0])] = rest[1:]
                    continue
                dev, ino, first, count = rest
                dev = "%d:%d" % tuple(int(x, 16) for x in dev.split(":"))
                notes[kinds[what], dev, int(ino)].update(
                    range(int(first), int(first) + int(count)))
        return notes

    def note_entries(self, word, pid, address, count):
        start = int(address, 16)
        for va in range(start, start + int(count) * PAGE, PAGE):
            self.entries[int(pid)][va] = word

    def ask(self, *options):
        cmd = [*self.args.mmapinfo.split(), "-c", self.args.vmcore, "--json", *options]
        if self.args.vmlinux:
            cmd += ["-s", self.args.vmlinux]
        if self.args.types:
            cmd += ["--types", self.args.types]
        r = subprocess.run(cmd, capture_output=True, check=False)
        if r.returncode:
            raise RuntimeError(f"{' '.join(cmd)}: status {r.returncode}: {r.stderr.decode()}")
        return json.loads(r.stdout)

    # ---- single pages ----

    def page_flags(self, d, where, page, pfn):
        """kpageflags of the folio's head, and kpagecount of the page itself."""
        head = page.get("head_pfn", pfn)
        k, have = self.flags[head], set(page["flags"])
        # Nearly all are as they should be: only others are asked bit by bit.
        if self.is_as_said(page, have, pfn, k):
            d.compared += len(KPF) + 8
            return
        for bit, word in KPF.items():
            d.check(f"{where} pfn {pfn} {word}", word in have, bool(k >> bit & 1))
        d.check(f"{where} pfn {pfn} reclaim/readahead", bool(have & {"reclaim", "readahead"}),
                bool(k & KPF_RECLAIM))
        d.check(f"{where} pfn {pfn} anon", page["owner"] in ("anon", "ksm"), bool(k & KPF_ANON))
        if "anon is ksm" not in self.quirks:
            d.check(f"{where} pfn {pfn} ksm", page["owner"] == "ksm", bool(k & KPF_KSM))
        d.check(f"{where} pfn {pfn} large", page["order"] > 0, bool(k & KPF_HEAD))
        d.check(f"{where} pfn {pfn} hugetlb", page.get("hugetlb", False), bool(k & KPF_HUGE))
        d.check(f"{where} pfn {pfn} tail", pfn != head, bool(self.flags[pfn] & KPF_TAIL))
        d.check(f"{where} pfn {pfn} owner_priv_1",
                bool(have & {"owner_priv_1", "swapcache"}), bool(k & KPF_OWNER_PRIVATE))
        # The last tail is the one before the next head or single page.
        end = head + (1 << page["order"])
        if page["order"]:
            d.check(f"{where} pfn {pfn} folio's end",
                    bool(self.flags[end - 1] & KPF_TAIL)
                    and not (end < len(self.flags) and self.flags[end] & KPF_TAIL), True)
        if page["owner"] == "file":
            d.check(f"{where} pfn {pfn} mappedtodisk", "mappedtodisk" in have,
                    bool(k & KPF_MAPPEDTODISK))
        d.check(f"{where} pfn {pfn} mapcount", page["mapcount"], self.counts[pfn])

    def is_as_said(self, page, have, pfn, k):
        """Of a page that is no part of a larger one: what page_flags() asks bit by bit."""
        if page["order"] or "head_pfn" in page or page.get("hugetlb"):
            return False
        seen = self.seen_bits & ~(KPF_MAPPEDTODISK if page["owner"] != "file" else 0)
        bits = sum(KPF_BIT[word] for word in have if word in KPF_BIT)
        bits |= KPF_ANON if page["owner"] in ("anon", "ksm") else 0
        bits |= KPF_KSM if page["owner"] == "ksm" else 0
        bits |= KPF_RECLAIM if have & {"reclaim", "readahead"} else 0
        bits |= KPF_OWNER_PRIVATE if have & {"owner_priv_1", "swapcache"} else 0
        return bits & seen == k & seen and page["mapcount"] == self.counts[pfn]

    def pagemap(self, d, where, row, entry, softdirty_vma, head_row):
        """One row against one pagemap entry."""
        pte = row["pte"]
        kind, page, bits = pte["kind"], row.get("page"), set(pte.get("bits", []))
        if kind == "none" and not page and not entry & ~PM_SOFT_DIRTY and \
                softdirty_vma == bool(entry):
            d.compared += 6
            return
        if kind == "present" and not head_row and pte["level"] == 1:
            want = (PM_PRESENT | pte["pfn"]
                    | (PM_SOFT_DIRTY if "soft_dirty" in bits or softdirty_vma else 0)
                    | (PM_UFFD_WP if "uffd_wp" in bits else 0)
                    | (PM_EXCLUSIVE if page and page["mapcount"] == 1 else 0)
                    | (PM_FILE if page and page["owner"] not in ("anon", "ksm") else 0))
            if want == entry:
                d.compared += 7
                return
        present = kind in ("present", "prot-none", "numa-hint")
        swap = kind in ("swap", "migration", "hwpoison", "device", "marker", "swap-error",
                        "unknown")
        d.check(f"{where} present", present, bool(entry & PM_PRESENT))
        d.check(f"{where} swap", swap, bool(entry & PM_SWAP))
        d.check(f"{where} soft-dirty", "soft_dirty" in bits or softdirty_vma,
                bool(entry & PM_SOFT_DIRTY))
        if "no uffd-wp" not in self.quirks:
            d.check(f"{where} uffd-wp", "uffd_wp" in bits, bool(entry & PM_UFFD_WP))
        if present:
            d.check(f"{where} pfn", pte["pfn"], entry & PM_FRAME)
        elif swap:
            frame = entry & PM_FRAME
            if kind in ("migration", "hwpoison"):
                d.check(f"{where} pfn", pte["pfn"], frame >> 5)
            elif kind == "marker":
                d.check(f"{where} marker", pte["marker"], frame >> 5)
            else:
                d.check(f"{where} swap type", pte["swap_type"], frame & 31)
                d.check(f"{where} swap offset", pte["swap_offset"], frame >> 5)
        counted = head_row.get("page") if head_row else page
        d.check(f"{where} exclusive", bool(page) and counted["mapcount"] == 1,
                bool(entry & PM_EXCLUSIVE))
        if not ("huge is never file" in self.quirks and pte.get("level", 1) > 1):
            # The huge zero page is nobody's, and so "file"; its entry may be special since 6.17.
            zero = row.get("relation") == "zero" and pte.get("level", 1) > 1
            d.check(f"{where} file", zero or bool(page) and page["owner"] not in ("anon", "ksm"),
                    bool(entry & PM_FILE))

    @staticmethod
    def entry_word(d, va, row, noted):
        """What the workload knows of an entry, and nobody says anything the like elsewhere."""
        words = set(row["state"].split())
        if noted.get(va, "").startswith("order-"):
            d.check(f"{va:x} order", row["page"]["order"], int(noted[va][6:]))
        elif va in noted:
            d.check(f"{va:x} state '{row['state']}' says {noted[va]}", noted[va] in words, True)
        elif not words.isdisjoint(UNUSUAL) and not words & UNUSUAL <= set(noted.values()):
            d.check(f"{va:x} unexpected", words & UNUSUAL, set())

    # ---- processes ----

    def head(self, pfn):
        while self.flags[pfn] & KPF_TAIL:
            pfn -= 1
        return pfn

    def rss(self, path):
        """
        RSS by kind, counted from the pagemap: status lags behind by what threads have
        not yet added to the mm (before 6.2), which mmapinfo does add.
        """
        rss = dict.fromkeys(("file_pages", "anon_pages", "shmem_pages", "swap_pages"), 0)
        for entry in u64s(path):
            if entry & PM_PRESENT:
                k = self.flags[self.head(entry & PM_FRAME)]
                if k & (KPF_ZERO_PAGE | KPF_HUGE):
                    continue
                rss[self.rss_kind(k)] += 1
            elif entry & PM_SWAP and entry & 31 < self.swap_areas:
                rss["swap_pages"] += 1
            elif entry & PM_SWAP and self.is_migrating(entry):
                rss[self.rss_kind(self.flags[self.head((entry & PM_FRAME) >> 5)])] += 1
        return rss

    @staticmethod
    def rss_kind(k):
        return ("anon" if k & KPF_ANON else "shmem" if k & KPF_SWAPBACKED else "file") + "_pages"

    def is_migrating(self, entry):
        """Of the special swap types: its page is locked, and it still counts as mapped."""
        pfn = (entry & PM_FRAME) >> 5
        return pfn < len(self.flags) and bool(self.flags[self.head(pfn)] & KPF_LOCKED)

    def status_sizes(self, d, proc, status):
        """
        Sizes that status has in kB. Before 6.2 a thread adds up to 64 faults, of up to 16
        pages each, before status is told of them.
        """
        slack = 65 * 16 * len(proc["threads"]) if "status lags" in self.quirks else 0
        def pages(key):
            return int(status_field(status, key).split()[0]) // 4

        for key, field in (("total_vm_pages", "VmSize"), ("locked_vm_pages", "VmLck")):
            d.check(field, proc[key], pages(field))
        for key, field in (("file", "RssFile"), ("anon", "RssAnon"), ("shmem", "RssShmem"),
                           ("swap", "VmSwap")):
            d.check_near(field, proc["rss"][key + "_pages"], pages(field), slack)

    def swap_lines(self):
        with open(f"{self.truth}/proc/swaps", "rb") as f:
            return [line.split() for line in f.read().splitlines()[1:]]

    def check_swap_areas(self, d, doc):
        """/proc/swaps lists the areas in the order of their types."""
        areas = doc["swap_areas"]
        d.check("swap areas", [(name_bytes(a, "path"), a["kind"].encode(), a["size_pages"] * 4,
                                a["used_pages"] * 4, a["priority"]) for a in areas],
                [(unescape(x[0]), x[1], int(x[2]), int(x[3]), int(x[4]))
                 for x in self.swap_lines()])
        types = {a["swap_type"] for a in areas}
        for m in doc["mappings"]:
            for entry in (e for r in m["pages"] for e in (r["pte"], r.get("cached"))
                          if e and e["kind"] == "swap"):
                self.swap_types.add(entry["swap_type"])
                d.check("swap entry's area is known", entry["swap_type"] in types, True)

    @staticmethod
    def is_empty(row):
        return row["pte"]["kind"] == "none" and "page" not in row and \
            UNUSUAL.isdisjoint(row["state"].split())

    def mapping(self, d, df, m, line, entries, smap, noted):
        where = m["start"]
        soft = "softdirty" in m["flags"]
        # The kernel's pagemap leaves these out altogether.
        unseen = "pfnmap" in m["flags"]
        rows = {}
        for row in m["pages"]:
            assert row["pages"] == 1
            rows[int(row["va"], 16)] = row
        huge_step = {2: 1 << 21, 3: 1 << 30}
        for i, entry in enumerate(entries):
            va = line.start + i * PAGE
            row = rows.get(va)
            if row is None:
                d.check(f"{va:x} has a row", None, True)
                continue
            if not entry and not soft and va not in noted and self.is_empty(row):
                d.compared += 1
                continue
            if unseen:
                d.check(f"{va:x} not shown by the kernel", entry & ~PM_SOFT_DIRTY, 0)
                continue
            pte = row["pte"]
            head = None
            if pte.get("level", 1) > 1 and "huge counts as its first page" in self.quirks:
                step = huge_step[pte["level"]]
                head = rows.get(max(va // step * step, line.start))
            self.pagemap(d, f"{va:x}", row, entry, soft, head)
            if row.get("page", {}).get("owner") == "anon":
                d.check(f"{va:x} index", row["page"]["index"], m["anon_pgoff"] + i)
            self.entry_word(d, va, row, noted)
            if row.get("page"):
                self.page_flags(df, f"{va:x}", row["page"], pte["pfn"])
        d.check(f"{where} rows", len(rows), len(entries))
        if smap:
            self.smaps(d, where, m, smap)

    @staticmethod
    def smaps(d, where, m, smap):
        """A mapping's totals, and the bits of its pages that pagemap does not show."""
        if "pfnmap" in m["flags"]:
            return
        t, rows = m["totals"], m["pages"]
        if "hugetlb" in m["flags"]:
            d.check(f"{where} smaps Hugetlb", t["mapped"],
                    smap["Shared_Hugetlb"] + smap["Private_Hugetlb"])
            return
        special = sum(1 for r in rows if r.get("relation") == "special" and not r.get("page"))
        counted = [r for r in rows if r.get("page") and r.get("relation") != "zero"]
        # Older kernels' smaps leaves out huge pages whose entries allow no access.
        hidden = [r for r in counted if r["pte"]["kind"] in ("prot-none", "numa-hint")
                  and r["pte"].get("level", 1) > 1]
        if smap["Rss"] == len(counted) - len(hidden):
            counted = [r for r in counted if r not in hidden]
        else:
            moving = sum(1 for r in counted if r["pte"]["kind"] == "migration")
            d.check(f"{where} smaps Rss", t["mapped"] - t["zero"] - special + moving, smap["Rss"])
            d.check(f"{where} smaps Anonymous", t["anon"], smap["Anonymous"])
        d.check(f"{where} pages of smaps Rss", len(counted), smap["Rss"])
        d.check(f"{where} smaps Swap", t["swapped"], smap["Swap"])
        if "KSM" in smap:
            d.check(f"{where} smaps KSM",
                    sum(1 for r in counted if r["page"]["owner"] == "ksm"), smap["KSM"])
        d.check(f"{where} smaps dirty", sum(map(is_dirty, counted)),
                smap["Shared_Dirty"] + smap["Private_Dirty"])
        d.check(f"{where} smaps LazyFree", sum(map(is_lazy, counted)), smap["LazyFree"])
        d.check(f"{where} smaps Referenced", sum(map(is_referenced, counted)),
                smap["Referenced"])
        d.check(f"{where} smaps huge",
                sum(1 for r in counted if r["pte"]["level"] > 1),
                smap["AnonHugePages"] + smap["ShmemPmdMapped"] + smap.get("FilePmdMapped", 0))

    @staticmethod
    def rollup(d, doc, path):
        """The sums over all mappings, of a process that has too many for smaps."""
        smap = next(iter(read_smaps(path).values()))
        counted = [r for m in doc["mappings"] if "pfnmap" not in m["flags"] for r in m["pages"]
                   if r.get("page") and r.get("relation") != "zero"]
        d.check("smaps_rollup Rss", len(counted), smap["Rss"])
        d.check("smaps_rollup Anonymous", sum(m["totals"]["anon"] for m in doc["mappings"]),
                smap["Anonymous"])
        d.check("smaps_rollup Swap", sum(m["totals"]["swapped"] for m in doc["mappings"]),
                smap["Swap"])
        d.check("smaps_rollup dirty", sum(map(is_dirty, counted)),
                smap["Shared_Dirty"] + smap["Private_Dirty"])
        d.check("smaps_rollup Referenced", sum(map(is_referenced, counted)), smap["Referenced"])

    # ---- runs ----

    def page_of(self, run, nth, page, at=()):
        """What a run says of its page number @nth that differs from what is said of the page by
        itself; paths of the members."""
        for key in sorted(set(run) | set(page)):
            if key in ("va", "pgoff", "pages", "pfns", "swap_offsets") or nth and key in OF_FIRST:
                continue
            one, other = run.get(key), page.get(key)
            if isinstance(one, dict) and isinstance(other, dict):
                yield from self.page_of(one, nth, other, (*at, key))
            elif key in ("pfn", "swap_offset"):
                how = run.get(key + "s", "same")
                if how == "consecutive":
                    one += nth
                if (nth == 0 or how != "scattered") and one != other:
                    yield (*at, key)
            elif one != other:
                yield (*at, key)

    def runs(self, d, runs, pages, where):
        """Pages in a row that are told at once, by those that are told one by one."""
        pages = iter(pages)
        for run in runs:
            for nth in range(run["pages"]):
                page = next(pages, {})
                d.check(f"{where}: page {nth} of the run at {run.get('va')}",
                        (list(self.page_of(run, nth, page)), page.get("va")),
                        ([], hex(int(run["va"], 16) + nth * PAGE)))
        d.check(f"{where}: no page is left", next(pages, None), None)

    def process(self, pid):
        base = f"{self.truth}/proc/{pid}"
        comm = open(f"{base}/comm", "rb").read().rstrip(b"\n")
        name = f"PID {pid} {comm.decode(errors='replace')}"
        try:
            doc = self.ask("--each", str(pid))
        except RuntimeError as e:
            self.tap.result(False, name, [str(e)])
            return
        d, df, dm = Diffs(), Diffs(), Diffs()
        proc = doc["process"]
        dm.check("comm", name_bytes(proc, "comm"), comm)
        dm.check("tgid", proc["tgid"], int(status_field(f"{base}/status", "Tgid")))
        dm.check("ppid", proc["ppid"], int(status_field(f"{base}/status", "PPid")))
        # init writes the truth: the one process that was running meanwhile.
        if pid != 1:
            dm.check("state", proc["state"][0], status_field(f"{base}/status", "State")[0])
        dm.check("threads", len(proc["threads"]), int(status_field(f"{base}/status", "Threads")))
        for key, want in self.rss(f"{base}/pagemap").items():
            dm.check(f"rss {key}", proc["rss"][key], want)
        dm.check("namespace PIDs", proc["namespace_pids"],
                 [int(n) for n in status_field(f"{base}/status", "NSpid").split()[1:]])
        self.status_sizes(dm, proc, f"{base}/status")
        dm.check("problems", doc["problems"], [])
        off = [f["feature"] for f in doc["features_off"]]
        # Nothing tells whether a kernel of 32 bits keeps frame pointers.
        self.narrow = doc["kernel"]["arch"] in ("i686", "arm")
        unwinds = (not doc["blocked"] or not self.is_cut) and not self.narrow
        dm.check("complete", doc["complete"] or (off == ["stacks"] and not unwinds), True)
        self.check_swap_areas(dm, doc)
        maps, smaps = read_maps(f"{base}/maps"), {}
        if os.path.exists(f"{base}/smaps"):
            smaps = read_smaps(f"{base}/smaps")
        else:
            self.rollup(d, doc, f"{base}/smaps_rollup")
        pagemap, at = u64s(f"{base}/pagemap"), 0
        dm.check("number of mappings", len(doc["mappings"]), len(maps))
        for m, line in zip(doc["mappings"], maps):
            n = (line.end - line.start) // PAGE
            self.mapping_head(dm, m, line, smaps.get(line.start), doc["files"])
            self.mapping(d, df, m, line, pagemap[at:at + n], smaps.get(line.start),
                         self.entries[pid])
            at += n
        dm.check("pagemap entries used", at, len(pagemap))
        self.page_faults(dm, pid, doc, maps)
        dm.report(self.tap, f"{name}: maps and status")
        d.report(self.tap, f"{name}: pagemap and smaps")
        df.report(self.tap, f"{name}: kpageflags and kpagecount")
        if not self.args.no_runs:
            dr = Diffs()
            for m, of in zip(doc["mappings"], self.ask("--pages", str(pid))["mappings"]):
                self.runs(dr, of["pages"], m["pages"], m["start"])
            dr.report(self.tap, f"{name}: runs of pages")
        self.readahead(name, pid, doc)
        self.collect_files(doc)

    @staticmethod
    def mapping_head(dm, m, line, smap, files):
        # Before 7.2 bits above 31 have no names with us, and VM_LOCKONFAULT none in smaps.
        unnamed = {f for f in m["flags"] if f.startswith("bit_")}
        if smap and not unnamed:
            flags = {"lockonfault" if f == "??" else f for f in smap["VmFlags"]}
            dm.check(f"{m['start']} flags", set(m["flags"]) ^ flags, set())
        dm.check("start", int(m["start"], 16), line.start)
        dm.check("end", int(m["end"], 16), line.end)
        dm.check(f"{m['start']} permissions", m["permissions"], line.perm)
        dm.check(f"{m['start']} name", name_bytes(m, "name"), unescape(line.name))
        if m["file"] is None:
            dm.check(f"{m['start']} inode", 0, line.ino)
            return
        f = files[m["file"]]
        dm.check(f"{m['start']} offset", m["offset_bytes"], line.offset)
        dm.check(f"{m['start']} inode", f["inode_number"], line.ino)
        dm.check(f"{m['start']} device", f["device"], line.dev)

    # ---- readahead ----

    def sys_number(self, *path):
        """A number that was in /sys; None if there was no such file."""
        try:
            with open(os.path.join(self.truth, "sys", *path), encoding="ascii") as f:
                return int(f.read())
        except FileNotFoundError:
            return None

    def device_limits(self, d, limits):
        """/sys/class/bdi has all devices but the one for file systems without a device."""
        name = limits["name"]
        kb = self.sys_number("class", "bdi", name, "read_ahead_kb")
        d.check(f"device {name} ra_pages", limits["ra_pages"], 0 if kb is None else kb // 4)
        kb = self.sys_number("dev", "block", name, "queue", "max_sectors_kb")
        if kb is not None:
            d.check(f"device {name} io_pages", limits["io_pages"], kb // 4)

    @staticmethod
    def cached_rows(f):
        return {r["pgoff"]: r["cached"] for r in f["pages"] if r.get("cached")}

    def window(self, d, where, o, f):
        """The window, counted again in the file's pages, each of which the kernel was asked of."""
        state, w, rows = o["state"], o["window"], self.cached_rows(f)
        want, marked = collections.Counter(), []
        for i in range(state["start"],
                       min(state["start"] + state["size_pages"], f["size_pages"])):
            c = rows.get(i, {"kind": "none"})
            want["pages"] += 1
            if c["kind"] != "folio":
                want["evicted" if c["kind"] == "shadow" else "absent"] += 1
                continue
            flags = c["page"]["flags"]
            want["uptodate" if "uptodate" in flags else
                 "reading" if "locked" in flags else "not_uptodate"] += 1
            head = i - (c["pfn"] - c["page"].get("head_pfn", c["pfn"]))
            if "readahead" in flags and head not in marked:
                marked.append(head)
        for key in ("pages", "uptodate", "reading", "not_uptodate", "evicted", "absent", "unknown"):
            d.check(f"{where} window {key}", w[key], want[key])
        d.check(f"{where} markers", (w["markers"], w["markers_found"]), (marked[:4], len(marked)))

    @staticmethod
    def ra_value(o, key):
        if key == "marker":
            return next(iter(o["window"]["markers"]), None)
        return int(o[key]) if key in o else o["state"][key]

    def next_miss(self, d, doc, maps, note):
        """
        What is said of the next miss of one file is what a miss at @page did in its twin:
        by f_ra, and by what is in the cache.
        """
        one, two, page, name = note
        next_, o, twin = maps[one]["readahead"], *(
            doc["open_files"][maps[va]["readahead"]["open_file"]] for va in (one, two))
        kind, was = next_["next_miss"], o["state"]
        got = tuple(twin["state"][k] for k in ("start", "size_pages", "async_size_pages"))
        rows = self.cached_rows(doc["files"][twin["file"]])
        if kind == "unknown":
            d.check(f"{name} is told", name in ("huge", "code-misses"), True)
            return
        n = next_.get("pages")
        if kind == "none":
            want = (was["start"], was["size_pages"], was["async_size_pages"])
            d.check(f"{name} page alone", [i in rows for i in (page - 1, page, page + 1)],
                    [False, True, False])
            start, n = page, 1
        elif kind == "read-around":
            start = max(0, page - next_["before"])
            want = (start, n, n // 4)
        elif kind == "code":
            start = page
            n = min(n, (int(maps[two]["end"], 16) - two) // PAGE - page)
            want = (start, n, 0)
        elif kind == "sequential":
            start = page
            want = (start, min(n, got[1]), got[2])
        else:
            # The kernel does not keep where such a window begins.
            huge = 1024 if doc["kernel"]["paging_levels"] == 2 else 512
            start = page // huge * huge
            want = (got[0], n, huge)
        d.check(f"{name} ({kind}) window of the next miss", want, got)
        d.check(f"{name} ({kind}) pages read", [i for i in range(start, start + n)
                                                if i not in rows], [])
        self.kinds.add(kind)

    def readahead(self, name, pid, doc):
        """Only of guests that have noted the limits of their devices."""
        if not os.path.isdir(f"{self.truth}/sys/class/bdi"):
            return
        d = Diffs()
        maps = {int(m["start"], 16): m for m in doc["mappings"]}
        for o in doc["open_files"]:
            f = doc["files"][o["file"]]
            where = f["path"]
            d.check(f"{where} has limits", o["device_limits"] is not None, True)
            self.device_limits(d, o["device_limits"])
            d.check(f"{where} is plausible", "state" in o, True)
            if o.get("window"):
                self.window(d, where, o, f)
            else:
                # None yet, or one of huge pages, of which the kernel keeps no start.
                d.check(f"{where} has a window", (o["state"]["size_pages"],
                        o["state"]["async_size_pages"]) in
                        ((0, 0), (512, 512), (1024, 512), (1024, 1024), (2048, 1024)), True)
        for va, key, value in self.ra_states[pid]:
            o = doc["open_files"][maps[va]["readahead"]["open_file"]]
            where = doc["files"][o["file"]]["path"]
            d.check(f"{where} {key}", self.ra_value(o, key), value)
        for note in self.next_misses.get(pid, ()):
            self.next_miss(d, doc, maps, note)
        d.report(self.tap, f"{name}: readahead", must_compare=bool(doc["open_files"]))

    # ---- page faults ----

    def page_faults(self, d, pid, doc, maps):
        """The threads whose stacks have handle_mm_fault() wait in one, and no others."""
        for thread in doc["process"]["threads"]:
            tid = thread["tid"]
            stack = self.stack(pid, tid)
            # init was running when it wrote the truth.
            d.check(f"thread {tid} waits in a fault", bool(thread.get("fault")),
                    "handle_mm_fault+" in stack and tid != 1)
            d.check(f"thread {tid} candidates", thread.get("fault_candidates", []), [])
            if thread.get("fault"):
                self.page_fault(d, tid, thread, maps,
                                any(f"{f}+" in stack for f in IN_CALL))

    def stack(self, pid, tid):
        """Of a leader that has exited the truth has the other threads as processes."""
        for path in (f"{pid}/task/{tid}", f"{tid}/task/{tid}"):
            path = f"{self.truth}/proc/{path}/stack"
            if os.path.exists(path):
                with open(path, encoding="ascii") as f:
                    return f.read()
        return ""

    def page_fault(self, d, tid, thread, maps, in_call):
        fault, entry = thread["fault"], thread["entry"]
        page = int(fault["page_address"], 16)
        line = next((x for x in maps if x.start <= page < x.end), None)
        d.check(f"thread {tid} fault is mapped", line is not None, True)
        d.check(f"thread {tid} fault's name", name_bytes(fault, "name"), unescape(line.name))
        d.check(f"thread {tid} from", fault["from"], "kernel" if in_call else "user")
        d.check(f"thread {tid} entry", entry["kind"], "syscall" if in_call else "exception")
        if line.ino:
            d.check(f"thread {tid} page", fault["offset_bytes"], line.offset + page - line.start)
            d.check(f"thread {tid} page is being read",
                    {"cached", "reading"} <= set(fault["page"]["state"].split()), True)
        self.faults_found += 1
        if tid not in self.faults:
            # Dumps whose notes do not tell of faults have the one of slow-read.
            dev, ino = "%d:%d" % tuple(int(x) for x in line.dev.split(":")), line.ino
            d.check(f"thread {tid} page is noted",
                    fault["pgoff"] in self.notes.get(("reading", dev, ino), ()), True)
            d.check(f"thread {tid} access", fault["access"], "read")
            return
        address, access, call, file_page = self.faults[tid]
        d.check(f"thread {tid} address", page, int(address, 16))
        d.check(f"thread {tid} address in the page", fault["address"] is None
                or int(fault["address"], 16) // PAGE * PAGE == page, True)
        d.check(f"thread {tid} access", fault["access"], access)
        d.check(f"thread {tid} copying", fault.get("copying", False),
                access == "write" and int(file_page) >= 0)
        d.check(f"thread {tid} system call", entry.get("name", "-"), call)
        if int(file_page) >= 0:
            d.check(f"thread {tid} page of the file", fault["pgoff"], int(file_page))

    # ---- files ----

    def collect_files(self, doc):
        """By what names them; a file of another one's pages under that one's name, too."""
        for f in doc["files"]:
            for name in (f, f.get("backing", f)):
                same = self.seen.setdefault((name["device"], name["inode_number"]), [])
                if f["mapping"] not in [other["mapping"] for other in same]:
                    same.append(f)

    def find_file(self, dev, info):
        """
        Two files of btrfs may have one device and number in maps, and two of overlayfs
        one path as well: the latter are found as the files that are below.
        """
        same = self.seen.get((dev, int(info["ino"])), [])
        if len(same) > 1:
            path = unescape(info["path"])
            same = [f for f in same if name_bytes(f, "path") == path]
        return same[0] if len(same) == 1 else None

    def without_reclaimed_nodes(self, noted, got):
        """
        Under pressure the kernel frees tree nodes that hold only shadows, of which there is
        a counter: whole nodes of 64 slots, and not more than it counted, may be gone. A window
        of readahead that was read, and evicted, since then may have brought the begin or the
        end of a node again.
        """
        missing = noted - got
        nodes = {i // 64 for i in missing}

        def gone_but_for_a_window(n):
            slots = set(range(n * 64, n * 64 + 64))
            lost = sorted(missing & slots)
            return not slots & got or (lost[-1] - lost[0] + 1 == len(lost) and
                                       (lost[0] == min(slots) or lost[-1] == max(slots)))

        if all(map(gone_but_for_a_window, nodes)) and len(nodes) <= self.nodes_left:
            self.nodes_left -= len(nodes)
            return noted - missing
        return noted

    def nodes_reclaimed(self):
        with open(f"{self.truth}/proc/vmstat", encoding="ascii") as f:
            return int(re.search(r"^workingset_nodereclaim (\d+)", f.read(), re.M).group(1))

    def file(self, n):
        base = f"{self.truth}/files/{n}"
        info = read_info(f"{base}/info")
        dev = "%d:%d" % tuple(int(x, 16) for x in info["dev"].decode().split(":"))
        f = self.find_file(dev, info)
        if not os.path.exists(f"{base}/mincore"):
            return False
        path = unescape(info["path"]).decode(errors="replace").replace("\n", "\\n")
        if f is None:
            return False
        d, df = Diffs(), Diffs()
        self.in_seen_files.update(u64s(f"{base}/pfn"))
        mincore = open(f"{base}/mincore", "rb").read()
        pfns = u64s(f"{base}/pfn")
        rows = {r["pgoff"]: r for r in f["pages"]}
        first, windows = int(info.get("first", 0)), self.notes.get(("window", dev, int(info["ino"])))
        d.check("size", f["size_bytes"], int(info["size"]))
        cached, none = 0, {"kind": "none"}
        untouchable = self.notes.get(("untouchable", dev, int(info["ino"])), ())
        for i, (core, pfn) in enumerate(zip(mincore, pfns), first):
            c = rows[i].get("cached", none) if i in rows else none
            page = c.get("page")
            resident = c["kind"] == "folio" and (not page or "uptodate" in page["flags"])
            cached += resident
            # mincore() also calls resident what is in the swap cache; the slot is not.
            if c["kind"] == "swap" and core & 1:
                d.check(f"page {i} frame of a swapped page", pfn, 0)
                continue
            d.check(f"page {i} resident", resident, bool(core & 1))
            if i not in untouchable:
                d.check(f"page {i} pfn", c.get("pfn", 0) if resident else 0, pfn)
            if page:
                self.page_flags(df, f"page {i}", page, c["pfn"])
        for kind in ("shadow", "swap"):
            got = {i for i, r in rows.items() if r.get("cached", none)["kind"] == kind}
            noted = self.notes.get((kind, dev, int(info["ino"])), set())
            if kind == "shadow":
                noted = self.without_reclaimed_nodes(noted, got)
            d.check(f"{kind} entries neither in both", sorted(got ^ noted)[:20], [])
        self.eviction_order(d, rows, dev, int(info["ino"]))
        self.noted_pages(d, {i: r["cached"]["page"] for i, r in rows.items()
                             if r.get("cached", none).get("page")}, dev, int(info["ino"]))
        d.check("pages counted", f["cache"]["cached"],
                sum(1 for r in rows.values() if r.get("cached", none)["kind"] == "folio"))
        if windows:
            d.check("cached pages outside of windows", {
                i for i, r in rows.items() if r.get("cached", none)["kind"] == "folio"} - windows,
                set())
        # mincore() does not see what is not up to date.
        elif first == 0:
            d.check("nrpages", f["nrpages"] - (f["cache"]["cached"] - cached),
                    sum(1 for pfn in pfns if pfn) + len(untouchable))
        d.report(self.tap, f"file {path}: mincore and frames")
        df.report(self.tap, f"file {path}: kpageflags", must_compare=cached > 0)
        return True

    def noted_pages(self, d, pages, dev, ino):
        """The states that the workload brought about, and no page more."""
        def noted(kind):
            return self.notes.get((kind, dev, ino), set())

        def having(flag):
            return {i for i, p in pages.items() if flag in p["flags"]}

        if noted("large"):
            d.check("pages of large folios", {i for i, p in pages.items() if p["order"]},
                    noted("large"))
        if noted("writeback"):
            d.check("pages under writeback", having("writeback"), noted("writeback"))
            d.check("dirty pages", having("dirty"), noted("dirty"))
        if noted("reading"):
            reading = having("locked") - having("uptodate")
            d.check("pages being read", noted("reading") & reading, noted("reading"))

    def eviction_order(self, d, rows, dev, ino):
        """
        Pages evicted one after the other in a cgroup of their own: the time that their
        shadow entries tell is in that order, and not further back than the cgroup has
        counted evictions and activations.
        """
        first, later, aged = (self.notes.get((kind, dev, ino), set())
                              for kind in ("first", "later", "aged"))
        if not first:
            return
        shadows = {i: r["cached"] for i, r in rows.items()
                   if r.get("cached", {}).get("kind") == "shadow"}
        d.check("cgroup of the evicted", {s["cgroup"] for s in shadows.values()}, {"/evictorder"})
        d.check("pages of either half", (bool(first & set(shadows)), bool(later & set(shadows))),
                (True, True))
        # Words of 32 bits have no room for an exact clock, and mmapinfo tells none that is not.
        if self.narrow and not any({"refault_distance", "generation"} & set(s)
                                          for s in shadows.values()):
            return
        if any("refault_distance" in s for s in shadows.values()):
            ages = {i: s["refault_distance"] for i, s in shadows.items()}
            d.check("each distance once", len(set(ages.values())), len(ages))
            # 5.10 lets the clock tick before it notes the time, and by what no counter has.
            early = "early clock" in self.quirks
            most = len(aged) + (len(aged) // 8 if early else 0)
            d.check("distance of the last", min(ages.values()) >= (0 if early else 1), True)
            d.check("distance of the first", max(ages.values()) <= most, True)
        else:
            ages = {i: -s["generation"] for i, s in shadows.items()}
            d.check("generations", {s["generation"] <= s["youngest_generation"]
                                    for s in shadows.values()}, {True})
        d.check("the first half went first", min(ages[i] for i in first if i in ages)
                >= max(ages[i] for i in later if i in ages), True)

    # ---- all ----

    def frames_with(self, bit):
        """Frames of pages of files (but tmpfs and hugetlbfs) whose folio has a flag."""
        found, head = set(), 0
        for pfn, k in enumerate(self.flags):
            head = head if k & KPF_TAIL else k
            if head >> bit & 1 and not head & (KPF_SWAPBACKED | KPF_ANON | KPF_HUGE):
                found.add(pfn)
        return found

    def kernel_sums(self):
        """
        What the kernel counts over all files is what the frames say; and every such frame
        is found in its file, or belongs to none that any process maps: the pages of such
        files (closed ones, metadata) mmapinfo does not show.
        """
        d = Diffs()
        for word, bit, counter in (("dirty", 4, "nr_dirty"), ("writeback", 8, "nr_writeback")):
            frames = self.frames_with(bit)
            with open(f"{self.truth}/proc/vmstat", encoding="ascii") as f:
                kernel = dict(line.split() for line in f)[counter]
            shown, uncounted = set(), set()
            for f in (f for same in self.seen.values() for f in same):
                # Secret memory is always dirty, and never counted.
                which = uncounted if f["filesystem"] == "secretmem" else shown
                which.update(self.frames_of(f, word))
            frames -= uncounted
            unseen = frames - shown
            d.check(f"{counter}", len(frames), int(kernel))
            d.check(f"{word} pages of mapped files", shown - frames, set())
            d.check(f"{word} pages that are missing", unseen & self.in_seen_files, set())
            print(f"# {word}: {len(frames)} pages of files; {len(frames & shown)} in files that "
                  f"are mapped, {len(unseen)} in others")
        d.report(self.tap, "dirty and writeback over all files")

    @staticmethod
    def frames_of(f, flag):
        """Frames of the pages of a disk's file that have a flag."""
        for r in f.get("pages", []):
            page = r.get("cached", {}).get("page")
            if page and flag in page["flags"] and "swapbacked" not in page["flags"] \
                    and not page.get("hugetlb"):
                yield r["cached"]["pfn"]

    def expected_failures(self, pids):
        """Tasks without user memory are refused, not answered with nothing."""
        refused = Diffs()
        for pid in pids:
            cmd = [*self.args.mmapinfo.split(), "-c", self.args.vmcore, str(pid)]
            r = subprocess.run(cmd, capture_output=True, check=False)
            refused.check(f"PID {pid} status", r.returncode, 1)
            refused.check(f"PID {pid} lines", r.stderr.count(b"\n"), 1)
            refused.check(f"PID {pid} output", r.stdout, b"")
        refused.report(self.tap, "kernel threads and zombies")

    def comm(self, pid):
        with open(f"{self.truth}/proc/{pid}/comm", encoding="utf-8", errors="replace") as f:
            return f.read().rstrip("\n")

    def everyone(self, all_pids):
        """--all lists every process, and counts the kernel's threads."""
        doc, d = self.ask("--all"), Diffs()
        user, kernel = set(), set()
        for pid in all_pids:
            base = f"{self.truth}/proc/{pid}"
            tgid = int(status_field(f"{base}/status", "Tgid"))
            has_mm = os.path.exists(f"{base}/pagemap")
            (user if has_mm or self.is_zombie(pid) else kernel).add(tgid)
        d.check("processes", {p["pid"] for p in doc["processes"]}, user)
        # Workers come and go.
        lasting = {p for p in kernel - user if not self.comm(p).startswith("kworker/")}
        d.check("kernel threads", len(lasting) <= doc["kernel_threads"] <= len(kernel) + 8, True)
        for p in doc["processes"]:
            pagemap = f"{self.truth}/proc/{p['pid']}/pagemap"
            if os.path.exists(pagemap):
                d.check(f"PID {p['pid']} rss", p["rss"], self.rss(pagemap))
        d.report(self.tap, "--all")

    def run(self):
        self.seen, self.in_seen_files, self.swap_types = {}, set(), set()
        self.kinds = set()
        self.faults_found = 0
        self.nodes_left = self.nodes_reclaimed()
        all_pids = sorted(int(p) for p in os.listdir(f"{self.truth}/proc") if p.isdigit())
        with_mm = [p for p in all_pids if os.path.exists(f"{self.truth}/proc/{p}/pagemap")]
        for pid in self.args.pid or with_mm:
            self.process(pid)
        files = sorted((int(n) for n in os.listdir(f"{self.truth}/files")))
        checked = sum(self.file(n) for n in files)
        if not self.args.pid:
            without = [p for p in all_pids if p not in with_mm]
            self.expected_failures(without[:3] + [p for p in without if self.is_zombie(p)])
            self.everyone(all_pids)
            self.kernel_sums()
            wanted = len(self.faults) or any(kind == "reading" for kind, *_ in self.notes)
            self.tap.result(self.faults_found == wanted,
                            f"{self.faults_found} page faults in progress were compared")
            self.tap.result(len(self.swap_types) == len(self.swap_lines()),
                            f"entries of every swap area were compared: {self.swap_types}")
            if self.next_misses:
                self.tap.result({"none", "sequential", "read-around"} <= self.kinds,
                                f"next misses of these kinds were compared: {self.kinds}")
            self.tap.result(checked > 20, f"{checked} of {len(files)} files were compared")
        return self.tap.end()

    def is_zombie(self, pid):
        state = status_field(f"{self.truth}/proc/{pid}/status", "State") or ""
        threads = int(status_field(f"{self.truth}/proc/{pid}/status", "Threads") or 1)
        return state.startswith("Z") and threads == 1


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--mmapinfo", default="build/mmapinfo")
    ap.add_argument("--vmlinux")
    ap.add_argument("--no-runs", action="store_true",
                    help="of a running kernel: it was asked for single pages alone")
    ap.add_argument("--types")
    ap.add_argument("--pid", type=int, action="append")
    ap.add_argument("vmcore")
    ap.add_argument("truth")
    sys.exit(Oracle(ap.parse_args()).run())


main()
