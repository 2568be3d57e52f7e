/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_TAGWAIT_H
#define MI_KERNEL_TAGWAIT_H

#include "blkdev.h"
#include "task.h"

/*
 * Tasks that have no request yet because all tags are taken: those of the hardware, or
 * of the scheduler, which the task gets first if there is one. All entries of the wait
 * queues of the tags' bitmaps; one counts if it lies on the stack of the task it names.
 */
#define MI_TAG_NO_DISK ((size_t)-1)

struct mi_tag_wait {
	struct mi_task task;
	/*
	 * Which disk: index. Several may share the tags; then the kernel's struct
	 * blk_mq_alloc_data on the task's stack tells. NO_DISK: it does not.
	 */
	size_t disk;
	bool sched;	    /* the scheduler's tags */
	bool reserved;	    /* those for the driver's own commands */
	int64_t hctx;	    /* number of the hardware queue; -1: unknown */
	bool flags_known;   /* by that struct */
	uint64_t flags;	    /* operation and flags of what is to become a request */
	uint64_t entry, sb; /* the wait queue entry; the struct sbitmap_queue */
};

/*
 * By disk, then by PID. *queues: how many hardware queues, no tasks, wait for a tag, to
 * dispatch what they have. Free *ret. MI_ERR_MISSING: not to be had in this kernel.
 */
enum mi_status mi_tag_waits(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			    struct mi_tag_wait **ret, size_t *n, uint64_t *queues,
			    struct mi_error *err);

#endif
