// SPDX-License-Identifier: GPL-2.0-or-later
/* request.c - finds the pending requests: tags and lists of blk-mq queues */
#include <stdlib.h>

#include "request.h"
#include "single.h"

#define HCTX_MAX 8192	    /* one for each CPU at most */
#define TAGS_MAX 65536	    /* BLK_MQ_MAX_DEPTH is 10240 */
#define REQUESTS_MAX 262144 /* beyond, the rest is left out */
#define LOOKS_MAX 4194304   /* tags and bitmap words, of all queues: a bound for what lies */

/* A set of addresses: open addressing, zero is free. */
struct set {
	uint64_t *slot;
	size_t n, size; /* size: a power of two */
};

struct queue {
	uint64_t addr;
	size_t disk;
};

struct gather {
	struct mi_kernel *k;
	const struct mi_disk *disks;
	size_t n_disks;
	struct queue *queues; /* sorted by address */
	struct mi_rq *rq;
	size_t n, room;
	struct set tags; /* seen: several queues may share them */
	uint64_t *index; /* open addressing by address: position in rq plus one */
	size_t index_size;
	uint64_t looks;
	bool no_memory, stop;
};

/* ---- what was seen ---- */

static size_t hash(uint64_t addr, size_t size)
{
	return (size_t)(addr * 0x9e3779b97f4a7c15ULL >> 20) & (size - 1);
}

static bool set_add(struct set *s, uint64_t addr, bool *fresh)
{
	size_t i;

	if (2 * s->n >= s->size) {
		struct set more = {.size = s->size ? 2 * s->size : 64};
		bool ignored;

		more.slot = calloc(more.size, sizeof(*more.slot));
		if (!more.slot)
			return false;
		for (i = 0; i < s->size; i++)
			if (s->slot[i])
				set_add(&more, s->slot[i], &ignored);
		free(s->slot);
		*s = more;
	}
	for (i = hash(addr, s->size); s->slot[i] && s->slot[i] != addr; i = (i + 1) & (s->size - 1))
		;
	*fresh = !s->slot[i];
	s->n += *fresh;
	s->slot[i] = addr;
	return true;
}

static struct mi_rq *find(struct gather *g, uint64_t addr, size_t *slot)
{
	size_t i = hash(addr, g->index_size);

	while (g->index[i] && g->rq[g->index[i] - 1].addr != addr)
		i = (i + 1) & (g->index_size - 1);
	*slot = i;
	return g->index[i] ? &g->rq[g->index[i] - 1] : NULL;
}

static bool grow(struct gather *g)
{
	size_t room = g->room ? 2 * g->room : 256, i, slot;
	struct mi_rq *rq = realloc(g->rq, room * sizeof(*rq));
	uint64_t *index;

	if (!rq)
		return false;
	g->rq = rq;
	index = calloc(2 * room, sizeof(*index));
	if (!index)
		return false;
	free(g->index);
	g->index = index;
	g->index_size = 2 * room;
	g->room = room;
	for (i = 0; i < g->n; i++) {
		find(g, g->rq[i].addr, &slot);
		g->index[slot] = i + 1;
	}
	return true;
}

static struct mi_rq *keep(struct gather *g, const struct mi_rq *rq)
{
	size_t slot;

	if (g->n >= REQUESTS_MAX) {
		if (!g->stop)
			mi_problem_bad(&g->k->problems, "request", rq->addr,
				       "is one of more than can be held", "the rest is missing");
		g->stop = true;
		return NULL;
	}
	if (g->n == g->room && !grow(g)) {
		g->no_memory = g->stop = true;
		return NULL;
	}
	find(g, rq->addr, &slot);
	g->rq[g->n] = *rq;
	g->index[slot] = ++g->n;
	return &g->rq[g->n - 1];
}

