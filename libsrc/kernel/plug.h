/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PLUG_H
#define MI_KERNEL_PLUG_H

#include "task.h"

/*
 * What tasks keep in their plugs: requests that they collect before they hand them on
 * together, and others that they have got in store and not used yet (since 5.16). The
 * kernel empties the plug of a task that goes to sleep, so only tasks that run, or
 * were interrupted, have something there.
 */
#define MI_PLUG_NO_DISK ((size_t)-1)

struct mi_plugged {
	uint64_t rq; /* struct request */
	int32_t pid; /* of the task */
	char comm[17];
	bool stored; /* it has a tag and nothing to do */
	bool single; /* of a single queue */
	/* Of a stored one; mi_requests() fills this in. NO_DISK: it is no such request. */
	size_t disk;
	int32_t tag, sched_tag; /* -1: none */
	int64_t hctx;		/* number of the hardware queue; -1: unknown */
};

/*
 * Those of all tasks. Free *ret. In a kernel whose plugs are unknown there are none, and
 * that is a problem.
 */
enum mi_status mi_plugs(struct mi_kernel *k, struct mi_plugged **ret, size_t *n,
			struct mi_error *err);

#endif
