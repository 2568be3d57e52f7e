#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's log out of a dump: every record, with the same time and text, in order.

    log.py [--mmapinfo CMD] [--vmlinux FILE] [--same FILE]... [--none-else] VMCORE [CONSOLE]

makedumpfile --dump-dmesg, which reads the log by VMCOREINFO alone, must say the same, line by line;
--none-else: it does not know this architecture. What the guest's serial console showed must be
in the log. --same: dumps of the same memory, which must have the same log. Prints TAP.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

from tap import Tap

PREFIX = re.compile(r"\[ *(\d+)\.(\d{6})\] ")
PANIC = "Kernel panic - not syncing: "
SAVED = "MMAPINFO-GUEST-SAVED"  # what follows is of the crash kernel
DEFAULT = 50


def text_of(record):
    """As latin-1: a character for each byte."""
    if "text_hex" in record:
        return bytes.fromhex(record["text_hex"]).decode("latin-1")
    return record["text"].encode().decode("latin-1")


def stamp(record):
    us = record["time_ns"] // 1000
    return f"[{us // 1000000:5d}.{us % 1000000:06d}] "


def lines_of(record, indented):
    """Further lines have blanks in front, or, on the console, the time again."""
    first, *more = text_of(record).split("\n")
    head = stamp(record)
    return [head + first] + [(" " * len(head) if indented else head) + m for m in more]


def escaped(text):
    """Of text that is for people, ASCII and UTF-8."""
    out = []
    for c in text.encode("latin-1").decode("utf-8", "surrogateescape"):
        bad = ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or c == "\\" or 0xdc80 <= ord(c) <= 0xdcff
        out.append("".join(f"\\{b:03o}" for b in c.encode("utf-8", "surrogateescape"))
                   if bad else c)
    return "".join(out)


