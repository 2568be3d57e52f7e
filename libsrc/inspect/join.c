// SPDX-License-Identifier: GPL-2.0-or-later
/* join.c - what the PTE, the cache slot and struct page say of each page of a mapping */
#include <stdlib.h>
#include <sys/stat.h>

#include "join.h"

struct mi_join {
	struct mi_kernel *k;
	struct mi_pt_walk pt;
	struct mi_cache_walk cache;

	/* Of the walk going on. */
	const struct mi_mapping *map;
	const struct mi_file *file;
	bool has_cache;	   /* the cache can be walked */
	bool cache_off;	   /* there is a file, and its cache is not to be had */
	unsigned int unit; /* the tree counts in units of 1 << unit pages */
	uint64_t eof;	   /* first page without a byte of the file; ~0: no such end */
	mi_cells_fn fn;
	void *arg;
	bool stopped;

	struct mi_slot slot; /* the next entry of the cache... */
	bool slot_valid;
	uint64_t slot_from; /* ...at or behind this page */

	uint64_t zero_pfn, huge_zero_pfn; /* ~0: unknown */

	struct mi_run cells[MI_JOIN_BATCH];
	uint64_t pfns[2 * MI_JOIN_BATCH];
	struct mi_page pages[2 * MI_JOIN_BATCH];
};

static void find_zero_pages(struct mi_join *j)
{
	const struct mi_layout *l = &j->k->l;
	uint64_t pa, page;

	j->zero_pfn = j->huge_zero_pfn = ~0ULL;
	if (l->sym_empty_zero_page && !mi_virt_to_phys(j->k->t, l->sym_empty_zero_page, &pa))
		j->zero_pfn = pa >> MI_PAGE_SHIFT;
	if (l->sym_huge_zero_page && !mi_read_u64(j->k->t, l->sym_huge_zero_page, &page) && page &&
	    !mi_page_to_pfn(j->k, page, &j->huge_zero_pfn))
		j->huge_zero_pfn = ~0ULL;
}

enum mi_status mi_join_new(struct mi_kernel *k, struct mi_join **ret, struct mi_error *err)
{
	struct mi_join *j = calloc(1, sizeof(*j));

	if (!j)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	j->k = k;
	find_zero_pages(j);
	*ret = j;
	return MI_OK;
}

void mi_join_free(struct mi_join *j)
{
	free(j);
}

/* ---- the cache ---- */

/* The entry at or behind page @index, remembered until it is passed. */
static bool peek_slot(struct mi_join *j, uint64_t index, uint64_t last)
{
	struct mi_slot *s = &j->slot;

	if (j->slot_valid && index >= j->slot_from && index < s->index + s->n)
		return s->index <= last;
	j->slot_valid = mi_cache_next(&j->cache, index >> j->unit, ~0ULL >> j->unit, s);
	if (!j->slot_valid) {
		/* Nothing up to the end: remember that, too. */
		s->index = ~0ULL;
		s->n = 0;
		return false;
	}
	s->index <<= j->unit;
	s->n <<= j->unit;
	if (s->n > ~0ULL - s->index)
		s->n = ~0ULL - s->index;
	j->slot_from = index;
	return s->index <= last;
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
		mi_problem_bad(&j->k->problems, "address_space", j->file->mapping,
			       "is hugetlbfs's, whose huge pages cannot be told in this kernel",
			       "cached pages are missing");
		return;
	}
	if (!mi_cache_next(&j->cache, 0, ~0ULL, &s) || s.kind != MI_SLOT_FOLIO || s.n != 1)
		return;
	mi_pages_load(j->k, &s.pfn, 1, &page);
	if (!page.why && page.hugetlb)
		j->unit = page.order;
}

