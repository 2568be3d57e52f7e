// SPDX-License-Identifier: GPL-2.0-or-later
/* command.c - the command line */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define PID_MAX 4194304	  /* PID_MAX_LIMIT of 64-bit kernels */
#define PID_DIGITS_MAX 15 /* addresses of the kernel have 16 hexadecimal digits */
#define WIDTH_MIN 20
#define WIDTH_MAX 1000
#define WATCH_MIN 0.1
#define WATCH_MAX 86400
#define LOG_RECORDS 50

enum {
	OPT_VMA = MI_OPT_VIA + 1,
	OPT_FILE,
	OPT_SOURCES,
	OPT_WIDTH,
	OPT_REQUESTS,
	OPT_BLOCKED,
	OPT_EVIDENCE,
	OPT_STACK,
	OPT_NEXT,
	OPT_WINDOWS,
	OPT_PREFAULT,
	OPT_HISTORY,
	OPT_RECORDER,
	OPT_LATENCY,
	OPT_FORMAT,
	OPT_KIND,
	OPT_DEVICE,
	OPT_PID,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_LIMIT,
	OPT_PAGE,
	OPT_STABLE,
	OPT_WATCH,
	OPT_FOLLOW,
	OPT_NS,
	OPT_LOG
};

static const char main_options[] = ":c:s:apemjhV";
static const struct option long_options[] = {
	{"core", required_argument, NULL, 'c'},
	{"vmlinux", required_argument, NULL, 's'},
	{"types", required_argument, NULL, MI_OPT_TYPES},
	{"via", required_argument, NULL, MI_OPT_VIA},
	{"vma", required_argument, NULL, OPT_VMA},
	{"file", required_argument, NULL, OPT_FILE},
	{"all", no_argument, NULL, 'a'},
	{"pages", no_argument, NULL, 'p'},
	{"each", no_argument, NULL, 'e'},
	{"map", no_argument, NULL, 'm'},
	{"requests", no_argument, NULL, OPT_REQUESTS},
	{"blocked", no_argument, NULL, OPT_BLOCKED},
	{"log", optional_argument, NULL, OPT_LOG},
	{"evidence", no_argument, NULL, OPT_EVIDENCE},
	{"stack", no_argument, NULL, OPT_STACK},
	{"next", no_argument, NULL, OPT_NEXT},
	{"windows", no_argument, NULL, OPT_WINDOWS},
	{"prefault", no_argument, NULL, OPT_PREFAULT},
	{"history", no_argument, NULL, OPT_HISTORY},
	{"recorder", required_argument, NULL, OPT_RECORDER},
	{"latency", no_argument, NULL, OPT_LATENCY},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"kind", required_argument, NULL, OPT_KIND},
	{"device", required_argument, NULL, OPT_DEVICE},
	{"pid", required_argument, NULL, OPT_PID},
	{"since", required_argument, NULL, OPT_SINCE},
	{"until", required_argument, NULL, OPT_UNTIL},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"page", required_argument, NULL, OPT_PAGE},
	{"stable", optional_argument, NULL, OPT_STABLE},
	{"watch", required_argument, NULL, OPT_WATCH},
	{"follow", no_argument, NULL, OPT_FOLLOW},
	{"ns", required_argument, NULL, OPT_NS},
	{"width", required_argument, NULL, OPT_WIDTH},
	{"json", no_argument, NULL, 'j'},
	{"sources", no_argument, NULL, OPT_SOURCES},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* ---- numbers ---- */

static bool all_of(const char *s, const char *set)
{
	return *s && s[strspn(s, set)] == '\0';
}

static bool parse_hex(const char *text, uint64_t *ret)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	if (!all_of(text, "0123456789abcdefABCDEF"))
		return false;
	errno = 0;
	*ret = strtoull(text, NULL, 16);
	return errno == 0;
}

