#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare mmapinfo --requests with what the guest's kernel said of its block layer.

    requests.py [--mmapinfo CMD] VMCORE TRUTH

The kernel's own account is debugfs (TRUTH/block/DISK), /sys/block/*/inflight, the
state and stack of every task, the mappings of every process, and the workload's
notes. Prints TAP. Nothing is tolerated: no request, page, waiting task or process
that maps a page may be missing, and none be extra.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

from tap import Tap

REQUEST = re.compile(r"^([0-9a-f]+) \{\.op=([^,]*), \.cmd_flags=([^,]*), .*"
                     r"\.state=(\w+), \.tag=(-?\d+), \.internal_tag=(-?\d+)[,}]", re.M)
# What debugfs shows nowhere: what waits for a flush, or lies in a plug. And these schedulers
# have lists without a file there; disks.py counts such requests by the bitmaps of tags.
HIDDEN = {"flush", "plugged", "held"}
SILENT = {"bfq", "kyber"}
# What debugfs calls the states. All that was not issued is idle there.
STATE = {"driver": "in_flight", "completing": "complete"}
MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) ([0-9a-f]+):([0-9a-f]+) (\d+)"
                     r"[ ]*(.*)$", re.M)
PAGE_WAIT = re.compile(r"\b(folio_wait_bit|folio_wait_bit_common|wait_on_page_bit|"
                       r"wait_on_page_bit_common|__folio_lock|__lock_page|"
                       r"migration_entry_wait_on_locked)\b")
# The wait itself is inlined into these: what stands first on the stack.
BUFFER_WAIT = re.compile(r"\b(__wait_on_buffer|__lock_buffer|__sync_dirty_buffer|"
                         r"ext4_wait_block_bitmap|(ext4|_)_block_write_begin\w*|"
                         r"__ext4_find_entry|ext4_find_entry|"
                         r"jbd2_journal_commit_transaction|_?_?buffer_migrate_(folio|page)\w*)\+")


def words(flags):
    return "|".join(sorted(f for f in flags if f))


def kernels_requests(truth):
    """By the hashed address that debugfs shows: one request stands in several files."""
    found, places = {}, collections.defaultdict(set)
    for disk in (truth / "block").iterdir():
        for path in disk.rglob("*"):
            if not path.is_file():
                continue
            for addr, op, flags, state, tag, internal in REQUEST.findall(path.read_text()):
                found[disk.name, addr] = (disk.name, op, words(flags.split("|")), state,
                                          int(tag), int(internal))
                places[place(path)].add(found[disk.name, addr])
    return found, places


def place(path):
    """The state, as we call it, of what a file of debugfs lists."""
    if path.parent.name == "sched":
        return "scheduler"
    if path.name.endswith("_rq_list"):
        return "software_queue"
    return {"dispatch": "dispatched", "requeue_list": "requeued"}.get(path.name, path.name)


def our_request(r):
    def tag(v):
        return -1 if v is None else v
    return (r["device"], r["operation"], words(r["flags"]), STATE.get(r["state"], "idle"),
            tag(r["tag"]), tag(r["scheduler_tag"]))


def shown(doc):
    """Our requests that debugfs has to show."""
    silent = {d["name"] for d in doc["devices"] if d["scheduler"] in SILENT}
    return [r for r in doc["requests"] if r["state"] not in HIDDEN
            and not (r["state"] == "scheduler" and r["device"] in silent)]


