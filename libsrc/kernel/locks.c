// SPDX-License-Identifier: GPL-2.0-or-later
/* locks.c - who waits for which lock, and who has it (kernel/locking/) */
#include <stdlib.h>

#include "locks.h"

#define RING_MAX 65536
#define KNOWN_MAX (1U << 18)

/* Flags in the owner: RWSEM_READER_OWNED and one more, three of a mutex, one of rt_mutex */
#define OWNER_FLAGS 7ULL
#define READER_OWNED 1ULL
/* How many read, in the count of an rwsem with PREEMPT_RT; above are two bits: linux/rwbase_rt.h */
#define RT_READERS 0x3fffffffULL
#define RT_WRITER 0x40000000ULL
#define EFFECT "who has the lock that a task waits for is missing"

/* A waiter that was met in the ring of a lock. */
struct known {
	uint64_t task; /* 0: free */
	size_t lock;
};

struct mm_of {
	uint64_t lock, mm;
	int32_t pid;
};

struct mi_lock_search {
	struct mi_kernel *k;
	uint64_t stack_size;
	struct mi_lock *list;
	size_t n;
	struct known *known; /* a table by address, of n_slots places */
	size_t n_known, n_slots;
	struct mm_of *mms; /* by the address of the lock */
	size_t n_mms;
};

/* The members of one kind of lock and of its waiters. */
struct form {
	enum mi_lock_kind kind;
	const struct mi_member *head, *first, *list, *task, *owner;
};

const char *mi_lock_kind_word(enum mi_lock_kind kind)
{
	return kind == MI_LOCK_RWSEM ? "rwsem" : kind == MI_LOCK_MUTEX ? "mutex" : "rt_mutex";
}

const char *mi_lock_mode_word(enum mi_lock_mode mode)
{
	return mode == MI_LOCK_READ ? "read" : mode == MI_LOCK_WRITE ? "write" : NULL;
}

static struct form form_of(const struct mi_layout *l, enum mi_lock_kind kind)
{
	if (kind == MI_LOCK_RWSEM)
		return (struct form){kind,
				     &l->rwsem_wait_list,
				     &l->rwsem_first,
				     &l->rwsem_waiter_list,
				     &l->rwsem_waiter_task,
				     &l->rwsem_owner};
	return (struct form){kind,
			     &l->mutex_wait_list,
			     &l->mutex_first,
			     &l->mutex_waiter_list,
			     &l->mutex_waiter_task,
			     &l->mutex_owner};
}

static bool is_complete(const struct form *f)
{
	return (mi_has(f->head) || mi_has(f->first)) && mi_has(f->list) && mi_has(f->task) &&
	       mi_has(f->owner);
}

static bool is_rt(const struct mi_layout *l)
{
	return mi_has(&l->rwsem_rt) && mi_has(&l->task_pi_blocked_on) &&
	       mi_has(&l->rt_waiter_task) && mi_has(&l->rt_waiter_lock) && mi_has(&l->rt_owner);
}

/* ---- what a lock is of ---- */

static int by_lock(const void *a, const void *b)
{
	const struct mm_of *x = a, *y = b;

	if (x->lock != y->lock)
		return x->lock < y->lock ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static enum mi_status find_mms(struct mi_lock_search *s, struct mi_error *err)
{
	const struct mi_member *m = &s->k->l.mm_mmap_lock;
	struct mi_task *leaders;
	enum mi_status st;
	size_t i, n;

	if (!mi_has(m))
		return MI_OK;
	st = mi_task_leaders(s->k, &leaders, &n, err);
	if (st)
		return st;
	s->mms = calloc(n + 1, sizeof(*s->mms));
	for (i = 0; i < n && s->mms; i++)
		if (leaders[i].kind == MI_TASK_USER)
			s->mms[s->n_mms++] = (struct mm_of){leaders[i].mm + (uint64_t)m->off,
							    leaders[i].mm, leaders[i].pid};
	free(leaders);
	if (!s->mms)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	qsort(s->mms, s->n_mms, sizeof(*s->mms), by_lock);
	return MI_OK;
}

static const struct mm_of *mm_with(const struct mi_lock_search *s, uint64_t lock)
{
	size_t low = 0, high = s->n_mms, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->mms[mid].lock < lock)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_mms && s->mms[low].lock == lock ? &s->mms[low] : NULL;
}

