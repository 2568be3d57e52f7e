/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PAGE_H
#define MI_KERNEL_PAGE_H

#include "kernel.h"

/*
 * struct page and struct folio.
 *
 * Flags are given in bits of our own, so that nothing above depends on the
 * kernel's numbers, which change with nearly every release.
 */
enum mi_page_flag {
	MI_PG_LOCKED,
	MI_PG_ERROR,
	MI_PG_REFERENCED,
	MI_PG_UPTODATE,
	MI_PG_DIRTY,
	MI_PG_LRU,
	MI_PG_ACTIVE,
	MI_PG_WORKINGSET,
	MI_PG_SLAB,
	MI_PG_RESERVED,
	MI_PG_PRIVATE,
	MI_PG_PRIVATE_2,
	MI_PG_WRITEBACK,
	MI_PG_RECLAIM,	 /* PG_reclaim with PG_writeback set */
	MI_PG_READAHEAD, /* the same bit without: the readahead marker */
	MI_PG_SWAPBACKED,
	MI_PG_SWAPCACHE,
	MI_PG_UNEVICTABLE,
	MI_PG_MLOCKED,
	MI_PG_HWPOISON,
	MI_PG_IDLE,
	MI_PG_YOUNG,
	MI_PG_OWNER_PRIV_1,
	MI_PG_MAPPEDTODISK,
	MI_PG_NR,
};

const char *mi_page_flag_name(enum mi_page_flag flag);

enum mi_page_owner {
	MI_OWNER_NONE, /* mapping is NULL: free, truncated, or kernel memory */
	MI_OWNER_FILE, /* mapping points to an address_space */
	MI_OWNER_ANON,
	MI_OWNER_KSM,
	MI_OWNER_MOVABLE, /* a driver's page that can be moved */
};

struct mi_page {
	enum mi_read why;   /* MI_READ_OK, or why struct page is not to be had */
	uint64_t pfn;	    /* of the page asked for */
	uint64_t head_pfn;  /* of its folio; == pfn for a single page */
	unsigned int order; /* of the folio: 1 << order pages */
	uint32_t flags;	    /* bits 1 << MI_PG_*, of the folio */
	enum mi_page_owner owner;
	uint64_t mapping;	   /* address_space or anon_vma, tag bits removed */
	uint64_t index;		   /* page offset in the mapping, of this page: head's + distance */
	int64_t refcount;	   /* of the folio */
	int64_t mapcount;	   /* page table entries that map this page; huge ones count */
	bool anon_exclusive;	   /* of this very page */
	bool folio_anon_exclusive; /* of the head: what counts where a huge entry maps it */
	bool hugetlb;
};

/*
 * Fill @out[i] for @pfns[i]. Cheapest in ascending order of frames: a run of
 * struct pages in one 4 KiB page of the vmemmap is looked up once. Without MI_F_PAGE the why of
 * each is not MI_READ_OK.
 */
void mi_pages_load(struct mi_kernel *k, const uint64_t *pfns, size_t n, struct mi_page *out);

/*
 * Of how many of @n pages, one after the other from the first on, mi_pages_load() would tell what
 * it tells of the first, but for frames and index: single pages of one state, or pages of one
 * folio. At least 1, which is no promise that the first can be read; fewer where that is cheaper.
 */
size_t mi_pages_alike(struct mi_kernel *k, const uint64_t *pfns, size_t n);

/* Whether this kernel's pages of hugetlb can be told from others at all. */
bool mi_hugetlb_known(const struct mi_kernel *k);

/* Whether this kernel tells of how many pages a folio is. */
bool mi_orders_known(const struct mi_kernel *k);

/* Frame of the struct page at @addr; false if it does not lie in the vmemmap. */
bool mi_page_to_pfn(const struct mi_kernel *k, uint64_t addr, uint64_t *pfn);
uint64_t mi_pfn_to_page(const struct mi_kernel *k, uint64_t pfn);

#endif
