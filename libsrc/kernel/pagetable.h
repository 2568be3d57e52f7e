/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PAGETABLE_H
#define MI_KERNEL_PAGETABLE_H

#include "kernel.h"
#include "mm.h"

/*
 * User page tables: decoding single entries and walking a range. How tables are laid out
 * is the target's to say (target/arch.h), what entries say that of a struct mi_pte_ops.
 */

enum mi_pte_kind {
	MI_PTE_NONE,	  /* empty: nothing was there, or it was unmapped */
	MI_PTE_PRESENT,	  /* maps a page */
	MI_PTE_PROT_NONE, /* maps a page that no access reaches */
	MI_PTE_NUMA_HINT, /* the same entry where the mapping allows access; see
			   * mi_pte_in_vma() */
	MI_PTE_SWAP,	  /* the page is in a swap area */
	MI_PTE_MIGRATION, /* the page is being moved; pfn is valid */
	MI_PTE_HWPOISON,  /* memory failure; pfn is valid */
	MI_PTE_DEVICE,	  /* page in device memory (HMM); pfn is valid */
	MI_PTE_MARKER,	  /* no page, but a mark: see marker */
	MI_PTE_FILE, /* nonlinear (before 4.0): no page, but which page of the file belongs here */
	MI_PTE_SWAP_ERROR, /* swap-in failed: an access is SIGBUS */
	MI_PTE_UNKNOWN,	   /* a special swap type unknown to us: see swap_type */
	MI_PTE_UNREADABLE, /* its page table is not to be had: see why */
	MI_PTE_KINDS,
};

/* The entry maps a page, whether or not an access reaches it. */
static inline bool mi_pte_maps(enum mi_pte_kind kind)
{
	return kind == MI_PTE_PRESENT || kind == MI_PTE_PROT_NONE || kind == MI_PTE_NUMA_HINT;
}

#define MI_PTE_YOUNG 0x001
#define MI_PTE_DIRTY 0x002
#define MI_PTE_WRITE 0x004 /* of a migration entry, too: what it will be */
#define MI_PTE_SOFT_DIRTY 0x008
#define MI_PTE_UFFD_WP 0x010
#define MI_PTE_SPECIAL 0x020   /* no struct page behind it: zero page, device memory */
#define MI_PTE_EXCLUSIVE 0x040 /* swap, migration: anon-exclusive mark (5.19+) */
#define MI_PTE_HUGE 0x080      /* entry of a PMD or PUD: level 2 or 3 */
#define MI_PTE_EXEC 0x100

/* Values of a marker (include/linux/swapops.h, 6.1+). */
#define MI_MARKER_UFFD_WP 1
#define MI_MARKER_POISONED 2
#define MI_MARKER_GUARD 4

struct mi_pte {
	enum mi_pte_kind kind;
	unsigned int bits;  /* MI_PTE_* */
	unsigned int level; /* 1: 4 KiB, 2: 2 MiB (i386 without PAE: 4), 3: 1 GiB */
	uint64_t pfn;	    /* where kind says so; of this very 4 KiB page */
	unsigned int swap_type;
	uint64_t swap_offset; /* in pages; also the value of a marker, the page of a FILE entry */
	enum mi_read why;
};

/* Entries of one architecture: pte_NAME.c. */
struct mi_pte_ops {
	enum mi_arch arch;
	/* See mi_pte_decode(); *@ret has its level and is empty else, and so is no @entry. */
	void (*decode)(const struct mi_kernel *k, uint64_t entry, unsigned int level,
		       uint64_t index, struct mi_pte *ret);
	/* @entry, of a @level above 1, points to a table: not to a page or a swap entry. */
	bool (*is_table)(const struct mi_kernel *k, uint64_t entry, unsigned int level);
	/* Entries of 8 bytes that are not present are inverted where the kernel has the L1TF fixes.
	 */
	bool inverts;
	/* Optional: not empty, and tells by its form what swap entries are like: swapform.h. */
	bool (*is_swap)(const struct mi_kernel *k, uint64_t entry);
	/* Optional: learn from the kernel which form its entries have; NULL, or what is missing. */
	const char *(*learn)(struct mi_kernel *k);
};

