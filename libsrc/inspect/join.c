// SPDX-License-Identifier: GPL-2.0-or-later
/* join.c - what the PTE, the cache slot and struct page say of each page of a mapping */
#include <stdlib.h>
#include <sys/stat.h>

#include "../kernel/swapform.h"
#include "join_private.h"

/* Is empty_zero_page the page itself? On arm it is a pointer to its struct page. */
static bool is_page(struct mi_kernel *k, uint64_t symbol)
{
	uint64_t room = mi_symbol_room(k->t, symbol);

	return !(symbol & (MI_PAGE_SIZE - 1)) && (!room || room >= MI_PAGE_SIZE);
}

static void find_zero_page(struct mi_join *j, uint64_t symbol)
{
	uint64_t pa, page;

	if (!is_page(j->k, symbol)) {
		if (mi_read_ulong(j->k->t, symbol, &page) ||
		    !mi_page_to_pfn(j->k, page, &j->zero_pfn))
			j->zero_pfn = ~0ULL;
	} else if (!mi_virt_to_phys(j->k->t, symbol, &pa)) {
		j->zero_pfn = pa >> MI_PAGE_SHIFT;
	}
}

static void find_zero_pages(struct mi_join *j)
{
	const struct mi_layout *l = &j->k->l;
	uint64_t page;

	j->zero_pfn = j->huge_zero_pfn = ~0ULL;
	if (l->sym_empty_zero_page)
		find_zero_page(j, l->sym_empty_zero_page);
	if (l->sym_huge_zero_page && !mi_read_ulong(j->k->t, l->sym_huge_zero_page, &page) &&
	    page && !mi_page_to_pfn(j->k, page, &j->huge_zero_pfn))
		j->huge_zero_pfn = ~0ULL;
}

enum mi_status mi_join_new(struct mi_kernel *k, struct mi_join **ret, struct mi_error *err)
{
	bool live = mi_target_facts(k->t)->live;
	struct mi_join *j = calloc(1, sizeof(*j));

