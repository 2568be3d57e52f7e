#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make of a kdump-compressed dump what a full disk would have left of it.

    full_disk.py IN OUT PERCENT

The pages from PERCENT of the file on are gone, the descriptors of those are
empty, and the header says that makedumpfile could not write everything.
"""
import struct
import sys

BLOCK = 4096
STATUS = struct.Struct("<IiiiI")  # at 424: status, sizes in blocks, page frames
STATUS_AT = 424
INCOMPLETE = 8
DESC = struct.Struct("<QIIQ")


def main():
    source, target, percent = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(source, "rb") as f:
        data = bytearray(f.read())
    status, block, sub, bitmap, pfns = STATUS.unpack_from(data, STATUS_AT)
    assert block == BLOCK
    descs = BLOCK * (1 + sub + bitmap)
    stored = int.from_bytes(data[descs - BLOCK * bitmap // 2:descs], "little").bit_count()
    end = len(data) * percent // 100
    for at in range(descs, descs + stored * DESC.size, DESC.size):
        offset, size, _, _ = DESC.unpack_from(data, at)
        if offset + size > end:
            data[at:at + DESC.size] = bytes(DESC.size)
    STATUS.pack_into(data, STATUS_AT, status | INCOMPLETE, block, sub, bitmap, pfns)
    with open(target, "wb") as f:
        f.write(data[:end])


main()