/* A PID if it can be one; with 0x, or too long for one, an address. */
static enum mi_status parse_task(const char *text, struct mi_request *ask, struct mi_error *err)
{
	bool prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	if (ask->whom == MI_WHOM_PID || ask->whom == MI_WHOM_TASK)
		return mi_fail(err, MI_ERR_INVALID, "one process at a time: what about '%s'?",
			       text);
	if (text[0] == '-')
		return mi_fail(err, MI_ERR_INVALID, "a PID cannot be negative: '%s'", text);
	if (!prefixed && strlen(text) <= PID_DIGITS_MAX) {
		if (!all_of(text, "0123456789"))
			return mi_fail(err, MI_ERR_INVALID,
				       "'%s' is neither a PID nor the address of a task_struct",
				       text);
		if (strtoull(text, NULL, 10) > PID_MAX)
			return mi_fail(err, MI_ERR_INVALID,
				       "no PID is as large as %s: the limit is %d", text, PID_MAX);
		ask->pid = (int32_t)strtoul(text, NULL, 10);
		ask->whom = MI_WHOM_PID;
		return MI_OK;
	}
	if (!parse_hex(text, &ask->task))
		return mi_fail(err, MI_ERR_INVALID, "'%s' is no address of 64 bits", text);
	ask->whom = MI_WHOM_TASK;
	return MI_OK;
}

static enum mi_status parse_width(const char *text, unsigned int *ret, struct mi_error *err)
{
	unsigned long v = all_of(text, "0123456789") ? strtoul(text, NULL, 10) : 0;

	if (v < WIDTH_MIN || v > WIDTH_MAX)
		return mi_fail(err, MI_ERR_INVALID, "--width is a number from %d to %d, not '%s'",
			       WIDTH_MIN, WIDTH_MAX, text);
	*ret = (unsigned int)v;
	return MI_OK;
}

static enum mi_status parse_vma(const char *text, struct mi_request *ask, struct mi_error *err)
{
	if (!parse_hex(text, &ask->vma))
		return mi_fail(err, MI_ERR_INVALID, "--vma takes a hexadecimal address, not '%s'",
			       text);
	ask->by_vma = true;
	return MI_OK;
}

static enum mi_status parse_types(const char *text, enum mi_types_from *ret, struct mi_error *err)
{
	if (!strcmp(text, "dump"))
		*ret = MI_TYPES_DUMP;
	else if (!strcmp(text, "vmlinux"))
		*ret = MI_TYPES_VMLINUX;
	else if (!strcmp(text, "dwarf"))
		*ret = MI_TYPES_DWARF;
	else
		return mi_fail(err, MI_ERR_INVALID, "--types is dump, vmlinux or dwarf, not '%s'",
			       text);
	return MI_OK;
}

static enum mi_status parse_via(const char *text, struct mi_command *cmd, struct mi_error *err)
{
	static const char drgn[] = "drgn";
	size_t len = strlen(drgn);

	if (strncmp(text, drgn, len) != 0 || (text[len] && (text[len] != '=' || !text[len + 1])))
		return mi_fail(err, MI_ERR_INVALID,
			       "--via is drgn, or drgn=FILE with the file of its library, not '%s'",
			       text);
	cmd->via = MI_VIA_DRGN;
	cmd->library = text[len] ? text + len + 1 : NULL;
	return MI_OK;
}

/* ---- options ---- */

static enum mi_status take_core(const char *path, struct mi_command *cmd, struct mi_error *err)
{
	if (cmd->n_cores == MI_CORES_MAX)
		return mi_fail(err, MI_ERR_INVALID, "a dump has at most %d parts", MI_CORES_MAX);
	cmd->core[cmd->n_cores++] = path;
	return MI_OK;
}

/* Those that name the target: in crash, crash has it open already. */
enum mi_status mi_command_target(int opt, bool in_crash, struct mi_command *cmd,
				 struct mi_error *err)
{
	if (in_crash)
		return mi_fail(err, MI_ERR_INVALID,
			       "%s cannot be given in crash: the answer is from the dump open here",
			       opt == 'c'	   ? "-c (--core)"
			       : opt == 's'	   ? "-s (--vmlinux)"
			       : opt == MI_OPT_VIA ? "--via"
						   : "--types");
	if (opt == 'c')
		return take_core(optarg, cmd, err);
	if (opt == 's')
		cmd->vmlinux = optarg;
	else if (opt == MI_OPT_VIA)
		return parse_via(optarg, cmd, err);
	else
		return parse_types(optarg, &cmd->types, err);
	return MI_OK;
}

