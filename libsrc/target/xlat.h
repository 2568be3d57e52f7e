/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_XLAT_H
#define MI_TARGET_XLAT_H

#include "target.h"
#include "vmcoreinfo.h"

/*
 * Kernel virtual to physical addresses, by the target's own page tables and
 * nothing else: the same code for every provider. x86-64 only so far.
 */
struct mi_xlat {
	uint64_t root;	     /* physical address of the kernel's top table */
	uint64_t pa_mask;    /* address bits of an entry, memory-encryption bit removed */
	unsigned int levels; /* 4 or 5 */
};

/*
 * Find the root through VMCOREINFO and prove it: _stext, walked, must give the
 * address that phys_base gives. So this also proves that @vi fits the memory.
 */
enum mi_status mi_xlat_init(struct mi_target *t, const struct mi_vmcoreinfo *vi, struct mi_xlat *x,
			    struct mi_error *err);

/* Walk the tables for @va. *@pa is exact, not page-aligned. */
enum mi_read mi_xlat_walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa);

/* Is @va mapped neither for writing nor for execution? */
bool mi_xlat_is_constant(struct mi_target *t, const struct mi_xlat *x, uint64_t va);

#endif
