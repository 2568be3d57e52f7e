// SPDX-License-Identifier: GPL-2.0-or-later
/* blocked.c - finds the tasks that are stuck, and joins each with what it waits for */
#include <stdlib.h>
#include <string.h>

#include "../kernel/addrmap.h"
#include "blocked.h"
#include "live.h"
#include "verdict.h"

#define OWNERS_MAX 1024 /* of locks, one after the other */
#define WORDS_MAX 4096	/* of a stack that are looked up: 32 KiB */

/* What a completion is given, and the request whose bio that is of. */
struct given {
	uint64_t private, bio;
	size_t rq;
};

struct build {
	struct mi_blocked_set *set;
	size_t room;
	struct mi_addrmap waits;     /* task -> pending->waits */
	struct mi_addrmap tag_waits; /* task -> pending->tag_waits */
	struct mi_addrmap servers;   /* task -> pending->fs.all.wait */
	struct given *given;	     /* sorted by private */
	size_t n_given, room_given;
	struct mi_addrmap bios, privates; /* -> given[] */
	struct mi_kstack stack;
	struct mi_trace trace;
	struct mi_sleepers sleepers;

	/* Of the last task: most have the same mm as the one before. */
	uint64_t mm_addr;
	bool mm_ok;
	struct mi_mm mm;
	struct mi_vma *vmas;
	size_t n_vmas;
};

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

/* ---- indexes of what is pending ---- */

static bool add_bio(void *arg, size_t rq, uint64_t bio, uint64_t private)
{
	struct build *b = arg;
	struct given *more;

	if (b->n_given == b->room_given) {
		b->room_given = b->room_given ? 2 * b->room_given : 256;
		more = realloc(b->given, b->room_given * sizeof(*more));
		if (!more)
			return false;
		b->given = more;
	}
	b->given[b->n_given++] = (struct given){private, bio, rq};
	return true;
}

static int by_private(const void *a, const void *b)
{
	const struct given *x = a, *y = b;

	if (x->private != y->private)
		return x->private < y->private ? -1 : 1;
	return x->rq < y->rq ? -1 : x->rq > y->rq;
}

/* Of equal ones the first stands for all: its request is the oldest of its disk. */
static bool index_given(struct build *b)
{
	size_t i, seen;

	if (b->n_given)
		qsort(b->given, b->n_given, sizeof(*b->given), by_private);
	for (i = 0; i < b->n_given; i++) {
		const struct given *g = &b->given[i];

		if (!mi_addrmap_get(&b->bios, g->bio, &seen) &&
		    !mi_addrmap_put(&b->bios, g->bio, i))
			return false;
		if (g->private && (!i || g->private != g[-1].private) &&
		    !mi_addrmap_put(&b->privates, g->private, i))
			return false;
	}
	return true;
}

static bool index_waits(struct build *b)
{
	const struct mi_pending *p = b->set->pending;
	size_t i, seen;

	for (i = 0; i < p->n_waits; i++) {
		uint64_t task = p->waits[i].waiter.task.addr;

		if (!mi_addrmap_get(&b->waits, task, &seen) && !mi_addrmap_put(&b->waits, task, i))
			return false;
	}
	for (i = 0; i < p->n_tag_waits; i++) {
		uint64_t task = p->tag_waits[i].task.addr;

		if (!mi_addrmap_get(&b->tag_waits, task, &seen) &&
		    !mi_addrmap_put(&b->tag_waits, task, i))
			return false;
	}
	return true;
}

static bool index_servers(struct build *b)
{
	const struct mi_fs_requests *all = &b->set->pending->fs.all;
	size_t i;

	for (i = 0; i < all->n_wait; i++)
		if (!mi_addrmap_put(&b->servers, all->wait[i].task.addr, i))
			return false;
	return true;
}

static enum mi_status load_pending(struct build *b, struct mi_error *err)
{
	struct mi_blocked_set *set = b->set;
	struct mi_error why = {0};
	enum mi_status st = mi_pending_open(set->k, NULL, &set->pending, &why);

	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why.text);
	if (st) {
		/* Faults and stacks may be had all the same. */
		set->pending = NULL;
		snprintf(set->why_not_pending, sizeof(set->why_not_pending), "%.150s", why.text);
		return MI_OK;
	}
	if (!mi_pending_bios(set->pending, add_bio, b) || !index_given(b) || !index_waits(b) ||
	    !index_servers(b))
		return no_memory(err);
	return MI_OK;
}

