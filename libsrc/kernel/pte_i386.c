// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_i386.c - what one page table entry of i386 says, with PAE and without
 *
 * Bits: arch/x86/include/asm/pgtable_types.h, pgtable-2level.h, pgtable-3level.h. What files and
 * swap areas have in entries before 4.0 is in pte_x86_32.c; swap entries are the same today,
 * but with PAE since the L1TF fixes, where they are as those of x86-64. There is no soft-dirty bit,
 * nor one of userfaultfd.
 */
#include "old_pte.h"
#include "pte_x86.h"

#define FRAME_44 ((1ULL << 44) - 1) /* __PHYSICAL_MASK_SHIFT of PAE up to 4.18 */

#define SWP_EXCLUSIVE (1ULL << 7) /* 6.3 and later */
#define SWP_TYPE_SHIFT 59
#define SWP_OFFSET_SHIFT 9

static bool is_pae(const struct mi_kernel *k)
{
	return k->tables->level[1].bytes == 8;
}

static uint64_t address_of(const struct mi_kernel *k, uint64_t entry)
{
	uint64_t addr = entry & k->pa_mask;

	if (entry & PRESENT || !k->swap.inverted)
		return addr;
	addr = ~entry & k->pa_mask;
	/* Only so many bits were inverted. */
	return entry & k->pa_mask & ~FRAME_44 ? addr : addr & FRAME_44;
}

static void decode_mapping(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			   struct mi_pte *pte)
{
	mi_pte_set_frame(k, address_of(k, entry), index, pte);
	pte->bits |= entry & ACCESSED ? MI_PTE_YOUNG : 0;
	pte->bits |= entry & DIRTY ? MI_PTE_DIRTY : 0;
	pte->bits |= entry & RW ? MI_PTE_WRITE : 0;
	pte->bits |= entry & SPECIAL ? MI_PTE_SPECIAL : 0;
	/* Nothing forbids it without PAE. */
	pte->bits |= entry & NX ? 0 : MI_PTE_EXEC;
}

static void decode_inverted(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	/* Which bits a nonlinear mapping had then, no kernel's source has told. */
	if (k->nonlinear) {
		pte->kind = MI_PTE_UNKNOWN;
		return;
	}
	pte->kind = MI_PTE_SWAP;
	pte->swap_type = (unsigned int)(entry >> SWP_TYPE_SHIFT);
	pte->swap_offset = ~entry << 5 >> (5 + SWP_OFFSET_SHIFT);
}

static void decode_plain(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	struct mi_old_pte old;

	/* Since 4.0 the flag of files is no longer one. */
	if (!k->nonlinear)
		entry &= ~(1ULL << 6);
	if (is_pae(k))
		mi_pte_x86_pae(entry, &old);
	else
		mi_pte_x86_32((uint32_t)entry, &old);
	if (old.kind == MI_OLD_PTE_FILE && pte->level == 1) {
		pte->kind = MI_PTE_FILE;
		pte->swap_offset = old.pgoff;
		return;
	}
	pte->kind = old.kind == MI_OLD_PTE_SWAP ? MI_PTE_SWAP : MI_PTE_UNKNOWN;
	pte->swap_type = old.swap_type;
	pte->swap_offset = old.swap_offset;
}

static void decode_absent(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			  struct mi_pte *pte)
{
	if (k->swap.inverted)
		decode_inverted(k, entry, pte);
	else
		decode_plain(k, entry, pte);
	if (pte->kind != MI_PTE_SWAP)
		return;
	if (!k->swap.nr_files) {
		pte->kind = MI_PTE_UNKNOWN;
		return;
	}
	pte->bits |= entry & SWP_EXCLUSIVE ? MI_PTE_EXCLUSIVE : 0;
	mi_pte_of_swap(k, index, pte);
}

static void decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	ret->kind = mi_x86_maps(entry, level);
	if (ret->kind)
		decode_mapping(k, entry, index, ret);
	else
		decode_absent(k, entry, index, ret);
}

static bool is_table(const struct mi_kernel *k, uint64_t entry, unsigned int level)
{
	(void)k;
	return entry & PRESENT && (level > 2 || !(entry & PSE));
}

const struct mi_pte_ops mi_pte_i386 = {
	.arch = MI_ARCH_X86_32,
	.decode = decode,
	.is_table = is_table,
	.inverts = true,
};