static enum mi_status parse_stable(const char *text, struct mi_command *cmd, struct mi_error *err)
{
	if (text && strcmp(text, "freezer") != 0)
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable takes nothing, or freezer as in --stable=freezer, not "
			       "'%s'",
			       text);
	cmd->stable = text ? MI_STABLE_FREEZER : MI_STABLE_SIGNAL;
	return MI_OK;
}

static enum mi_status parse_watch(const char *text, struct mi_command *cmd, struct mi_error *err)
{
	char *end = NULL;

	cmd->watch = all_of(text, "0123456789.") ? strtod(text, &end) : 0;
	if (!end || *end || !(cmd->watch >= WATCH_MIN) || cmd->watch > WATCH_MAX)
		return mi_fail(err, MI_ERR_INVALID,
			       "--watch is a number of seconds from 0.1 to %d, not '%s'", WATCH_MAX,
			       text);
	return MI_OK;
}

/* Of the running kernel; crash may have one, but the command line is its own. */
static enum mi_status live_option(int opt, bool in_crash, struct mi_command *cmd,
				  struct mi_error *err)
{
	if (in_crash)
		return mi_fail(err, MI_ERR_INVALID, "%s cannot be given in crash",
			       opt == OPT_STABLE  ? "--stable"
			       : opt == OPT_WATCH ? "--watch"
						  : "--follow");
	if (opt == OPT_FOLLOW) {
		cmd->follow = true;
		return MI_OK;
	}
	return opt == OPT_STABLE ? parse_stable(optarg, cmd, err) : parse_watch(optarg, cmd, err);
}

enum mi_status mi_command_bad_option(int argc, char **argv, int opt, const char *short_options,
				     struct mi_error *err)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (opt == ':')
		return mi_fail(err, MI_ERR_INVALID, "'%s' lacks its argument", word);
	if (optopt >= '0' && optopt <= '9')
		return mi_fail(err, MI_ERR_INVALID, "a PID cannot be negative: '-%c...'", optopt);
	if (optopt > 0 && optopt < MI_OPT_TYPES && !strchr(short_options, optopt))
		return mi_fail(err, MI_ERR_INVALID, "unknown option '-%c'", optopt);
	if (optopt)
		return mi_fail(err, MI_ERR_INVALID, "'%s' takes no argument", word);
	return mi_fail(err, MI_ERR_INVALID, "unknown or ambiguous option '%s'", word);
}

/* Options that are set or not. */
static bool *flag_of(int opt, struct mi_command *cmd)
{
	switch (opt) {
	case 'p':
		return &cmd->ask.pages;
	case 'e':
		return &cmd->ask.each;
	case 'm':
		return &cmd->ask.map;
	case 'j':
		return &cmd->ask.json;
	case 'h':
		return &cmd->help;
	case 'V':
		return &cmd->version;
	case OPT_SOURCES:
		return &cmd->ask.sources;
	case OPT_EVIDENCE:
		return &cmd->ask.evidence;
	case OPT_STACK:
		return &cmd->ask.stack;
	case OPT_NEXT:
		return &cmd->ask.next;
	case OPT_WINDOWS:
		return &cmd->ask.windows;
	case OPT_PREFAULT:
		return &cmd->ask.prefault;
	case OPT_LATENCY:
		return &cmd->ask.latency;
	default:
		return NULL;
	}
}

/* "--log", "--log=200", "--log=all" */
static enum mi_status parse_log(const char *text, struct mi_request *ask, struct mi_error *err)
{
	errno = 0;
	ask->log_records = !text			? LOG_RECORDS
			   : all_of(text, "0123456789") ? strtoull(text, NULL, 10)
							: 0;
	if (errno || (text && !all_of(text, "0123456789") && strcmp(text, "all") != 0))
		return mi_fail(err, MI_ERR_INVALID,
			       "--log takes a number of records, or all as in --log=all, not '%s'",
			       text);
	return MI_OK;
}

/* ---- history ---- */

static enum mi_status parse_limit(const char *text, struct mi_request *ask, struct mi_error *err)
{
	errno = 0;
	ask->limit = all_of(text, "0123456789") ? strtoull(text, NULL, 10) : 0;
	if (errno || !ask->limit)
		return mi_fail(err, MI_ERR_INVALID, "--limit is a number of records, not '%s'",
			       text);
	return MI_OK;
}

