// SPDX-License-Identifier: GPL-2.0-or-later
/* tagwait.c - who waits for a tag (block/blk-mq-tag.c, lib/sbitmap.c) */
#include <stdlib.h>

#include "kstack.h"
#include "tagwait.h"

#define HCTX_MAX 8192
#define HOLDERS_MAX 524288
#define HEADS 8 /* SBQ_WAIT_QUEUES, a macro: include/linux/sbitmap.h */
#define WAITS_MAX 131072

/* A bitmap of tags, and one of the hardware queues that use it. */
struct holder {
	uint64_t sb, hctx, queue;
	size_t disk;
	uint32_t num;
	bool sched, reserved;
};

struct gather {
	struct mi_kernel *k;
	struct holder *holders;
	size_t n_holders, room_holders;
	struct mi_tag_wait *list;
	size_t n, room;
	uint64_t queues, steps, stack_size;
	struct mi_kstack stack;
	bool no_memory, stop;
};

static void unread(struct gather *g, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&g->k->problems, what, addr, r, "tasks that wait for a tag are missing");
}

static void bad(struct gather *g, const char *what, uint64_t addr, const char *why)
{
	mi_problem_bad(&g->k->problems, what, addr, why, "tasks that wait for a tag are missing");
}

/* ---- bitmaps ---- */

static void hold(struct gather *g, const struct holder *h)
{
	struct holder *more;

	if (g->n_holders == g->room_holders) {
		g->room_holders = g->room_holders ? 2 * g->room_holders : 64;
		more = g->n_holders < HOLDERS_MAX
			       ? realloc(g->holders, g->room_holders * sizeof(*more))
			       : NULL;
		if (!more) {
			g->no_memory = g->stop = true;
			return;
		}
		g->holders = more;
	}
	g->holders[g->n_holders++] = *h;
}

/* The two bitmaps of a struct blk_mq_tags: embedded, or behind pointers (5.10 to 5.15). */
static void hold_tags(struct gather *g, uint64_t tags, struct holder h)
{
	const struct mi_layout *l = &g->k->l;
	const struct mi_member *m;
	enum mi_read r;
	int i;

	for (i = 0; tags && i < 2 && !g->stop; i++) {
		m = i ? &l->tags_reserved : &l->tags_bitmap;
		h.sb = tags + (uint64_t)m->off;
		h.reserved = i;
		r = m->cls == MI_TYPE_POINTER ? mi_read_ulong(g->k->t, h.sb, &h.sb) : MI_READ_OK;
		if (r)
			unread(g, "blk_mq_tags", tags, r);
		else if (h.sb)
			hold(g, &h);
	}
}

/* What is wrong with the queues, the walk that looks for requests has said. */
static void visit_disk(struct gather *g, const struct mi_disk *disks, size_t disk)
{
	const struct mi_layout *l = &g->k->l;
	struct holder h = {.disk = disk, .queue = disks[disk].queue};
	uint64_t tags, sched;
	uint32_t i;

	for (i = 0; i < disks[disk].n_hctx && i < HCTX_MAX && !g->stop; i++) {
		h.num = i;
		if (mi_hctx_at(g->k, &disks[disk], i, &h.hctx) || !h.hctx ||
		    mi_read_member(g->k->t, h.hctx, &l->hctx_tags, &tags) ||
		    mi_read_member(g->k->t, h.hctx, &l->hctx_sched_tags, &sched))
			continue;
		h.sched = false;
		hold_tags(g, tags, h);
		h.sched = true;
		hold_tags(g, sched, h);
	}
}

static int by_bitmap(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->sb != y->sb)
		return x->sb < y->sb ? -1 : 1;
	return x->hctx < y->hctx ? -1 : x->hctx > y->hctx;
}

/* ---- waits ---- */

