// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pagecache.c - walks the xarray of an address_space (include/linux/xarray.h)
 *
 * Entries: bits 1:0 = 0 a pointer; bit 0 = 1 a value; bits 1:0 = 2 internal:
 * above 4096 a node, below 256 (slot << 2 | 2) a sibling of that slot, else a
 * mark such as "retry". A node's slot of shift s covers 1 << s indices.
 */
#include <stdlib.h>

#include "page.h"
#include "pagecache.h"

#define SLOT_BITS 6 /* XA_CHUNK_SHIFT without CONFIG_BASE_SMALL */
#define SLOTS (1U << SLOT_BITS)
#define ENTRY_PAGES_MAX (1ULL << 18) /* a 1 GiB page in base pages */
#define SWAP_TYPE_SHIFT 58	     /* of a value: SWP_TYPE_SHIFT, include/linux/swapops.h */

static bool is_value(uint64_t e)
{
	return e & 1;
}

static bool is_node(uint64_t e)
{
	return (e & 3) == 2 && e > 4096;
}

static bool is_sibling(uint64_t e)
{
	return (e & 3) == 2 && e < SLOTS << 2;
}

enum mi_status mi_cache_start(struct mi_cache_walk *w, struct mi_kernel *k, uint64_t mapping,
			      bool is_dax, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t a_ops;
	const char *why;
	enum mi_read r;

	if (!mi_feature(k, MI_F_CACHE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no page cache: %s", why);
	if (strcmp(l->as_pages.type_name, "xarray") || l->xa_node_slots.count != SLOTS)
		return mi_fail(err, MI_ERR_MISSING,
			       "no page cache: its tree is no xarray of 64 slots");
	w->k = k;
	w->mapping = mapping;
	w->xarray = mapping + (uint64_t)l->as_pages.off;
	w->depth = -1;
	w->value_kind = is_dax ? MI_SLOT_DAX : MI_SLOT_SHADOW;
	r = mi_read_member(k->t, mapping, &l->as_a_ops, &a_ops);
	if (!r)
		r = mi_read_member(k->t, w->xarray, &l->xa_head, &w->head);
	if (r)
		return mi_fail(err, MI_ERR_READ, "address_space %016llx: %s",
			       (unsigned long long)mapping, mi_read_text(r));
	if (!is_dax && !l->sym_shmem_aops)
		w->value_kind = MI_SLOT_UNREADABLE; /* shadow or swap: nobody knows */
	else if (a_ops == l->sym_shmem_aops)
		w->value_kind = MI_SLOT_SWAP;
	return MI_OK;
}

/* The node of @entry as level @d of the path; @shift is what it must have, or -1 for the root. */
static bool load_node(struct mi_cache_walk *w, int d, uint64_t entry, uint64_t base, int shift)
{
	const struct mi_layout *l = &w->k->l;
	struct mi_problems *p = &w->k->problems;
	uint64_t addr = entry - 2;
	unsigned int has;

	w->depth = d - 1;
	w->why = mi_read_virt(w->k->t, addr, w->path[d].raw, l->size_xa_node);
	if (w->why) {
		mi_problem_read(p, "xa_node", addr, w->why, "cached pages are missing");
		return false;
	}
	has = (unsigned int)mi_get(w->path[d].raw, &l->xa_node_shift);
	if (mi_get(w->path[d].raw, &l->xa_node_array) != w->xarray || has % SLOT_BITS || has > 60 ||
	    (shift >= 0 && has != (unsigned int)shift)) {
		mi_problem_bad(p, "xa_node", addr, "does not belong where it hangs",
			       "cached pages are missing");
		w->why = MI_READ_DAMAGED;
		return false;
	}
	w->path[d].addr = addr;
	w->path[d].base = base;
	w->path[d].shift = has;
	w->depth = d;
	return true;
}

static uint64_t slot_entry(const struct mi_cache_walk *w, int d, unsigned int i)
{
	return mi_get_at(w->path[d].raw, &w->k->l.xa_node_slots, i);
}

static unsigned int slot_marks(const struct mi_cache_walk *w, int d, unsigned int i)
{
	const struct mi_member *m = &w->k->l.xa_node_marks;
	unsigned int mark, marks = 0;

	if (!mi_has(m) || m->count != 3 || m->size != 8)
		return MI_MARK_UNKNOWN;
	for (mark = 0; mark < 3; mark++)
		if (mi_get_at(w->path[d].raw, m, mark) >> i & 1)
			marks |= 1U << mark;
	return marks;
}

/* Describe the pointer or value @entry that covers @n pages from @index. False: bad. */
static bool describe(struct mi_cache_walk *w, uint64_t entry, uint64_t index, uint64_t n,
		     struct mi_slot *s)
{
	memset(s, 0, sizeof(*s));
	s->index = index;
	s->n = n;
	if (is_value(entry)) {
		s->kind = w->value_kind;
		s->value = entry >> 1;
		if (s->kind == MI_SLOT_UNREADABLE)
			mi_problem_bad(&w->k->problems, "page cache entry", w->mapping,
				       "is a shadow or a swap entry; without the symbol shmem_aops "
				       "it cannot be told which",
				       "evicted and swapped pages are missing");
		if (s->kind == MI_SLOT_SWAP) {
			s->swap_type = (unsigned int)(s->value >> SWAP_TYPE_SHIFT);
			s->swap_offset = s->value & ((1ULL << SWAP_TYPE_SHIFT) - 1);
		}
		return true;
	}
	s->kind = MI_SLOT_FOLIO;
	s->page = entry;
	if (mi_page_to_pfn(w->k, entry, &s->pfn))
		return true;
	if (mi_feature(w->k, MI_F_PAGE, NULL)) {
		mi_problem_bad(&w->k->problems, "page cache entry", entry, "is no struct page",
			       "a cached page is missing");
		return false;
	}
	return true;
}

static void unreadable(const struct mi_cache_walk *w, uint64_t index, uint64_t n, struct mi_slot *s)
{
	memset(s, 0, sizeof(*s));
	s->index = index;
	s->n = n;
	s->kind = MI_SLOT_UNREADABLE;
	s->why = w->why;
}

/* Drop nodes from the path that do not cover @index. */
static void trim(struct mi_cache_walk *w, uint64_t index)
{
	while (w->depth >= 0) {
		unsigned int bits = w->path[w->depth].shift + SLOT_BITS;

		if (bits >= 64 || index >> bits == w->path[w->depth].base >> bits)
			return;
		w->depth--;
	}
}

/* Root cases; true if *ret was set, *go if there is a node to walk. */
static bool at_root(struct mi_cache_walk *w, uint64_t index, struct mi_slot *ret, bool *go)
{
	*go = false;
	if (!w->head)
		return false;
	if (!is_node(w->head)) {
		if (index || (w->head & 3) == 2 || !describe(w, w->head, 0, 1, ret))
			return false;
		ret->marks = MI_MARK_UNKNOWN;
		return true;
	}
	if (w->depth < 0 && !load_node(w, 0, w->head, 0, -1)) {
		unreadable(w, index, ~0ULL - index, ret);
		return true;
	}
	*go = true;
	return false;
}

/* Index span of slot @i of level @d. */
static uint64_t slot_first(const struct mi_cache_walk *w, int d, unsigned int i)
{
	return w->path[d].base + ((uint64_t)i << w->path[d].shift);
}

static unsigned int count_siblings(const struct mi_cache_walk *w, int d, unsigned int i)
{
	unsigned int n;
	uint64_t e;

	for (n = 1; i + n < SLOTS; n++) {
		e = slot_entry(w, d, i + n);
		if (!is_sibling(e) || e >> 2 != i)
			break;
	}
	return n;
}

enum step {
	STEP_DOWN,
	STEP_FOUND,
	STEP_NEXT
};

/* Look at slot *@i of the deepest node; *@i moves to a sibling's canonical slot. */
static enum step look(struct mi_cache_walk *w, unsigned int *i, struct mi_slot *ret)
{
	int d = w->depth;
	unsigned int shift = w->path[d].shift, asked = *i, n;
	uint64_t e = slot_entry(w, d, *i), span = 1ULL << shift;

	if (is_sibling(e)) {
		*i = (unsigned int)(e >> 2) < *i ? (unsigned int)(e >> 2) : *i;
		e = slot_entry(w, d, *i);
		if ((e & 3) == 2)
			return STEP_NEXT;
	}
	if (!e)
		return STEP_NEXT;
	if (is_node(e)) {
		/* The depth ends where the shift does, so a circle cannot run on. */
		if (shift && d + 1 < MI_XA_DEPTH &&
		    load_node(w, d + 1, e, slot_first(w, d, *i), (int)(shift - SLOT_BITS)))
			return STEP_DOWN;
		if (!shift)
			w->why = MI_READ_DAMAGED;
		w->depth = d;
		unreadable(w, slot_first(w, d, *i), span, ret);
		return STEP_FOUND;
	}
	if ((e & 3) == 2)
		return STEP_NEXT; /* retry or zero entry: nothing there */
	n = count_siblings(w, d, *i);
	if (asked >= *i + n) {
		mi_problem_bad(&w->k->problems, "xa_node", w->path[d].addr,
			       "has a sibling entry without its chain", "cached pages are missing");
		return STEP_NEXT;
	}
	if (span > ENTRY_PAGES_MAX / n) {
		mi_problem_bad(&w->k->problems, "xa_node", w->path[d].addr,
			       "has an entry of more pages than any page has",
			       "cached pages are missing");
		w->why = MI_READ_DAMAGED;
		unreadable(w, slot_first(w, d, *i), span, ret);
		return STEP_FOUND;
	}
	if (!describe(w, e, slot_first(w, d, *i), span * n, ret))
		return STEP_NEXT;
	ret->marks = slot_marks(w, d, *i);
	return STEP_FOUND;
}

bool mi_cache_next(struct mi_cache_walk *w, uint64_t index, uint64_t last, struct mi_slot *ret)
{
	bool go;

	if (index > last)
		return false;
	trim(w, index);
	if (at_root(w, index, ret, &go))
		return ret->index <= last;
	if (!go)
		return false;
	for (;;) {
		unsigned int shift = w->path[w->depth].shift, bits = shift + SLOT_BITS, i;

		/* Past the last index that this root can hold. */
		if (bits < 64 && index >> bits != w->path[w->depth].base >> bits) {
			if (!w->depth)
				return false;
			trim(w, index);
			if (w->depth < 0)
				return false;
			continue;
		}
		i = (unsigned int)(index >> shift & (SLOTS - 1));
		switch (look(w, &i, ret)) {
		case STEP_DOWN:
			continue;
		case STEP_FOUND:
			return ret->index <= last;
		case STEP_NEXT:
			break;
		}
		index = ((index >> shift) + 1) << shift;
		if (index > last || !index)
			return false;
	}
}
