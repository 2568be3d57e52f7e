/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PAGECACHE_H
#define MI_KERNEL_PAGECACHE_H

#include "kernel.h"

/*
 * The page cache of one address_space: walks its tree, an xarray (4.20 and later) or a
 * radix tree.
 */

enum mi_slot_kind {
	MI_SLOT_FOLIO,	    /* a page or a folio: pfn is its head */
	MI_SLOT_SHADOW,	    /* evicted; value remembers when (mm/workingset.c) */
	MI_SLOT_SWAP,	    /* shmem: the page is in a swap area */
	MI_SLOT_DAX,	    /* DAX: value holds a frame of device memory */
	MI_SLOT_UNREADABLE, /* this part of the tree is not to be had */
};

#define MI_MARK_DIRTY 1
#define MI_MARK_WRITEBACK 2
#define MI_MARK_TOWRITE 4
#define MI_MARK_UNKNOWN 8 /* the tree's root holds the entry itself */

/* One entry of the tree: pages [index, index + n) of the file. */
struct mi_slot {
	uint64_t index, n;
	enum mi_slot_kind kind;
	uint64_t page;		/* FOLIO: address of struct page of the head */
	uint64_t pfn;		/* FOLIO: of the page at index */
	uint64_t value;		/* SHADOW, SWAP, DAX: payload */
	unsigned int swap_type; /* SWAP */
	uint64_t swap_offset;	/* SWAP: of the page at index */
	unsigned int marks;
	enum mi_read why; /* UNREADABLE */
};

#define MI_XA_DEPTH 11 /* 64-bit indices, 6 bits a level */
#define MI_XA_SLOTS 64 /* XA_CHUNK_SIZE without CONFIG_BASE_SMALL */

/*
 * False with the reason: this kernel's tree is of no form known here, or its types do not
 * tell all of it.
 */
bool mi_cache_form(const struct mi_layout *l, enum mi_cache_form *form, const char **why);

/* The path to the current node is kept, so each node is read once in a forward walk. */
struct mi_cache_walk {
	struct mi_kernel *k;
	uint64_t mapping, tree, head;
	uint64_t shmem; /* see shmem_old.h */
	enum mi_slot_kind value_kind;
	enum mi_read why;
	int depth; /* of path[], -1: nothing loaded */
	struct mi_cache_node {
		uint64_t addr, base; /* base: index of its first slot */
		unsigned int shift;
		bool has_marks;
		uint64_t slots[MI_XA_SLOTS];
		uint64_t marks[3]; /* a bit for each slot: dirty, writeback, to be written */
	} path[MI_XA_DEPTH];
};

/*
 * Start on the tree of @mapping. @is_dax: value entries are DAX's. Large: keep
 * it on the heap. MI_ERR_MISSING if the feature is off, MI_ERR_READ if the
 * mapping itself is not to be had: @w->why says why.
 */
enum mi_status mi_cache_start(struct mi_cache_walk *w, struct mi_kernel *k, uint64_t mapping,
			      bool is_dax, struct mi_error *err);

/*
 * The first entry that covers @index or lies behind it, not beyond @last; it
 * may begin before @index. False if there is none.
 */
bool mi_cache_next(struct mi_cache_walk *w, uint64_t index, uint64_t last, struct mi_slot *ret);

/*
 * Of how many pages from @index on mi_cache_next() would find that they are the single ones of
 * @pfns[], in this order, with @marks. It looks no further than the node at hand, and need not find
 * any.
 */
size_t mi_cache_singles(const struct mi_cache_walk *w, uint64_t index, const uint64_t *pfns,
			size_t n, unsigned int marks);

#endif
