#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo check --expect: a user's own conditions find what Python finds in the same JSON.

    expect.py [--mmapinfo CMD] VMCORE            examples, documents, formats, bad files
    expect.py [--mmapinfo CMD] --stuck VMCORE    examples alone, and each must find something

The examples are those of docs/checks/examples: as they are, and with another limit, so that
there is something to find. Prints TAP.
"""
import argparse
import collections
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import jsonschema

from tap import Tap

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
NONE, FOUND, USAGE, NOT_CHECKED = range(4)
KEPT = 64


class Dump:
    """mmapinfo's answers of one dump; each document is asked for once."""

    def __init__(self, command, vmcore, directory):
        self.command, self.vmcore = command, vmcore
        self.file = pathlib.Path(directory) / "expect.json"
        self.asked = {}

    def ask(self, *options):
        if options not in self.asked:
            words = [self.command, *(options[:1] if options[0] == "check" else ()), "-c",
                     self.vmcore, "--json", *options[options[0] == "check":]]
            r = subprocess.run(words, capture_output=True, check=False)
            assert r.returncode == 0 or (options[0] == "check" and r.returncode == 1), r.stderr
            self.asked[options] = json.loads(r.stdout)
        return self.asked[options]

    def processes(self, *options):
        return [self.ask(*options, str(p["pid"])) for p in self.ask("--all")["processes"]
                if p["mm"]]

    def expect(self, expectations, *options, rule="none"):
        """The finished check of a list of expectations, or of the text of a file."""
        if not isinstance(expectations, str):
            expectations = json.dumps(expectations)
        self.file.write_text(expectations)
        rules = ("--rule", rule) if rule else ()
        return subprocess.run([self.command, "check", "-c", self.vmcore, "--expect", self.file,
                               *rules, *options], capture_output=True, check=False, text=True)

    def found(self, expectations, *options, **more):
        r = self.expect(expectations, "--json", *options, **more)
        if r.returncode not in (NONE, FOUND):
            raise SystemExit(f"Bail out! status {r.returncode}: {r.stderr}")
        return r.returncode, json.loads(r.stdout)


# ---- what the examples should find, each a list of PID and text ----


def shared_by(dump, pid):
    return [(pid, m["name"]) for doc in dump.processes() if doc["process"]["pid"] == pid
            for m in doc["mappings"] if m["permissions"][1] + m["permissions"][3] == "ws"]


def dirty_beyond(dump, mib):
    return [(doc["process"]["pid"], "too much is dirty") for doc in dump.processes()
            if doc["file_totals"]["dirty"] * 4096 > mib * 2**20]


def sleep_for(dump, what):
    return [(doc["process"]["pid"], f"thread {t['tid']}") for doc in dump.processes("--stack")
            for t in doc["process"]["threads"] if (t.get("sleeps_for") or {}).get("class") == what]


def threads_beyond(dump, limit):
    n = sum(p["threads"] for p in dump.ask("--all")["processes"])
    return [(None, "expected, but false")] * (n > limit)


def dirty_below(dump, directory):
    return [(doc["process"]["pid"], f["path"]) for doc in dump.processes() for f in doc["files"]
            if f["path"].startswith(directory) and f["cache"]["dirty"]]


def dirty_for(dump, limit):
    directory, seconds = limit
    return [(doc["process"]["pid"], f["path"]) for doc in dump.processes() for f in doc["files"]
            if f["path"].startswith(directory) and f["cache"]["dirty"]
            and (f["dirtied_ago_ns"] or 0) > seconds * 10**9]


def evicted_beyond(dump, limit):
    return [(doc["process"]["pid"], "expected, but false") for doc in dump.processes()
            if doc["file_totals"]["evicted"] > limit]


def waited_for(dump, ns):
    doc = dump.ask("--requests")
    waited = {w["request"] for w in doc["waiting"]} - {None}
    return [(None, f"{r['operation']} of {r['device']}, {r['request']}")
            for i, r in enumerate(doc["requests"])
            if i in waited and r["age_ns"] is not None and r["age_ns"] > ns]


