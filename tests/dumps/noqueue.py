#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare requests of FUSE and NFS in mmapinfo --requests with what kernel and servers said.

    noqueue.py [--mmapinfo CMD] VMCORE TRUTH

The accounts: /sys/fs/fuse/connections, sunrpc's debugfs, and the notes of the servers
about each request that they got and did not answer. Prints TAP. Nothing is tolerated.
Kernels that keep no types of modules must say so, and still tell these waits from those
for disks.
"""
import json
import pathlib
import subprocess
import sys

from tap import Tap

OPCODES = {1: "LOOKUP", 15: "READ"}
PAGE = 4096


class Results(Tap):
    def same(self, name, ours, theirs):
        ours, theirs = sorted(ours), sorted(theirs)
        self.result(ours == theirs, f"{name}: {len(theirs)}",
                    [f"ours   {ours}", f"theirs {theirs}"])


class Case:
    def __init__(self, doc, blocked, truth):
        self.doc, self.truth = doc, truth
        self.notes = [line.split() for line in (truth / "notes").read_text().splitlines()]
        self.conns = doc["fs_connections"]
        self.requests = doc["fs_requests"]
        self.blocked = blocked

    def noted(self, word):
        found = [fields[1:] for fields in self.notes if fields[0] == word]
        assert found, f"no notes of {word}: the guest is an older one"
        return found

    def of(self, fuse):
        return [r for r in self.requests
                if self.conns[r["connection"]]["fs"].startswith("nfs") != fuse]

    def number(self, request):
        return self.conns[request["connection"]]["number"]

    def pages(self, request):
        """(first page of a file, pages), or (None, pages) if they are no file's"""
        runs = request["pages"]
        if not runs:
            return (-1, 0)
        first = runs[0]["index"] if runs[0]["owner"] == "file" else None
        return (first, sum(r["n"] for r in runs))


def check_connections(tap, case):
    theirs = {int(p.name): p for p in (case.truth / "fuse").iterdir()}
    ours = {c["number"]: i for i, c in enumerate(case.conns) if c["fs"] == "fuse"}
    tap.same("FUSE connections", ours, theirs)
    for number in sorted(set(ours) & set(theirs)):
        conn, i = case.conns[ours[number]], ours[number]
        want = int((theirs[number] / "waiting").read_text())
        slots = [w for w in case.doc["fs_waiting"] if w["connection"] == i and
                 w["request"] is None]
        have = len([r for r in case.requests if r["connection"] == i]) + len(slots)
        tap.result(want == have == conn["counted"],
                   f"connection {number}: the kernel counts {want} requests", [f"ours {have}"])
        tap.result(conn["max_background"] == int((theirs[number] / "max_background").read_text())
                   and conn["connected"], f"connection {number}: limit of background requests")


