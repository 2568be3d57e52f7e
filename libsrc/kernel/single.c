// SPDX-License-Identifier: GPL-2.0-or-later
/* single.c - requests of single queues; contract in single.h */
#include <stdio.h>

#include "single.h"

#define HASH_HEADS 64 /* ELV_HASH_ENTRIES, in all kernels */
#define REQUESTS_MAX 65536
#define TAGS_MAX 65536

struct visit {
	struct mi_kernel *k;
	const struct mi_disk *d;
	mi_single_fn fn;
	void *arg;
	uint64_t left;		/* looks: what lies ends here */
	uint64_t timed, tagged; /* requests found that the driver has, of each kind */
};

bool mi_single_known(const struct mi_layout *l)
{
	return mi_has(&l->queue_head) && mi_has(&l->queue_request_fn) && mi_has(&l->rq_queuelist);
}

static void unread(struct visit *v, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&v->k->problems, what, addr, r, "requests are missing");
}

static bool look(struct visit *v, uint64_t at)
{
	if (v->left && --v->left)
		return true;
	mi_problem_bad(&v->k->problems, "request_queue", at,
		       "has more requests than can be looked at", "requests are missing");
	return false;
}

static void take(struct visit *v, uint64_t rq, enum mi_rq_state state)
{
	if (v->fn(v->arg, rq, state) && state == MI_RQ_DRIVER)
		v->timed++;
}

static void visit_list(struct visit *v, uint64_t head, const struct mi_member *link,
		       enum mi_rq_state state)
{
	struct mi_list li;
	uint64_t node;

	mi_list_start(&li, v->k, head, "list of requests");
	while (look(v, head) && mi_list_next(&li, &node))
		take(v, node - (uint64_t)link->off, state);
}

/* ---- the scheduler ---- */

static void visit_chain(struct visit *v, uint64_t head)
{
	const struct mi_layout *l = &v->k->l;
	uint64_t node;
	enum mi_read r = mi_read_member(v->k->t, head, &l->hlist_first, &node);

	while (!r && node && look(v, head)) {
		take(v, node - (uint64_t)l->rq_hash.off, MI_RQ_SCHEDULER);
		r = mi_read_member(v->k->t, node, &l->hlist_next, &node);
	}
	if (r)
		unread(v, "elevator_queue", head, r);
}

/*
 * Every scheduler's requests to which others may be added stand in one hash: reads and
 * writes of file systems do.
 */
static void visit_scheduler(struct visit *v)
{
	const struct mi_layout *l = &v->k->l;
	uint64_t at, i, word = mi_word_size(v->k->t);
	enum mi_read r;

	if (!v->d->elevator)
		return;
	if (!mi_has(&l->elevator_hash) || !mi_has(&l->hlist_first) || !mi_has(&l->hlist_next) ||
	    !mi_has(&l->rq_hash)) {
		mi_problem_unknown(&v->k->problems, "elevator_queue", v->d->elevator,
				   "keeps its requests in a way unknown here",
				   "requests in schedulers are missing");
		return;
	}
	at = v->d->elevator + (uint64_t)l->elevator_hash.off;
	if (l->elevator_hash.cls == MI_TYPE_POINTER) {
		r = mi_read_ulong(v->k->t, at, &at);
		if (r) {
			unread(v, "elevator_queue", v->d->elevator, r);
			return;
		}
	}
	for (i = 0; i < HASH_HEADS; i++)
		visit_chain(v, at + word * i);
}

/* ---- the driver ---- */

static void visit_tags(struct visit *v)
{
	const struct mi_layout *l = &v->k->l;
	uint64_t tags, index, depth, i, rq, word = mi_word_size(v->k->t);
	enum mi_read r;

	if (!mi_has(&l->queue_tags) || !mi_has(&l->bqt_index) || !mi_has(&l->bqt_depth))
		return;
	r = mi_read_member(v->k->t, v->d->queue, &l->queue_tags, &tags);
	if (r || !tags)
		return;
	r = mi_read_member(v->k->t, tags, &l->bqt_index, &index);
	if (!r)
		r = mi_read_member(v->k->t, tags, &l->bqt_depth, &depth);
	for (i = 0; !r && i < depth && i < TAGS_MAX && look(v, tags); i++) {
		r = mi_read_ulong(v->k->t, index + word * i, &rq);
		/* The table may serve several queues: whose a request is it says itself. */
		if (!r && rq)
			v->tagged += v->fn(v->arg, rq, MI_RQ_DRIVER);
	}
	if (r)
		unread(v, "blk_queue_tag", tags, r);
}

