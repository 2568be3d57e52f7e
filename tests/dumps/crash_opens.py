#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does this crash open this dump, and is the extension's answer in it the command's?

    crash_opens.py BUILD VMLINUX DUMP NAME RECORD

Ways to start crash are tried, the plainest first, up to the one that opens the dump: in it the
extension must work, even where crash's own list of tasks or mappings does not. Appends to RECORD a
line of what was found, for scripts/crash-table: crash's version, NAME, the kernel's release, the
way, how many of the tasks crash lists, how many of the mappings of a process, the number of tests,
"ok" or "failed". CRASH: another crash to run.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tap import Tap

BUILD, VMLINUX, DUMP, NAME, RECORD = sys.argv[1:6]
CRASH = os.environ.get("CRASH", "crash")
PATIENCE = 300
OPEN = "THE DUMP IS OPEN"
WAYS = ((), ("--no_modules", "--no_kmem_cache"), ("--minimal",))
HOWS = ("--json --pages {pid}", "--json --next {pid}", "{pid}", "--json --all",
        "--json --blocked", "--requests", "--json {task}")

tap = Tap()


def command(*args):
    return subprocess.run([f"{BUILD}/mmapinfo", "-c", DUMP, *args], check=True,
                          capture_output=True).stdout


def version():
    text = subprocess.run([CRASH, "--version"], capture_output=True, text=True).stdout
    return re.search(r"^crash (\d\S*)", text, re.M)[1]


def session(way, commands, tmp):
    """Exit status, and what it said."""
    script = tmp / "commands"
    script.write_text("".join(line + "\n" for line in [*commands, "quit"]))
    try:
        r = subprocess.run([CRASH, "-s", "--no_crashrc", *way, "-i", script, VMLINUX, DUMP],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None, f"no end after {PATIENCE} s"
    return r.returncode, r.stdout.decode(errors="replace")


def last_words(said):
    """Why it did not open, in crash's words."""
    lines = [line.strip() for line in said.splitlines()]
    lines = [line for line in lines if line and not line.startswith("[")] or ["nothing"]
    return next((line for line in reversed(lines) if line.startswith("crash: ")), lines[-1])


class Facts:
    """What the command knows of the dump, which the other tests hold against the kernel's truth."""

    def __init__(self):
        listed = json.loads(command("--json", "--all"))
        pid = next(p["pid"] for p in listed["processes"] if p.get("rss") and p["pid"] > 1)
        answer = json.loads(command("--json", str(pid)))
        self.release = answer["kernel"]["release"]
        self.task = answer["process"]["task"]
        self.pid = str(pid)
        self.mappings = len(answer["mappings"])
        self.comms = {p["comm"] for p in listed["processes"]}

    def listed_by_crash(self, text):
        """Of the processes' names, how many crash's ps has."""
        return len({c for c in self.comms if re.search(rf"\s{re.escape(c)}$", text, re.M)})


def try_way(way, facts, tmp):
    """None if it does not open; else the record's cells of tasks and mappings, and the answers."""
    hows = [how.format(pid=facts.pid, task=facts.task) for how in HOWS]
    commands = [f"!echo {OPEN}", f"extend {BUILD}/mmapinfo.so"]
    commands += [f"mmapinfo {how} > {tmp}/got.{n}" for n, how in enumerate(hows)]
    commands += [f"ps > {tmp}/ps", f"vm {facts.pid} > {tmp}/vm"]
    status, said = session(way, commands, tmp)
    if OPEN not in said.splitlines():
        print(f"# {NAME}, crash {' '.join(way)}: {last_words(said)}")
        return None

    def file(name):
        path = tmp / name
        return path.read_bytes() if path.exists() else b""

    tasks = facts.listed_by_crash(file("ps").decode(errors="replace"))
    vmas = len(re.findall(rb"^\s*[0-9a-f]{16}\s+[0-9a-f]+\s+[0-9a-f]+\s+[0-9a-f]+", file("vm"), re.M))
    return status, said, f"{tasks} of {len(facts.comms)}", f"{vmas} of {facts.mappings}", \
        [(how, file(f"got.{n}")) for n, how in enumerate(hows)]


def main():
    facts, crash = Facts(), version()
    for way in WAYS:
        with tempfile.TemporaryDirectory() as tmp:
            found = try_way(way, facts, pathlib.Path(tmp))
        if found:
            break
    name = f"crash {' '.join((crash, *(way if found else ())))}, {NAME}"
    tasks = mappings = "-"
    if not found:
        # So it is, and not to be mended here: whether it was so before, scripts/crash-table checks.
        tap.result(True, f"{name}: does not open in any way")
    else:
        status, said, tasks, mappings, answers = found
        tap.result("shared object loaded" in said, f"{name}: the extension stays", [said[:300]])
        tap.result(status == 0, f"{name}: ends well", said.splitlines()[-5:])
        for how, got in answers:
            want = command(*how.split())
            tap.result(got == want and got, f"{name}: {how}", [got[:300], said[-300:]])
    if "--minimal" in way:
        tasks = mappings = "-"
    with open(RECORD, "a", encoding="ascii") as f:
        how = " ".join(way) or "yes"
        f.write("\t".join((crash, NAME, facts.release, how if found else "no", tasks, mappings,
                           str(tap.n), "failed" if tap.failed else "ok")) + "\n")
    return tap.end()


sys.exit(main())
