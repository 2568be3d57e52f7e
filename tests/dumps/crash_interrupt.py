#!/usr/bin/env python3
"""^C at a terminal in crash, while mmapinfo runs. Prints TAP.

    crash_interrupt.py VMLINUX BUILD DUMP      (CRASH: another crash to run)

The command writes into a FIFO that is not read on, or to a terminal that is
not: it is certain to be in the middle when ^C comes.
"""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

CRASH = os.environ.get("CRASH", "crash")
PROMPT = b"crash> "
PATIENCE = 60

count = bad = 0


def ok(good, name):
    global count, bad
    count += 1
    bad += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)


class Crash:
    def __init__(self, vmlinux, dump):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execvp(CRASH, [CRASH, "-s", "--no_crashrc", vmlinux, dump])
        self.until_prompt()

    def read_some(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            return None
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def until(self, what, timeout=PATIENCE):
        """All text up to @what at the end of it; None if that does not come."""
        text, end = b"", time.monotonic() + timeout
        while not text.endswith(what):
            part = self.read_some(max(0, end - time.monotonic()))
            if not part:
                sys.stderr.write(f"no {what} after {text[-2000:]}\n")
                return None
            text += part
        return text.decode(errors="replace").replace("\r", "")

    def until_prompt(self, timeout=PATIENCE):
        return self.until(PROMPT, timeout)

    def send(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def do(self, line):
        self.send(line)
        return self.until_prompt()

    def interrupt(self):
        os.write(self.fd, b"\x03")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Test:
    def __init__(self, vmlinux, build, dump, tmp):
        self.mi, self.so = str(build / "mmapinfo"), str(build / "mmapinfo.so")
        self.dump, self.tmp = dump, tmp
        self.long = self.pid("sparse-1g")
        self.crash = Crash(vmlinux, dump)
        self.crash.do(f"extend {self.so}")

    def answer(self, *args):
        return subprocess.run([self.mi, "-c", self.dump, *args], check=True,
                              stdout=subprocess.PIPE).stdout

    def pid(self, name):
        return re.search(rf"^ *(\d+) .* {name}$", self.answer("--all").decode(), re.M)[1]

    def answers_right(self, name):
        """The session goes on: crash's own command, then ours."""
        ok("DUMPFILE" in (self.crash.do("sys") or ""), f"{name}: sys answers")
        got = self.tmp / "got.json"
        got.unlink(missing_ok=True)
        self.crash.do(f"mmapinfo --json --pages {self.long} > {got}")
        ok(got.exists() and got.read_bytes() == self.answer("--json", "--pages", self.long),
           f"{name}: the next answer is right")

    def into_fifo(self, options, interrupts, name):
        fifo = self.tmp / "fifo"
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
        self.crash.send(f"mmapinfo {options} {self.long} > {fifo}")
        with open(fifo, "rb") as out:
            got = out.read(100000)
            time.sleep(0.5)  # the pipe fills up, and the command waits
            ok(len(got) == 100000, f"{name}: the command is at work")
            for _ in range(interrupts):
                self.crash.interrupt()
                time.sleep(0.1)
            start = time.monotonic()
            text = self.crash.until_prompt(20)
            ok(text is not None, f"{name}: ^C gives the prompt ({time.monotonic() - start:.1f} s)")
            got += out.read()
        ok(len(got) < len(self.answer(*options.split(), self.long)),
           f"{name}: the answer was cut short")
        self.answers_right(name)

    def to_terminal(self):
        name = "to the terminal"
        self.crash.send(f"mmapinfo --each {self.long}")
        text = b""
        while len(text) < 200000:
            text += self.crash.read_some(PATIENCE) or b""
        self.crash.interrupt()
        rest = self.crash.until_prompt(20)
        ok(rest is not None and len(rest) < 10_000_000, f"{name}: ^C gives the prompt")
        self.answers_right(name)

    def first_command(self):
        """^C while the dump is being opened, at some point or other.

        Not before readline is through with the line: crash jumps out of that,
        too, and readline then waits for another key before it prompts.
        """
        for ms in (0, 5, 20, 50, 100):
            self.crash.do(f"extend -u {self.so}")
            self.crash.do(f"extend {self.so}")  # nothing is open yet
            self.crash.send("mmapinfo --each 1 > /dev/null")
            self.crash.until(b"/dev/null\r\n")
            time.sleep(ms / 1000)
            self.crash.interrupt()
            # ^C at the prompt gives another one.
            ok(self.crash.until_prompt(20) is not None, f"^C after {ms} ms: a prompt")
            time.sleep(0.3)
            while self.crash.read_some(0.2):
                pass
            self.answers_right(f"^C after {ms} ms")

    def endless_program(self, program, interrupts):
        """An expectation without end: ^C is seen at its next output; if there is none, the
        second one ends it, when the first was left some seconds."""
        name = f"the program {program}"
        path = self.tmp / "expect.json"
        path.write_text(json.dumps([{"name": "endless", "message": "m", "about": "check",
                                     "expect": program}]))
        self.crash.send(f"mmapinfo check --rule none --expect {path}")
        self.crash.until(b"expect.json\r\n")
        ok(not self.crash.read_some(2), f"{name}: it runs")
        self.crash.interrupt()
        for _ in range(interrupts - 1):
            time.sleep(4)
            self.crash.interrupt()
        ok(self.crash.until_prompt(20) is not None, f"{name}: ^C gives the prompt")
        self.answers_right(name)

    def handler_is_back(self):
        """After our command ^C works on crash's own again."""
        self.crash.do("mmapinfo 1 > /dev/null")
        self.crash.send("!sleep 30")
        time.sleep(0.5)
        start = time.monotonic()
        self.crash.interrupt()
        ok(self.crash.until_prompt(20) is not None and time.monotonic() - start < 20,
           "^C ends a command of crash's afterwards")
        self.answers_right("after that")


def main():
    vmlinux, build, dump = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    with tempfile.TemporaryDirectory() as tmp:
        t = Test(vmlinux, build, dump, pathlib.Path(tmp))
        t.answers_right("before any ^C")
        t.into_fifo("--each", 1, "text into a FIFO")
        t.into_fifo("--json --each", 1, "JSON into a FIFO")
        t.into_fifo("--each", 3, "^C three times")
        t.to_terminal()
        t.first_command()
        t.endless_program("repeat(1)", 1)
        t.endless_program("def f: f; f", 2)
        t.handler_is_back()
        t.crash.close()
    print(f"1..{count}")
    return bad > 0


sys.exit(main())