def check_requests(tap, truth, doc):
    theirs, places = kernels_requests(truth)
    tap.result(len(theirs) >= 4, f"the kernel tells of {len(theirs)} requests")
    seen = shown(doc)
    silent = {d["name"] for d in doc["devices"] if d["scheduler"] in SILENT}
    ours = collections.Counter(our_request(r) for r in seen)
    # What a silent scheduler lists all the same must be among ours.
    listed = collections.Counter(r for r in theirs.values()
                                 if r[0] not in silent or r not in places["scheduler"])
    rest = set(theirs.values()) - set(listed)
    tap.same("requests by device, operation, flags, state and tags", ours, listed)
    tap.result(ours == listed, f"each as often as there: {sum(ours.values())}",
               [str(d) for d in list(((ours - listed) + (listed - ours)).items())[:5]])
    tap.result(rest <= {our_request(r) for r in doc["requests"]},
               f"schedulers without files for all: {len(rest)} that they list")
    addresses = [r["request"] or r["first_bio"] for r in doc["requests"]]
    tap.result(len(set(addresses)) == len(addresses), f"none stands twice: {len(addresses)}")
    for state in ("scheduler", "software_queue", "dispatched", "requeued"):
        want = places[state] - {r for r in places[state] if state == "scheduler"
                                and r[0] in silent}
        tap.same(state, [our_request(r) for r in seen if r["state"] == state], want)
    flushed = {line.split()[1] for line in (truth / "notes").read_text().splitlines()
               if line.startswith("flush ")}
    tap.result(not [r for r in doc["requests"] if r["state"] == "submitted" or
                    (r["state"] == "flush" and r["device"] not in flushed)],
               "nobody is submitting and nothing else waits for a flush")


def in_use(truth, disk):
    return any(f"/dev/{disk}" in (truth / "proc" / name).read_text()
               for name in ("mounts", "swaps"))


def check_devices(tap, truth, doc):
    theirs = [p.name for p in (truth / "block").iterdir() if (p / "sysfs").is_dir()]
    ours = {d["name"]: d for d in doc["devices"]}
    if " 5.10." in (truth / "proc/version").read_text():
        # Before 5.11 a disk that nobody has open is not known. The truth's own is such.
        theirs = [t for t in theirs if t in ours or in_use(truth, t)]
    tap.same("devices", ours, theirs)
    for name in sorted(set(theirs) & set(ours)):
        text = (truth / "block" / name / "sysfs" / "inflight").read_text().split()
        # The kernel's own flushes count as reads in some kernels.
        busy = [r for r in doc["requests"] if r["device"] == name and r["state"] == "driver"
                and r["operation"] != "FLUSH"]
        writes = sum(r["operation_number"] & 1 for r in busy)
        flushes = sum(r["device"] == name and r["operation"] == "FLUSH"
                      for r in doc["requests"])
        # Others count bios that have gone on to the devices below.
        if ours[name]["kind"] == "blk-mq":
            tap.result([int(t) for t in text] in ([len(busy) - writes, writes],
                                                  [len(busy) - writes + flushes, writes]),
                       f"{name}: reads and writes in flight {text}")
        path = truth / "block" / name / "sysfs" / "scheduler"
        text = path.read_text() if path.exists() else ""
        chosen = re.search(r"\[([\w-]+)\]", text)
        chosen = chosen.group(1) if chosen else "none"
        tap.result((ours[name]["scheduler"] or "none") == chosen, f"{name}: scheduler {chosen}")


def notes(truth):
    """(word, major, minor, ino) -> pages"""
    result = collections.defaultdict(set)
    for line in (truth / "notes").read_text().splitlines():
        fields = line.split()
        if fields[0] in ("writeback", "reading"):
            dev = [int(x, 16) for x in fields[1].split(":")]
            first, count = int(fields[3]), int(fields[4])
            result[(fields[0], *dev, int(fields[2]))].update(range(first, first + count))
    return result


def pages_of(doc, request):
    for run in request["pages"]:
        if run.get("owner") != "file":
            continue
        f = doc["request_files"][run["file"]]
        for i in range(run["n"]):
            yield (f["dev_major"], f["dev_minor"], f["ino"]), run["index"] + i