/* An inode's own pages name the inode: that proves it. */
static bool is_in_inode(struct mi_kernel *k, uint64_t lock, uint64_t *inode)
{
	const struct mi_layout *l = &k->l;
	uint64_t at = lock - (uint64_t)l->inode_rwsem.off, host;

	if (!mi_has(&l->inode_rwsem) || !mi_has(&l->inode_data) || !mi_has(&l->as_host) ||
	    mi_read_member(k->t, at + (uint64_t)l->inode_data.off, &l->as_host, &host) ||
	    host != at)
		return false;
	*inode = at;
	return true;
}

static void name_lock(struct mi_lock_search *s, struct mi_lock *lock)
{
	const struct mm_of *mm = mm_with(s, lock->addr);
	uint64_t offset;

	if (lock->kind == MI_LOCK_RWSEM && mm) {
		lock->of = MI_LOCK_OF_MM;
		lock->object = mm->mm;
		lock->pid = mm->pid;
	} else if (lock->kind == MI_LOCK_RWSEM && is_in_inode(s->k, lock->addr, &lock->object)) {
		lock->of = MI_LOCK_OF_INODE;
	} else {
		lock->symbol = mi_symbol_name(s->k->t, lock->addr, &offset);
		if (lock->symbol && !offset)
			lock->of = MI_LOCK_OF_SYMBOL;
		else
			lock->symbol = NULL;
	}
}

/* ---- who has it ---- */

static void set_owner(struct mi_lock_search *s, struct mi_lock *lock, uint64_t at,
		      const struct mi_member *owner)
{
	struct mi_error ignored;
	uint64_t value;
	enum mi_read r = mi_read_member(s->k->t, at, owner, &value);

	if (r) {
		mi_problem_read(&s->k->problems, "lock", at, r, EFFECT);
		return;
	}
	/* Without an owner it is on its way from one to the next. */
	if (lock->kind == MI_LOCK_RWSEM && owner == &s->k->l.rwsem_owner && value & READER_OWNED)
		lock->owned = MI_OWNED_READERS;
	if (!(value & ~OWNER_FLAGS))
		return;
	if (mi_task_by_addr(s->k, value & ~OWNER_FLAGS, &lock->owner, &ignored)) {
		/* A reader that has exited since is still noted there. */
		if (lock->owned != MI_OWNED_READERS)
			mi_problem_bad(&s->k->problems, "lock", at,
				       "names an owner that is no task", EFFECT);
		return;
	}
	if (lock->owned == MI_OWNED_READERS)
		lock->hint = true;
	else
		lock->owned = MI_OWNED_BY;
}

/* The index of the lock, which is new or was found before. ~0: out of memory. */
static size_t take_lock(struct mi_lock_search *s, enum mi_lock_kind kind, uint64_t addr,
			uint64_t owner_at, const struct mi_member *owner)
{
	struct mi_lock *more, *lock;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->list[i].addr == addr)
			return i;
	more = realloc(s->list, (s->n + 1) * sizeof(*more));
	if (!more)
		return ~(size_t)0;
	s->list = more;
	lock = &more[s->n];
	memset(lock, 0, sizeof(*lock));
	lock->addr = addr;
	lock->kind = kind;
	set_owner(s, lock, owner_at, owner);
	name_lock(s, lock);
	return s->n++;
}

/* ---- waiters that were met before ---- */

static size_t slot_of(const struct mi_lock_search *s, uint64_t task)
{
	size_t i = (task * 0x9e3779b97f4a7c15ULL) >> 40 & (s->n_slots - 1);

	while (s->known[i].task && s->known[i].task != task)
		i = (i + 1) & (s->n_slots - 1);
	return i;
}

static bool grow_known(struct mi_lock_search *s)
{
	struct known *old = s->known;
	size_t i, n_old = s->n_slots;

	s->n_slots = n_old ? 2 * n_old : 1024;
	s->known = calloc(s->n_slots, sizeof(*s->known));
	if (!s->known) {
		s->known = old;
		s->n_slots = n_old;
		return false;
	}
	for (i = 0; i < n_old; i++)
		if (old[i].task)
			s->known[slot_of(s, old[i].task)] = old[i];
	free(old);
	return true;
}

