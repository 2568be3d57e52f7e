// SPDX-License-Identifier: GPL-2.0-or-later
/* ending.c - ^C as the proper end of what has no other */
#include <signal.h>
#include <unistd.h>

#include "ending.h"

static volatile sig_atomic_t held, asked;
static bool on_terminal;

static _Noreturn void end(void)
{
	static const char reset[] = MI_TERMINAL_RESET "\r\n";

	if (on_terminal && write(STDOUT_FILENO, reset, sizeof(reset) - 1) < 0)
		_exit(1);
	_exit(0);
}

static void caught(int sig)
{
	(void)sig;
	if (!held || asked)
		end();
	asked = 1;
}

void mi_ending_catch(bool terminal)
{
	/* Without SA_RESTART: one may wait in a write. */
	const struct sigaction sa = {.sa_handler = caught};

	on_terminal = terminal;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

void mi_ending_hold(void)
{
	held = 1;
}

void mi_ending_release(void)
{
	held = 0;
	if (asked)
		end();
}
