// SPDX-License-Identifier: GPL-2.0-or-later
/* join_again.c - a second look at the pages of a running kernel */
#include "join_private.h"

/* How often cells that change are looked at. */
#define LOOKS_MAX 5

static void look_at_ptes(struct mi_join *j, uint64_t va, size_t n)
{
	uint64_t end = va + n * MI_PAGE_SIZE, at;
	struct mi_extent e;
	size_t i;

	if (mi_pt_start(&j->again->pt, j->k, j->again->mm, NULL))
		return;
	for (at = va; at < end; at = e.end) {
		struct mi_run *c = &j->again->cells[(at - va) >> MI_PAGE_SHIFT];

		mi_pt_next(&j->again->pt, at, end, &e);
		if (e.kind == MI_EXTENT_TABLE || e.kind == MI_EXTENT_HUGE)
			mi_join_ptes(j, &e, c, at, (e.end - at) >> MI_PAGE_SHIFT);
		for (i = 0; e.kind == MI_EXTENT_UNREADABLE && i < (e.end - at) >> MI_PAGE_SHIFT;
		     i++) {
			c[i].pte = MI_PTE_UNREADABLE;
			c[i].pte_why = e.why;
		}
	}
}

/* The cache is still that of the file, and can be walked. */
bool mi_join_slots_again(struct mi_join *j)
{
	const struct mi_layout *l = &j->k->l;
	uint64_t host;

	if (mi_has(&l->as_host) && (mi_read_member(j->k->t, j->file->mapping, &l->as_host, &host) ||
				    host != j->file->inode))
		return false;
	j->again->cache.valid = false;
	return mi_cache_start(&j->again->cache.walk, j->k, j->file->mapping, j->file->dax, NULL) ==
	       MI_OK;
}

/* Its address_space was freed: what is there now is not the file's. */
static void lose_cache(struct mi_join *j)
{
	j->has_cache = false;
	j->cache_off = true;
	j->why = MI_READ_UNSTABLE;
}

/* Equal but for what the CPU and writeback change without moving a page. */
static bool same_cell(const struct mi_run *a, uint64_t slot_pfn, const struct mi_run *b)
{
	const unsigned int loose = MI_PTE_YOUNG | MI_PTE_DIRTY | MI_PTE_SOFT_DIRTY;

	return a->pte == b->pte && a->has_pfn == b->has_pfn && a->pfn == b->pfn &&
	       (a->pte_bits & ~loose) == (b->pte_bits & ~loose) && a->level == b->level &&
	       a->swap_type == b->swap_type && a->swap_offset == b->swap_offset &&
	       a->cached == b->cached && slot_pfn == b->slot_pfn &&
	       a->slot_value == b->slot_value && a->slot_swap_type == b->slot_swap_type &&
	       a->slot_swap_offset == b->slot_swap_offset;
}

/* Pages of memory, in a row, that hold struct pages. */
struct page_run {
	uint64_t va;
	size_t n;
};

static void reread_page(struct mi_join *j, struct page_run *run, uint64_t pfn)
{
	uint64_t at = mi_pfn_to_page(j->k, pfn) & ~(uint64_t)(MI_PAGE_SIZE - 1);

	if (run->n && at >= run->va && at <= run->va + run->n * MI_PAGE_SIZE) {
		run->n += at == run->va + run->n * MI_PAGE_SIZE;
		return;
	}
	if (run->n)
		mi_target_reread(j->k->t, run->va, run->n);
	run->va = at;
	run->n = 1;
}

/* What is known of their struct pages may be from before they were mapped, or cached. */
static void reread(struct mi_join *j, size_t n, bool only_changed)
{
	struct page_run run = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		const struct mi_run *c = &j->cells[i];

		if (only_changed && !j->again->cells[i].n)
			continue;
		if (c->has_pfn)
			reread_page(j, &run, c->pfn);
		if (c->cached == MI_CACHED_FOLIO && !(c->has_pfn && c->pfn == c->slot_pfn))
			reread_page(j, &run, c->slot_pfn);
	}
	if (run.n)
		mi_target_reread(j->k->t, run.va, run.n);
}

