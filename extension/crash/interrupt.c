// SPDX-License-Identifier: GPL-2.0-or-later
/* interrupt.c - ^C while the library runs */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "interrupt.h"

/* So long the library may take to notice; it looks every few milliseconds. */
#define PATIENCE_SECONDS 2

static struct sigaction of_crash;
static bool installed;
static volatile sig_atomic_t noted;
static struct timespec since;
static int pipe_fd = -1; /* the output, if it is a pipe */
static int pipe_flags;

static void note_interrupt(int sig)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!noted) {
		noted = 1;
		since = now;
		if (pipe_fd >= 0)
			fcntl(pipe_fd, F_SETFL, pipe_flags | O_NONBLOCK);
	} else if (now.tv_sec - since.tv_sec > PATIENCE_SECONDS) {
		/* Blocked until this handler returns; then crash's takes it. */
		sigaction(sig, &of_crash, NULL);
		raise(sig);
	}
}

static void look_at_output(int out)
{
	struct stat st;

	pipe_fd = -1;
	if (fstat(out, &st) || !S_ISFIFO(st.st_mode))
		return;
	pipe_flags = fcntl(out, F_GETFL);
	if (pipe_flags >= 0)
		pipe_fd = out;
}

void mi_interrupt_begin(int out)
{
	/* No SA_RESTART: a write that waits for its reader must end, too. */
	struct sigaction sa = {.sa_handler = note_interrupt};

	noted = 0;
	sigemptyset(&sa.sa_mask);
	/* Where ^C is ignored (nohup), it stays so. */
	if (sigaction(SIGINT, NULL, &of_crash) || of_crash.sa_handler == SIG_IGN)
		return;
	look_at_output(out);
	installed = !sigaction(SIGINT, &sa, NULL);
}

bool mi_interrupt_end(void)
{
	bool was = noted;

	if (installed)
		sigaction(SIGINT, &of_crash, NULL);
	installed = false;
	if (was && pipe_fd >= 0)
		fcntl(pipe_fd, F_SETFL, pipe_flags);
	pipe_fd = -1;
	noted = 0;
	return was;
}

bool mi_interrupted(void)
{
	return noted;
}
