/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PIDHASH_H
#define MI_KERNEL_PIDHASH_H

#include "kernel.h"

/*
 * The hash of PIDs, up to 4.14: the task_struct with PID or TID @pid in the initial
 * namespace; 0: there is none, or no such hash.
 */
uint64_t mi_pid_hash_find(struct mi_kernel *k, int32_t pid);

#endif
