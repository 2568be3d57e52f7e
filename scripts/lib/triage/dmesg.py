# SPDX-License-Identifier: GPL-2.0-or-later
"""The panic that a kernel log tells of, which kdump tools saved beside the dump."""
import os
import re

from . import find

LOOKED_AT = 8 << 20    # bytes, of the end
PREFIX = re.compile(r"^(<\d+>)?(\[[^\]]*\]\s*)*")
# As mmapinfo --log tells both; oopses that begin in some more ways.
PANIC = re.compile(r"Kernel panic - not syncing: (.*)")
TROUBLE = re.compile(r"(BUG:|kernel BUG at|Oops\b|Internal error:|general protection fault|watchdog: BUG|"
                     r"Unable to handle kernel|double fault|divide error|INFO: task .* blocked for more than)")


def candidates(dump):
    """dump.STAMP has dmesg.STAMP (kdump-tools). Other names (kexec-tools' vmcore-dmesg.txt) are of
    this dump only if it is the only one in its directory."""
    where, name = os.path.split(dump)
    if name.startswith("dump."):
        return ["dmesg." + name[len("dump."):]]
    try:
        names = sorted(os.listdir(where))
    except OSError:
        return []
    mine = [n for n in names if n.startswith(("vmcore-dmesg", "dmesg"))]
    if len(names) > 256 or not mine:
        return []
    others = (n for n in names if n != name and n not in mine)
    return [] if any(find.is_dump(os.path.join(where, n)) for n in others) else mine


def lines_of(path):
    if not os.path.isfile(path):    # a FIFO would block
        return []
    try:
        with open(path, "rb") as f:
            size = f.seek(0, os.SEEK_END)
            f.seek(max(0, size - LOOKED_AT))
            text = f.read(LOOKED_AT).decode("utf-8", "replace")
    except OSError:
        return []
    return [PREFIX.sub("", line).strip() for line in text.splitlines()]


def of_other_kernel(lines, release):
    said = [line.split()[2] for line in lines if re.match(r"Linux version \S+ ", line)]
    return bool(said and release and release not in said)


def last(found):
    return found[-1] if found else None


def panic(dump, release):
    """(what was said last of a panic, the last line that an oops begins with), each may be None; or
    None: there is no such log."""
    for name in candidates(dump):
        lines = lines_of(os.path.join(os.path.dirname(dump), name))
        if lines and not of_other_kernel(lines, release):
            return (last([m.group(1) for m in map(PANIC.match, lines) if m]),
                    last([line for line in lines if TROUBLE.match(line)]))
    return None