def stuck_for(dump, seconds):
    return [(None, f"PID {t['pid']} ({t['comm']}): {t['doing']} waits for {t['waits_for_text']}")
            for t in dump.ask("--blocked")["blocked"]
            if t["blocked_ns"] is not None and t["blocked_ns"] > seconds * 10**9]


def wait_for_servers(dump, _):
    doc, of = dump.ask("--requests"), []
    for w in doc["fs_waiting"]:
        of.append((w, doc["fs_connections"][w["connection"]]))
    for w in doc["waiting"]:
        if w["fs_request"] is not None:
            request = doc["fs_requests"][w["fs_request"]]
            of.append((w, doc["fs_connections"][request["connection"]]))
    return [(None, f"PID {w['pid']} ({w['comm']}) waits for {c['fs']} {c['number']}")
            for w, c in of]


def rules_that(dump, applied):
    return [(None, f"{r['id']}: {r['why_not'] or 'null'}")
            for r in dump.ask("check")["check"]["rules"] if (r["why_not"] is None) == applied]


def examples(dump):
    """Name: what finds it in Python, its limit; what of the program becomes what, the new limit."""
    sharers = [d["process"]["pid"] for d in dump.processes()
               if shared_by(dump, d["process"]["pid"])]
    paths = collections.Counter(f["path"].rpartition("/")[0] + "/" for d in dump.processes()
                                for f in d["files"] if f["cache"] and f["cache"]["dirty"])
    directory = paths.most_common(1)[0][0]
    return {
        "init-shares-nothing": (shared_by, 1, "pid == 1)", f"pid == {sharers[0]})", sharers[0]),
        "dirty-processes": (dirty_beyond, 1024, "> 1024", "> 0.1", 0.1),
        "no-reclaim": (sleep_for, "reclaim", '"reclaim"', '"page"', "page"),
        "few-threads": (threads_beyond, 10000, "10000", "9", 9),
        "database-written": (dirty_below, "/var/lib/db/", '"/var/lib/db/"', f'"{directory}"',
                             directory),
        "database-in-time": (dirty_for, ("/var/lib/db/", 60), '"/var/lib/db/")) and .cache.dirty'
                             ' > 0 and .dirtied_ago_ns > 60e9', '"/")) and .cache.dirty > 0 and '
                             '.dirtied_ago_ns > 15e9', ("/", 15)),
        "waited-requests": (waited_for, 10e9, "10e9", "15e9", 15e9),
        "stuck-tasks": (stuck_for, 60, "60 as", "10 as", 10),
        "servers-answer": (wait_for_servers, None, "", "", None),
        "data-written": (dirty_below, "/mnt/data/", '"/mnt/data/"', f'"{directory}"', directory),
        "nothing-evicted": (evicted_beyond, 0, "== 0", "== -1", -1),
        "all-rules-applied": (rules_that, False, "why_not != null", "why_not == null", True),
    }


def shipped():
    return [e for path in sorted((DOCS / "checks" / "examples").glob("*.json"))
            for e in json.loads(path.read_text())]


def compare(tap, dump, expectation, wanted, name, must):
    status, doc = dump.found([expectation], rule=None if expectation["about"] == "check" else
                             "none")
    of, = doc["check"]["expectations"]
    found = [(f["pid"], f["text"]) for f in doc["check"]["findings"]
             if f["rule"] == expectation["name"]]
    # Of many the first, in the order of the document; some examples group what they find.
    kept = sorted(map(str, found)) == sorted(map(str, wanted)) if len(wanted) <= KEPT else (
        len(found) == KEPT and not set(found) - set(wanted))
    tap.result(kept and of["findings"] == len(wanted) and not of["why_not"]
               and (wanted or not must)
               and status == (FOUND if doc["check"]["findings"] else NONE),
               f"{name}: {len(wanted)} found",
               [f"found {of['findings']}, {found[:5]}", f"wanted {wanted[:5]}", of["why_not"]])


