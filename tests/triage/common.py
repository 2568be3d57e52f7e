# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of mmapinfo-triage share."""
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/dumps"))
from tap import Tap    # noqa: E402,F401

TRIAGE = str(TOP / "scripts/mmapinfo-triage")
DEMO = TOP / "vmcores/demo/vmcore"
FAKE = str(TOP / "tests/triage/fake_mmapinfo")
PATIENCE = 120


def triage(*words, **more):
    """Its end: returncode, stdout, stderr."""
    return subprocess.run([TRIAGE, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, check=False, **more)


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def by_name(path):
    return {os.path.basename(line["path"]): line for line in lines_of(path)}


def without_cost(lines):
    return [{k: v for k, v in line.items() if k != "cost"} for line in lines]


def made_dumps(where, names):
    """Files that pass for dumps where the fake mmapinfo answers."""
    os.makedirs(where, exist_ok=True)
    for name in names:
        pathlib.Path(where, name).write_bytes(b"KDUMP   " + name.encode())
    return where


def said(ended):
    return [f"status {ended.returncode}", ended.stdout[-1500:], ended.stderr[-1500:]]