void mi_join_reread(struct mi_join *j, const uint64_t *pfns, size_t n)
{
	struct page_run run = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t room = MI_PAGE_SIZE - (mi_pfn_to_page(j->k, pfns[i]) & (MI_PAGE_SIZE - 1));
		uint64_t last = pfns[i] + room / j->k->l.size_page;

		reread_page(j, &run, pfns[i]);
		/* What follows in the same page of struct pages. */
		while (i + 1 < n && pfns[i + 1] == pfns[i] + 1 && pfns[i + 1] < last)
			i++;
	}
	if (run.n)
		mi_target_reread(j->k->t, run.va, run.n);
}

/* Page tables are the process's as long as it has this mm. */
bool mi_join_same_mm(const struct mi_join *j)
{
	const struct mi_mm *mm = j->again->mm;
	uint64_t now;

	return !mm->task ||
	       (!mi_read_member(j->k->t, mm->task, &j->k->l.task_mm, &now) && now == mm->addr);
}

/* Cells as they are now beside those of the first look; returns how many differ, and marks them. */
static size_t look_again(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n)
{
	const struct mi_problems before = j->k->problems;
	struct mi_join_look *now = j->again;
	size_t i, changed = 0;

	mi_look_again(j->k->t);
	if (j->has_cache && !mi_join_slots_again(j))
		lose_cache(j);
	for (i = 0; i < n; i++)
		mi_join_cell(j, &now->cells[i], va ? va + i * MI_PAGE_SIZE : 0, pgoff + i, 1, NULL);
	if (j->has_cache)
		mi_join_slots(j, &now->cache, now->cells, pgoff, n);
	if (va) {
		look_at_ptes(j, va, n);
		now->gone = !mi_join_same_mm(j);
	}
	for (i = 0; i < n; i++) {
		now->cells[i].n = !same_cell(&j->cells[i], now->slot_pfn[i], &now->cells[i]);
		changed += now->cells[i].n;
	}
	mi_look_end(j->k->t, changed);
	j->k->problems = before;
	return changed;
}

static void take_changed(struct mi_join *j, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!j->again->cells[i].n)
			continue;
		j->cells[i] = j->again->cells[i];
		j->cells[i].n = 1;
		j->again->slot_pfn[i] = j->cells[i].slot_pfn;
	}
	reread(j, n, true);
	mi_join_pages(j, n);
}

static void mark_unstable(struct mi_join *j, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct mi_run *c = &j->cells[i];

		if (!j->again->cells[i].n)
			continue;
		mi_join_cell(j, c, c->va, c->pgoff, 1, NULL);
		c->pte = c->va ? MI_PTE_UNREADABLE : MI_PTE_NONE;
		c->pte_why = MI_READ_UNSTABLE;
		c->cached = j->file ? MI_CACHED_UNKNOWN : MI_CACHED_NONE;
		c->slot_why = MI_READ_UNSTABLE;
		mi_problem_read(&j->k->problems, "page", c->va ? c->va : c->pgoff, MI_READ_UNSTABLE,
				"its state is not told");
	}
}

/* The walks remember tables and nodes as they were. */
static void walk_anew(struct mi_join *j)
{
	if (j->again->mm)
		mi_pt_start(&j->pt, j->k, j->again->mm, NULL);
	j->cache.valid = false;
	if (j->has_cache)
		mi_cache_start(&j->cache.walk, j->k, j->file->mapping, j->file->dax, NULL);
}

static void settle(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n)
{
	bool had_cache = j->has_cache;
	unsigned int looks;

	for (looks = 0; looks < LOOKS_MAX && look_again(j, va, pgoff, n) && !j->again->gone;
	     looks++)
		take_changed(j, n);
	/* What the first look met, the second did not. */
	if (looks) {
		j->k->problems = j->again->met;
		walk_anew(j);
	}
	if (had_cache && !j->has_cache)
		mi_problem_read(&j->k->problems, "address_space", j->file->mapping,
				MI_READ_UNSTABLE, "cached pages are missing");
	if (j->again->gone)
		j->stopped = true;
	else if (looks == LOOKS_MAX)
		mark_unstable(j, n);
}

void mi_join_pages_settled(struct mi_join *j, uint64_t va, uint64_t pgoff, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		j->again->slot_pfn[i] = j->cells[i].slot_pfn;
	reread(j, n, false);
	mi_join_pages(j, n);
	settle(j, va, pgoff, n);
}
