// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * join_alike.c - long stretches of pages that are alike, as one cell
 *
 * Most pages of most mappings are like the one before: mapped in the same way, the page that the
 * cache has, of the same state. Finding that costs a tenth of telling each page's state. Only
 * mapped pages are looked at, and of a file only those that the cache has in their place: what is
 * to be told of the others is as before.
 */
#include <stdlib.h>

#include "join_private.h"

/* Fewer than this are not worth while. */
#define WORTH 8
/* Page tables of a running kernel that are looked at together: as many as did not change so far. */
#define TABLES_MAX 16
/* Bits of an address in an entry, whatever the architecture; the others are compared. */
#define ADDRESS 0x0000fffffffff000ULL

struct mi_stretch {
	uint64_t va, pgoff;
	size_t n;
	unsigned int marks;
	const uint64_t *entries;
	uint64_t *kept;		     /* of a running kernel: room for all of them */
	size_t tables;		     /* how many may be looked at together */
	uint64_t table[MI_PT_CHUNK]; /* see mi_join_keep_entries() */
	uint64_t pfns[];
};

enum mi_status mi_join_take_stretches(struct mi_join *j, struct mi_error *err)
{
	const size_t room = (j->again ? TABLES_MAX : 1) * MI_PT_CHUNK;
	struct mi_stretch *s = calloc(1, sizeof(*s) + (j->again ? 2 : 1) * room * sizeof(*s->pfns));

	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	s->kept = j->again ? s->pfns + room : NULL;
	s->tables = TABLES_MAX;
	j->stretch = s;
	return MI_OK;
}

static bool is_zero_page(const struct mi_join *j, uint64_t pfn)
{
	return pfn == j->zero_pfn || (j->huge_zero_pfn != ~0ULL &&
				      pfn - j->huge_zero_pfn < 1ULL << mi_huge_order(&j->k->l));
}

void mi_join_keep_entries(struct mi_join *j, struct mi_extent *ext)
{
	if (!j->stretch || !j->again || ext->kind != MI_EXTENT_TABLE)
		return;
	memcpy(j->stretch->table, ext->entries,
	       ((ext->end - ext->start) >> MI_PAGE_SHIFT) * sizeof(*ext->entries));
	ext->entries = j->stretch->table;
}

/* Of @n entries, the stretch's from number @from on, how many lead to pages as @first does. */
static size_t alike_entries(struct mi_join *j, struct mi_stretch *s, const struct mi_pte *first,
			    const uint64_t *entries, size_t from, size_t n)
{
	const uint64_t address = ADDRESS & j->k->pa_mask, e0 = s->entries[0];
	size_t i;

	for (i = 0; i < n && !((entries[i] ^ e0) & ~address); i++) {
		uint64_t pfn = first->pfn + ((entries[i] & address) >> MI_PAGE_SHIFT) -
			       ((e0 & address) >> MI_PAGE_SHIFT);

		if (is_zero_page(j, pfn))
			break;
		s->pfns[from + i] = pfn;
	}
	return i;
}

/* All of @n pages up to the end of the file, or all behind it. */
static uint64_t one_side(const struct mi_join *j, uint64_t pgoff, uint64_t n)
{
	return pgoff < j->eof && n > j->eof - pgoff ? j->eof - pgoff : n;
}

/* The stretch goes on in the tables that follow, up to @end. */
static void more_tables(struct mi_join *j, struct mi_stretch *s, const struct mi_pte *first,
			uint64_t end)
{
	const size_t room = s->tables * MI_PT_CHUNK;
	struct mi_extent e;
	size_t n, got;
	uint64_t va;

	for (va = s->va + s->n * MI_PAGE_SIZE; va < end && s->n + MI_PT_CHUNK <= room;
	     va += n * MI_PAGE_SIZE) {
		mi_pt_next(&j->pt, va, end, &e);
		if (e.kind != MI_EXTENT_TABLE)
			return;
		n = (size_t)((e.end - va) >> MI_PAGE_SHIFT);
		got = alike_entries(j, s, first, e.entries, s->n, n);
		memcpy(s->kept + s->n, e.entries, got * sizeof(*s->kept));
		s->n += got;
		if (got < n)
			return;
	}
}

/* Finds the entries that are alike, from those of @ext on. */
static void find_entries(struct mi_join *j, struct mi_stretch *s, const struct mi_extent *ext)
{
	const size_t asked = (size_t)((ext->end - s->va) >> MI_PAGE_SHIFT);
	struct mi_pte first;

	s->n = 0;
	s->entries = &ext->entries[(s->va - ext->start) >> MI_PAGE_SHIFT];
	mi_pte_decode(j->k, s->entries[0], 1, 0, &first);
	if (first.kind != MI_PTE_PRESENT || first.bits & MI_PTE_SPECIAL)
		return;
	s->n = alike_entries(j, s, &first, s->entries, 0, asked);
	if (!j->again)
		return;
	memcpy(s->kept, s->entries, s->n * sizeof(*s->kept));
	s->entries = s->kept;
	if (s->n == asked)
		more_tables(j, s, &first, j->map->vma.end);
}

