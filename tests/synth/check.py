#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what mmapinfo says of a synthetic dump with what is in it.

    check.py MMAPINFO DIR KERNEL [LEVEL]

DIR has KERNEL.vmcore, KERNEL.vmlinux and KERNEL.truth (README.md tells of its members). With
LEVEL, makedumpfile first makes of the dump what it leaves at that level, compressed.
Prints TAP. Nothing is tolerated: every page of every mapping, every page of every file's
cache, every task, request and wait must be there, be right, and nothing else be there.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "dumps"))
from tap import Tap

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mmapinfo.schema.json"
PAGE = 4096
# include/linux/mm.h, the same from 2.6.32 to 3.16
VM_FLAGS = {0: "read", 1: "write", 2: "exec", 3: "shared", 4: "mayread", 5: "maywrite",
            6: "mayexec", 7: "mayshare", 8: "growsdown", 10: "pfnmap", 16: "rand_read",
            18: "dontexpand", 20: "account", 22: "hugetlb", 23: "nonlinear"}
# What mmapinfo tells by other words: the order of a page, and whether it is a marker.
NO_WORDS = {"head", "tail", "compound", "reclaim"}
# What such kernels have no tables for.
MAY_BE_OFF = {"faults", "stacks", "hw_queues", "holders", "held", "throttle", "dm", "dm_delay", "md", "loop",
              "fs_requests", "fuse", "nfs"}


class Results(Tap):
    def same(self, name, ours, theirs):
        """Two dicts, or dicts of dicts: ours is mmapinfo's."""
        missing = [k for k in theirs if k not in ours]
        extra = [k for k in ours if k not in theirs]
        wrong = [k for k in theirs if k in ours and ours[k] != theirs[k]]
        lines = [f"missing {k}: {theirs[k]}" for k in missing]
        lines += [f"extra {k}: {ours[k]}" for k in extra]
        lines += [f"{k}: {ours[k]}\n  should be {theirs[k]}" for k in wrong]
        self.result(not lines, f"{name}: {len(theirs)}, {len(missing)} missing, {len(extra)} "
                    f"extra, {len(wrong)} wrong", lines)


# ---- what should be said, from the truth ----

def page_of(page, index=None):
    """What is said of a struct page; index: where its owner counts otherwise."""
    flags = set(page["flags"])
    said = flags - NO_WORDS
    if "reclaim" in flags:
        said.add("reclaim" if "writeback" in flags else "readahead")
    return {"refcount": page["count"], "mapcount": page["mapcount"],
            "index": page["index"] if index is None else index, "flags": sorted(said)}


def marks_of(page, in_tree):
    if not in_tree:
        return []
    return sorted(set(page["flags"]) & {"dirty", "writeback"})


def cached_of(entry, file, index):
    """What the cache has for a page, of a file in the truth."""
    if entry is None:
        return None
    if "swap" in entry:
        return {"kind": "swap", "at": entry["swap"]}
    if "shadow" in entry:
        return {"kind": "shadow", "value": entry["shadow"]}
    page = entry["page"]
    first = entry["index"] << entry.get("order", 0)
    return {"kind": "folio", "pfn": page["pfn"] + index - first,
            "marks": marks_of(page, file["major"] != 0)}


class Cache:
    """Of a file: page of the file to its entry; a huge page stands for all its pages."""

    def __init__(self, file):
        self.file = file
        self.entries = {}
        for e in file["entries"]:
            order = e.get("order", 0)
            for i in range(1 << order):
                self.entries[(e["index"] << order) + i] = e

    def at(self, index):
        return cached_of(self.entries.get(index), self.file, index)

    def page(self, index):
        e = self.entries.get(index)
        if not e or "page" not in e:
            return None
        order = e.get("order", 0)
        return page_of(e["page"], index if order else None)


