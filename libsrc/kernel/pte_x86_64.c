// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_x86_64.c - what one page table entry of x86-64 says
 *
 * Bits: arch/x86/include/asm/pgtable_types.h. None of this is in type
 * information; the forms of non-present entries are told apart by the L1TF
 * mitigation's symbol (mi_kernel_open()).
 */
#include "pagetable.h"

#define PRESENT (1ULL << 0)
#define RW (1ULL << 1)
#define ACCESSED (1ULL << 5)
#define DIRTY (1ULL << 6)
#define PSE (1ULL << 7)
#define PROTNONE (1ULL << 8) /* with PRESENT clear; else the global bit */
#define SPECIAL (1ULL << 9)
#define UFFD_WP (1ULL << 10)	 /* 5.7 and later */
#define SOFT_DIRTY (1ULL << 11)	 /* 3.11 and later */
#define SAVED_DIRTY (1ULL << 58) /* shadow stacks, 6.6 and later */
#define NX (1ULL << 63)

/* Non-present, form D: since the L1TF fixes of August 2018. */
#define SWP_SOFT_DIRTY (1ULL << 1)
#define SWP_UFFD_WP (1ULL << 2)
#define SWP_EXCLUSIVE (1ULL << 3) /* 5.19 and later */
#define SWP_TYPE_SHIFT 59
#define SWP_OFFSET_SHIFT 9

static void decode_mapping(const struct mi_kernel *k, uint64_t entry, unsigned int level,
			   uint64_t index, struct mi_pte *pte)
{
	uint64_t addr = entry;

	if (!(entry & PRESENT) && k->swap.inverted)
		addr = ~entry;
	addr &= k->pa_mask;
	if (level > 1) {
		/* Bit 12 is PAT here. */
		addr &= ~((1ULL << (MI_PAGE_SHIFT + 9 * (level - 1))) - 1);
		pte->bits |= MI_PTE_HUGE;
	}
	pte->pfn = (addr >> MI_PAGE_SHIFT) + index;
	if (entry & ACCESSED)
		pte->bits |= MI_PTE_YOUNG;
	/* In older kernels bit 58 is "device map", which only DAX pages have. */
	if (entry & DIRTY || (entry & SAVED_DIRTY && !(entry & RW)))
		pte->bits |= MI_PTE_DIRTY;
	if (entry & RW)
		pte->bits |= MI_PTE_WRITE;
	if (entry & SOFT_DIRTY)
		pte->bits |= MI_PTE_SOFT_DIRTY;
	if (entry & UFFD_WP)
		pte->bits |= MI_PTE_UFFD_WP;
	if (entry & SPECIAL)
		pte->bits |= MI_PTE_SPECIAL;
	if (!(entry & NX))
		pte->bits |= MI_PTE_EXEC;
}

static bool in_kind(unsigned int type, unsigned int first, unsigned int n)
{
	return type >= first && type < first + n;
}

/*
 * Types of migration entries: read, since 5.19 read of an exclusive page, and
 * write. Since 6.1 (0d206b5d2e0d) young and dirty lie above the frame.
 */
static void migration_bits(const struct mi_kernel *k, struct mi_pte *pte)
{
	unsigned int which = pte->swap_type - k->swap.migration;
	uint64_t above = pte->swap_offset >> k->pfn_swap_bits;

	if (which + 1 == k->swap.n_migration)
		pte->bits |= MI_PTE_WRITE;
	else if (which)
		pte->bits |= MI_PTE_EXCLUSIVE;
	pte->bits |= above & 1 ? MI_PTE_YOUNG : 0;
	pte->bits |= above & 2 ? MI_PTE_DIRTY : 0;
}

static void special_kind(const struct mi_kernel *k, struct mi_pte *pte)
{
	const struct mi_swap_types *s = &k->swap;
	unsigned int type = pte->swap_type;
	bool has_pfn = true;

	if (in_kind(type, s->hwpoison, s->n_hwpoison)) {
		pte->kind = MI_PTE_HWPOISON;
	} else if (in_kind(type, s->migration, s->n_migration)) {
		pte->kind = MI_PTE_MIGRATION;
		migration_bits(k, pte);
	} else if (in_kind(type, s->device, s->n_device)) {
		pte->kind = MI_PTE_DEVICE;
	} else {
		has_pfn = false;
		if (in_kind(type, s->marker, s->n_marker)) {
			pte->kind = MI_PTE_MARKER;
			if (pte->swap_offset & MI_MARKER_UFFD_WP)
				pte->bits |= MI_PTE_UFFD_WP;
		} else if (in_kind(type, s->error, s->n_error)) {
			pte->kind = MI_PTE_SWAP_ERROR;
		} else {
			pte->kind = MI_PTE_UNKNOWN;
		}
	}
	if (has_pfn)
		pte->pfn = pte->swap_offset & ((1ULL << k->pfn_swap_bits) - 1);
}

static void decode_swap(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			struct mi_pte *pte)
{
	if (!k->swap.inverted || !k->swap.nr_files) {
		pte->kind = MI_PTE_UNKNOWN;
		return;
	}
	pte->swap_type = (unsigned int)(entry >> SWP_TYPE_SHIFT);
	pte->swap_offset = ~entry << 5 >> (5 + SWP_OFFSET_SHIFT);
	if (entry & SWP_SOFT_DIRTY)
		pte->bits |= MI_PTE_SOFT_DIRTY;
	if (entry & SWP_UFFD_WP)
		pte->bits |= MI_PTE_UFFD_WP;
	if (entry & SWP_EXCLUSIVE)
		pte->bits |= MI_PTE_EXCLUSIVE;
	if (pte->level > 1)
		pte->bits |= MI_PTE_HUGE;
	if (pte->swap_type < k->swap.nr_files)
		pte->kind = MI_PTE_SWAP;
	else if (!k->swap.known)
		pte->kind = MI_PTE_UNKNOWN;
	else
		special_kind(k, pte);
	if (pte->kind == MI_PTE_SWAP)
		pte->swap_offset += index;
	else
		pte->pfn += index;
}

void mi_pte_decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->level = level;
	if (!entry)
		return;
	if (entry & PRESENT)
		ret->kind = MI_PTE_PRESENT;
	else if (entry & PROTNONE)
		ret->kind = MI_PTE_PROT_NONE;
	else if (level > 1 && entry & PSE)
		/* A split in progress clears PRESENT for a moment (pmd_mkinvalid()). */
		ret->kind = MI_PTE_PRESENT;
	if (ret->kind)
		decode_mapping(k, entry, level, index, ret);
	else
		decode_swap(k, entry, index, ret);
}
