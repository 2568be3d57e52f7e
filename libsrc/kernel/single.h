/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SINGLE_H
#define MI_KERNEL_SINGLE_H

#include "request.h"

/*
 * Single request queues (block/blk-core.c, block/elevator.c, up to 4.20): requests wait in
 * the scheduler, then in the queue's own list; what the driver has stands in the list of
 * timeouts or in its table of tags, or only the driver knows it.
 */

/* Can they be found in this kernel? */
bool mi_single_known(const struct mi_layout *l);

/* One request; it may come twice. Returns whether it is one that is pending. */
typedef bool (*mi_single_fn)(void *arg, uint64_t rq, enum mi_rq_state state);

/* What the driver has and no list holds is a problem, with its number. */
void mi_single_queue(struct mi_kernel *k, const struct mi_disk *d, mi_single_fn fn, void *arg);

/* "READ", "WRITE", ...: by the flags of a kernel before 4.8; NULL: it is no such kernel. */
const char *mi_single_operation(const struct mi_kernel *k, uint64_t flags);

/*
 * Requests of such kernels have a time in jiffies: in nanoseconds of a clock that begins
 * where jiffies do. False: not known.
 */
bool mi_single_clock(struct mi_kernel *k, uint64_t *ns);
uint64_t mi_single_start(struct mi_kernel *k, uint64_t start_time);

#endif
