# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the trace event format, as far as traces of mmapinfo use it."""
import collections
import decimal
import json

PHASES = {
    "X": {"name", "cat", "pid", "tid", "ts", "dur", "args"},
    "i": {"name", "cat", "pid", "tid", "ts", "s", "args"},
    "C": {"name", "pid", "tid", "ts", "args"},
    "M": {"name", "pid", "tid", "args"},
}
METADATA = {"process_name", "thread_name"}


def load(text):
    """Numbers as they are written: nanoseconds stand behind the point."""
    return json.loads(text, parse_float=decimal.Decimal)


def wrong_event(e):
    """What is wrong with one event; None: nothing."""
    if e.get("ph") not in PHASES:
        return f"phase {e.get('ph')!r}"
    if set(e) - {"ph"} != PHASES[e["ph"]]:
        return f"members {sorted(e)} of phase {e['ph']}"
    if not isinstance(e["name"], str) or not e["name"]:
        return "no name"
    if not all(isinstance(e[k], int) and 0 <= e[k] < 2**31 for k in ("pid", "tid")):
        return "pid or tid is no small integer"
    if not isinstance(e["args"], dict) or not e["args"]:
        return "args"
    if e["ph"] == "M":
        return None if e["name"] in METADATA and isinstance(e["args"].get("name"), str) \
            else "metadata"
    if any(not isinstance(e[k], (int, decimal.Decimal)) or e[k] < 0
           for k in ("ts", "dur") if k in e):
        return "time"
    if e["ph"] == "i" and e["s"] not in ("t", "p", "g"):
        return "scope"
    if e["ph"] == "C" and not all(isinstance(v, int) and v >= 0 for v in e["args"].values()):
        return "counter"
    return None


def badly_nested(events):
    """Slices of one track that overlap, and none holds the other."""
    tracks = collections.defaultdict(list)
    for e in events:
        if e["ph"] == "X":
            tracks[e["pid"], e["tid"]].append((e["ts"], -e["dur"], e["name"]))
    bad = []
    for track, slices in tracks.items():
        open_until = []
        for ts, minus, name in sorted(slices):
            end = ts - minus
            while open_until and open_until[-1] <= ts:
                open_until.pop()
            if open_until and end > open_until[-1]:
                bad.append(f"track {track}: {name} at {ts} ends behind what it is in")
            open_until.append(end)
    return bad


def check(trace):
    """A list of what is wrong."""
    bad = []
    if not isinstance(trace.get("traceEvents"), list):
        return ["no traceEvents"]
    if trace.get("displayTimeUnit") not in ("ms", "ns"):
        bad.append("displayTimeUnit")
    for i, e in enumerate(trace["traceEvents"]):
        wrong = wrong_event(e)
        if wrong:
            bad.append(f"event {i}: {wrong}: {e}")
    if not bad:
        bad = badly_nested(trace["traceEvents"])
    return bad
