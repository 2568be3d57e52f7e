// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * predict_walk.c - the predictions of a whole mapping, in runs
 *
 * In a stretch of pages of which nothing is known, windows differ only near its ends: what lies
 * between is one run.
 */
#include "predict_rules.h"

struct walk {
	struct mi_predictor *pr;
	mi_next_fn fn;
	void *arg;
	bool go_on;

	/* The block. */
	uint64_t first, n;
	const struct mi_spot *spots;

	struct mi_next_run run; /* not handed up yet, if n */
};

/* ---- runs ---- */

static bool same_window(const struct mi_prediction *a, const struct mi_prediction *b,
			uint64_t distance)
{
	return a->has_window == b->has_window && a->kind == b->kind && a->kind_why == b->kind_why &&
	       a->pages == b->pages && a->async == b->async && a->read == b->read &&
	       (!a->has_window || a->start + distance == b->start);
}

static bool same_rest(const struct mi_prediction *a, const struct mi_prediction *b)
{
	return a->what == b->what && a->rule == b->rule && a->why == b->why &&
	       a->counted == b->counted && a->minor == b->minor && a->major == b->major &&
	       a->has_async == b->has_async && a->async_start == b->async_start &&
	       a->async_pages == b->async_pages && a->huge == b->huge;
}

static bool same_mapped(const struct mi_prediction *a, const struct mi_prediction *b)
{
	if (a->block || b->block)
		return a->block == b->block;
	return a->mapped_start == b->mapped_start && a->mapped_end == b->mapped_end &&
	       a->mapped == b->mapped;
}

/* The run that @b continues, as it stands if @b is added: same windows, or moving ones. */
static bool continues(const struct mi_next_run *a, const struct mi_next_run *b)
{
	uint64_t distance = a->each ? a->n : 0;

	if (a->va + a->n * MI_PAGE_SIZE != b->va || a->each != b->each)
		return false;
	if (!same_rest(&a->read, &b->read) || !same_rest(&a->write, &b->write))
		return false;
	if (!same_mapped(&a->read, &b->read) || !same_mapped(&a->write, &b->write))
		return false;
	return same_window(&a->read, &b->read, distance) &&
	       same_window(&a->write, &b->write, distance);
}

static bool has_windows(const struct mi_next_run *r)
{
	return r->read.has_window || r->write.has_window;
}

static void flush(struct walk *w)
{
	if (w->run.n && w->go_on)
		w->go_on = w->fn(w->arg, &w->run);
	w->run.n = 0;
}

static void emit(struct walk *w, struct mi_next_run *b)
{
	struct mi_next_run *a = &w->run;
	bool each = b->each;

	/* Of two single pages the second decides whether windows move. */
	if (a->n == 1 && b->n == 1 && has_windows(a)) {
		a->each = b->each = true;
		if (!continues(a, b))
			a->each = b->each = false;
	} else if (b->n == 1 && a->n) {
		b->each = a->each;
	} else if (a->n == 1 && each) {
		a->each = true;
		if (!continues(a, b))
			a->each = false;
	}
	if (a->n && continues(a, b)) {
		a->read.mapped_end = b->read.mapped_end;
		a->write.mapped_end = b->write.mapped_end;
		a->n += b->n;
		return;
	}
	flush(w);
	*a = *b;
	a->each = each;
}

/* ---- neighbours ---- */

/* The pages that a fault at spot @i maps: the first, the last, and how many. */
static void find_mapped(struct walk *w, uint64_t i, bool is_write, struct mi_prediction *r)
{
	struct mi_fault_at f = {.pr = w->pr,
				.va = w->first,
				.spots = w->spots,
				.n = w->n,
				.i = i,
				.is_write = is_write,
				.unmarks = !strcmp(r->rule, "marker")};
	uint64_t around = w->pr->rules.around_pages, k;
	struct mi_spot_set set = {{0}};

	if (!mi_predict_maps(&f, &set))
		return;
	for (k = 0; k < w->n; k++) {
		if (!mi_spot_in(&set, k))
			continue;
		if (!r->mapped++)
			r->mapped_start = w->first + k * MI_PAGE_SIZE;
		r->mapped_end = w->first + (k + 1) * MI_PAGE_SIZE;
	}
	if (r->mapped == around && r->mapped_end - r->mapped_start == around * MI_PAGE_SIZE &&
	    !(r->mapped_start / MI_PAGE_SIZE & (around - 1)))
		r->block = r->mapped;
}

static bool found_in_cache(const struct walk *w, const struct mi_spot *s,
			   const struct mi_prediction *r)
{
	bool of_cache = w->pr->handlers.fault == MI_HANDLER_CACHE ||
			w->pr->handlers.fault == MI_HANDLER_SHMEM;

	return of_cache && s->empty && r->counted && s->bits & MI_CM_UPTODATE &&
	       (r->what == MI_NEXT_MINOR || r->what == MI_NEXT_MKWRITE);
}