def check_examples(tap, dump, must):
    facts = examples(dump)
    shown = re.findall(r"```json\n(.*?)```", (DOCS / "checks/expectations.md").read_text(), re.S)
    tap.result([json.loads(text) for text in shown] ==
               [json.loads((DOCS / "checks/examples/demo.json").read_text())],
               "the file shown in docs is that of the examples")
    tap.same("an example each", {e["name"] for e in shipped()}, set(facts))
    for e in shipped():
        find, limit, old, new, other = facts[e["name"]]
        key = "finds" if "finds" in e else "expect"
        compare(tap, dump, e, find(dump, limit), e["name"], False)
        tap.result(old in e[key], f"{e['name']}: has {old or 'no limit'}")
        changed = dict(e, **{key: e[key].replace(old, new)})
        compare(tap, dump, changed, find(dump, other), f"{e['name']}, {new or 'no limit'}", must)


# ---- the documents that programs get ----

PRINT = ('{text: "document", numbers: ([.. | numbers] | length), strings: ([.. | strings | length]'
         ' | add), sum: ([.. | numbers | select(. == floor and . >= 0 and . < 4294967296)] | add),'
         ' objects: ([.. | objects | length] | add), complete}')


def scalars(v):
    yield v
    for part in v.values() if isinstance(v, dict) else v if isinstance(v, list) else ():
        yield from scalars(part)