static bool look(struct gather *g, uint64_t at)
{
	if (++g->looks == LOOKS_MAX) {
		mi_problem_bad(&g->k->problems, "tags", at, "are more than can be looked at",
			       "requests are missing");
		g->stop = true;
	}
	return !g->stop;
}

static void unread(struct gather *g, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&g->k->problems, what, addr, r, "requests are missing");
}

/* ---- one request ---- */

static const struct mi_disk *disk_of(const struct gather *g, uint64_t queue, size_t *disk)
{
	size_t lo = 0, hi = g->n_disks;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (g->queues[mid].addr < queue)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == g->n_disks || g->queues[lo].addr != queue)
		return NULL;
	*disk = g->queues[lo].disk;
	return &g->disks[*disk];
}

/* Lists are empty after list_del_init(); a plug's chain has no way back. */
static bool in_a_list(struct mi_kernel *k, uint64_t rq, const void *raw)
{
	const struct mi_layout *l = &k->l;
	uint64_t self = rq + (uint64_t)l->rq_queuelist.off, next, back;

	next = mi_word_at(k->t, (const char *)raw + l->rq_queuelist.off);
	return next && next != self && mi_has(&l->list_prev) &&
	       !mi_read_member(k->t, next, &l->list_prev, &back) && back == self;
}

static enum mi_rq_state state_of(struct mi_kernel *k, const struct mi_disk *d, uint64_t addr,
				 const void *raw)
{
	int64_t state = (int32_t)mi_get(raw, &k->l.rq_state);

	if (state == k->l.MQ_RQ_IN_FLIGHT.value)
		return MI_RQ_DRIVER;
	if (state == k->l.MQ_RQ_COMPLETE.value)
		return MI_RQ_COMPLETING;
	if (!in_a_list(k, addr, raw))
		return MI_RQ_SUBMITTED;
	return d->elevator ? MI_RQ_SCHEDULER : MI_RQ_SOFTWARE;
}

/* The number of the hardware queue that a request was made for. */
static int64_t hctx_number(struct mi_kernel *k, const void *raw)
{
	uint64_t num;

	return !mi_read_member(k->t, mi_get(raw, &k->l.rq_hctx), &k->l.hctx_num, &num) &&
			       num < HCTX_MAX
		       ? (int64_t)num
		       : -1;
}

/* What requests of all kinds have. */
static void decode(struct gather *g, const void *raw, struct mi_rq *rq)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t part;

	rq->tag = (int32_t)mi_get(raw, &l->rq_tag);
	rq->flags = mi_get(raw, &l->rq_flags);
	rq->sector = mi_get(raw, &l->rq_sector);
	rq->bytes = mi_get(raw, &l->rq_len);
	rq->bio = mi_get(raw, &l->rq_bio);
	if (mi_has(&l->rq_part)) {
		part = mi_get(raw, &l->rq_part);
		rq->part_known = part && mi_part_number(g->k, part, &rq->part);
	}
}

static void decode_mq(struct gather *g, const void *raw, struct mi_rq *rq)
{
	const struct mi_layout *l = &g->k->l;

	decode(g, raw, rq);
	rq->sched_tag = (int32_t)mi_get(raw, &l->rq_internal_tag);
	/* Up to 4.18 of another clock. */
	if (mi_has(&l->rq_start_ns) && !g->k->nonlinear)
		rq->start_ns = mi_get(raw, &l->rq_start_ns);
	if (mi_has(&l->rq_io_start_ns) && !g->k->nonlinear)
		rq->issue_ns = mi_get(raw, &l->rq_io_start_ns);
	rq->hctx = hctx_number(g->k, raw);
}

/*
 * Is there a request at @addr which is pending? @which: the member that must hold
 * @tag; NULL: no matter. @listed: in a list, so it may lack a bio.
 */