	if (!j)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	j->k = k;
	j->batch = live ? MI_JOIN_BATCH_LIVE : MI_JOIN_BATCH;
	j->cells = malloc(j->batch * sizeof(*j->cells));
	j->pfns = malloc(2 * j->batch * sizeof(*j->pfns));
	j->pages = malloc(2 * j->batch * sizeof(*j->pages));
	j->again = live ? calloc(1, sizeof(*j->again)) : NULL;
	if (!j->cells || !j->pfns || !j->pages || (live && !j->again)) {
		mi_join_free(j);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	find_zero_pages(j);
	*ret = j;
	return MI_OK;
}

void mi_join_free(struct mi_join *j)
{
	if (!j)
		return;
	free(j->cells);
	free(j->pfns);
	free(j->pages);
	free(j->again);
	free(j->stretch);
	free(j);
}

/* ---- the cache ---- */

bool mi_join_peek(struct mi_join *j, struct mi_cursor *at, uint64_t index, uint64_t last)
{
	struct mi_slot *s = &at->slot;

	if (at->valid && index >= at->from && index < s->index + s->n)
		return s->index <= last;
	at->valid = mi_cache_next(&at->walk, index >> j->unit, ~0ULL >> j->unit, s);
	if (!at->valid) {
		/* Nothing up to the end: remember that, too. */
		s->index = ~0ULL;
		s->n = 0;
		return false;
	}
	s->index <<= j->unit;
	s->n <<= j->unit;
	if (s->n > ~0ULL - s->index)
		s->n = ~0ULL - s->index;
	at->from = index;
	return s->index <= last;
}

static bool peek_slot(struct mi_join *j, uint64_t index, uint64_t last)
{
	return mi_join_peek(j, &j->cache, index, last);
}

/*
 * hugetlbfs counts in huge pages up to 6.6 and in base pages since (a08c7193e4f1):
 * a huge page that takes one index tells the older form.
 */
static void find_unit(struct mi_join *j)
{
	struct mi_page page;
	struct mi_slot s;

	j->unit = 0;
	if (!j->file->hugetlbfs)
		return;
	if (!mi_feature(j->k, MI_F_PAGE, NULL) || !mi_hugetlb_known(j->k)) {
		j->has_cache = false;
		j->cache_off = true;
		mi_problem_unknown(&j->k->problems, "address_space", j->file->mapping,
				   "is hugetlbfs's, whose huge pages cannot be told in this kernel",
				   "cached pages are missing");
		return;
	}
	if (!mi_cache_next(&j->cache.walk, 0, ~0ULL, &s) || s.kind != MI_SLOT_FOLIO || s.n != 1)
		return;
	mi_pages_load(j->k, &s.pfn, 1, &page);
	if (!page.why && page.hugetlb)
		j->unit = page.order;
}

static void start_cache(struct mi_join *j)
{
	j->has_cache = false;
	j->cache_off = false;
	j->why = MI_READ_OK;
	j->cache.valid = false;
	j->eof = ~0ULL;
	if (!j->file)
		return;
	if (S_ISREG(j->file->mode) || S_ISBLK(j->file->mode))
		j->eof = (j->file->size >> MI_PAGE_SHIFT) +
			 ((j->file->size & (MI_PAGE_SIZE - 1)) != 0);
	if (mi_cache_start(&j->cache.walk, j->k, j->file->mapping, j->file->dax, NULL)) {
		j->cache_off = true;
		j->why = j->cache.walk.why;
		if (j->why)
			mi_problem_read(&j->k->problems, "address_space", j->file->mapping, j->why,
					"cached pages are missing");
		return;
	}
	j->has_cache = true;
	find_unit(j);
}

static void set_slot(struct mi_run *c, const struct mi_slot *s)
{
	uint64_t dist = c->pgoff - s->index;

	c->marks = s->marks;
	switch (s->kind) {
	case MI_SLOT_FOLIO:
		c->cached = MI_CACHED_FOLIO;
		c->slot_pfn = s->pfn + dist;
		break;
	case MI_SLOT_SHADOW:
		c->cached = MI_CACHED_SHADOW;
		c->slot_value = s->value;
		break;
	case MI_SLOT_SWAP:
		c->cached = MI_CACHED_SWAP;
		c->slot_swap_type = s->swap_type;
		c->slot_swap_offset = s->swap_offset + dist;
		break;
	case MI_SLOT_DAX:
		c->cached = MI_CACHED_DAX;
		c->slot_value = s->value;
		break;
	case MI_SLOT_UNREADABLE:
		c->cached = MI_CACHED_UNKNOWN;
		c->slot_why = s->why;
		break;
	}
}

/* Pages that are not where their place says: each is looked up. */
static void fill_slots_each(struct mi_join *j, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct mi_run *c = &j->cells[i];

		if (peek_slot(j, c->pgoff, c->pgoff) &&
		    j->cache.slot.index + j->cache.slot.n > c->pgoff)
			set_slot(c, &j->cache.slot);
	}
}

void mi_join_slots(struct mi_join *j, struct mi_cursor *c, struct mi_run *cells, uint64_t pgoff,
		   size_t n)
{
	uint64_t at = pgoff, end = pgoff + n, from;

	while (at < end && mi_join_peek(j, c, at, end - 1)) {
		from = c->slot.index > at ? c->slot.index : at;
		at = c->slot.index + c->slot.n < end ? c->slot.index + c->slot.n : end;
		for (; from < at; from++)
			set_slot(&cells[from - pgoff], &c->slot);
	}
}

/* ---- the PTEs ---- */

static void set_pte(struct mi_run *c, const struct mi_pte *pte)
{
	c->pte = pte->kind;
	c->pte_bits = pte->bits;
	c->level = pte->level;
	c->pfn = pte->pfn;
	c->swap_type = pte->swap_type;
	c->swap_offset = pte->swap_offset;
	c->pte_why = pte->why;
	c->has_pfn = mi_pte_maps(pte->kind) || pte->kind == MI_PTE_MIGRATION ||
		     pte->kind == MI_PTE_HWPOISON || pte->kind == MI_PTE_DEVICE;
}

