// SPDX-License-Identifier: GPL-2.0-or-later
/* pages.c - merges page states into runs */
#include "join.h"

struct merger {
	mi_run_fn fn;
	void *arg;
	bool each;
	bool gaps; /* with each: stretches of which nothing is known stay whole */
	bool open; /* run is valid */
	struct mi_run run;
	struct mi_shadow_reader shadows;
};

static bool same_page(const struct mi_page *a, const struct mi_page *b)
{
	return a->why == b->why && a->order == b->order && a->flags == b->flags &&
	       a->owner == b->owner && a->mapping == b->mapping && a->refcount == b->refcount &&
	       a->mapcount == b->mapcount && a->anon_exclusive == b->anon_exclusive &&
	       a->hugetlb == b->hugetlb;
}

static bool same_pte(const struct mi_run *a, const struct mi_run *b)
{
	return a->pte == b->pte && a->pte_bits == b->pte_bits && a->level == b->level &&
	       a->swap_type == b->swap_type && a->pte_why == b->pte_why &&
	       a->has_pfn == b->has_pfn && a->has_page == b->has_page &&
	       (a->pte != MI_PTE_MARKER || a->swap_offset == b->swap_offset) &&
	       (!a->has_page || same_page(&a->page, &b->page));
}

static bool same_slot(const struct mi_run *a, const struct mi_run *b)
{
	return a->cached == b->cached && a->slot_swap_type == b->slot_swap_type &&
	       a->marks == b->marks && a->slot_why == b->slot_why &&
	       a->has_slot_page == b->has_slot_page &&
	       (!a->has_slot_page || same_page(&a->slot_page, &b->slot_page));
}

static bool same_state(const struct mi_run *a, const struct mi_run *b)
{
	return a->relation == b->relation && a->beyond_eof == b->beyond_eof &&
	       a->nonlinear == b->nonlinear && same_pte(a, b) && same_slot(a, b);
}

/* What a run says of its pages' frames or places, single pages have. */
static bool has(const struct mi_run *run, unsigned int flag)
{
	return run->n == 1 || run->flags & flag;
}

/* Does number @next of the first page of @c, behind the run, continue @first? */
static unsigned int keeps(const struct mi_run *run, const struct mi_run *c, unsigned int flag,
			  uint64_t first, uint64_t next)
{
	return has(run, flag) && has(c, flag) && next == first + run->n ? flag : 0;
}

static void extend(struct mi_run *run, const struct mi_run *c)
{
	unsigned int flags;

	flags = keeps(run, c, MI_RUN_PFN_CONSECUTIVE, run->pfn, c->pfn) |
		keeps(run, c, MI_RUN_SLOT_PFN_CONSECUTIVE, run->slot_pfn, c->slot_pfn) |
		keeps(run, c, MI_RUN_SWAP_CONSECUTIVE, run->swap_offset, c->swap_offset) |
		keeps(run, c, MI_RUN_SLOT_SWAP_CONSECUTIVE, run->slot_swap_offset,
		      c->slot_swap_offset);
	if (has(run, MI_RUN_PFN_SAME) && has(c, MI_RUN_PFN_SAME) && c->has_pfn &&
	    c->pfn == run->pfn)
		flags |= MI_RUN_PFN_SAME;
	run->flags = flags;
	run->n += c->n;
}

/* Only the runs that are handed up need it. */
static bool hand_up(struct merger *m, struct mi_run *run)
{
	if (run->cached == MI_CACHED_SHADOW)
		mi_shadow_decode(&m->shadows, run->slot_value, &run->shadow);
	return m->fn(m->arg, run);
}

static bool flush(struct merger *m)
{
	bool go_on = !m->open || hand_up(m, &m->run);

	m->open = false;
	return go_on;
}

static bool each_page(struct merger *m, const struct mi_run *c)
{
	struct mi_run one = *c;
	uint64_t i;

	one.n = 1;
	for (i = 0; i < c->n; i++) {
		if (!hand_up(m, &one))
			return false;
		one.va += one.va ? MI_PAGE_SIZE : 0;
		one.pgoff++;
	}
	return true;
}

static bool take_cells(void *arg, const struct mi_run *cells, size_t n)
{
	struct merger *m = arg;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct mi_run *c = &cells[i];

		if (m->each && !(m->gaps && c->n > 1)) {
			if (!each_page(m, c))
				return false;
			continue;
		}
		if (m->open && same_state(&m->run, c) && c->pgoff == m->run.pgoff + m->run.n) {
			extend(&m->run, c);
			continue;
		}
		if (!flush(m))
			return false;
		m->run = *c;
		m->open = true;
	}
	return true;
}

/* Walk mapping @m or, if that is NULL, file @f. */
static enum mi_status walk(struct mi_process *p, const struct mi_mapping *m,
			   const struct mi_mapped_file *f, struct merger *mg, struct mi_error *err)
{
	struct mi_join *j;
	enum mi_status st;

	st = mi_join_new(p->k, &j, err);
	if (st)
		return st;
	mi_shadow_start(&mg->shadows, p->k);
	if (!mg->each)
		st = mi_join_take_stretches(j, err);
	if (!st && m)
		st = mi_join_mapping(j, &p->mm, m, f ? &f->file : NULL, take_cells, mg, err);
	else if (!st)
		st = mi_join_file(j, &f->file, 0, take_cells, mg, err);
	mi_join_free(j);
	if (!st)
		flush(mg);
	return st;
}

static const struct mi_mapped_file *file_of(const struct mi_process *p, const struct mi_mapping *m)
{
	return m->file < p->n_files ? &p->files[m->file] : NULL;
}

enum mi_status mi_mapping_pages(struct mi_process *p, const struct mi_mapping *m, bool each,
				mi_run_fn fn, void *arg, struct mi_error *err)
{
	struct merger mg = {.fn = fn, .arg = arg, .each = each};

	return walk(p, m, file_of(p, m), &mg, err);
}

enum mi_status mi_mapping_known_pages(struct mi_process *p, const struct mi_mapping *m,
				      mi_run_fn fn, void *arg, struct mi_error *err)
{
	struct merger mg = {.fn = fn, .arg = arg, .each = true, .gaps = true};

	return walk(p, m, file_of(p, m), &mg, err);
}

enum mi_status mi_file_pages(struct mi_process *p, const struct mi_mapped_file *f, bool each,
			     mi_run_fn fn, void *arg, struct mi_error *err)
{
	/* A sparse file may have a million billion pages. */
	struct merger mg = {.fn = fn, .arg = arg, .each = each, .gaps = true};

	return walk(p, NULL, f, &mg, err);
}