def check_pages(tap, truth, doc):
    """Each page of the slow files that is written or read is in exactly one request."""
    count, parts = collections.Counter(), set()
    for r in doc["requests"]:
        whole = sum(run["n"] for run in r["pages"]) * 4096 == r["size_bytes"]
        for file, page in pages_of(doc, r):
            count[file, page, r["operation"]] += 1
            # Blocks of a file system may be smaller than a page, and lie apart.
            parts |= set() if whole else {(file, page, r["operation"])}
    noted = notes(truth)
    tap.result(len(noted) >= 3, f"notes of pages on their way: {len(noted)}")
    for (word, *file), pages in sorted(noted.items()):
        op = "WRITE" if word == "writeback" else "READ"
        ours = [p for f, p, o in count if f == tuple(file) and o == op]
        if word == "reading":
            tap.result(set(pages) <= set(ours), f"read: inode {file[2]} {sorted(pages)}")
        else:
            tap.same(f"written: pages of inode {file[2]}", ours, pages)
    tap.result(all(n == 1 or page in parts for page, n in count.items()),
               f"{len(count)} pages, each in one request")
    tap.result(all(len(set(p)) == len(p) for p in
                   (list(pages_of(doc, r)) for r in doc["requests"])), "and there only once")
    unmarked, short = [], []
    for r in (r for r in doc["requests"] if r["state"] != "held"):
        for run in r["pages"]:
            if run.get("owner") == "file":
                want = run["locked"] if r["operation"] == "READ" else run["writeback"]
                # Metadata and small blocks: the buffer is locked, not the page.
                if want != run["n"] and doc["request_files"][run["file"]]["kind"] != "device":
                    unmarked.append(r["request"])
        size = sum(run["n"] for run in r["pages"]) * 4096
        data = r["operation"] in ("READ", "WRITE") and r["size_bytes"]
        # Blocks of file systems may be smaller than a page.
        least = size - 4096 * r["bios"]
        if not r["pages_complete"] or (size and not data) or \
                (data and not least < r["size_bytes"] <= size):
            short.append(r["request"])
    tap.result(not unmarked, f"pages of {len(doc['requests'])} requests are marked so", unmarked)
    tap.result(not short, "all bytes of all requests", short)


def unseen(truth):
    """Processes whose mappings nobody can look at without getting stuck."""
    return {int(line.split()[1]) for line in (truth / "notes").read_text().splitlines()
            if line.startswith("mmap-locked ")}


def mapped_files(truth):
    """(major, minor, ino), of a block device its name, -> (first, last page, PID)"""
    result, told = collections.defaultdict(list), set()
    for path in sorted(truth.glob("proc/[0-9]*/maps")) + sorted(truth.glob("proc/[0-9]*/smaps")):
        pid = int(path.parent.name)
        if pid in told:
            continue
        told.add(pid)
        text = path.read_text(errors="replace")
        for start, end, offset, major, minor, ino, name in MAPPING.findall(text):
            first = int(offset, 16) // 4096
            last = first + (int(end, 16) - int(start, 16)) // 4096 - 1
            key = name[5:] if name.startswith("/dev/") else \
                (int(major, 16), int(minor, 16), int(ino))
            result[key].append((first, last, pid))
    return result, told


def users(truth):
    """The processes that have memory, as their status tells."""
    return {int(path.parent.name) for path in truth.glob("proc/[0-9]*/status")
            if re.search(r"^VmSize:", path.read_text(), re.M)}


