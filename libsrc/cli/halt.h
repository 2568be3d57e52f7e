/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_HALT_H
#define MI_CLI_HALT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../target/error.h"

/*
 * Makes a process stand still, and lets it go on. Who calls this must see to it that
 * mi_halt_undo() is called, whatever happens: guardian.h.
 */
struct mi_halt {
	pid_t pid;	/* of its first thread */
	uint64_t start; /* by which it is known again then */
	int pidfd;	/* -1: this kernel has none */
	bool freezer;	/* by cgroup.freeze of its cgroup ... */
	int freeze;	/* ... which is open here; else -1 */
	int events;	/* and cgroup.events; -1 */
	char cgroup[1024];
	bool ours;	/* it is for us to stop it, and to let it go */
	char note[256]; /* what the answer's exactness lacks; "": nothing */
};

#define MI_HALT_NONE                                                                               \
	(struct mi_halt)                                                                           \
	{                                                                                          \
		.pidfd = -1, .freeze = -1, .events = -1                                            \
	}

/*
 * The process of @pid, which may be any of its threads; nothing is done to it yet. With @freezer
 * its cgroup, of version 2, is to be frozen, with all that are in there. Refused are kernel
 * threads, PID 1 and @self. One that was stopped before, or is traced, is not for us to stop.
 */
enum mi_status mi_halt_find(struct mi_halt *h, pid_t pid, bool freezer, pid_t self,
			    struct mi_error *err);

/* Stop it, and wait, not for long, until its threads stand still. */
enum mi_status mi_halt_stop(struct mi_halt *h, struct mi_error *err);

/* Let it go if it was for us to stop it. As often as you like. */
void mi_halt_undo(struct mi_halt *h);

/* Closes what is open; undoes nothing. */
void mi_halt_close(struct mi_halt *h);

/* freezer.c: the same for a cgroup. */
enum mi_status mi_freezer_find(struct mi_halt *h, pid_t self, struct mi_error *err);
enum mi_status mi_freezer_stop(struct mi_halt *h, struct mi_error *err);
void mi_freezer_undo(struct mi_halt *h);

/* How long threads are waited for, and how often they are looked at meanwhile. */
#define MI_HALT_WAIT_MS 2000
#define MI_HALT_STEP_MS 2
void mi_halt_wait_a_step(void);

#endif
