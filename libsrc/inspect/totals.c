// SPDX-License-Identifier: GPL-2.0-or-later
/* totals.c - counts of pages, from their states */
#include "join.h"

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
	t->nonlinear += c->nonlinear ? c->n : 0;
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
	case MI_PTE_FILE:
		t->file_entries += c->n;
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
