// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - the mmapinfo command */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"
#include "live.h"

enum {
	EXIT_ANSWER = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	/* Of check. */
	EXIT_FINDINGS = 1,
	EXIT_NOT_CHECKED = 3
};

/* The reader has gone (| head): end quietly, with the status of a cut answer. */
static void broken_pipe(int sig)
{
	(void)sig;
	_exit(EXIT_FAILED);
}

static int say(const char *text)
{
	fprintf(stderr, "mmapinfo: %s\n", text);
	return EXIT_FAILED;
}

static int finish_stdout(void)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "mmapinfo: writing: %s\n", strerror(errno ? errno : EIO));
		return EXIT_FAILED;
	}
	return EXIT_ANSWER;
}

/* A flattened dump may be large. The line goes away with the work. */
static void progress(void *arg, uint64_t done, uint64_t of)
{
	(void)arg;
	if (done < of)
		fprintf(stderr, "\rmmapinfo: re-arranging the flattened dump: %u %%",
			(unsigned int)(done * 100 / of));
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

/* Of a dump, or of the running kernel if @live is not NULL. */
static enum mi_status ask_kernel(const struct mi_command *cmd, struct mi_live *live,
				 struct mi_error *err)
{
	struct mi_session_options opt = {.size = sizeof(opt),
					 .vmlinux = cmd->vmlinux,
					 .types = cmd->types,
					 .via = cmd->via,
					 .library = cmd->library,
					 .more = cmd->core + 1,
					 .n_more = cmd->n_cores ? cmd->n_cores - 1 : 0,
					 .progress = isatty(STDERR_FILENO) ? progress : NULL};
	struct mi_session *s;
	enum mi_status st;

	st = mi_session_open(live ? NULL : cmd->core[0], &opt, &s, err);
	if (st)
		return st;
	st = live ? mi_live_run(live, s, stdout, err) : mi_session_run(s, &cmd->ask, stdout, err);
	mi_session_close(s);
	return st;
}

static int answer(const struct mi_command *cmd)
{
	struct mi_live live;
	struct mi_error err;
	enum mi_status st;

	if (cmd->n_cores) {
		st = ask_kernel(cmd, NULL, &err);
	} else if (cmd->ask.recorder) {
		/* Its device or a copy of it, and nothing to name tasks and files by. */
		st = cmd->follow ? mi_follow_run(&cmd->ask, NULL, stdout, &err)
				 : mi_recorder_run(&cmd->ask, stdout, &err);
	} else {
		st = mi_live_prepare(&live, cmd, &err);
		if (!st) {
			st = ask_kernel(cmd, &live, &err);
			mi_live_close(&live);
		}
	}
	if (st == MI_FINDINGS)
		return EXIT_FINDINGS;
	if (st && cmd->ask.whom == MI_WHOM_CHECK) {
		say(err.text);
		return EXIT_NOT_CHECKED;
	}
	return st ? say(err.text) : EXIT_ANSWER;
}

int main(int argc, char **argv)
{
	struct mi_command cmd;
	struct mi_error err;
	enum mi_status st;
	int status;

	signal(SIGPIPE, broken_pipe);
	st = mi_command_parse(argc, argv, false, &cmd, &err);
	if (st) {
		say(err.text);
		/* How to write a command is no help with a file that it names. */
		if (st == MI_ERR_INVALID)
			fputs("try mmapinfo --help\n", stderr);
		return EXIT_USAGE;
	}
	if (cmd.help) {
		mi_command_usage(stdout, false);
		status = finish_stdout();
	} else if (cmd.version) {
		printf("mmapinfo %s\n", mi_version());
		status = finish_stdout();
	} else if (cmd.list) {
		mi_command_rules(&cmd, stdout);
		status = finish_stdout();
	} else {
		status = answer(&cmd);
	}
	mi_command_free(&cmd);
	return status;
}
