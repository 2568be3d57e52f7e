/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_JOIN_PRIVATE_H
#define MI_INSPECT_JOIN_PRIVATE_H

#include "join.h"

/* What join.c and join_again.c share; nobody else includes this. */

/* Where a walk of the cache is. */
struct mi_cursor {
	struct mi_cache_walk walk;
	struct mi_slot slot; /* the next entry of the cache... */
	bool valid;
	uint64_t from; /* ...at or behind this page */
};

/* Of a running kernel the cells of a whole page table are filled, and looked at again, together. */
#define MI_JOIN_BATCH_LIVE MI_PT_CHUNK

/* What a second look needs, and what it found. */
struct mi_join_look {
	const struct mi_mm *mm; /* whose page tables; NULL: of a file alone */
	bool gone;		/* the process has another mm now */
	struct mi_problems met; /* up to the last pages that were settled */
	struct mi_pt_walk pt;
	struct mi_cursor cache;
	struct mi_run cells[MI_JOIN_BATCH_LIVE]; /* n: whether it differs */
	uint64_t slot_pfn[MI_JOIN_BATCH_LIVE];	 /* of the first: see follow_heads() */
};

struct mi_join {
	struct mi_kernel *k;
	struct mi_pt_walk pt;
	struct mi_cursor cache;

	/* Of the walk going on. */
	const struct mi_mapping *map;
	const struct mi_file *file;
	bool nonlinear;	   /* see mi_vma_nonlinear() */
	bool has_cache;	   /* the cache can be walked */
	bool cache_off;	   /* there is a file, and its cache is not to be had... */
	enum mi_read why;  /* ...for this reason, if it was read in vain */
	unsigned int unit; /* the tree counts in units of 1 << unit pages */
	uint64_t eof;	   /* first page without a byte of the file; ~0: no such end */
	mi_cells_fn fn;
	void *arg;
	bool stopped;

	uint64_t zero_pfn, huge_zero_pfn; /* ~0: unknown */

	struct mi_stretch *stretch; /* NULL: each page has a cell of its own */
	struct mi_join_look *again; /* NULL: of a dump one look is enough */

	size_t batch;	      /* cells that are filled together */
	struct mi_run *cells; /* so many, and twice as many of the others */
	uint64_t *pfns;
	struct mi_page *pages;
};

/* An empty cell of @n pages, with what is known of the table @ext and of the cache as a whole. */
void mi_join_cell(struct mi_join *j, struct mi_run *c, uint64_t va, uint64_t pgoff, uint64_t n,
		  const struct mi_extent *ext);
/* The entry at or behind page @index, remembered until it is passed; false: none up to @last. */
bool mi_join_peek(struct mi_join *j, struct mi_cursor *at, uint64_t index, uint64_t last);
/* All of @n cells, at one look. */
void mi_join_fill(struct mi_join *j, const struct mi_extent *ext, uint64_t va, uint64_t pgoff,
		  size_t n);
void mi_join_hand_up(struct mi_join *j, size_t n);
/* What @n entries of @ext from @va on say, into @cells. */
void mi_join_ptes(struct mi_join *j, const struct mi_extent *ext, struct mi_run *cells, uint64_t va,
		  size_t n);
/* What the slots of @n pages from @pgoff on say. */
void mi_join_slots(struct mi_join *j, struct mi_cursor *c, struct mi_run *cells, uint64_t pgoff,
		   size_t n);
/* The struct pages that the first @n of cells[] name. */
void mi_join_pages(struct mi_join *j, size_t n);

/*
 * The same of a running kernel, where PTEs and slots must be afterwards what they were before: then
 * these pages were mapped, or cached, all the time. What never agrees is marked MI_READ_UNSTABLE.
 */
void mi_join_pages_settled(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n);

/* Parts of that: struct pages as they are now; the slots' second look, and the process's. */
void mi_join_reread(struct mi_join *j, const uint64_t *pfns, size_t n);
bool mi_join_slots_again(struct mi_join *j);
bool mi_join_same_mm(const struct mi_join *j);

/*
 * join_alike.c: of how many pages from @va on, which is in @ext, one cell was handed up; 0: none
 * was. Of a running kernel they may go on behind @ext: what its entries are is to be kept first.
 */
uint64_t mi_join_alike(struct mi_join *j, const struct mi_extent *ext, uint64_t va, uint64_t pgoff);
void mi_join_keep_entries(struct mi_join *j, struct mi_extent *ext);

#endif
