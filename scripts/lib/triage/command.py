# SPDX-License-Identifier: GPL-2.0-or-later
"""Options, and which of the programs is meant."""
import argparse
import os
import shutil
import signal
import sys

from . import drive, find, one, page, results, signature

FOUND, USAGE, FAILED = 1, 2, 3
TEXT = """
Status: 0 nothing was found, 1 findings or stuck tasks, 2 usage, 3 some dump could not be triaged.
mmapinfo-triage(1) tells more.
"""


def say(line):
    print(f"mmapinfo-triage: {page.plain(line)}", file=sys.stderr)


def positive(kind):
    def check(word):
        value = kind(word)
        if not 0 < value < 1 << 40:
            raise ValueError
        return value
    check.__name__ = "positive number"
    return check


def memory(word):
    return 0 if word == "0" else positive(int)(word)


def slice_of(word):
    index, count = map(int, word.split("/"))
    if not 0 <= index < count:
        raise ValueError
    return index, count


slice_of.__name__ = "slice I/N with 0 <= I < N"


def parser():
    p = argparse.ArgumentParser(
        prog="mmapinfo-triage", allow_abbrev=False, epilog=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="What each of many dumps holds, a JSON line for each, and which are alike.")
    p.add_argument("what", nargs="*", metavar="DIR|DUMP", help="where dumps are looked for; a file is one")
    p.add_argument("-o", "--output", dest="out", metavar="FILE", help="lines go here; goes on where it ended")
    p.add_argument("-j", "--jobs", type=positive(int), metavar="N", help="dumps at once (one for each CPU); more than 1 by GNU parallel")
    p.add_argument("--sshlogin", action="append", default=[], metavar="LIST", help="machines, as GNU parallel names them")
    p.add_argument("--again", action="store_true", help="dumps that are done, too")
    p.add_argument("--failed", action="store_true", help="dumps that are done, too, if an answer is missing")
    p.add_argument("--mmapinfo", metavar="PATH", help="which mmapinfo")
    p.add_argument("--vmlinux-dir", metavar="DIR", help="where the vmlinux of a dump may be, by build ID")
    p.add_argument("--memory", type=memory, default=4096, metavar="MB", help="address space of one mmapinfo (4096); 0: no bound")
    p.add_argument("--time", type=positive(float), default=120, metavar="S", help="seconds for one answer (120)")
    p.add_argument("--output-max", dest="output", type=positive(int), default=64, metavar="MB", help="the most that one answer may be (64)")
    p.add_argument("--from", dest="list", metavar="LIST", help="dumps of a list that --list made; -: standard input")
    p.add_argument("--slice", type=slice_of, metavar="I/N", help="each Nth of them, from I on, counted from 0")
    modes = p.add_mutually_exclusive_group()
    modes.add_argument("--list", dest="mode", action="store_const", const="list", help="print the dumps that there are, and end")
    modes.add_argument("--one", dest="mode", action="store_const", const="one", help="print the line of one dump, and end")
    modes.add_argument("--merge", dest="mode", action="store_const", const="merge", help="put files of lines together, by path")
    modes.add_argument("--group", dest="mode", action="store_const", const="group", help="group lines; -o PAGE: as a page of HTML")
    p.add_argument("--worker", choices=("near", "far"), help=argparse.SUPPRESS)
    return p


def which_mmapinfo(options):
    """The one that is asked for; beside this program; of this source tree; of PATH. None: there is none."""
    if options.mmapinfo:
        return shutil.which(options.mmapinfo)
    here = os.path.dirname(options.self)
    for near in ("mmapinfo", "../build/mmapinfo"):
        if os.access(os.path.join(here, near), os.X_OK):
            return os.path.normpath(os.path.join(here, near))
    return shutil.which("mmapinfo")