void mi_join_ptes(struct mi_join *j, const struct mi_extent *ext, struct mi_run *cells, uint64_t va,
		  size_t n)
{
	struct mi_pte pte;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t page = (va >> MI_PAGE_SHIFT) + i;

		if (ext->kind == MI_EXTENT_TABLE)
			mi_pte_decode(j->k, ext->entries[page - (ext->start >> MI_PAGE_SHIFT)], 1,
				      0, &pte);
		else
			mi_pte_decode(j->k, ext->entry, ext->level,
				      page - (ext->base >> MI_PAGE_SHIFT), &pte);
		mi_pte_in_vma(&pte, j->map->vma.flags);
		set_pte(&cells[i], &pte);
	}
}

/* ---- struct pages ---- */

/* Maps a frame with a struct page that may be looked at. */
static bool wants_page(const struct mi_join *j, const struct mi_run *c)
{
	if (!c->has_pfn || (j->map && j->map->vma.flags & MI_VM_PFNMAP))
		return false;
	if (c->pte_bits & MI_PTE_SPECIAL && c->pte != MI_PTE_MIGRATION)
		return false;
	return c->pfn != j->zero_pfn;
}

/* The page of the file that a cell of a nonlinear mapping stands for. */
static void move_cell(struct mi_run *c, uint64_t pgoff)
{
	c->nonlinear = c->pgoff != pgoff;
	c->pgoff = pgoff;
}

/*
 * In a nonlinear mapping the PTE names the page of the file, or the page that it maps
 * does. Where it is empty, the place does, as in any other mapping.
 */
static void place_cells(struct mi_join *j, size_t n)
{
	size_t i, want = 0;

	for (i = 0; i < n; i++) {
		if (j->cells[i].pte == MI_PTE_FILE)
			move_cell(&j->cells[i], j->cells[i].swap_offset);
		else if (wants_page(j, &j->cells[i]))
			j->pfns[want++] = j->cells[i].pfn;
	}
	if (!want || !mi_feature(j->k, MI_F_PAGE, NULL))
		return;
	mi_pages_load(j->k, j->pfns, want, j->pages);
	for (i = 0, want = 0; i < n; i++) {
		const struct mi_page *pg = &j->pages[want];

		if (j->cells[i].pte == MI_PTE_FILE || !wants_page(j, &j->cells[i]))
			continue;
		want++;
		if (!pg->why && pg->owner == MI_OWNER_FILE && j->file &&
		    pg->mapping == j->file->mapping)
			move_cell(&j->cells[i], pg->index);
	}
}

/* How far the page that the cache means lies behind the head that the slot names. */
static uint64_t behind_head(const struct mi_run *c)
{
	const struct mi_page *pg = &c->slot_page;
	uint64_t dist = c->pgoff - pg->index;

	if (!c->has_slot_page || pg->why || !pg->order || pg->hugetlb ||
	    pg->head_pfn != c->slot_pfn)
		return 0;
	return dist < 1ULL << pg->order ? dist : 0;
}

/*
 * Up to 5.16 (6b24ca4a1a8d) a huge page in the cache takes a slot for each of its
 * pages, and each names the head.
 */
static void follow_heads(struct mi_join *j, size_t n)
{
	size_t i, want = 0;

	for (i = 0; i < n; i++) {
		struct mi_run *c = &j->cells[i];
		uint64_t dist = behind_head(c);

		if (!dist)
			continue;
		c->slot_pfn += dist;
		j->pfns[want++] = c->slot_pfn;
	}
	if (!want)
		return;
	mi_pages_load(j->k, j->pfns, want, j->pages);
	for (i = 0, want = 0; i < n; i++)
		if (j->cells[i].has_slot_page && j->cells[i].slot_page.pfn != j->cells[i].slot_pfn)
			j->cells[i].slot_page = j->pages[want++];
}

