#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What mmapinfo said of a running kernel, and what it says of the dump taken right after.

    parity.py [--mmapinfo CMD] DIRECTORY

DIRECTORY is of scripts/make-live-guest. Every JSON document must be the same, but for clocks and
for what the two have no part of: the runner, and mmapinfo's own process. Prints TAP: a test for
each kind of question.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

from answers import answers, facts

from tap import Tap

# Where the memory came from.
SOURCE = {"dump", "sources"}
# Kernel threads that were at work at one of the two moments.
AT_WORK_MAX = 3
# What goes on by itself: how much was evicted since, how many kernel threads there are.
MOVES = {"refault_distance", "tasks_looked_at"}


def is_clock(key):
    return key.endswith("_ns") or key.endswith("_text") or key in MOVES


def is_worker_that_ended(run, status, err):
    """Kernel threads come and go: the dump has it no more."""
    return (run.status, status) == (0, 1) and "no task with PID" in err \
        and run.json()["process"]["kind"] == "kernel thread"


def is_at_work(*docs):
    """A kernel thread that was running when it was looked at: it sleeps now, or did before."""
    return any(doc.get("process", {}).get("kind") == "kernel thread" and
               doc["process"]["state"].startswith("R") for doc in docs)


def differences(live, dump, where=""):
    """Paths at which two documents differ."""
    if isinstance(live, dict) and isinstance(dump, dict):
        for key in sorted(set(live) | set(dump)):
            if is_clock(key):
                continue
            if key not in live or key not in dump:
                yield f"{where}.{key}: only in the {'live answer' if key in live else 'dump'}"
                continue
            yield from differences(live[key], dump[key], f"{where}.{key}")
    elif isinstance(live, list) and isinstance(dump, list):
        if len(live) != len(dump):
            yield f"{where}: {len(live)} live, {len(dump)} in the dump"
            return
        for i, (a, b) in enumerate(zip(live, dump)):
            yield from differences(a, b, f"{where}[{i}]")
    elif live != dump:
        yield f"{where}: {live!r} live, {dump!r} in the dump"


class Comparison:
    def __init__(self, args):
        self.args = args
        self.top = pathlib.Path(args.directory)
        self.runner = int(facts(self.top / "answers")["runner"])
        self.ended = self.at_work = 0
        self.same, self.wrong = collections.Counter(), collections.defaultdict(list)

    def of_dump(self, args):
        r = subprocess.run([self.args.mmapinfo, "-c", str(self.top / "vmcore.elf"), *args],
                           capture_output=True, check=False)
        return r.returncode, r.stdout, r.stderr.decode(errors="replace")

    def without_observers(self, doc, others):
        doc = {k: v for k, v in doc.items() if k not in SOURCE}
        # Workers come and go; oracle.py counts the others.
        doc.pop("kernel_threads", None)
        if "processes" in doc:
            doc["processes"] = [p for p in doc["processes"] if p["pid"] not in others]
        return doc

    def compare(self, run):
        kind = " ".join("N" if a.isdigit() else a for a in run.args)
        status, out, err = self.of_dump(run.args)
        if is_worker_that_ended(run, status, err):
            self.ended += 1
            return
        if (status, err) != (run.status, run.err):
            self.wrong[kind].append(f"{run.args}: live {run.status} {run.err!r}, "
                                    f"dump {status} {err!r}")
            return
        if status == 0 and "--json" in run.args:
            others = {self.runner, run.info["pid"]}
            live, dump = (self.without_observers(doc, others)
                          for doc in (run.json(), json.loads(out)))
            found = [f"{run.args[-1]}{d}" for d in differences(live, dump)]
            if found and is_at_work(live, dump):
                self.at_work += 1
                return
            if found:
                self.wrong[kind] += found[:20]
                return
        self.same[kind] += 1

    def run(self):
        tap = Tap()
        for run in answers(self.top, "answers", "answers"):
            self.compare(run)
        for kind in sorted(set(self.same) | set(self.wrong)):
            tap.result(not self.wrong[kind], f"{kind}: {self.same[kind]} answers are the same",
                       self.wrong[kind])
        tap.result(self.at_work <= AT_WORK_MAX,
                   f"kernel threads that were at work meanwhile: {self.at_work}")
        print(f"# kernel threads that ended: {self.ended}")
        return tap.end()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--mmapinfo", default="build/mmapinfo")
    ap.add_argument("directory")
    return Comparison(ap.parse_args()).run()


sys.exit(main())