static void huge_page(uint64_t va, uint64_t n, struct mi_prediction *r)
{
	uint64_t size = MI_SPOTS * MI_PAGE_SIZE;

	if (r->huge != MI_YES)
		return;
	r->mapped = r->block = MI_SPOTS;
	r->mapped_start = va / size * size;
	r->mapped_end = (va + n * MI_PAGE_SIZE + size - 1) / size * size;
}

/* ---- blocks ---- */

static void one_page(struct walk *w, uint64_t i)
{
	const struct mi_spot *s = &w->spots[i];
	struct mi_next_run run = {.va = w->first + i * MI_PAGE_SIZE, .n = 1};

	run.pgoff = mi_predict_pgoff(w->pr, run.va);
	run.read = s->read;
	run.write = s->write;
	if (s->empty) {
		mi_predict_window(w->pr, run.pgoff, s->bits, &run.read);
		mi_predict_window(w->pr, run.pgoff, s->bits, &run.write);
	}
	if (found_in_cache(w, s, &run.read))
		find_mapped(w, i, false, &run.read);
	if (found_in_cache(w, s, &run.write))
		find_mapped(w, i, true, &run.write);
	huge_page(run.va, run.n, &run.read);
	huge_page(run.va, run.n, &run.write);
	emit(w, &run);
}

static bool take_block(void *arg, uint64_t va, const struct mi_spot *spots, uint64_t n)
{
	struct walk *w = arg;
	uint64_t i;

	w->first = va;
	w->spots = spots;
	w->n = n;
	for (i = 0; i < n && w->go_on; i++)
		one_page(w, i);
	return w->go_on;
}

/* ---- stretches ---- */

/* Pages from an end of a stretch of nothing within which windows may differ. */
static uint64_t reach(const struct walk *w)
{
	uint64_t ra = w->pr->ra.ra_pages;

	if (!w->pr->cache || w->pr->handlers.fault != MI_HANDLER_CACHE || w->pr->no_ra)
		return 0;
	if (w->pr->env.vm_flags & MI_VM_HUGEPAGE)
		return 4 * MI_SPOTS;
	return ra + 1;
}

/* Does the window of the page at @pgoff move along with the page? Then all between do. */
static bool moves(const struct walk *w, uint64_t pgoff, const struct mi_prediction *r)
{
	struct mi_prediction next = *r, here = *r;

	if (!r->has_window)
		return true;
	mi_predict_window(w->pr, pgoff, 0, &here);
	mi_predict_window(w->pr, pgoff + 1, 0, &next);
	return same_window(&here, &next, 1);
}

static void stretch_page(struct walk *w, uint64_t va, const struct mi_spot *s)
{
	take_block(w, va, s, 1);
}

static void middle(struct walk *w, uint64_t va, uint64_t n, const struct mi_spot *s)
{
	struct mi_next_run run = {.va = va, .pgoff = mi_predict_pgoff(w->pr, va), .n = n};

	run.read = s->read;
	run.write = s->write;
	mi_predict_window(w->pr, run.pgoff, s->bits, &run.read);
	mi_predict_window(w->pr, run.pgoff, s->bits, &run.write);
	huge_page(va, n, &run.read);
	huge_page(va, n, &run.write);
	run.each = has_windows(&run);
	emit(w, &run);
}

/* @n pages, whole page tables of them, alike and empty. */
static bool take_stretch(void *arg, uint64_t va, uint64_t n, const struct mi_spot *s)
{
	struct walk *w = arg;
	uint64_t edge = reach(w), i;
	bool bulk = n > 2 * edge + 2 &&
		    moves(w, mi_predict_pgoff(w->pr, va + edge * MI_PAGE_SIZE), &s->read) &&
		    moves(w, mi_predict_pgoff(w->pr, va + (n - edge - 2) * MI_PAGE_SIZE), &s->read);

	if (!bulk)
		edge = n;
	for (i = 0; i < edge && w->go_on; i++)
		stretch_page(w, va + i * MI_PAGE_SIZE, s);
	if (!bulk || !w->go_on)
		return w->go_on;
	middle(w, va + edge * MI_PAGE_SIZE, n - 2 * edge, s);
	for (i = n - edge; i < n && w->go_on; i++)
		stretch_page(w, va + i * MI_PAGE_SIZE, s);
	return w->go_on;
}

enum mi_status mi_next_runs(struct mi_process *p, const struct mi_mapping *m, mi_next_fn fn,
			    void *arg, struct mi_error *err)
{
	struct walk w = {.fn = fn, .arg = arg, .go_on = true};
	struct mi_spot_fns fns = {take_block, take_stretch, &w};
	enum mi_status st;

	st = mi_predictor_new(p, m, &w.pr, err);
	if (st)
		return st;
	st = mi_predict_blocks(w.pr, &fns, err);
	if (!st)
		flush(&w);
	mi_predictor_free(w.pr);
	return st;
}