def check_mapped_files(tap, truth, doc):
    """The processes with a mapping of a page of a request, as their maps tell."""
    maps, told = mapped_files(truth)
    tap.same("processes whose mappings are told of", told | unseen(truth), users(truth))
    wrong, runs, some = [], 0, 0
    for r in doc["requests"] + doc["fs_requests"]:
        for run in (run for run in r["pages"] if run.get("owner") == "file"):
            f = doc["request_files"][run["file"]]
            key = f["device"] if f["kind"] == "device" else \
                (f["dev_major"], f["dev_minor"], f["ino"])
            theirs = {pid for first, last, pid in maps.get(key, [])
                      if first < run["index"] + run["n"] and run["index"] <= last}
            ours = run["mapped_by"]
            runs, some = runs + 1, some + bool(theirs)
            if ours is None or set(ours) - unseen(truth) != theirs or ours != sorted(set(ours)) \
                    or run["mapped_by_count"] != len(ours):
                wrong.append(f"{key} page {run['index']}+{run['n']}: {ours}, not "
                             f"{sorted(theirs)}")
    tap.result(runs >= 4 and some >= 4 and not wrong,
               f"who maps pages of files: {runs} runs, {some} of them mapped", wrong[:5])


def check_mapped_memory(tap, truth, doc):
    """What threads read into, or write from, is memory of their process."""
    process = {int(path.name): int(path.parents[1].name)
               for path in truth.glob("proc/[0-9]*/task/[0-9]*")}
    lines = [line.split() for line in (truth / "notes").read_text().splitlines()]
    starters = collections.defaultdict(set)
    for note in lines:
        if note[0] == "io-thread":
            starters[note[2]].add(process[int(note[1])])
    others = {note[1] for note in lines if note[0] == "more-io"}
    wrong, runs, known = [], 0, users(truth)
    for r in doc["requests"]:
        for run in (run for run in r["pages"] if run.get("owner") == "anon"):
            ours = set(run["mapped_by"] or [])
            expected = starters.get(r["device"]) if r["device"] not in others else None
            runs += expected is not None
            if not ours or not ours <= known or (expected and not ours & expected):
                wrong.append(f"{r['device']} {r['request']}: {sorted(ours)}, not {expected}")
    # Only the guest that is all stuck notes who has started what.
    tap.result(runs >= (4000 if starters else 0) and not wrong,
               f"whose memory it is: {runs} runs of pages of {len(starters)} disks", wrong[:5])
    unknown = [r["request"] for r in doc["requests"] for run in r["pages"]
               if run.get("owner") == "kernel" and run["mapped_by"] is not None]
    tap.result(not unknown, "of the kernel's memory nobody is named", unknown)


def stuck_tasks(truth):
    """TID -> what it waits for, by its stack; tasks in state D alone."""
    result = {}
    for path in truth.glob("proc/*/task/*/stack"):
        stat = (path.parent / "stat").read_text()
        if stat.rsplit(")", 1)[1].split()[0] != "D":
            continue
        text = path.read_text()
        if BUFFER_WAIT.search(text.partition("\n")[0]):
            result[int(path.parent.name)] = "buffer"
        elif PAGE_WAIT.search(text):
            result[int(path.parent.name)] = "page"
    return result


def check_buffer(tap, doc, w):
    """Its request has the page; or there is none, since the device mapper holds it back."""
    if w["request"] is None:
        tap.result(w["finding"] == "untold_device", f"PID {w['pid']}: {w.get('finding_text')}")
        return
    r = doc["requests"][w["request"]]
    tap.result(w["finding"] is None and any(
        run["pfn"] and run.get("file") == w["file"] and
        run["index"] <= w["index"] < run["index"] + run["n"] for run in r["pages"]
        if run.get("owner") == "file"), f"PID {w['pid']}: buffer of {r['device']}")


