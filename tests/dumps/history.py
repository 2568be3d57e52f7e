#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The history in a dump against what the guest read of its recorder, and what it knows it did.

    history.py MMAPINFO TRUTH VMCORE...

truth/recorder/still and live are copies of what /dev/mmaprec had, decoded by recorder_raw.py alone;
truth/notes what the workload did (tests/recorder/). Prints TAP.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

import perfetto
import recorder_raw as rr
from tap import Tap

PAGE = 4096
HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mmapinfo.schema.json"

Touch = collections.namedtuple("Touch", "pid address op minor major dev ino page")


class Guest:
    def __init__(self, top):
        self.top = top
        self.still = self.bytes("recorder", "still")
        self.live = self.bytes("recorder", "live")
        self.notes = collections.defaultdict(list)
        with open(os.path.join(top, "notes"), encoding="ascii") as f:
            for line in f:
                words = line.split()
                self.notes[words[0]].append(words[1:])

    def bytes(self, *parts):
        with open(os.path.join(self.top, *parts), "rb") as f:
            return f.read()

    def touches(self):
        return [Touch(int(w[0]), int(w[1], 16), w[2], int(w[3]), int(w[4]), int(w[5]), int(w[6]),
                      int(w[7])) for w in self.notes["touch"]]


def run(command, *options):
    return subprocess.run([*command, *options], capture_output=True, check=False, timeout=600)


def ask(command, *options):
    r = run(command, "--json", *options)
    if r.returncode:
        raise RuntimeError(f"{options}: status {r.returncode}: {r.stderr.decode()}")
    return json.loads(r.stdout)


def dev_text(dev):
    return f"{dev >> 20}:{dev & 0xfffff}"


# ---- record for record ----

def expected(directory, r):
    event = directory.events.get(r.event)
    mono = directory.mono(r.raw)
    return {"cpu": r.cpu, "sequence": r.seq, "raw": r.raw, "tid": r.tid, "tgid": r.tgid,
            "event": event.name if event else f"event {r.event}",
            "time_ns": mono and mono[0], "fields": rr.fields_of(directory, r)}


def same_records(tap, name, doc, directory, rings, exact_time):
    """All of the copy are in the answer, and in the same order; what is more came later."""
    want = [expected(directory, r) for r in rr.merged(rings)]
    got = {(r["cpu"], r["sequence"]): r for r in doc["records"]}
    wrong, last = [], {}
    for w in want:
        g = got.get((w["cpu"], w["sequence"]))
        keys = [k for k in w if exact_time or k != "time_ns"]
        if not g or any(g[k] != w[k] for k in keys):
            wrong.append(f"{g}, should be {w}")
        last[w["cpu"]] = max(last.get(w["cpu"], 0), w["sequence"])
    later = [r for r in doc["records"] if r["sequence"] > last.get(r["cpu"], 0)]
    mine = {(w["cpu"], w["sequence"]) for w in want}
    order = [(r["cpu"], r["sequence"]) for r in doc["records"] if (r["cpu"], r["sequence"]) in mine]
    tap.result(not wrong and want and order == [(w["cpu"], w["sequence"]) for w in want] and
               all(r["event"] == "control" for r in later) and
               len(doc["records"]) == len(want) + len(later),
               f"{name}: {len(want)} records, {len(wrong)} differ, {len(later)} of control later",
               wrong)


def live_records(tap, name, doc, guest):
    """What was read while it ran is in the dump, but for what was overwritten since."""
    directory, rings = rr.of_device(guest.live)
    got = {(r["cpu"], r["sequence"]): r for r in doc["records"]}
    oldest = {c["cpu"]: c["last_sequence"] - doc["recorder"]["slots_per_cpu"]
              for c in doc["recorder"]["cpus"]}
    wrong, n = [], 0
    for ring in rings:
        for r in ring.records:
            if r.seq <= oldest[r.cpu]:
                continue
            n += 1
            g, w = got.get((r.cpu, r.seq)), expected(directory, r)
            if not g or any(g[k] != w[k] for k in w if k != "time_ns"):
                wrong.append(f"{g}, should be {w}")
    tap.result(n and not wrong, f"{name}: {n} records read live, {len(wrong)} differ", wrong)


def counts(tap, name, doc, directory, rings):
    rec = doc["recorder"]
    # Pages of slots that were never used are zero; not every format keeps, and tells, these.
    untold = doc["dump"]["absent_may_be_zero"]
    ours = [(c["cpu"], c["torn"], c["absent"] * (not untold), c["never_used"] + c["absent"],
             c["lost_nested"], c["lost_torn"], c["lost_overload"]) for c in rec["cpus"]]
    theirs = [(c.cpu, r.torn, 0, r.never, c.lost_nested, c.lost_torn, c.lost_overload)
              for c, r in zip(directory.cpus, rings)]
    tap.result(ours == theirs and rec["found_by"] in ("symbol", "module"),
               f"{name}: found by {rec['found_by']}; what was lost and torn", [ours, theirs])