void mi_join_pages(struct mi_join *j, size_t n)
{
	size_t i, want = 0;

	if (!mi_feature(j->k, MI_F_PAGE, NULL))
		return;
	for (i = 0; i < n; i++) {
		struct mi_run *c = &j->cells[i];

		c->has_page = wants_page(j, c);
		c->has_slot_page = c->cached == MI_CACHED_FOLIO;
		if (c->has_page)
			j->pfns[want++] = c->pfn;
		if (c->has_slot_page && !(c->has_page && c->pfn == c->slot_pfn))
			j->pfns[want++] = c->slot_pfn;
	}
	mi_pages_load(j->k, j->pfns, want, j->pages);
	for (i = 0, want = 0; i < n; i++) {
		struct mi_run *c = &j->cells[i];

		if (c->has_page) {
			c->page = j->pages[want++];
			/* A huge entry has one mark for all, at the folio's head. */
			if (c->level > 1)
				c->page.anon_exclusive = c->page.folio_anon_exclusive;
		}
		if (c->has_slot_page)
			c->slot_page =
				c->has_page && c->pfn == c->slot_pfn ? c->page : j->pages[want++];
	}
	follow_heads(j, n);
}

/* ---- how they relate ---- */

static enum mi_relation relation(const struct mi_join *j, const struct mi_run *c)
{
	if (c->pte == MI_PTE_SWAP || c->pte == MI_PTE_SWAP_ERROR)
		return j->file ? MI_REL_PRIVATE : MI_REL_NONE;
	if (!c->has_pfn)
		return MI_REL_NONE;
	if (c->pfn == j->zero_pfn)
		return MI_REL_ZERO;
	if (j->huge_zero_pfn != ~0ULL &&
	    c->pfn - j->huge_zero_pfn < 1ULL << mi_huge_order(&j->k->l))
		return MI_REL_ZERO;
	if (!c->has_page)
		return mi_feature(j->k, MI_F_PAGE, NULL) || c->pte_bits & MI_PTE_SPECIAL
			       ? MI_REL_SPECIAL
			       : MI_REL_UNKNOWN;
	if (c->page.why)
		return MI_REL_UNKNOWN;
	if (!j->file)
		return j->map->kind == MI_MAP_SPECIAL ? MI_REL_SPECIAL : MI_REL_NONE;
	if (c->page.owner == MI_OWNER_ANON || c->page.owner == MI_OWNER_KSM)
		return MI_REL_PRIVATE;
	if (c->cached == MI_CACHED_FOLIO && c->slot_pfn == c->pfn)
		return MI_REL_SAME;
	if (j->map->kind == MI_MAP_SPECIAL)
		return MI_REL_SPECIAL;
	return c->cached == MI_CACHED_UNKNOWN ? MI_REL_UNKNOWN : MI_REL_OTHER;
}

static void finish_cell(const struct mi_join *j, struct mi_run *c)
{
	if (j->map)
		c->relation = relation(j, c);
	c->beyond_eof = c->pgoff >= j->eof;
}

/* ---- walking ---- */

void mi_join_cell(struct mi_join *j, struct mi_run *c, uint64_t va, uint64_t pgoff, uint64_t n,
		  const struct mi_extent *ext)
{
	memset(c, 0, sizeof(*c));
	c->va = va;
	c->pgoff = pgoff;
	c->n = n;
	if (j->cache_off) {
		c->cached = MI_CACHED_UNKNOWN;
		c->slot_why = j->why;
	}
	if (ext && ext->kind == MI_EXTENT_UNREADABLE) {
		c->pte = MI_PTE_UNREADABLE;
		c->pte_why = ext->why;
	}
}

void mi_join_hand_up(struct mi_join *j, size_t n)
{
	size_t done, part;

	for (done = 0; done < n && !j->stopped; done += part) {
		part = n - done < MI_JOIN_BATCH ? n - done : MI_JOIN_BATCH;
		if (!j->fn(j->arg, j->cells + done, part) || mi_target_interrupted(j->k->t))
			j->stopped = true;
	}
}

