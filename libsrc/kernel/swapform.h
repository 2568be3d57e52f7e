/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SWAPFORM_H
#define MI_KERNEL_SWAPFORM_H

#include "kernel.h"
#include "mm.h"

/*
 * Swap entries of x86-64 before the L1TF fixes (arch/x86/include/asm/pgtable_64.h), and of arm
 * (arch/arm/include/asm/pgtable.h). Neither types nor symbols tell which form a kernel has, nor
 * does its number: what the entries say does. Each must name a page of a swap area that is in use.
 */
enum mi_swap_form {
	MI_SWAP_NEAR, /* type in bits 5:1, offset from bit 9 */
	MI_SWAP_NUMA, /* from bit 10: bit 9 marks pages for NUMA balancing (3.16) */
	MI_SWAP_FAR,  /* type in bits 13:9, offset from bit 14 (4.8) */
	/* arm, the same with LPAE */
	MI_SWAP_ARM_6, /* type in bits 8:3, offset from bit 9 (up to 3.8 or so) */
	MI_SWAP_ARM_5, /* type in bits 7:3, offset from bit 8 */
	MI_SWAP_ARM_2, /* type in bits 6:2, offset from bit 7 (4.0) */
	MI_SWAP_ARM_E, /* type in bits 6:2, exclusive in bit 7, offset from bit 8 (6.3) */
	MI_SWAP_FORMS
};

void mi_swap_decode(enum mi_swap_form form, uint64_t entry, unsigned int *type, uint64_t *offset);

/* The mark of a page that no other process shares, in forms that have one. */
bool mi_swap_is_exclusive(enum mi_swap_form form, uint64_t entry);

/* A page marked for NUMA balancing, in kernels that have a bit of its own for that. */
bool mi_swap_is_numa(enum mi_swap_form form, uint64_t entry);

/* The forms that may be this kernel's, bits 1 << form; 0: it has none of these. */
unsigned int mi_swap_forms(const struct mi_kernel *k);

/*
 * Look through the page tables of @mm for entries that do not go with a form: that one is
 * out. Costs nothing where one is left, or @mm was the last looked at.
 */
void mi_swap_learn(struct mi_kernel *k, const struct mi_mm *mm);

/* The form, if only one is left. */
bool mi_swap_form(const struct mi_kernel *k, enum mi_swap_form *form);

#endif
