#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--history of a copy of a recorder's device, against an independent decoder.

    history_file.py MMAPINFO MAKE_RECORDER [LIES]

The history is known (tests/dumps/make_recorder.c): every record, every join, every filter, the
story of a page, histograms, the trace; and that many files that lie. Prints TAP.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

import jsonschema

import perfetto
import recorder_raw as rr
from tap import Tap

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mmapinfo.schema.json"
BLOCK_END = "rq_complete"
CLASSES = ("control", "fault", "readahead", "read", "cache", "block", "map", "reclaim",
           "writeback", "task")


def limit_memory():
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))


class Asked:
    def __init__(self, command, path, sanitized):
        self.command, self.path = command, path
        self.before = None if sanitized else limit_memory
        schema = json.loads(SCHEMA.read_text())
        self.validator = jsonschema.validators.validator_for(schema)(schema)

    def run(self, *options):
        return subprocess.run([self.command, "--recorder", self.path, "--history", *options],
                              capture_output=True, timeout=60, preexec_fn=self.before,
                              check=False)

    def json(self, *options):
        r = self.run("--json", *options)
        if r.returncode:
            raise RuntimeError(f"{options}: status {r.returncode}: {r.stderr.decode()}")
        doc = json.loads(r.stdout)
        bad = [f"{list(e.absolute_path)}: {e.message[:200]}"
               for e in self.validator.iter_errors(doc)]
        if bad:
            raise RuntimeError(f"{options}: the schema: {bad[:3]}")
        return doc

    def keys(self, *options):
        return [(r["cpu"], r["sequence"]) for r in self.json(*options)["records"]]


def compare(tap, doc, directory, rings):
    """Record for record."""
    want = rr.merged(rings)
    got = doc["records"]
    wrong = []
    for i, (w, g) in enumerate(zip(want, got)):
        event = directory.events.get(w.event)
        mono = directory.mono(w.raw)
        expected = {"cpu": w.cpu, "sequence": w.seq, "raw": w.raw, "tid": w.tid, "tgid": w.tgid,
                    "event": event.name if event else f"event {w.event}",
                    "fields": rr.fields_of(directory, w), "time_ns": mono and mono[0],
                    "extrapolated": bool(mono and mono[1])}
        found = {k: g.get(k) for k in expected} | {"extrapolated": g.get("extrapolated", False)}
        if expected != found:
            wrong.append(f"record {i}: {found}, should be {expected}")
    tap.result(not wrong and len(want) == len(got) and len(got) > 200,
               f"{len(want)} records, {len(got)} shown, {len(wrong)} differ", wrong)
    rec = doc["recorder"]
    ours = [(c["cpu"], c["records"], c["never_used"], c["torn"], c["overwritten"],
             c["last_sequence"], c["lost_nested"]) for c in rec["cpus"]]
    theirs = [(c.cpu, len(r.records), r.never, r.torn, r.overwritten, r.last, c.lost_nested)
              for c, r in zip(directory.cpus, rings)]
    tap.result(ours == theirs and rec["torn"] and rec["overwritten"] and rec["lost_nested"],
               "what each CPU has, and lacks", [ours, theirs])


def joins(tap, doc, directory):
    """Ends and begins, completions and issues, once more by the rules."""
    issued, queued, open_faults = {}, {}, {}
    wrong, n = [], 0

    def span(a, b):
        return directory.mono(b)[0] - directory.mono(a)[0]

    for r in doc["records"]:
        f = r["fields"] or {}
        key = f.get("request")
        took = None
        if r["event"] == "fault_end":
            took = span(f["first"] or f["begin"], r["raw"])
            open_faults.pop(r["tid"], None)
        elif r["event"] in ("filemap_fault", "reclaim_end"):
            took = span(f["begin"], r["raw"])
        elif r["event"] == "fault_begin":
            open_faults[r["tid"]] = (r["cpu"], r["sequence"])
        elif r["event"] == "bio_queue":
            queued[f["bio"]] = (r["raw"], r["tid"])
        elif r["event"] == "rq_issue":
            issued[key] = (r["raw"], queued[f["bio"]], (r["cpu"], r["sequence"]))
        elif r["event"] == BLOCK_END:
            raw, (since, tid), _ = issued.pop(key)
            took = span(raw, r["raw"])
            n += 1
            if (r.get("since_queued_ns"), r.get("caused_by_tid")) != (span(since, r["raw"]), tid):
                wrong.append(f"{r}: queued")
        if r.get("took_ns") != took:
            wrong.append(f"{r}: took {took}")
    ends = set(open_faults.values()) | {i[2] for i in issued.values()}
    marked = {(r["cpu"], r["sequence"]) for r in doc["records"] if r.get("open")}
    tap.result(not wrong and n == 2, f"ends are joined with begins: {n} requests", wrong)
    tap.result(marked == ends and len(ends) == 2,
               f"what has no end is said to be open: {len(ends)}", [marked, ends])