static void remember(struct mi_lock_search *s, uint64_t task, size_t lock)
{
	size_t i;

	if (s->n_known >= KNOWN_MAX || (2 * s->n_known >= s->n_slots && !grow_known(s)))
		return;
	i = slot_of(s, task);
	s->n_known += !s->known[i].task;
	s->known[i] = (struct known){task, lock};
}

static bool recall(const struct mi_lock_search *s, uint64_t task, size_t *lock)
{
	size_t i = s->n_slots ? slot_of(s, task) : 0;

	if (!s->n_slots || !s->known[i].task)
		return false;
	*lock = s->known[i].lock;
	return true;
}

/* ---- rings of waiters ---- */

struct ring {
	uint64_t *nodes, *tasks; /* of the waiters */
	size_t n;
	uint64_t head; /* the one node that is no waiter; 0: none */
};

/* Whether the list entry at @node is of a waiter: it lies on the stack of its task. */
static bool is_waiter(struct mi_lock_search *s, const struct form *f, uint64_t node, uint64_t *task)
{
	struct mi_kernel *k = s->k;
	uint64_t stack;

	return !mi_read_member(k->t, node - (uint64_t)f->list->off, f->task, task) &&
	       !mi_read_member(k->t, *task, &k->l.task_stack, &stack) && node >= stack &&
	       node - stack < s->stack_size;
}

static bool next_node(struct mi_kernel *k, uint64_t node, uint64_t *next)
{
	uint64_t back;

	return mi_has(&k->l.list_prev) && !mi_read_member(k->t, node, &k->l.list_next, next) &&
	       !mi_read_member(k->t, *next, &k->l.list_prev, &back) && back == node;
}

static bool add_node(struct ring *r, uint64_t node, uint64_t task)
{
	uint64_t *nodes, *tasks;

	if (!(r->n & (r->n - 1))) {
		size_t room = r->n ? 2 * r->n : 1;

		nodes = realloc(r->nodes, room * sizeof(*nodes));
		r->nodes = nodes ? nodes : r->nodes;
		tasks = realloc(r->tasks, room * sizeof(*tasks));
		r->tasks = tasks ? tasks : r->tasks;
		if (!nodes || !tasks)
			return false;
	}
	r->nodes[r->n] = node;
	r->tasks[r->n++] = task;
	return true;
}

/* All around from @start; false if it is no ring of waiters with at most one lock. */
static bool walk_ring(struct mi_lock_search *s, const struct form *f, uint64_t start,
		      struct ring *r)
{
	uint64_t node = start, task;

	do {
		if (r->n == RING_MAX)
			return false;
		if (is_waiter(s, f, node, &task)) {
			if (!add_node(r, node, task))
				return false;
		} else if (r->head || !mi_has(f->head)) {
			return false;
		} else {
			r->head = node;
		}
	} while (next_node(s->k, node, &node) && node != start);
	return node == start && (r->head || !mi_has(f->head));
}

/* Whether @lock points to a waiter of the ring: locks that are no part of their rings. */
static bool points_into(struct mi_kernel *k, const struct form *f, uint64_t lock,
			const struct ring *r)
{
	uint64_t first;
	size_t i;

	if (lock & (mi_word_size(k->t) - 1) || !mi_is_kernel_address(k->t, lock) ||
	    mi_read_member(k->t, lock, f->first, &first))
		return false;
	for (i = 0; i < r->n; i++)
		if (r->nodes[i] - (uint64_t)f->list->off == first)
			return true;
	return false;
}

/* Such a lock's address is among what the slow path keeps on the stack. */
static bool search_stack(struct mi_kernel *k, const struct form *f, const struct mi_kstack *stack,
			 const struct ring *r, uint64_t *lock)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < stack->n; i++) {
		/* Pointers into this stack may have pointers to the waiter beside them. */
		if (stack->words[i] == at ||
		    (stack->words[i] >= stack->sp && stack->words[i] < stack->end) ||
		    !points_into(k, f, stack->words[i], r))
			continue;
		/* Two that claim the same waiters: neither is believed. */
		if (at)
			return false;
		at = stack->words[i];
	}
	*lock = at;
	return at != 0;
}

