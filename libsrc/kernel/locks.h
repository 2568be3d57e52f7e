/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_LOCKS_H
#define MI_KERNEL_LOCKS_H

#include "unwind.h"

/*
 * Locks that tasks sleep for, found from the waiting task: its stack leads through the
 * slow path of a lock, and has the entry by which it waits, which names the task, is
 * linked both ways, and stands in a ring with other such entries and one lock. With
 * PREEMPT_RT the task itself points to its entry.
 */
enum mi_lock_kind {
	MI_LOCK_RWSEM,
	MI_LOCK_MUTEX,
	MI_LOCK_RT, /* rt_mutex, as of a futex with priority inheritance */
};

enum mi_lock_mode {
	MI_LOCK_UNKNOWN, /* which of the two is not known */
	MI_LOCK_READ,
	MI_LOCK_WRITE, /* alone: so does every mutex */
};

/* Who has it. */
enum mi_lock_owned {
	MI_OWNED_UNKNOWN,
	MI_OWNED_BY,	  /* by the task that is named */
	MI_OWNED_READERS, /* by readers, of which the kernel keeps no list; see hint */
};

/* What it protects, as far as its place tells. */
enum mi_lock_of {
	MI_LOCK_OF_UNKNOWN,
	MI_LOCK_OF_MM,	   /* mmap_lock: object is the mm_struct, pid of a process with it */
	MI_LOCK_OF_INODE,  /* i_rwsem: object is the inode */
	MI_LOCK_OF_SYMBOL, /* a variable of the kernel: symbol */
};

struct mi_lock {
	uint64_t addr;
	enum mi_lock_kind kind;
	enum mi_lock_owned owned;
	struct mi_task owner; /* BY: the owner; READERS: valid if hint */
	bool hint;	      /* READERS: owner is who took it last, and may have given it back */
	enum mi_lock_of of;
	uint64_t object;
	int32_t pid;
	const char *symbol;
	size_t n_waiters; /* of those that were asked for */
};

struct mi_lock_search;

/* @k must have MI_F_STACK. MI_ERR_MISSING: locks of this kernel have an unknown form. */
enum mi_status mi_lock_search_new(struct mi_kernel *k, struct mi_lock_search **ret,
				  struct mi_error *err);
void mi_lock_search_free(struct mi_lock_search *s);

/*
 * Does @task, whose stack and trace these are, wait for a lock? If so, the index of the
 * lock into *lock. A wait of which the lock cannot be found is a problem.
 */
bool mi_lock_wait(struct mi_lock_search *s, const struct mi_task *task,
		  const struct mi_kstack *stack, const struct mi_trace *trace, size_t *lock,
		  enum mi_lock_mode *mode);

/* All that were found so far. Valid until the next search. */
const struct mi_lock *mi_locks(const struct mi_lock_search *s, size_t *n);

/* "rwsem", "mutex", "rt_mutex"; "read", "write", NULL: unknown. */
/* Does somebody hold mmap_lock of this mm_struct to write? False where that is not known. */
bool mi_mmap_lock_written(struct mi_kernel *k, uint64_t mm);

const char *mi_lock_kind_word(enum mi_lock_kind kind);
const char *mi_lock_mode_word(enum mi_lock_mode mode);

#endif