static struct mi_rq *consider(struct gather *g, uint64_t addr, const struct mi_member *which,
			      uint32_t tag, bool listed)
{
	const struct mi_layout *l = &g->k->l;
	unsigned char raw[1024];
	struct mi_rq rq = {.addr = addr}, *old;
	const struct mi_disk *d;
	size_t slot;
	enum mi_read r;

	if (!addr || g->stop)
		return NULL;
	old = g->n ? find(g, addr, &slot) : NULL;
	if (old)
		return old;
	r = mi_read_virt(g->k->t, addr, raw, l->size_request);
	if (r) {
		/* A stale pointer may lead anywhere; what a list holds must be there. */
		if (listed)
			unread(g, "request", addr, r);
		return NULL;
	}
	if (which && (uint32_t)mi_get(raw, which) != tag)
		return NULL;
	d = disk_of(g, mi_get(raw, &l->rq_q), &rq.disk);
	if (!d || !mi_get(raw, &l->rq_hctx) || (int32_t)mi_get(raw, &l->rq_ref) <= 0)
		return NULL;
	if (!listed && !mi_get(raw, &l->rq_bio) &&
	    (int32_t)mi_get(raw, &l->rq_state) == l->MQ_RQ_IDLE.value)
		return NULL;
	rq.state = state_of(g->k, d, addr, raw);
	decode_mq(g, raw, &rq);
	return keep(g, &rq);
}

/* ---- tags ---- */

/* What holds for one struct blk_mq_tags. */
struct tags {
	uint64_t addr, nr, reserved, rqs, static_rqs;
	bool sched;
};

static void visit_tag(struct gather *g, const struct tags *t, uint64_t tag)
{
	const struct mi_layout *l = &g->k->l;
	const struct mi_member *which = t->sched ? &l->rq_internal_tag : &l->rq_tag;
	uint64_t rq = 0, own = 0, word = mi_word_size(g->k->t);
	enum mi_read r;

	if (tag >= t->nr || !look(g, t->addr))
		return;
	r = mi_read_ulong(g->k->t, t->static_rqs + word * tag, &own);
	if (r)
		unread(g, "requests of tags", t->static_rqs, r);
	consider(g, own, which, (uint32_t)tag, false);
	if (t->sched || !t->rqs)
		return;
	/* With a scheduler, and for a flush, another request has the tag for a while. */
	r = mi_read_ulong(g->k->t, t->rqs + word * tag, &rq);
	if (r)
		unread(g, "requests by tag", t->rqs, r);
	if (rq != own)
		consider(g, rq, which, (uint32_t)tag, false);
}

static void visit_word(struct gather *g, const struct tags *t, uint64_t bits, uint64_t first)
{
	for (; bits && !g->stop; bits &= bits - 1)
		visit_tag(g, t, first + (uint64_t)__builtin_ctzll(bits));
}

/* The sbitmap at @sb: bit 0 is tag @first; @expected: 0 if it is not in use. */
static void visit_bitmap(struct gather *g, const struct tags *t, uint64_t sb, uint64_t first,
			 uint64_t expected)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t depth, shift, nr, map, i, bits;
	unsigned char word[512];
	enum mi_read r;

	r = mi_read_member(g->k->t, sb, &l->sb_depth, &depth);
	if (!r)
		r = mi_read_member(g->k->t, sb, &l->sb_shift, &shift);
	if (!r)
		r = mi_read_member(g->k->t, sb, &l->sb_map_nr, &nr);
	if (!r)
		r = mi_read_member(g->k->t, sb, &l->sb_map, &map);
	if (r) {
		unread(g, "bitmap of tags", sb, r);
		return;
	}
	if (!depth || !expected)
		return;
	if (depth > TAGS_MAX || shift > 6 || (shift > 5 && mi_word_size(g->k->t) == 4) ||
	    nr != (depth + (1ULL << shift) - 1) >> shift) {
		mi_problem_bad(&g->k->problems, "bitmap of tags", sb, "has an impossible size",
			       "requests are missing");
		return;
	}
	for (i = 0; i < nr && look(g, sb); i++) {
		r = mi_read_virt(g->k->t, map + i * l->size_sbitmap_word, word,
				 l->size_sbitmap_word);
		if (r) {
			unread(g, "bitmap of tags", map, r);
			return;
		}
		bits = mi_get(word, &l->sbw_word);
		if (mi_has(&l->sbw_cleared))
			bits &= ~mi_get(word, &l->sbw_cleared);
		if (shift < 6)
			bits &= (1ULL << (1U << shift)) - 1;
		visit_word(g, t, bits, first + (i << shift));
	}
}