# ---- what the workload did ----

def whole(doc, guest):
    """Touches of processes that were forked when no CPU had yet lost what came after."""
    records, cpus = doc["records"], doc["recorder"]["cpus"]
    since = max((min(r["time_ns"] for r in records if r["cpu"] == c["cpu"])
                 for c in cpus if c["overwritten"]), default=0)
    forked = {r["fields"]["other"] for r in records if r["event"] == "task" and
              r["fields"]["call"] == "fork" and r["time_ns"] > since}
    return [t for t in guest.touches() if t.pid in forked]


def touches(tap, name, doc, guest):
    """Faults as getrusage(2) counts them, of each page touched."""
    recorded = collections.Counter()
    for r in doc["records"]:
        if r["event"] == "fault_end":
            f = r["fields"]
            recorded[r["tgid"], int(f["address"], 16) // PAGE, f["fault_class"]] += 1
    wrong, n = [], 0
    known = collections.Counter()
    for t in whole(doc, guest):
        known[t.pid, t.address // PAGE, "minor"] += t.minor
        known[t.pid, t.address // PAGE, "major"] += t.major
    for key, count in known.items():
        n += count
        if recorded[key] != count:
            wrong.append(f"{key}: {recorded[key]} recorded, getrusage {count}")
    tap.result(n > 100 and not wrong,
               f"{name}: {n} faults of {len(known)} pages and classes as getrusage(2) counts them",
               wrong)


def mappings(tap, name, doc, command, guest):
    """The table of a process says the same of its mappings."""
    wrong, n = [], 0
    by_pid = collections.defaultdict(list)
    for t in whole(doc, guest):
        by_pid[t.pid].append(t)
    for pid, list_of in sorted(by_pid.items()):
        for m in ask(command, str(pid))["mappings"]:
            start, end = int(m["start"], 16), int(m["end"], 16)
            inside = [t for t in list_of if start <= t.address < end]
            if not inside:
                continue
            n += 1
            f = m["recorded_faults"]
            want = sum(t.minor for t in inside), sum(t.major for t in inside)
            if (f["minor"], f["major"]) != want:
                wrong.append(f"PID {pid} {m['start']}: {f}, getrusage {want}")
            if f["count"] and f.get("longest_ns", 0) < f.get("last_took_ns", 0):
                wrong.append(f"PID {pid} {m['start']}: {f}")
    tap.result(n > 3 and not wrong, f"{name}: recorded faults of {n} mappings", wrong)


def names(tap, name, doc, guest):
    files = {(f["device"], f["inode_number"]): f for f in doc["files"]}
    wrong = []
    for t in guest.touches():
        if not t.ino:
            continue
        f = files.get((dev_text(t.dev), t.ino))
        if not f or not f["proved"] or not re.search(r"\.dat$|^/file$", f["path"]):
            wrong.append(f"{t}: {f}")
    comms = {(r["tid"], r.get("comm")) for r in doc["records"] if "comm" in r}
    for pid, comm in guest.notes["gone"]:
        if not any(t == int(pid) for t, _ in comms):
            wrong.append(f"nothing of PID {pid}")
        if {c for t, c in comms if t == int(pid)} - {comm, "init", "rec-gone"}:
            wrong.append(f"PID {pid}: {comms}")
    for pid in {t.pid for t in guest.touches()}:
        if not any(t == pid and c and c.startswith("rec-") for t, c in comms):
            wrong.append(f"PID {pid} has no name")
    tap.result(not wrong and len(files) > 3, f"{name}: names of files and tasks", wrong)


def stories(tap, name, command, guest):
    """Pages that were reclaimed and read again."""
    wrong, n = [], 0
    for dev, ino, first, count in guest.notes["refaulted"]:
        for page in (int(first), int(first) + int(count) - 1):
            doc = ask(command, "--history", "--page", f"{dev_text(int(dev))}:{ino}:{page}")
            events = [r["event"] for r in doc["records"]]
            why = [r["fields"]["why_left"] for r in doc["records"] if r["event"] == "cache_delete"]
            added = [r for r in doc["records"] if r["event"] == "cache_add"]
            n += 1
            if why != ["reclaimed"] or len(added) != 2 or "since_left_ns" not in added[1] or \
                    events.count("rq_complete") < 2 or events.count("read") != 2:
                wrong.append(f"page {page}: {events} {why}")
    for dev, ino, first, count in guest.notes["truncated"]:
        doc = ask(command, "--history", "--page", f"{dev_text(int(dev))}:{ino}:{first}")
        why = [r["fields"]["why_left"] for r in doc["records"] if r["event"] == "cache_delete"]
        n += 1
        if why != ["truncated"]:
            wrong.append(f"page {first}, truncated: {why}")
    tap.result(n >= 3 and not wrong, f"{name}: the stories of {n} pages", wrong)


def partition(tap, name, doc, command, guest):
    """What was read of a partition: found on its disk, by the disk's sectors."""
    wrong = []
    for disk, part, first in guest.notes["partition"]:
        [moved] = [r["fields"] for r in doc["records"] if r["event"] == "bio_remap"]
        if (moved["disk"], moved["other_disk"], moved["other_sector"], moved["sector"]) != \
                (dev_text(int(disk)), dev_text(int(part)), 16, int(first) + 16):
            wrong.append(f"{moved}")
        for page in (2, 3):
            [ino] = {(r["fields"]["dev"], r["fields"]["ino"]) for r in doc["records"]
                     if r["event"] == "cache_add" and r["fields"]["mapping"] == mapping_of(doc, int(first))}
            story = ask(command, "--history", "--page", f"{ino[0]}:{ino[1]}:{page}")["records"]
            done = [r["fields"]["sector"] for r in story if r["event"] == "rq_complete"]
            if done != [int(first) + 8 * page]:
                wrong.append(f"page {page}: {[(r['event'], r['fields']) for r in story]}")
        text = run(command, "--history", "--kind", "bio_remap").stdout.decode()
        if not re.search(r"was sector 16 of \w+p?1\n", text):
            wrong.append(text)
    tap.result(guest.notes["partition"] and not wrong, f"{name}: a partition is a place on its disk", wrong)


def mapping_of(doc, first):
    """Whose bio it was that begins two pages behind this sector."""
    [mapping] = {r["fields"]["mapping"] for r in doc["records"]
                 if r["event"] == "bio_queue" and r["fields"]["sector"] == first + 16}
    return mapping


def covers(record, page):
    first = record["fields"]["index"]
    return first <= page < first + record["fields"]["pages"]


def stuck(tap, name, command, guest):
    """A fault that waits for ever: when it began, and the request that it brought about."""
    wrong = []
    for pid, address, since, page, disk in guest.notes["stuck"]:
        [task] = [t for t in ask(command, "--blocked")["blocked"] if t["pid"] == int(pid)]
        got, request = task["recorded"], task["request"]
        if not 0 <= got["fault_began_ns"] - int(since) < 1e9 or int(got["address"], 16) != int(address, 16):
            wrong.append(f"at {since}, {address}: {got}")
        if not all(covers(got[e], int(page)) and got[e]["fields"]["in_fault"] == "yes"
                   for e in ("readahead", "read")):
            wrong.append(f"page {page}: {got['readahead']}, {got['read']}")
        back = [n for r, n in zip(got["requests"], got["given_back"])
                 if (r["fields"]["request"], r["fields"]["sector"]) ==
                 (request["request"], request["sector"])]
        # The disk gives it back each time it is asked: newer kernels some twenty times a second.
        if len(back) != 1 or back[0] < 1 or request["device"] != disk or got["more_requests"]:
            wrong.append(f"{request}: {got['requests']}, {got['given_back']}")
    tap.result(guest.notes["stuck"] and not wrong, f"{name}: the fault that waits for ever", wrong)


def requests(tap, name, doc):
    """Every completion has an issue, as none was overwritten; and takes no negative time."""
    done = [r for r in doc["records"] if r["event"] == "rq_complete"]
    begun = {r["fields"]["request"] for r in doc["records"] if r["event"] == "rq_issue"}
    # What was issued before the recorder came.
    without = [r for r in done if "took_ns" not in r and r["fields"]["request"] in begun]
    mine = [r for r in done if r.get("caused_by_tid") or "hardirq" not in r["context"]]
    tap.result(len(done) > 20 and not without[8:] and mine,
               f"{name}: {len(done)} requests, {len(without)} without an issue", without)


# ---- dumps that lack something ----

def only_less(whole, part):
    """Records of @part are those of @whole, in order; what is missing is said to be."""
    have = {(r["cpu"], r["sequence"]): r for r in whole["records"]}
    wrong = []
    for r in part["records"]:
        w = have.get((r["cpu"], r["sequence"]))
        # Joins and names may have lost what they were made from.
        if not w or any(r[k] != w[k] for k in ("raw", "tid", "tgid", "event", "fields")):
            wrong.append(f"{r}, was {w}")
    less = len(whole["records"]) - len(part["records"])
    if less and (not part["recorder"]["absent"] or part["complete"] or not part["problems"]):
        wrong.append(f"{less} records are missing without a word")
    return wrong


def cut(tap, mmapinfo, vmcore, whole, tmp):
    """As a full disk leaves it."""
    wrong, answers, less = [], 0, 0
    for percent in (30, 50, 65, 75, 85, 92, 97, 99):
        path = os.path.join(tmp, "cut")
        subprocess.run([str(HERE / "cut.py"), vmcore, f"{percent}%", path], check=True)
        r = run([mmapinfo, "-c", path], "--json", "--history")
        if r.returncode:
            if r.returncode != 1 or r.stderr.count(b"\n") != 1:
                wrong.append(f"{percent}%: status {r.returncode}: {r.stderr.decode()}")
            continue
        part = json.loads(r.stdout)
        answers += 1
        less += len(part["records"]) < len(whole["records"])
        wrong += only_less(whole, part)
    tap.result(not wrong, f"cut at 8 places: {answers} answers, {less} of them with less", wrong)


def damaged(tap, mmapinfo, vmcore, whole, tmp):
    """The directory: one copy of it, then the other."""
    magic = bytes(~b & 255 for b in bytes.fromhex("439a9025716dade6be6921d4dff10245"))
    data = bytearray(pathlib.Path(vmcore).read_bytes())
    path = os.path.join(tmp, "damaged")
    at, first = -1, []
    while (at := data.find(magic, at + 1)) >= 0:
        first.append(at)
    # Copies that the kernel's own page cache or the truth's buffers have are none at a page.
    tap.result(len(first) >= 2, f"{len(first)} pages begin as a directory")

    def after(change):
        change()
        pathlib.Path(path).write_bytes(data)
        return run([mmapinfo, "-c", path], "--json", "--history")

    def harm_first():
        copies = [a for a in first if data[a + 44:a + 48] == bytes(4)]
        for a in copies:
            data[a + 3000] ^= 1

    def forget_first():
        for a in first:
            if data[a + 44:a + 48] == bytes(4):
                data[a:a + 16] = bytes(16)

    def forget_all():
        for a in first:
            data[a:a + 16] = bytes(16)

    for what, change in (("its checksum is wrong", harm_first), ("it is no more", forget_first)):
        r = after(change)
        doc = json.loads(r.stdout) if r.returncode == 0 else None
        tap.result(doc and doc["recorder"]["second_copy"] and doc["records"] == whole["records"],
                   f"the first copy: {what}; the second has the same", [r.stderr])
    r = after(forget_all)
    tap.result(r.returncode == 1 and b"no recorder was found" in r.stderr,
               "both copies are gone: it is said so", [r.stderr])


def valid(tap, name, doc):
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    bad = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(doc)]
    tap.result(not bad, f"{name}: JSON against its schema", bad)


def one(tap, mmapinfo, guest, vmcore, everything):
    """All of the first form of a dump; of others that their records are the same."""
    name = os.path.basename(vmcore)
    command = [mmapinfo, "-c", vmcore]
    doc = ask(command, "--history")
    directory, rings = rr.of_device(guest.still)
    counts(tap, name, doc, directory, rings)
    if not everything:
        return doc
    valid(tap, name, doc)
    same_records(tap, name, doc, directory, rings, directory.clock == 1)
    live_records(tap, name, doc, guest)
    touches(tap, name, doc, guest)
    mappings(tap, name, doc, command, guest)
    names(tap, name, doc, guest)
    stories(tap, name, command, guest)
    requests(tap, name, doc)
    stuck(tap, name, command, guest)
    partition(tap, name, doc, command, guest)
    trace = perfetto.load(run(command, "--history", "--format", "perfetto").stdout)
    bad = perfetto.check(trace)
    tap.result(not bad and len(trace["traceEvents"]) > 500,
               f"{name}: the trace, {len(trace['traceEvents'])} events", bad)
    return doc


def main():
    mmapinfo, truth, *vmcores = sys.argv[1:]
    tap, guest = Tap(), Guest(truth)
    docs = [one(tap, mmapinfo, guest, v, i == 0) for i, v in enumerate(vmcores)]
    tap.result(all(d["records"] == docs[0]["records"] for d in docs),
               f"{len(docs)} forms of the dump have the same records")
    with tempfile.TemporaryDirectory() as tmp:
        for vmcore, doc in zip(vmcores, docs):
            if vmcore.endswith(".zlib"):
                cut(tap, mmapinfo, vmcore, doc, tmp)
            if vmcore.endswith(".d31.elf"):
                damaged(tap, mmapinfo, vmcore, doc, tmp)
    path = os.path.join(truth, "recorder", "still")
    doc = ask([mmapinfo, "--recorder", path], "--history")
    valid(tap, "the copy", doc)
    directory, rings = rr.of_device(guest.still)
    same_records(tap, "the copy", doc, directory, rings, True)
    return tap.end()


sys.exit(main())
