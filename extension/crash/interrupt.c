// SPDX-License-Identifier: GPL-2.0-or-later
/* interrupt.c - ^C while the library runs */
#include <signal.h>
#include <time.h>

#include "interrupt.h"

/* So long the library may take to notice; it looks every few milliseconds. */
#define PATIENCE_SECONDS 2

static struct sigaction of_crash;
static bool installed;
static volatile sig_atomic_t noted;
static struct timespec since;

static void note_interrupt(int sig)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!noted) {
		noted = 1;
		since = now;
	} else if (now.tv_sec - since.tv_sec > PATIENCE_SECONDS) {
		/* Blocked until this handler returns; then crash's takes it. */
		sigaction(sig, &of_crash, NULL);
		raise(sig);
	}
}

void mi_interrupt_begin(void)
{
	/* No SA_RESTART: a write to a pager that does not read must end, too. */
	struct sigaction sa = {.sa_handler = note_interrupt};

	noted = 0;
	sigemptyset(&sa.sa_mask);
	/* Where ^C is ignored (nohup), it stays so. */
	if (sigaction(SIGINT, NULL, &of_crash) || of_crash.sa_handler == SIG_IGN)
		return;
	installed = !sigaction(SIGINT, &sa, NULL);
}

bool mi_interrupt_end(void)
{
	bool was = noted;

	if (installed)
		sigaction(SIGINT, &of_crash, NULL);
	installed = false;
	noted = 0;
	return was;
}

bool mi_interrupted(void)
{
	return noted;
}
