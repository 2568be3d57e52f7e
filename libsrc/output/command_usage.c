// SPDX-License-Identifier: GPL-2.0-or-later
/* command_usage.c - what --help prints */
#include "command.h"

static const char usage[] = "usage: mmapinfo [-c VMCORE] [options] PID | TASK\n"
			    "       mmapinfo [-c VMCORE] [options] --all\n"
			    "       mmapinfo [-c VMCORE] [options] --requests [DEVICE]\n"
			    "       mmapinfo [-c VMCORE] [options] --blocked\n"
			    "       mmapinfo [-c VMCORE] [options] --history [PID]\n"
			    "       mmapinfo [-c VMCORE] [options] --log[=N]\n"
			    "       mmapinfo --recorder FILE [options] --history [PID]\n"
			    "       mmapinfo check [-c VMCORE] [options]\n";

static const char usage_in_crash[] = "usage: mmapinfo [options] [PID | TASK]\n"
				     "       mmapinfo [options] --requests [DEVICE]\n"
				     "       mmapinfo [options] --blocked\n"
				     "       mmapinfo [options] --history [PID]\n"
				     "       mmapinfo [options] --log[=N]\n"
				     "       mmapinfo check [options]\n";

static const char what[] = "\nWhich file pages a process maps, and in what state each one is.\n"
			   "TASK is the hexadecimal address of a task_struct";

/* As it is printed, a line each. */
/* clang-format off */
static const char of_targets[] =
	"  -c, --core VMCORE      the dump to read; once for each part of a split one;\n"
	"                         without it: the running kernel\n"
	"  -s, --vmlinux VMLINUX  its vmlinux, for kernels without BTF or kallsyms\n"
	"      --types WHERE      take types from: dump, vmlinux, dwarf\n"
	"      --via drgn[=FILE]  read by libdrgn; with -s also its types and stacks\n";

static const char of_answers[] =
	"  -a, --all              one line for every process\n"
	"      --requests         pending block requests, their pages, and who waits for these\n"
	"      --blocked          all stuck tasks, by what they wait for\n"
	"      --log[=N]          why the kernel ended, and the last N records of its log (50);\n"
	"                         --log=all: all of it\n"
	"      --evidence         what each link from a stuck task to its request rests on\n"
	"      --vma ADDR         only the mapping that holds this address\n"
	"      --file PATH        only files of this path; may be a glob\n"
	"      --ns NAMESPACE     whose number PID is: a PID in it, pid:[NUMBER] or a path\n"
	"  -p, --pages            the state of the pages, in runs of equal state\n"
	"  -e, --each             the same, but every page by itself\n"
	"  -m, --map              a map of each file, one character for some pages\n"
	"      --next             what the next read and write of each page would do, and cost\n"
	"      --stack            the kernel stack of each thread; also of a kernel thread\n"
	"      --prefault         what of each mapping is faulted in, in cache, locked\n"
	"      --windows          the pieces of each nonlinear window\n"
	"      --history          what the recorder mmaprec kept; of it only:\n"
	"        --pid PID        what this process did, or had done\n"
	"        --file PATH      what concerns files of this path; may be a glob\n"
	"        --device DISK    what concerns this disk\n"
	"        --kind KIND,...  classes or names of events: fault, readahead, read, cache,\n"
	"                         block, map, reclaim, writeback, task, control\n"
	"        --since S        from S seconds before the end on; @S: of CLOCK_MONOTONIC\n"
	"        --until S        and until then\n"
	"        --limit N        the last N\n"
	"        --page FILE:N    the story of a page; with a PID also --vma ADDR\n"
	"        --latency        histograms of how long it took\n"
	"        --format FORMAT  text, json, or perfetto: a trace for ui.perfetto.dev\n"
	"        --recorder FILE  of the recorder's device, or a copy of that\n"
	"      --width N          columns for the map\n";

static const char of_running[] =
	"      --stable[=freezer]  of the running kernel: the process is stopped for the time of\n"
	"                         the answer, by SIGSTOP or with all of its cgroup\n"
	"      --watch SECONDS    of the running kernel: again and again, what is new is marked\n"
	"      --follow           with --history: records as they come, until ^C\n";

static const char of_all[] =
	"  -j, --json             JSON\n"
	"      --sources          where types and symbols came from\n"
	"  -h, --help             this text\n"
	"  -V, --version          the version\n";

static const char of_check[] =
	"check: where the kernel's account of its memory contradicts itself\n"
	"        --rule ID,...    these rules alone; --list: what rules there are\n"
	"        --severity S     warning, or error: no warnings\n"
	"        --older SECONDS  from when on requests are old (30)\n"
	"        --dirty MIB      from when on a file's dirty pages are much (64)\n"
	"        --expect FILE    also a user's own conditions, in jq's language;\n"
	"                         --rule none: these alone\n"
	"        --format FORMAT  text, json, tap or junit\n";
/* clang-format on */

void mi_command_usage(FILE *out, bool in_crash)
{
	fputs(in_crash ? usage_in_crash : usage, out);
	fputs(what, out);
	fputs(in_crash ? "; without one: the current context.\n\n" : ".\n\n", out);
	fputs(in_crash ? "" : of_targets, out);
	fputs(of_answers, out);
	fputs(in_crash ? "" : of_running, out);
	fputs(of_all, out);
	fputs(of_check, out);
}
