# SPDX-License-Identifier: GPL-2.0-or-later
"""When the truth was recorded, and how long before the dump: init's clock, in nanoseconds."""


def clock(truth, name):
    path = truth / "clock" / name
    return int(path.read_text()) if path.exists() else None


def recording(truth):
    """For how long before its end the truth was being recorded."""
    begin, end = clock(truth, "processes"), clock(truth, "end")
    return end - begin if begin is not None else 0
