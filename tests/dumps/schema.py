#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every JSON document must obey docs/mmapinfo.schema.json.

    schema.py COMMAND DUMP

Prints TAP: one test per process and kind of document, and one that the schema
refuses a document with a member too many, so that it does not allow anything.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mmapinfo.schema.json"


def main():
    command, dump = sys.argv[1:3]
    schema = json.loads(SCHEMA.read_text())
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    validator = cls(schema)
    n = bad = 0

    def ask(*options):
        r = subprocess.run([command, "-c", dump, "--json", *options], capture_output=True,
                           check=True)
        return json.loads(r.stdout)

    def test(name, errors):
        nonlocal n, bad
        n += 1
        bad += bool(errors)
        print(("not ok" if errors else "ok") + f" {n} - {name}")
        for e in errors[:5]:
            print(f"# {e}")

    def validate(name, doc):
        test(name, [f"{list(e.absolute_path)}: {e.message[:200]}"
                    for e in validator.iter_errors(doc)])

    everyone = ask("--all")
    validate("--all", everyone)
    validate("--all --sources", ask("--all", "--sources"))
    pids = [p["pid"] for p in everyone["processes"] if p.get("rss")]
    for pid in pids:
        validate(f"PID {pid} --pages", ask("--pages", str(pid)))
    validate("PID 1 --each --sources", ask("--each", "--sources", "1"))
    doc = ask(str(pids[-1]))
    validate(f"PID {pids[-1]} summary", doc)
    doc["mappings"][0]["surprise"] = 1
    test("a member too many is refused", [] if list(validator.iter_errors(doc)) else ["accepted"])
    print(f"1..{n}")
    return bool(bad)


sys.exit(main())
