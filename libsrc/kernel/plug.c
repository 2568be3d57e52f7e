// SPDX-License-Identifier: GPL-2.0-or-later
/* plug.c - requests in the plugs of tasks (struct blk_plug, include/linux/blkdev.h) */
#include <stdlib.h>

#include "plug.h"
#include "single.h"

#define ONE_MAX 65536  /* of one plug; the kernel flushes one that has 32 */
#define ALL_MAX 262144 /* of all */

struct gather {
	struct mi_kernel *k;
	struct mi_plugged *list;
	size_t n, room;
	bool no_memory, stop;
};

/* @kind: of requests. */
enum kind {
	PENDING,
	STORED,
	SINGLE
};

static bool add(struct gather *g, const struct mi_task *task, uint64_t rq, enum kind kind)
{
	struct mi_plugged *more;

	if (g->n == ALL_MAX) {
		mi_problem_bad(&g->k->problems, "plug", rq, "is one of more than can be held",
			       "requests are missing");
		g->stop = true;
		return false;
	}
	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		more = realloc(g->list, g->room * sizeof(*more));
		if (!more) {
			g->no_memory = g->stop = true;
			return false;
		}
		g->list = more;
	}
	more = &g->list[g->n++];
	*more = (struct mi_plugged){.rq = rq,
				    .pid = task->pid,
				    .stored = kind == STORED,
				    .single = kind == SINGLE,
				    .disk = MI_PLUG_NO_DISK,
				    .tag = -1,
				    .sched_tag = -1,
				    .hctx = -1};
	memcpy(more->comm, task->comm, sizeof(more->comm));
	return true;
}

/* False: more than one plug can have. */
static bool take(struct gather *g, const struct mi_task *task, uint64_t rq, enum kind kind,
		 size_t *n)
{
	if (++*n > ONE_MAX) {
		mi_problem_bad(&g->k->problems, "plug", rq, "has no end", "requests are missing");
		return false;
	}
	return add(g, task, rq, kind);
}

/* A struct list_head, up to 5.15. */
static void visit_ring(struct gather *g, const struct mi_task *task, uint64_t head, enum kind kind)
{
	struct mi_list li;
	uint64_t node;
	size_t n = 0;

	mi_list_start(&li, g->k, head, "plug");
	while (mi_list_next(&li, &node))
		if (!take(g, task, node - (uint64_t)g->k->l.rq_queuelist.off, kind, &n))
			return;
}

/* A chain without a way back: a pointer (5.16), or the first member of a struct rq_list (6.13). */
static void visit_chain(struct gather *g, const struct mi_task *task, uint64_t head, enum kind kind)
{
	uint64_t rq;
	size_t n = 0;
	enum mi_read r = mi_read_ulong(g->k->t, head, &rq);

	while (!r && rq) {
		if (!take(g, task, rq, kind, &n))
			return;
		r = mi_read_member(g->k->t, rq, &g->k->l.rq_next, &rq);
	}
	if (r)
		mi_problem_read(&g->k->problems, "plug", head, r, "requests are missing");
}

static bool is_ring(const struct mi_member *m)
{
	return !strcmp(m->type_name, "list_head");
}

static bool is_chain(const struct mi_layout *l, const struct mi_member *m)
{
	if (!mi_has(&l->rq_next))
		return false;
	return m->cls == MI_TYPE_POINTER ||
	       (!strcmp(m->type_name, "rq_list") && mi_has(&l->rq_list_head));
}

static void visit(struct gather *g, const struct mi_task *task, uint64_t plug,
		  const struct mi_member *m, enum kind kind)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t head = plug + (uint64_t)m->off;

	if (is_ring(m))
		visit_ring(g, task, head, kind);
	else if (m->cls == MI_TYPE_POINTER)
		visit_chain(g, task, head, kind);
	else
		visit_chain(g, task, head + (uint64_t)l->rq_list_head.off, kind);
}

/* Both lists have a form that is known here; the second is missing only where none is kept. */
static bool known_form(const struct mi_layout *l)
{
	/* Single queues, which up to 2.6.38 were plugged themselves. */
	if (mi_single_known(l) && !mi_has(&l->task_plug))
		return true;
	if (mi_single_known(l) && mi_has(&l->plug_single) && is_ring(&l->plug_single))
		return !mi_has(&l->plug_list) || is_ring(&l->plug_list);
	if (!mi_has(&l->task_plug) || !mi_has(&l->plug_list) ||
	    (!is_ring(&l->plug_list) && !is_chain(l, &l->plug_list)))
		return false;
	if (!mi_has(&l->plug_cached))
		return !mi_has(&l->plug_nr_ios);
	return is_chain(l, &l->plug_cached);
}

static void visit_task(struct gather *g, const struct mi_task *task)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t plug;
	enum mi_read r = mi_read_member(g->k->t, task->addr, &l->task_plug, &plug);

	if (r)
		mi_problem_read(&g->k->problems, "task_struct", task->addr, r,
				"requests may be missing");
	if (r || !plug)
		return;
	if (mi_has(&l->plug_list))
		visit(g, task, plug, &l->plug_list, PENDING);
	if (mi_has(&l->plug_single) && !g->stop)
		visit(g, task, plug, &l->plug_single, SINGLE);
	if (mi_has(&l->plug_cached) && !g->stop)
		visit(g, task, plug, &l->plug_cached, STORED);
}

enum mi_status mi_plugs(struct mi_kernel *k, struct mi_plugged **ret, size_t *n,
			struct mi_error *err)
{
	struct gather g = {.k = k};
	struct mi_task *tasks;
	enum mi_status st;
	size_t i, n_tasks;

	*ret = NULL;
	*n = 0;
	if (!known_form(&k->l)) {
		mi_problem_unknown(&k->problems, "blk_plug", 0, "has no form that is known here",
				   "what tasks collect before they hand it on may be missing");
		return MI_OK;
	}
	if (!mi_has(&k->l.task_plug))
		return MI_OK;
	st = mi_task_all(k, &tasks, &n_tasks, err);
	if (st)
		return st;
	for (i = 0; i < n_tasks && !g.stop; i++)
		visit_task(&g, &tasks[i]);
	free(tasks);
	if (g.no_memory) {
		free(g.list);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	*ret = g.list;
	*n = g.n;
	return MI_OK;
}