/* What page tables (of @ext) and cache say of @n pages. */
static void fill_places(struct mi_join *j, const struct mi_extent *ext, uint64_t va, uint64_t pgoff,
			size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mi_join_cell(j, &j->cells[i], va ? va + i * MI_PAGE_SIZE : 0, pgoff + i, 1, ext);
	if (ext && (ext->kind == MI_EXTENT_TABLE || ext->kind == MI_EXTENT_HUGE))
		mi_join_ptes(j, ext, j->cells, va, n);
	if (j->nonlinear && ext)
		place_cells(j, n);
	if (j->has_cache && j->nonlinear)
		fill_slots_each(j, n);
	else if (j->has_cache)
		mi_join_slots(j, &j->cache, j->cells, pgoff, n);
}

static void finish_cells(struct mi_join *j, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		finish_cell(j, &j->cells[i]);
}

void mi_join_fill(struct mi_join *j, const struct mi_extent *ext, uint64_t va, uint64_t pgoff,
		  size_t n)
{
	fill_places(j, ext, va, pgoff, n);
	mi_join_pages(j, n);
	finish_cells(j, n);
}

/* @n pages, of which the PTEs (of @ext) or the cache may know something. */
static void do_batch(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n,
		     const struct mi_extent *ext)
{
	if (j->again) {
		fill_places(j, ext, va, pgoff, n);
		mi_join_pages_settled(j, va, pgoff, n);
		finish_cells(j, n);
	} else {
		mi_join_fill(j, ext, va, pgoff, n);
	}
	mi_join_hand_up(j, n);
	if (j->again)
		j->again->met = j->k->problems;
}

/*
 * @n pages without PTE, of which the cache knows nothing either, or (@slot)
 * cannot be read: one cell, or two around the end of the file.
 */
static void do_gap(struct mi_join *j, uint64_t va, uint64_t pgoff, uint64_t n,
		   const struct mi_extent *ext, const struct mi_slot *slot)
{
	uint64_t part[2] = {n, 0}, from = 0;
	size_t i, cells = 1;

	if (pgoff < j->eof && j->eof - pgoff < n) {
		part[0] = j->eof - pgoff;
		part[1] = n - part[0];
		cells = 2;
	}
	for (i = 0; i < cells; from += part[i++]) {
		mi_join_cell(j, &j->cells[i], va ? va + from * MI_PAGE_SIZE : 0, pgoff + from,
			     part[i], ext);
		if (slot)
			set_slot(&j->cells[i], slot);
		finish_cell(j, &j->cells[i]);
	}
	mi_join_hand_up(j, cells);
}

/* A stretch without PTEs: go from cache entry to cache entry. */
static void do_sparse(struct mi_join *j, uint64_t va, uint64_t pgoff, uint64_t n,
		      const struct mi_extent *ext)
{
	uint64_t skip, part;

	while (n && !j->stopped) {
		skip = n;
		if (j->has_cache && peek_slot(j, pgoff, pgoff + n - 1))
			skip = j->cache.slot.index > pgoff ? j->cache.slot.index - pgoff : 0;
		if (skip) {
			do_gap(j, va, pgoff, skip, ext, NULL);
			part = skip;
		} else if (j->cache.slot.kind == MI_SLOT_UNREADABLE) {
			part = j->cache.slot.index + j->cache.slot.n - pgoff;
			part = part < n ? part : n;
			do_gap(j, va, pgoff, part, ext, &j->cache.slot);
		} else {
			part = n < MI_JOIN_BATCH ? n : MI_JOIN_BATCH;
			do_batch(j, va, pgoff, (size_t)part, ext);
		}
		va = va ? va + part * MI_PAGE_SIZE : 0;
		pgoff += part;
		n -= part;
	}
}

