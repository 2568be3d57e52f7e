# SPDX-License-Identifier: GPL-2.0-or-later
"""What of mmapinfo's documents goes into a line. Bounded: a dump may have a million stuck tasks."""
import re

GROUPS, TEXTS, FRAMES, LETTERS = 64, 3, 48, 400


def cut(text):
    """A string of a dump, or None."""
    if text is None:
        return None
    text = str(text)
    return text if len(text) <= LETTERS else text[:LETTERS - 1] + "…"


def pick(source, *names):
    return {name: cut(v) if isinstance(v, str) else v
            for name, v in ((n, source.get(n)) for n in names)}


def kernel(doc):
    return pick(doc["kernel"], "release", "arch", "build_id")


def dump(doc):
    return pick(doc["dump"], "format", "level", "incomplete", "why_incomplete")


def device_kind(name, device=None):
    """The same for all devices of one kind, in all machines: "sd" of sda and sdb."""
    if name is None:
        return None
    stacked = (device or {}).get("stacked")
    if stacked:
        return cut(":".join(filter(None, (stacked["kind"], stacked.get("what")))))
    found = re.match(r"(x?vd|[shu]d|dasd)[a-z]+\d*$", name)
    return found.group(1) if found else cut(re.sub(r"-?\d.*", "", name) or name)


def stack(task):
    """Symbols as a reader of /proc/PID/stack sees them; "?" for one without a name."""
    shown = [f.get("symbol") or "?" for f in task.get("stack") or [] if not f.get("hidden")]
    return [cut(s) for s in shown[:FRAMES]]


def longest(tasks):
    """Of those whose time is known the longest; else the first."""
    task = min(tasks, key=lambda t: (-(t.get("blocked_ns") or -1), t["pid"]))
    return pick(task, "pid", "comm", "state", "blocked_ns", "verdict", "verdict_text") | {
        "stack": stack(task)}


def group(found, tasks, devices):
    """A group of --blocked, by the tasks in it."""
    name, verdicts = found["device"], {}
    for task in tasks:
        verdicts[task["verdict"]] = verdicts.get(task["verdict"], 0) + 1
    lock = next((t["lock"] for t in tasks if t.get("lock")), None)
    served = next((t["fs_connection"] for t in tasks if t.get("fs_connection")), None)
    return {
        "tasks": found["tasks"],
        "verdicts": verdicts,
        "device": cut(name),
        "device_kind": device_kind(name, devices.get(name)),
        "function": cut(found["function"]),
        "lock": pick(lock, "kind", "of") if lock else None,
        "server": cut(served["fs"]) if served else None,
        "longest": longest(tasks) if tasks else None,
    }


def blocked(doc, devices):
    """Stuck tasks. devices: of --requests, by name, or empty."""
    tasks = [[] for _ in doc["groups"]]
    for task in doc["blocked"]:
        tasks[task["group"]].append(task)
    groups = [group(g, t, devices) for g, t in zip(doc["groups"], tasks)]
    return {
        "tasks": len(doc["blocked"]),
        "looked_at": doc["tasks_looked_at"],
        "groups": groups[:GROUPS],
        "groups_left_out": len(groups[GROUPS:]),
    }


def devices_by_name(doc):
    return {device["name"]: device for device in doc["devices"]}


def requests(doc):
    """How many, and the oldest of those whose age is known."""
    known = [r for r in doc["requests"] if r.get("age_ns") is not None]
    oldest = max(known, key=lambda r: r["age_ns"], default=None)
    name = oldest and oldest.get("device")
    return {
        "pending": len(doc["requests"]),
        "age_unknown": len(doc["requests"]) - len(known),
        "oldest": oldest and pick(oldest, "device", "operation", "state", "sector", "size_bytes",
                                  "age_ns") | {
            "device_kind": device_kind(name, devices_by_name(doc).get(name))},
    }


def findings(doc):
    """Of each rule that found something: how much, and the first texts."""
    found = doc["check"]["findings"]
    rules = [pick(rule, "id", "severity") | {
        "count": rule["findings"],
        "texts": [cut(f["text"]) for f in found if f["rule"] == rule["id"]][:TEXTS],
    } for rule in doc["check"]["rules"] if rule["findings"]]
    return {
        "errors": sum(r["count"] for r in rules if r["severity"] == "error"),
        "warnings": sum(r["count"] for r in rules if r["severity"] == "warning"),
        "rules": rules,
        "not_applied": [pick(rule, "id", "why_not") for rule in doc["check"]["rules"]
                        if rule["why_not"]],
    }


def log_panic(doc):
    """(the panic, the last oops), each may be None."""
    log = doc["log"]
    texts = log["panic"], log.get("trouble")
    if any(text is not None and not isinstance(text, str) for text in texts):
        raise TypeError("what the log says of the panic is no text")
    return tuple(map(cut, texts))