class Log:
    def __init__(self, args):
        self.args, self.tap = args, Tap()
        self.doc = self.ask(args.vmcore, "--log=all")
        self.log = self.doc["log"]
        self.records = self.log["records"]

    def run(self, vmcore, *options):
        command = [self.args.mmapinfo, "-c", vmcore]
        command += ["-s", self.args.vmlinux] if self.args.vmlinux else []
        return subprocess.run([*command, *options], check=True, capture_output=True).stdout

    def ask(self, vmcore, *options):
        return json.loads(self.run(vmcore, "--json", *options))

    def equal(self, name, ours, theirs):
        wrong = [i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b]
        details = [f"line {i}: {ours[i]!r}\n  should be {theirs[i]!r}" for i in wrong]
        self.tap.result(ours == theirs and bool(ours), f"{name}: {len(theirs)} lines, "
                        f"{len(ours)} told, {len(wrong)} differ", details)

    # ---- the document itself ----

    def whole(self):
        bad = {k: self.log[k] for k in ("torn", "unread", "records_left_out") if self.log[k]}
        self.tap.result(self.records and not bad and not self.doc["problems"] and
                        not self.doc["features_off"], f"{len(self.records)} records, all of "
                        "them whole", [bad, self.doc["problems"], self.doc["features_off"]])
        numbers = [r["seq"] for r in self.records]
        first = numbers[0] if numbers else 0
        self.tap.result(self.log["lost"] or numbers == list(range(first, first + len(numbers))),
                        "numbers without a gap", [numbers[:10]])
        begins = self.records and self.records[0]
        self.tap.result(first > 0 or text_of(begins).startswith(("Linux version", "Booting Linux")),
                        "what is numbered 0 is what a kernel says first", [begins])

    def last_of_them(self):
        for option, n in (("--log", DEFAULT), ("--log=1", 1), ("--log=7", 7), ("--log=0", None),
                          ("--log=100000000", None)):
            log = self.ask(self.args.vmcore, option)["log"]
            theirs = self.records if n is None else self.records[-n:]
            self.tap.result(log["records"] == theirs and
                            log["records_left_out"] == len(self.records) - len(theirs) and
                            log["panic"] == self.log["panic"], f"{option}: the last of them")

    def text(self):
        lines = self.run(self.args.vmcore, "--log=all").decode().split("\n")
        if "NOT READ" in lines:  # the form of the dump
            lines = lines[:lines.index("NOT READ")]
        theirs = [escaped(line) for r in self.records for line in lines_of(r, True)]
        at = lines.index("") + 1
        self.equal("as text", lines[at:at + len(theirs)], theirs)
        self.tap.result(not any(lines[at + len(theirs):]), "and nothing behind it",
                        lines[at + len(theirs):][:5])
        reason = self.log["panic"]
        ok = lines[0].startswith("PANIC") and lines[0].endswith(reason or "tells of none")
        self.tap.result(ok, f"its first line: {lines[0]}")

    # ---- who else knows ----

    def makedumpfile(self):
        with tempfile.TemporaryDirectory() as tmp:
            path = pathlib.Path(tmp) / "log"
            r = subprocess.run(["makedumpfile", "--dump-dmesg", self.args.vmcore, path],
                               capture_output=True, check=False, text=True)
            theirs = path.read_bytes().decode("latin-1") if path.exists() else r.stdout
        ours = [line for rec in self.records for line in lines_of(rec, True)]
        self.equal("as makedumpfile has it", ours, theirs.rstrip("\n").split("\n"))

    def console(self):
        """In the same order; of what came after the dump nothing can be in it."""
        shown = pathlib.Path(self.args.console).read_bytes().decode("latin-1")
        shown = shown.split(SAVED)[0].replace("\r", "").split("\n")
        panicked = any(PANIC in line for line in shown)
        end = max(r["time_ns"] // 1000 for r in self.records)
        theirs, missing = [], []
        for line in shown:
            m = PREFIX.match(line)
            if m and (panicked or int(m[1]) * 1000000 + int(m[2]) <= end):
                theirs.append(line)
        ours = iter([line for r in self.records for line in lines_of(r, False)])
        for line in theirs:
            if line not in ours:  # takes what it passes
                missing.append(line)
                break
        # Guests say little that their consoles are to show, some of them nothing.
        if theirs or panicked:
            self.tap.result(theirs and not missing,
                            f"what the console showed: {len(theirs)} lines", missing)
        self.reason([line for line in theirs if PREFIX.sub("", line).startswith(PANIC)])

    def reason(self, said):
        """The console's last word on it."""
        text = PREFIX.sub("", said[-1])[len(PANIC):] if said else None
        at = PREFIX.match(said[-1]) if said else None
        us = int(at[1]) * 1000000 + int(at[2]) if at else None
        ours = self.log["panic_time_ns"]
        self.tap.result(self.log["panic"] == text and
                        (us == ours if ours is None else us == ours // 1000),
                        f"the reason of a panic: {text}", [self.log["panic"], ours])

    def trouble(self):
        """It stands in the log, and nothing like it comes later."""
        kinds = re.compile(r"BUG: |kernel BUG at |Unable to handle kernel |general protection fault|"
                           r"watchdog: BUG: |INFO: task .* blocked for more than ")
        said = [line for r in self.records for line in text_of(r).split("\n")
                if kinds.match(line)]
        theirs = said[-1] if said else None
        ours = self.log["trouble"]
        die = ours is not None and ours.startswith(("Oops: ", "Internal error: "))
        self.tap.result(ours == theirs or die, f"trouble: {theirs}", [ours])

    def others(self):
        for path in self.args.same or []:
            log = self.ask(path, "--log=all")["log"]
            self.tap.result(log == self.log, f"{pathlib.Path(path).name} has the same log")

    def all(self):
        self.whole()
        self.last_of_them()
        self.text()
        if not self.args.none_else:
            self.makedumpfile()
        if self.args.console:
            self.console()
        self.trouble()
        self.others()
        return self.tap.end()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mmapinfo", default="build/mmapinfo")
    p.add_argument("--vmlinux")
    p.add_argument("--same", action="append")
    p.add_argument("--none-else", action="store_true")
    p.add_argument("vmcore")
    p.add_argument("console", nargs="?")
    return Log(p.parse_args()).all()


if __name__ == "__main__":
    raise SystemExit(main())
