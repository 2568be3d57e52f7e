/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_OLD_PTE_H
#define MI_KERNEL_OLD_PTE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Page table entries of kernels before 4.0 on other architectures: what one says, with no
 * kernel to ask. Only 4 KiB pages and the lowest level. x86-64 is in pte_x86_64.c.
 */
enum mi_old_pte_kind {
	MI_OLD_PTE_NONE,
	MI_OLD_PTE_PRESENT,   /* pfn */
	MI_OLD_PTE_PROT_NONE, /* pfn; no access reaches it */
	MI_OLD_PTE_FILE,      /* of a nonlinear mapping: pgoff */
	MI_OLD_PTE_SWAP,      /* of a swap area, or a special one: swap_type, swap_offset */
	MI_OLD_PTE_OTHER,     /* not present, and nothing more is sure */
};

struct mi_old_pte {
	enum mi_old_pte_kind kind;
	uint64_t pfn;
	uint64_t pgoff; /* page of the file */
	unsigned int swap_type;
	uint64_t swap_offset;
};

/* x86-32 (pte_x86_32.c): two levels, and three with PAE. */
void mi_pte_x86_32(uint32_t entry, struct mi_old_pte *ret);
void mi_pte_x86_pae(uint64_t entry, struct mi_old_pte *ret);

/*
 * arm (pte_arm.c): the kernel's own copy of an entry, not that of the hardware, which lies
 * 2048 bytes behind it, and since 2.6.38 before it. With LPAE there is but one.
 */
void mi_pte_arm(uint32_t entry, struct mi_old_pte *ret);
void mi_pte_arm_lpae(uint64_t entry, struct mi_old_pte *ret);

/* arm64 (pte_arm64.c): by the bit of a page without access. */
enum mi_arm64_form {
	MI_ARM64_BIT_1,	 /* 3.7 to 3.10 */
	MI_ARM64_BIT_2,	 /* 3.11, 3.12 */
	MI_ARM64_BIT_58, /* up to 3.19 */
};
void mi_pte_arm64(enum mi_arm64_form form, uint64_t entry, struct mi_old_pte *ret);

#endif
