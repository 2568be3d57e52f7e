// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_arm.c - what an entry of arm says, before 4.0
 *
 * arch/arm/include/asm/pgtable.h, pgtable-2level.h, pgtable-3level.h. A swap entry's type
 * has five bits or six, by version, which an entry alone does not tell.
 */
#include <string.h>

#include "old_pte.h"

#define PRESENT (1U << 0) /* L_PTE_PRESENT */
#define FILE_FLAG (1U << 2)
#define FILE_SHIFT 3
/* The hardware looks at the lower alone, which is clear where there is no access. */
#define LPAE_PRESENT 3U
#define LPAE_FRAME 0x000000fffffff000ULL

static void not_present(uint64_t entry, struct mi_old_pte *ret)
{
	ret->kind = MI_OLD_PTE_OTHER;
	if (!(entry & FILE_FLAG))
		return;
	ret->kind = MI_OLD_PTE_FILE;
	ret->pgoff = entry >> FILE_SHIFT;
}

void mi_pte_arm(uint32_t entry, struct mi_old_pte *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (entry & PRESENT) {
		ret->kind = MI_OLD_PTE_PRESENT;
		ret->pfn = entry >> 12;
	} else if (entry) {
		not_present(entry, ret);
	}
}

void mi_pte_arm_lpae(uint64_t entry, struct mi_old_pte *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (entry & LPAE_PRESENT) {
		ret->kind = entry & PRESENT ? MI_OLD_PTE_PRESENT : MI_OLD_PTE_PROT_NONE;
		ret->pfn = (entry & LPAE_FRAME) >> 12;
	} else if (entry) {
		not_present(entry, ret);
	}
}
