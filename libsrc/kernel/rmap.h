/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_RMAP_H
#define MI_KERNEL_RMAP_H

#include "kernel.h"

/*
 * The reverse map: from a file, or from anonymous memory, to the VMAs in which its
 * pages may be mapped. That a VMA has a page says that the process can reach it there,
 * not that there is an entry in its page tables now.
 */
struct mi_rmap_vma {
	uint64_t vma, mm;
	uint64_t first, last; /* pages of the file, or page->index of anonymous ones */
	uint64_t start;	      /* address of the first; of a nonlinear one, where it begins */
};

/* NULL: the reverse map can be had in this kernel; else what is missing for it. */
const char *mi_rmap_lacks(const struct mi_layout *l);

/* False: out of memory, and the walk ends. */
typedef bool (*mi_rmap_fn)(void *arg, const struct mi_rmap_vma *v);

/*
 * Calls @fn for every VMA of the address_space @mapping, in no order. VMAs that cannot be
 * read or believed are left out and reported as problems. *left bounds the nodes
 * looked at, over as many walks as share it. MI_ERR_MISSING: not to be had in this kernel.
 * MI_ERR_READ: there is no way in, which is a problem as well.
 */
enum mi_status mi_rmap_file(struct mi_kernel *k, uint64_t mapping, uint64_t *left, mi_rmap_fn fn,
			    void *arg, struct mi_error *err);

/*
 * The same of the anon_vma that a mapped anonymous page names. Of a page that is not
 * mapped it may have been freed, and be another's by now: not to be asked for.
 */
enum mi_status mi_rmap_anon(struct mi_kernel *k, uint64_t anon_vma, uint64_t *left, mi_rmap_fn fn,
			    void *arg, struct mi_error *err);

#endif
