// SPDX-License-Identifier: GPL-2.0-or-later
/* mapped.c - the processes that map the pages of requests */
#include <stdlib.h>
#include <string.h>

#include "../kernel/rmap.h"
#include "../kernel/addrmap.h"
#include "pending.h"

#define NODES_MAX (2U << 20) /* of all trees together */
#define TREES_MAX 65536
#define PIDS_MAX (4U << 20)   /* kept of all sets; counts go on */
#define WORK_MAX (1ULL << 32) /* VMAs looked at again for other pages: seconds */

/* Where an mm is a process's, its VMA: pages first..last of the tree's. */
struct span {
	uint64_t first, last;
	size_t mm; /* of owners[] */
};

/*
 * All VMAs of a file or of an anon_vma. Pages between two cuts are mapped by the same
 * ones: most requests of a file lie so, and share their answer.
 */
struct tree {
	bool known;
	struct span *spans; /* by first */
	size_t n, room;
	uint64_t *cuts; /* ascending */
	size_t n_cuts;
	size_t lo, hi, set; /* the answer of the last run; MI_NO_INDEX: none */
};

/* The processes of an mm: mostly one. */
struct owners {
	size_t first, n; /* of pids[] */
	uint64_t asked;	 /* number of the last run that it maps */
};

struct mapper {
	struct mi_pending *p;
	struct mi_error *err;
	struct mi_addrmap mm_at, tree_at;
	struct owners *owners;
	size_t n_owners;
	int32_t *pids;
	struct tree *trees;
	size_t n_trees;
	uint64_t nodes_left, work_left;
	uint64_t runs; /* numbers them */
	int32_t *found;
	size_t n_found, room;
	struct tree *into; /* that is being filled */
};

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

static bool room_for(void **list, size_t n, size_t more, size_t *room, size_t size)
{
	size_t want = *room ? *room : 16;
	void *bigger;

	while (want < n + more)
		want *= 2;
	if (want == *room)
		return true;
	bigger = realloc(*list, want * size);
	if (!bigger)
		return false;
	*list = bigger;
	*room = want;
	return true;
}

/* ---- from an mm to its processes ---- */