/* The ring that the entry at word @i is in, if it is one. */
static bool try_entry(struct mi_lock_search *s, const struct form *f, const struct mi_kstack *stack,
		      size_t i, size_t *ret)
{
	uint64_t waiter = stack->sp + mi_word_size(s->k->t) * (uint64_t)i - (uint64_t)f->task->off,
		 addr;
	struct ring r = {0};
	bool found;
	size_t j;

	found = walk_ring(s, f, waiter + (uint64_t)f->list->off, &r) && r.n;
	if (found && r.head)
		addr = r.head - (uint64_t)f->head->off;
	else if (found)
		found = search_stack(s->k, f, stack, &r, &addr);
	if (found) {
		*ret = take_lock(s, f->kind, addr, addr, f->owner);
		found = *ret != ~(size_t)0;
	}
	for (j = 0; found && j < r.n; j++)
		remember(s, r.tasks[j], *ret);
	free(r.nodes);
	free(r.tasks);
	return found;
}

static bool find_entry(struct mi_lock_search *s, const struct form *f, const struct mi_task *task,
		       const struct mi_kstack *stack, size_t *lock)
{
	size_t i;

	if (recall(s, task->addr, lock))
		return true;
	for (i = 0; i < stack->n; i++)
		if (stack->words[i] == task->addr && try_entry(s, f, stack, i, lock))
			return true;
	return false;
}

/* ---- with PREEMPT_RT ---- */

/* A writer that is next has the inner lock already, and waits for readers to go. */
static bool find_rt_writer(struct mi_lock_search *s, const struct mi_task *task,
			   const struct mi_kstack *stack, uint64_t *inner)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t at, owner;
	size_t i;

	for (i = 0; i < stack->n; i++) {
		at = stack->words[i] + (uint64_t)l->rwsem_rt.off;
		if (stack->words[i] & (mi_word_size(s->k->t) - 1) ||
		    !mi_is_kernel_address(s->k->t, stack->words[i]) ||
		    mi_read_member(s->k->t, at, &l->rt_owner, &owner) ||
		    (owner & ~OWNER_FLAGS) != task->addr)
			continue;
		*inner = at;
		return true;
	}
	return false;
}

/*
 * The task that is the owner of the inner lock has all of it only if it has told readers
 * so: a bit of the count. Else there are readers, of which nothing is known.
 */
static void set_rt_readers(struct mi_lock_search *s, struct mi_lock *lock)
{
	const struct mi_member *m = &s->k->l.rwsem_rt_readers;
	uint64_t readers;

	if (mi_has(m) && !mi_read_member(s->k->t, lock->addr, m, &readers)) {
		if (!(readers & RT_READERS))
			return;
		lock->owned = MI_OWNED_READERS;
	} else {
		lock->owned = MI_OWNED_UNKNOWN;
	}
	memset(&lock->owner, 0, sizeof(lock->owner));
}

/* Who writes leaves its task_struct as the owner; with PREEMPT_RT a bit of the count. */
bool mi_mmap_lock_written(struct mi_kernel *k, uint64_t mm)
{
	const struct mi_layout *l = &k->l;
	uint64_t lock = mm + (uint64_t)l->mm_mmap_lock.off, word;

	if (!mi_has(&l->mm_mmap_lock))
		return false;
	if (mi_has(&l->rwsem_rt_readers))
		return !mi_read_member(k->t, lock, &l->rwsem_rt_readers, &word) && word & RT_WRITER;
	return mi_has(&l->rwsem_owner) && !mi_read_member(k->t, lock, &l->rwsem_owner, &word) &&
	       word && !(word & READER_OWNED);
}

static bool find_rt(struct mi_lock_search *s, const struct mi_task *task,
		    const struct mi_kstack *stack, enum mi_lock_kind kind, size_t *lock)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t waiter, of, inner, addr;

	if (mi_read_member(s->k->t, task->addr, &l->task_pi_blocked_on, &waiter))
		return false;
	if (waiter) {
		if (mi_read_member(s->k->t, waiter, &l->rt_waiter_task, &of) || of != task->addr ||
		    mi_read_member(s->k->t, waiter, &l->rt_waiter_lock, &inner))
			return false;
	} else {
		if (kind != MI_LOCK_RWSEM || !find_rt_writer(s, task, stack, &inner))
			return false;
	}
	addr = kind == MI_LOCK_RWSEM ? inner - (uint64_t)l->rwsem_rt.off : inner;
	*lock = take_lock(s, kind, addr, inner, &l->rt_owner);
	if (*lock == ~(size_t)0)
		return false;
	if (kind == MI_LOCK_RWSEM)
		set_rt_readers(s, &s->list[*lock]);
	return true;
}

