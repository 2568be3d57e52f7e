// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * predict_total.c - what it costs to touch a whole mapping, page after page
 *
 * A simulation: each fault reads its window into a copy of what the cache has, moves a copy of
 * f_ra, and maps its neighbours. What has been read is taken to be there when the next page is
 * touched. mmap_miss is kept as the least and the most that it can be, for what the kernel
 * counts there depends on details that the dump does not have; only where that would matter
 * the rest is not known.
 *
 * Over a long stretch of nothing the simulation comes back to the same state, seen from where
 * it is: from then on it goes in strides.
 */
#include <stdlib.h>

#include "predict_rules.h"

#define MISSES_MAX 1000
#define SNAPSHOTS 32

/* The state at the beginning of a page table, relative to it. */
struct snapshot {
	uint64_t at; /* the page of the file */
	int64_t start;
	uint32_t size, async_size, order, least, most;
	uint64_t ahead, marker; /* pages that are there from here on; the distance of the marker */
	struct mi_next_totals totals;
};

struct sim {
	struct mi_predictor *pr;
	bool is_write;
	struct mi_next_totals t;

	struct mi_readahead ra;
	uint32_t least, most; /* mmap_miss is between them */
	bool around_lost;     /* what is mapped beside pages is not known */
	bool lost;	      /* what is read, and what is there because of it, is not known */

	/* The page table at hand: pages that were mapped. */
	uint64_t va, n;
	const struct mi_spot *spots;
	struct mi_spot_set mapped;
};

/* ---- mmap_miss ---- */

static void miss_more(struct sim *s)
{
	struct mi_readahead ra = s->ra;

	ra.mmap_miss = s->least;
	mi_ra_count_miss(&s->pr->env, &ra);
	s->least = ra.mmap_miss;
	ra.mmap_miss = s->most;
	mi_ra_count_miss(&s->pr->env, &ra);
	s->most = ra.mmap_miss;
	/* Whether misses of code count differs among the later kernels. */
	if (s->pr->env.vm_flags & MI_VM_EXEC && s->pr->env.l->ra_mmap_miss.size == 2 &&
	    s->most < MISSES_MAX)
		s->most++;
}

static void miss_less(struct sim *s, uint64_t surely, uint64_t maybe)
{
	s->most -= surely < s->most ? (uint32_t)surely : s->most;
	s->least -= surely + maybe < s->least ? (uint32_t)(surely + maybe) : s->least;
}

/* False: it would matter, and is not known. */
static bool settle_misses(struct sim *s)
{
	bool few = s->most < MI_RA_MISSES, many = s->least >= MI_RA_MISSES;

	s->ra.mmap_miss = s->most;
	return few || many;
}

/* ---- mapping ---- */

/* Do all kernels agree that a page found by fault-around counts against the misses? */
static bool counts_surely(const struct sim *s, unsigned int bits)
{
	return s->pr->env.l->ra_mmap_miss.size != 2 && !(bits & (MI_CM_WORKINGSET | MI_CM_EVICTED));
}

/* Later kernels: the page of the fault alone, and not where no misses are counted. */
static void hit_once(struct sim *s, unsigned int bits)
{
	if (s->pr->env.vm_flags & (MI_VM_SEQ_READ | MI_VM_EXEC) || bits & MI_CM_WORKINGSET)
		return;
	miss_less(s, !(bits & MI_CM_EVICTED), bits & MI_CM_EVICTED ? 1 : 0);
}

/* Fault-around at page @i: what it finds counts against the misses. */
static void count_around(struct sim *s, uint64_t i, bool first_try)
{
	uint64_t from, to, k, surely = 0, maybe = 0, block = mi_predict_pgoff(s->pr, s->va);
	unsigned int bits;

	if (s->is_write || mi_predict_around(s->pr) != MI_YES)
		return;
	bits = mi_cachemap_get(s->pr->cache, block + i);
	if (s->pr->rules.hits_once) {
		if (first_try && mi_predict_mappable(bits))
			hit_once(s, bits);
		return;
	}
	mi_predict_around_of(s->pr, s->va, s->n, i, &from, &to);
	for (k = from; k < to && block + k < s->pr->env.eof; k++) {
		bits = mi_cachemap_get(s->pr->cache, block + k);
		if (!mi_predict_mappable(bits))
			continue;
		if (counts_surely(s, bits))
			surely++;
		else
			maybe++;
	}
	miss_less(s, surely, maybe);
}

