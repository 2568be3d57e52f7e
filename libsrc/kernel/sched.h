/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SCHED_H
#define MI_KERNEL_SCHED_H

#include "task.h"

/*
 * How long @task has not run, in nanoseconds, by the scheduler's own clocks: from the
 * moment it left its CPU to the last time that any CPU's scheduler looked at its clock,
 * which is a little before the dump. False if that is not to be had, or if the task runs.
 */
bool mi_task_blocked_ns(struct mi_kernel *k, const struct mi_task *task, uint64_t *ns);

#endif
