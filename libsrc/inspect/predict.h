/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_PREDICT_H
#define MI_INSPECT_PREDICT_H

#include "../kernel/fault_rules.h"
#include "../kernel/ra_window.h"
#include "inspect.h"

/*
 * What the next read and the next write of each page of a mapping would do: one touch of that
 * page alone, by user mode, with everything as it is in the dump. And what it costs to touch
 * all of the mapping, page after page.
 *
 * Nothing is guessed: where the dump does not tell, the answer is MI_NEXT_UNKNOWN and why.
 */
enum mi_next_what {
	MI_NEXT_NONE,	     /* no fault */
	MI_NEXT_ACCESS,	     /* mapped; the kernel notes the use, not the CPU (arm, arm64) */
	MI_NEXT_MINOR,	     /* mapped from the page cache */
	MI_NEXT_WAIT,	     /* as MINOR, once somebody else's work on the page is done */
	MI_NEXT_MAJOR,	     /* read from the device */
	MI_NEXT_ZERO,	     /* the zero page is mapped */
	MI_NEXT_NEW,	     /* a fresh page */
	MI_NEXT_COW,	     /* a private copy; of a page that is read first if it has a window */
	MI_NEXT_REUSE,	     /* an anonymous page is made writable where it is */
	MI_NEXT_MKWRITE,     /* a shared page is made writable; it may be read first, too */
	MI_NEXT_SWAP,	     /* read from a swap area */
	MI_NEXT_SWAP_CACHED, /* the same, but it is still in memory */
	MI_NEXT_NUMA,	     /* a NUMA hint */
	MI_NEXT_HUGETLB,
	MI_NEXT_USERFAULTFD, /* another task is asked */
	MI_NEXT_SIGBUS,
	MI_NEXT_SIGSEGV,
	MI_NEXT_UNKNOWN,
	MI_NEXT_KINDS,
};

/* "minor", "cow" ...: stable. */
const char *mi_next_word(enum mi_next_what what);

struct mi_prediction {
	enum mi_next_what what;
	const char *rule; /* what led to it: a word, stable */
	const char *why;  /* UNKNOWN: in words */

	/* What the kernel adds to min_flt and maj_flt of the thread. */
	bool counted; /* else it is not known, or a signal comes */
	unsigned int minor, major;

	bool has_window; /* what is read because the page is not there */
	enum mi_miss_kind kind;
	const char *kind_why; /* of NONE */
	uint64_t start, pages, async, read;

	bool has_async; /* what is read because the page has the marker */
	uint64_t async_start, async_pages;

	/*
	 * Addresses between which the fault maps @mapped pages that are not mapped yet: by
	 * fault-around, or one huge page. @block, if not 0: they are a whole block of so many
	 * pages, aligned to as many.
	 */
	uint64_t mapped_start, mapped_end, mapped, block;
	/* Anonymous memory, hugetlbfs, or ACCESS; not known: there may be more than one page */
	enum mi_known huge;
};

/*
 * Pages in a row for which the same holds. Where a prediction has a block, each page's touch
 * maps the block that the page is in; mapped_start and mapped_end are then of all together.
 */
struct mi_next_run {
	uint64_t va, pgoff, n;
	struct mi_prediction read, write;
	/* Windows are those of the first page; each following page's begins one page further. */
	bool each;
};

/* Of touching all pages in ascending order. */
struct mi_next_totals {
	uint64_t minor, major;	    /* faults */
	uint64_t bytes_read, reads; /* from devices; of files and swap areas */
	uint64_t sigbus, sigsegv;   /* pages */
	uint64_t none;
	uint64_t unknown; /* pages; then the others are what is sure */
};

struct mi_next_costs {
	struct mi_next_totals read, write;
};

typedef bool (*mi_next_fn)(void *arg, const struct mi_next_run *run);

/*
 * Hand up the runs of mapping @m, which is one of p->maps, in address order. After
 * mi_process_count(): f_ra must have been read.
 */
enum mi_status mi_next_runs(struct mi_process *p, const struct mi_mapping *m, mi_next_fn fn,
			    void *arg, struct mi_error *err);

enum mi_status mi_next_count(struct mi_process *p, const struct mi_mapping *m,
			     struct mi_next_costs *ret, struct mi_error *err);

#endif