static enum mi_status parse_format(const char *text, struct mi_request *ask, struct mi_error *err)
{
	ask->perfetto = !strcmp(text, "perfetto");
	ask->json = !strcmp(text, "json");
	if (!ask->perfetto && !ask->json && strcmp(text, "text") != 0)
		return mi_fail(err, MI_ERR_INVALID, "--format is text, json or perfetto, not '%s'",
			       text);
	return MI_OK;
}

static enum mi_status parse_pid(const char *text, struct mi_request *ask, struct mi_error *err)
{
	unsigned long long v;

	if (ask->pid)
		return mi_fail(err, MI_ERR_INVALID, "one process at a time: what about '%s'?",
			       text);
	v = all_of(text, "0123456789") && strlen(text) <= PID_DIGITS_MAX ? strtoull(text, NULL, 10)
									 : 0;
	if (!v || v > PID_MAX)
		return mi_fail(err, MI_ERR_INVALID, "'%s' is not the PID of a process", text);
	ask->pid = (int32_t)v;
	return MI_OK;
}

static enum mi_status history_option(int opt, struct mi_request *ask, struct mi_error *err)
{
	switch (opt) {
	case OPT_FORMAT:
		return parse_format(optarg, ask, err);
	case OPT_LIMIT:
		return parse_limit(optarg, ask, err);
	case OPT_PID:
		return parse_pid(optarg, ask, err);
	case OPT_RECORDER:
		ask->recorder = optarg;
		break;
	case OPT_KIND:
		ask->kinds = optarg;
		break;
	case OPT_DEVICE:
		ask->device = optarg;
		break;
	case OPT_SINCE:
		ask->since = optarg;
		break;
	case OPT_UNTIL:
		ask->until = optarg;
		break;
	default:
		ask->page = optarg;
		break;
	}
	return MI_OK;
}

/* ---- namespaces ---- */

/* "pid:[4026532200]", or the number alone; false: it is none. */
static bool parse_inode(const char *text, uint64_t *ret)
{
	unsigned long long v;
	char digits[24], end;

	if (sscanf(text, "pid:[%23[0-9]]%c", digits, &end) == 1 && text[strlen(text) - 1] == ']')
		text = digits;
	if (!all_of(text, "0123456789") || strlen(text) > PID_DIGITS_MAX)
		return false;
	v = strtoull(text, NULL, 10);
	*ret = v;
	return v > 0;
}

/* Inode numbers of namespaces are larger than PIDs. */
static enum mi_status parse_ns(const char *text, bool in_crash, struct mi_command *cmd,
			       struct mi_error *err)
{
	uint64_t inode;

	if (strchr(text, '/')) {
		if (in_crash)
			return mi_fail(err, MI_ERR_INVALID,
				       "--ns: a path is of this machine: in crash a PID or "
				       "pid:[NUMBER] names a namespace");
		cmd->ns_path = text;
		return MI_OK;
	}
	if (!parse_inode(text, &inode))
		return mi_fail(err, MI_ERR_INVALID,
			       "--ns takes a PID, pid:[NUMBER] or the path of a namespace, not "
			       "'%s'",
			       text);
	cmd->ns_path = NULL;
	cmd->ask.ns_pid = inode <= PID_MAX ? (int32_t)inode : 0;
	cmd->ask.ns_inode = inode <= PID_MAX ? 0 : inode;
	return MI_OK;
}

static enum mi_status check_ns(const struct mi_command *cmd, struct mi_error *err)
{
	const struct mi_request *ask = &cmd->ask;

	if (!cmd->ns_path && !ask->ns_pid && !ask->ns_inode)
		return MI_OK;
	if (!ask->pid)
		return mi_fail(err, MI_ERR_INVALID,
			       "--ns says of which namespace a PID is: give one");
	if (cmd->ns_path && cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "--ns: a path is of this machine: a PID or pid:[NUMBER] names a "
			       "namespace of a dump");
	if (ask->recorder && !cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "--ns needs the kernel's memory: --recorder alone does not have it");
	return MI_OK;
}

/* What only goes with --history. */
static const char *of_history(const struct mi_request *ask)
{
	return ask->recorder   ? "--recorder"
	       : ask->latency  ? "--latency"
	       : ask->perfetto ? "--format perfetto"
	       : ask->kinds    ? "--kind"
	       : ask->since    ? "--since"
	       : ask->until    ? "--until"
	       : ask->limit    ? "--limit"
	       : ask->page     ? "--page"
			       : NULL;
}