/* ---- a request by the stack of the task that waits for it ---- */

/* The first of given[] whose private is not below @addr. */
static size_t first_given(const struct build *b, uint64_t addr)
{
	size_t lo = 0, hi = b->n_given;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->given[mid].private < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void take_given(struct mi_blocked *t, const struct given *g, enum mi_joined_by by,
		       uint64_t where)
{
	t->fits++;
	/* Requests are in order of age within a disk. */
	if (t->request != MI_NO_INDEX && t->request <= g->rq)
		return;
	t->request = g->rq;
	t->by = by;
	t->bio = g->bio;
	t->where = where;
}

/* The completion has the task itself, or something on its stack: a struct completion. */
static bool by_completion(const struct build *b, struct mi_blocked *t)
{
	const struct mi_kstack *s = &b->stack;
	size_t i;

	if (mi_addrmap_get(&b->privates, t->task.addr, &i))
		take_given(t, &b->given[i], MI_BY_COMPLETION, 0);
	for (i = first_given(b, s->sp); i < b->n_given && b->given[i].private < s->end; i++)
		take_given(t, &b->given[i], MI_BY_COMPLETION, b->given[i].private);
	return t->fits;
}

/*
 * Direct I/O keeps what the completion is given (struct iomap_dio, struct dio) or the
 * bio in variables of the one who waits. A word may be left over, so this is weaker.
 */
static void by_words(const struct build *b, struct mi_blocked *t)
{
	const struct mi_kstack *s = &b->stack;
	size_t i, at, n = s->n < WORDS_MAX ? s->n : WORDS_MAX;

	for (i = 0; i < n; i++)
		if (mi_is_kernel_address(b->set->k->t, s->words[i]) &&
		    (mi_addrmap_get(&b->bios, s->words[i], &at) ||
		     mi_addrmap_get(&b->privates, s->words[i], &at)))
			take_given(t, &b->given[at], MI_BY_STACK_WORDS,
				   s->sp + mi_word_size(b->set->k->t) * i);
}

/* By the page it waits for, or by the queue of those that wait for the answer. */
static void find_server(const struct build *b, struct mi_blocked *t)
{
	const struct mi_pending *p = b->set->pending;
	size_t i;

	if (t->wait != MI_NO_INDEX) {
		t->fs_request = p->waits[t->wait].fs_request;
		if (t->fs_request != MI_NO_INDEX)
			t->fs_conn = p->fs.all.rq[t->fs_request].conn;
	} else if (p && mi_addrmap_get(&b->servers, t->task.addr, &i)) {
		t->fs_request = p->fs.all.wait[i].rq;
		t->fs_conn = p->fs.all.wait[i].conn;
	}
}

/*
 * Whatever an earlier request of its own has left on the stack: here it sleeps until it may
 * begin with another one, or for what somebody else is to do.
 */
static bool has_none_of_its_own(const struct mi_thread_stack *trace)
{
	if (!trace->n)
		return false;
	switch (mi_wait_told(trace->frames, trace->n).what) {
	case MI_WAITS_IO_LIMIT:
	case MI_WAITS_TAG:
	case MI_WAITS_QUEUE:
	case MI_WAITS_DIRTY:
	case MI_WAITS_RECLAIM:
	case MI_WAITS_TASK:
		return true;
	default:
		return false;
	}
}

static void find_request(const struct build *b, struct mi_blocked *t)
{
	if (t->wait != MI_NO_INDEX) {
		t->request = b->set->pending->waits[t->wait].request;
		t->by = t->request == MI_NO_INDEX ? MI_BY_NOTHING : MI_BY_PAGE;
		return;
	}
	if (t->tag_wait != MI_NO_INDEX || t->stack != MI_KSTACK_OK || t->task.state != 'D' ||
	    !b->n_given || has_none_of_its_own(&t->trace))
		return;
	if (!by_completion(b, t))
		by_words(b, t);
}

/* ---- faults ---- */

static bool load_mm(struct build *b, uint64_t addr)
{
	struct mi_range *unstable = NULL;
	struct mi_error ignored;
	size_t n_unstable;

	if (b->mm_addr == addr)
		return b->mm_ok;
	free(b->vmas);
	b->vmas = NULL;
	b->n_vmas = 0;
	b->mm_addr = addr;
	b->mm_ok = !mi_mm_load(b->set->k, addr, NULL, 0, &b->mm, &ignored) &&
		   !mi_vma_settled(b->set->k, &b->mm, &b->vmas, &b->n_vmas, &unstable, &n_unstable,
				   &ignored);
	free(unstable);
	return b->mm_ok;
}

static bool find_fault(struct build *b, struct mi_blocked *t)
{
	if (t->stack != MI_KSTACK_OK || t->task.kind != MI_TASK_USER ||
	    !mi_feature(b->set->k, MI_F_FAULT, NULL) || !mi_fault_likely(b->set->k, &b->stack) ||
	    !load_mm(b, t->task.mm))
		return true;
	return mi_thread_faults_load(b->set->k, &b->mm, &t->task, b->vmas, b->n_vmas, &b->stack,
				     &t->faults);
}

/* ---- tasks ---- */

/* Its place in a queue of what is pending. */
static size_t place_of(const struct mi_addrmap *queue, const struct mi_task *task)
{
	size_t i;

	return mi_addrmap_get(queue, task->addr, &i) ? i : MI_NO_INDEX;
}

static bool stands_in_queue(const struct mi_blocked *t)
{
	return t->wait != MI_NO_INDEX || t->tag_wait != MI_NO_INDEX || t->fs_conn != MI_NO_INDEX;
}

/* Asleep as most tasks are: only a fault would make that a case. */
static bool sleeps_only(const struct mi_blocked *t)
{
	return t->task.state == 'S' && !stands_in_queue(t);
}

static bool may_be_blocked(const struct mi_blocked *t)
{
	return t->task.state == 'D' || stands_in_queue(t) ||
	       (t->task.state == 'S' && t->task.kind == MI_TASK_USER);
}

static bool make_room(struct build *b)
{
	struct mi_blocked_set *set = b->set;
	struct mi_blocked *more;

	if (set->n + set->n_owners < b->room)
		return true;
	b->room = b->room ? 2 * b->room : 64;
	more = realloc(set->tasks, b->room * sizeof(*more));
	if (!more)
		return false;
	set->tasks = more;
	return true;
}

/* False: out of memory. */
static bool look_at_stack(struct build *b, struct mi_blocked *t)
{
	struct mi_kernel *k = b->set->k;

	b->trace.n = 0;
	b->trace.end = MI_TRACE_LOST;
	t->stack = mi_kstack_size(k) ? mi_kstack_load(k, &t->task, &b->stack) : MI_KSTACK_LOST;
	if (t->stack == MI_KSTACK_OK) {
		t->sp = b->stack.sp;
		mi_kstack_user_regs(k, &b->stack, &t->regs);
		mi_trace_stack(k, &b->stack, &b->trace);
	} else if (t->stack == MI_KSTACK_RUNNING) {
		b->trace.end = MI_TRACE_RUNNING;
	}
	return mi_thread_stack_keep(k, &t->task, &b->trace, &t->trace);
}

/* It stands in no queue of pages: so it may sleep for a lock. */
static void find_lock(struct build *b, struct mi_blocked *t)
{
	if (!b->set->search || t->stack != MI_KSTACK_OK || stands_in_queue(t) ||
	    mi_lock_wait(b->set->search, &t->task, &b->stack, &b->trace, &t->lock, &t->lock_mode))
		return;
	t->lock = MI_NO_INDEX;
}

static void start(const struct build *b, const struct mi_task *task, struct mi_blocked *t)
{
	*t = (struct mi_blocked){.task = *task,
				 .wait = place_of(&b->waits, task),
				 .tag_wait = place_of(&b->tag_waits, task),
				 .request = MI_NO_INDEX,
				 .fs_request = MI_NO_INDEX,
				 .fs_conn = MI_NO_INDEX,
				 .lock = MI_NO_INDEX,
				 .group = MI_NO_INDEX};
	find_server(b, t);
}

/* False: out of memory. */
static bool fill(struct build *b, struct mi_blocked *t)
{
	if (!look_at_stack(b, t))
		return false;
	find_lock(b, t);
	if (t->fs_conn == MI_NO_INDEX && t->lock == MI_NO_INDEX)
		find_request(b, t);
	return find_fault(b, t);
}

/* Its stack tells that for sure; else what is left of a struct vm_fault does, if there is no doubt.
 */
static bool is_in_fault(const struct build *b, const struct mi_blocked *t)
{
	size_t i;

	if (t->trace.end != MI_TRACE_WHOLE)
		return t->faults.n == 1 && !t->faults.list[0].doubts;
	for (i = 0; i < t->trace.n; i++)
		if (t->trace.frames[i].symbol &&
		    t->trace.frames[i].addr - t->trace.frames[i].offset ==
			    b->set->k->l.sym_handle_mm_fault)
			return true;
	return false;
}

/* Where the types of its file system are not known, its stack tells that much. */
static bool waits_for_server(const struct mi_thread_stack *trace)
{
	enum mi_wait_class what = mi_wait_told(trace->frames, trace->n).what;

	return what == MI_WAITS_FUSE || what == MI_WAITS_RPC;
}

static void forget(struct mi_blocked *t)
{
	mi_thread_faults_free(&t->faults);
	free(t->trace.frames);
}

/* False: out of memory. */
static bool take_task(struct build *b, const struct mi_task *task)
{
	struct mi_blocked_set *set = b->set;
	const struct mi_problems before = set->k->problems;
	struct mi_blocked *t;

	if (!make_room(b))
		return false;
	t = &set->tasks[set->n];
	start(b, task, t);
	if (!may_be_blocked(t))
		return true;
	set->n++;
	if (!fill(b, t))
		return false;
	if (sleeps_only(t) && !is_in_fault(b, t) && !waits_for_server(&t->trace)) {
		forget(&set->tasks[--set->n]);
	} else if (!mi_still_sleeps(set->k, &b->sleepers, task)) {
		set->k->problems = before;
		forget(&set->tasks[--set->n]);
		set->n_passing++;
	}
	return true;
}

/* ---- who has the locks, and the pages ---- */

static bool take_owner(struct build *b, const struct mi_task *task)
{
	struct mi_blocked_set *set = b->set;
	struct mi_blocked *t;
	size_t seen, all = set->n + set->n_owners;

	if (mi_addrmap_get(&set->by_task, task->addr, &seen) || set->n_owners == OWNERS_MAX)
		return true;
	if (!mi_addrmap_put(&set->by_task, task->addr, all) || !make_room(b))
		return false;
	t = &set->tasks[all];
	start(b, task, t);
	t->owner_only = true;
	set->n_owners++;
	return fill(b, t);
}

/* NULL: it waits for no page that somebody works on. */
static const struct mi_task *hand_of(const struct mi_blocked_set *set, const struct mi_blocked *t)
{
	const struct mi_wait *w = t->wait != MI_NO_INDEX ? &set->pending->waits[t->wait] : NULL;

	return w && w->finding == MI_FINDING_IN_HAND ? &w->hand : NULL;
}

static bool take_hands(struct build *b)
{
	struct mi_blocked_set *set = b->set;
	const struct mi_task *hand;
	size_t i;

	for (i = 0; i < set->n + set->n_owners; i++) {
		hand = hand_of(set, &set->tasks[i]);
		if (hand && !take_owner(b, hand))
			return false;
	}
	return true;
}

/* Of each lock as it is found: an owner may sleep for another one. */
static bool take_lock_owners(struct build *b)
{
	struct mi_blocked_set *set = b->set;
	struct mi_task owner;
	size_t i, n;

	for (i = 0; set->search && i < OWNERS_MAX; i++) {
		set->locks = mi_locks(set->search, &n);
		if (i >= n)
			break;
		/* The array may move while an owner is looked at. */
		owner = set->locks[i].owner;
		if ((set->locks[i].owned == MI_OWNED_BY || set->locks[i].hint) &&
		    !take_owner(b, &owner))
			return false;
	}
	if (set->search)
		set->locks = mi_locks(set->search, &set->n_locks);
	return true;
}

/* Each of them may wait for what another has. */
static bool take_owners(struct build *b)
{
	struct mi_blocked_set *set = b->set;
	size_t i, before, seen;

	for (i = 0; i < set->n; i++)
		if (!mi_addrmap_get(&set->by_task, set->tasks[i].task.addr, &seen) &&
		    !mi_addrmap_put(&set->by_task, set->tasks[i].task.addr, i))
			return false;
	do {
		before = set->n_owners;
		if (!take_hands(b) || !take_lock_owners(b))
			return false;
	} while (set->n_owners != before);
	return true;
}

const struct mi_blocked *mi_blocked_behind(const struct mi_blocked_set *set,
					   const struct mi_blocked *t)
{
	const struct mi_task *hand = t->verdict == MI_VERDICT_NO_REQUEST ? hand_of(set, t) : NULL;
	size_t i;

	if (t->verdict == MI_VERDICT_LOCK)
		return mi_blocked_owner(set, t);
	return hand && mi_addrmap_get(&set->by_task, hand->addr, &i) ? &set->tasks[i] : NULL;
}

const struct mi_blocked *mi_blocked_owner(const struct mi_blocked_set *set,
					  const struct mi_blocked *t)
{
	const struct mi_lock *lock = t->lock != MI_NO_INDEX ? &set->locks[t->lock] : NULL;
	size_t i;

	if (!lock || (lock->owned != MI_OWNED_BY && !lock->hint) ||
	    !mi_addrmap_get(&set->by_task, lock->owner.addr, &i))
		return NULL;
	return &set->tasks[i];
}

static enum mi_status take_tasks(struct build *b, const struct mi_task *tasks, size_t n,
				 struct mi_error *err)
{
	size_t i;

	b->set->n_all = n;
	for (i = 0; i < n; i++) {
		if (!take_task(b, &tasks[i]))
			return no_memory(err);
		if (mi_target_interrupted(b->set->k->t))
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	}
	return MI_OK;
}

static enum mi_status take_all(struct build *b, struct mi_error *err)
{
	struct mi_task *tasks;
	enum mi_status st;
	size_t n;

	st = mi_task_all(b->set->k, &tasks, &n, err);
	if (st)
		return st;
	st = take_tasks(b, tasks, n, err);
	free(tasks);
	return st;
}

static void build_free(struct build *b)
{
	mi_addrmap_free(&b->waits);
	mi_addrmap_free(&b->tag_waits);
	mi_addrmap_free(&b->servers);
	mi_addrmap_free(&b->bios);
	mi_addrmap_free(&b->privates);
	mi_kstack_free(&b->stack);
	mi_sleepers_free(&b->sleepers);
	free(b->given);
	free(b->vmas);
}

const char *mi_blocked_function(const struct mi_blocked *t)
{
	size_t i;

	for (i = 0; i < t->trace.n; i++)
		if (!t->trace.frames[i].hidden)
			return t->trace.frames[i].symbol;
	return NULL;
}

static bool sleeps_oddly(struct mi_kernel *k, const struct mi_task *task, struct mi_kstack *stack,
			 struct mi_trace *trace)
{
	struct mi_thread_stack frames = {.frames = trace->frames};

	if (mi_kstack_load(k, task, stack) != MI_KSTACK_OK)
		return false;
	mi_trace_stack(k, stack, trace);
	frames.n = trace->n;
	return waits_for_server(&frames);
}

bool mi_may_be_stuck(struct mi_kernel *k, const struct mi_task *tasks, size_t n)
{
	struct mi_trace *trace = malloc(sizeof(*trace));
	/* Of a task that sleeps as usual it does not matter what its stack is like. */
	struct mi_problems before = k->problems;
	struct mi_kstack stack = {0};
	bool may = false;
	size_t i;

	for (i = 0; i < n && !may && trace; i++)
		may = tasks[i].state == 'D' ||
		      (tasks[i].state == 'S' && tasks[i].kind == MI_TASK_USER &&
		       mi_kstack_size(k) && sleeps_oddly(k, &tasks[i], &stack, trace));
	k->problems = before;
	mi_kstack_free(&stack);
	free(trace);
	return may;
}

enum mi_status mi_blocked_open(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
			       struct mi_blocked_set **ret, struct mi_error *err)
{
	struct mi_blocked_set *set = calloc(1, sizeof(*set));
	struct build b = {.set = set};
	enum mi_status st;

	if (!set)
		return no_memory(err);
	set->k = k;
	st = mi_sleepers_note(k, tasks, n, &b.sleepers, err);
	if (!st)
		st = load_pending(&b, err);
	/* Without, locks are shown by function. */
	if (!st && mi_feature(k, MI_F_STACK, NULL) && mi_lock_search_new(k, &set->search, NULL))
		set->search = NULL;
	if (!st)
		st = tasks ? take_tasks(&b, tasks, n, err) : take_all(&b, err);
	if (!st && !take_owners(&b))
		st = no_memory(err);
	build_free(&b);
	if (!st && !mi_verdicts(set))
		st = no_memory(err);
	if (st) {
		mi_blocked_close(set);
		return st;
	}
	*ret = set;
	return MI_OK;
}

void mi_blocked_close(struct mi_blocked_set *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->n + set->n_owners; i++)
		forget(&set->tasks[i]);
	mi_lock_search_free(set->search);
	mi_addrmap_free(&set->by_task);
	if (set->pending)
		mi_pending_close(set->pending);
	free(set->tasks);
	free(set->groups);
	free(set);
}
