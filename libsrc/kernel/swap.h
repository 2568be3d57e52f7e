/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SWAP_H
#define MI_KERNEL_SWAP_H

#include "kernel.h"

/*
 * The swap areas in use: what the type in a swap entry stands for.
 */
struct mi_swap_area {
	unsigned int type;
	char *path;	  /* as /proc/swaps has it, bytes unescaped; "" if unknown */
	const char *kind; /* "partition" or "file", as there; NULL if unknown */
	uint64_t pages;	  /* usable */
	uint64_t used;	  /* of them */
	int64_t priority;
};

struct mi_swap_areas {
	bool known;		   /* else the list is empty, and nobody knows */
	struct mi_swap_area *list; /* by type */
	size_t n;
};

/* The swap_info_struct of @type; false: there is none, or it cannot be read. */
bool mi_swap_area_at(struct mi_kernel *k, unsigned int type, uint64_t *at);

/* MI_ERR_NOMEM alone is a failure; what cannot be read is a problem or not known. */
enum mi_status mi_swap_areas_load(struct mi_kernel *k, struct mi_swap_areas *ret,
				  struct mi_error *err);
void mi_swap_areas_free(struct mi_swap_areas *areas);

#endif