def wanted(options):
    """All dumps that are asked for."""
    for name in options.what:
        if not os.path.exists(name) and not os.path.islink(name):
            raise FileNotFoundError(2, "No such file or directory", name)
    paths = find.dumps(options.what, say)
    if options.list:
        with sys.stdin if options.list == "-" else open(options.list, encoding="ascii") as f:
            paths += [find.decode(line.strip()) for line in f if line.strip()]
    paths = list(dict.fromkeys(paths))
    if options.slice:
        index, count = options.slice
        paths = paths[index::count]
    return paths


def how_parallel(options, p):
    """Sets options.parallel: GNU parallel if it is of use, and there."""
    options.parallel = drive.gnu_parallel()
    if options.sshlogin and not options.parallel:
        p.error("--sshlogin needs GNU parallel, which is not here")
    if not options.sshlogin:
        jobs = options.jobs or os.cpu_count() or 1
        if jobs > 1 and not options.parallel:
            if options.jobs:
                p.error("-j needs GNU parallel, which is not here")
            say("one dump after the other: GNU parallel is not here")
        if jobs == 1:
            options.parallel = None
        options.jobs = jobs


def done(line, path):
    """Whether the line is still of this file."""
    now = one.identity(path)
    return (line["size_bytes"], line["mtime_ns"]) == (now["size_bytes"], now["mtime_ns"])


def run(options):
    paths = wanted(options)
    kept = results.Results(options.out, say) if options.out else results.Printed(sys.stdout.buffer)
    todo = []
    for path in paths:
        line = kept.lines.get(os.fsencode(path))
        if not line or options.again or not done(line, path) or (options.failed and one.failed(line)):
            todo.append(path)
    progress = drive.Progress(len(todo), len(paths) - len(todo))
    try:
        missing = drive.drive(todo, options, kept, progress)
    finally:
        progress.end()
        kept.close()
    for path in missing[:5]:
        say(f"no line of {path}: it will be done the next time")
    if missing[5:]:
        say(f"nor of {len(missing[5:])} others")
    lines = [kept.lines[os.fsencode(p)] for p in paths if os.fsencode(p) in kept.lines]
    if missing or any(map(one.failed, lines)):
        return FAILED
    return FOUND if any(map(one.found_something, lines)) else 0


def group(options):
    found = signature.groups(results.read_all(options.what, say).values())
    if options.out:
        results.put(options.out, page.page(found).encode("utf-8", "replace"))
    else:
        sys.stdout.write(page.text(found))
    return 0


def merge(options):
    data = results.merged(results.read_all(options.what, say))
    if options.out:
        results.put(options.out, data)
    else:
        sys.stdout.buffer.write(data)
    return 0


def chosen(options, p):
    if options.mode in ("merge", "group"):
        if not options.what:
            p.error(f"--{options.mode} of which files?")
        return (merge if options.mode == "merge" else group)(options)
    if not options.what and not options.list:
        p.error("where are the dumps?")
    if options.mode == "list":
        for path in wanted(options):
            print(find.encode(path))
        return 0
    options.mmapinfo = which_mmapinfo(options)
    if not options.mmapinfo:
        p.error("there is no mmapinfo; --mmapinfo PATH tells where")
    options.mmapinfo = os.path.abspath(options.mmapinfo)
    if options.vmlinux_dir:
        options.vmlinux_dir = os.path.realpath(options.vmlinux_dir)
    if options.mode == "one":
        if len(options.what) != 1:
            p.error("--one is of one dump")
        path = options.what[0]
        if options.worker:
            path = find.decode(path)
            drive.stay_with_driver(options.worker)
        print(one.triage(os.path.realpath(path), options))
        return 0
    how_parallel(options, p)
    return run(options)


def ended(number, _):
    raise SystemExit(128 + number)


def main(argv, itself):
    p = parser()
    options = p.parse_args(argv)
    options.self = itself
    signal.signal(signal.SIGINT, ended)
    signal.signal(signal.SIGTERM, ended)
    try:
        return chosen(options, p)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (OSError, ValueError) as error:
        say(str(error))
        return USAGE
