# SPDX-License-Identifier: GPL-2.0-or-later
"""What mmapinfo said in a guest (tests/live/README.md); for tests."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "dumps"))


class Answer:
    """One run."""

    def __init__(self, path):
        self.path = path
        self.args = tuple((path / "args").read_text().splitlines())
        pairs = (line.split("=", 1) for line in (path / "info").read_text().splitlines())
        self.info = {k: int(v) for k, v in pairs}
        self.status = self.info["status"]
        self.err = (path / "err").read_text(errors="replace")

    def out(self):
        return (self.path / "out").read_bytes()

    def json(self):
        return json.loads(self.out())

    def says_one_line(self):
        """What is wrong. A document may have been begun before that came out."""
        return self.err.startswith("mmapinfo: ") and self.err.count("\n") == 1 \
            and self.err.endswith("\n")

    def one_line(self):
        """The same, and nothing else."""
        return self.says_one_line() and not self.out()


def answers(top, *below):
    """All of them, in order."""
    found = pathlib.Path(top, *below).glob("**/info")
    return [Answer(path.parent) for path in sorted(found, key=lambda p: (len(p.parts), str(p)))]


def facts(top):
    """What was asked, and who the runner was."""
    text = pathlib.Path(top, "live").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())
