// SPDX-License-Identifier: GPL-2.0-or-later
/* check_options.c - the command line of mmapinfo check */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "escape.h"
#include "expect.h"
#include "output.h"

#define DIGITS_MAX 9

enum {
	OPT_RULE = MI_OPT_VIA + 1,
	OPT_SEVERITY,
	OPT_LIST,
	OPT_FORMAT,
	OPT_OLDER,
	OPT_DIRTY,
	OPT_SOURCES,
	OPT_EXPECT
};

static const char short_options[] = ":c:s:jhV";
static const struct option long_options[] = {
	{"core", required_argument, NULL, 'c'},
	{"vmlinux", required_argument, NULL, 's'},
	{"types", required_argument, NULL, MI_OPT_TYPES},
	{"via", required_argument, NULL, MI_OPT_VIA},
	{"rule", required_argument, NULL, OPT_RULE},
	{"severity", required_argument, NULL, OPT_SEVERITY},
	{"list", no_argument, NULL, OPT_LIST},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"older", required_argument, NULL, OPT_OLDER},
	{"dirty", required_argument, NULL, OPT_DIRTY},
	{"expect", required_argument, NULL, OPT_EXPECT},
	{"json", no_argument, NULL, 'j'},
	{"sources", no_argument, NULL, OPT_SOURCES},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

enum mi_status mi_check_rules(const char *ids, bool errors_only, bool *asked, struct mi_error *err)
{
	enum mi_rule rule;
	unsigned int i;
	size_t n;

	if (ids && !strcmp(ids, "none"))
		ids = "";
	for (i = 0; i < MI_RULE_NR; i++)
		asked[i] = !ids && (!errors_only || mi_rules[i].severity == MI_SEVERITY_ERROR);
	for (; ids && *ids; ids = ids[n] ? ids + n + 1 : NULL) {
		n = strcspn(ids, ",");
		rule = mi_rule_find(ids, n);
		if (rule == MI_RULE_NR)
			return mi_fail(err, MI_ERR_INVALID,
				       "there is no rule '%.*s': check --list has them all", (int)n,
				       ids);
		asked[rule] = !errors_only || mi_rules[rule].severity == MI_SEVERITY_ERROR;
	}
	return MI_OK;
}

static enum mi_status take_severity(const char *text, struct mi_request *ask, struct mi_error *err)
{
	ask->errors_only = !strcmp(text, "error");
	if (!ask->errors_only && strcmp(text, "warning") != 0)
		return mi_fail(err, MI_ERR_INVALID, "--severity is warning or error, not '%s'",
			       text);
	return MI_OK;
}

static enum mi_status take_format(const char *text, struct mi_request *ask, struct mi_error *err)
{
	bool json = !strcmp(text, "json");

	ask->json |= json;
	ask->report = !strcmp(text, "tap")     ? MI_REPORT_TAP
		      : !strcmp(text, "junit") ? MI_REPORT_JUNIT
					       : MI_REPORT_TEXT;
	if (!json && ask->report == MI_REPORT_TEXT && strcmp(text, "text") != 0)
		return mi_fail(err, MI_ERR_INVALID,
			       "--format is text, json, tap or junit, not '%s'", text);
	return MI_OK;
}

/* Of @what; 0 is none. */
static enum mi_status take_number(const char *option, const char *what, const char *text,
				  uint64_t *ret, struct mi_error *err)
{
	size_t digits = strspn(text, "0123456789");

	*ret = digits && digits <= DIGITS_MAX && !text[digits] ? strtoull(text, NULL, 10) : 0;
	if (!*ret)
		return mi_fail(err, MI_ERR_INVALID, "%s is a number of %s, not '%s'", option, what,
			       text);
	return MI_OK;
}

/* All of it; one byte more than it may have is too much. */
static enum mi_status read_text(FILE *f, char *text, struct mi_error *err)
{
	size_t n = fread(text, 1, MI_EXPECT_TEXT_MAX + 1, f);

	if (ferror(f))
		return mi_fail(err, MI_ERR_IO, "%s", strerror(errno));
	text[n] = '\0';
	return strlen(text) == n ? MI_OK : mi_fail(err, MI_ERR_FORMAT, "it is not JSON");
}

/* Read once, and before rights are given up: it may be a pipe, and another user's. */
static enum mi_status take_expect(const char *path, struct mi_command *cmd, struct mi_error *err)
{
	FILE *f = fopen(path, "re");
	enum mi_status st = MI_OK;