/* ---- one option ---- */

static enum mi_status take_whom(enum mi_whom whom, struct mi_request *ask, struct mi_error *err)
{
	if (ask->whom != MI_WHOM_NOBODY && ask->whom != whom)
		return mi_fail(err, MI_ERR_INVALID,
			       "--requests, --blocked, --history and --log exclude each other: "
			       "one at a time");
	ask->whom = whom;
	return MI_OK;
}

static enum mi_status take_option(int opt, bool in_crash, struct mi_command *cmd, bool *all,
				  struct mi_error *err)
{
	bool *flag = flag_of(opt, cmd);
	enum mi_status st;

	if (flag) {
		*flag = true;
		return MI_OK;
	}
	switch (opt) {
	case 'a':
		*all = true;
		return MI_OK;
	case OPT_VMA:
		return parse_vma(optarg, &cmd->ask, err);
	case OPT_FILE:
		cmd->ask.file = optarg;
		return MI_OK;
	case OPT_REQUESTS:
		return take_whom(MI_WHOM_DEVICES, &cmd->ask, err);
	case OPT_BLOCKED:
		return take_whom(MI_WHOM_BLOCKED, &cmd->ask, err);
	case OPT_HISTORY:
		return take_whom(MI_WHOM_HISTORY, &cmd->ask, err);
	case OPT_LOG:
		st = parse_log(optarg, &cmd->ask, err);
		return st ? st : take_whom(MI_WHOM_LOG, &cmd->ask, err);
	case OPT_WIDTH:
		return parse_width(optarg, &cmd->ask.width, err);
	case OPT_RECORDER:
	case OPT_FORMAT:
	case OPT_KIND:
	case OPT_DEVICE:
	case OPT_PID:
	case OPT_SINCE:
	case OPT_UNTIL:
	case OPT_LIMIT:
	case OPT_PAGE:
		return history_option(opt, &cmd->ask, err);
	case OPT_NS:
		return parse_ns(optarg, in_crash, cmd, err);
	case OPT_STABLE:
	case OPT_WATCH:
	case OPT_FOLLOW:
		return live_option(opt, in_crash, cmd, err);
	default:
		return mi_command_target(opt, in_crash, cmd, err);
	}
}

/* ---- what goes with what ---- */

const char *mi_request_of_memory(const struct mi_request *ask)
{
	return ask->by_vma     ? "--vma"
	       : ask->file     ? "--file"
	       : ask->each     ? "--each"
	       : ask->pages    ? "--pages"
	       : ask->map      ? "--map"
	       : ask->next     ? "--next"
	       : ask->windows  ? "--windows"
	       : ask->prefault ? "--prefault"
			       : NULL;
}

/* What --all and --requests do not go with: they tell of no single process. */
static const char *of_a_process(const struct mi_request *ask)
{
	const char *what = mi_request_of_memory(ask);

	if (!what && ask->stack)
		what = "--stack";
	if (!what && ask->evidence)
		what = "--evidence";
	return what;
}

static enum mi_status check_requests(const struct mi_request *ask, bool all, struct mi_error *err)
{
	const char *what = all ? "--all" : of_a_process(ask);

	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--requests tells of block devices: %s does not go with it", what);
	return MI_OK;
}

static enum mi_status check_blocked(const struct mi_request *ask, bool all, struct mi_error *err)
{
	struct mi_request others = *ask;
	const char *what;

	/* Every task in a row of its own; what the links of its chain rest on. */
	others.each = false;
	others.evidence = false;
	what = all ? "--all" : of_a_process(&others);
	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--blocked tells of all stuck tasks: %s does not go with it", what);
	return MI_OK;
}

static enum mi_status check_log(const struct mi_request *ask, bool all, struct mi_error *err)
{
	const char *what = all ? "--all" : of_a_process(ask);

	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--log tells what the kernel said: %s does not go with it", what);
	return MI_OK;
}

static enum mi_status check_all(struct mi_request *ask, struct mi_error *err)
{
	const char *what = ask->whom != MI_WHOM_NOBODY ? "a PID or task" : of_a_process(ask);

	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--all lists every process: %s does not go with it", what);
	ask->whom = MI_WHOM_ALL;
	return MI_OK;
}