/* The task of the struct wait_queue_entry at @entry, which must lie on its stack. */
static bool waiting_task(struct gather *g, uint64_t entry, const void *raw, struct mi_task *task)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t addr = mi_get(raw, &l->wait_private), stack;
	enum mi_read r;

	r = mi_read_member(g->k->t, addr, &l->task_stack, &stack);
	if (r) {
		unread(g, "waiting task", addr, r);
		return false;
	}
	if (entry < stack || entry - stack >= g->stack_size) {
		bad(g, "wait queue entry", entry, "is not on the stack of its task");
		return false;
	}
	if (!mi_task_at(g->k, addr, task)) {
		bad(g, "wait queue entry", entry, "names a task that is none");
		return false;
	}
	return true;
}

static const struct holder *holder_of(const struct holder *h, size_t n, uint64_t hctx,
				      uint64_t queue)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (h[i].hctx == hctx && h[i].queue == queue)
			return &h[i];
	return NULL;
}

/*
 * The struct blk_mq_alloc_data on the task's stack: its queue and its hardware queue are
 * among @h, those that use the bitmap. NULL: none is there, or they disagree.
 */
static const struct holder *ask_stack(struct gather *g, const struct holder *h, size_t n,
				      struct mi_tag_wait *w)
{
	const struct mi_layout *l = &g->k->l;
	const struct holder *found = NULL, *one;
	uint64_t queue, hctx;
	size_t i, words = l->size_alloc_data / mi_word_size(g->k->t);

	g->stack.effect = "for which device a task wants a tag may be missing";
	if (!mi_has(&l->alloc_queue) || !mi_has(&l->alloc_hctx) || !mi_has(&l->alloc_flags) ||
	    !words || mi_kstack_load(g->k, &w->task, &g->stack) != MI_KSTACK_OK)
		return NULL;
	for (i = 0; i + words <= g->stack.n; i++) {
		const void *raw = mi_kstack_at(&g->stack, i);

		queue = mi_get(raw, &l->alloc_queue);
		hctx = mi_get(raw, &l->alloc_hctx);
		one = queue && hctx ? holder_of(h, n, hctx, queue) : NULL;
		if (!one)
			continue;
		if (found && found != one)
			return NULL;
		/* A copy further up is of an earlier call. */
		if (!found) {
			w->flags_known = true;
			w->flags = mi_get(raw, &l->alloc_flags);
		}
		found = one;
	}
	return found;
}

static void settle(struct gather *g, const struct holder *h, size_t n, struct mi_tag_wait *w)
{
	const struct holder *found = ask_stack(g, h, n, w);
	size_t i;

	w->disk = found ? found->disk : h->disk;
	w->hctx = found || n == 1 ? (int64_t)(found ? found : h)->num : -1;
	if (found)
		return;
	w->flags_known = false;
	for (i = 1; i < n; i++)
		if (h[i].disk != h->disk)
			w->disk = MI_TAG_NO_DISK;
}

static void add(struct gather *g, const struct mi_tag_wait *w)
{
	struct mi_tag_wait *more;

	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		more = realloc(g->list, g->room * sizeof(*more));
		if (!more) {
			g->no_memory = g->stop = true;
			return;
		}
		g->list = more;
	}
	g->list[g->n++] = *w;
}

static void visit_entry(struct gather *g, const struct holder *h, size_t n, uint64_t node)
{
	const struct mi_layout *l = &g->k->l;
	struct mi_tag_wait w = {.sched = h->sched, .reserved = h->reserved, .sb = h->sb};
	unsigned char raw[256];
	enum mi_read r;

	w.entry = node - (uint64_t)l->wait_entry.off;
	r = mi_read_virt(g->k->t, w.entry, raw, l->size_wait_queue_entry);
	if (r) {
		unread(g, "wait queue entry", w.entry, r);
		return;
	}
	if (l->sym_dispatch_wake && mi_get(raw, &l->wait_func) == l->sym_dispatch_wake) {
		g->queues++;
		return;
	}
	if (!waiting_task(g, w.entry, raw, &w.task))
		return;
	settle(g, h, n, &w);
	add(g, &w);
}

