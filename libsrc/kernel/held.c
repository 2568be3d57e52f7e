// SPDX-License-Identifier: GPL-2.0-or-later
/* held.c - bios that wait before there is a request: dm, blk-throttle */
#include <stdlib.h>

#include "held.h"
#include "module_types.h"

#define HELD_MAX 262144 /* beyond, the rest is left out */
#define LOOKS_MAX 1048576
#define EFFECT "bios that are held back are missing"

struct gather {
	struct mi_kernel *k;
	size_t disk;
	const struct mi_disk *d;
	const struct mi_stacked *s;
	struct mi_rq *rq;
	size_t n, room, held;
	uint64_t looks;
	bool no_memory, stop;
};

static const struct {
	const char *word, *text;
} holders[MI_HELD_NR] = {
	[MI_HELD_DM_DELAY] = {"dm_delay", "device mapper's delay"},
	[MI_HELD_DM_SUSPENDED] = {"dm_suspended", "suspended device mapper"},
	[MI_HELD_THROTTLE] = {"throttle", "limit of a cgroup"},
};

const char *mi_held_word(enum mi_held_by by)
{
	return by < MI_HELD_NR ? holders[by].word : NULL;
}

const char *mi_held_text(enum mi_held_by by)
{
	return by < MI_HELD_NR ? holders[by].text : NULL;
}

static void unread(struct gather *g, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&g->k->problems, what, addr, r, EFFECT);
}

static bool look(struct gather *g, uint64_t at)
{
	if (++g->looks == LOOKS_MAX || g->held == HELD_MAX) {
		if (!g->stop)
			mi_problem_bad(&g->k->problems, "bio", at, "is one of too many", EFFECT);
		g->stop = true;
	}
	return !g->stop;
}

/* ---- one bio ---- */

/* The block device that it is for: by which partition, if it is one of the same disk. */
static void addressed_to(const struct gather *g, const void *raw, struct mi_rq *rq)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t disk = 0;
	char name[33] = "";

	if (mi_has(&l->bio_bdev)) {
		disk = mi_get(raw, &l->bio_bdev);
		if (!mi_bdev_name(g->k, disk, rq->bound_for, &rq->part) ||
		    mi_read_member(g->k->t, disk, &l->bdev_disk, &disk)) {
			rq->bound_for[0] = '\0';
			return;
		}
	} else if (mi_has(&l->bio_disk) && mi_has(&l->bio_partno)) {
		disk = mi_get(raw, &l->bio_disk);
		rq->part = (uint32_t)mi_get(raw, &l->bio_partno);
		if (mi_read_string(g->k->t, disk + (uint64_t)l->disk_name.off, name, sizeof(name)))
			return;
		mi_part_name(name, rq->part, rq->bound_for);
	}
	/* Before 5.12 the partition is forgotten once the sector counts from the disk's start. */
	rq->part_known = disk == g->d->addr && mi_has(&l->bio_bdev);
	if (!rq->part_known)
		rq->part = 0;
}

/* *next: the bio that follows in a list. */
static bool keep(struct gather *g, uint64_t bio, enum mi_held_by by, uint64_t *next)
{
	const struct mi_layout *l = &g->k->l;
	struct mi_rq rq = {.addr = bio, .disk = g->disk, .state = MI_RQ_HELD, .held = by};
	unsigned char raw[512];
	struct mi_rq *more;
	enum mi_read r;

	r = mi_read_virt(g->k->t, bio, raw, l->size_bio);
	if (r) {
		unread(g, "bio", bio, r);
		return false;
	}
	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		more = realloc(g->rq, g->room * sizeof(*more));
		if (!more) {
			g->no_memory = g->stop = true;
			return false;
		}
		g->rq = more;
	}
	rq.tag = rq.sched_tag = -1;
	rq.hctx = -1;
	rq.bio = bio;
	rq.sector = mi_get(raw, &l->bio_sector);
	rq.bytes = mi_get(raw, &l->bio_size);
	rq.flags = mi_get(raw, &l->bio_flags) & 0xffffffff;
	addressed_to(g, raw, &rq);
	g->rq[g->n++] = rq;
	g->held++;
	*next = mi_get(raw, &l->bio_next);
	return true;
}

