#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make of a kdump-compressed dump what a filter leaves that takes pages by chance.

    thin.py DUMP excluded|incomplete SEED PER-MILLE FIRST LAST OUT

Page frames from FIRST to LAST stay: no filter takes the kernel's image. The bits of the
others are gone from the second bitmap, and so are their descriptors; the data stays where
it is and is no page of the dump any more. Or, if incomplete, they are what a full disk leaves
of the pages that it had no room for: only that it is chance which pages these are.
"""
import random
import sys

from cut import DESCRIPTOR, bitmap_and_descriptors, mark_incomplete


def thin(dump, how, seed, per_mille, spared):
    chance = random.Random(seed)
    bitmap, first = bitmap_and_descriptors(dump)
    out, at, to = bytearray(dump), first, first
    for byte in range(bitmap, first):
        for bit in range(8):
            if not dump[byte] >> bit & 1:
                continue
            pfn = (byte - bitmap) * 8 + bit
            gone = pfn not in spared and chance.random() * 1000 < per_mille
            if gone and how == "excluded":
                out[byte] ^= 1 << bit
            else:
                out[to:to + DESCRIPTOR.size] = (
                    bytes(DESCRIPTOR.size) if gone else dump[at:at + DESCRIPTOR.size])
                to += DESCRIPTOR.size
            at += DESCRIPTOR.size
    out[to:at] = bytes(at - to)
    if how == "incomplete":
        mark_incomplete(out)
    return out


def main():
    source, how, *numbers, to = sys.argv[1:]
    seed, per_mille, first, last = map(int, numbers)
    with open(source, "rb") as f:
        dump = f.read()
    with open(to, "wb") as f:
        f.write(thin(dump, how, seed, per_mille, range(first, last + 1)))


if __name__ == "__main__":
    main()
