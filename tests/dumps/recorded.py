# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest wrote down before its dump (tests/guest/README.md); for tests."""
import argparse
import array
import collections
import json
import os
import re
import subprocess
import sys

PAGE = 4096

MapLine = collections.namedtuple("MapLine", "start end perm pgoff dev ino name")
File = collections.namedtuple("File", "path kind size first pfns resident")


class Wrong(list):
    """What differs, and how much was compared."""

    def __init__(self):
        super().__init__()
        self.compared = 0

    def check(self, what, got, want):
        self.compared += 1
        if got != want:
            self.append(f"{what}: mmapinfo {got!r}, kernel {want!r}")

    def report(self, tap, name):
        tap.result(not self and self.compared > 0,
                   f"{name}: {self.compared} compared, {len(self)} differ", self)


def u64s(path):
    a = array.array("Q")
    with open(path, "rb") as f:
        a.frombytes(f.read())
    return a


def ask(args, *options):
    """The JSON; or raises with what the command said."""
    r = subprocess.run([*args.mmapinfo.split(), "-c", args.vmcore, "--json", *options],
                       capture_output=True, check=False)
    if r.returncode:
        raise RuntimeError(f"{options}: status {r.returncode}: {r.stderr.decode()}")
    return json.loads(r.stdout)


def dev_text(dev):
    return "%d:%d" % tuple(int(x, 16) for x in dev.split(":"))


class Recorded:
    def __init__(self, top):
        self.top = top

    def path(self, *parts):
        return os.path.join(self.top, *map(str, parts))

    def text(self, *parts):
        with open(self.path(*parts), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def has(self, *parts):
        return os.path.exists(self.path(*parts))

    def pids(self):
        """Those whose mappings are known."""
        return sorted(int(p) for p in os.listdir(self.path("proc"))
                      if p.isdigit() and self.has("proc", p, "maps"))

    def comm(self, pid):
        return self.text("proc", pid, "comm").rstrip("\n")

    def maps(self, pid):
        lines = []
        for line in self.text("proc", pid, "maps").split("\n"):
            m = re.match(r"(\w+)-(\w+) (....) (\w+) (\w+:\w+) (\d+) *(.*)$", line, re.S)
            # The gate page is no VMA.
            if m and m.group(7) != "[vsyscall]":
                lines.append(MapLine(int(m.group(1), 16), int(m.group(2), 16), m.group(3),
                                     int(m.group(4), 16) // PAGE, dev_text(m.group(5)),
                                     int(m.group(6)), m.group(7)))
        return lines

    def smaps(self, pid):
        """By start address: numbers in kB, VmFlags a set; {} where there are too many."""
        out, cur = {}, None
        if not self.has("proc", pid, "smaps"):
            return out
        for line in self.text("proc", pid, "smaps").split("\n"):
            if m := re.match(r"(\w+)-\w+ ....", line):
                cur = out.setdefault(int(m.group(1), 16), {})
            elif cur is None:
                continue
            elif m := re.match(r"(\w+): +(\d+) kB", line):
                cur[m.group(1)] = int(m.group(2))
            elif line.startswith("VmFlags:"):
                cur["VmFlags"] = set(line.split()[1:])
        return out

    def files(self):
        """By device and inode: entries, each of all of a file or of a window of it."""
        found = collections.defaultdict(list)
        for n in os.listdir(self.path("files")):
            info = dict(line.split("=", 1) for line in self.text("files", n, "info").split("\n")
                        if "=" in line)
            pfns = resident = None
            if self.has("files", n, "pfn"):
                pfns = u64s(self.path("files", n, "pfn"))
                with open(self.path("files", n, "mincore"), "rb") as f:
                    resident = f.read()
            found[dev_text(info["dev"]), int(info["ino"])].append(
                File(info["path"], info["kind"], int(info["size"]), int(info.get("first", 0)), pfns, resident))
        return found

    @staticmethod
    def of_mapping(files, line):
        """The entries of a mapping's file: in two subvolumes of btrfs two may be called alike."""
        entries = files.get((line.dev, line.ino), [])
        return [f for f in entries if f.path == line.name] or entries

    def notes(self, *kinds):
        """Pages of files that are noted as one of these: (device, inode) -> set."""
        out = collections.defaultdict(set)
        for line in self.text("notes").split("\n"):
            words = line.split()
            if len(words) == 5 and words[0] in kinds:
                out[dev_text(words[1]), int(words[2])].update(
                    range(int(words[3]), int(words[3]) + int(words[4])))
        return out


def main(comparison):
    """For programs that are called as windows.py and prefault.py are."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--mmapinfo", default="build/mmapinfo")
    ap.add_argument("vmcore")
    ap.add_argument("truth")
    sys.exit(comparison(ap.parse_args()).run())