	mi_command_free(cmd);
	cmd->expect = malloc(MI_EXPECT_TEXT_MAX + 2);
	if (!f)
		st = mi_fail(err, MI_ERR_IO, "%s", strerror(errno));
	else if (!cmd->expect)
		st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	else
		st = read_text(f, cmd->expect, err);
	if (f)
		fclose(f);
	if (!st)
		st = mi_expects_new(cmd->expect, false, &cmd->expects, err);
	if (st) {
		mi_command_free(cmd);
		return mi_fail_in(err, "--expect %s", path);
	}
	cmd->ask.expect = cmd->expect;
	return MI_OK;
}

void mi_command_free(struct mi_command *cmd)
{
	mi_expects_free(cmd->expects);
	cmd->expects = NULL;
	free(cmd->expect);
	cmd->expect = NULL;
	cmd->ask.expect = NULL;
}

static enum mi_status take(int opt, bool in_crash, struct mi_command *cmd, struct mi_error *err)
{
	switch (opt) {
	case 'h':
		cmd->help = true;
		return MI_OK;
	case 'V':
		cmd->version = true;
		return MI_OK;
	case 'j':
		cmd->ask.json = true;
		return MI_OK;
	case OPT_SOURCES:
		cmd->ask.sources = true;
		return MI_OK;
	case OPT_LIST:
		cmd->list = true;
		return MI_OK;
	case OPT_RULE:
		cmd->ask.rules = optarg;
		return MI_OK;
	case OPT_SEVERITY:
		return take_severity(optarg, &cmd->ask, err);
	case OPT_FORMAT:
		return take_format(optarg, &cmd->ask, err);
	case OPT_EXPECT:
		return take_expect(optarg, cmd, err);
	case OPT_OLDER:
		return take_number("--older", "seconds", optarg, &cmd->ask.older_s, err);
	case OPT_DIRTY:
		return take_number("--dirty", "MiB", optarg, &cmd->ask.dirty_mib, err);
	default:
		return mi_command_target(opt, in_crash, cmd, err);
	}
}

static enum mi_status take_all(int argc, char **argv, bool in_crash, struct mi_command *cmd,
			       struct mi_error *err)
{
	enum mi_status st = MI_OK;
	int opt;

	while (!st && (opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return mi_command_bad_option(argc, argv, opt, short_options, err);
		st = take(opt, in_crash, cmd, err);
		if (cmd->help || cmd->version)
			break;
	}
	return st;
}

static enum mi_status fits(int argc, char **argv, const struct mi_command *cmd,
			   struct mi_error *err)
{
	const struct mi_request *ask = &cmd->ask;
	bool asked[MI_RULE_NR];

	if (optind < argc)
		return mi_fail(err, MI_ERR_INVALID,
			       "check looks at all processes: what about '%s'?", argv[optind]);
	if (ask->json && ask->report)
		return mi_fail(err, MI_ERR_INVALID, "--json and another --format: one of them");
	if (ask->rules && !strcmp(ask->rules, "none") && !ask->expect)
		return mi_fail(err, MI_ERR_INVALID,
			       "--rule none without --expect leaves nothing to check");
	return mi_check_rules(ask->rules, ask->errors_only, asked, err);
}

enum mi_status mi_check_parse(int argc, char **argv, bool in_crash, struct mi_command *cmd,
			      struct mi_error *err)
{
	enum mi_status st;

	cmd->ask.whom = MI_WHOM_CHECK;
	st = take_all(argc, argv, in_crash, cmd, err);
	if (!st && !cmd->help && !cmd->version)
		st = fits(argc, argv, cmd, err);
	return st;
}

static void put_line(const char *id, enum mi_severity severity, const char *text, FILE *out)
{
	fprintf(out, "%-21s %-8s ", id, mi_severity_word(severity));
	mi_put_escaped(out, text);
	fputc('\n', out);
}

void mi_command_rules(const struct mi_command *cmd, FILE *out)
{
	const struct mi_expects *set = cmd->expects;
	const struct mi_request *ask = &cmd->ask;
	bool asked[MI_RULE_NR];
	struct mi_error err;
	size_t i;

	/* That they are good was found out when the command was parsed. */
	if (mi_check_rules(ask->rules, ask->errors_only, asked, &err))
		return;
	for (i = 0; i < MI_RULE_NR; i++)
		if (asked[i])
			put_line(mi_rules[i].id, mi_rules[i].severity, mi_rules[i].finds, out);
	for (i = 0; set && i < set->n; i++)
		if (!ask->errors_only || set->list[i].severity == MI_SEVERITY_ERROR)
			put_line(set->list[i].name, set->list[i].severity, set->list[i].message,
				 out);
}