/* A page that is found in filemap_fault() itself. */
static void count_hit(struct sim *s, unsigned int bits)
{
	if (s->pr->rules.hits_once) {
		if (!(s->pr->env.vm_flags & (MI_VM_SEQ_READ | MI_VM_EXEC)) &&
		    mi_ra_heeds_marker(&s->pr->env, &s->ra))
			miss_less(s, !(bits & MI_CM_LOCKED), 0);
	} else if (mi_ra_heeds_marker(&s->pr->env, &s->ra)) {
		miss_less(s, s->pr->env.l->ra_mmap_miss.size != 2, 1);
	}
}

/* All that the fault at page @i maps, which is in the cache now. False: cannot be told. */
static bool map_pages(struct sim *s, uint64_t i)
{
	struct mi_fault_at f = {.pr = s->pr,
				.va = s->va,
				.spots = s->spots,
				.n = s->n,
				.i = i,
				.is_write = s->is_write,
				.simulated = s->pr->handlers.fault == MI_HANDLER_CACHE};
	struct mi_spot_set set = s->mapped;

	if (!mi_predict_maps(&f, &set))
		return false;
	s->mapped = set;
	return true;
}

/* ---- reading ---- */

static void apply(struct sim *s, const struct mi_ra_read *rd)
{
	size_t i;

	if (rd->read) {
		s->t.reads += rd->reads;
		s->t.bytes_read += rd->read * MI_PAGE_SIZE;
	}
	for (i = 0; i < rd->n_filled; i++)
		mi_cachemap_fill(s->pr->cache, rd->filled[i].from, rd->filled[i].to,
				 rd->filled[i].order);
	for (i = 0; i < rd->n_markers; i++)
		mi_cachemap_mark(s->pr->cache, rd->markers[i].index, rd->markers[i].pages);
}

static bool doubtful(struct sim *s, const struct mi_ra_read *rd)
{
	return mi_cachemap_doubt(s->pr->cache) || rd->kind == MI_MISS_UNKNOWN;
}

/* Nothing is there: false if it cannot be told what then happens. */
static bool read_window(struct sim *s, uint64_t index)
{
	struct mi_ra_read rd;

	if (s->lost || s->pr->no_ra || !settle_misses(s))
		return false;
	mi_ra_sync(&s->pr->env, &s->ra, index, &rd);
	if (doubtful(s, &rd))
		return false;
	miss_more(s);
	apply(s, &rd);
	return true;
}

static bool read_on(struct sim *s, uint64_t index, unsigned int bits)
{
	struct mi_ra_read rd;
	uint64_t first, pages = mi_cachemap_folio(s->pr->cache, index, &first);
	unsigned int order = (unsigned int)__builtin_ctzll(pages);

	if (s->lost || s->pr->no_ra)
		return false;
	if (!mi_ra_heeds_marker(&s->pr->env, &s->ra))
		return true;
	if (bits & MI_CM_WRITEBACK)
		return true;
	mi_cachemap_unmark(s->pr->cache, index);
	if (!mi_ra_async(&s->pr->env, &s->ra, index, order, &rd))
		return true;
	if (doubtful(s, &rd))
		return false;
	apply(s, &rd);
	return true;
}

/* ---- a page of a file ---- */

static void count_faults(struct sim *s, const struct mi_prediction *r)
{
	s->t.minor += r->minor;
	s->t.major += r->major;
}

static void lose(struct sim *s)
{
	s->lost = true;
	s->t.unknown++;
}

/* Counted as the first touch of such a page is, in the state that the simulation has. */
static void predict_now(struct sim *s, uint64_t index, unsigned int bits, struct mi_prediction *r)
{
	struct mi_run cell = {.pgoff = index};

	mi_predict_cached(s->pr, &cell, bits, s->is_write, r);
	if (bits & MI_CM_MARKER && mi_ra_heeds_marker(&s->pr->env, &s->ra))
		mi_predict_marked(s->pr, bits, r);
}

/* What is read for a page with these bits; false: that cannot be told. */
static bool read_for(struct sim *s, uint64_t index, unsigned int bits)
{
	if (!(bits & MI_CM_PAGE))
		return read_window(s, index);
	if (bits & MI_CM_MARKER && !read_on(s, index, bits))
		return false;
	if (!(bits & MI_CM_UPTODATE)) {
		s->t.reads++;
		s->t.bytes_read += MI_PAGE_SIZE;
	}
	return true;
}

