// SPDX-License-Identifier: GPL-2.0-or-later
/* verdict.c - what each blocked task waits for in the end, and who wait for the same */
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

const char *mi_verdict_word(enum mi_verdict verdict)
{
	static const char *const words[MI_VERDICT_NR] = {
		[MI_VERDICT_LOCK] = "lock",
		[MI_VERDICT_UNKNOWN] = "unknown",
		[MI_VERDICT_FUNCTION] = "function",
		[MI_VERDICT_DEVICE] = "device",
		[MI_VERDICT_QUEUED] = "queued",
		[MI_VERDICT_COMPLETING] = "completing",
		[MI_VERDICT_TAG] = "tag",
		[MI_VERDICT_NO_REQUEST] = "no_request",
		[MI_VERDICT_WOKEN] = "woken",
		[MI_VERDICT_LOST] = "lost",
		[MI_VERDICT_UNREADABLE] = "unreadable",
		[MI_VERDICT_USERFAULT] = "userfault",
		[MI_VERDICT_HELD] = "held",
		[MI_VERDICT_SERVER] = "server",
	};

	return verdict < MI_VERDICT_NR ? words[verdict] : NULL;
}

const char *mi_joined_word(enum mi_joined_by by)
{
	switch (by) {
	case MI_BY_PAGE:
		return "page";
	case MI_BY_COMPLETION:
		return "completion";
	case MI_BY_STACK_WORDS:
		return "stack_words";
	default:
		return NULL;
	}
}

static enum mi_verdict of_request(const struct mi_rq *rq)
{
	switch (rq->state) {
	case MI_RQ_DRIVER:
		return MI_VERDICT_DEVICE;
	case MI_RQ_COMPLETING:
		return MI_VERDICT_COMPLETING;
	case MI_RQ_HELD:
		return MI_VERDICT_HELD;
	default:
		return MI_VERDICT_QUEUED;
	}
}

static enum mi_verdict of_wait(const struct mi_wait *w)
{
	switch (w->finding) {
	case MI_FINDING_PAGE_UNREADABLE:
		return MI_VERDICT_UNREADABLE;
	case MI_FINDING_BIT_CLEAR:
		return w->waiter.woken ? MI_VERDICT_WOKEN : MI_VERDICT_LOST;
	case MI_FINDING_NO_REQUEST:
	case MI_FINDING_IN_HAND:
	case MI_FINDING_OWN_PAGES:
	case MI_FINDING_UNTOLD_DEVICE:
		return MI_VERDICT_NO_REQUEST;
	case MI_FINDING_NO_QUEUE:
		return MI_VERDICT_SERVER;
	default:
		return MI_VERDICT_UNKNOWN;
	}
}

/* A fault that is sure, in memory whose pages a userfaultfd gives. */
static bool is_userfault(const struct mi_blocked_set *set, const struct mi_blocked *t)
{
	const char *name;
	unsigned int bit;

	if (t->faults.n != 1 || t->faults.list[0].doubts)
		return false;
	for (bit = 0; bit < 64; bit++) {
		name = t->faults.list[0].vma.flags >> bit & 1 ? mi_vma_flag(set->k, bit) : NULL;
		if (name && !strncmp(name, "uffd_", 5))
			return true;
	}
	return false;
}

static enum mi_verdict judge(const struct mi_blocked_set *set, const struct mi_blocked *t)
{
	const struct mi_pending *p = set->pending;
	const struct mi_wait *w = t->wait != MI_NO_INDEX ? &p->waits[t->wait] : NULL;

	if (w && (w->finding == MI_FINDING_BIT_CLEAR || w->finding == MI_FINDING_PAGE_UNREADABLE))
		return of_wait(w);
	if (t->fs_conn != MI_NO_INDEX)
		return MI_VERDICT_SERVER;
	if (t->request != MI_NO_INDEX)
		return of_request(&p->rq[t->request].rq);
	if (w)
		return of_wait(w);
	if (t->tag_wait != MI_NO_INDEX)
		return MI_VERDICT_TAG;
	if (t->lock != MI_NO_INDEX)
		return MI_VERDICT_LOCK;
	if (is_userfault(set, t))
		return MI_VERDICT_USERFAULT;
	return mi_blocked_function(t) ? MI_VERDICT_FUNCTION : MI_VERDICT_UNKNOWN;
}

/* ---- groups ---- */

static size_t disk_of(const struct mi_blocked_set *set, const struct mi_blocked *t)
{
	if (t->request != MI_NO_INDEX)
		return set->pending->rq[t->request].rq.disk;
	if (t->tag_wait != MI_NO_INDEX &&
	    set->pending->tag_waits[t->tag_wait].disk != MI_TAG_NO_DISK)
		return set->pending->tag_waits[t->tag_wait].disk;
	return MI_NO_INDEX;
}

