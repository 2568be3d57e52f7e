# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of tests, as TAP."""

DETAILS = 20  # lines at most, of a test that failed


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def result(self, ok, name, details=()):
        self.n += 1
        self.failed += not ok
        print(("ok" if ok else "not ok") + f" {self.n} - {name}")
        for line in () if ok else list(details)[:DETAILS]:
            print("# " + str(line).replace("\n", "\n# "))

    def same(self, name, ours, theirs):
        """Two sets."""
        missing, extra = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
        self.result(not missing and not extra,
                    f"{name}: {len(set(theirs))}, {len(missing)} missing, {len(extra)} extra",
                    [f"missing {m}" for m in missing[:5]] + [f"extra {e}" for e in extra[:5]])

    def end(self):
        """The plan; returns the exit status."""
        print(f"1..{self.n}")
        return int(self.failed > 0)
