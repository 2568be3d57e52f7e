# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes two dumps the same: not numbers, addresses or names of processes, but what waits for
what, the stack of who has waited longest, the rules that found something, the panic."""
import hashlib
import json
import re

from . import one

NUMBERS = re.compile(r"0x[0-9a-f]+|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b|\b\d+\b", re.I)
SUFFIX = re.compile(r"\.(isra|constprop|part|cold|llvm)\b.*")    # what compilers append


def without_numbers(text):
    return None if text is None else NUMBERS.sub("#", text)


def waits(group):
    """ "device sd", "lock i_rwsem", "function rq_qos_wait": one for each verdict of a group."""
    on = group["device_kind"] or (group["lock"] or {}).get("of") or \
        (group["lock"] or {}).get("kind") or group["server"] or group["function"]
    return [f"{verdict} {on}" if on else verdict for verdict in group["verdicts"]]


def longest(line):
    """The stuck task that has waited longest, of those groups that are listed; or None."""
    tasks = [g["longest"] for g in (line["blocked"] or {}).get("groups", []) if g["longest"]]
    return min(tasks, key=lambda t: (-(t["blocked_ns"] or -1), t["pid"]), default=None)


def of(line):
    blocked, task = line["blocked"] or {}, longest(line)
    failures = {}
    for name, call in sorted(line["calls"].items()):
        if name == "log" or call["status"] == "ok":
            continue
        why = call["status"] + (f": {without_numbers(call['why'])}" if call["why"] else "")
        failures.setdefault(why, []).append(name)
    if "error" in line:
        failures[without_numbers(line["error"])] = ["triage"]
    return {
        "verdicts": sorted({w for g in blocked.get("groups", []) for w in waits(g)}),
        "stack": [SUFFIX.sub("", s) for s in task["stack"]] if task else [],
        "rules": sorted(r["id"] for r in (line["findings"] or {}).get("rules", [])),
        "panic": without_numbers(line["panic"]),
        "trouble": without_numbers(line["trouble"]),
        "failures": sorted(f"{', '.join(names)}: {why}" for why, names in failures.items()),
    }


def name_of(signature):
    """Short, and the same for the same."""
    return hashlib.sha256(json.dumps(signature, sort_keys=True).encode()).hexdigest()[:12]


class Group:
    def __init__(self, signature):
        self.signature, self.name, self.lines = signature, name_of(signature), []

    def kernels(self):
        return sorted({line["kernel"]["release"] or "?" if line["kernel"] else "?" for line in self.lines})

    def tasks(self):
        """The most stuck tasks that one of the dumps has; None: not known of any."""
        return max((line["blocked"]["tasks"] for line in self.lines if line["blocked"]), default=None)

    def failed(self):
        return any(one.failed(line) for line in self.lines)

    def lacking(self):
        """How many of the dumps lack something, so that more might have been found."""
        return sum(any(call["complete"] is False for name, call in line["calls"].items() if name != "log")
                   for line in self.lines if not one.failed(line))

    def example(self):
        """The dump whose longest wait is the longest."""
        return max(self.lines, key=lambda line: (longest(line) or {}).get("blocked_ns") or -1)


def groups(lines):
    """The largest first."""
    by_name = {}
    for line in lines:
        found = Group(of(line))
        by_name.setdefault(found.name, found).lines.append(line)
    for group in by_name.values():
        group.lines.sort(key=lambda line: line["path"])
    return sorted(by_name.values(), key=lambda g: (-len(g.lines), g.name))