def names(tap, doc):
    comm = {(r["tid"], r.get("comm")) for r in doc["records"] if "hardirq" not in r["context"]}
    tap.result({(105, "db"), (106, None), (42, None)} <= comm and (105, None) not in comm,
               "a task has its recorded name, or none", [comm])
    tap.result([f["inode_number"] for f in doc["files"]] == [131] and
               doc["files"][0]["path"] is None and not doc["files"][0]["proved"],
               "without a dump no file has a name", doc["files"])


def filters(tap, asked, doc):
    records = doc["records"]
    end = doc["recorder"]["end_ns"]

    def check(name, keys, options):
        want = [(r["cpu"], r["sequence"]) for r in records if keys(r)]
        got = asked.keys(*options)
        tap.result(got == want and 0 < len(want) < len(records), f"{name}: {len(got)} of {len(want)}",
                   [got[:5], want[:5]])

    def mine(r):
        return r.get("caused_by_tid", None) == 105 or \
            ("hardirq" not in r["context"] and r["tid"] == 105)

    check("a process", mine, ["105"])
    check("a process, by option", mine, ["--pid", "105"])
    for c in CLASSES:
        check(f"--kind {c}", lambda r, c=c: r["class"] == c, ["--kind", c])
    check("--kind, several", lambda r: r["class"] == "cache" or r["event"] == "rq_issue",
          ["--kind", "cache,rq_issue"])
    check("--kind undescribed", lambda r: r["fields"] is None, ["--kind", "undescribed"])
    check("--since", lambda r: r["time_ns"] >= end - 505_000_000, ["--since", "0.505"])
    check("--until, absolute", lambda r: r["time_ns"] <= 5_003_000_000, ["--until", "@5.003"])
    check("--file by number", lambda r: "file" in r, ["--file", "254:0:131"])
    check("--device", lambda r: "254:0" in ((r["fields"] or {}).get(k) for k in
                                            ("disk", "other_disk", "dev")),
          ["--device", "254:0"])
    check("--limit", lambda r: r in records[-7:], ["--limit", "7"])
    check("--limit of a filter", lambda r: r in [x for x in records if x["class"] == "fault"][-3:],
          ["--limit", "3", "--kind", "fault"])
    for options, why in ((["--kind", "nonsense"], "neither a class nor an event"),
                         (["--since", "x"], "seconds"), (["--device", "vda"], "no disk"),
                         (["--page", "300"], "a file and the number"),
                         (["--vma", "7f0000000000", "105"], "without a dump")):
        r = asked.run(*options)
        tap.result(r.returncode == 1 and why in r.stderr.decode() and not r.stdout,
                   f"{options} is refused", [r.stderr])


def story(tap, asked):
    doc = asked.json("--page", "254:0:131:300")
    events = [r["event"] for r in doc["records"]]
    once = ["fault_begin", "readahead", "cache_add", "read", "bio_queue", "rq_alloc", "rq_insert",
            "rq_issue", "fault_end", "rq_complete", "fault_begin", "filemap_fault", "fault_end"]
    tap.result(events == once + ["cache_delete"] + once,
               "the story of a page: read, evicted, read again", [events])
    again = [r["since_left_ns"] for r in doc["records"] if "since_left_ns" in r]
    left = [r["time_ns"] for r in doc["records"] if r["event"] == "cache_delete"][0]
    back = [r["time_ns"] for r in doc["records"] if r["event"] == "cache_add"][1]
    tap.result(again == [back - left], "how long it was away", [again, back - left])
    tap.result(not asked.json("--page", "254:0:131:1234567")["records"], "of another page nothing")


