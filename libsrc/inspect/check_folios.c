// SPDX-License-Identifier: GPL-2.0-or-later
/* check_folios.c - is a folio of more than one page mapped as often as it says? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../kernel/folio.h"
#include "check_private.h"

#define ORDER_MAX 10 /* mi_huge_order() at most; hugetlb has larger ones */
#define PAGES_MAX (1U << ORDER_MAX)
#define PIDS_TOLD 6

/* The folio that is looked at. */
struct mi_folio_seen {
	struct mi_page head;
	struct mi_folio_counts counts;
	int64_t whole, ptes; /* entries that map all of it, or a page */
	size_t n_pages;	     /* looked at one by one; 0: it is of hugetlb */
	struct mi_page pages[PAGES_MAX];
	uint32_t by_ptes[PAGES_MAX]; /* how many map this page */
	uint64_t pfns[PAGES_MAX];
};

/* False: by a page table that processes share one entry may count for all of them. */
static bool count_entries(struct mi_folio_seen *f, const struct mi_seen *s, size_t n)
{
	bool sure = true;
	size_t i;

	f->whole = f->ptes = 0;
	for (i = 0; i < f->n_pages; i++)
		f->by_ptes[i] = 0;
	for (i = 0; i < n; i++) {
		sure &= s[i].how != MI_SEEN_SHARED;
		if (!s[i].pid)
			continue;
		if (s[i].how == MI_SEEN_WHOLE || !f->n_pages) {
			f->whole++;
			continue;
		}
		f->ptes++;
		f->by_ptes[s[i].pfn - f->head.head_pfn]++;
	}
	return sure;
}

/* What there is to compare with. False: it is not known how this folio counts. */
static bool load_counts(struct mi_kernel *k, struct mi_folio_seen *f)
{
	const struct mi_page *head = &f->head;
	size_t i;

	f->n_pages = head->hugetlb ? 0 : (size_t)1 << head->order;
	if (!head->hugetlb && (head->order > mi_huge_order(&k->l) || head->order > ORDER_MAX))
		return false;
	/* Of drivers, or just being truncated. */
	if (head->owner != MI_OWNER_FILE && head->owner != MI_OWNER_ANON)
		return false;
	if (!mi_folio_counts(k, head, &f->counts))
		return false;
	for (i = 0; i < f->n_pages; i++)
		f->pfns[i] = head->head_pfn + i;
	mi_pages_load(k, f->pfns, f->n_pages, f->pages);
	for (i = 0; i < f->n_pages; i++)
		if (f->pages[i].why || f->pages[i].head_pfn != head->head_pfn)
			return false;
	return true;
}

/* The first page whose own count is wrong; n_pages: none. */
static size_t wrong_page(const struct mi_folio_seen *f)
{
	size_t i;

	if (!f->counts.per_page)
		return f->n_pages;
	for (i = 0; i < f->n_pages; i++)
		if (f->pages[i].mapcount != f->whole + f->by_ptes[i])
			break;
	return i;
}

static int64_t mapped_by_ptes(const struct mi_folio_seen *f)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < f->n_pages; i++)
		n += f->by_ptes[i] > 0;
	return n;
}

/* Its own counts, not those of its pages. */
static bool is_right(const struct mi_folio_seen *f)
{
	const struct mi_folio_counts *c = &f->counts;

	if (c->entire != f->whole || (c->has_large && c->large != f->whole + f->ptes))
		return false;
	return !c->per_page || !c->has_nr_mapped || c->nr_mapped == mapped_by_ptes(f);
}

/* "7, 12 ...": each once; a process may map it with many entries. */
static void put_pids(const struct mi_seen *s, size_t n, char *buf, size_t size)
{
	int32_t told[PIDS_TOLD];
	size_t i, j, n_told = 0, len = 0;

	buf[0] = '\0';
	for (i = 0; i < n; i++) {
		for (j = 0; j < n_told && told[j] != s[i].pid; j++)
			;
		if (!s[i].pid || j < n_told)
			continue;
		if (n_told == PIDS_TOLD) {
			snprintf(buf + len, size - len, " ...");
			return;
		}
		told[n_told++] = s[i].pid;
		len += (size_t)snprintf(buf + len, size - len, "%s%" PRId32, len ? ", " : "",
					s[i].pid);
	}
}

static void add_values(struct mi_found *found, const struct mi_folio_seen *f, size_t page)
{
	const struct mi_folio_counts *c = &f->counts;

	mi_check_address(found, "pfn", f->head.head_pfn);
	mi_check_number(found, "huge_entries", f->whole);
	mi_check_number(found, "ptes", f->ptes);
	mi_check_number(found, "entire_mapcount", c->entire);
	if (c->has_large)
		mi_check_number(found, "large_mapcount", c->large);
	if (c->has_nr_mapped)
		mi_check_number(found, "nr_pages_mapped", c->nr_mapped);
	if (page < f->n_pages) {
		mi_check_number(found, "page", (int64_t)page);
		mi_check_number(found, "page_mapcount", f->pages[page].mapcount);
	}
}

static void tell(struct mi_check_run *r, const struct mi_folio_seen *f, const struct mi_seen *s,
		 size_t n, size_t page)
{
	const char *of = f->head.hugetlb ? "huge page" : "folio";
	struct mi_found *found;
	char pids[PIDS_TOLD * 13 + 8];
	int32_t pid = 0;
	size_t i;

	for (i = 0; i < n && !pid; i++)
		pid = s[i].pid;
	put_pids(s, n, pids, sizeof(pids));
	found = mi_check_add(r, MI_RULE_MAPCOUNT, "folio",
			     mi_pfn_to_page(r->c->k, f->head.head_pfn), pid);
	if (is_right(f))
		mi_check_say(found,
			     "page %zu of the %s at frame %#" PRIx64 " is mapped by %" PRId64
			     " entries, and its mapcount is %" PRId64 "; PIDs with the %s: %s",
			     page, of, f->head.head_pfn, f->whole + f->by_ptes[page],
			     f->pages[page].mapcount, of, pids[0] ? pids : "none");
	else
		mi_check_say(found,
			     "the %s at frame %#" PRIx64 ", %" PRIu64
			     " pages, is mapped by %" PRId64 " huge and %" PRId64
			     " small entries, and counts otherwise; PIDs: %s",
			     of, f->head.head_pfn, (uint64_t)1 << f->head.order, f->whole, f->ptes,
			     pids[0] ? pids : "none");
	add_values(found, f, page);
}

static void compare(struct mi_check_run *r, struct mi_folio_seen *f, const struct mi_seen *s,
		    size_t n)
{
	size_t page;

	if (!load_counts(r->c->k, f) || !count_entries(f, s, n) ||
	    !mi_check_apply(r, MI_RULE_MAPCOUNT))
		return;
	r->c->folios++;
	page = wrong_page(f);
	if (page < f->n_pages || !is_right(f))
		tell(r, f, s, n, page);
}

size_t mi_check_folio(struct mi_check_run *r, const struct mi_seen *s, size_t n)
{
	uint64_t pfn = s->pfn, end;
	struct mi_folio_seen *f;
	size_t used = 1;

	if (!r->folio)
		r->folio = malloc(sizeof(*r->folio));
	f = r->folio;
	if (!f) {
		r->no_memory = true;
		return n;
	}
	mi_pages_load(r->c->k, &pfn, 1, &f->head);
	end = f->head.head_pfn + (1ULL << f->head.order);
	while (used < n && s[used].pfn < end)
		used++;
	/* A running kernel may have split it since. */
	if (!f->head.why && f->head.order)
		compare(r, f, s, used);
	return used;
}