static void start_cache(struct mi_join *j)
{
	struct mi_error e;

	j->has_cache = false;
	j->cache_off = false;
	j->slot_valid = false;
	j->eof = ~0ULL;
	if (!j->file)
		return;
	if (S_ISREG(j->file->mode) || S_ISBLK(j->file->mode))
		j->eof = (j->file->size >> MI_PAGE_SHIFT) +
			 ((j->file->size & (MI_PAGE_SIZE - 1)) != 0);
	if (mi_cache_start(&j->cache, j->k, j->file->mapping, j->file->dax, &e)) {
		j->cache_off = true;
		if (e.status == MI_ERR_READ)
			mi_problem_bad(&j->k->problems, "address_space", j->file->mapping,
				       "cannot be read", "cached pages are missing");
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

static void fill_slots(struct mi_join *j, uint64_t pgoff, size_t n)
{
	uint64_t at = pgoff, end = pgoff + n, from;

	while (at < end && peek_slot(j, at, end - 1)) {
		from = j->slot.index > at ? j->slot.index : at;
		at = j->slot.index + j->slot.n < end ? j->slot.index + j->slot.n : end;
		for (; from < at; from++)
			set_slot(&j->cells[from - pgoff], &j->slot);
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

static void fill_ptes(struct mi_join *j, const struct mi_extent *ext, uint64_t va, size_t n)
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
		set_pte(&j->cells[i], &pte);
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

static void fill_pages(struct mi_join *j, size_t n)
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
	if (j->huge_zero_pfn != ~0ULL && c->pfn - j->huge_zero_pfn < 512)
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

static void init_cell(struct mi_join *j, struct mi_run *c, uint64_t va, uint64_t pgoff, uint64_t n,
		      const struct mi_extent *ext)
{
	memset(c, 0, sizeof(*c));
	c->va = va;
	c->pgoff = pgoff;
	c->n = n;
	if (j->cache_off)
		c->cached = MI_CACHED_UNKNOWN;
	if (ext && ext->kind == MI_EXTENT_UNREADABLE) {
		c->pte = MI_PTE_UNREADABLE;
		c->pte_why = ext->why;
	}
}

static void hand_up(struct mi_join *j, size_t n)
{
	if (!j->fn(j->arg, j->cells, n) || mi_target_interrupted(j->k->t))
		j->stopped = true;
}

/* @n pages, of which the PTEs (of @ext) or the cache may know something. */
static void do_batch(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n,
		     const struct mi_extent *ext)
{
	size_t i;

	for (i = 0; i < n; i++)
		init_cell(j, &j->cells[i], va ? va + i * MI_PAGE_SIZE : 0, pgoff + i, 1, ext);
	if (ext && (ext->kind == MI_EXTENT_TABLE || ext->kind == MI_EXTENT_HUGE))
		fill_ptes(j, ext, va, n);
	if (j->has_cache)
		fill_slots(j, pgoff, n);
	fill_pages(j, n);
	for (i = 0; i < n; i++)
		finish_cell(j, &j->cells[i]);
	hand_up(j, n);
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
		init_cell(j, &j->cells[i], va ? va + from * MI_PAGE_SIZE : 0, pgoff + from, part[i],
			  ext);
		if (slot)
			set_slot(&j->cells[i], slot);
		finish_cell(j, &j->cells[i]);
	}
	hand_up(j, cells);
}

/* A stretch without PTEs: go from cache entry to cache entry. */
static void do_sparse(struct mi_join *j, uint64_t va, uint64_t pgoff, uint64_t n,
		      const struct mi_extent *ext)
{
	uint64_t skip, part;

	while (n && !j->stopped) {
		skip = n;
		if (j->has_cache && peek_slot(j, pgoff, pgoff + n - 1))
			skip = j->slot.index > pgoff ? j->slot.index - pgoff : 0;
		if (skip) {
			do_gap(j, va, pgoff, skip, ext, NULL);
			part = skip;
		} else if (j->slot.kind == MI_SLOT_UNREADABLE) {
			part = j->slot.index + j->slot.n - pgoff;
			part = part < n ? part : n;
			do_gap(j, va, pgoff, part, ext, &j->slot);
		} else {
			part = n < MI_JOIN_BATCH ? n : MI_JOIN_BATCH;
			do_batch(j, va, pgoff, (size_t)part, ext);
		}
		va = va ? va + part * MI_PAGE_SIZE : 0;
		pgoff += part;
		n -= part;
	}
}

static void do_extent(struct mi_join *j, const struct mi_extent *ext, uint64_t pgoff)
{
	uint64_t va = ext->start, n = (ext->end - ext->start) >> MI_PAGE_SHIFT, part;

	if (ext->kind == MI_EXTENT_NONE || ext->kind == MI_EXTENT_UNREADABLE) {
		do_sparse(j, va, pgoff, n, ext);
		return;
	}
	for (; n && !j->stopped; n -= part, pgoff += part, va += part * MI_PAGE_SIZE) {
		part = n < MI_JOIN_BATCH ? n : MI_JOIN_BATCH;
		do_batch(j, va, pgoff, (size_t)part, ext);
	}
}

static enum mi_status finished(struct mi_join *j, struct mi_error *err)
{
	if (j->stopped && mi_target_interrupted(j->k->t))
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	return MI_OK;
}

enum mi_status mi_join_mapping(struct mi_join *j, const struct mi_mm *mm,
			       const struct mi_mapping *m, const struct mi_file *file,
			       mi_cells_fn fn, void *arg, struct mi_error *err)
{
	uint64_t va = m->vma.start, pgoff = m->vma.pgoff;
	struct mi_extent ext;
	bool tables;

	j->map = m;
	j->file = file;
	j->fn = fn;
	j->arg = arg;
	j->stopped = false;
	start_cache(j);
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
		do_extent(j, &ext, pgoff);
		pgoff += (ext.end - va) >> MI_PAGE_SHIFT;
		va = ext.end;
	}
	return finished(j, err);
}

enum mi_status mi_join_file(struct mi_join *j, const struct mi_file *file, uint64_t from,
			    mi_cells_fn fn, void *arg, struct mi_error *err)
{
	uint64_t end;

	j->map = NULL;
	j->file = file;
	j->fn = fn;
	j->arg = arg;
	j->stopped = false;
	start_cache(j);
	if (!j->has_cache)
		return mi_fail(err, MI_ERR_MISSING, "the page cache of the file is not to be had");
	end = j->eof != ~0ULL ? j->eof : 0;
	if (from < end)
		do_sparse(j, 0, from, end - from, NULL);
	else
		end = from;
	/* Pages behind i_size: a truncation going on, or preallocated huge pages. */
	while (!j->stopped && peek_slot(j, end, ~0ULL - 1) && j->slot.kind != MI_SLOT_UNREADABLE) {
		uint64_t first = j->slot.index > end ? j->slot.index : end;
		uint64_t behind = j->slot.index + j->slot.n;

		do_sparse(j, 0, first, behind - first, NULL);
		end = behind;
	}
	return finished(j, err);
}

/* ---- totals ---- */

static void count_cached(struct mi_totals *t, const struct mi_run *c, bool with_pte)
{
	uint32_t flags = c->slot_page.flags;
	bool known = c->has_slot_page && !c->slot_page.why;
	bool pte_dirty = with_pte && c->relation == MI_REL_SAME && c->pte_bits & MI_PTE_DIRTY;

	t->cached += c->n;
	if (c->has_slot_page && c->slot_page.why)
		t->page_unreadable += c->n;
	if (pte_dirty || (known && flags & 1U << MI_PG_DIRTY))
		t->dirty += c->n;
	if (!known)
		return;
	t->writeback += flags >> MI_PG_WRITEBACK & 1 ? c->n : 0;
	t->locked += flags >> MI_PG_LOCKED & 1 ? c->n : 0;
	t->not_uptodate += flags >> MI_PG_UPTODATE & 1 ? 0 : c->n;
	t->readahead += flags >> MI_PG_READAHEAD & 1 ? c->n : 0;
}

static void count_slot(struct mi_totals *t, const struct mi_run *c, bool with_pte)
{
	t->pages += c->n;
	t->beyond_eof += c->beyond_eof ? c->n : 0;
	switch (c->cached) {
	case MI_CACHED_FOLIO:
		count_cached(t, c, with_pte);
		break;
	case MI_CACHED_SHADOW:
		t->evicted += c->n;
		break;
	case MI_CACHED_SWAP:
		t->swapped += c->n;
		break;
	case MI_CACHED_UNKNOWN:
		t->cache_unreadable += c->n;
		break;
	default:
		break;
	}
}

static void count_mapped(struct mi_totals *t, const struct mi_run *c)
{
	bool anon = c->has_page && !c->page.why &&
		    (c->page.owner == MI_OWNER_ANON || c->page.owner == MI_OWNER_KSM);

	t->mapped += c->n;
	t->prot_none += c->pte == MI_PTE_PROT_NONE ? c->n : 0;
	t->numa_hint += c->pte == MI_PTE_NUMA_HINT ? c->n : 0;
	t->huge += c->pte_bits & MI_PTE_HUGE ? c->n : 0;
	t->anon += anon ? c->n : 0;
	t->zero += c->relation == MI_REL_ZERO ? c->n : 0;
	t->mismatch += c->relation == MI_REL_OTHER ? c->n : 0;
	if (!c->has_page)
		return;
	t->large += !c->page.why && c->page.order ? c->n : 0;
	if (c->page.why && !(c->has_slot_page && c->slot_pfn == c->pfn))
		t->page_unreadable += c->n;
}

static void count_one(struct mi_totals *t, const struct mi_run *c)
{
	count_slot(t, c, true);
	t->private_copies += c->relation == MI_REL_PRIVATE ? c->n : 0;
	switch (c->pte) {
	case MI_PTE_PRESENT:
	case MI_PTE_PROT_NONE:
	case MI_PTE_NUMA_HINT:
		count_mapped(t, c);
		break;
	case MI_PTE_SWAP:
		/* A swapped copy counts once, whatever the slot holds. */
		t->swapped += c->cached == MI_CACHED_SWAP ? 0 : c->n;
		break;
	case MI_PTE_NONE:
		break;
	case MI_PTE_UNREADABLE:
		t->pte_unreadable += c->n;
		break;
	default:
		t->other_special += c->n;
		break;
	}
}

void mi_totals_count(struct mi_totals *t, const struct mi_run *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		count_one(t, &cells[i]);
}

void mi_totals_count_file(struct mi_totals *t, const struct mi_run *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!cells[i].beyond_eof)
			count_slot(t, &cells[i], false);
}

void mi_totals_add(struct mi_totals *to, const struct mi_totals *from)
{
	const uint64_t *f = (const uint64_t *)from;
	uint64_t *t = (uint64_t *)to;
	size_t i;

	/* All members are uint64_t counters. */
	for (i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] += f[i];
}
