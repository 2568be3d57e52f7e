#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done stays done: after SIGKILL, ^C, a line that was torn. Prints TAP.

    resume.py
"""
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time

from common import FAKE, TRIAGE, Tap, lines_of, made_dumps, said, triage

DUMPS = 5


def calls(log):
    """The dumps that mmapinfo was asked about, and forget them."""
    names = {line.split()[0] for line in log.read_text().splitlines()} if log.exists() else set()
    log.unlink(missing_ok=True)
    return names


def wait_for_lines(out, n):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if out.exists() and out.read_bytes().count(b"\n") >= n:
            return
        time.sleep(0.02)


def interrupted(command, out, number, env):
    """Starts it, and ends it after two lines."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=env | {"FAKE_SLEEP": "0.1"})
    wait_for_lines(out, 2)
    child.send_signal(number)
    _, err = child.communicate(timeout=30)
    return child.returncode, err


def killed(tap, common, out, log, env):
    for jobs in ("-j1", "-j2"):
        out.unlink(missing_ok=True)
        status, _ = interrupted([TRIAGE, jobs, *common], out, signal.SIGKILL, env)
        before = {os.path.basename(line["path"]) for line in lines_of(out)}
        time.sleep(0.5)    # what it was about to ask when it died
        calls(log)
        with open(out, "ab") as f:
            f.write(b'{"schema":"triage/1","path":"/to')
        ended = triage(jobs, *common, env=env)
        again = calls(log)
        names = [os.path.basename(line["path"]) for line in lines_of(out)]
        tap.result(status == -9 and 2 <= len(before) < DUMPS and not before & again and
                   sorted(names) == sorted(f"d-{i}" for i in range(DUMPS)) and ended.returncode == 1 and
                   "not whole" in ended.stderr,
                   f"{jobs}: killed after {len(before)} of {DUMPS}: goes on there, drops the torn line",
                   [status, before, again, names, *said(ended)])


def terminated(tap, common, out, log, env):
    for jobs, number in (("-j1", signal.SIGINT), ("-j2", signal.SIGTERM)):
        out.unlink(missing_ok=True)
        status, err = interrupted([TRIAGE, jobs, *common], out, number, env)
        n = len(lines_of(out))
        calls(log)
        time.sleep(0.7)
        tap.result(status == 128 + number and 2 <= n < DUMPS and not calls(log) and b"Traceback" not in err,
                   f"{jobs}: {number.name} ends it at once, {n} lines are kept", [status, n, err])


def chosen(tap, common, out, log, env, where):
    out.unlink(missing_ok=True)
    triage("-j1", *common, env=env)
    calls(log)
    ended = triage("-j1", *common, env=env)
    tap.result(not calls(log) and ended.returncode == 1, "nothing to do: status 1 all the same", said(ended))
    pathlib.Path(where, "d-2").write_bytes(b"KDUMP   of another size")
    os.utime(pathlib.Path(where, "d-3"), (1, 1))
    triage("-j1", *common, env=env)
    tap.result(calls(log) == {"d-2", "d-3"}, "what has another size or time is done again")
    made_dumps(where, ["signal-1", "refused-1"])
    ended = triage("-j1", *common, env=env)
    tap.result(calls(log) == {"signal-1", "refused-1"} and ended.returncode == 3, "what is new is done", said(ended))
    triage("-j1", "--failed", *common, env=env)
    tap.result(calls(log) == {"signal-1", "refused-1"}, "--failed: those without an answer")
    triage("-j1", "--again", *common, env=env)
    tap.result(len(calls(log)) == DUMPS + 2, "--again: all")
    with open(out, "ab") as f:
        f.write(b'{"schema":"other/9"}\nnonsense\n[]\n{"schema":"triage/1","path":7}\n')
    before = out.read_bytes()
    ended = triage("-j1", *common, env=env)
    tap.result(out.read_bytes() == before and "4 lines are none" in ended.stderr and not calls(log),
               "foreign lines are told and kept", said(ended))


def alone(tap, common, log, env):
    calls(log)
    child = subprocess.Popen([TRIAGE, "-j1", "--again", *common], env=env | {"FAKE_SLEEP": "0.4"},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(1000):
        if log.exists():    # it has asked something, so the file is its own
            break
        time.sleep(0.02)
    ended = triage("-j1", *common, env=env)
    tap.result(ended.returncode == 2 and "another mmapinfo-triage" in ended.stderr,
               "two do not write to one file", said(ended))
    child.terminate()
    child.wait(30)
    tap.result(child.returncode == 143, "who was first is not disturbed", [child.returncode])


def progress(tap, common, env):
    ours, theirs = pty.openpty()
    child = subprocess.Popen([TRIAGE, "-j1", "--again", *common], env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        text += part
    child.wait(60)
    tap.result(b"7/7 done" in text and b"2 failed" in text and b" left" in text,
               "progress on a terminal", [text[-300:]])


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as tmp:
        where = made_dumps(tmp + "/dumps", [f"d-{i}" for i in range(DUMPS)])
        out, log = pathlib.Path(tmp, "out.jsonl"), pathlib.Path(tmp, "log")
        common = ["--mmapinfo", FAKE, "--time", "20", "-o", str(out), where]
        env = os.environ | {"FAKE_LOG": str(log)}
        killed(tap, common, out, log, env)
        terminated(tap, common, out, log, env)
        chosen(tap, common, out, log, env, where)
        alone(tap, common, log, env)
        progress(tap, common, env)
        ended = triage("-j1", "--mmapinfo", FAKE, where + "/d-1")
        tap.result(json.loads(ended.stdout)["path"].endswith("/d-1"), "without -o lines go to standard output",
                   said(ended))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