def check_waits(tap, truth, doc):
    stuck = stuck_tasks(truth)
    ours = {w["pid"]: "buffer" if w["waits_for"] == "buffer" else "page" for w in doc["waiting"]}
    tap.same("waiting tasks, by PID and kind", ours.items(), stuck.items())
    tap.result(doc["other_waits"] == 0, "no other waits")
    noted, seen = notes(truth), collections.Counter()
    faults = {(int(n.split()[1]), int(n.split()[-1]))
              for n in (truth / "notes").read_text().splitlines()
              if n.startswith("fault ") and not n.endswith(" -1")}
    for w in doc["waiting"]:
        if w["waits_for"] == "buffer":
            check_buffer(tap, doc, w)
            continue
        if w["reads_from"] in ("server", "network"):
            continue  # noqueue.py
        f = doc["request_files"][w["file"]]
        if f["kind"] == "device":
            # Noted by another number than the kernel's own; stacked.py looks at these.
            continue
        word = "reading" if w["waits_for"] == "locked" else w["waits_for"]
        pages = noted.get((word, f["dev_major"], f["dev_minor"], f["ino"]), set())
        # Of files without notes there is the stack, and the request.
        here = not pages or any(w["index"] + i in pages for i in range(w["n"])) or \
            (w["pid"], w["index"]) in faults
        tap.result(here and w["finding"] is None, f"PID {w['pid']} ({w['comm']}): {word} page "
                   f"{w['index']} of inode {f['ino']}")
        carried = dict.fromkeys(pages_of(doc, doc["requests"][w["request"]])) \
            if w["request"] is not None else {}
        file = (f["dev_major"], f["dev_minor"], f["ino"])
        tap.result((file, w["index"]) in carried, f"PID {w['pid']}: its request has the page")
        seen[word] += 1
    waiting = {(w["pid"], w["index"]) for w in doc["waiting"] if "index" in w}
    tap.result(faults <= waiting, f"{len(faults)} tasks in page faults wait for pages")
    tap.result(seen["writeback"] == 1, f"waits for pages: {dict(seen)}")


def check_ages(tap, doc):
    now = doc["clock_ns"]
    tap.result(bool(now) and all(r["start_ns"] and r["start_ns"] <= now and r["age_ns"] < 600e9
                                 for r in doc["requests"] if r["state"] != "held"),
               "ages are known and believable")


def check_one_device(tap, command, vmcore, doc):
    def ask(device):
        return json.loads(subprocess.run([command, "-c", vmcore, "--json", "--requests", device],
                                         capture_output=True, check=True).stdout)
    busy = {r["device"] for r in doc["requests"]}
    for name in sorted(busy):
        answer = ask(name)
        tap.same(f"--requests {name}", [r["first_bio"] for r in answer["requests"]],
                 [r["first_bio"] for r in doc["requests"]
                  if name in (r["device"], r.get("bound_for"))])
    idle = next(d["name"] for d in doc["devices"] if d["name"] not in busy)
    other = ask("/dev/" + idle)
    tap.result(other["requests"] == [] and all(w["finding"] for w in other["waiting"]),
               f"--requests /dev/{idle}: none")
    r = subprocess.run([command, "-c", vmcore, "--requests", "vdzzz"], capture_output=True,
                       check=False)
    tap.result(r.returncode == 1 and b"no block device" in r.stderr and not r.stdout,
               "a device that does not exist is refused")


def main():
    args, command = sys.argv[1:], "build/mmapinfo"
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    vmcore, truth = args[0], pathlib.Path(args[1])
    tap = Tap()
    if not (truth / "block").is_dir():
        tap.result(False, "the truth has no block/: made by an older guest; make the dump anew")
    else:
        r = subprocess.run([command, "-c", vmcore, "--json", "--requests"], capture_output=True,
                           check=True)
        doc = json.loads(r.stdout)
        # Types of modules are stacked.py's affair: not all kernels keep them.
        off = [f for f in doc["features_off"] if "no types of module" not in f["why"]]
        tap.result(not doc["problems"] and not off, "complete",
                   [str(p) for p in doc["problems"] + off])
        check_devices(tap, truth, doc)
        check_requests(tap, truth, doc)
        check_pages(tap, truth, doc)
        check_mapped_files(tap, truth, doc)
        check_mapped_memory(tap, truth, doc)
        check_waits(tap, truth, doc)
        check_ages(tap, doc)
        check_one_device(tap, command, vmcore, doc)
    return tap.end()


sys.exit(main())
