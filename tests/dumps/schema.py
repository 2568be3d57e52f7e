#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every JSON document must obey docs/mmapinfo.schema.json.

    schema.py COMMAND DUMP [OPTION...]

Prints TAP: one test per process and kind of document, and one that the schema
refuses a document with a member too many, so that it does not allow anything.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

from tap import Tap

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mmapinfo.schema.json"


def main():
    command, dump, *more = sys.argv[1:]
    schema = json.loads(SCHEMA.read_text())
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    validator = cls(schema)
    tap = Tap()

    def ask(*options):
        first = ["check"] if "check" in options else []
        r = subprocess.run([command, *first, "-c", dump, "--json", *more, *options[len(first):]],
                           capture_output=True, check=False)
        assert r.returncode == 0 or (first and r.returncode == 1), r.stderr
        return json.loads(r.stdout)

    def validate(name, doc):
        errors = [f"{list(e.absolute_path)}: {e.message[:200]}"
                  for e in validator.iter_errors(doc)]
        tap.result(not errors, name, errors)

    everyone = ask("--all")
    validate("--all", everyone)
    validate("--all --sources", ask("--all", "--sources"))
    validate("--blocked", ask("--blocked"))
    validate("--requests", ask("--requests"))
    validate("--requests --sources", ask("--requests", "--sources"))
    validate("--log", ask("--log"))
    validate("--log=all --sources", ask("--log=all", "--sources"))
    validate("check", ask("check"))
    validate("check --rule rss --sources", ask("check", "--rule", "rss", "--sources"))
    pids = [p["pid"] for p in everyone["processes"] if p.get("rss")]
    for pid in pids:
        validate(f"PID {pid} --pages --next", ask("--pages", "--next", str(pid)))
    validate("PID 1 --each --sources", ask("--each", "--sources", "1"))
    validate("PID 1 --prefault --windows", ask("--prefault", "--windows", "1"))
    validate("PID 1 --stack", ask("--stack", "1"))
    validate("a kernel thread, --stack", ask("--stack", "2"))
    doc = ask(str(pids[-1]))
    validate(f"PID {pids[-1]} summary", doc)
    doc["mappings"][0]["surprise"] = 1
    tap.result(list(validator.iter_errors(doc)), "a member too many is refused")
    return tap.end()


sys.exit(main())