static bool belongs(const struct mi_blocked_set *set, const struct mi_blocked_group *g,
		    const struct mi_blocked *t)
{
	size_t disk = disk_of(set, t);

	if (g->disk != disk)
		return false;
	if (disk != MI_NO_INDEX)
		return true;
	if (t->verdict == MI_VERDICT_LOCK)
		return g->lock == t->lock && g->verdict == t->verdict;
	return g->verdict == t->verdict &&
	       (t->verdict != MI_VERDICT_FUNCTION || !strcmp(g->function, mi_blocked_function(t)));
}

/* There are not many: as many as disks with requests, and verdicts. */
static bool put_into_group(struct mi_blocked_set *set, struct mi_blocked *t)
{
	struct mi_blocked_group *g;
	size_t i;

	for (i = 0; i < set->n_groups && !belongs(set, &set->groups[i], t); i++)
		;
	if (i == set->n_groups) {
		g = realloc(set->groups, (i + 1) * sizeof(*g));
		if (!g)
			return false;
		set->groups = g;
		set->n_groups++;
		g[i] = (struct mi_blocked_group){.verdict = t->verdict,
						 .disk = disk_of(set, t),
						 .lock = t->lock,
						 .oldest_request = t->request};
		if (t->verdict == MI_VERDICT_FUNCTION)
			g[i].function = mi_blocked_function(t);
	}
	g = &set->groups[i];
	g->n++;
	/* Those of a disk are in order of age. */
	if (t->request < g->oldest_request)
		g->oldest_request = t->request;
	t->group = i;
	return true;
}

static int by_size(const void *a, const void *b)
{
	const struct mi_blocked_group *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->lock != y->lock)
		return x->lock < y->lock ? -1 : 1;
	if (x->verdict != y->verdict)
		return (int)x->verdict - (int)y->verdict;
	return x->function && y->function ? strcmp(x->function, y->function) : 0;
}

/* Of those that are not explained, what is alike stands together. */
static int by_likeness(const struct mi_blocked *x, const struct mi_blocked *y)
{
	if (x->regs.entry != y->regs.entry)
		return (int)x->regs.entry - (int)y->regs.entry;
	if (x->regs.syscall != y->regs.syscall)
		return x->regs.syscall < y->regs.syscall ? -1 : 1;
	if (x->faults.n != y->faults.n)
		return x->faults.n < y->faults.n ? -1 : 1;
	return strcmp(x->task.comm, y->task.comm);
}

/* The same tags of the same hardware queue together. */
static int by_tags(const struct mi_pending *p, size_t a, size_t b)
{
	const struct mi_tag_wait *x, *y;

	if (a == b)
		return 0;
	if (a == MI_NO_INDEX || b == MI_NO_INDEX)
		return a == MI_NO_INDEX ? 1 : -1;
	x = &p->tag_waits[a];
	y = &p->tag_waits[b];
	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->sched != y->sched)
		return x->sched ? 1 : -1;
	if (x->reserved != y->reserved)
		return x->reserved ? 1 : -1;
	return x->hctx < y->hctx ? -1 : x->hctx > y->hctx;
}

static int by_group(const void *a, const void *b, void *pending)
{
	const struct mi_blocked *x = a, *y = b;
	const struct mi_pending *p = pending;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->request != y->request)
		return x->request < y->request ? -1 : 1;
	if (x->wait != y->wait)
		return x->wait < y->wait ? -1 : 1;
	if (x->lock_mode != y->lock_mode)
		return (int)x->lock_mode - (int)y->lock_mode;
	if (by_tags(p, x->tag_wait, y->tag_wait))
		return by_tags(p, x->tag_wait, y->tag_wait);
	if (x->wait == MI_NO_INDEX && x->request == MI_NO_INDEX && by_likeness(x, y))
		return by_likeness(x, y);
	return x->task.pid < y->task.pid ? -1 : x->task.pid > y->task.pid;
}

/* Where the sort has put each. */
static bool index_tasks(struct mi_blocked_set *set)
{
	size_t i, seen;

	mi_addrmap_free(&set->by_task);
	for (i = 0; i < set->n + set->n_owners; i++)
		if (!mi_addrmap_get(&set->by_task, set->tasks[i].task.addr, &seen) &&
		    !mi_addrmap_put(&set->by_task, set->tasks[i].task.addr, i))
			return false;
	return true;
}

bool mi_verdicts(struct mi_blocked_set *set)
{
	size_t i, g;

	for (i = 0; i < set->n_owners; i++)
		set->tasks[set->n + i].verdict = judge(set, &set->tasks[set->n + i]);
	for (i = 0; i < set->n; i++) {
		set->tasks[i].verdict = judge(set, &set->tasks[i]);
		if (!put_into_group(set, &set->tasks[i]))
			return false;
	}
	if (!set->n)
		return true;
	qsort(set->groups, set->n_groups, sizeof(*set->groups), by_size);
	for (i = 0; i < set->n; i++) {
		for (g = 0; !belongs(set, &set->groups[g], &set->tasks[i]); g++)
			;
		set->tasks[i].group = g;
	}
	qsort_r(set->tasks, set->n, sizeof(*set->tasks), by_group, set->pending);
	return index_tasks(set);
}