static enum mi_status check_history(const struct mi_request *ask, bool all, struct mi_error *err)
{
	struct mi_request others = *ask;
	const char *what;

	others.by_vma = false;
	others.file = NULL;
	what = all ? "--all" : of_a_process(&others);
	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--history tells of what was recorded: %s does not go with it",
			       what);
	if (ask->by_vma && !ask->pid)
		return mi_fail(err, MI_ERR_INVALID,
			       "--history --vma tells of a page of a process: which? give a PID");
	if (ask->by_vma && ask->page)
		return mi_fail(err, MI_ERR_INVALID, "one page at a time: --vma or --page");
	if (ask->latency && (ask->perfetto || ask->limit))
		return mi_fail(err, MI_ERR_INVALID,
			       "--latency shows histograms: neither --limit nor a trace");
	return MI_OK;
}

/* What belongs to others, given where it says nothing. */
static enum mi_status check_without_history(struct mi_command *cmd, struct mi_error *err)
{
	const char *what = of_history(&cmd->ask);

	if (what)
		return mi_fail(err, MI_ERR_INVALID, "%s goes with --history alone", what);
	if (cmd->ask.whom == MI_WHOM_NOBODY && cmd->ask.pid)
		cmd->ask.whom = MI_WHOM_PID;
	if (cmd->ask.whom != MI_WHOM_PID && cmd->ask.pid)
		return mi_fail(err, MI_ERR_INVALID, "--pid goes with --history, or alone");
	if (cmd->ask.whom != MI_WHOM_DEVICES && cmd->ask.device)
		return mi_fail(err, MI_ERR_INVALID, "--device goes with --history or --requests");
	return MI_OK;
}

static enum mi_status check_whom(struct mi_command *cmd, bool all, struct mi_error *err)
{
	enum mi_status st;

	if (cmd->ask.whom == MI_WHOM_CHECK)
		return MI_OK;
	if (cmd->ask.whom == MI_WHOM_HISTORY)
		return check_history(&cmd->ask, all, err);
	st = check_without_history(cmd, err);
	if (st)
		return st;
	if (cmd->ask.whom == MI_WHOM_DEVICES)
		return check_requests(&cmd->ask, all, err);
	if (cmd->ask.whom == MI_WHOM_BLOCKED)
		return check_blocked(&cmd->ask, all, err);
	if (cmd->ask.whom == MI_WHOM_LOG)
		return check_log(&cmd->ask, all, err);
	return all ? check_all(&cmd->ask, err) : MI_OK;
}

static enum mi_status check_follow(const struct mi_command *cmd, struct mi_error *err)
{
	const struct mi_request *ask = &cmd->ask;
	const char *what = cmd->n_cores	    ? "a dump"
			   : cmd->watch > 0 ? "--watch"
			   : ask->latency   ? "--latency"
			   : ask->perfetto  ? "a trace"
			   : ask->until	    ? "--until"
					    : NULL;

	if (!cmd->follow)
		return MI_OK;
	if (ask->whom != MI_WHOM_HISTORY)
		return mi_fail(err, MI_ERR_INVALID, "--follow goes with --history alone");
	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--follow shows records as they come: %s does not go with it", what);
	return MI_OK;
}

static enum mi_status check_live(const struct mi_command *cmd, struct mi_error *err)
{
	if (cmd->stable && cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable stops a running process: it does not go with a dump");
	if (cmd->stable && cmd->ask.whom != MI_WHOM_PID)
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable stops one process: it goes with a PID alone");
	if (cmd->watch > 0 && cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "--watch is of the running kernel: a dump does not change");
	if (cmd->watch > 0 && (cmd->ask.perfetto || cmd->ask.recorder))
		return mi_fail(err, MI_ERR_INVALID, "--watch does not go with %s",
			       cmd->ask.recorder ? "--recorder" : "a trace");
	return check_follow(cmd, err);
}

static enum mi_status check(struct mi_command *cmd, bool in_crash, bool all, struct mi_error *err)
{
	enum mi_status st = check_whom(cmd, all, err);

