/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PIDNS_H
#define MI_KERNEL_PIDNS_H

#include "task.h"

/*
 * A PID namespace, and the tasks in it by the numbers that they have there: each has one in the
 * namespace it is in, and in all above.
 */
struct mi_pidns {
	uint64_t addr; /* struct pid_namespace */
	uint64_t inode;
};

/*
 * That of the task with number @of, or, if that is 0, the one with this inode number, as
 * /proc/PID/ns/pid tells it. Found by the tasks in it: MI_ERR_NOT_FOUND if there is none.
 */
enum mi_status mi_pidns_find(struct mi_kernel *k, int32_t of, uint64_t inode, struct mi_pidns *ret,
			     struct mi_error *err);

/* The task that has number @pid there. */
enum mi_status mi_pidns_task(struct mi_kernel *k, const struct mi_pidns *ns, int32_t pid,
			     struct mi_task *ret, struct mi_error *err);

#endif
