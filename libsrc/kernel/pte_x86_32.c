// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_x86_32.c - what an entry of x86-32 says, before 4.0
 *
 * arch/x86/include/asm/pgtable-2level.h, pgtable-3level.h. Two levels: 29 bits of a file's
 * page lie around the flags, at 5:1, 7, and from 9 on. (Soft-dirty, which took another bit
 * away from 3.11 to 3.14, was in no distribution's kernel of this kind.) With PAE the
 * upper word is free for them.
 */
#include <string.h>

#include "old_pte.h"

#define PRESENT (1U << 0)
#define FILE_FLAG (1U << 6)
#define PROTNONE (1U << 8) /* with PRESENT clear */
#define PAE_FRAME 0x000ffffffffff000ULL

static bool maps(uint64_t entry, uint64_t frame, struct mi_old_pte *ret)
{
	if (entry & PRESENT)
		ret->kind = MI_OLD_PTE_PRESENT;
	else if (entry & PROTNONE)
		ret->kind = MI_OLD_PTE_PROT_NONE;
	else
		return false;
	ret->pfn = frame;
	return true;
}

void mi_pte_x86_32(uint32_t entry, struct mi_old_pte *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!entry || maps(entry, entry >> 12, ret))
		return;
	if (entry & FILE_FLAG) {
		ret->kind = MI_OLD_PTE_FILE;
		ret->pgoff = (entry >> 1 & 0x1f) | (entry >> 7 & 1) << 5 | entry >> 9 << 6;
		return;
	}
	ret->kind = MI_OLD_PTE_SWAP;
	ret->swap_type = entry >> 1 & 0x1f;
	ret->swap_offset = entry >> 9;
}

void mi_pte_x86_pae(uint64_t entry, struct mi_old_pte *ret)
{
	uint32_t high = (uint32_t)(entry >> 32);

	memset(ret, 0, sizeof(*ret));
	if (!entry || maps(entry, (entry & PAE_FRAME) >> 12, ret))
		return;
	if (entry & FILE_FLAG) {
		ret->kind = MI_OLD_PTE_FILE;
		ret->pgoff = high;
		return;
	}
	ret->kind = MI_OLD_PTE_SWAP;
	ret->swap_type = high & 0x1f;
	ret->swap_offset = high >> 5;
}