	if (!st)
		st = check_ns(cmd, err);
	if (st)
		return st;
	if (in_crash)
		return MI_OK;
	if (cmd->types == MI_TYPES_DUMP && cmd->vmlinux)
		return mi_fail(err, MI_ERR_INVALID,
			       "--types dump and --vmlinux exclude each other");
	if (cmd->types > MI_TYPES_DUMP && !cmd->vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "--types %s needs a vmlinux: give one with -s",
			       cmd->types == MI_TYPES_DWARF ? "dwarf" : "vmlinux");
	if (cmd->via == MI_VIA_DRGN && cmd->ask.recorder && !cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "--via says who reads memory: --recorder alone reads none");
	if (cmd->via == MI_VIA_DRGN && cmd->n_cores > 1)
		return mi_fail(err, MI_ERR_INVALID,
			       "--via drgn: drgn does not read the parts of a split dump: join "
			       "them: makedumpfile --reassemble PART... NEW");
	if (cmd->ask.whom == MI_WHOM_NOBODY)
		return mi_fail(err, MI_ERR_INVALID, "which process? give a PID, or --all");
	return check_live(cmd, err);
}

static enum mi_status parse_operand(const char *text, struct mi_request *ask, struct mi_error *err)
{
	if (ask->whom == MI_WHOM_BLOCKED)
		return mi_fail(err, MI_ERR_INVALID,
			       "--blocked takes no PID: without it, PID %s says why it is stuck",
			       text);
	if (ask->whom == MI_WHOM_LOG)
		return mi_fail(err, MI_ERR_INVALID,
			       "--log is of the kernel, not of a process: what about '%s'? A "
			       "number of records goes behind '=': --log=200",
			       text);
	if (ask->whom == MI_WHOM_HISTORY)
		return parse_pid(text, ask, err);
	if (ask->whom != MI_WHOM_DEVICES)
		return parse_task(text, ask, err);
	if (ask->device)
		return mi_fail(err, MI_ERR_INVALID, "one device at a time: what about '%s'?", text);
	if (!*text)
		return mi_fail(err, MI_ERR_INVALID, "--requests: the name of the device is empty");
	ask->device = text;
	return MI_OK;
}

static enum mi_status parse(int argc, char **argv, bool in_crash, struct mi_command *cmd, bool *all,
			    struct mi_error *err)
{
	enum mi_status st = MI_OK;
	int opt;

	while (!st && (opt = getopt_long(argc, argv, main_options, long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return mi_command_bad_option(argc, argv, opt, main_options, err);
		st = take_option(opt, in_crash, cmd, all, err);
		if (cmd->help || cmd->version)
			return MI_OK;
	}
	for (; !st && optind < argc; optind++)
		st = parse_operand(argv[optind], &cmd->ask, err);
	return st;
}

/* Behind no more than what names the target; then it is moved to the front. */
static bool first_is_check(int argc, char **argv)
{
	static const char *const targets[] = {"-c",	   "--core",  "-s",
					      "--vmlinux", "--types", "--via"};
	size_t i, n = sizeof(targets) / sizeof(*targets);
	char *word;
	int at = 1;

	while (at < argc && argv[at][0] == '-') {
		for (i = 0; i < n && strcmp(argv[at], targets[i]) != 0; i++)
			;
		at += i < n ? 2 : 1;
	}
	if (at >= argc || strcmp(argv[at], "check") != 0)
		return false;
	word = argv[at];
	for (; at > 1; at--)
		argv[at] = argv[at - 1];
	argv[1] = word;
	return true;
}

enum mi_status mi_command_parse(int argc, char **argv, bool in_crash, struct mi_command *cmd,
				struct mi_error *err)
{
	int saved_optind = optind, saved_opterr = opterr;
	bool all = false;
	enum mi_status st;

	memset(cmd, 0, sizeof(*cmd));
	cmd->ask.size = sizeof(cmd->ask);
	optind = 0; /* glibc: start afresh, whatever was parsed before */
	opterr = 0;
	if (first_is_check(argc, argv))
		st = mi_check_parse(argc - 1, argv + 1, in_crash, cmd, err);
	else
		st = parse(argc, argv, in_crash, cmd, &all, err);
	optind = saved_optind;
	opterr = saved_opterr;
	if (!st && !cmd->help && !cmd->version && !cmd->list)
		st = check(cmd, in_crash, all, err);
	if (st)
		mi_command_free(cmd);
	return st;
}