/* @i: of the block. */
static void touch_cached(struct sim *s, uint64_t i)
{
	uint64_t index = mi_predict_pgoff(s->pr, s->va) + i;
	unsigned int bits = mi_cachemap_get(s->pr->cache, index);
	struct mi_prediction r;
	bool found = s->is_write ? bits & MI_CM_PAGE : mi_predict_mappable(bits);

	predict_now(s, index, bits, &r);
	if (r.what == MI_NEXT_UNKNOWN || r.what == MI_NEXT_WAIT || !r.counted) {
		s->t.unknown++;
		return;
	}
	count_around(s, i, true);
	if (!read_for(s, index, bits)) {
		lose(s);
		return;
	}
	if (bits & MI_CM_PAGE && !(found && !s->is_write))
		count_hit(s, bits);
	if (!found)
		count_around(s, i, false);
	count_faults(s, &r);
	/* Of what is mapped beside it, more faults come, or less: how many is lost. */
	if (!map_pages(s, i))
		s->lost = s->around_lost = true;
}

/* ---- any page ---- */

static void touch_other(struct sim *s, const struct mi_prediction *r)
{
	switch (r->what) {
	case MI_NEXT_NONE:
		s->t.none++;
		return;
	case MI_NEXT_SIGBUS:
		s->t.sigbus++;
		return;
	case MI_NEXT_SIGSEGV:
		s->t.sigsegv++;
		return;
	default:
		/* What swap-in reads beside the page, and who else acts, is not known. */
		if (r->counted && r->huge != MI_NOT_KNOWN && r->what != MI_NEXT_WAIT &&
		    r->what != MI_NEXT_SWAP && r->what != MI_NEXT_SWAP_CACHED)
			count_faults(s, r);
		else
			s->t.unknown++;
		return;
	}
}

static bool of_cache(const struct sim *s, const struct mi_spot *spot, const struct mi_prediction *r)
{
	return spot->empty && s->pr->handlers.fault == MI_HANDLER_CACHE && s->pr->cache &&
	       r->what != MI_NEXT_SIGBUS && r->what != MI_NEXT_SIGSEGV &&
	       r->what != MI_NEXT_UNKNOWN;
}

/* One fault does for all that an entry maps, or will map. */
static bool does_for_all(const struct mi_spot *spot, const struct mi_prediction *r)
{
	return r->huge == MI_YES ||
	       (spot->huge &&
		(r->what == MI_NEXT_NUMA || r->what == MI_NEXT_REUSE || r->what == MI_NEXT_ACCESS));
}

/* In the place of the huge zero page may come one huge page, or single ones. */
static bool untold(const struct mi_spot *spot, const struct mi_prediction *r)
{
	return spot->huge && r->what == MI_NEXT_NEW;
}

static void touch(struct sim *s, uint64_t i)
{
	const struct mi_spot *spot = &s->spots[i];
	const struct mi_prediction *r = s->is_write ? &spot->write : &spot->read;

	if (mi_spot_in(&s->mapped, i)) {
		s->t.none++;
	} else if (of_cache(s, spot, r)) {
		if (s->around_lost)
			s->t.unknown++;
		else
			touch_cached(s, i);
	} else if (untold(spot, r)) {
		s->t.unknown++;
	} else {
		if (spot->empty && s->pr->handlers.fault == MI_HANDLER_SHMEM && r->counted)
			map_pages(s, i);
		touch_other(s, r);
		if (does_for_all(spot, r))
			memset(&s->mapped, 0xff, sizeof(s->mapped));
	}
}

static bool take_block(void *arg, uint64_t va, const struct mi_spot *spots, uint64_t n)
{
	struct sim *s = arg;
	uint64_t i;

	s->va = va;
	s->n = n;
	s->spots = spots;
	memset(&s->mapped, 0, sizeof(s->mapped));
	for (i = 0; i < n; i++)
		touch(s, i);
	return true;
}

/* ---- long stretches ---- */

static void take_snapshot(const struct sim *s, uint64_t at, struct snapshot *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->at = at;
	ret->start = (int64_t)(s->ra.start - at);
	ret->size = s->ra.size;
	ret->async_size = s->ra.async_size;
	ret->order = s->ra.order;
	ret->least = s->least;
	ret->most = s->most;
	ret->ahead = mi_cachemap_ahead(s->pr->cache, at, &ret->marker);
	ret->totals = s->t;
}

