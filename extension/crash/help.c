// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * help.c - "help mmapinfo"
 *
 * crash gives each line to printf() with its own name as the argument, so "%s"
 * is for the prompt alone; it prints lines with other percent signs as they are.
 * The examples between "run" and "end" are real output: see regen-help.
 */
#include <stddef.h>

#include "help.h"

/* clang-format off */
char *mi_crash_help[] = {
	"mmapinfo",
	"file pages that a process maps, and the state of each",
	"[-pemj] [--vma ADDR] [--file PATH] [--next] [--stack] [--prefault]\n"
	"           [--windows] [--width N] [--ns NS] [--sources] [PID | TASK]\n"
	"  mmapinfo -a [-j] [--sources]\n"
	"  mmapinfo --requests [DEVICE] [-j] [--sources]\n"
	"  mmapinfo --blocked [-ej] [--evidence] [--sources]\n"
	"  mmapinfo --history [PID] [-j] [--pid PID] [--file PATH] [--device DISK]\n"
	"           [--kind KIND,...] [--since S] [--until S] [--limit N]\n"
	"           [--page FILE:N | --vma ADDR] [--latency] [--format FORMAT]\n"
	"           [--recorder FILE] [--sources]\n"
	"  mmapinfo --log[=N] [-j] [--sources]\n"
	"  mmapinfo check [-j] [--rule ID,...] [--severity S] [--older SECONDS]\n"
	"           [--dirty MIB] [--expect FILE] [--format FORMAT] [--list] [--sources]",

	"  Walks from a task through its mappings to the page tables and the page",
	"  cache, and joins what they say of every page: which pages of which files",
	"  are mapped, in the page cache only, dirty, under writeback, locked, read",
	"  but not up to date, evicted, swapped out or privately copied.",
	" ",
	"    PID   a decimal number of a process or thread.",
	"    TASK  the hexadecimal address of a task_struct. A number with 0x in",
	"          front, or of sixteen digits, is an address.",
	" ",
	"  Without either: the current context, as chosen with \"set\".",
	" ",
	"    -a, --all      one line for every process; kernel threads are counted.",
	"    --requests     pending requests of all block devices, or of DEVICE, their",
	"                   pages and files, and the tasks that wait for these.",
	"    --blocked      all tasks that are stuck, by what they wait for.",
	"    --evidence     what each link from a stuck task to its request rests on.",
	"    --log[=N]      why the kernel ended, as it said itself, and the last N",
	"                   records of its log: 50; --log=all has all of it.",
	"    --history      what the recorder mmaprec kept, of all or of a process; of",
	"                   it only, as mmapinfo(1) has more fully:",
	"    --pid PID      what this process did, or had done.",
	"    --file PATH    what concerns files of this path; may be a glob.",
	"    --device DISK  what concerns this disk.",
	"    --kind KIND    classes or names of events, with commas between: fault,",
	"                   readahead, read, cache, block, map, reclaim, writeback,",
	"                   task, control.",
	"    --since S      from S seconds before the end on.",
	"    --until S      and until then.",
	"    --limit N      the last N.",
	"    --page FILE:N  the story of a page; with a PID also --vma ADDR.",
	"    --latency      histograms of how long it took.",
	"    --format F     text, json, or perfetto: a trace for ui.perfetto.dev.",
	"    --recorder FILE  a copy of the recorder's device, in place of the dump.",
	" ",
	"  check: where the kernel's account of its memory contradicts itself, over all",
	"  processes, the caches of the files that they map, and pending I/O.",
	" ",
	"    --list         what rules there are, a line for each.",
	"    --rule ID,...  these rules alone.",
	"    --severity S   warning, or error: no warnings.",
	"    --older S      from how many seconds on a request is old: 30.",
	"    --dirty MIB    from how many MiB on a file's dirty pages are much: 64.",
	"    --expect FILE  also a user's own conditions, in jq's language, as",
	"                   docs/checks/expectations.md has them; --rule none: these",
	"                   alone.",
	"    --format F     text, json, tap or junit.",
	" ",
	"  And of a process:",
	" ",
	"    --vma ADDR     only the mapping that holds this hexadecimal address.",
	"    --file PATH    only files of this path; may be a glob, in which * matches",
	"                   slashes, too. Put it in quotes.",
	"    --ns NS        PID is of a PID namespace: that of process NS, or of the",
	"                   number in pid:[NUMBER].",
	"    -p, --pages    the state of the pages, in runs of equal state.",
	"    -e, --each     the same, but every page by itself.",
	"    -m, --map      a map of each file, one character for one or more pages.",
	"    --next         what the next read and write of each page would do, and",
	"                   what it would cost to touch all.",
	"    --stack        the kernel stack of each thread, also of a kernel thread.",
	"    --prefault     what of each mapping is faulted in, in cache, or locked.",
	"    --windows      the pieces of each nonlinear window.",
	"    --width N      columns for the map.",
	"    -j, --json     print JSON: the same, byte for byte, as the command",
	"                   \"mmapinfo -c VMCORE --json\" prints of the same dump.",
	"    --sources      where types and symbols came from, and how long it took.",
	"    -h, --help     this text.",
	"    -V, --version  the version.",
	" ",
	"  All counts are of pages of 4 KiB, also where huge pages are mapped. What is",
	"  not in the dump is said to be so and never shown as zero, with or without",
	"  crash's --zero_excluded. The columns and words are explained in",
	"  mmapinfo(1).",
	" ",
	"  Of crash only memory, symbols and the current context are used. So the",
	"  answer is right also on kernels of which this crash cannot list the tasks",
	"  or mappings, and in --minimal mode, where a PID or TASK must be given.",
	"  Types come from the dump; the vmlinux is read only if there are none.",
	" ",
	"  ^C ends the command as it ends others.",
	"\nEXAMPLES",
	"  The processes of a dump:\n",
	/* run: mmapinfo --all | tail -n +3 | head -n 8 */
	"    %s> mmapinfo --all | tail -n +3 | head -n 8",
	"    PID PPID THREADS   RSS FILE  ANON SHMEM SWAP    SIZE VMAS S COMMAND",
	"      1    0       1 26152    8 25340   804    0   26168   11 S init",
	"     91    1       1  1536 1480    56     0    0    5616   12 S file-shared",
	"     92    1       1  1300 1136   164     0    0    3312   11 S file-private",
	"     93    1       1  1576 1520    56     0    0    3312   11 S file-ro",
	"     94    1       1   876  816    60     0    0    3312   11 S madv-random",
	"     95    1       1   944  880    64     0    0    3312   11 S madv-seq",
	"     96    1       1   780  716    64     0    0 1049840   11 S sparse-1g",
	/* end */
	"\n  The mappings of one of them, with some of the columns:\n",
	/* run: mmapinfo {evict-cgroup} | sed -n 6,12p | cut -c -12,26-30,49-68,88-93,104- */
	"    %s> mmapinfo 107 | sed -n 6,12p | cut -c -12,26-30,49-68,88-93,104-",
	"           START PERM PAGES MAPPED CACHED EVICT FILE",
	"          400000 r--p     1      1      1     . /mnt/bin/workload",
	"          401000 r-xp   164    152    164     . /mnt/bin/workload",
	"          4a5000 r--p    45     42     45     . /mnt/bin/workload",
	"          4d2000 r--p     4      4      4     . /mnt/bin/workload",
	"          4d6000 rw-p     3      3      3     . /mnt/bin/workload",
	"    7f2572a00000 r--s  3072   1486   1503  1569 /mnt/data/squeeze.dat",
	/* end */
	"\n  A map of one file: the middle was evicted, the end is mapped:\n",
	/* run: mmapinfo -m --width 64 --file *squeeze* {evict-cgroup} | tail -n 14 */
	"    %s> mmapinfo -m --width 64 --file \"*squeeze*\" 107 | tail -n 14",
	"    /mnt/data/squeeze.dat  (1 char = 8 pages)",
	"                a readahead marker  M mapped  c cached  e evicted",
	"              0 ccMaeeeeeeeeeeeeeeeeeeeeeeeeeeee",
	"            256 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
	"            512 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
	"            768 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
	"           1024 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
	"           1280 eeeeeeeeeeeeeeeeeeeeeeeeMMeeeeee",
	"           1536 eeeeeeeeeeMMMMMMMMMMMMMMMMMMMMMM",
	"           1792 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
	"           2048 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
	"           2304 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
	"           2560 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
	"           2816 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
	/* end */
	"\n  The pages of one mapping in runs of equal state, some columns:\n",
	/* run: mmapinfo -p --file *ahead* {readahead} | tail -n 14 | cut -c 5-47,95-114 */
	"    %s> mmapinfo -p --file \"*ahead*\" 98 | tail -n 14 | cut -c 5-47,95-114",
	"              VA      PGOFF    PAGES PTE        STATE",
	"    7f5488e00000          0       16 y-------   mapped young",
	"    7f5488e10000         16        8 .          cached",
	"    7f5488e18000         24        8 .          cached",
	"    7f5488e20000         32        1 .          cached readahead",
	"    7f5488e21000         33       31 .          cached",
	"    7f5488e40000         64      448 .          absent",
	"    7f5489000000        512      496 .          absent",
	"    7f54891f0000       1008       16 .          cached",
	"    7f5489200000       1024        8 y-------   mapped young",
	"    7f5489208000       1032        1 .          cached readahead",
	"    7f5489209000       1033        7 y-------   mapped young",
	"    7f5489210000       1040      496 .          absent",
	"    7f5489400000       1536      512 .          absent",
	/* end */
	"\n  For programs:\n",
	/* run: mmapinfo --json {readahead} > readahead.json */
	"    %s> mmapinfo --json 98 > readahead.json",
	/* end */
	NULL,
};
/* clang-format on */
