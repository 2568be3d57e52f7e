#!/usr/bin/env python3
"""Copies a dump with its VMCOREINFO made worse.

usage: unnote.py IN OUT CHANGE...

CHANGE is one or more of these, done in order:
  missing           the note has another name: nobody finds it
  cut=N             the note's text ends after N bytes
  garble=N          16 bytes of noise in the note's text at N
  drop=REGEX        lines of the note whose key matches are taken out
  set=KEY=VALUE     a line of the note has another value of the same length
  memory-drop=REGEX, memory-set=KEY=VALUE, memory-garble=N
                    the same in the copies that the kernel keeps (ELF only)
  first-garble=N    the same in the first of these copies only
  memory-erase      these copies become zeroes (ELF only)
  plant[=KEY=VALUE] a copy of the kernel's text, with one line changed, in a page
                    of zeroes at the end of the largest segment (ELF only)
"""

import mmap
import os
import re
import struct
import subprocess
import sys

PAGE = 4096
BEGIN = b"OSRELEASE="
NAME = b"VMCOREINFO\0"
HEADER = struct.Struct("<III")  # of a note: sizes of name and contents, type
PT_LOAD = 1
PT_NOTE = 4
ELFCLASS32 = 1
KERNEL_MAP = 0xffffffff80000000
# In a compressed dump: places and sizes of VMCOREINFO and of the notes, which hold it.
SUB_HEADER = struct.Struct("<QQQQ")
SUB_HEADER_AT = PAGE + 32


class Text:
    """Where a text lies, and the room that it has."""

    def __init__(self, data, at):
        self.data = data
        self.at = at
        self.room = data.find(b"\0", at) - at
        if data[at - 12:at].startswith(NAME):
            self.room = HEADER.unpack_from(data, at - 24)[1]
        if self.room > 1 << 16:
            raise ValueError("a text without end")

    def get(self):
        return bytes(self.data[self.at:self.at + self.room])

    def put(self, text):
        if len(text) > self.room:
            raise ValueError("a text that is too long")
        self.data[self.at:self.at + self.room] = text.ljust(self.room, b"\0")


def program_headers(data):
    """(type, file offset, virtual and physical address, size in the file)"""
    if data[4] == ELFCLASS32:
        offset, = struct.unpack_from("<I", data, 28)
        count, = struct.unpack_from("<H", data, 44)
        for i in range(count):
            yield struct.unpack_from("<IIIII", data, offset + 32 * i)
        return
    offset, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, *rest = struct.unpack_from("<IIQQQQ", data, offset + 56 * i)
        yield (kind, *rest)


def segments(data, wanted=PT_LOAD):
    """(file offset, physical address, size) of what an ELF dump stores."""
    if data[:4] != b"\x7fELF":
        raise ValueError("memory can be changed in ELF dumps only")
    for kind, at, va, pa, size in program_headers(data):
        # A crash kernel describes the image twice: here as memory like all other.
        if kind == wanted and va < KERNEL_MAP:
            yield at, pa, size


def note_areas(data):
    if data[:4] == b"\x7fELF":
        return {(at, size) for at, _, size in segments(data, PT_NOTE)}
    info, info_size, notes, notes_size = SUB_HEADER.unpack_from(data, SUB_HEADER_AT)
    return {(info, info_size), (notes, notes_size)}


def note_texts(data):
    """All copies in the headers; those of a compressed dump may be the same."""
    found = {data.find(BEGIN, at, at + size) for at, size in note_areas(data)}
    return [Text(data, at) for at in sorted(found) if at >= 0]


def memory_texts(data):
    """The copies at the start of pages, with or without a note's header."""
    for start, _, size in segments(data):
        at = data.find(BEGIN, start, start + size)
        while at >= 0:
            if (at - start) % PAGE in (0, 24):
                yield Text(data, at)
            at = data.find(BEGIN, at + 1, start + size)


def rename(data, text):
    name = data.rfind(NAME, text.at - 32, text.at)
    if name < 0:
        raise ValueError("no note header in front of the text")
    data[name:name + 1] = b"X"


def drop(text, regex):
    lines = text.get().splitlines(keepends=True)
    kept = [x for x in lines if not re.search(regex.encode(), x.split(b"=")[0])]
    if len(kept) == len(lines):
        raise ValueError(f"no line matches {regex}")
    text.put(b"".join(kept))


def with_line(text, line):
    key, value = line.encode().split(b"=", 1)
    found = re.search(rb"^" + re.escape(key) + rb"=(.*)$", text, re.M)
    if not found or len(found[1]) != len(value):
        raise ValueError(f"no {line} can be had")
    return text[:found.start(1)] + value + text[found.end(1):]


def garble(text, at):
    body = text.get()
    noise = bytes((i * 37 + 129) % 256 | 0x80 for i in range(16))
    text.put(body[:at] + noise + body[at + 16:])


def plant(data, line):
    source = next(memory_texts(data)).get()
    start, _, size = max(segments(data), key=lambda segment: segment[2])
    at = start + size // PAGE * PAGE - PAGE
    while any(data[at:at + PAGE]):
        at -= PAGE
    data[at:at + len(source)] = with_line(source, line) if line else source


def change(data, what):
    name, _, arg = what.partition("=")
    if name == "plant":
        plant(data, arg)
        return
    where, _, how = name.rpartition("-")
    texts = list(memory_texts(data) if where else note_texts(data))
    if not texts:
        raise ValueError("no VMCOREINFO")
    for text in texts[:1] if where == "first" else texts:
        match how:
            case "missing":
                rename(data, text)
            case "cut":
                text.put(text.get()[:int(arg)])
            case "garble":
                garble(text, int(arg))
            case "drop":
                drop(text, arg)
            case "set":
                text.put(with_line(text.get(), arg))
            case "erase":
                text.put(b"")
            case _:
                raise ValueError(f"no such change: {what}")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__.strip())
    try:
        subprocess.run(["cp", "--sparse=always", sys.argv[1], sys.argv[2]], check=True)
        os.chmod(sys.argv[2], 0o600)
        with open(sys.argv[2], "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            for what in sys.argv[3:]:
                change(data, what)
    except (OSError, subprocess.SubprocessError, ValueError, struct.error, StopIteration) as error:
        sys.exit(f"unnote: {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
