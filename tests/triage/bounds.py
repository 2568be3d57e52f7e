#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo-triage goes on whatever a dump does to mmapinfo: hangs, eats memory, writes without end,
dies, answers nonsense. Prints TAP.

    bounds.py
"""
import json
import os
import sys
import tempfile
import time

import jsonschema

from common import FAKE, TOP, Tap, by_name, made_dumps, said, triage

SECONDS = 1.5
# Name of the dump, what its calls must be called, and what stands in "why".
WANTED = {
    "hang-1": ("timeout", ""),
    "child-1": ("timeout", ""),
    "eat-1": ("refused", "Traceback"),    # python's word for no memory is on a later line
    "endless-1": ("output", ""),
    "endless-2": ("output", ""),
    "signal-1": ("signal", ""),
    "garbled-1": ("garbled", "no document"),
    "deep-1": ("garbled", "no document"),
    "list-1": ("garbled", "no document"),
    "wrong-1": ("garbled", "another form"),
    "refused-1": ("refused", "it is no dump"),
    "broken-1": ("broke off", "circles"),
}
CALLS = ("blocked", "requests", "check")


def left_over(pids):
    """Which of these processes are still there."""
    with open(pids, encoding="ascii") as f:
        return [pid for pid in f.read().split() if os.path.exists(f"/proc/{pid}")]


def main():
    tap = Tap()
    schema = jsonschema.Draft202012Validator(json.loads((TOP / "docs/triage.schema.json").read_text()))
    with tempfile.TemporaryDirectory() as tmp:
        hang = [n for n, (status, _) in WANTED.items() if status == "timeout"]
        dumps = made_dumps(tmp + "/dumps", [n for n in [*WANTED, "good-1"] if n not in hang])
        out, pids = tmp + "/out.jsonl", tmp + "/pids"
        bounds = ["-j2", "--mmapinfo", FAKE, "--memory", 256, "--output-max", 1, "-o", out]
        begin = time.monotonic()
        triage(*bounds, "--time", SECONDS, made_dumps(tmp + "/hang", hang), env=os.environ | {"FAKE_PIDS": pids})
        took = time.monotonic() - begin
        # What is no matter of time has enough of it, whatever else this machine does.
        ended = triage(*bounds, "--time", 60, dumps)
        lines = by_name(out)
        tap.result(ended.returncode == 3, "status 3: some could not be triaged", said(ended))
        tap.result(not ended.stderr, "nothing on a standard error that is no terminal", said(ended))
        tap.result(sorted(lines) == sorted([*WANTED, "good-1"]), "a line for each", sorted(lines))
        tap.result(took < 2 * 4 * SECONDS + 30, f"it ends in time ({took:.0f} s)")
        for name, (status, why) in WANTED.items():
            calls = lines[name]["calls"]
            good = all(calls[c]["status"] == status and why in (calls[c]["why"] or "") for c in CALLS)
            good &= status != "signal" or all(calls[c]["number"] == 11 for c in CALLS)
            tap.result(good, f"{name}: {status}", [calls])
        cost = lines["eat-1"]["cost"]["blocked"]["peak_rss_bytes"]
        tap.result(cost < 256 << 20, f"memory is bounded ({cost >> 20} MiB of 256)")
        cost = lines["hang-1"]["cost"]["check"]["seconds"]
        tap.result(SECONDS <= cost < SECONDS + 2, f"and time ({cost} s of {SECONDS})")
        tap.result(not left_over(pids), "nothing that hung is left", [left_over(pids)])
        errors = [f"{n}: {e.message[:200]}" for n, line in lines.items() for e in schema.iter_errors(line)]
        tap.result(not errors, "all lines obey the schema", errors)
        bad = schema.is_valid(lines["good-1"] | {"more": 1})
        tap.result(not bad, "and it refuses a member that it does not name")
        ended = triage("--mmapinfo", "/dev/null/none", dumps)
        tap.result(ended.returncode == 2 and "no mmapinfo" in ended.stderr, "no mmapinfo is usage", said(ended))
    return tap.end()


sys.exit(main())
