/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_COMMAND_H
#define MI_OUTPUT_COMMAND_H

#include "../kernel/kernel.h"

/*
 * The command line, the same in the shell and in crash.
 *
 *	if (mi_command_parse(argc, argv, true, &cmd, &err)) ...
 *	if (cmd.ask.whom == MI_WHOM_NOBODY) {
 *		cmd.ask.whom = MI_WHOM_TASK;
 *		cmd.ask.task = current context;
 *	}
 *	mi_request_run(k, &cmd.ask, fp, &err);
 */
#define MI_CORES_MAX 256

/* Whether the process is to stand still while it is looked at. */
enum mi_stable {
	MI_STABLE_NO,
	MI_STABLE_SIGNAL,  /* by SIGSTOP */
	MI_STABLE_FREEZER, /* with all of its cgroup */
};

struct mi_command {
	struct mi_request ask;	    /* strings point into argv, but expect is this one's: */
	char *expect;		    /* the text of check --expect's FILE; NULL: none */
	struct mi_expects *expects; /* the same, understood */
	bool help, version;	    /* answer these first; the rest is then not checked */
	bool list;		    /* of check: mi_command_rules() is the answer */

	/* Of the shell command alone. */
	const char *core[MI_CORES_MAX]; /* the parts of a split dump */
	size_t n_cores;
	const char *vmlinux; /* NULL: not given */
	enum mi_types_from types;
	enum mi_via via;
	const char *library; /* of drgn; NULL: look for it */
	enum mi_stable stable;
	const char *ns_path; /* of the PID's namespace, on this machine; NULL: none */
	bool follow;	     /* history as it comes */
	double watch;	     /* seconds between one answer and the next; 0: there is but one */
};

/*
 * argv[0] is the name of the command. Nonsense is MI_ERR_INVALID and one line
 * that says what is wrong; another error is of a file that is named. Without a task, MI_WHOM_NOBODY
 * is left to the caller in crash and an error outside. getopt_long() is used and set back, so argv
 * may be permuted; one thread at a time.
 */
enum mi_status mi_command_parse(int argc, char **argv, bool in_crash, struct mi_command *cmd,
				struct mi_error *err);

/* What it holds beyond argv; a command that did not parse holds nothing. */
void mi_command_free(struct mi_command *cmd);

/* An option of the request that only a process with memory can answer; NULL: it has none. */
const char *mi_request_of_memory(const struct mi_request *ask);

/* What --help prints. */
void mi_command_usage(FILE *out, bool in_crash);

/*
 * check_options.c: "mmapinfo check ..."; argv[0] is "check". MI_ERR_IO, MI_ERR_FORMAT: of the file
 * of expectations. And what check --list prints.
 */
enum mi_status mi_check_parse(int argc, char **argv, bool in_crash, struct mi_command *cmd,
			      struct mi_error *err);
void mi_command_rules(const struct mi_command *cmd, FILE *out);

/*
 * An option that names the target ('c', 's', MI_OPT_TYPES, MI_OPT_VIA), with optarg; and why an
 * option is none: getopt_long() has answered ':' or '?'.
 */
enum {
	MI_OPT_TYPES = 256,
	MI_OPT_VIA
};
enum mi_status mi_command_target(int opt, bool in_crash, struct mi_command *cmd,
				 struct mi_error *err);
enum mi_status mi_command_bad_option(int argc, char **argv, int opt, const char *short_options,
				     struct mi_error *err);

/*
 * Find the process, inspect it, write the answer and flush @out. The problems
 * of earlier requests on @k are forgotten first: an answer tells its own.
 */
enum mi_status mi_request_run(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err);

/* The name that goes with mi_command_parse(): the request inside @cmd. */
static inline enum mi_status mi_command_run(struct mi_kernel *k, const struct mi_command *cmd,
					    FILE *out, struct mi_error *err)
{
	return mi_request_run(k, &cmd->ask, out, err);
}

#endif
