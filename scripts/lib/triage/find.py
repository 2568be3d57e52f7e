# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files are dumps, told by what is in them, not by names; and the vmlinux of a dump."""
import os
import re
import stat
import struct
import urllib.parse

ET_CORE, PT_LOAD, PT_NOTE, NT_GNU_BUILD_ID = 4, 1, 4, 3
HEADERS_MAX = 1 << 20    # bytes of a file's headers that are looked at
HEADS = (b"KDUMP   ", b"DISKDUMP", b"makedumpfile\0\0\0\0")


def encode(path):
    """A path as one word that needs no quotes in any shell: as in a URL."""
    return urllib.parse.quote(os.fsencode(path), safe="/")


def decode(word):
    return os.fsdecode(urllib.parse.unquote_to_bytes(word))


def read_head(path, size):
    """The first bytes of a regular file; nothing of what is none (a FIFO would block)."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return b""
        return os.pread(fd, size, 0)
    except OSError:
        return b""
    finally:
        os.close(fd)


def elf_segments(head):
    """(type, offset, physical address, bytes) of each program header that is there, little-endian."""
    if head[4:5] == b"\2":
        where, size, form, names = (0x20, 0x36), 56, "<IIQQQQ", (0, 2, 4, 5)
    else:
        where, size, form, names = (0x1C, 0x2A), 32, "<IIIIII", (0, 1, 3, 4)
    try:
        first = struct.unpack_from("<Q" if size == 56 else "<I", head, where[0])[0]
        entry, count = struct.unpack_from("<HH", head, where[1])
    except (struct.error, OverflowError):
        return
    for i in range(count if entry >= size else 0):
        try:
            fields = struct.unpack_from(form, head, first + i * entry)
        except (struct.error, OverflowError):
            return
        yield tuple(fields[n] for n in names)


def is_vmcore(head):
    """An ELF core of a machine: it has physical addresses, that of a process has none."""
    if struct.unpack_from("<H", head.ljust(18, b"\0"), 16)[0] != ET_CORE:
        return False
    loads = [pa for kind, _, pa, _ in elf_segments(head) if kind == PT_LOAD]
    return not loads or any(loads)


def is_dump(path):
    head = read_head(path, 64)
    if head.startswith(HEADS):
        return True
    return head.startswith(b"\x7fELF") and is_vmcore(read_head(path, HEADERS_MAX))


def below(top, say):
    """Regular files below a directory, each directory once however often links lead to it."""
    seen = set()

    def failed(error):
        say(f"{error.filename}: {error.strerror}")

    for where, subdirs, names in os.walk(top, onerror=failed, followlinks=True):
        try:
            st = os.stat(where)
        except OSError as error:
            failed(error)
            continue
        if (st.st_dev, st.st_ino) in seen:
            subdirs[:] = []
            continue
        seen.add((st.st_dev, st.st_ino))
        subdirs.sort()
        for name in sorted(names):
            yield os.path.join(where, name)


def dumps(arguments, say):
    """Real paths of all dumps, each once, in the order in which they are met. A file that is named
    is taken for one, so that the answer says why it is none."""
    found = {}
    for argument in arguments:
        if not os.path.isdir(argument):
            found[os.path.realpath(argument)] = None
            continue
        for path in below(argument, say):
            real = os.path.realpath(path)
            if real not in found and is_dump(real):
                found[real] = None
    return list(found)


def build_id_in_note(path):
    """BUILD-ID of VMCOREINFO, which stands near the begin of a dump; None: it is not there. mmapinfo
    takes no vmlinux of another kernel, so a wrong one does no harm."""
    found = re.search(rb"\nBUILD-ID=([0-9a-f]{40})\n", read_head(path, HEADERS_MAX))
    return found.group(1).decode() if found else None


def build_id_of_vmlinux(path):
    """The GNU build ID in the notes of an ELF file; None: there is none."""
    head = read_head(path, HEADERS_MAX)
    if not head.startswith(b"\x7fELF"):
        return None
    for kind, offset, _, size in elf_segments(head):
        if kind != PT_NOTE:
            continue
        try:
            with open(path, "rb") as f:
                f.seek(offset)
                notes = f.read(min(size, 1 << 16))
        except (OSError, OverflowError):
            return None
        found = re.search(struct.pack("<III", 4, 20, NT_GNU_BUILD_ID) + rb"GNU\0(.{20})", notes, re.S)
        if found:
            return found.group(1).hex()
    return None


def vmlinux_for(build_id, top):
    """The file below top that has this build ID: of a .build-id tree, or named vmlinux*."""
    if not build_id or not top:
        return None
    for way in (".build-id", "usr/lib/debug/.build-id"):
        path = os.path.join(top, way, build_id[:2], build_id[2:] + ".debug")
        if os.path.isfile(path):
            return os.path.realpath(path)
    for path in below(top, lambda line: None):
        if os.path.basename(path).startswith("vmlinux") and build_id_of_vmlinux(path) == build_id:
            return os.path.realpath(path)
    return None
