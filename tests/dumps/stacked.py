#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare mmapinfo --requests with what the guest's kernel said of devices that stand on others.

    stacked.py [--mmapinfo CMD] VMCORE TRUTH

The kernel's own account is sysfs (slaves, dm, md, loop; TRUTH/block/DISK/sysfs), the
workload's is its notes "behind" and "fault": which task waits behind what. Prints TAP.
Where the dump has no types of a module, that must be said, and nothing be made up.
"""
import json
import pathlib
import subprocess
import sys

from tap import Tap

MODULES = {"dm": "dm_mod", "md": "md_mod", "loop": "loop"}


class Results(Tap):
    def equal(self, name, ours, theirs):
        self.result(ours == theirs, f"{name}: {theirs}", [f"not {ours}"])


def typed(doc):
    """Of which kinds of devices the dump has types."""
    off = {f["feature"]: f["why"] for f in doc["features_off"]}
    return {kind for kind in MODULES if kind not in off}


def check_features(tap, doc, truth):
    """Only the oldest kernel here keeps no types of modules; all of them, or none."""
    old = " 5.10." in (truth / "proc/version").read_text()
    tap.equal("devices whose types are known", typed(doc), set() if old else set(MODULES))
    for f in doc["features_off"]:
        if f["feature"] not in MODULES:
            continue
        tap.equal(f"why not {f['feature']}", f["why"],
                  f"the dump has no types of module {MODULES.get(f['feature'])}")
    tap.equal("problems", doc["problems"], [])


def sysfs(truth, disk, name):
    path = truth / "block" / disk / "sysfs" / name
    return path.read_text().strip("\n") if path.exists() else None


def kind_of(truth, disk):
    for kind in MODULES:
        if (truth / "block" / disk / "sysfs" / kind).is_dir():
            return kind
    return None


def check_device(tap, truth, d, known):
    name, stacked = d["name"], d["stacked"]
    slaves = sysfs(truth, name, "slaves")
    tap.equal(f"{name} stands on", sorted(d["stands_on"]), sorted((slaves or "").split()))
    kind = kind_of(truth, name)
    if kind is None:
        # A loop device without a file has no directory of that name.
        tap.result(stacked is None or (stacked["kind"] == "loop" and not stacked.get("path")),
                   f"{name}: nothing below")
        return
    tap.equal(f"{name}: kind, driver", (stacked["kind"], d["driver"]), (kind, MODULES[kind]))
    if kind not in known:
        tap.equal(f"{name}: nothing made up", set(stacked.items()),
                  {("kind", kind), ("what", None), ("own_pages", None)})
    elif kind == "dm":
        tap.equal(f"{name}: name, suspended", (stacked["name"], int(stacked["suspended"])),
                  (sysfs(truth, name, "dm/name"), int(sysfs(truth, name, "dm/suspended"))))
    elif kind == "md":
        tap.equal(f"{name}: level", stacked["what"], sysfs(truth, name, "md/level"))
    else:
        tap.equal(f"{name}: file, offset", (stacked["path"], str(stacked["offset"])),
                  (sysfs(truth, name, "loop/backing_file"), sysfs(truth, name, "loop/offset")))


def check_targets(tap, doc, known):
    if "dm" in known:
        ours = {d["stacked"]["name"]: (d["stacked"]["what"], d["stacked"]["own_pages"])
                for d in doc["devices"] if (d["stacked"] or {}).get("kind") == "dm"}
        tap.equal("targets of device mapper, and whether they do I/O from other pages", ours,
                  {"stack-linear": ("linear", False), "stack crypt": ("crypt", True),
                   "stack-delay": ("delay", False), "stack-suspended": ("linear", False)})


def fits(way, want):
    return way is not None and len(way) == len(want) and \
        all(w in ("*", s) for s, w in zip(way, want))


def check_held(tap, doc, known, what, wait, want):
    """A bio that is held back; where that cannot be told, the device that it is lost at."""
    holder, way = want[0], want[1:]
    if holder.startswith("dm_") and "dm" not in known:
        tap.equal(what, (wait["finding"], wait["request"]), ("untold_device", None))
        tap.result(wait["finding_text"].find(way[0]) > 0, f"{what}: {wait['finding_text']}")
        return
    r = doc["requests"][wait["request"]] if wait["request"] is not None else {}
    tap.equal(what, (r.get("state"), r.get("held_by"), r.get("request")), ("held", holder, None))
    tap.result(fits(r.get("way"), way), f"{what}: {way}", [f"not {r.get('way')}"])
    tap.result(r.get("pages_complete") and r["operation"] == "READ" and r["bios"] == 1 and
               r["size_bytes"] == 4096 and bool(r["bound_for"]), f"{what}: one page is read")


def check_wait(tap, doc, known, line, pages):
    pid, state, holder, *way = line.split()[1:]
    wait = next((w for w in doc["waiting"] if w["pid"] == int(pid)), None)
    what = f"PID {pid} ({wait['comm'] if wait else '?'})"
    if wait is None:
        tap.result(False, f"{what} is among those that wait")
        return
    if state == "copied":
        want = "own_pages" if "dm" in known else "untold_device"
        tap.equal(what, (wait["finding"], wait["request"]), (want, None))
        tap.result(way[0] in wait["finding_text"], f"{what}: {wait['finding_text']}")
        return
    tap.equal(f"{what}: page", wait["index"], pages[int(pid)])
    if state == "held":
        check_held(tap, doc, known, what, wait, [holder] + way)
        return
    r = doc["requests"][wait["request"]] if wait["request"] is not None else {}
    tap.equal(what, (r.get("state"), r.get("held_by"), wait["finding"]), (state, None, None))
    tap.result(fits(r.get("way"), way), f"{what}: {way}", [f"not {r.get('way')}"])
    tap.result(any(p.get("file") == wait["file"] and
                   0 <= wait["index"] - p["index"] < p["n"] for p in r.get("pages", ())),
               f"{what}: the request has the page")


def check_loop(tap, doc, disk):
    """The request of the loop device goes on as a wait for the same page of its file."""
    loop = next(d for d in doc["devices"] if (d["stacked"] or {}).get("path"))
    upper = [r for r in doc["requests"] if r["device"] == loop["name"]]
    pages = {p["index"] for r in upper for p in r["pages"]}
    below = [w for w in doc["waiting"] if w["file"] == loop["stacked"]["file"]]
    tap.result(len(below) == 1 and below[0]["index"] in pages and
               doc["requests"][below[0]["request"]]["device"] == disk,
               f"{loop['name']}: {[w['comm'] for w in below]} waits for page {sorted(pages)} of "
               f"{loop['stacked']['path']}, of which a request is on {disk}")


def check_file_systems(tap, doc, disk):
    ours = {f["path_in_fs"]: f["on_devices"] for f in doc["request_files"]
            if f["fs"] == "btrfs"}
    tap.equal("btrfs stands on", {k: sorted(v or ()) for k, v in ours.items()},
              {"/file.dat": sorted([f"{disk}9", f"{disk}10"])})


def main():
    args, command = sys.argv[1:], "build/mmapinfo"
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    vmcore, truth = args[0], pathlib.Path(args[1])
    r = subprocess.run([command, "-c", vmcore, "--json", "--requests"], capture_output=True,
                       check=True)
    doc, tap = json.loads(r.stdout), Results()
    notes = [n for n in (truth / "notes").read_text().splitlines() if n.startswith("behind ")]
    pages = {int(n.split()[1]): int(n.split()[-1])
             for n in (truth / "notes").read_text().splitlines() if n.startswith("fault ")}
    known = typed(doc)
    check_features(tap, doc, truth)
    for d in doc["devices"]:
        check_device(tap, truth, d, known)
    missing = [p.name for p in (truth / "block").iterdir()
               if (p / "sysfs/slaves").exists() and p.name not in {d["name"] for d in doc["devices"]}]
    tap.equal("stacked devices that are missing", missing, [])
    check_targets(tap, doc, known)
    tap.equal("tasks behind devices", len(notes), 9)
    for line in notes:
        check_wait(tap, doc, known, line, pages)
    held = [r for r in doc["requests"] if r["state"] == "held"]
    tap.equal("bios held back", len(held), 3 if "dm" in known else 1)
    disk = notes[0].split()[-1]
    if "loop" in known:
        check_loop(tap, doc, disk)
    check_file_systems(tap, doc, disk)
    return tap.end()


sys.exit(main())
