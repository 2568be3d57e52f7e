#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps whose headers lie: cut and changed at random, one line or an answer each.

    hostile_forms.py BUILD-DIR DUMP

DUMP is flattened and split by makedumpfile. Of the flattened one and of a part,
bits of the headers, the bitmaps, the first descriptors and the headers of records
are flipped, words are replaced, and the file is cut. The command must neither
crash nor hang nor say more than a line. Seeds are fixed. Prints TAP.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile

BLOCK = 4096
RUNS = 100  # of each form
SECONDS = 30
EXTREME = [0, 1, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 40, (1 << 63) - 1, 1 << 63,
           (1 << 64) - 1, (1 << 64) - 4096]


def record_headers(data):
    """Where the dump's header, its sub-header and all headers of records lie."""
    at, places, blocks = BLOCK, [], {}
    while True:
        places.append(at)
        offset, size = struct.unpack_from(">qq", data, at)
        if offset < 0:
            return [blocks[0], blocks[BLOCK]] + places
        blocks[offset] = at + 16
        at += 16 + size


def interesting(records, rng):
    """A place that some reader trusts; records: of a flattened dump, else none."""
    kind = rng.randrange(4)
    header, sub_header = records[:2] if records else (0, BLOCK)
    if records and kind == 0:
        return rng.choice(records[2:][-400:] + [0, 16, 24]) + rng.randrange(16)
    if kind <= 1:  # version, status and sizes
        return header + rng.choice([8, 424, 428, 432, 436, 440]) + rng.randrange(4)
    if kind == 2:
        return sub_header + rng.randrange(104)
    return rng.randrange(BLOCK, 500000)


def spoil(good, records, rng):
    data = bytearray(good)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = interesting(records, rng)
        if rng.random() < 0.5:
            data[at] ^= 1 << rng.randrange(8)
        else:
            value = rng.choice(EXTREME).to_bytes(8, rng.choice(["little", "big"]))
            width = rng.choice([4, 8])
            data[at:at + width] = value[:width]
    if rng.random() < 0.3:
        del data[int(len(data) * rng.random()**2):]
    return data


def judge(command):
    """None, or what is wrong with how the command ended."""
    try:
        r = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    said = r.stderr.decode(errors="replace")
    if r.returncode == 0:
        return f"says in spite of success: {said}" if said else None
    if r.returncode != 1:
        return f"ends with {r.returncode}: {said[-1500:]}"
    # A broken-off answer is written as far as it goes.
    if said.count("\n") != 1 or not said.startswith("mmapinfo: "):
        return f"says: {said[-1500:]}"
    return None


def make_forms(dump, tmp):
    """The flattened dump and three parts of it."""
    flat, *parts = [os.path.join(tmp, name) for name in ("flat", "part1", "part2", "part3")]
    command = ["makedumpfile", "--message-level", "1", "-c", "-d", "31"]
    with open(flat, "wb") as f:
        subprocess.run([*command, "-F", dump], stdout=f, check=True)
    subprocess.run([*command, "--splitblock-size", "1024", "--split", dump, *parts],
                   stdout=subprocess.DEVNULL, check=True)
    return flat, parts


def try_all(mmapinfo, tmp, good, others):
    """Spoiled copies of a file, every second one with the other parts beside it."""
    failed, path = 0, os.path.join(tmp, "spoiled")
    with open(good, "rb") as f:
        data = f.read()
    records = [] if others else record_headers(data)
    for seed in range(RUNS):
        rng = random.Random(seed + RUNS * len(others))
        with open(path, "wb") as f:
            f.write(spoil(data, records, rng))
        dumps = [path] + (others if seed % 2 else [])
        wrong = judge([mmapinfo, *sum((["-c", d] for d in dumps), []), "--json", "1"])
        if wrong:
            failed += 1
            print(f"# {os.path.basename(good)}, seed {seed}: {wrong}")
    return failed


def main():
    build, dump = sys.argv[1:]
    with tempfile.TemporaryDirectory() as tmp:
        flat, parts = make_forms(dump, tmp)
        for n, (good, others) in enumerate([(flat, []), (parts[1], [parts[0], parts[2]])], 1):
            failed = try_all(f"{build}/mmapinfo", tmp, good, others)
            print(f"{'not ok' if failed else 'ok'} {n} - {RUNS} times "
                  f"{os.path.basename(good)} spoiled, {failed} failed")
    print("1..2")


main()
