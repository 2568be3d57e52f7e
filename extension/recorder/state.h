/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_STATE_H
#define MMAPREC_STATE_H

#include <linux/hash.h>
#include <linux/sched.h>

#include "mmaprec.h"

/*
 * What is remembered of a task from one handler to the next: that it is in a fault, which
 * attempt of it, who asked for readahead. A table of fixed size, searched by task. Only the
 * task itself looks at its entry, except that an entry which is not in use may be taken by
 * another. Where a place for an entry is not to be had, that is counted, and what it would
 * have told is not recorded.
 */
struct mr_state {
	unsigned long *owner; /* its place in the table: task, and bit 0: in use */
	unsigned int forgets; /* made before the latest mr_states_forget(): void */
	unsigned int faults;  /* handle_mm_fault() under way */
	/* The fault that was to be retried, and its attempts so far. */
	unsigned long address;
	u64 first;
	unsigned int attempts;
	/* filemap_fault() under way, and what it has come to. */
	bool in_filemap;
	bool window_known;
	u8 decision;
	u16 order;
	u32 reads;
	u32 window_size, window_async, ra_pages, mmap_miss;
	u64 window_start;
	/* page_cache_sync_ra() or _async_ra() was called with this. */
	const void *ra_control;
	u8 ra_via;
	/* page_cache_ra_order() has told of this readahead already. */
	const void *told_control;
	pgoff_t told_index;
	/* __remove_mapping() is about to take this page away. */
	const void *removing;
	u8 why_left;
	/* Direct reclaim, kswapd's turn: since when, and what it got. */
	u64 reclaim_begin;
	u64 reclaimed;
};

int mr_states_create(void);
void mr_states_destroy(void);
/* Calls under way will not tell of their end: what is known of tasks is void. */
void mr_states_forget(void);
u64 mr_states_full(void);

/*
 * The running task's; only where in_task() is true. NULL: there is no place. It stays until
 * mr_state_put(), and beyond while the task is in a fault or in reclaim.
 */
struct mr_state *mr_state_get(void);
void mr_state_put(struct mr_state *s);

/*
 * For who holds one from the entry of a function to its return: what was made void meanwhile
 * is another's by then.
 */
struct mr_hold {
	struct mr_state *state;
	unsigned int forgets;
};

static inline void mr_hold_begin(struct mr_hold *hold)
{
	hold->state = mr_state_get();
	hold->forgets = hold->state ? hold->state->forgets : 0;
}

/* NULL: there was none, or it is void. */
struct mr_state *mr_hold_state(const struct mr_hold *hold);

/* handle_mm_fault() is seen, and with it every fault. */
extern bool mr_faults_known;

/* Tasks that hold a place, by their hash: most records are of tasks of whose hash none does. */
#define MR_BUCKET_BITS 10
#define MR_BUCKET_SIZE 8
extern atomic_t mr_states_held[1 << MR_BUCKET_BITS];

static __always_inline u32 mr_state_hash(unsigned long task)
{
	return hash_long(task >> 6, MR_BUCKET_BITS);
}

bool mr_state_in_fault(void);

/* Is the running code part of a fault? In an interrupt it is not. */
static __always_inline u32 mr_in_fault(void)
{
	int held;

	if (unlikely(!in_task()))
		return MR_NO;
	held = atomic_read(&mr_states_held[mr_state_hash((unsigned long)current)]);
	if (held && mr_state_in_fault())
		return MR_YES;
	/* There may have been no place for it. */
	if (unlikely(held >= MR_BUCKET_SIZE))
		return MR_NOT_KNOWN;
	return READ_ONCE(mr_faults_known) ? MR_NO : MR_NOT_KNOWN;
}

#endif