/* ---- the way in ---- */

struct slow_path {
	const char *function;
	enum mi_lock_kind kind;
	enum mi_lock_mode mode;
};

/* Up to a dot: compilers make parts of functions. The first that fits counts. */
static const struct slow_path slow_paths[] = {
	{"rwsem_down_read_slowpath", MI_LOCK_RWSEM, MI_LOCK_READ},
	{"rwsem_down_write_slowpath", MI_LOCK_RWSEM, MI_LOCK_WRITE},
	{"__rwbase_read_lock", MI_LOCK_RWSEM, MI_LOCK_READ},
	{"rwbase_write_lock", MI_LOCK_RWSEM, MI_LOCK_WRITE},
	{"__mutex_lock", MI_LOCK_MUTEX, MI_LOCK_WRITE},
	{"__mutex_lock_slowpath", MI_LOCK_MUTEX, MI_LOCK_WRITE},
	{"__ww_mutex_lock", MI_LOCK_MUTEX, MI_LOCK_WRITE},
	{"rt_mutex_slowlock", MI_LOCK_RT, MI_LOCK_WRITE},
	{"__rt_mutex_slowlock", MI_LOCK_RT, MI_LOCK_WRITE},
};

static const struct slow_path *path_of(const struct mi_frame *f)
{
	size_t i, n = f->symbol ? strcspn(f->symbol, ".") : 0;

	for (i = 0; n && i < sizeof(slow_paths) / sizeof(slow_paths[0]); i++)
		if (strlen(slow_paths[i].function) == n &&
		    !strncmp(slow_paths[i].function, f->symbol, n))
			return &slow_paths[i];
	return NULL;
}

/* Looked for in the scheduler's and the locks' own functions, and the next one. */
static const struct slow_path *path_on(const struct mi_trace *t)
{
	const struct slow_path *p = NULL;
	size_t i;

	for (i = 0; i < t->n && i < 8 && !p; i++)
		p = path_of(&t->frames[i]);
	return p;
}

bool mi_lock_wait(struct mi_lock_search *s, const struct mi_task *task,
		  const struct mi_kstack *stack, const struct mi_trace *trace, size_t *lock,
		  enum mi_lock_mode *mode)
{
	const struct mi_layout *l = &s->k->l;
	const struct slow_path *path = path_on(trace);
	enum mi_lock_kind kind;
	struct form f;
	bool found;

	if (!path)
		return false;
	kind = path->kind;
	if (kind == MI_LOCK_RT && is_rt(l))
		/* There a mutex is nothing else. */
		kind = MI_LOCK_MUTEX;
	f = form_of(l, kind);
	if (kind == MI_LOCK_RT || is_rt(l))
		found = find_rt(s, task, stack, kind, lock);
	else
		found = find_entry(s, &f, task, stack, lock);
	if (!found) {
		mi_problem_bad(&s->k->problems, "lock", task->addr,
			       "that a task waits for cannot be found", EFFECT);
		return false;
	}
	*mode = path->mode;
	s->list[*lock].n_waiters++;
	return true;
}

const struct mi_lock *mi_locks(const struct mi_lock_search *s, size_t *n)
{
	*n = s->n;
	return s->list;
}

enum mi_status mi_lock_search_new(struct mi_kernel *k, struct mi_lock_search **ret,
				  struct mi_error *err)
{
	struct form rwsem = form_of(&k->l, MI_LOCK_RWSEM), mutex = form_of(&k->l, MI_LOCK_MUTEX);
	struct mi_lock_search *s;
	enum mi_status st;
	const char *why;

	if (!mi_feature(k, MI_F_STACK, &why))
		return mi_fail(err, MI_ERR_MISSING, "no locks: %s", why);
	if (!is_rt(&k->l) && !(is_complete(&rwsem) && is_complete(&mutex)))
		return mi_fail(err, MI_ERR_MISSING,
			       "no locks: those of this kernel have an "
			       "unknown form");
	s = calloc(1, sizeof(*s));
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	s->k = k;
	s->stack_size = mi_kstack_size(k);
	st = find_mms(s, err);
	if (st)
		mi_lock_search_free(s);
	else
		*ret = s;
	return st;
}

void mi_lock_search_free(struct mi_lock_search *s)
{
	if (!s)
		return;
	free(s->list);
	free(s->known);
	free(s->mms);
	free(s);
}