extern const struct mi_pte_ops mi_pte_x86_64, mi_pte_arm64_ops, mi_pte_i386, mi_pte_arm_ops;

const struct mi_pte_ops *mi_pte_ops_of(enum mi_arch arch);

/* Decode @entry of @level; @index: which 4 KiB page of a huge entry (0 at level 1). */
void mi_pte_decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret);

/*
 * For the decoders: @pte has its level, and leads to @addr, of which a huge page has no use for
 * the lower bits (x86: bit 12 is PAT there); @index as above.
 */
static inline void mi_pte_set_frame(const struct mi_kernel *k, uint64_t addr, uint64_t index,
				    struct mi_pte *pte)
{
	if (pte->level > 1) {
		addr &= ~((1ULL << k->tables->level[pte->level].shift) - 1);
		pte->bits |= MI_PTE_HUGE;
	}
	pte->pfn = (addr >> MI_PAGE_SHIFT) + index;
}

/*
 * For the decoders: @pte has type, offset, level and bits of a swap entry. What kind it is,
 * and what that makes of the offset; @index as above.
 */
void mi_pte_of_swap(const struct mi_kernel *k, uint64_t index, struct mi_pte *pte);

/*
 * What only the mapping's flags (VM_*) can tell: an entry without access in a mapping that
 * allows some was marked by NUMA balancing; a FILE entry in one that is linear is none.
 */
void mi_pte_in_vma(struct mi_pte *pte, uint64_t vm_flags);

/*
 * A stretch of addresses of one nature. NONE: no page table at all. TABLE: up
 * to MI_PT_CHUNK level-1 entries. HUGE: one entry of a higher level, present or not.
 * UNREADABLE: the table for it could not be read.
 */
enum mi_extent_kind {
	MI_EXTENT_NONE,
	MI_EXTENT_TABLE,
	MI_EXTENT_HUGE,
	MI_EXTENT_UNREADABLE
};

struct mi_extent {
	enum mi_extent_kind kind;
	uint64_t start, end;	 /* clipped to what was asked for */
	const uint64_t *entries; /* TABLE: entry of start first; valid until the next call */
	uint64_t entry;		 /* HUGE */
	unsigned int level;	 /* HUGE: 2 or 3 */
	uint64_t base;		 /* HUGE: where the entry's range begins, at or below start */
	enum mi_read why;	 /* UNREADABLE */
};

/* Entries of a table that are read together: most tables have no more. */
#define MI_PT_CHUNK 512

/* Holds the current chunk of a table of every level, so each is read once in a forward walk. */
struct mi_pt_walk {
	struct mi_kernel *k;
	uint64_t root; /* physical */
	enum mi_read root_why;
	const struct mi_pt_shape *shape;
	uint64_t mm;
	uint64_t table[MI_PT_LEVELS + 1]; /* physical address + 1 of what tables[] holds ... */
	uint64_t base[MI_PT_LEVELS + 1];  /* ... of which addresses, in entries of its level */
	uint64_t first[MI_PT_LEVELS + 1], last[MI_PT_LEVELS + 1]; /* ... of which these were read */
	uint64_t tables[MI_PT_LEVELS + 1][MI_PT_CHUNK];
};

/*
 * MI_ERR_MISSING if page tables are off. The walk is large: keep it on the heap.
 * A table that is met at two places of a dump's mm is damaged, and not followed at the second:
 * else tables that run in circles would have no end.
 */
enum mi_status mi_pt_start(struct mi_pt_walk *w, struct mi_kernel *k, const struct mi_mm *mm,
			   struct mi_error *err);
/* The extent that begins at @va, no longer than to @end. @va < @end. */
void mi_pt_next(struct mi_pt_walk *w, uint64_t va, uint64_t end, struct mi_extent *ret);

#endif
