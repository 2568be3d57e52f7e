# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo-triage: one JSON line for each of many dumps, and groups of the same signature.

    find.py       which files are dumps; the vmlinux of one
    bounded.py    one command, with bounds of time, memory and output
    summary.py    what of mmapinfo's documents goes into the line
    dmesg.py      the panic that a log saved beside the dump tells of
    one.py        the line of one dump
    results.py    the file that lines are kept in
    drive.py      many dumps: on this machine, by GNU parallel, on others
    signature.py  what makes two dumps the same
    page.py       the groups as text and as a page of HTML
    command.py    options

A dump is hostile, and so is what stands beside it: nothing here may hang, grow without bound, or
hand a name from a dump to a shell, a terminal or a browser as it is.
"""

SCHEMA = "triage/1"