/* The kernel counts reads and writes, or (2.6.32) what waits for the disk and what does not. */
static bool count_in_flight(struct visit *v, uint64_t *n)
{
	const struct mi_member *m = &v->k->l.queue_in_flight;
	uint32_t one, i;

	*n = 0;
	if (!mi_has(m) || m->size != 4 || m->count > 2)
		return false;
	for (i = 0; i < m->count; i++) {
		if (mi_read_u32(v->k->t, v->d->queue + (uint64_t)m->off + 4ULL * i, &one))
			return false;
		*n += one;
	}
	return true;
}

static void visit_driver(struct visit *v)
{
	const struct mi_layout *l = &v->k->l;
	uint64_t n;

	if (mi_has(&l->queue_timeouts) && mi_has(&l->rq_timeout_list))
		visit_list(v, v->d->queue + (uint64_t)l->queue_timeouts.off, &l->rq_timeout_list,
			   MI_RQ_DRIVER);
	visit_tags(v);
	if (count_in_flight(v, &n) && n > v->timed && n > v->tagged && n < REQUESTS_MAX)
		mi_problem_bad(&v->k->problems, "request_queue", v->d->queue,
			       "has requests in its driver that stand in no list",
			       "requests are missing");
}

/* ---- all ---- */

static void visit_flush(struct visit *v)
{
	const struct mi_layout *l = &v->k->l;
	uint32_t i;

	if (!mi_has(&l->queue_flush) || !mi_has(&l->rq_flush_list))
		return;
	for (i = 0; i < l->queue_flush.count && i < 2; i++)
		visit_list(v, v->d->queue + (uint64_t)l->queue_flush.off + i * l->queue_flush.size,
			   &l->rq_flush_list, MI_RQ_FLUSH);
}

void mi_single_queue(struct mi_kernel *k, const struct mi_disk *d, mi_single_fn fn, void *arg)
{
	struct visit v = {.k = k, .d = d, .fn = fn, .arg = arg, .left = REQUESTS_MAX};

	visit_driver(&v);
	visit_list(&v, d->queue + (uint64_t)k->l.queue_head.off, &k->l.rq_queuelist,
		   MI_RQ_DISPATCH);
	visit_scheduler(&v);
	visit_flush(&v);
}

static bool flag(const struct mi_enumerator *e, uint64_t flags)
{
	return e->known && e->value >= 0 && e->value < 64 && flags >> e->value & 1;
}

const char *mi_single_operation(const struct mi_kernel *k, uint64_t flags)
{
	const struct mi_layout *l = &k->l;

	if (l->REQ_OP_READ.known || !l->REQ_OLD_WRITE.known)
		return NULL;
	if (flag(&l->REQ_OLD_DISCARD, flags))
		return "DISCARD";
	if (flag(&l->REQ_OLD_FLUSH, flags))
		return "FLUSH";
	return flag(&l->REQ_OLD_WRITE, flags) ? "WRITE" : "READ";
}

static bool tick(struct mi_kernel *k, uint64_t *ns)
{
	*ns = 0;
	return k->nonlinear && k->l.sym_tick_nsec && !mi_read_ulong(k->t, k->l.sym_tick_nsec, ns) &&
	       *ns && *ns <= 100000000;
}

bool mi_single_clock(struct mi_kernel *k, uint64_t *ns)
{
	uint64_t jiffies, per_tick;

	if (!tick(k, &per_tick) || !k->l.sym_jiffies ||
	    mi_read_ulong(k->t, k->l.sym_jiffies, &jiffies) || jiffies > ~0ULL / per_tick)
		return false;
	*ns = jiffies * per_tick;
	return true;
}

uint64_t mi_single_start(struct mi_kernel *k, uint64_t start_time)
{
	uint64_t per_tick;

	return tick(k, &per_tick) && start_time <= ~0ULL / per_tick ? start_time * per_tick : 0;
}
