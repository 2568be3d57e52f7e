// SPDX-License-Identifier: GPL-2.0-or-later
/* check_pages.c - is each page mapped as often as it says, and not free? */
#include <inttypes.h>
#include <stdlib.h>

#include "check_private.h"

/* 256 MiB of them: 64 GiB of pages, each mapped once. */
#define SEEN_MAX (16UL << 20)

static void see(struct mi_check_run *r, const struct mi_page *page, enum mi_seen_how how,
		int32_t pid)
{
	struct mi_seen *more;
	size_t room;

	if (r->n_seen == r->room_seen) {
		room = r->room_seen ? 2 * r->room_seen : 4096;
		more = room <= SEEN_MAX ? realloc(r->seen, room * sizeof(*more)) : NULL;
		if (!more) {
			mi_check_cannot(r, MI_RULE_MAPCOUNT, "too many pages are mapped");
			return;
		}
		r->seen = more;
		r->room_seen = room;
	}
	r->seen[r->n_seen++] = (struct mi_seen){page->pfn, how, (int32_t)page->mapcount, pid};
}

static bool is_head(const struct mi_page *page)
{
	return page->pfn == page->head_pfn;
}

void mi_check_see(struct mi_check_run *r, const struct mi_page *page, bool huge, bool shared,
		  int32_t pid)
{
	enum mi_seen_how how = MI_SEEN_PAGE;

	if (!r->c->ask.asked[MI_RULE_MAPCOUNT] || page->why)
		return;
	/*
	 * A huge entry comes page by page; however hugetlb maps a page, it maps all of it. Where
	 * orders cannot be told, each page counts huge entries with its own.
	 */
	if (page->hugetlb)
		how = shared ? MI_SEEN_SHARED : MI_SEEN_WHOLE;
	else if (page->order)
		how = huge ? MI_SEEN_WHOLE : MI_SEEN_PART;
	if (is_head(page) || how == MI_SEEN_PAGE || how == MI_SEEN_PART)
		see(r, page, how, pid);
}

void mi_check_see_cached(struct mi_check_run *r, const struct mi_page *page)
{
	if (!r->c->ask.asked[MI_RULE_MAPCOUNT] || page->why || page->hugetlb)
		return;
	if (page->order ? is_head(page) : page->mapcount > 0)
		see(r, page, page->order ? MI_SEEN_PART : MI_SEEN_PAGE, 0);
}

/* Of one page, those that map it first. */
static int by_pfn(const void *a, const void *b)
{
	const struct mi_seen *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return x->pid > y->pid ? -1 : x->pid < y->pid;
}

static void check_one(struct mi_check_run *r, const struct mi_seen *s, size_t n)
{
	const uint64_t pfn = s->pfn;
	struct mi_found *f;
	size_t ptes = 0;

	while (ptes < n && s[ptes].pid)
		ptes++;
	mi_check_apply(r, MI_RULE_MAPCOUNT);
	if (s->mapcount >= 0 && (size_t)s->mapcount == ptes)
		return;
	f = mi_check_add(r, MI_RULE_MAPCOUNT, "page", mi_pfn_to_page(r->c->k, pfn), s->pid);
	mi_check_say(f, "frame %#" PRIx64 " is mapped by %zu PTEs, and its mapcount is %d", pfn,
		     ptes, s->mapcount);
	mi_check_number(f, "ptes", (int64_t)ptes);
	mi_check_number(f, "mapcount", s->mapcount);
	mi_check_address(f, "pfn", pfn);
}

void mi_check_mapcounts(struct mi_check_run *r)
{
	size_t i, n;

	if (!r->c->ask.asked[MI_RULE_MAPCOUNT])
		return;
	if (!r->all_seen)
		mi_check_cannot(r, MI_RULE_MAPCOUNT, "not all page tables could be read");
	if (r->c->why_not[MI_RULE_MAPCOUNT])
		return;
	if (r->n_seen)
		qsort(r->seen, r->n_seen, sizeof(*r->seen), by_pfn);
	for (i = 0; i < r->n_seen; i += n) {
		if (r->seen[i].how != MI_SEEN_PAGE) {
			n = mi_check_folio(r, &r->seen[i], r->n_seen - i);
			continue;
		}
		for (n = 1; i + n < r->n_seen && r->seen[i + n].pfn == r->seen[i].pfn; n++)
			;
		check_one(r, &r->seen[i], n);
	}
}

/* ---- pages that were freed ---- */

#define FREED_MAX (1U << 20)

/* With the lock, reclaim and migration take the count away for a moment. */
void mi_check_freed(struct mi_check_run *r, const struct mi_page *page, int32_t pid)
{
	uint64_t addr = mi_pfn_to_page(r->c->k, page->pfn);
	struct mi_found *f;
	size_t seen;

	if (page->why || !mi_check_apply(r, MI_RULE_FREED) || page->refcount > 0 ||
	    page->flags >> MI_PG_LOCKED & 1)
		return;
	/* Mapped by many, in a cache as well: told once. */
	if (mi_addrmap_get(&r->freed, addr, &seen))
		return;
	if (r->freed.used == FREED_MAX) {
		mi_check_cannot(r, MI_RULE_FREED, "more than a million pages are free and in use");
		return;
	}
	r->no_memory |= !mi_addrmap_put(&r->freed, addr, 0);
	f = mi_check_add(r, MI_RULE_FREED, "page", addr, pid);
	mi_check_say(f, "frame %#" PRIx64 " is %s, and its refcount is %" PRId64, page->pfn,
		     pid ? "mapped" : "in a file's cache", page->refcount);
	mi_check_number(f, "refcount", page->refcount);
	mi_check_address(f, "pfn", page->pfn);
}