def pages_of(mapping, huge):
    """Number of the page in the mapping to its entry; that of a huge page is repeated."""
    found = {}
    for pte in mapping["ptes"]:
        nr = (int(pte["va"], 16) - int(mapping["start"], 16)) // PAGE
        for i in range(huge if pte["level"] == 2 else 1):
            found[nr + i] = (pte, i)
    return found


def pte_of(pte, i):
    if pte is None:
        return {"kind": "none"}
    said = {"kind": pte["kind"], "level": pte["level"]}
    if "swap" in pte:
        said["swap"] = pte["swap"]
    elif pte["kind"] == "file":
        said["file_page"] = pte["index"]
    else:
        said["pfn"] = pte["pfn"] + i
    bits = set(pte["bits"])
    if pte["level"] == 2:
        bits.add("huge")
    said["bits"] = sorted(bits)
    return said


def page_said(pte, i, cache, index):
    """The page that an entry leads to, or else that of the cache."""
    if pte is not None and "page" in pte and pte.get("relation") != "same":
        page = pte["page"]
        return page_of(page, page["index"] + i if pte["level"] == 2 else None)
    return cache.page(index) if cache else None


def expected(mapping, cache, huge):
    start, n = int(mapping["start"], 16), None
    n = (int(mapping["end"], 16) - start) // PAGE
    found = pages_of(mapping, huge)
    pages = {}
    for nr in range(n):
        pte, i = found.get(nr, (None, 0))
        linear = mapping["pgoff"] + nr
        index = pte["index"] if pte and "index" in pte and pte["level"] == 1 else linear
        pages[hex(start + nr * PAGE)] = {
            "pgoff": index,
            "nonlinear": index != linear,
            "beyond_eof": bool(cache) and index >= -(-cache.file["size"] // PAGE),
            "pte": pte_of(pte, i),
            "relation": pte.get("relation") if pte else None,
            "cached": cache.at(index) if cache else None,
            "page": page_said(pte, i, cache, index),
        }
    return pages


# ---- what the next touch does, from the truth ----

READ, WRITE, EXEC, SHARED, HUGETLB = 1, 2, 4, 8, 1 << 22


def next_of_mapped(pte, write, shared, cpu_marks):
    """The page is mapped: is an entry like this one as good as a page that is there?"""
    bits = set(pte["bits"])
    if write and "write" not in bits:
        if pte.get("relation") == "zero":
            return "new", "zero-page"
        return ("mkwrite", "page-mkwrite") if shared else ("cow", "private")
    if not cpu_marks and "young" not in bits:
        return "access", "access-flag"
    if not cpu_marks and write and "dirty" not in bits:
        return "access", "dirty-bit"
    return "none", "mapped"


def next_of_file(cache, index, write, shared):
    """Nothing is mapped. On a disk the file system is told of writes to what is shared."""
    if index >= -(-cache.file["size"] // PAGE):
        return "sigbus", "beyond-eof"
    fs, entry = cache.file["fs"], cache.at(index) or {"kind": "none"}
    copies, told = write and not shared, write and shared and fs == "ext4"
    if entry["kind"] == "swap":
        return None
    if entry["kind"] == "folio":
        flags = cache.page(index)["flags"]
        if "locked" in flags:
            return "wait", "read-in-flight"
        if "readahead" in flags:
            return None
        what, rule = "minor", "cached"
    else:
        what, rule = ("new", "hole") if fs == "tmpfs" else ("major", "absent")
    return "cow" if copies else "mkwrite" if told else what, rule


def next_of(mapping, nr, pte, cache, write, cpu_marks):
    """Class and rule of a touch; None: the dump does not have all that decides."""
    flags = int(mapping["flags"], 16)
    shared = bool(flags & SHARED)
    if not flags & (WRITE if write else READ | WRITE | EXEC):
        return "sigsegv", "read-only" if flags & READ else "no-access"
    kind = pte["kind"] if pte else "none"
    if kind == "present":
        return next_of_mapped(pte, write, shared, cpu_marks)
    if kind in ("migration", "hwpoison"):
        return {"migration": "wait", "hwpoison": "sigbus"}[kind], kind
    if kind == "numa-hint":
        return "numa", "numa-hint"
    if kind != "none" or mapping["name"] == "[vdso]":
        return None
    if flags & HUGETLB:
        return "hugetlb", "hugetlb"
    if cache:
        return next_of_file(cache, mapping["pgoff"] + nr, write, shared)
    return "new" if write else "zero", "untouched"


ONE_FAULT = {"access", "minor", "zero", "new", "cow", "mkwrite"}


def totals_of(touches):
    """Of touching all pages, each of which does nothing to others; None: some may."""
    sums = {"minor": 0, "major": 0, "none": 0, "sigbus": 0, "sigsegv": 0, "unknown": 0}
    for touch in touches:
        if not touch or touch[1] == "absent":
            return None
        key = "minor" if touch[0] in ONE_FAULT else touch[0]
        if key not in sums:
            return None
        sums[key] += 1
    return sums


# ---- what mmapinfo says, in the same form ----

def said_page(page):
    if not page:
        return None
    if "why" in page or "index" not in page:
        return {"refcount": page.get("refcount"), "mapcount": page.get("mapcount"), "index": 0,
                "flags": sorted(page.get("flags", []))}
    return {"refcount": page["refcount"], "mapcount": page["mapcount"], "index": page["index"],
            "flags": sorted(page["flags"])}


def said_cached(c, single):
    if c is None:
        return None
    if c["kind"] == "swap":
        return {"kind": "swap", "at": [c["swap_type"], c["swap_offset"]]}
    if c["kind"] == "shadow":
        return {"kind": "shadow", "value": c["value"]}
    # a tree that is one page keeps its marks elsewhere, so they may be unknown
    marks = single if c["marks"] is None and single is not None else c["marks"]
    return {"kind": c["kind"], "pfn": c["pfn"], "marks": sorted(marks or [])}


def said_pte(pte):
    if pte["kind"] == "none":
        return {"kind": "none"}
    said = {"kind": pte["kind"], "level": pte["level"]}
    if pte["kind"] == "swap":
        said["swap"] = [pte["swap_type"], pte["swap_offset"]]
    elif pte["kind"] == "file":
        said["file_page"] = pte["file_page"]
    else:
        said["pfn"] = pte.get("pfn")
    said["bits"] = sorted(pte.get("bits", []))
    return said


def said(run, single):
    cached = run.get("cached")
    page = run.get("page") or (cached or {}).get("page")
    return {
        "pgoff": run["pgoff"],
        "nonlinear": run.get("nonlinear", False),
        "beyond_eof": run.get("beyond_eof", False),
        "pte": said_pte(run["pte"]),
        "relation": run.get("relation"),
        "cached": said_cached(cached, single),
        "page": said_page(page),
    }


def said_next(runs):
    """Each page of the runs, and what is said of its read and its write."""
    found = {}
    for r in runs:
        for va in range(int(r["start"], 16), int(r["end"], 16), PAGE):
            for op in ("read", "write"):
                found[hex(va), op] = (r[op]["what"], r[op]["rule"])
    return found


# ---- comparing ----

class Check:
    def __init__(self, command, directory, kernel, level=None):
        self.tap = Results()
        base = pathlib.Path(directory) / kernel
        core = f"{base}.vmcore" if level is None else self.filter(base, level)
        self.command = [command, "-c", core, "-s", f"{base}.vmlinux", "--json"]
        self.truth = json.loads(pathlib.Path(f"{base}.truth").read_text())
        schema = json.loads(SCHEMA.read_text())
        self.validator = jsonschema.validators.validator_for(schema)(schema)
        self.caches = {f["path"]: Cache(f) for f in self.truth["files"]}

    def filter(self, base, level):
        """It knows the kernel's structures by VMCOREINFO, and nothing of us."""
        r = subprocess.run(["makedumpfile", "-c", "-f", "-d", level, f"{base}.vmcore",
                            f"{base}.d{level}"], capture_output=True, text=True, check=False)
        self.tap.result(r.returncode == 0, f"makedumpfile -d {level}", r.stdout.splitlines()[-3:])
        return f"{base}.d{level}"

    def ask(self, name, *options):
        r = subprocess.run([*self.command, *options], capture_output=True, check=False)
        if r.returncode:
            self.tap.result(False, f"{name}: answered", [r.stderr.decode()])
            return None
        doc = json.loads(r.stdout)
        errors = [f"{list(e.absolute_path)}: {e.message[:200]}"
                  for e in self.validator.iter_errors(doc)]
        self.tap.result(not errors, f"{name}: obeys the schema", errors)
        off = {f["feature"]: f["why"] for f in doc["features_off"]}
        bad = [f"{k}: {v}" for k, v in off.items() if k not in MAY_BE_OFF]
        bad += [f"problem: {p}" for p in doc["problems"]]
        self.tap.result(not bad, f"{name}: nothing is missing", bad)
        return doc

    def everybody(self):
        doc = self.ask("--all", "--all")
        if not doc:
            return
        ours = {p["pid"]: {"comm": p["comm"], "ppid": p["ppid"], "state": p["state"],
                           "threads": p["threads"]} for p in doc["processes"]}
        theirs = {p["pid"]: {"comm": p["comm"], "ppid": p["ppid"], "state": p["state"],
                             "threads": len(p["threads"])}
                  for p in self.truth["processes"] if not p["kernel"]}
        self.tap.same("processes", ours, theirs)
        kernel = sum(p["kernel"] for p in self.truth["processes"])
        self.tap.same("kernel threads", {"n": doc["kernel_threads"]}, {"n": kernel})

    def rss(self, p):
        """Counts that the kernel does not keep are not known."""
        rss = p["rss"]
        has = self.truth["has"]
        return {"file_pages": rss["file"], "anon_pages": rss["anon"],
                "shmem_pages": rss["shmem"] if "shmem" in has else None,
                "swap_pages": rss["swap"] if "swap" in has else None}

    def identity(self, p, doc):
        ours = doc["process"]
        mine = {k: ours[k] for k in ("pid", "ppid", "comm", "state", "mm", "mm_users",
                                     "namespace_pids", "total_vm_pages", "map_count", "rss")}
        mine["threads"] = sorted([t["tid"], t["comm"], t["state"], t["task"]]
                                 for t in ours["threads"])
        theirs = {"pid": p["pid"], "ppid": p["ppid"], "comm": p["comm"], "state": p["state"],
                  "mm": p["mm"], "mm_users": p["mm_users"], "namespace_pids": p["ns_pids"],
                  "total_vm_pages": p["total_vm"], "map_count": len(p["mappings"]),
                  "rss": self.rss(p),
                  "threads": sorted([t["tid"], t["comm"], t["state"], t["task"]]
                                    for t in p["threads"])}
        self.tap.same(f"PID {p['pid']}", mine, theirs)

    def mappings(self, p, doc):
        def theirs(m):
            flags = int(m["flags"], 16)
            return {"end": m["end"], "pgoff": m["pgoff"], "name": m["name"],
                    "permissions": "".join(c if flags >> i & 1 else "-"
                                           for i, c in enumerate("rwx")) +
                    ("s" if flags & 8 else "p"),
                    "flags": sorted(n for b, n in VM_FLAGS.items() if flags >> b & 1)}

        ours = {m["start"]: {"end": m["end"], "pgoff": m["pgoff"], "name": m["name"],
                             "permissions": m["permissions"], "flags": sorted(m["flags"])}
                for m in doc["mappings"]}
        self.tap.same(f"PID {p['pid']}, mappings", ours,
                      {m["start"]: theirs(m) for m in p["mappings"]})

    def single_marks(self, cache):
        """Of a file whose tree is nothing but page 0: any answer that is not wrong."""
        if cache and len(cache.file["entries"]) == 1 and cache.file["entries"][0]["index"] == 0 \
                and "page" in cache.file["entries"][0]:
            return marks_of(cache.file["entries"][0]["page"], cache.file["major"] != 0)
        return None

    def pages(self, p, doc):
        ours = {m["start"]: m for m in doc["mappings"]}
        for m in p["mappings"]:
            name = f"PID {p['pid']}, {m['start']} {m['name']}"
            cache = self.caches[m["name"]] if m["file"] else None
            if m["start"] not in ours:
                self.tap.result(False, f"{name}: is there")
                continue
            single = self.single_marks(cache)
            runs = ours[m["start"]]["pages"]
            theirs = expected(m, cache, self.truth["huge_pages"])
            self.tap.same(f"{name}, pages", {r["va"]: said(r, single) for r in runs}, theirs)
            self.counts(name, ours[m["start"]]["totals"], theirs, bool(cache))

    def counts(self, name, totals, pages, file):
        kinds = [p["pte"]["kind"] for p in pages.values()]
        cached = [(p["cached"] or {}).get("kind") for p in pages.values()]
        theirs = {"pages": len(pages),
                  "mapped": sum(k in ("present", "prot-none", "numa-hint") for k in kinds),
                  "zero": sum(p["relation"] == "zero" for p in pages.values()),
                  "numa_hint": kinds.count("numa-hint"), "prot_none": kinds.count("prot-none"),
                  "huge": sum(p["pte"].get("level") == 2 for p in pages.values())}
        if file:
            theirs |= {"cached": cached.count("folio"), "evicted": cached.count("shadow"),
                       "swapped": sum("swap" in (k, c) for k, c in zip(kinds, cached)),
                       "nonlinear": sum(p["nonlinear"] for p in pages.values()),
                       "file_entries": kinds.count("file"), "mismatch": 0,
                       "private_copies": sum(p["relation"] == "private" for p in pages.values()),
                       "beyond_eof": sum(p["beyond_eof"] for p in pages.values())}
        self.tap.same(f"{name}, counts", {k: totals.get(k) for k in theirs}, theirs)

    def next_touches(self, p):
        """Read and write of each page, as far as the dump has what decides."""
        doc = self.ask(f"PID {p['pid']}, next", "--next", str(p["pid"]))
        if not doc:
            return
        self.huge_faults(p, doc)
        ours = {m["start"]: m["next"] for m in doc["mappings"]}
        for m in p["mappings"]:
            name = f"PID {p['pid']}, {m['start']} {m['name']}"
            touches = self.touches(m)
            theirs = {key: touch for key, touch in touches.items() if touch}
            said = {key: touch for key, touch in said_next(ours[m["start"]]["runs"]).items()
                    if key in theirs}
            self.tap.same(f"{name}, next touch", said, theirs)
            for op in ("read", "write"):
                sums = totals_of([t for key, t in touches.items() if key[1] == op])
                # Of what cannot be written nothing is said.
                said = ours[m["start"]]["all"].get(op)
                if sums and said:
                    self.tap.same(f"{name}, {op} all", {k: said[k] for k in sums}, sums)

    def touches(self, mapping):
        cache = self.caches[mapping["name"]] if mapping["file"] else None
        found = pages_of(mapping, self.truth["huge_pages"])
        start, end = int(mapping["start"], 16), int(mapping["end"], 16)
        return {(hex(start + nr * PAGE), op):
                next_of(mapping, nr, found.get(nr, (None, 0))[0], cache, op == "write",
                        self.truth["cpu_marks"])
                for nr in range((end - start) // PAGE) for op in ("read", "write")}

    def huge_faults(self, p, doc):
        """Touching all of a mapping of huge pages is a fault for each that is not mapped.

        Of those that are larger than 2 MiB that is not told."""
        huge = self.truth["huge_pages"]
        ours = {m["start"]: m["next"]["all"]["write"] for m in doc["mappings"]}
        for m in p["mappings"]:
            if not int(m["flags"], 16) & HUGETLB:
                continue
            pages = (int(m["end"], 16) - int(m["start"], 16)) // PAGE
            faults, unknown = pages // huge - len(m["ptes"]), 0
            if huge > 512:
                faults, unknown = 0, faults * huge
            theirs = {"minor": faults, "major": 0, "none": pages - faults - unknown,
                      "unknown": unknown}
            self.tap.same(f"PID {p['pid']}, {m['start']} {m['name']}, touching all",
                          {k: ours[m["start"]][k] for k in theirs}, theirs)

    def files(self, p, doc):
        for ours in doc["files"]:
            cache = self.caches.get(ours["path"])
            if not cache:
                self.tap.result(False, f"PID {p['pid']}, {ours['path']}: such a file exists")
                continue
            f = cache.file
            self.tap.same(f"PID {p['pid']}, {ours['path']}",
                          {k: ours[k] for k in ("inode_number", "filesystem", "device",
                                                "size_bytes", "nrpages", "mapping")},
                          {"inode_number": f["ino"], "filesystem": f["fs"],
                           "device": f"{f['major']}:{f['minor']}", "size_bytes": f["size"],
                           "nrpages": f["nrpages"], "mapping": f["mapping"]})
            mine = self.cached_in(ours, self.single_marks(cache))
            self.tap.same(f"PID {p['pid']}, {ours['path']}, cache", mine,
                          {i: (cache.at(i), cache.page(i)) for i in cache.entries})

    def limits(self, p, doc):
        """What readahead may do; a file system without a device has nothing to read."""
        ours = {doc["files"][o["file"]]["path"]: [o["device_limits"]["name"],
                                                  o["device_limits"]["ra_pages"]]
                for o in doc["open_files"]}
        self.tap.same(f"PID {p['pid']}, limits of readahead", ours,
                      {path: self.caches[path].file["limits"] for path in ours})

    @staticmethod
    def cached_in(ours, single):
        found = {}
        for r in ours["pages"]:
            if "cached" not in r:
                continue
            c = r["cached"]
            found[r["pgoff"]] = (said_cached(c, single), said_page(c.get("page")))
        return found

    def processes(self):
        for p in self.truth["processes"]:
            if "mappings" not in p:
                continue
            doc = self.ask(f"PID {p['pid']}", "--each", str(p["pid"]))
            if not doc:
                continue
            self.identity(p, doc)
            self.mappings(p, doc)
            self.pages(p, doc)
            self.files(p, doc)
            self.limits(p, doc)
            self.next_touches(p)
            self.tap.same(f"PID {p['pid']}, swap areas",
                          {a["swap_type"]: [a["path"], a["size_pages"], a["used_pages"],
                                            a["priority"]] for a in doc["swap_areas"] or []},
                          {a["type"]: [a["path"], a["pages"], a["used"], a["priority"]]
                           for a in self.truth["swap_areas"]})

    def named(self, p):
        """A thread, and the task's address, lead to the same process."""
        for name in [t["tid"] for t in p["threads"][1:]] + [p["threads"][0]["task"]]:
            doc = self.ask(f"by {name}", str(name))
            if doc:
                self.tap.same(f"by {name}", {"mm": doc["process"]["mm"]}, {"mm": p["mm"]})

    def requests(self):
        doc = self.ask("--requests", "--requests")
        if not doc:
            return
        files = doc["request_files"]
        ours = {r["request"]: {
            "device": r["device"], "operation": r["operation"], "sector": r["sector"],
            "size": r["size_bytes"], "state": r["state"],
            "plug": r.get("plug_pid"),
            "pages": [[files[x["file"]]["ino"], x["index"], x["n"], x["mapped_by"]]
                      for x in r["pages"]]} for r in doc["requests"]}
        inodes = {f["path"]: f["ino"] for f in self.truth["files"]}
        theirs = {r["request"]: {
            "device": r["disk"], "operation": r["operation"], "sector": r["sector"],
            "size": r["size"], "state": r["state"],
            "plug": 701 if r["state"] == "plugged" else None,
            "pages": [[inodes[r["path"]], r["index"], r["pages"], self.mapped_by(r)]]}
            for r in self.truth["requests"]}
        self.tap.same("requests", ours, theirs)
        self.waits(doc, inodes, files)

    def mapped_by(self, r):
        """The processes with a mapping that covers a page of a request; none is nonlinear."""
        pids = set()
        for p in self.truth["processes"]:
            for m in p.get("mappings", []):
                pages = (int(m["end"], 16) - int(m["start"], 16)) // PAGE
                if m["name"] == r["path"] and m["pgoff"] < r["index"] + r["pages"] and \
                        r["index"] < m["pgoff"] + pages:
                    pids.add(p["pid"])
        return sorted(pids)

    def waits(self, doc, inodes, files):
        ours = {w["pid"]: [int(w["pfn"], 16), w["waits_for"], files[w["file"]]["ino"], w["index"],
                           doc["requests"][w["request"]]["request"]
                           if w["request"] is not None else None] for w in doc["waiting"] or []}
        theirs = {}
        for w in self.truth["waiting"]:
            request = [r["request"] for r in self.truth["requests"] if r["path"] == w["path"] and
                       r["index"] <= w["index"] < r["index"] + r["pages"]]
            theirs[w["tid"]] = [w["pfn"], w["waits_for"], inodes[w["path"]], w["index"],
                                request[0] if request else None]
        self.tap.same("waits", ours, theirs)

    def blocked(self):
        """Each stuck task, and the request at the end of its chain."""
        doc = self.ask("--blocked", "--blocked")
        if not doc:
            return
        ours = {b["pid"]: [b["verdict"], (b["request"] or {}).get("request")]
                for b in doc["blocked"]}
        theirs = {}
        for w in self.truth["waiting"]:
            r = next(r for r in self.truth["requests"] if r["path"] == w["path"] and
                     r["index"] <= w["index"] < r["index"] + r["pages"])
            theirs[w["tid"]] = ["device" if r["state"] == "driver" else "queued", r["request"]]
        self.tap.same("stuck tasks", ours, theirs)

    def log(self):
        """Every record that was not overwritten, and nothing else; its bytes, too."""
        doc = self.ask("--log=all", "--log=all")
        if not doc:
            return
        log, seq = doc["log"], self.truth["log_form"] != "bytes"
        ours = [[r["seq"], r["time_ns"], r["level"], r["facility"],
                 r.get("text_hex", r["text"].encode().hex())] for r in log["records"]]
        theirs = [[r["seq"] if seq else None, r["time_ns"], r["level"], r["facility"], r["text"]]
                  for r in self.truth["log"]]
        self.tap.same("the kernel's log", dict(enumerate(ours)), dict(enumerate(theirs)))
        self.tap.same("the log: why it ended",
                      {k: log[k] for k in ("form", "panic", "trouble", "torn", "unread",
                                           "reserved", "reused")},
                      {"form": self.truth["log_form"], "panic": self.truth["panic"],
                       "trouble": self.truth["trouble"], "torn": 0, "unread": 0, "reserved": 0,
                       "reused": 0 if seq else 1})

    def run(self):
        self.everybody()
        self.processes()
        self.named(next(p for p in self.truth["processes"] if len(p["threads"]) > 2))
        self.requests()
        self.blocked()
        self.log()
        return self.tap.end()


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    sys.exit(Check(*sys.argv[1:]).run())
