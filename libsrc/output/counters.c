// SPDX-License-Identifier: GPL-2.0-or-later
/* counters.c - names of what is counted */
#include "counters.h"

#define F(feature) (1U << MI_F_##feature)
#define FILES MI_IN_FILES
#define OTHER MI_IN_OTHER
#define CACHE MI_IN_CACHE

#define COUNTER(field, head, text, in, always, needs)                                              \
	{                                                                                          \
#field, head, text, offsetof(struct mi_totals, field), in, always, needs           \
	}

/* clang-format off */
const struct mi_counter mi_counters[] = {
	COUNTER(pages, "PAGES", "pages", MI_IN_ALL, MI_IN_ALL, 0),
	COUNTER(mapped, "MAPPED", "mapped", FILES | OTHER, FILES | OTHER, F(PTE)),
	COUNTER(cached, "CACHED", "cached", FILES | CACHE, FILES | CACHE, F(CACHE)),
	COUNTER(dirty, "DIRTY", "dirty", FILES | CACHE, FILES | CACHE, F(CACHE) | F(PAGE)),
	COUNTER(writeback, "WB", "under writeback", FILES | CACHE, FILES | CACHE,
		F(CACHE) | F(PAGE)),
	COUNTER(locked, "LOCKED", "locked", FILES | CACHE, FILES | CACHE, F(CACHE) | F(PAGE)),
	COUNTER(not_uptodate, "NOTUPTD", "not uptodate", FILES | CACHE, 0, F(CACHE) | F(PAGE)),
	COUNTER(readahead, "RA", "with readahead marker", FILES | CACHE, 0, F(CACHE) | F(PAGE)),
	COUNTER(evicted, "EVICT", "evicted", FILES | CACHE, FILES | CACHE, F(CACHE)),
	COUNTER(swapped, "SWAP", "swapped", MI_IN_ALL, OTHER, F(PTE) | F(CACHE)),
	COUNTER(private_copies, "PRIV", "privately copied", FILES, 0, F(PTE) | F(PAGE)),
	COUNTER(anon, "ANON", "anonymous", FILES | OTHER, 0, F(PTE) | F(PAGE)),
	COUNTER(zero, "ZERO", "of the zero page", FILES | OTHER, 0, F(PTE)),
	COUNTER(huge, "HUGE", "mapped huge", FILES | OTHER, 0, F(PTE)),
	COUNTER(large, "LARGE", "in large folios", MI_IN_ALL, 0, F(PAGE)),
	COUNTER(prot_none, "PROTNONE", "prot-none", FILES | OTHER, 0, F(PTE)),
	COUNTER(numa_hint, "NUMAHINT", "numa-hint", FILES | OTHER, 0, F(PTE)),
	COUNTER(other_special, "SPECIAL", "special entries", FILES | OTHER, 0, F(PTE)),
	COUNTER(nonlinear, "NONLIN", "nonlinear", FILES, 0, F(PTE) | F(PAGE)),
	COUNTER(file_entries, "FILEPTE", "with nonlinear entry", FILES, 0, F(PTE)),
	COUNTER(mismatch, "OTHERPG", "mismatched", FILES | OTHER, 0, F(PTE) | F(CACHE) | F(PAGE)),
	COUNTER(beyond_eof, "EOF", "beyond EOF", FILES | CACHE, 0, F(FILE)),
	COUNTER(pte_unreadable, "PTE?", "without page table", FILES | OTHER, 0, 0),
	COUNTER(cache_unreadable, "CACHE?", "with cache slot not read", FILES | CACHE, 0, 0),
	COUNTER(page_unreadable, "PAGE?", "with struct page not read", MI_IN_ALL, 0, 0),
};
/* clang-format on */

const size_t mi_n_counters = sizeof(mi_counters) / sizeof(mi_counters[0]);

/* A new member of struct mi_totals must get its line above. */
_Static_assert(sizeof(mi_counters) / sizeof(mi_counters[0]) ==
		       sizeof(struct mi_totals) / sizeof(uint64_t),
	       "mi_counters lacks a member of struct mi_totals");

bool mi_counter_known(const struct mi_kernel *k, const struct mi_counter *c, unsigned int in)
{
	unsigned int needs = c->needs, f;

	/* Memory without a file has no cache, a file's cache no page table. */
	if (in == MI_IN_OTHER)
		needs &= ~F(CACHE);
	if (in == MI_IN_CACHE)
		needs &= ~F(PTE);
	for (f = 0; f < MI_F_NR; f++)
		if ((needs >> f & 1) && !mi_feature(k, (enum mi_feature)f, NULL))
			return false;
	return true;
}