def check_fuse_requests(tap, case):
    sent = case.noted("fuse-sent")
    theirs = [(int(c), int(u), OPCODES[int(op)], int(node), int(pid), int(uid))
              for c, u, op, node, pid, uid, _, _ in sent]
    ours = [(case.number(r), r["unique"], r["operation"], r["nodeid"], r["pid"], r["uid"])
            for r in case.of(True) if r["state"] == "sent"]
    tap.same("requests that the FUSE server has got", ours, theirs)
    by_unique = {(case.number(r), r["unique"]): r for r in case.of(True)}
    for conn, unique, _, node, _, _, offset, size in sent:
        r = by_unique.get((int(conn), int(unique)))
        first = int(offset) // PAGE if int(node) == 2 else None
        want = (-1, 0) if int(offset) < 0 else (first, int(size) // PAGE)
        tap.result(r and case.pages(r) == want and r["pages_complete"],
                   f"FUSE request {unique}: pages {want}", [str(r)])
    rest = [r for r in case.of(True) if r["state"] not in ("sent", "queued")]
    tap.result(rest and all(r["state"] == "slot" and r["operation"] == "RELEASE" and
                            r["background"] for r in rest),
               "the others wait for their turn in the background", [str(rest)])
    for r in case.of(True):
        tap.result(r["pages_complete"] and all(p["owner"] != "file" or p["locked"] == p["n"]
                                               for p in r["pages"]), f"{r['request']}: locked")
    check_fuse_ages(tap, case)


def check_fuse_ages(tap, case):
    """As old as its task has waited, to a tick of 10 ms and what comes before it sleeps."""
    release = case.doc["kernel"]["release"].split(".")
    kept = (int(release[0]), int(release[1].partition("-")[0])) >= (6, 14)
    waits = {t["pid"]: t["blocked_ns"] for t in case.blocked}
    for r in case.of(True):
        if not kept:
            tap.result(r["age_ns"] is None, f"{r['request']}: its age is not kept", [str(r)])
        elif r["pid"] in waits and r["state"] != "slot":
            tap.result(0 <= r["age_ns"] - waits[r["pid"]] + 10**7 < 10**9,
                       f"{r['request']}: as old as PID {r['pid']}'s wait",
                       [f"{r['age_ns']}, waits for {waits[r['pid']]}"])


def rpc_tasks(truth):
    """(client, XID, procedure, queue, status) of each task, as debugfs lists them"""
    for path in (truth / "sunrpc").glob("*/tasks"):
        for line in path.read_text().splitlines():
            f = line.split()
            if len(f) < 9 or not f[0].isdigit():
                continue
            words = [w for w in f if not w.startswith("[")]
            queue = next(w[2:] for w in words if w.startswith("q:"))
            yield int(f[3], 16), int(f[4], 16), words[8], queue, int(f[2])


def check_nfs_requests(tap, case):
    ours = [(case.number(r), int(r["xid"], 16), r["operation"], r["queue"], r["status"])
            for r in case.of(False)]
    theirs = list(rpc_tasks(case.truth))
    tap.result(len(theirs) >= 2, f"the kernel lists {len(theirs)} RPC tasks")
    tap.same("RPC tasks", ours, theirs)
    by_xid = {int(r["xid"], 16): r for r in case.of(False)}
    for xid, operation, offset, size in case.noted("nfs-sent"):
        r = by_xid.get(int(xid, 16))
        want = (int(offset) // PAGE, int(size) // PAGE) if int(size) else (-1, 0)
        tap.result(r and r["state"] == "sent" and r["operation"] == operation and
                   case.pages(r) == want and 0 < r["age_ns"] < 600e9,
                   f"NFS {operation} {xid}: pages {want}", [str(r)])
    tap.result(all(c["server"] == "127.0.0.1" for c in case.conns if c["fs"].startswith("nfs")),
               "the NFS server has its name")


def noted_waits(case):
    """PID -> (what it waits for, operation, page, way of the file system)"""
    waits = {int(pid): (what, op, int(page), "server")
             for _, pid, what, op, page in case.noted("fuse-wait")}
    waits.update({int(pid): (what, op, int(page), "network")
                  for pid, what, op, page in case.noted("nfs-wait")})
    return waits


def check_page_waits(tap, case, joined):
    """With types, each has its request; without, it is said that no queue will have one."""
    noted = {pid: w for pid, w in noted_waits(case).items() if w[0] == "page"}
    ours = {w["pid"]: w for w in case.doc["waiting"] if w["reads_from"] in ("server", "network")}
    tap.same("waits for pages of FUSE and NFS", ours, noted)
    for pid in sorted(set(ours) & set(noted)):
        _, op, page, way = noted[pid]
        w = ours[pid]
        good = w["reads_from"] == way and w["request"] is None and \
            w["index"] <= page < w["index"] + w["n"]
        if joined:
            r = case.requests[w["fs_request"]] if w["fs_request"] is not None else {}
            first, n = case.pages(r) if r else (0, 0)
            good &= w["finding"] is None and r.get("operation") == op and \
                r["state"] == "sent" and first <= page < first + n
        else:
            good &= w["finding"] == "no_block_queue" and w["fs_request"] is None
        tap.result(good, f"PID {pid} ({w['comm']}) waits for page {page}", [str(w)])
    others = [w for w in case.doc["waiting"] if w["pid"] not in noted]
    tap.result(others and all(w["fs_request"] is None and w["finding"] != "no_block_queue"
                              for w in others), "no other wait is taken for one of these")


def check_answer_waits(tap, case):
    noted = {pid: w for pid, w in noted_waits(case).items() if w[0] != "page"}
    ours = {w["pid"]: w for w in case.doc["fs_waiting"]}
    tap.same("waits for answers", ours, noted)
    tap.result(len(ours) == len(case.doc["fs_waiting"]), "no task waits twice")
    for pid in sorted(set(ours) & set(noted)):
        what, op, _, _ = noted[pid]
        w = ours[pid]
        r = case.requests[w["request"]] if w["request"] is not None else None
        state = {"answer": "sent", "queued": "queued"}.get(what)
        good = r is None if what == "slot" else \
            r and r["operation"] == op and r["state"] == state
        tap.result(good, f"PID {pid} ({w['comm']}) waits for: {what}", [str(w), str(r)])


def check_without_types(tap, case):
    off = {f["feature"]: f["why"] for f in case.doc["features_off"]}
    for name in ("fuse", "nfs"):
        tap.result(off.get(name) == f"the dump has no types of module {name}",
                   f"it says that the types of {name} are missing", [str(off)])
    tap.result(case.requests == [] and not case.doc["complete"], "no request is made up")


def check_device(tap, command, vmcore):
    doc = json.loads(subprocess.run([command, "-c", vmcore, "--json", "--requests", "vda"],
                                    capture_output=True, check=True).stdout)
    tap.result(doc["fs_requests"] is None and
               not [w for w in doc["waiting"] if w["reads_from"] in ("server", "network")],
               "--requests vda: nothing of file systems without a device")


def check_text(tap, command, vmcore, case):
    text = subprocess.run([command, "-c", vmcore, "--requests"], capture_output=True, check=True,
                          text=True).stdout
    lines = text.splitlines()
    for r in case.requests:
        word = r["request"].removeprefix("0x")
        found = [line for line in lines if word in line]
        tap.result(len(found) == 1 and r["operation"] in found[0], f"text has {word} once", found)


def main():
    args, command = sys.argv[1:], "build/mmapinfo"
    if args[0] == "--mmapinfo":
        command, args = args[1], args[2:]
    vmcore, truth = args[0], pathlib.Path(args[1])
    asked = [json.loads(subprocess.run([command, "-c", vmcore, "--json", option], check=True,
                                       capture_output=True).stdout)
             for option in ("--requests", "--blocked")]
    tap, case = Results(), Case(asked[0], asked[1]["blocked"], truth)
    # Linux 5.11 is the first that keeps the types of modules.
    typed = " 5.10." not in (truth / "proc/version").read_text()
    if typed:
        check_connections(tap, case)
        check_fuse_requests(tap, case)
        check_nfs_requests(tap, case)
        check_answer_waits(tap, case)
        check_text(tap, command, vmcore, case)
    else:
        check_without_types(tap, case)
    check_page_waits(tap, case, typed)
    check_device(tap, command, vmcore)
    return tap.end()


sys.exit(main())
