/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_BLOCKED_H
#define MI_INSPECT_BLOCKED_H

#include "../kernel/locks.h"
#include "../kernel/waitclass.h"
#include "../kernel/addrmap.h"
#include "pending.h"
#include "stack.h"

/*
 * Why tasks are stuck: each blocked task with the page fault or system call it is in,
 * the page or buffer it waits for, and the request that is to bring or take that page.
 *
 * A task counts as blocked if it sleeps in state D, if it stands in a wait queue of
 * pages, of tags, or of a file system's server, or if it sleeps in a page fault (a
 * userfaultfd that nobody answers: state S). Who has a lock that one of these waits for, or
 * works on a page that no request has, is looked at as well, whatever it does.
 */

/* What is at the end of the chain. */
enum mi_verdict {
	MI_VERDICT_UNKNOWN,  /* nothing of what is known here explains it */
	MI_VERDICT_FUNCTION, /* nor that; but in which function of the kernel it sleeps is known */
	MI_VERDICT_DEVICE,   /* the driver or the device has not completed the request */
	MI_VERDICT_QUEUED,   /* the request has not got to the driver yet */
	MI_VERDICT_COMPLETING, /* the device has answered */
	MI_VERDICT_TAG,	       /* all tags are taken: there is no request for it yet */
	MI_VERDICT_NO_REQUEST, /* locked or under writeback, and no pending request has the page */
	MI_VERDICT_WOKEN,      /* it was woken, and has not run since */
	MI_VERDICT_LOST,       /* what it waits for is not so (any more), and it was not woken */
	MI_VERDICT_UNREADABLE, /* the page's state is not to be had */
	MI_VERDICT_USERFAULT,  /* a userfaultfd is to fill the page */
	MI_VERDICT_HELD,       /* there is no request yet: its bio is held back */
	MI_VERDICT_LOCK,       /* another task has a lock that it sleeps for */
	MI_VERDICT_SERVER,     /* a file system's server, for which there is no block queue */
	MI_VERDICT_NR,
};

struct mi_history;
struct mi_stuck_history;

/* How a task was joined with the request that it waits for. */
enum mi_joined_by {
	MI_BY_NOTHING,
	MI_BY_PAGE,	   /* it waits for a page that the request has */
	MI_BY_COMPLETION,  /* the bio's completion wakes it, or leads to its stack */
	MI_BY_STACK_WORDS, /* its stack names the bio, or what the bio's completion is given */
};

struct mi_blocked {
	struct mi_task task;
	enum mi_kstack_status stack; /* OK: what follows from it is valid */
	uint64_t sp;		     /* of the sleeping task */
	struct mi_user_regs regs;
	struct mi_thread_stack trace;
	struct mi_thread_faults faults;
	size_t wait;	 /* index of pending->waits; MI_NO_INDEX: it waits for no page */
	size_t tag_wait; /* index of pending->tag_waits; MI_NO_INDEX: it waits for no tag */
	size_t request;	 /* index of pending->rq; MI_NO_INDEX: none was found */
	/* Of pending->fs.all: the request and connection it waits for; MI_NO_INDEX: none. */
	size_t fs_request, fs_conn;
	size_t lock; /* index of locks[]; MI_NO_INDEX: it sleeps for none, or it is not known */
	enum mi_lock_mode lock_mode;
	/* Not asked for, but it has a lock or a page that one of the others waits for. */
	bool owner_only;
	enum mi_joined_by by;
	uint64_t bio;	/* by COMPLETION, STACK_WORDS: which, ... */
	uint64_t where; /* ... and the address on the stack that leads to it; 0: task_struct */
	uint64_t fits;	/* by STACK_WORDS: how many requests fit; the oldest is taken */
	enum mi_verdict verdict;
	size_t group; /* index of groups[] */
};

/* Tasks that wait for the same: verdict, device, lock, function. */
struct mi_blocked_group {
	enum mi_verdict verdict; /* of all of them, unless they wait for one device */
	const char *function;	 /* FUNCTION: in which they sleep */
	size_t lock;		 /* LOCK: index of locks[] */
	size_t disk;		 /* index of pending->disks; MI_NO_INDEX: no device */
	size_t n;
	size_t oldest_request; /* of those they wait for; MI_NO_INDEX */
};

struct mi_blocked_set {
	struct mi_kernel *k;
	struct mi_pending *pending; /* NULL: not to be had; why[] tells */
	char why_not_pending[160];
	/*
	 * The blocked tasks, by group, then what they wait for, then PID; and behind the
	 * first @n those that are owners only, in no group.
	 */
	struct mi_blocked *tasks;
	size_t n, n_owners;
	struct mi_addrmap by_task; /* address -> tasks[] */
	struct mi_lock_search *search;
	const struct mi_lock *locks; /* of @search */
	size_t n_locks;
	struct mi_blocked_group *groups; /* the largest first */
	size_t n_groups;
	uint64_t n_all; /* tasks that were looked at */
	/* Of a running kernel: tasks that were blocked, but ran meanwhile; they are not told of. */
	uint64_t n_passing;
	/* The caller's: what was recorded of the first @n; NULL: there is no recorder. */
	const struct mi_history *history;
	const struct mi_stuck_history *recorded;
};

/*
 * Whether one of @tasks may be blocked, without looking at what is pending: it sleeps in
 * D, or its stack tells of a file system's server. Page faults are not looked for.
 */
bool mi_may_be_stuck(struct mi_kernel *k, const struct mi_task *tasks, size_t n);

/* The blocked ones among @tasks, @n of them; NULL: of all tasks. */
enum mi_status mi_blocked_open(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
			       struct mi_blocked_set **ret, struct mi_error *err);
void mi_blocked_close(struct mi_blocked_set *set);

/* The task that has the lock which @t waits for; NULL: none is known, or it does not wait. */
const struct mi_blocked *mi_blocked_owner(const struct mi_blocked_set *set,
					  const struct mi_blocked *t);

/* The task behind it in the chain of its verdict: who has that lock, or works on the page. */
const struct mi_blocked *mi_blocked_behind(const struct mi_blocked_set *set,
					   const struct mi_blocked *t);

/* The function in which it sleeps, as the kernel's wchan: not of the scheduler. NULL: unknown. */
const char *mi_blocked_function(const struct mi_blocked *t);

/* "device", ... for JSON. */
const char *mi_verdict_word(enum mi_verdict verdict);
const char *mi_joined_word(enum mi_joined_by by);

#endif
