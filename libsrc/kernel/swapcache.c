// SPDX-License-Identifier: GPL-2.0-or-later
/* swapcache.c - is a page that is in a swap area in memory as well? */
#include <stdlib.h>

#include "page.h"
#include "pagecache.h"
#include "swapcache.h"

#define SPACE_SHIFT 14 /* SWAP_ADDRESS_SPACE_SHIFT */
#define SPACE_MASK ((1ULL << SPACE_SHIFT) - 1)
#define ENTRY_PFN 2 /* 7.x: bits 1:0 of what has a page, 6.18: of a pointer they are 0 */
#define FLAGS_SHIFT 59

struct mi_swapcache {
	struct mi_kernel *k;
	uint64_t space; /* that walk is of; 0: none */
	bool started;
	struct mi_cache_walk walk;
};

struct mi_swapcache *mi_swapcache_new(struct mi_kernel *k)
{
	struct mi_swapcache *s = calloc(1, sizeof(*s));

	if (s)
		s->k = k;
	return s;
}

void mi_swapcache_free(struct mi_swapcache *s)
{
	free(s);
}

/* ---- trees ---- */

static bool in_tree(struct mi_swapcache *s, uint64_t index, uint64_t *pfn, bool *known)
{
	struct mi_slot slot;

	if (!mi_cache_next(&s->walk, index, index, &slot))
		return false;
	if (slot.kind == MI_SLOT_UNREADABLE)
		*known = false;
	if (slot.kind != MI_SLOT_FOLIO)
		return false;
	*pfn = slot.pfn + (index - slot.index);
	return true;
}

static enum mi_swapped by_trees(struct mi_swapcache *s, unsigned int type, uint64_t offset,
				uint64_t *pfn)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t spaces, space, nr = 0, word = mi_word_size(s->k->t);
	bool known = true;

	if (!l->size_as || !l->sym_nr_swapper_spaces ||
	    mi_read_virt(s->k->t, l->sym_nr_swapper_spaces + 4ULL * type, &nr, 4) ||
	    mi_read_ulong(s->k->t, l->sym_swapper_spaces + word * type, &spaces) || !spaces ||
	    offset >> SPACE_SHIFT >= nr)
		return MI_SWAPPED_UNKNOWN;
	space = spaces + (offset >> SPACE_SHIFT) * l->size_as;
	if (space != s->space) {
		s->space = space;
		s->started = !mi_cache_start(&s->walk, s->k, space, false, NULL);
	}
	if (!s->started)
		return MI_SWAPPED_UNKNOWN;
	/* By the offset in the area, since 6.11 by that in the tree: no tree has both. */
	if (in_tree(s, offset, pfn, &known) || in_tree(s, offset & SPACE_MASK, pfn, &known))
		return MI_SWAPPED_CACHED;
	return known ? MI_SWAPPED_OUT : MI_SWAPPED_UNKNOWN;
}

/* ---- tables ---- */

static enum mi_swapped by_entry(struct mi_swapcache *s, uint64_t entry, uint64_t *pfn)
{
	if (!entry || entry & 1)
		return MI_SWAPPED_OUT;
	if ((entry & 3) == ENTRY_PFN) {
		*pfn = (entry & ((1ULL << FLAGS_SHIFT) - 1)) >> 2;
		return *pfn < s->k->max_pfn ? MI_SWAPPED_CACHED : MI_SWAPPED_UNKNOWN;
	}
	return mi_page_to_pfn(s->k, entry, pfn) ? MI_SWAPPED_CACHED : MI_SWAPPED_UNKNOWN;
}

static enum mi_swapped by_tables(struct mi_swapcache *s, unsigned int type, uint64_t offset,
				 uint64_t *pfn)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t area, clusters, table, entry, n = l->swap_table_entries.count;
	uint64_t word = mi_word_size(s->k->t);

	if (!l->sym_swap_info || !mi_has(&l->swap_cluster_info) || !l->size_swap_cluster || n < 2 ||
	    n > 4096 || mi_read_ulong(s->k->t, l->sym_swap_info + word * type, &area) ||
	    mi_read_member(s->k->t, area, &l->swap_cluster_info, &clusters) || !clusters ||
	    mi_read_member(s->k->t, clusters + offset / n * l->size_swap_cluster,
			   &l->swap_cluster_table, &table) ||
	    !table || mi_read_ulong(s->k->t, table + offset % n * word, &entry))
		return MI_SWAPPED_UNKNOWN;
	return by_entry(s, entry, pfn);
}

enum mi_swapped mi_swapcache_find(struct mi_swapcache *s, unsigned int type, uint64_t offset,
				  uint64_t *pfn)
{
	const struct mi_layout *l = &s->k->l;

	if (type >= s->k->swap.nr_files)
		return MI_SWAPPED_UNKNOWN;
	if (mi_has(&l->swap_table_entries) && mi_has(&l->swap_cluster_table))
		return by_tables(s, type, offset, pfn);
	if (l->sym_swapper_spaces)
		return by_trees(s, type, offset, pfn);
	return MI_SWAPPED_UNKNOWN;
}