/* A member that is a struct sbitmap_queue or points to one. */
static void visit_queue_bitmap(struct gather *g, const struct tags *t, const struct mi_member *m,
			       uint64_t first, uint64_t expected)
{
	uint64_t at = t->addr + (uint64_t)m->off;
	enum mi_read r;

	if (m->cls == MI_TYPE_POINTER) {
		r = mi_read_ulong(g->k->t, at, &at);
		if (r) {
			unread(g, "blk_mq_tags", t->addr, r);
			return;
		}
	}
	visit_bitmap(g, t, at + (uint64_t)g->k->l.sbq_sb.off, first, expected);
}

static void visit_tags(struct gather *g, uint64_t addr, bool sched)
{
	const struct mi_layout *l = &g->k->l;
	struct tags t = {.addr = addr, .sched = sched};
	bool fresh = false;
	enum mi_read r;

	if (!addr || g->stop)
		return;
	if (!set_add(&g->tags, addr, &fresh)) {
		g->no_memory = g->stop = true;
		return;
	}
	if (!fresh)
		return;
	r = mi_read_member(g->k->t, addr, &l->tags_nr, &t.nr);
	if (!r)
		r = mi_read_member(g->k->t, addr, &l->tags_nr_reserved, &t.reserved);
	if (!r)
		r = mi_read_member(g->k->t, addr, &l->tags_rqs, &t.rqs);
	if (!r)
		r = mi_read_member(g->k->t, addr, &l->tags_static_rqs, &t.static_rqs);
	if (r) {
		unread(g, "blk_mq_tags", addr, r);
		return;
	}
	if (t.nr > TAGS_MAX || t.reserved > t.nr) {
		mi_problem_bad(&g->k->problems, "blk_mq_tags", addr, "has too many tags",
			       "requests are missing");
		return;
	}
	visit_queue_bitmap(g, &t, &l->tags_bitmap, t.reserved, t.nr - t.reserved);
	visit_queue_bitmap(g, &t, &l->tags_reserved, 0, t.reserved);
}

/* ---- lists ---- */

static void visit_list(struct gather *g, uint64_t head, const struct mi_member *link,
		       enum mi_rq_state state)
{
	struct mi_list li;
	struct mi_rq *rq;
	uint64_t node;

	mi_list_start(&li, g->k, head, "list of requests");
	while (look(g, head) && mi_list_next(&li, &node)) {
		rq = consider(g, node - (uint64_t)link->off, NULL, 0, true);
		if (rq && rq->state < MI_RQ_DRIVER)
			rq->state = state;
	}
}

static void visit_flush(struct gather *g, uint64_t fq)
{
	const struct mi_layout *l = &g->k->l;
	const struct mi_member *link = &l->rq_queuelist;
	uint64_t rq, i;
	enum mi_read r;

	if (!fq)
		return;
	if (mi_has(&l->rq_flush_list))
		link = &l->rq_flush_list;
	for (i = 0; i < l->fq_queue.count && i < 2; i++)
		visit_list(g, fq + (uint64_t)l->fq_queue.off + i * l->fq_queue.size, link,
			   MI_RQ_FLUSH);
	r = mi_read_member(g->k->t, fq, &l->fq_request, &rq);
	if (r)
		unread(g, "blk_flush_queue", fq, r);
	else
		consider(g, rq, NULL, 0, false);
}

