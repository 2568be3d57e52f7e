/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SWAPCACHE_H
#define MI_KERNEL_SWAPCACHE_H

#include "kernel.h"

/*
 * The swap cache: pages that have a place in a swap area and are in memory besides. Trees of
 * 64 MiB of an area each up to 6.17, then a table for each cluster of the area.
 */
enum mi_swapped {
	MI_SWAPPED_OUT,	    /* it must be read */
	MI_SWAPPED_CACHED,  /* *pfn has it */
	MI_SWAPPED_UNKNOWN, /* not to be had */
};

struct mi_swapcache;

struct mi_swapcache *mi_swapcache_new(struct mi_kernel *k); /* NULL: out of memory */
void mi_swapcache_free(struct mi_swapcache *s);

enum mi_swapped mi_swapcache_find(struct mi_swapcache *s, unsigned int type, uint64_t offset,
				  uint64_t *pfn);

#endif
