# SPDX-License-Identifier: GPL-2.0-or-later
"""The line of one dump."""
import json
import os
import re
import resource
import signal
import sys

from . import SCHEMA, bounded, dmesg, find, summary

CALLS = {
    "blocked": ["--blocked", "--json"],
    "requests": ["--requests", "--json"],
    "check": ["check", "--json"],
    "log": ["--log", "--json"],
}
NO_LOG = "this mmapinfo does not read the log"
# What a document that is not as docs/json.md says may lead to.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError)


def identity(path):
    """What tells whether a line is still of this file. A name that is not UTF-8 is there twice."""
    raw = os.fsencode(path)
    line = {"schema": SCHEMA, "path": raw.decode("utf-8", "replace"), "size_bytes": None, "mtime_ns": None}
    if line["path"].encode() != raw:
        line["path_hex"] = raw.hex()
    try:
        st = os.stat(path)
        line |= {"size_bytes": st.st_size, "mtime_ns": st.st_mtime_ns}
    except OSError:
        pass
    return line


def one_line(raw):
    """The first line that mmapinfo said, without its name."""
    text = raw.decode("utf-8", "replace").strip().splitlines()
    return summary.cut(re.sub(r"^mmapinfo: ", "", text[0])) if text else None


def parse(ended):
    """(the document or None, how the call went for the line)."""
    call = {"status": ended.how, "number": ended.number, "why": ended.why or one_line(ended.err),
            "complete": None}
    if ended.how != "exit":
        return None, call
    if not ended.out.strip():
        call["status"] = "refused"
        return None, call
    try:
        doc = json.loads(ended.out)
        call["complete"] = bool(doc["complete"])
        broke_off = doc.get("error")
    except MALFORMED:
        return None, call | {"status": "garbled", "why": "what it printed is no document", "complete": None}
    if broke_off:
        return doc, call | {"status": "broke off", "why": summary.cut(broke_off)}
    return doc, call | {"status": "ok", "why": None}


class Dump:
    """The calls for one dump, and what came of each."""

    def __init__(self, path, options):
        self.path, self.options = path, options
        self.docs, self.calls, self.cost = {}, {}, {}
        self.vmlinux = find.vmlinux_for(find.build_id_in_note(path), options.vmlinux_dir)

    def call(self, name):
        o = self.options
        command = [o.mmapinfo, *CALLS[name], "-c", self.path]
        if self.vmlinux:
            command += ["-s", self.vmlinux]
        ended = bounded.run(command, o.time, o.memory << 20, o.output << 20)
        self.cost[name] = {"seconds": round(ended.seconds, 3), "peak_rss_bytes": ended.peak_rss_bytes}
        self.docs[name], self.calls[name] = parse(ended)
        if name == "log" and ended.how == "exit" and ended.number == 2:
            self.calls[name] |= {"status": "not known", "why": NO_LOG}

    def call_all(self):
        for name in CALLS:
            self.call(name)
            build_id = (self.docs[name] or {}).get("kernel", {}).get("build_id")
            if name != "blocked" or self.vmlinux or not build_id:
                continue
            self.vmlinux = find.vmlinux_for(build_id, self.options.vmlinux_dir)
            if self.vmlinux:
                self.call(name)

    def take(self, name, what, *more):
        """A part of the line, or None: there is no document, or none as there should be."""
        doc = self.docs.get(name)
        if doc is None:
            return None
        try:
            return what(doc, *more)
        except MALFORMED as error:
            self.docs[name] = None
            self.calls[name] |= {"status": "garbled", "why": f"a document of another form: {error!r}"[:200]}
            return None

    def panic(self, release):
        """Texts, where they stand, and why there is no panic."""
        call, texts, where = self.calls["log"], self.take("log", summary.log_panic), "log"
        if texts and texts == (None, None) and call["status"] != "ok":
            texts = None    # it broke off: who knows
        if not texts:
            texts, where = dmesg.panic(self.path, release), "dmesg file"
        if not texts:
            return {"panic": None, "trouble": None, "panic_source": None,
                    "panic_why_not": call["why"] or call["status"]}
        none = f"what could be read of the {where} has none"
        return {"panic": summary.cut(texts[0]), "trouble": summary.cut(texts[1]), "panic_source": where,
                "panic_why_not": None if texts[0] else none}

    def first(self, what):
        """Every document has it."""
        for name in CALLS:
            found = self.take(name, what)
            if found is not None:
                return found
        return None

    def line(self):
        self.call_all()
        kernel = self.first(summary.kernel)
        devices = self.take("requests", summary.devices_by_name) or {}
        return {
            "vmlinux": self.vmlinux and os.fsencode(self.vmlinux).decode("utf-8", "replace"),
            "kernel": kernel,
            "dump": self.first(summary.dump),
            "blocked": self.take("blocked", summary.blocked, devices),
            "requests": self.take("requests", summary.requests),
            "findings": self.take("check", summary.findings),
        } | self.panic(kernel and kernel["release"]) | {"calls": self.calls, "cost": self.cost}


def nothing(why):
    """The rest of a line of which nothing came."""
    return dict.fromkeys(("vmlinux", "kernel", "dump", "blocked", "requests", "findings", "panic", "trouble",
                          "panic_source")) | {
        "panic_why_not": why, "calls": {}, "cost": {}, "error": summary.cut(why)}


def dumped(line):
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def triage(path, options):
    """The line as text. Whatever happens, it is one."""
    line = identity(path)
    if line["size_bytes"] is None:
        return dumped(line | nothing("the file is not there, or cannot be looked at"))
    if options.memory:    # of ourselves, too: documents are read as a whole
        limit = resource.getrlimit(resource.RLIMIT_AS)[1]
        want = options.memory << 20
        want = want if limit == resource.RLIM_INFINITY else min(want, limit)
        resource.setrlimit(resource.RLIMIT_AS, (want, limit))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return dumped(line | Dump(path, options).line())
    except MemoryError:
        return dumped(line | nothing("no memory for what mmapinfo answered"))
    except Exception as error:    # a fault of ours is no reason to lose the dump
        return dumped(line | nothing(f"a fault of mmapinfo-triage: {error!r}"))


def failed(line):
    """Whether some of the answers are missing. A log that cannot be read is not."""
    calls = line["calls"]
    return "error" in line or any(calls[name]["status"] != "ok" for name in CALLS if name != "log") or \
        calls["log"]["status"] in ("signal", "timeout", "output", "start", "garbled")


def found_something(line):
    """Stuck tasks, or findings."""
    return bool((line["blocked"] or {}).get("tasks") or (line["findings"] or {}).get("rules"))