def latency(tap, asked, doc):
    hist = asked.json("--latency")["latency"]
    wrong = []
    for h in hist:
        if sum(h["log2_ns"]) != h["count"] or h["longest_ns"] * h["count"] < h["sum_ns"]:
            wrong.append(h)

    def samples(h):
        def of(r):
            f = r["fields"] or {}
            return {"fault": r["event"] == "fault_end" and f["fault_class"] == h.get("class"),
                    "file": r["event"] == "fault_end" and f["fault_class"] == "major",
                    "request": r["event"] == BLOCK_END, "queue": r["event"] == BLOCK_END,
                    "reclaim": r["event"] == "reclaim_end"}[h["what"]]
        key = "since_queued_ns" if h["what"] == "queue" else "took_ns"
        return [r[key] for r in doc["records"] if of(r)]

    for h in hist:
        want = samples(h)
        buckets = [0] * len(h["log2_ns"])
        for ns in want:
            buckets[ns.bit_length() - 1] += 1
        if (len(want), sum(want), max(want), buckets) != \
                (h["count"], h["sum_ns"], h["longest_ns"], h["log2_ns"]):
            wrong.append((h, want))
    what = [h["what"] for h in hist]
    tap.result(not wrong and set(what) == {"fault", "file", "request", "queue", "reclaim"} and
               not any(h.get("class") == "retried" for h in hist),
               f"{len(hist)} histograms", wrong)


def trace(tap, asked, doc):
    r = asked.run("--format", "perfetto")
    t = perfetto.load(r.stdout)
    bad = perfetto.check(t)
    events = t["traceEvents"]
    tap.result(not bad and len(events) > 150, f"the trace obeys the format: {len(events)} events",
               bad)
    faults = [r for r in doc["records"] if r["event"] == "fault_end"]
    slices = [e for e in events if e["ph"] == "X" and e["cat"] == "fault"]
    want = sorted((r["time_ns"] - r["took_ns"], r["took_ns"]) for r in faults)
    ended = sorted((int(e["ts"] * 1000), int(e["dur"] * 1000)) for e in slices
                   if "end_not_recorded" not in e["args"])
    tap.result(ended == want, f"{len(want)} faults are slices, to the nanosecond")
    still = [e for e in events if "end_not_recorded" in e["args"] and e["ph"] == "X"]
    end = doc["recorder"]["end_ns"]
    tap.result(len(still) == 2 and all(int((e["ts"] + e["dur"]) * 1000) == end for e in still),
               "what has not ended lasts to the end", still)
    flying = [e["args"]["requests"] for e in events if e["ph"] == "C"]
    tap.result(flying == [1, 0, 1, 0, 1], "requests in flight are counted", [flying])
    overlap = [{"ph": "X", "pid": 1, "tid": 1, "ts": 0, "dur": 5, "name": "a"},
               {"ph": "X", "pid": 1, "tid": 1, "ts": 3, "dur": 5, "name": "b"}]
    tap.result(bool(perfetto.badly_nested(overlap)), "and one that does not obey is noticed")


def text(tap, asked, doc):
    r = asked.run()
    lines = r.stdout.decode().split("\n")
    rows = [line for line in lines if line[:16].strip("~ ").replace(".", "").isdigit()]
    tap.result(r.returncode == 0 and len(rows) == len(doc["records"]) and
               any("1 are torn" in line for line in lines) and
               any("its end is not recorded" in line for line in rows),
               f"as text: {len(rows)} lines", lines[:5])
    r = asked.run("--latency")
    tap.result(r.returncode == 0 and b"major faults: 2" in r.stdout, "histograms as text")


def lies(tap, asked, make, path, n):
    bad, answered = [], 0
    for seed in range(1, n + 1):
        subprocess.run([make, path, str(seed)], check=True)
        for options in ([], ["--json"], ["--latency", "--json"], ["--format", "perfetto"]):
            try:
                r = asked.run(*options)
            except subprocess.TimeoutExpired:
                bad.append(f"seed {seed} {options}: takes too long")
                continue
            err = r.stderr.decode(errors="replace")
            if r.returncode not in (0, 1) or (r.returncode and err.count("\n") != 1):
                bad.append(f"seed {seed} {options}: status {r.returncode}: {err[:300]}")
            elif r.returncode == 0 and options:
                json.loads(r.stdout)
                answered += 1
    tap.result(not bad and answered > n / 4,
               f"{n} files that lie: {answered} answers, the rest is refused", bad)


def main():
    command, make = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 32
    tap = Tap()
    with tempfile.TemporaryDirectory() as tmp:
        path = f"{tmp}/recorder"
        subprocess.run([make, path], check=True)
        asked = Asked(command, path, "sanitize" in command)
        directory, rings = rr.of_device(pathlib.Path(path).read_bytes())
        doc = asked.json()
        compare(tap, doc, directory, rings)
        joins(tap, doc, directory)
        names(tap, doc)
        filters(tap, asked, doc)
        story(tap, asked)
        latency(tap, asked, doc)
        trace(tap, asked, doc)
        text(tap, asked, doc)
        lies(tap, asked, make, path, n)
    return tap.end()


sys.exit(main())
