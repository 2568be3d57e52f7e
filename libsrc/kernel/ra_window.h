/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_RA_WINDOW_H
#define MI_KERNEL_RA_WINDOW_H

#include "readahead.h"

/*
 * The exact pages that a page fault reads, and what it leaves behind in f_ra: the rules of
 * mm/readahead.c, as its generations have them. Nothing here reads the target: what the cache
 * has is asked of the caller, so that the same rules serve a single fault and a simulation of
 * many.
 */
struct mi_ra_look {
	/* Pages of [@from, @to) that the cache has no page for. */
	uint64_t (*count_absent)(void *arg, uint64_t from, uint64_t to);
	/* The first such page, and the first one that it has; @to if there is none. */
	uint64_t (*first_absent)(void *arg, uint64_t from, uint64_t to);
	uint64_t (*first_present)(void *arg, uint64_t from, uint64_t to);
	/*
	 * page_cache_next_miss(): as first_absent(), but begun inside a large folio it runs as
	 * many pages late as it lies behind the folio's first one.
	 */
	uint64_t (*next_miss)(void *arg, uint64_t from, uint64_t to);
	void *arg;
};

/* The generation, and what of the mapping and the file does not change by faults. */
struct mi_ra_env {
	const struct mi_layout *l;
	struct mi_ra_look look;
	uint64_t vm_flags;
	uint64_t vm_first, vm_end; /* pages of the file that the mapping shows */
	uint64_t eof;		   /* first page without a byte of the file */
	int min_order, max_order;  /* of the cache's folios; max -1: not known */
};

#define MI_RA_PARTS 2

/* One act of reading. */
struct mi_ra_read {
	enum mi_miss_kind kind; /* NONE: nothing is read ahead, the fault reads its page alone */
	const char *why;	/* as of struct mi_next_miss; UNKNOWN: not NULL */
	/* The window as decided, but not beyond the end of the file. */
	uint64_t start, pages;
	uint64_t async; /* so many before the end of the decided window the marker was wanted */
	uint64_t read;	/* of them not in the cache */
	uint64_t reads; /* stretches of these, between pages that it has: each is one read */
	/* What is then in the cache: mostly one range. Beyond the window only by a slip of it. */
	struct {
		uint64_t from, to;
		unsigned int order; /* of its folios, as far as they fit */
	} filled[MI_RA_PARTS];
	size_t n_filled;
	/* Pages that were marked: the next fault on one of them reads on. Mostly one folio. */
	struct {
		uint64_t index, pages;
	} markers[MI_RA_PARTS];
	size_t n_markers;
};

/*
 * A fault at page @index finds nothing in the cache. @ra is changed as the kernel would, but
 * for mmap_miss: mi_ra_count_miss().
 */
void mi_ra_sync(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		struct mi_ra_read *ret);

/*
 * A fault at page @index finds a page with the marker, in a folio of 1 << @order pages. False:
 * nothing is read.
 */
bool mi_ra_async(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		 unsigned int order, struct mi_ra_read *ret);

/* Does a fault on a page with the marker read on at all? */
bool mi_ra_heeds_marker(const struct mi_ra_env *env, const struct mi_readahead *ra);

/* mmap_miss as a miss leaves it. */
void mi_ra_count_miss(const struct mi_ra_env *env, struct mi_readahead *ra);

/* The orders of folios that @mapping may have: from its flags. */
void mi_ra_folio_orders(struct mi_kernel *k, uint64_t mapping, int *min, int *max);

#endif
