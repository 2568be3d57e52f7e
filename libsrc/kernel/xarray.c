// SPDX-License-Identifier: GPL-2.0-or-later
/* xarray.c - looks up one index of an xarray (include/linux/xarray.h) */
#include "xarray.h"

#define SLOT_BITS 6
#define SLOTS (1U << SLOT_BITS)

static bool is_node(uint64_t e)
{
	return (e & 3) == 2 && e > 4096;
}

/* The slot of @index in the node of *entry takes its place; *shift is the node's. */
static enum mi_read descend(struct mi_kernel *k, uint64_t xarray, uint64_t index, uint64_t *entry,
			    uint64_t *shift)
{
	const struct mi_layout *l = &k->l;
	uint64_t node = *entry - 2, array;
	enum mi_read r;

	r = mi_read_member(k->t, node, &l->xa_node_array, &array);
	if (!r)
		r = mi_read_member(k->t, node, &l->xa_node_shift, shift);
	if (r)
		return r;
	if (array != xarray || *shift % SLOT_BITS || *shift > 60)
		return MI_READ_DAMAGED;
	return mi_read_ulong(k->t,
			     node + (uint64_t)l->xa_node_slots.off +
				     mi_word_size(k->t) * (index >> *shift & (SLOTS - 1)),
			     entry);
}

enum mi_read mi_xa_load(struct mi_kernel *k, uint64_t xarray, uint64_t index, uint64_t *entry)
{
	const struct mi_layout *l = &k->l;
	uint64_t shift, above = 64;
	enum mi_read r;

	*entry = 0;
	if (!mi_feature(k, MI_F_CACHE, NULL) || l->xa_node_slots.count != SLOTS)
		return MI_READ_DAMAGED;
	r = mi_read_member(k->t, xarray, &l->xa_head, entry);
	if (r)
		return r;
	if (!is_node(*entry)) {
		*entry = index ? 0 : *entry;
		return MI_READ_OK;
	}
	while (is_node(*entry)) {
		r = descend(k, xarray, index, entry, &shift);
		if (r)
			return r;
		/* Each node is smaller than the one above it, so this ends. */
		if (shift >= above)
			return MI_READ_DAMAGED;
		/* The root may be too small for the index. */
		if (above == 64 && shift + SLOT_BITS < 64 && index >> (shift + SLOT_BITS))
			*entry = 0;
		above = shift;
	}
	return MI_READ_OK;
}