/* ---- queues ---- */

static void visit_hctx(struct gather *g, const struct mi_disk *d, uint64_t hctx, bool lists)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t queue, tags, sched, fq;
	enum mi_read r;

	r = mi_read_member(g->k->t, hctx, &l->hctx_queue, &queue);
	if (!r)
		r = mi_read_member(g->k->t, hctx, &l->hctx_tags, &tags);
	if (!r)
		r = mi_read_member(g->k->t, hctx, &l->hctx_sched_tags, &sched);
	if (!r)
		r = mi_read_member(g->k->t, hctx, &l->hctx_fq, &fq);
	if (r) {
		unread(g, "hardware queue", hctx, r);
		return;
	}
	if (queue != d->queue) {
		mi_problem_bad(&g->k->problems, "hardware queue", hctx, "belongs to another queue",
			       "requests are missing");
		return;
	}
	if (lists) {
		visit_list(g, hctx + (uint64_t)l->hctx_dispatch.off, &l->rq_queuelist,
			   MI_RQ_DISPATCH);
		visit_flush(g, fq);
	} else {
		visit_tags(g, tags, false);
		visit_tags(g, sched, true);
	}
}

static void visit_queue(struct gather *g, const struct mi_disk *d, bool lists)
{
	const struct mi_layout *l = &g->k->l;
	uint32_t i;

	if (d->n_hctx > HCTX_MAX) {
		mi_problem_bad(&g->k->problems, "request_queue", d->queue,
			       "has too many hardware queues", "requests are missing");
		return;
	}
	for (i = 0; i < d->n_hctx && !g->stop; i++) {
		uint64_t hctx = 0;
		enum mi_read r = mi_hctx_at(g->k, d, i, &hctx);

		if (r)
			unread(g, "hardware queues", d->queue, r);
		else if (!hctx)
			mi_problem_bad(&g->k->problems, "hardware queue", d->queue, "is not there",
				       "requests are missing");
		else
			visit_hctx(g, d, hctx, lists);
	}
	if (!lists)
		return;
	visit_list(g, d->queue + (uint64_t)l->queue_requeue.off, &l->rq_queuelist, MI_RQ_REQUEUED);
	if (mi_has(&l->queue_flush_list))
		visit_list(g, d->queue + (uint64_t)l->queue_flush_list.off, &l->rq_queuelist,
			   MI_RQ_FLUSH);
}

/* ---- single queues ---- */

struct single {
	struct gather *g;
	const struct mi_disk *d; /* NULL: of whichever disk */
};

/* A request of a single queue; it must say that it is of that queue, and in use. */
static bool take_single(void *arg, uint64_t addr, enum mi_rq_state state)
{
	struct single *s = arg;
	struct gather *g = s->g;
	const struct mi_layout *l = &g->k->l;
	struct mi_rq rq = {.addr = addr, .state = state, .sched_tag = -1, .hctx = -1};
	const struct mi_disk *d;
	unsigned char raw[1024];
	size_t slot;
	enum mi_read r;

	if (!addr || g->stop || !look(g, addr))
		return false;
	if (g->n && find(g, addr, &slot))
		return true;
	r = mi_read_virt(g->k->t, addr, raw, l->size_request);
	if (r) {
		unread(g, "request", addr, r);
		return false;
	}
	d = disk_of(g, mi_get(raw, &l->rq_q), &rq.disk);
	if (!d || (s->d && d != s->d) ||
	    (mi_has(&l->rq_ref_count) && (int32_t)mi_get(raw, &l->rq_ref_count) <= 0))
		return false;
	decode(g, raw, &rq);
	if (mi_has(&l->rq_start_time))
		rq.start_ns = mi_single_start(g->k, mi_get(raw, &l->rq_start_time));
	return keep(g, &rq) != NULL;
}

