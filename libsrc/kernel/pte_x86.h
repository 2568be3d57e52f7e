/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PTE_X86_H
#define MI_KERNEL_PTE_X86_H

/*
 * What entries of x86-64 and i386 have alike: bits that the hardware knows, and those that
 * tell whether an entry maps a page. For pte_x86_64.c and pte_i386.c alone.
 * arch/x86/include/asm/pgtable_types.h
 */

#include "pagetable.h"

#define PRESENT (1ULL << 0)
#define RW (1ULL << 1)
#define ACCESSED (1ULL << 5)
#define DIRTY (1ULL << 6)
#define PSE (1ULL << 7)
#define PROTNONE (1ULL << 8) /* with PRESENT clear; else the global bit */
#define SPECIAL (1ULL << 9)
#define NX (1ULL << 63)

/* MI_PTE_PRESENT, MI_PTE_PROT_NONE, or MI_PTE_NONE: it maps no page. */
static inline enum mi_pte_kind mi_x86_maps(uint64_t entry, unsigned int level)
{
	if (entry & PRESENT)
		return MI_PTE_PRESENT;
	if (entry & PROTNONE)
		return MI_PTE_PROT_NONE;
	/* A split in progress clears PRESENT for a moment (pmd_mkinvalid()). */
	return level > 1 && entry & PSE ? MI_PTE_PRESENT : MI_PTE_NONE;
}

#endif
