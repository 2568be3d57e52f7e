/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_WAITERS_H
#define MI_KERNEL_WAITERS_H

#include "task.h"

/*
 * Who waits for a page or for a buffer of one: all entries of the hashed wait
 * queues. An entry counts if its function is the one that wakes such a waiter and
 * if it lies on the stack of the task that it names, as it must.
 */
enum mi_wait_for {
	MI_WAIT_LOCKED,	   /* the page's lock: mostly, until it is read */
	MI_WAIT_WRITEBACK, /* the end of its writeback */
	MI_WAIT_PRIVATE_2, /* network file systems: the end of a write to the cache */
	MI_WAIT_BUFFER,	   /* the lock of a buffer: until it is read or written */
	MI_WAIT_OTHER,	   /* a bit without a name here */
	MI_WAIT_NR,
};

struct mi_waiter {
	uint64_t entry; /* address of the wait queue entry */
	struct mi_task task;
	enum mi_wait_for what;
	int32_t bit;	 /* as the kernel numbers it */
	uint64_t pfn;	 /* of the page; a folio's first, if it waits for a folio */
	uint64_t buffer; /* BUFFER: struct buffer_head */
	bool woken;	 /* it was woken and has not run since */
};

/* "locked", "writeback", "private_2", "buffer", "other" */
const char *mi_wait_word(enum mi_wait_for what);

/* NULL: they can be had in this kernel; else what is missing for it. */
const char *mi_waiters_lack(const struct mi_layout *l);

/*
 * All of them, sorted by frame. *others: entries that belong to no task (io_uring)
 * or whose function is unknown. Free *ret. MI_ERR_MISSING: the feature is off.
 */
enum mi_status mi_waiters(struct mi_kernel *k, struct mi_waiter **ret, size_t *n, uint64_t *others,
			  struct mi_error *err);

/* Whether the buffer is locked. False in *locked as well if it cannot be read. */
bool mi_buffer_locked(struct mi_kernel *k, uint64_t buffer, bool *locked);

#endif
