// SPDX-License-Identifier: GPL-2.0-or-later
/* vma_cost.c - how many VMAs a process may have, and what memory one takes */
#include "vma.h"

#define CACHE_SIZE_MAX 4096 /* no debugging option makes a VMA's object larger */

/* An int; nothing keeps root from writing 0. */
static bool load_limit(struct mi_kernel *k, uint64_t *limit)
{
	uint32_t v;

	if (!k->l.sym_max_map_count || mi_read_u32(k->t, k->l.sym_max_map_count, &v) ||
	    (int32_t)v < 0)
		return false;
	*limit = v;
	return true;
}

/* With what the allocator adds to it: alignment, and red zones if they are on. */
static uint64_t load_bytes(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	uint64_t cache, size;

	if (!l->sym_vma_cache || !mi_has(&l->kmem_cache_size) ||
	    mi_read_ulong(k->t, l->sym_vma_cache, &cache) || !cache ||
	    mi_read_member(k->t, cache, &l->kmem_cache_size, &size))
		return 0;
	return size >= l->size_vma && size <= CACHE_SIZE_MAX ? size : 0;
}

void mi_vma_cost_load(struct mi_kernel *k, struct mi_vma_cost *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->limit_known = load_limit(k, &ret->limit);
	ret->bytes = load_bytes(k);
}