static void keep_list(struct gather *g, uint64_t bio, enum mi_held_by by)
{
	/* A circle ends at the bound. */
	while (bio && look(g, bio) && keep(g, bio, by, &bio))
		;
}

/* ---- device mapper ---- */

static void visit_suspended(struct gather *g)
{
	uint64_t bio;
	enum mi_read r;

	r = mi_read_member(g->k->t, g->s->addr, &g->k->l.md_deferred, &bio);
	if (r)
		unread(g, "mapped_device", g->s->addr, r);
	else
		keep_list(g, bio, MI_HELD_DM_SUSPENDED);
}

/* Is @tio a dm_target_io of @target, whose dm_io is one of this device? */
static bool is_tio(struct gather *g, uint64_t tio, uint64_t target, uint64_t io)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t its_target, its_io, md;

	return !mi_read_member(g->k->t, tio, &l->dm_tio_target, &its_target) &&
	       its_target == target && !mi_read_member(g->k->t, tio, &l->dm_tio_io, &its_io) &&
	       (!io || its_io == io) && !mi_read_member(g->k->t, its_io, &l->dm_io_md, &md) &&
	       md == g->s->addr;
}

/*
 * What a target keeps for a bio lies before the structure that has the bio: a
 * dm_target_io, alone or in a dm_io. Both are tried, and say which it is.
 */
static uint64_t bio_behind(struct gather *g, uint64_t data, uint64_t size, uint64_t target)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t at = data + size, tio = at + (uint64_t)l->dm_io_tio.off;

	if (is_tio(g, tio, target, at))
		return tio + (uint64_t)l->dm_tio_clone.off;
	if (is_tio(g, at, target, 0))
		return at + (uint64_t)l->dm_tio_clone.off;
	return 0;
}

static void visit_delay(struct gather *g, uint64_t target, const void *raw)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t delay = mi_get(raw, &l->dm_target_private), node, info, context, bio, next;
	uint64_t size = mi_get(raw, &l->dm_target_per_io);
	struct mi_list li;

	mi_list_start(&li, g->k, delay + (uint64_t)l->delay_list.off, "list of delayed bios");
	while (look(g, delay) && mi_list_next(&li, &node)) {
		info = node - (uint64_t)l->delay_link.off;
		bio = 0;
		if (!mi_read_member(g->k->t, info, &l->delay_context, &context) && context == delay)
			bio = bio_behind(g, info, size, target);
		if (bio)
			keep(g, bio, MI_HELD_DM_DELAY, &next);
		else
			mi_problem_bad(&g->k->problems, "dm_delay_info", info, "has no bio",
				       EFFECT);
	}
}

static void visit_target(void *arg, uint64_t addr, const void *raw, const char *type)
{
	struct gather *g = arg;

	if (strcmp(type, "delay"))
		return;
	mi_module_types(g->k, "dm_delay");
	if (mi_feature(g->k, MI_F_DM_DELAY, NULL))
		visit_delay(g, addr, raw);
}

/* ---- limits of cgroups ---- */

static void visit_bios(struct gather *g, uint64_t qnode, const struct mi_member *head)
{
	uint64_t bio;
	enum mi_read r;

	r = mi_read_member(g->k->t, qnode, head, &bio);
	if (r)
		unread(g, "throtl_qnode", qnode, r);
	else
		keep_list(g, bio, MI_HELD_THROTTLE);
}

/* Reads and writes have a list each, of which every entry has bios of one group. */
static void visit_service_queue(struct gather *g, uint64_t sq)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t head, node, qnode, i;
	struct mi_list li;

	for (i = 0; i < l->tq_queued.count && i < 2; i++) {
		head = sq + (uint64_t)l->tq_queued.off + i * l->tq_queued.size;
		mi_list_start(&li, g->k, head, "list of throttled bios");
		while (look(g, head) && mi_list_next(&li, &node)) {
			qnode = node - (uint64_t)l->qnode_node.off;
			visit_bios(g, qnode, &l->qnode_bios);
			if (mi_has(&l->qnode_bios_iops))
				visit_bios(g, qnode, &l->qnode_bios_iops);
		}
	}
}

