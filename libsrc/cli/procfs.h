/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_PROCFS_H
#define MI_CLI_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What /proc tells of a process of this machine. */

struct mi_procfs_stat {
	char state;	/* 'R', 'T', ... */
	bool kthread;	/* a thread of the kernel */
	uint64_t start; /* when it began: a number that comes again uses another */
};

/* Of thread @tid of process @pid. False: there is none. */
bool mi_procfs_stat(pid_t pid, pid_t tid, struct mi_procfs_stat *ret);

/* The number behind "@key:" in its status; false: it has no such line. */
bool mi_procfs_status(pid_t pid, const char *key, long *ret);

/*
 * Its threads that are in none of @states: how many, and the first of them as
 * "812 (D), 813 (R)" in @list. 0 also where the process has gone.
 */
size_t mi_procfs_threads_not(pid_t pid, const char *states, char *list, size_t size);

#endif