static void visit_single(struct gather *g, const struct mi_disk *d)
{
	struct single s = {g, d};

	mi_single_queue(g->k, d, take_single, &s);
}

/* ---- plugs ---- */

/* A request that a plug has in store: a tag was taken for it, and it has nothing to do yet. */
static void visit_stored(struct gather *g, struct mi_plugged *p)
{
	const struct mi_layout *l = &g->k->l;
	unsigned char raw[1024];
	enum mi_read r = mi_read_virt(g->k->t, p->rq, raw, l->size_request);

	if (r) {
		unread(g, "request", p->rq, r);
		return;
	}
	if ((int32_t)mi_get(raw, &l->rq_ref) <= 0 || mi_get(raw, &l->rq_bio) ||
	    !disk_of(g, mi_get(raw, &l->rq_q), &p->disk))
		return;
	p->tag = (int32_t)mi_get(raw, &l->rq_tag);
	p->sched_tag = (int32_t)mi_get(raw, &l->rq_internal_tag);
	p->hctx = hctx_number(g->k, raw);
}

static void visit_plugs(struct gather *g, struct mi_plugged *plugged, size_t n)
{
	struct single any = {g, NULL};
	struct mi_rq *rq;
	size_t i, slot;

	for (i = 0; i < n && look(g, plugged[i].rq); i++) {
		if (plugged[i].single) {
			if (take_single(&any, plugged[i].rq, MI_RQ_PLUGGED))
				find(g, plugged[i].rq, &slot)->plug_pid = plugged[i].pid;
			continue;
		}
		if (plugged[i].stored) {
			visit_stored(g, &plugged[i]);
			continue;
		}
		rq = consider(g, plugged[i].rq, NULL, 0, true);
		if (!rq)
			continue;
		rq->state = MI_RQ_PLUGGED;
		rq->plug_pid = plugged[i].pid;
	}
}

static int by_address(const void *a, const void *b)
{
	const struct queue *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static bool sort_queues(struct gather *g)
{
	size_t i;

	g->queues = calloc(g->n_disks + 1, sizeof(*g->queues));
	if (!g->queues)
		return false;
	for (i = 0; i < g->n_disks; i++)
		g->queues[i] = (struct queue){g->disks[i].queue, i};
	qsort(g->queues, g->n_disks, sizeof(*g->queues), by_address);
	return true;
}

static int by_age(const void *a, const void *b)
{
	const struct mi_rq *x = a, *y = b;

	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

enum mi_status mi_requests(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			   struct mi_plugged *plugged, size_t n_plugged, struct mi_rq **ret,
			   size_t *n, struct mi_error *err)
{
	struct gather g = {.k = k, .disks = disks, .n_disks = n_disks};
	size_t i, pass;

	if (!mi_single_known(&k->l) && !mi_has(&k->l.queue_hctx_table) &&
	    !mi_has(&k->l.queue_hctx_array))
		return mi_fail(err, MI_ERR_MISSING,
			       "no block requests: struct request_queue has neither hctx_table nor "
			       "queue_hw_ctx");
	g.no_memory = !sort_queues(&g);
	/* First all tags, then the lists, which tell more of what has none or is idle. */
	for (pass = 0; pass < 2 && !g.no_memory; pass++)
		for (i = 0; i < n_disks && !g.stop; i++)
			if (disks[i].mq && mi_feature(k, MI_F_MQ, NULL))
				visit_queue(&g, &disks[i], pass);
			else if (disks[i].single && !pass)
				visit_single(&g, &disks[i]);
	if (!g.no_memory)
		visit_plugs(&g, plugged, n_plugged);
	free(g.queues);
	free(g.tags.slot);
	free(g.index);
	if (g.no_memory) {
		free(g.rq);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	if (g.n)
		qsort(g.rq, g.n, sizeof(*g.rq), by_age);
	*ret = g.rq;
	*n = g.n;
	return MI_OK;
}