def fingerprint(doc):
    """The same as PRINT."""
    all_of = list(scalars(doc))
    numbers = [v for v in all_of if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return {"numbers": len(numbers),
            "strings": sum(len(v) for v in all_of if isinstance(v, str)),
            "sum": sum(int(v) for v in numbers if v == math.floor(v) and 0 <= v < 2**32),
            "objects": sum(len(v) for v in all_of if isinstance(v, dict)),
            "complete": doc["complete"]}


def check_documents(tap, dump):
    def of(about, documents, *more, rule="none", **members):
        e = {"name": "d", "message": "m", "about": about, "finds": PRINT, **members}
        doc = dump.found([e], *more, rule=rule)[1]
        found = [f["evidence"] for f in doc["check"]["findings"] if f["rule"] == "d"]
        wanted = [fingerprint(d) for d in documents]
        about_it, = doc["check"]["expectations"]
        incomplete = sum(not d["complete"] for d in documents)
        tap.result(found == wanted and about_it["documents"] == len(wanted)
                   and about_it["documents_incomplete"] == incomplete,
                   f"{about} {members.get('with', '')}: {len(wanted)} documents as --json prints "
                   f"them, {incomplete} incomplete",
                   [(f, w) for f, w in zip(found, wanted) if f != w][:3] or [about_it])

    of("process", dump.processes())
    for option in ("pages", "stack", "prefault", "next"):
        of("process", dump.processes(f"--{option}"), **{"with": [option]})
    of("process", dump.processes("--pages", "--stack"), **{"with": ["stack", "pages"]})
    of("processes", [dump.ask("--all")])
    of("requests", [dump.ask("--requests")])
    of("blocked", [dump.ask("--blocked")])
    of("check", [dump.ask("check")], rule=None)
    of("check", [dump.ask("check", "--rule", "rss,nrpages")], rule="rss,nrpages")


# ---- what may be wrong ----

GOOD = {"name": "a", "message": "m", "about": "processes", "expect": "true"}


def without(*keys, **more):
    return [dict({k: v for k, v in GOOD.items() if k not in keys}, **more)]


BAD = (
    ("", "it is empty"),
    ("[", "it is not JSON: Unfinished JSON term"),
    ("[] x", "it is not JSON: Invalid numeric literal"),
    (json.dumps([GOOD]) + " 1 ", "there is more behind the list"),
    ({"name": "x"}, "it is not a list of expectations, but an object"),
    ([], "it has 0 expectations"),
    ([GOOD] * 300, "it has 300 expectations"),
    ([1], "expectation 1: it is not an object"),
    ([GOOD, {}], "expectation 2: it has no \"name\""),
    ([GOOD, GOOD], "expectation 2: the name 'a' is there twice"),
    (without(name="A b"), "expectation 1: a name has small letters, digits and hyphens"),
    (without(name="a\0b"), "expectation 1: \"name\" is not a string of characters"),
    (without(name="x" * 65), "expectation 1: a name has small letters"),
    (without(name="rss"), "expectation 1: 'rss' is the name of a rule"),
    (without(color="red"), "expectation 'a': there is no member \"color\""),
    (without("message"), "expectation 'a': it has no \"message\""),
    (without(message=5), "expectation 'a': \"message\" is not a string"),
    (without(message=""), "expectation 'a': \"message\" is not a string"),
    (without(severity="high"), "expectation 'a': \"severity\" cannot be \"high\""),
    (without("about"), "expectation 'a': it has no \"about\""),
    (without(about="tasks"), "expectation 'a': \"about\" cannot be \"tasks\""),
    (without(about=["process"]), "expectation 'a': \"about\" cannot be [\"process\"]"),
    (without(**{"with": ["pages"]}), "expectation 'a': \"with\" is of \"about\": \"process\""),
    (without(about="process", **{"with": "pages"}), "expectation 'a': \"with\" is not a list"),
    (without(about="process", **{"with": ["map"]}), "expectation 'a': \"with\" cannot have \"map\""),
    (without("expect"), "expectation 'a': it has neither \"expect\" nor \"finds\""),
    (without(finds="1"), "expectation 'a': it has both \"expect\" and \"finds\""),
    (without(expect=True), "expectation 'a': \"expect\" is not a string"),
    (without(expect=".a ||"), "expectation 'a': jq does not compile it: syntax error"),
    (without(expect="nonsense(1)"), "jq does not compile it: nonsense/1 is not defined"),
    (without(expect='include "x"; 1'), "jq does not compile it: module not found: x"),
    ("x" * (2 << 20), "it is larger than 1 MiB"),
)


def refused(tap, r, part, name):
    tap.result(r.returncode == USAGE and not r.stdout and part in r.stderr
               and r.stderr.count("\n") == 1 and r.stderr.startswith("mmapinfo: --expect "),
               f"refused: {name}", [f"status {r.returncode}", r.stderr, f"wanted {part}"])


def check_refused(tap, dump):
    for content, part in BAD:
        refused(tap, dump.expect(content), part, part)
    refused(tap, dump.expect("x", "--expect", "/nonexistent/file"),
            "--expect", "a file that is not there")
    for path, part in (("/nonexistent", "No such file"), ("/", "Is a directory"),
                       ("/dev/zero", "it is not JSON")):
        r = subprocess.run([dump.command, "check", "-c", dump.vmcore, "--expect", path],
                           capture_output=True, check=False, text=True)
        refused(tap, r, part, f"{path}: {part}")
    r = subprocess.run([dump.command, "check", "-c", dump.vmcore, "--rule", "none"],
                       capture_output=True, check=False, text=True)
    tap.result(r.returncode == USAGE and "--expect" in r.stderr, "refused: --rule none alone")


# ---- what comes out ----

def made(name, finds, about="processes", **more):
    return {"name": name, "message": f"message of {name}", "about": about, "finds": finds, **more}


def check_outputs(tap, dump):
    cases = {
        "empty": [], "false, null": [], "1, false, \"x\", null": ["1", "x"],
        "{a: 1}": ['{"a":1}'], "[1, \"x\"]": ['[1,"x"]'], "{text: \"t\", b: [1]}": ["t"],
        "true": ["true"], "\"two\\nlines\"": ["two\nlines"], "1, halt, 2": ["1"],
        "\"\\u00e4\" * 600": [None],
    }
    for program, texts in cases.items():
        status, doc = dump.found([made("x", program)])
        found = [f["text"] for f in doc["check"]["findings"]]
        if texts == [None]:
            tap.result(len(found) == 1 and re.fullmatch("ä+[.]{3}", found[0])
                       and len(found[0].encode()) <= 1000, "a long text is cut", found)
            continue
        tap.result(found == texts and status == (FOUND if texts else NONE),
                   f"finds {program!r}: {texts}", found)
    for program, texts in (("true, 1, \"\"", []), ("empty", []), ("true, false, null",
                           ["expected, but false", "expected, but null"])):
        e = made("x", "")
        del e["finds"]
        status, doc = dump.found([dict(e, expect=program)])
        found = [f["text"] for f in doc["check"]["findings"]]
        tap.result(found == texts and status == (FOUND if texts else NONE),
                   f"expect {program!r}: {len(texts)} findings", found)
    doc = dump.found([made("x", '{text: "t", n: 1.5, big: 9007199254740993, z: null, y: true, '
                           'no: false, s: "ä", o: {}, neg: -1e300}')])[1]
    evidence = doc["check"]["findings"][0]["evidence"]
    wanted = {"n": 1.5, "big": evidence.get("big"), "z": None, "y": True, "no": False, "s": "ä",
              "neg": -1e300}
    tap.result(evidence == wanted and abs(evidence["big"] - 2**53) <= 1
               and list(evidence) == sorted(evidence), "an object's scalars are evidence",
               [evidence])


def check_errors(tap, dump):
    for program, why in (("error(\"my reason\")", "my reason"), ("error({a: 1})", '{"a":1}'),
                         (".processes + 1", "cannot be added"),
                         ("\"the end\" | halt_error", "the end"),
                         ("repeat(1)", "it finds more than a million times")):
        doc = json.loads(dump.expect([made("x", program)], "--json").stdout)
        of, = doc["check"]["expectations"]
        tap.result(why in of["why_not"], f"{program}: could not be applied", [of["why_not"]])
    r = dump.expect([made("x", "error(\"my\\nreason\")"), made("y", "empty")])
    tap.result(r.returncode == NOT_CHECKED and "NOT CHECKED\n  x: my\\012reason\n" in r.stdout
               and "1 of 2 expectations could not be applied: x: my" in r.stderr,
               "nothing found, and one not applied: status 3", [r.stdout, r.stderr])
    r = dump.expect([made("x", "error(\"my reason\")"), made("y", "1")])
    tap.result(r.returncode == FOUND and not r.stderr and "NOT CHECKED\n  x: my" in r.stdout,
               "another finds something: status 1", [r.stdout, r.stderr])
    r = dump.expect([made("x", ".process.pid as $p | if $p > 100 then error(\"at \\($p)\") else "
                          "empty end", "process")], "--format", "tap")
    tap.result(re.search(r"^ok 1 - x # SKIP PID (\d+) \(\S+\): at \1$", r.stdout, re.M),
               "the process is named", [r.stdout])


def check_bounds(tap, dump):
    many = [made("many", "range(100) | {text: \"n \\(.)\", n: .}"), made("few", "1")]
    status, doc = dump.found(many)
    counts = {e["name"]: e["findings"] for e in doc["check"]["expectations"]}
    kept = collections.Counter(f["rule"] for f in doc["check"]["findings"])
    tap.result(status == FOUND and counts == {"many": 100, "few": 1}
               and kept == {"many": KEPT, "few": 1}, "100 findings: 64 are kept, 100 counted",
               [counts, kept])
    text = dump.expect(many).stdout
    tap.result("\n  and 36 more\n" in text and "  n 63\n" in text and "  n 64\n" not in text,
               "text: and 36 more", [text[-300:]])
    wide = "reduce range(40) as $i ({text: \"t\"}; .[\"k\\(100 + $i)\"] = $i)"
    doc = dump.found([made("wide", wide)])[1]
    tap.result(len(doc["check"]["findings"][0]["evidence"]) == 16, "16 values of a finding")


def check_forms(tap, dump):
    validator = jsonschema.Draft202012Validator(
        json.loads((DOCS / "mmapinfo.schema.json").read_text()))
    pids = [d["process"]["pid"] for d in dump.processes()][:3]
    some = [made("of-processes", f".process.pid | select(. <= {pids[2]}) | {{text: \"<&\\\" \\(.)\"}}",
                 "process", severity="error"),
            made("nothing", "empty"), made("fails", "error(\"x\")"),
            made("incomplete", "empty", "process", **{"with": ["stack"]})]
    r = dump.expect(some, "--json", rule=None)
    doc = json.loads(r.stdout)
    errors = list(validator.iter_errors(doc))
    tap.result(not errors, "JSON obeys the schema", [e.message[:200] for e in errors])
    doc["check"]["expectations"][0]["more"] = 1
    tap.result(list(validator.iter_errors(doc)), "and a member too many is refused")
    del doc["check"]["expectations"][0]["more"]
    found = [f for f in doc["check"]["findings"] if f["rule"] == "of-processes"]
    tap.result([f["pid"] for f in found] == pids and all(f["comm"] and f["address"] for f in found)
               and {f["severity"] for f in found} == {"error"}, "findings have their process")
    rules = len(doc["check"]["rules"])
    lines = dump.expect(some, "--format", "tap", rule=None).stdout.splitlines()
    tap.result(lines[0] == f"1..{rules + 4}"
               and f"not ok {rules + 1} - of-processes: 3 findings" in lines
               and f"ok {rules + 2} - nothing" in lines
               and f"ok {rules + 3} - fails # SKIP x" in lines
               and sum(line.startswith("# PID ") for line in lines) == 3, "TAP", lines[-12:])
    suite = ET.fromstring(dump.expect(some, "--format", "junit").stdout)
    failed = [c.get("name") for c in suite.iter("testcase") if c.find("failure") is not None]
    skipped = [c.get("name") for c in suite.iter("testcase") if c.find("skipped") is not None]
    tap.result(failed == ["of-processes"] and skipped == ["fails"] and suite.get("tests") == "4"
               and suite.get("failures") == "1" and suite.get("skipped") == "1"
               and suite.find(".//failure").text.count('<&"') == 3, "JUnit", [failed, skipped])
    text = dump.expect(some, rule=None).stdout
    tap.result("\nCHECKED  " in "\n" + text and "\nEXPECTED  3 of 4 applied: 3 errors, 0 warnings\n"
               in text and "\nERROR  of-processes: message of of-processes\n" in text
               and text.count(", PID ") >= 3, "text", [text[:600]])
    of, = (e for e in doc["check"]["expectations"] if e["name"] == "incomplete")
    line = f"  incomplete: of {of['documents']} documents {of['documents_incomplete']} incomplete\n"
    tap.result((line in text) == (of["documents_incomplete"] > 0), "text: incomplete documents")


def check_options(tap, dump):
    two = [made("warns", "1"), made("errs", "empty", severity="error")]
    status, doc = dump.found(two, "--severity", "error")
    tap.result(status == NONE and [e["name"] for e in doc["check"]["expectations"]] == ["errs"],
               "--severity error leaves warnings out")
    status, doc = dump.found(two, rule="rss")
    tap.result(status == FOUND and len(doc["check"]["expectations"]) == 2
               and [r["id"] for r in doc["check"]["rules"]] == ["rss"],
               "--rule chooses rules alone")
    doc = dump.found(two)[1]
    tap.result(not doc["check"]["rules"] and not doc["check"]["processes"], "--rule none: no rule")
    tap.result("expectations" not in dump.ask("check")["check"], "without --expect: no member")
    lines = dump.expect(two, "--list", rule=None).stdout.splitlines()
    tap.result([line.split(None, 2) for line in lines[-2:]] ==
               [["warns", "warning", "message of warns"], ["errs", "error", "message of errs"]]
               and lines[0].startswith("structure "), "--list has the expectations", lines[-2:])
    r = subprocess.run([dump.command, "check", "-c", dump.vmcore, "--rule", "none", "--expect",
                        "/dev/stdin"], input=json.dumps(two), capture_output=True, check=False,
                       text=True)
    tap.result(r.returncode == FOUND and "warns" in r.stdout, "FILE may be a pipe", [r.stderr])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mmapinfo", default="build/mmapinfo")
    parser.add_argument("--stuck", action="store_true")
    parser.add_argument("vmcore")
    args = parser.parse_args()
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        dump = Dump(args.mmapinfo, args.vmcore, directory)
        check_examples(tap, dump, args.stuck)
        if not args.stuck:
            check_documents(tap, dump)
            check_refused(tap, dump)
            check_outputs(tap, dump)
            check_errors(tap, dump)
            check_bounds(tap, dump)
            check_forms(tap, dump)
            check_options(tap, dump)
    return tap.end()


sys.exit(main())