/* Slots that hold these very pages, all with the marks of the first. */
static size_t alike_slots(struct mi_join *j, struct mi_cursor *c, struct mi_stretch *s)
{
	const struct mi_slot *slot = &c->slot;
	size_t i = 0;

	while (i < s->n && mi_join_peek(j, c, s->pgoff + i, s->pgoff + i)) {
		uint64_t dist = s->pgoff + i - slot->index;

		if (!i)
			s->marks = slot->marks;
		if (slot->kind != MI_SLOT_FOLIO || slot->marks != s->marks)
			break;
		for (; i < s->n && dist < slot->n; i++, dist++)
			if (s->pfns[i] != slot->pfn + dist)
				return i;
		if (slot->n == 1)
			i += mi_cache_singles(&c->walk, s->pgoff + i, s->pfns + i, s->n - i,
					      s->marks);
	}
	return i;
}

/* The second look at a running kernel: nothing has moved. */
static bool settled(struct mi_join *j, struct mi_stretch *s)
{
	struct mi_join_look *now = j->again;
	uint64_t end = s->va + s->n * MI_PAGE_SIZE, at;
	unsigned int marks = s->marks;
	struct mi_extent e = {0};
	bool same;

	mi_look_again(j->k->t);
	same = mi_join_same_mm(j) && !mi_pt_start(&now->pt, j->k, now->mm, NULL) &&
	       (!j->has_cache || mi_join_slots_again(j));
	for (at = s->va; same && at < end; at = e.end) {
		mi_pt_next(&now->pt, at, end, &e);
		same = e.kind == MI_EXTENT_TABLE &&
		       !memcmp(e.entries, s->entries + ((at - s->va) >> MI_PAGE_SHIFT),
			       ((e.end - at) >> MI_PAGE_SHIFT) * sizeof(*e.entries));
	}
	if (same && j->has_cache)
		same = alike_slots(j, &now->cache, s) == s->n && s->marks == marks;
	mi_look_end(j->k->t, !same);
	return same;
}

/* May there be such stretches at all? */
static bool possible(const struct mi_join *j, const struct mi_extent *ext)
{
	return j->stretch && ext->kind == MI_EXTENT_TABLE && !j->nonlinear && !j->unit &&
	       mi_feature(j->k, MI_F_PAGE, NULL) && (!j->file || j->has_cache) &&
	       !(j->map->vma.flags & MI_VM_PFNMAP) && j->map->kind != MI_MAP_SPECIAL;
}

static unsigned int how_consecutive(const struct mi_join *j, const struct mi_stretch *s)
{
	bool next = true, same = true;
	size_t i;

	for (i = 1; i < s->n; i++) {
		next &= s->pfns[i] == s->pfns[0] + i;
		same &= s->pfns[i] == s->pfns[0];
	}
	return (next ? MI_RUN_PFN_CONSECUTIVE : 0) | (same ? MI_RUN_PFN_SAME : 0) |
	       (next && j->has_cache ? MI_RUN_SLOT_PFN_CONSECUTIVE : 0);
}

/* Finds out how many pages of @s are alike; false: not enough. */
static bool measure(struct mi_join *j, struct mi_stretch *s, const struct mi_extent *ext)
{
	const size_t asked = (size_t)((ext->end - s->va) >> MI_PAGE_SHIFT);
	/* A second look is dear: it must be worth while for what would be looked at together. */
	const size_t worth = j->again && asked / 2 > WORTH ? asked / 2 : WORTH;
	bool same;

	find_entries(j, s, ext);
	s->n = (size_t)one_side(j, s->pgoff, s->n);
	if (s->n >= worth && j->has_cache)
		s->n = alike_slots(j, &j->cache, s);
	if (s->n < worth)
		return false;
	if (j->again)
		mi_join_reread(j, s->pfns, s->n);
	s->n = mi_pages_alike(j->k, s->pfns, s->n);
	if (s->n < worth || !j->again)
		return s->n >= worth;
	same = settled(j, s);
	s->tables = same ? TABLES_MAX : 1;
	return same;
}

uint64_t mi_join_alike(struct mi_join *j, const struct mi_extent *ext, uint64_t va, uint64_t pgoff)
{
	struct mi_run *c = &j->cells[0];
	struct mi_problems before;
	uint64_t part;
	bool enough;

	if (!possible(j, ext) || (ext->end - va) >> MI_PAGE_SHIFT < WORTH)
		return 0;
	j->stretch->va = va;
	j->stretch->pgoff = pgoff;
	/* What is met here will be met again. */
	mi_problems_copy(&before, &j->k->problems);
	enough = measure(j, j->stretch, ext);
	mi_problems_copy(&j->k->problems, &before);
	if (!enough)
		return 0;
	mi_join_fill(j, ext, va, pgoff, 1);
	c->n = j->stretch->n;
	c->flags = how_consecutive(j, j->stretch);
	if (j->again)
		j->again->met = j->k->problems;
	part = c->n;
	mi_join_hand_up(j, 1);
	return part;
}
