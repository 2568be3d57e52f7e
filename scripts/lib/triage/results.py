# SPDX-License-Identifier: GPL-2.0-or-later
"""The file of lines. A line is there as a whole or not at all, also after a crash."""
import fcntl
import json
import os
import sys
import tempfile

from . import SCHEMA, one, signature


def key(line):
    """By what a line belongs to a file's name."""
    return bytes.fromhex(line["path_hex"]) if "path_hex" in line else line["path"].encode()


def understood(raw):
    """The line, or None: it is no line of this version."""
    try:
        line = json.loads(raw)
        if line["schema"] != SCHEMA:
            return None
        key(line)
        one.failed(line)
        one.found_something(line)
        signature.of(line)
        return line
    except (*one.MALFORMED, UnicodeError):
        return None


def read(f, say, name):
    """Lines by key, the last of each: it is what was found when the dump was done again. Keeps what it
    does not understand where it is. Returns also where the last whole line ends."""
    lines, end, foreign = {}, 0, 0
    for raw in f:
        if not raw.endswith(b"\n"):
            break
        end += len(raw)
        line = understood(raw)
        if line is None:
            foreign += bool(raw.strip())
        else:
            lines.pop(key(line), None)
            lines[key(line)] = line
    if foreign:
        say(f"{name}: {foreign} lines are none of mmapinfo-triage's")
    return lines, end


def read_all(names, say):
    lines = {}
    for name in names:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as f:
            lines |= read(f, say, name)[0]
    return lines


class Results:
    """The file that is written to, by one program at a time."""

    def __init__(self, name, say):
        self.name = name
        self.f = open(name, "a+b")
        try:
            fcntl.flock(self.f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"{name}: another mmapinfo-triage writes to it") from None
        self.f.seek(0)
        self.lines, end = read(self.f, say, name)
        if end != os.fstat(self.f.fileno()).st_size:
            say(f"{name}: dropped its last line, which is not whole")
            self.f.truncate(end)
        self.f.seek(0, os.SEEK_END)

    def add(self, line):
        self.lines[key(line)] = line
        self.f.write(one.dumped(line).encode() + b"\n")
        self.f.flush()
        os.fsync(self.f.fileno())

    def close(self):
        self.f.close()


class Printed:
    """The same where there is no file: nothing is kept, each line goes to standard output."""

    def __init__(self, out):
        self.out, self.lines = out, {}

    def add(self, line):
        self.lines[key(line)] = line
        self.out.write(one.dumped(line).encode() + b"\n")
        self.out.flush()

    def close(self):
        pass


def put(name, data):
    """A file as a whole, in place of whatever was there."""
    fd, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(name)), prefix=".triage.")
    try:
        with os.fdopen(fd, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, name)
    except BaseException:
        os.unlink(temporary)
        raise


def merged(lines):
    """By path, whatever ran first."""
    return b"".join(one.dumped(lines[k]).encode() + b"\n" for k in sorted(lines))