static bool same_state(const struct snapshot *a, const struct snapshot *b)
{
	return a->start == b->start && a->size == b->size && a->async_size == b->async_size &&
	       a->order == b->order && a->least == b->least && a->most == b->most &&
	       a->ahead == b->ahead && a->marker == b->marker;
}

static void stride(struct mi_next_totals *t, const struct mi_next_totals *then, uint64_t times)
{
	t->minor += (t->minor - then->minor) * times;
	t->major += (t->major - then->major) * times;
	t->bytes_read += (t->bytes_read - then->bytes_read) * times;
	t->reads += (t->reads - then->reads) * times;
	t->none += (t->none - then->none) * times;
	t->unknown += (t->unknown - then->unknown) * times;
}

/*
 * How many pages can be passed over at page @at, with @left to go: as often as the way since the
 * same state fits, but for the end, where windows meet what lies behind.
 */
static uint64_t skip(struct sim *s, const struct snapshot *list, size_t n, uint64_t at,
		     uint64_t left)
{
	uint64_t margin = 4 * (uint64_t)s->ra.ra_pages + 8 * MI_SPOTS, period, times;
	struct snapshot now;

	take_snapshot(s, at, &now);
	if (left <= margin)
		return 0;
	while (n--) {
		if (!same_state(&list[n], &now))
			continue;
		period = at - list[n].at;
		times = (left - margin) / period;
		stride(&s->t, &list[n].totals, times);
		s->ra.start += times * period;
		mi_cachemap_shift(s->pr->cache, times * period);
		return times * period;
	}
	return 0;
}

static void all_alike(struct sim *s, uint64_t n, const struct mi_spot *spot)
{
	const struct mi_prediction *r = s->is_write ? &spot->write : &spot->read;
	struct mi_next_totals then = s->t;

	if (does_for_all(spot, r)) {
		s->t.none += n - n / MI_SPOTS;
		n /= MI_SPOTS;
		then = s->t;
	}
	touch_other(s, r);
	stride(&s->t, &then, n - 1);
	/* Not of reads, of which there are none. */
	s->t.sigbus = then.sigbus + (s->t.sigbus - then.sigbus) * n;
	s->t.sigsegv = then.sigsegv + (s->t.sigsegv - then.sigsegv) * n;
}

static bool take_stretch(void *arg, uint64_t va, uint64_t n, const struct mi_spot *spot)
{
	struct sim *s = arg;
	struct snapshot list[SNAPSHOTS];
	struct mi_spot spots[MI_SPOTS];
	uint64_t left = n, passed, at;
	size_t kept = 0, i;
	bool passed_over = false;

	if (!of_cache(s, spot, s->is_write ? &spot->write : &spot->read)) {
		all_alike(s, n, spot);
		return true;
	}
	for (i = 0; i < MI_SPOTS; i++)
		spots[i] = *spot;
	while (left) {
		at = mi_predict_pgoff(s->pr, va);
		passed = passed_over ? 0 : skip(s, list, kept, at, left);
		if (passed) {
			passed_over = true;
		} else {
			if (kept == SNAPSHOTS)
				memmove(list, list + 1, --kept * sizeof(*list));
			take_snapshot(s, at, &list[kept++]);
			take_block(s, va, spots, MI_SPOTS);
			passed = MI_SPOTS;
		}
		va += passed * MI_PAGE_SIZE;
		left -= passed;
	}
	return true;
}

/* ---- the mapping ---- */

static enum mi_status simulate(struct mi_predictor *pr, bool is_write, struct mi_next_totals *ret,
			       struct mi_error *err)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct mi_spot_fns fns = {take_block, take_stretch, s};
	enum mi_status st;

	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	s->pr = pr;
	s->is_write = is_write;
	s->ra = pr->ra;
	s->least = s->most = pr->ra.mmap_miss;
	if (pr->cache)
		mi_cachemap_reset(pr->cache);
	st = mi_predict_blocks(pr, &fns, err);
	if (!st)
		*ret = s->t;
	free(s);
	return st;
}

enum mi_status mi_next_count(struct mi_process *p, const struct mi_mapping *m,
			     struct mi_next_costs *ret, struct mi_error *err)
{
	struct mi_predictor *pr;
	enum mi_status st = mi_predictor_new(p, m, &pr, err);

	if (st)
		return st;
	memset(ret, 0, sizeof(*ret));
	st = simulate(pr, false, &ret->read, err);
	if (!st)
		st = simulate(pr, true, &ret->write, err);
	mi_predictor_free(pr);
	return st;
}