/* Returns up to where it has come: it may be further than @ext. */
static uint64_t do_extent(struct mi_join *j, struct mi_extent *ext, uint64_t pgoff)
{
	uint64_t va = ext->start, part;

	if (ext->kind == MI_EXTENT_NONE || ext->kind == MI_EXTENT_UNREADABLE) {
		do_sparse(j, va, pgoff, (ext->end - va) >> MI_PAGE_SHIFT, ext);
		return ext->end;
	}
	mi_join_keep_entries(j, ext);
	for (; va < ext->end && !j->stopped; pgoff += part, va += part * MI_PAGE_SIZE) {
		part = mi_join_alike(j, ext, va, pgoff);
		if (part)
			continue;
		part = (ext->end - va) >> MI_PAGE_SHIFT;
		part = part < j->batch ? part : j->batch;
		do_batch(j, va, pgoff, (size_t)part, ext);
	}
	return va;
}

static enum mi_status finished(struct mi_join *j, struct mi_error *err)
{
	if (j->stopped && mi_target_interrupted(j->k->t))
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	if (j->again && j->again->gone)
		return mi_fail(err, MI_ERR_STATE,
			       "the process exited, or runs another program, while it was read");
	return MI_OK;
}

/* @m, with page tables of @mm; NULL: of @file alone. */
static void begin(struct mi_join *j, const struct mi_mm *mm, const struct mi_mapping *m,
		  const struct mi_file *file, mi_cells_fn fn, void *arg)
{
	j->map = m;
	j->nonlinear = m && mi_vma_nonlinear(j->k, &m->vma);
	j->file = file;
	j->fn = fn;
	j->arg = arg;
	j->stopped = false;
	if (j->again) {
		j->again->mm = mm;
		j->again->gone = false;
		j->again->met = j->k->problems;
	}
	start_cache(j);
}

enum mi_status mi_join_mapping(struct mi_join *j, const struct mi_mm *mm,
			       const struct mi_mapping *m, const struct mi_file *file,
			       mi_cells_fn fn, void *arg, struct mi_error *err)
{
	uint64_t va = m->vma.start, pgoff = m->vma.pgoff, next;
	struct mi_extent ext;
	bool tables;

	mi_swap_learn(j->k, mm);
	begin(j, mm, m, file, fn, arg);
	if (m->file_unreadable)
		j->cache_off = true;
	tables = mi_pt_start(&j->pt, j->k, mm, NULL) == MI_OK;
	while (va < m->vma.end && !j->stopped) {
		if (tables) {
			mi_pt_next(&j->pt, va, m->vma.end, &ext);
		} else {
			memset(&ext, 0, sizeof(ext));
			ext.kind = MI_EXTENT_UNREADABLE;
			ext.start = va;
			ext.end = m->vma.end;
		}
		next = do_extent(j, &ext, pgoff);
		pgoff += (next - va) >> MI_PAGE_SHIFT;
		va = next;
	}
	return finished(j, err);
}

enum mi_status mi_join_file(struct mi_join *j, const struct mi_file *file, uint64_t from,
			    mi_cells_fn fn, void *arg, struct mi_error *err)
{
	uint64_t end;

	begin(j, NULL, NULL, file, fn, arg);
	if (!j->has_cache)
		return mi_fail(err, MI_ERR_MISSING, "the page cache of the file is not to be had");
	end = j->eof != ~0ULL ? j->eof : 0;
	if (from < end)
		do_sparse(j, 0, from, end - from, NULL);
	else
		end = from;
	/* Pages behind i_size: a truncation going on, or preallocated huge pages. */
	while (!j->stopped && peek_slot(j, end, ~0ULL - 1) &&
	       j->cache.slot.kind != MI_SLOT_UNREADABLE) {
		uint64_t first = j->cache.slot.index > end ? j->cache.slot.index : end;
		uint64_t behind = j->cache.slot.index + j->cache.slot.n;

		do_sparse(j, 0, first, behind - first, NULL);
		end = behind;
	}
	return finished(j, err);
}

enum mi_status mi_join_range(struct mi_join *j, const struct mi_file *file, uint64_t from,
			     uint64_t n, mi_cells_fn fn, void *arg, struct mi_error *err)
{
	begin(j, NULL, NULL, file, fn, arg);
	do_sparse(j, 0, from, n, NULL);
	return finished(j, err);
}
