# SPDX-License-Identifier: GPL-2.0-or-later
"""Many dumps: each in a process of its own, one after the other or by GNU parallel."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import bounded, find, one, results


def gnu_parallel():
    """Its path, or None. moreutils has another program of this name."""
    path = shutil.which("parallel")
    if not path:
        return None
    said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout
    return path if said.startswith(b"GNU parallel") else None


def worker(options):
    """The command of one dump, without the dump."""
    where = "far" if options.sshlogin else "near"
    command = [options.self, "--one", "--worker", where, "--mmapinfo", options.mmapinfo, "--memory",
               str(options.memory), "--time", f"{options.time:g}", "--output-max", str(options.output)]
    if options.vmlinux_dir:
        command += ["--vmlinux-dir", options.vmlinux_dir]
    return command


def stay_with_driver(where):
    """In a worker: without whoever started it nobody waits for the line, and it may be gone already."""
    bounded.die_with_parent(signal.SIGTERM)
    parent = os.environ.get("PARALLEL_PID")
    if where == "near" and parent and not os.path.exists(f"/proc/{parent}"):
        sys.exit(128 + signal.SIGTERM)


class Progress:
    """A line on standard error, if that is a terminal."""

    def __init__(self, total, skipped):
        self.total, self.done, self.failed = total, 0, 0
        self.skipped, self.begin = skipped, time.monotonic()
        self.shown = sys.stderr.isatty()
        self.show()

    def count(self, line):
        self.done += 1
        self.failed += one.failed(line)
        self.show()

    def show(self):
        if not self.shown:
            return
        text = f"{self.done}/{self.total} done"
        if self.skipped:
            text += f", {self.skipped} were done before"
        if self.failed:
            text += f", {self.failed} failed"
        if self.done:
            left = int((time.monotonic() - self.begin) / self.done * (self.total - self.done))
            text += f", {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def end(self):
        if self.shown:
            sys.stderr.write("\n")


def start(command, **more):
    env = {name: value for name, value in os.environ.items() if name != "PARALLEL_PID"}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, process_group=0,
                            preexec_fn=lambda: bounded.die_with_parent(signal.SIGTERM), **more)


def stop(child):
    """GNU parallel ends its jobs then, also on other machines; a worker ends its mmapinfo."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def lines_of(child):
    """What it prints; it has ended then, whatever ends this."""
    try:
        yield from child.stdout
        child.wait()
    finally:
        stop(child)
        child.stdout.close()


def lines_one_by_one(paths, options):
    for path in paths:
        yield from lines_of(start([*worker(options), find.encode(path)], stdin=subprocess.DEVNULL))


def lines_of_parallel(paths, options):
    command = [options.parallel, "--will-cite", "--plain", "--quote", "--no-run-if-empty"]
    if options.jobs:
        command += ["-j", str(options.jobs)]
    for login in options.sshlogin:
        command += ["--sshlogin", login]
    if options.sshlogin:
        command += ["--retries", "3"]    # a machine that went away: on another
    with tempfile.TemporaryFile() as todo:
        todo.write("".join(find.encode(p) + "\n" for p in paths).encode())
        todo.seek(0)
        yield from lines_of(start([*command, *worker(options), "{}"], stdin=todo))


def drive(paths, options, kept, progress):
    """Adds the line of each to kept, as it ends. Returns the paths that got none."""
    missing = {os.fsencode(p): p for p in paths}
    source = lines_of_parallel if options.parallel else lines_one_by_one
    lines = source(paths, options)
    try:
        for raw in lines:
            line = results.understood(raw)
            if line is None or results.key(line) not in missing:
                continue    # a login shell that talks
            del missing[results.key(line)]
            kept.add(line)
            progress.count(line)
    finally:
        lines.close()
    return list(missing.values())