/* Eight queues, so that not all are woken at once. @n: how many holders share the bitmap. */
static void visit_bitmap(struct gather *g, const struct holder *h, size_t n)
{
	const struct mi_layout *l = &g->k->l;
	unsigned char heads[HEADS * 256];
	uint64_t ws, first, head, node;
	struct mi_list li;
	enum mi_read r;
	int i;

	r = mi_read_member(g->k->t, h->sb, &l->sbq_ws, &ws);
	/* Of no tags there are none. */
	if (!r && !ws)
		return;
	if (!r)
		r = mi_read_virt(g->k->t, ws, heads, (size_t)HEADS * l->size_sbq_wait_state);
	if (r) {
		unread(g, "wait queues of tags", h->sb, r);
		return;
	}
	for (i = 0; i < HEADS && !g->stop; i++) {
		size_t at = (size_t)i * l->size_sbq_wait_state + (size_t)l->sbq_wait.off +
			    (size_t)l->wait_head.off;

		head = ws + at;
		first = mi_word_at(g->k->t, heads + at);
		if (first == head)
			continue;
		mi_list_start(&li, g->k, head, "wait queue of tags");
		while (!g->stop && mi_list_next(&li, &node)) {
			if (++g->steps > WAITS_MAX) {
				bad(g, "wait queue of tags", node, "is longer than can be held");
				g->stop = true;
				break;
			}
			visit_entry(g, h, n, node);
		}
	}
}

static int by_disk(const void *a, const void *b)
{
	const struct mi_tag_wait *x = a, *y = b;

	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->task.pid != y->task.pid)
		return x->task.pid < y->task.pid ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool known_form(const struct mi_layout *l)
{
	return mi_has(&l->sbq_ws) && mi_has(&l->sbq_wait) && l->size_wait_queue_entry &&
	       l->size_sbq_wait_state && l->sym_dispatch_wake &&
	       (uint64_t)l->sbq_wait.off + (uint64_t)l->wait_head.off + 8 <= l->size_sbq_wait_state;
}

static void visit_all(struct gather *g, const struct mi_disk *disks, size_t n_disks)
{
	size_t i, end;

	for (i = 0; i < n_disks && !g->stop; i++)
		if (disks[i].mq)
			visit_disk(g, disks, i);
	if (g->n_holders)
		qsort(g->holders, g->n_holders, sizeof(*g->holders), by_bitmap);
	for (i = 0; i < g->n_holders && !g->stop; i = end) {
		for (end = i + 1; end < g->n_holders && g->holders[end].sb == g->holders[i].sb;)
			end++;
		visit_bitmap(g, &g->holders[i], end - i);
	}
}

static bool has_tags(const struct mi_disk *disks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (disks[i].mq)
			return true;
	return false;
}

enum mi_status mi_tag_waits(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			    struct mi_tag_wait **ret, size_t *n, uint64_t *queues,
			    struct mi_error *err)
{
	struct gather g = {.k = k};
	const char *why;

	*ret = NULL;
	*n = 0;
	*queues = 0;
	if (!has_tags(disks, n_disks))
		return MI_OK;
	if (!mi_feature(k, MI_F_WAIT, &why))
		return mi_fail(err, MI_ERR_MISSING, "no waits for tags: %s", why);
	if (!known_form(&k->l))
		return mi_fail(err, MI_ERR_MISSING,
			       "no waits for tags: struct sbitmap_queue has no form that is known");
	g.stack_size = mi_kstack_size(k);
	visit_all(&g, disks, n_disks);
	mi_kstack_free(&g.stack);
	free(g.holders);
	if (g.no_memory) {
		free(g.list);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	if (g.n)
		qsort(g.list, g.n, sizeof(*g.list), by_disk);
	*ret = g.list;
	*n = g.n;
	*queues = g.queues;
	return MI_OK;
}
