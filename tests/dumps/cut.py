#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make of a whole kdump-compressed dump what makedumpfile leaves on a full disk.

    cut.py DUMP SIZE OUT      SIZE in bytes, or as PERCENT%

The pages that fit stay as they are; the descriptors of the others are empty, and the
header says that the dump is incomplete.
"""
import struct
import sys

STATUS_OFFSET, INCOMPLETE = 424, 8  # struct disk_dump_header
DESCRIPTOR = struct.Struct("<QIIQ")  # offset, size, flags, page_flags


def bitmap_and_descriptors(dump):
    """Where the second bitmap is, with a bit for each page that is stored, and where the
    descriptors of these pages, which follow it."""
    block, sub_blocks, bitmap_blocks = struct.unpack_from("<IiI", dump, STATUS_OFFSET + 4)
    bitmaps = (1 + sub_blocks) * block
    end = bitmaps + bitmap_blocks * block
    return (bitmaps + end) // 2, end


def mark_incomplete(dump):
    dump[STATUS_OFFSET] |= INCOMPLETE


def cut(dump, size):
    bitmap, first = bitmap_and_descriptors(dump)
    count = sum(byte.bit_count() for byte in dump[bitmap:first])
    end = first + count * DESCRIPTOR.size
    out = bytearray(dump[:size])
    if size < end:
        raise SystemExit(f"{size} bytes do not even hold the descriptors")
    for i in range(count):
        at = first + i * DESCRIPTOR.size
        offset, length = DESCRIPTOR.unpack_from(dump, at)[:2]
        if offset + length > size:
            # Written in order: nothing comes after the first that did not fit.
            out[at:end] = bytes(end - at)
            break
    mark_incomplete(out)
    return out


def main():
    source, size, to = sys.argv[1:]
    with open(source, "rb") as f:
        dump = f.read()
    size = int(len(dump) * float(size[:-1]) / 100) if size.endswith("%") else int(size)
    with open(to, "wb") as f:
        f.write(cut(dump, size))


if __name__ == "__main__":
    main()
