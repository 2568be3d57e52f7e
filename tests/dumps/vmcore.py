#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A copy of /proc/vmcore has what only a crash kernel puts into a dump.

    vmcore.py VMCORE

So that the tests which follow are known to meet it: the registers of each CPU, VMCOREINFO
with the time of the crash, a kernel that lies elsewhere than it was linked for, and its
image twice. Prints TAP.
"""
import re
import struct
import sys

from tap import Tap

PT_LOAD, PT_NOTE, NT_PRSTATUS = 1, 4, 1
KERNEL_MAP = 0xffffffff80000000
USUAL = 16 << 20  # CONFIG_PHYSICAL_START


def program_headers(f):
    f.seek(32)
    offset = struct.unpack("<Q", f.read(8))[0]
    f.seek(54)
    size, count = struct.unpack("<HH", f.read(4))
    f.seek(offset)
    for _ in range(count):
        kind, _, *rest = struct.unpack("<IIQQQQQQ", f.read(size))
        yield (kind, *rest)


def notes(data):
    at = 0
    while at + 12 <= len(data):
        namesz, descsz, kind = struct.unpack_from("<III", data, at)
        name = data[at + 12:at + 12 + namesz].rstrip(b"\0")
        at += 12 + (namesz + 3 & ~3)
        yield name, kind, data[at:at + descsz]
        at += descsz + 3 & ~3


def main():
    with open(sys.argv[1], "rb") as f:
        headers = list(program_headers(f))
        loads = [h for h in headers if h[0] == PT_LOAD]
        note = next(h for h in headers if h[0] == PT_NOTE)
        f.seek(note[1])
        found = list(notes(f.read(note[4])))
    info = next((d for name, _, d in found if name == b"VMCOREINFO"), b"").decode()
    values = dict(re.findall(r"^(?:\w+\()?(\w+)\)?=(.*)$", info, re.M))
    images = [h for h in loads if h[2] >= KERNEL_MAP]
    vaddr, start, size = (images[0][2], images[0][3], images[0][5]) if images else (0, 0, 0)
    ram = [h for h in loads if h[2] < KERNEL_MAP]
    results = [
        ("the registers of two CPUs", sum(k == NT_PRSTATUS for _, k, _ in found) == 2),
        ("the time of the crash", int(values.get("CRASHTIME", 0)) > 0),
        # Either address may by chance be the usual one.
        ("a kernel moved by KASLR",
         int(values.get("KERNELOFFSET", "0"), 16) > 0 or start != USUAL),
        ("phys_base", start - (vaddr - KERNEL_MAP) == int(values.get("phys_base", 0))),
        ("several pieces of RAM at virtual addresses", len(ram) > 1 and all(h[2] for h in ram)),
        ("the kernel's image twice",
         size and any(h[3] <= start and start + size <= h[3] + h[5] for h in ram)),
    ]
    tap = Tap()
    for name, ok in results:
        tap.result(ok, name)
    return tap.end()


sys.exit(main())