/* The group's state at one disk. */
static void visit_group(struct gather *g, uint64_t blkg, uint64_t policy, uint64_t td)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t pd, tg, its_td;
	enum mi_read r;

	r = mi_read_ulong(g->k->t, blkg + (uint64_t)l->blkg_pd.off + mi_word_size(g->k->t) * policy,
			  &pd);
	if (r) {
		unread(g, "blkcg_gq", blkg, r);
		return;
	}
	/* No limit has ever been set there. */
	if (!pd)
		return;
	tg = pd - (uint64_t)l->tg_pd.off;
	r = mi_read_member(g->k->t, tg, &l->tg_td, &its_td);
	if (r)
		unread(g, "throtl_grp", tg, r);
	else if (its_td != td)
		mi_problem_bad(&g->k->problems, "throtl_grp", tg, "belongs to another disk",
			       EFFECT);
	else
		visit_service_queue(g, tg + (uint64_t)l->tg_queue.off);
}

static void visit_throttle(struct gather *g, uint64_t policy)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t td, node;
	struct mi_list li;
	enum mi_read r;

	r = mi_read_member(g->k->t, g->d->queue, &l->queue_td, &td);
	if (r)
		unread(g, "request_queue", g->d->queue, r);
	if (r || !td)
		return;
	mi_list_start(&li, g->k, g->d->queue + (uint64_t)l->queue_blkgs.off,
		      "list of a disk's cgroups");
	while (look(g, td) && mi_list_next(&li, &node))
		visit_group(g, node - (uint64_t)l->blkg_node.off, policy, td);
	/* What the groups have let go, and waits for its turn. */
	visit_service_queue(g, td + (uint64_t)l->td_queue.off);
}

/* The number of the throttling policy. False: this kernel has none, or it is not to be had. */
static bool throttling(struct mi_kernel *k, uint64_t *policy)
{
	const struct mi_layout *l = &k->l;
	enum mi_read r;

	if (!l->sym_blkcg_policy_throtl && !mi_has(&l->queue_td)) {
		k->l.off[MI_F_THROTTLE] = false;
		return false;
	}
	if (!l->sym_blkcg_policy_throtl && !l->off[MI_F_THROTTLE]) {
		k->l.off[MI_F_THROTTLE] = true;
		memcpy(k->l.why[MI_F_THROTTLE], "no symbol blkcg_policy_throtl", 30);
	}
	if (!mi_feature(k, MI_F_THROTTLE, NULL))
		return false;
	r = mi_read_member(k->t, l->sym_blkcg_policy_throtl, &l->blkcg_policy_id, policy);
	if (!r && *policy < l->blkg_pd.count)
		return true;
	if (r)
		mi_problem_read(&k->problems, "blkcg_policy_throtl", l->sym_blkcg_policy_throtl, r,
				EFFECT);
	else
		mi_problem_bad(&k->problems, "blkcg_policy_throtl", l->sym_blkcg_policy_throtl,
			       "has an impossible number", EFFECT);
	return false;
}

/* ---- all ---- */

enum mi_status mi_held_bios(struct mi_kernel *k, const struct mi_disk *disks,
			    const struct mi_stacked *stacked, size_t n_disks, struct mi_rq **list,
			    size_t *n, struct mi_error *err)
{
	struct gather g = {.k = k, .rq = *list, .n = *n, .room = *n};
	uint64_t policy = 0;
	bool throttle;

	if (!mi_feature(k, MI_F_HELD, NULL))
		return MI_OK;
	throttle = throttling(k, &policy);
	for (; g.disk < n_disks && !g.stop; g.disk++) {
		g.d = &disks[g.disk];
		g.s = &stacked[g.disk];
		if (g.s->kind == MI_STACK_DM && g.s->known) {
			visit_suspended(&g);
			mi_dm_targets(k, g.s, visit_target, &g);
		}
		if (throttle)
			visit_throttle(&g, policy);
	}
	*list = g.rq;
	*n = g.n;
	return g.no_memory ? mi_fail(err, MI_ERR_NOMEM, "out of memory") : MI_OK;
}
