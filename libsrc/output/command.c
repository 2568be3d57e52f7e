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

enum {
	OPT_VMA = 256,
	OPT_FILE,
	OPT_SOURCES,
	OPT_TYPES,
	OPT_WIDTH
};

static const char short_options[] = ":c:s:apemjhV";
static const struct option long_options[] = {
	{"core", required_argument, NULL, 'c'},
	{"vmlinux", required_argument, NULL, 's'},
	{"types", required_argument, NULL, OPT_TYPES},
	{"vma", required_argument, NULL, OPT_VMA},
	{"file", required_argument, NULL, OPT_FILE},
	{"all", no_argument, NULL, 'a'},
	{"pages", no_argument, NULL, 'p'},
	{"each", no_argument, NULL, 'e'},
	{"map", no_argument, NULL, 'm'},
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

/* ---- options ---- */

static enum mi_status take_core(const char *path, struct mi_command *cmd, struct mi_error *err)
{
	if (cmd->n_cores == MI_CORES_MAX)
		return mi_fail(err, MI_ERR_INVALID, "a dump has at most %d parts", MI_CORES_MAX);
	cmd->core[cmd->n_cores++] = path;
	return MI_OK;
}

/* Those that name the target: in crash, crash has it open already. */
static enum mi_status target_option(int opt, bool in_crash, struct mi_command *cmd,
				    struct mi_error *err)
{
	if (in_crash)
		return mi_fail(err, MI_ERR_INVALID,
			       "%s cannot be given in crash: the answer is from the dump open here",
			       opt == 'c'   ? "-c (--core)"
			       : opt == 's' ? "-s (--vmlinux)"
					    : "--types");
	if (opt == 'c')
		return take_core(optarg, cmd, err);
	if (opt == 's')
		cmd->vmlinux = optarg;
	else
		return parse_types(optarg, &cmd->types, err);
	return MI_OK;
}

static enum mi_status bad_option(int argc, char **argv, int opt, struct mi_error *err)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (opt == ':')
		return mi_fail(err, MI_ERR_INVALID, "'%s' lacks its argument", word);
	if (optopt >= '0' && optopt <= '9')
		return mi_fail(err, MI_ERR_INVALID, "a PID cannot be negative: '-%c...'", optopt);
	if (optopt > 0 && optopt < OPT_VMA && !strchr(short_options, optopt))
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
	default:
		return NULL;
	}
}

static enum mi_status take_option(int opt, bool in_crash, struct mi_command *cmd, bool *all,
				  struct mi_error *err)
{
	bool *flag = flag_of(opt, cmd);

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
	case OPT_WIDTH:
		return parse_width(optarg, &cmd->ask.width, err);
	default:
		return target_option(opt, in_crash, cmd, err);
	}
}

/* ---- what goes with what ---- */

static enum mi_status check_all(struct mi_request *ask, struct mi_error *err)
{
	const char *what = ask->whom != MI_WHOM_NOBODY ? "a PID or task"
			   : ask->by_vma	       ? "--vma"
			   : ask->file		       ? "--file"
			   : ask->each		       ? "--each"
			   : ask->pages		       ? "--pages"
			   : ask->map		       ? "--map"
						       : NULL;

	if (what)
		return mi_fail(err, MI_ERR_INVALID,
			       "--all lists every process: %s does not go with it", what);
	ask->whom = MI_WHOM_ALL;
	return MI_OK;
}

static enum mi_status check(struct mi_command *cmd, bool in_crash, bool all, struct mi_error *err)
{
	enum mi_status st;

	if (all) {
		st = check_all(&cmd->ask, err);
		if (st)
			return st;
	}
	if (in_crash)
		return MI_OK;
	if (cmd->types == MI_TYPES_DUMP && cmd->vmlinux)
		return mi_fail(err, MI_ERR_INVALID,
			       "--types dump and --vmlinux exclude each other");
	if (cmd->types > MI_TYPES_DUMP && !cmd->vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "--types %s needs a vmlinux: give one with -s",
			       cmd->types == MI_TYPES_DWARF ? "dwarf" : "vmlinux");
	if (!cmd->n_cores)
		return mi_fail(err, MI_ERR_INVALID,
			       "reading the running kernel is not supported yet: "
			       "give a vmcore with -c");
	if (cmd->ask.whom == MI_WHOM_NOBODY)
		return mi_fail(err, MI_ERR_INVALID, "which process? give a PID, or --all");
	return MI_OK;
}

static enum mi_status parse(int argc, char **argv, bool in_crash, struct mi_command *cmd, bool *all,
			    struct mi_error *err)
{
	enum mi_status st = MI_OK;
	int opt;

	while (!st && (opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return bad_option(argc, argv, opt, err);
		st = take_option(opt, in_crash, cmd, all, err);
		if (cmd->help || cmd->version)
			return MI_OK;
	}
	for (; !st && optind < argc; optind++)
		st = parse_task(argv[optind], &cmd->ask, err);
	return st;
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
	st = parse(argc, argv, in_crash, cmd, &all, err);
	optind = saved_optind;
	opterr = saved_opterr;
	if (!st && !cmd->help && !cmd->version)
		st = check(cmd, in_crash, all, err);
	return st;
}

void mi_command_usage(FILE *out, bool in_crash)
{
	fputs(in_crash ? "usage: mmapinfo [options] [PID | TASK]\n"
		       : "usage: mmapinfo -c VMCORE [options] PID | TASK\n"
			 "       mmapinfo -c VMCORE [options] --all\n",
	      out);
	fputs("\nWhich file pages a process maps, and in what state each one is.\n"
	      "TASK is the hexadecimal address of a task_struct",
	      out);
	fputs(in_crash ? "; without one: the current context.\n\n" : ".\n\n", out);
	if (!in_crash)
		fputs("  -c, --core VMCORE      the dump to read; once for each part of a split "
		      "one\n"
		      "  -s, --vmlinux VMLINUX  its vmlinux, for kernels without BTF or kallsyms\n"
		      "      --types WHERE      take types from: dump, vmlinux, dwarf\n",
		      out);
	fputs("  -a, --all              one line for every process\n"
	      "      --vma ADDR         only the mapping that holds this address\n"
	      "      --file PATH        only files of this path; may be a glob\n"
	      "  -p, --pages            the state of the pages, in runs of equal state\n"
	      "  -e, --each             the same, but every page by itself\n"
	      "  -m, --map              a map of each file, one character for some pages\n"
	      "      --width N          columns for the map\n"
	      "  -j, --json             JSON\n"
	      "      --sources          where types and symbols came from\n"
	      "  -h, --help             this text\n"
	      "  -V, --version          the version\n",
	      out);
}
