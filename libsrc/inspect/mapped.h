/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_MAPPED_H
#define MI_INSPECT_MAPPED_H

#include <stddef.h>
#include <stdint.h>

#include "../target/error.h"

struct mi_pending;

/*
 * The processes that map pages of requests, by their VMAs: whether there is an entry
 * in the page tables is another matter. One set may be that of many runs of pages.
 */
#define MI_MAPPERS_SHOWN 64 /* of a set; count has all */

struct mi_mappers {
	size_t first, n; /* of pids[], ascending: the lowest ones */
	uint64_t count;
};

struct mi_mapped {
	struct mi_mappers *sets;
	size_t n_sets;
	int32_t *pids; /* thread groups */
	size_t n_pids;
};

/*
 * Sets mapped_by of all pages of requests, those of file systems without a block queue
 * included. Not known: of memory of the kernel and of KSM, of anonymous pages that no
 * page table maps (swapped out meanwhile: what they were part of may be gone), and what
 * features_off or a problem tells. Asked for once, and only where it is shown.
 */
enum mi_status mi_mapped_by_load(struct mi_pending *p, struct mi_error *err);
void mi_mapped_free(struct mi_mapped *m);

#endif
