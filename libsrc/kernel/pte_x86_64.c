// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_x86_64.c - what one page table entry of x86-64 says
 *
 * Bits: arch/x86/include/asm/pgtable_types.h. None of this is in type
 * information; the forms of non-present entries are told apart by the L1TF
 * mitigation's symbol (mi_kernel_open()), those before it by what they say
 * (swapform.h).
 */
#include "pte_x86.h"
#include "swapform.h"

#define UFFD_WP (1ULL << 10)	 /* 5.7 and later */
#define SOFT_DIRTY (1ULL << 11)	 /* 3.11 and later */
#define SAVED_DIRTY (1ULL << 58) /* shadow stacks, 6.6 and later */
#define MASK_46 ((1ULL << 46) - 1)

/* Non-present, form D: since the L1TF fixes of August 2018. */
#define SWP_SOFT_DIRTY (1ULL << 1)
#define SWP_UFFD_WP (1ULL << 2)
#define SWP_EXCLUSIVE (1ULL << 3) /* 5.19 and later */
#define SWP_TYPE_SHIFT 59
#define SWP_OFFSET_SHIFT 9

/*
 * Nonlinear file entries, before 4.0: a flag and the page of the file. RHEL 7, which has
 * the L1TF fixes, moved the flag and inverted the number.
 */
#define FILE_FLAG (1ULL << 6)
#define FILE_FLAG_L1TF (1ULL << 4)
#define FILE_PAGE 0x00003ffffffff000ULL /* bits 45:12 */
#define OLD_SWP_SOFT_DIRTY (1ULL << 7)	/* 3.11, and RHEL 7 */
#define FAR_SWP_SOFT_DIRTY (1ULL << 1)

static void decode_mapping(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			   struct mi_pte *pte)
{
	uint64_t addr = entry;

	if (!(entry & PRESENT) && k->swap.inverted)
		addr = ~entry;
	addr &= k->pa_mask;
	/* Kernels of 46 bits of addresses (up to 4.18, RHEL 7) inverted those alone. */
	if (addr != (entry & k->pa_mask) && !(entry & k->pa_mask & ~MASK_46))
		addr &= MASK_46;
	mi_pte_set_frame(k, addr, index, pte);
	if (entry & ACCESSED)
		pte->bits |= MI_PTE_YOUNG;
	/* In older kernels bit 58 is "device map", which only DAX pages have. */
	if (entry & DIRTY || (entry & SAVED_DIRTY && !(entry & RW)))
		pte->bits |= MI_PTE_DIRTY;
	if (entry & RW)
		pte->bits |= MI_PTE_WRITE;
	if (entry & SOFT_DIRTY)
		pte->bits |= MI_PTE_SOFT_DIRTY;
	if (entry & UFFD_WP && !k->nonlinear)
		pte->bits |= MI_PTE_UFFD_WP;
	/* Without either, the bit is NUMA balancing's (3.16). */
	if (entry & SPECIAL && (pte->level > 1 || entry & (PRESENT | PROTNONE)))
		pte->bits |= MI_PTE_SPECIAL;
	if (!(entry & NX))
		pte->bits |= MI_PTE_EXEC;
}

/* Type, offset and what else stands in a swap entry. False: nobody knows the form. */
static bool split_swap(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	enum mi_swap_form form;
	uint64_t soft_dirty;

	if (!k->swap.nr_files)
		return false;
	if (!k->swap.inverted) {
		if (!mi_swap_form(k, &form))
			return false;
		mi_swap_decode(form, entry, &pte->swap_type, &pte->swap_offset);
		soft_dirty = form == MI_SWAP_FAR ? FAR_SWP_SOFT_DIRTY : OLD_SWP_SOFT_DIRTY;
		pte->bits |= entry & soft_dirty ? MI_PTE_SOFT_DIRTY : 0;
		return true;
	}
	pte->swap_type = (unsigned int)(entry >> SWP_TYPE_SHIFT);
	pte->swap_offset = ~entry << 5 >> (5 + SWP_OFFSET_SHIFT);
	if (entry & (k->nonlinear ? OLD_SWP_SOFT_DIRTY : SWP_SOFT_DIRTY))
		pte->bits |= MI_PTE_SOFT_DIRTY;
	if (entry & SWP_UFFD_WP)
		pte->bits |= MI_PTE_UFFD_WP;
	if (entry & SWP_EXCLUSIVE)
		pte->bits |= MI_PTE_EXCLUSIVE;
	return true;
}

static bool is_file(const struct mi_kernel *k, uint64_t entry, unsigned int level)
{
	return k->nonlinear && level == 1 &&
	       entry & (k->swap.inverted ? FILE_FLAG_L1TF : FILE_FLAG);
}

static void decode_file(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	pte->kind = MI_PTE_FILE;
	pte->swap_offset = ((k->swap.inverted ? ~entry : entry) & FILE_PAGE) >> MI_PAGE_SHIFT;
	if (entry & SOFT_DIRTY)
		pte->bits |= MI_PTE_SOFT_DIRTY;
}

/* Marked by NUMA balancing where that has a bit of its own: the page is there. */
static bool is_numa(const struct mi_kernel *k, uint64_t entry)
{
	enum mi_swap_form form;

	return !k->swap.inverted && mi_swap_form(k, &form) && mi_swap_is_numa(form, entry);
}

static void decode_swap(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			struct mi_pte *pte)
{
	if (!split_swap(k, entry, pte)) {
		pte->kind = MI_PTE_UNKNOWN;
		return;
	}
	mi_pte_of_swap(k, index, pte);
}

static void decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	ret->kind = mi_x86_maps(entry, level);
	if (!ret->kind && is_numa(k, entry))
		ret->kind = MI_PTE_NUMA_HINT;
	if (ret->kind)
		decode_mapping(k, entry, index, ret);
	else if (is_file(k, entry, level))
		decode_file(k, entry, ret);
	else
		decode_swap(k, entry, index, ret);
}

/*
 * NUMA balancing marked whole tables as without access from 3.8 to 3.12; a huge page would
 * have PSE.
 */
static bool is_table(const struct mi_kernel *k, uint64_t entry, unsigned int level)
{
	uint64_t there = PRESENT | (k->nonlinear && level == 2 ? PROTNONE : 0);

	return (entry & there) && (level > 3 || !(entry & PSE));
}

const struct mi_pte_ops mi_pte_x86_64 = {
	.arch = MI_ARCH_X86_64,
	.decode = decode,
	.is_table = is_table,
	.inverts = true,
};
