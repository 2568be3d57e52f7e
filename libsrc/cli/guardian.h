/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_GUARDIAN_H
#define MI_CLI_GUARDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../target/error.h"

/*
 * A process of our own that stops others for us, and lets them go on when it is told so or when
 * we are gone, by whatever way: it sees the end of the socket between us.
 *
 *	mi_guardian_start(false, &g, &err);	before rights are dropped: it keeps those to send
 *signals mi_guardian_stop(g, pid, note, sizeof(note), &err);
 *	... what is to be read while the process stands still ...
 *	mi_guardian_go(g);
 *	mi_guardian_end(g);
 *
 * It has a session of its own, so that ^C does not reach it, and takes no signals but SIGKILL.
 * Should that come, mi_guardian_go() does its work.
 */
struct mi_guardian;

/* @freezer: it is to stop by cgroups (halt.h). */
enum mi_status mi_guardian_start(bool freezer, struct mi_guardian **ret, struct mi_error *err);

/*
 * @note: a line to show if it is not "": what did not stop. Nothing is to be written before
 * mi_guardian_go(): the process may be the one that reads our output, or is the terminal.
 */
enum mi_status mi_guardian_stop(struct mi_guardian *g, pid_t pid, char *note, size_t size,
				struct mi_error *err);
void mi_guardian_go(struct mi_guardian *g);

/* @g may be NULL. */
void mi_guardian_end(struct mi_guardian *g);

#endif
