#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged dumps go through triage without a crash or a hang. Prints TAP.

    damaged.py MMAPINFO RECOMPRESS N

N damages of the dump kept in git, each by its seed: words of many or few of its pages (zeroes, ones,
random, words of the same page, so that lists run in circles), headers, bitmaps, descriptors,
compressed bytes, cuts. A few at a time, so that they need little room. A seed that fails is told.
"""
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

from common import DEMO, Tap, lines_of, said, triage

PAGE, AT_ONCE = 4096, 8
SECONDS, MEMORY = 60, 2048
HEADER_SIZES = 428    # of struct disk_dump_header: block_size, sub_hdr_size, bitmap_blocks
EXTREME = [0, 1, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096]


def layout(data):
    """Where the descriptors begin, and the pages."""
    block, sub, bitmap = struct.unpack_from("<III", data, HEADER_SIZES)
    first = (1 + sub + bitmap) * block
    return first, struct.unpack_from("<Q", data, first)[0]


def word_for(rng, words):
    kind = rng.randrange(6)
    if kind < 3:
        return (0, (1 << 64) - 1, rng.getrandbits(64))[kind]
    if kind == 3:
        return rng.choice(words) ^ 1 << rng.randrange(64)
    return rng.choice(words)


def hurt_pages(data, rng):
    """Of a dump that is not compressed: what walkers of the kernel's structures meet."""
    pages = (len(data) - layout(data)[1]) // PAGE
    for page in range(pages):
        if rng.randrange(rng.one_in):
            continue
        at = layout(data)[1] + page * PAGE
        words = struct.unpack_from("<512Q", data, at)
        for _ in range(rng.randint(1, 16)):
            struct.pack_into("<Q", data, at + 8 * rng.randrange(512), word_for(rng, words))


def hurt_headers(data, rng):
    """Headers, sub-header, VMCOREINFO, bitmaps, descriptors."""
    first, pages = layout(data)
    for _ in range(rng.choice([1, 1, 2, 5, 40])):
        start, end = rng.choice([(420, 468), (PAGE, PAGE + 112), (PAGE, 3 * PAGE), (0, first), (first, pages)])
        at = rng.randrange(start, end)
        if rng.random() < 0.5:
            data[at] ^= 1 << rng.randrange(8)
        else:
            width = rng.choice([4, 8])
            data[at:at + width] = (rng.choice(EXTREME) & (1 << 8 * width) - 1).to_bytes(width, "little")


def hurt_bytes(data, rng):
    """Anywhere: mostly compressed pages."""
    for _ in range(rng.choice([1, 10, 1000])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def hurt_end(data, rng):
    first, pages = layout(data)
    del data[rng.choice([rng.randrange(len(data)), rng.randrange(pages), rng.randrange(first, pages), rng.randrange(200)]):]


def hurt_stretch(data, rng):
    """A copy that lost blocks of the disk."""
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data)) // PAGE * PAGE
        size = min(PAGE << rng.randrange(9), len(data) - at)
        data[at:at + size] = bytes(size)


def damaged(seed, packed, raw):
    """The bytes of one, and in which way it was damaged."""
    rng = random.Random(seed)
    rng.one_in = rng.choice([20, 500, 2000, 5000, 5000])
    way = (hurt_pages, hurt_headers, hurt_pages, hurt_end, hurt_bytes, hurt_pages, hurt_stretch)[seed % 7]
    data = bytearray(raw if way is hurt_pages or rng.random() < 0.2 else packed)
    way(data, rng)
    return data, way.__name__


def wrong(line):
    """What must not be: a call that was killed or crashed, memory without bound. That mmapinfo says no, is
    right."""
    calls = {name: call for name, call in line["calls"].items()
             if call["status"] not in ("ok", "refused", "broke off", "not known")}
    if "error" in line or len(line["calls"]) != 4:
        return line.get("error", "no calls")
    most = max(cost["peak_rss_bytes"] for cost in line["cost"].values())
    return calls or (most > MEMORY << 20 and f"{most} bytes of memory") or None


def batch(tap, mmapinfo, tmp, seeds, packed, raw, seen):
    where, out = pathlib.Path(tmp, "dumps"), tmp + "/out.jsonl"
    where.mkdir()
    ways = {}
    for seed in seeds:
        data, ways[f"seed-{seed}"] = damaged(seed, packed, raw)
        (where / f"seed-{seed}").write_bytes(data)
    names = [where / name for name in ways]    # by name: some are no dumps any more
    ended = triage("-j2", "--mmapinfo", mmapinfo, "--time", SECONDS, "--memory", MEMORY, "-o", out, *names)
    lines = {os.path.basename(line["path"]): line for line in lines_of(out)}
    bad = [f"{name} ({ways[name]}): {wrong(lines[name])}" for name in lines if wrong(lines[name])]
    tap.result(sorted(lines) == sorted(ways) and not bad and ended.returncode in (0, 1, 3) and not ended.stderr,
               f"seeds {seeds[0]} to {seeds[-1]}: a line each, no crash, no hang",
               bad + said(ended)[:1] + [ended.stderr[-500:]])
    for name, line in lines.items():
        answered = line["calls"].get("blocked", {}).get("status") == "ok"
        seen.setdefault(ways[name], []).append(answered)
    shutil.rmtree(where)
    os.unlink(out)


def main():
    mmapinfo, recompress, n = os.path.realpath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    tap, seen = Tap(), {}
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([recompress, "none", DEMO, tmp + "/raw"], check=True)
        packed, raw = DEMO.read_bytes(), pathlib.Path(tmp, "raw").read_bytes()
        for first in range(1, n + 1, AT_ONCE):
            batch(tap, mmapinfo, tmp, list(range(first, min(first + AT_ONCE, n + 1))), packed, raw, seen)
    answers = [a for found in seen.values() for a in found]
    # If nearly all are refused, or none is, the test tests nothing.
    tap.result(len(answers) == n and 0.2 < sum(answers) / n < 0.95 and len(seen) == 5,
               f"{sum(answers)} of {n} were answered: "
               + ", ".join(f"{way} {sum(a)}/{len(a)}" for way, a in sorted(seen.items())))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
