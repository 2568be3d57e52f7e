/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_XLAT_H
#define MI_TARGET_XLAT_H

#include "arch.h"
#include "target.h"
#include "vmcoreinfo.h"

/*
 * Kernel virtual to physical addresses, by the target's own page tables and
 * nothing else: the same code for every provider and architecture.
 */
struct mi_xlat {
	const struct mi_arch_ops *arch;
	uint64_t root; /* physical address of the kernel's top table */
	struct mi_pt_shape shape;
	uint64_t lowest; /* not x86-64: the first address that is the kernel's */

	/* arm: the tables of processes as the kernel reads them; no levels: they are as its own. */
	struct mi_pt_shape of_processes;
	uint64_t lowmem; /* arm: physical address of what is mapped first (PHYS_OFFSET) */

	/* x86-64: VMCOREINFO does not tell where the kernel lies (before 4.10); found at: */
	bool phys_base_found;
	uint64_t phys_base;
};

/*
 * Find the root through VMCOREINFO and prove it: _stext, walked, must give the
 * address that VMCOREINFO's own numbers give. So this also proves that @vi fits the memory.
 * Where phys_base (of x86-64) is not told it is 0, or what the dump's headers say, or (@search)
 * looked for: then the kernel's own variable must say the same.
 */
enum mi_status mi_xlat_init(struct mi_target *t, const struct mi_vmcoreinfo *vi, bool search,
			    struct mi_xlat *x, struct mi_error *err);

/* Walk the tables for @va. *@pa is exact, not page-aligned. */
enum mi_read mi_xlat_walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa);

/*
 * For searches: does the table at x->root map itself there, at @top, and @stext at the same
 * distance? For kernels whose image is part of the direct map.
 */
bool mi_xlat_fits(struct mi_target *t, const struct mi_xlat *x, uint64_t top, uint64_t stext);

/* Is @va mapped neither for writing nor for execution? */
bool mi_xlat_is_constant(struct mi_target *t, const struct mi_xlat *x, uint64_t va);

#endif