static int by_mm(const void *a, const void *b)
{
	const struct mi_task *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static bool take_owners(struct mapper *m, const struct mi_task *tasks, size_t n)
{
	size_t i, n_pids = 0;

	m->pids = calloc(n + 1, sizeof(*m->pids));
	m->owners = calloc(n + 1, sizeof(*m->owners));
	if (!m->pids || !m->owners)
		return false;
	for (i = 0; i < n; i++) {
		bool next = !i || tasks[i].mm != tasks[i - 1].mm;

		if (!next && tasks[i].tgid == tasks[i - 1].tgid)
			continue;
		if (next) {
			if (!mi_addrmap_put(&m->mm_at, tasks[i].mm, m->n_owners))
				return false;
			m->owners[m->n_owners++] = (struct owners){.first = n_pids};
		}
		m->pids[n_pids++] = tasks[i].tgid;
		m->owners[m->n_owners - 1].n++;
	}
	return true;
}

static enum mi_status load_owners(struct mapper *m)
{
	struct mi_task *tasks = NULL;
	enum mi_status st;
	bool good;
	size_t n;

	st = mi_task_users(m->p->k, 0, &tasks, &n, m->err);
	if (st)
		return st;
	if (n)
		qsort(tasks, n, sizeof(*tasks), by_mm);
	good = take_owners(m, tasks, n);
	free(tasks);
	return good ? MI_OK : no_memory(m->err);
}

/* ---- the VMAs of a file, or of an anon_vma ---- */

static bool take_span(void *arg, const struct mi_rmap_vma *v)
{
	struct mapper *m = arg;
	struct tree *t = m->into;
	size_t mm;

	/* No process has it, or not any more. */
	if (!mi_addrmap_get(&m->mm_at, v->mm, &mm))
		return true;
	if (!room_for((void **)&t->spans, t->n, 1, &t->room, sizeof(*t->spans)))
		return false;
	t->spans[t->n++] = (struct span){.first = v->first, .last = v->last, .mm = mm};
	return true;
}

static int by_first(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->last < y->last ? -1 : x->last > y->last;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where spans begin, and where what follows them does. */
static bool cut(struct tree *t)
{
	size_t i, n = 0;

	if (!t->n)
		return true;
	qsort(t->spans, t->n, sizeof(*t->spans), by_first);
	t->cuts = calloc(t->n, 2 * sizeof(*t->cuts));
	if (!t->cuts)
		return false;
	for (i = 0; i < t->n; i++) {
		t->cuts[n++] = t->spans[i].first;
		if (t->spans[i].last != UINT64_MAX)
			t->cuts[n++] = t->spans[i].last + 1;
	}
	qsort(t->cuts, n, sizeof(*t->cuts), by_number);
	for (i = 0; i < n; i++)
		if (!i || t->cuts[i] != t->cuts[i - 1])
			t->cuts[t->n_cuts++] = t->cuts[i];
	return true;
}

static enum mi_status load_tree(struct mapper *m, uint64_t addr, bool anon, struct tree *t)
{
	struct mi_kernel *k = m->p->k;
	enum mi_status st;

	*t = (struct tree){.set = MI_NO_INDEX};
	m->into = t;
	if (anon)
		st = mi_rmap_anon(k, addr, &m->nodes_left, take_span, m, m->err);
	else
		st = mi_rmap_file(k, addr, &m->nodes_left, take_span, m, m->err);
	t->known = !st;
	if (st == MI_ERR_MISSING || st == MI_ERR_READ)
		st = MI_OK;
	if (!st && !cut(t))
		st = no_memory(m->err);
	return st;
}

/* *ret is MI_NO_INDEX if there are too many of them. */
static enum mi_status tree_of(struct mapper *m, uint64_t addr, bool anon, size_t *ret)
{
	uint64_t key = addr | anon; /* aligned, so that a liar's address can be both */

	*ret = MI_NO_INDEX;
	if (!addr || mi_addrmap_get(&m->tree_at, key, ret))
		return MI_OK;
	if (m->n_trees == TREES_MAX) {
		mi_problem_bad(&m->p->k->problems, anon ? "anon_vma" : "address_space", addr,
			       "is one of more than can be held",
			       "processes that map a page are missing");
		return MI_OK;
	}
	if (!mi_addrmap_put(&m->tree_at, key, m->n_trees))
		return no_memory(m->err);
	*ret = m->n_trees++;
	return load_tree(m, addr, anon, &m->trees[*ret]);
}

/* ---- the answer for a run of pages ---- */

/* Pages of one tree, by the number of cuts that are not above them. */
struct piece {
	struct tree *tree;
	size_t lo, hi;
	uint64_t first, last;
};

/* What was met of a run so far: nearly always pieces that are all alike. */
struct run {
	struct piece alike;
	bool any, several, unknown;
};

static size_t cuts_below(const struct tree *t, uint64_t page)
{
	size_t lo = 0, hi = t->n_cuts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->cuts[mid] <= page)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool add_owners(struct mapper *m, struct owners *o)
{
	if (o->asked == m->runs)
		return true;
	o->asked = m->runs;
	if (!room_for((void **)&m->found, m->n_found, o->n, &m->room, sizeof(*m->found)))
		return false;
	memcpy(m->found + m->n_found, m->pids + o->first, o->n * sizeof(*m->found));
	m->n_found += o->n;
	return true;
}

static bool gather(struct mapper *m, struct run *run, const struct piece *piece)
{
	const struct tree *t = piece->tree;
	size_t i;

	for (i = 0; i < t->n && t->spans[i].first <= piece->last; i++) {
		if (!m->work_left) {
			mi_problem_bad(&m->p->k->problems, "pages of requests", piece->first,
				       "are mapped more often than can be looked at",
				       "processes that map a page are missing");
			run->unknown = true;
			return true;
		}
		m->work_left--;
		if (t->spans[i].last >= piece->first && !add_owners(m, &m->owners[t->spans[i].mm]))
			return false;
	}
	return true;
}

static enum mi_status add_piece(struct mapper *m, struct run *run, size_t tree, uint64_t first,
				uint64_t n)
{
	struct piece piece = {.first = first, .last = first + n - 1};

	if (tree == MI_NO_INDEX || !m->trees[tree].known || piece.last < first) {
		run->unknown = true;
		return MI_OK;
	}
	piece.tree = &m->trees[tree];
	piece.lo = cuts_below(piece.tree, piece.first);
	piece.hi = cuts_below(piece.tree, piece.last);
	if (run->any && piece.tree == run->alike.tree && piece.lo == run->alike.lo &&
	    piece.hi == run->alike.hi)
		return MI_OK;
	if (run->any && !run->several && !gather(m, run, &run->alike))
		return no_memory(m->err);
	run->several = run->any;
	run->any = true;
	run->alike = piece;
	return run->several && !gather(m, run, &piece) ? no_memory(m->err) : MI_OK;
}

/* Anonymous pages lie in a row in memory, and anywhere in that of their processes. */
static enum mi_status add_anon(struct mapper *m, struct run *run, const struct mi_rq_pages *r)
{
	enum mi_status st = MI_OK;
	struct mi_page pg;
	uint64_t pfn;
	size_t tree;

	for (pfn = r->pfn; pfn - r->pfn < r->n && !st && !run->unknown; pfn++) {
		mi_pages_load(m->p->k, &pfn, 1, &pg);
		if (pg.why || pg.owner != MI_OWNER_ANON || pg.mapcount <= 0) {
			run->unknown = true;
			break;
		}
		st = tree_of(m, pg.mapping, true, &tree);
		if (!st)
			st = add_piece(m, run, tree, pg.index, 1);
	}
	return st;
}

static int by_pid(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The PIDs found become a set. */
static size_t make_set(struct mapper *m)
{
	struct mi_mapped *all = &m->p->mapped;
	struct mi_mappers set = {.first = all->n_pids};
	size_t i;

	if (m->n_found)
		qsort(m->found, m->n_found, sizeof(*m->found), by_pid);
	for (i = 0; i < m->n_found; i++) {
		if (i && m->found[i] == m->found[i - 1])
			continue;
		set.count++;
		if (set.n == MI_MAPPERS_SHOWN || all->n_pids == PIDS_MAX)
			continue;
		all->pids[all->n_pids++] = m->found[i];
		set.n++;
	}
	all->sets[all->n_sets] = set;
	return all->n_sets++;
}

static bool room_for_set(struct mapper *m, size_t *sets, size_t *pids)
{
	struct mi_mapped *all = &m->p->mapped;

	return room_for((void **)&all->sets, all->n_sets, 1, sets, sizeof(*all->sets)) &&
	       room_for((void **)&all->pids, all->n_pids, MI_MAPPERS_SHOWN, pids,
			sizeof(*all->pids));
}

static enum mi_status settle(struct mapper *m, struct run *run, size_t *ret)
{
	struct tree *t = run->alike.tree;

	if (run->unknown || !run->any)
		return MI_OK;
	if (run->several) {
		*ret = make_set(m);
		return MI_OK;
	}
	if (t->set == MI_NO_INDEX || t->lo != run->alike.lo || t->hi != run->alike.hi) {
		if (!gather(m, run, &run->alike))
			return no_memory(m->err);
		if (run->unknown)
			return MI_OK;
		t->lo = run->alike.lo;
		t->hi = run->alike.hi;
		t->set = make_set(m);
	}
	*ret = t->set;
	return MI_OK;
}

static enum mi_status add_file(struct mapper *m, struct run *run, const struct mi_rq_pages *r)
{
	enum mi_status st;
	size_t tree;

	if (r->file == MI_NO_INDEX)
		return MI_OK;
	st = tree_of(m, m->p->files[r->file].file.mapping, false, &tree);
	return st ? st : add_piece(m, run, tree, r->index, r->n);
}

static enum mi_status ask_all(struct mapper *m, struct mi_rq_pages *list, size_t n, size_t *sets,
			      size_t *pids)
{
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; i < n && !st; i++) {
		struct mi_rq_pages *r = &list[i];
		struct run run = {.any = false};

		m->runs++;
		m->n_found = 0;
		if (!room_for_set(m, sets, pids))
			return no_memory(m->err);
		if (mi_target_interrupted(m->p->k->t))
			return mi_fail(m->err, MI_ERR_INTERRUPTED, "interrupted");
		if (!r->why && r->n && r->owner == MI_OWNER_FILE)
			st = add_file(m, &run, r);
		else if (!r->why && r->owner == MI_OWNER_ANON)
			st = add_anon(m, &run, r);
		if (!st)
			st = settle(m, &run, &r->mapped_by);
	}
	return st;
}

static void free_mapper(struct mapper *m)
{
	size_t i;

	for (i = 0; i < m->n_trees; i++) {
		free(m->trees[i].spans);
		free(m->trees[i].cuts);
	}
	free(m->trees);
	free(m->owners);
	free(m->pids);
	free(m->found);
	mi_addrmap_free(&m->mm_at);
	mi_addrmap_free(&m->tree_at);
}

enum mi_status mi_mapped_by_load(struct mi_pending *p, struct mi_error *err)
{
	struct mapper m = {.p = p, .err = err, .nodes_left = NODES_MAX, .work_left = WORK_MAX};
	size_t sets = 0, pids = 0;
	enum mi_status st;

	if (!mi_feature(p->k, MI_F_RMAP, NULL))
		return MI_OK;
	m.trees = calloc(TREES_MAX, sizeof(*m.trees));
	st = m.trees ? load_owners(&m) : no_memory(err);
	if (!st)
		st = ask_all(&m, p->pages, p->n_pages, &sets, &pids);
	if (!st)
		st = ask_all(&m, p->fs.pages, p->fs.n_pages, &sets, &pids);
	free_mapper(&m);
	return st;
}

void mi_mapped_free(struct mi_mapped *m)
{
	free(m->sets);
	free(m->pids);
}
