#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of kernels before 4.0 that lie.

    hostile.py MMAPINFO DIR KERNEL [sanitized]

DIR/synth-KERNEL breaks one thing at a time. Whatever it is, mmapinfo must end soon, with a
document, in little memory, and must not keep quiet: the document differs from that of the
intact dump, and says that it is not complete or why pages are not known. Processes that have
nothing to do with it are told as before. Prints TAP.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "dumps"))
from tap import Tap

SECONDS = 20
MEMORY = 1 << 30
# Said where it is, and not as a problem: in the state of a page, by "?" in a path.
IN_PLACE = {"frame_nowhere", "size_negative", "page_of_another", "index_absurd",
            "directory_circle", "name_endless", "name_nowhere", "mount_circle"}


def limit_memory():
    # The shadow of a sanitizer takes more addresses than there are.
    if "sanitized" not in sys.argv:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def ask(command, core, vmlinux, what):
    """The document; or why there is none."""
    pages = ["--pages"] if what.isdigit() else []
    try:
        r = subprocess.run([command, "-c", core, "-s", vmlinux, "--json", *pages, what],
                           capture_output=True, timeout=SECONDS, check=False,
                           preexec_fn=limit_memory)
    except subprocess.TimeoutExpired:
        return None, f"takes more than {SECONDS} seconds"
    if r.returncode not in (0, 1):
        return None, f"status {r.returncode}: {r.stderr.decode()}"
    if not r.stdout:
        return (None, "no word") if not r.stderr else ({"error": r.stderr.decode()}, "")
    try:
        return json.loads(r.stdout), ""
    except ValueError as e:
        return None, f"no JSON: {e}"


def admits(doc):
    return bool(doc.get("error") or doc.get("problems"))


def main():
    command, directory, kernel = sys.argv[1:4]
    base = pathlib.Path(directory)
    make, vmlinux = base / f"synth-{kernel}", str(base / f"{kernel}.vmlinux")
    damages = subprocess.run([make, "--damages"], capture_output=True, check=True, text=True)
    tap, intact = Tap(), {}
    with tempfile.TemporaryDirectory(dir=directory) as tmp:
        core = str(pathlib.Path(tmp) / "vmcore")
        lines = [line.split() for line in damages.stdout.splitlines()]
        for what in sorted({what for _, what in lines} | {"1"}):
            intact[what], why = ask(command, str(base / f"{kernel}.vmcore"), vmlinux, what)
            ok = intact[what] is not None and not admits(intact[what])
            tap.result(ok, f"intact, {what}", [] if ok else [why, str(intact[what])[:600]])
        for name, what in lines:
            subprocess.run([make, vmlinux, core, f"{tmp}/truth", name], check=True)
            doc, why = ask(command, core, vmlinux, what)
            ok = doc is not None and doc != intact[what] and (admits(doc) or name in IN_PLACE)
            tap.result(ok, f"{name}, {what}: {said_by(doc) if doc else why}",
                       [] if ok else ["nothing is said of it"])
            if not what.isdigit():
                continue
            other, why = ask(command, core, vmlinux, "1")
            ok = other is not None and other.get("mappings") == intact["1"]["mappings"]
            tap.result(ok, f"{name}: another process is as before",
                       [] if ok else [why, str(other)[:600]])
    return tap.end()


def said_by(doc):
    if doc.get("error"):
        return doc["error"].strip()
    return "; ".join(f"{p['what']}: {p['why']}" for p in doc.get("problems", [])) or "in its place"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    sys.exit(main())
