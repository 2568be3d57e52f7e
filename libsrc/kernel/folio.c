// SPDX-License-Identifier: GPL-2.0-or-later
/* folio.c - how often a large folio is mapped: what its head keeps of that */
#include "folio.h"

/* mm/internal.h: of _nr_pages_mapped what is left beside ENTIRELY_MAPPED, COMPOUND_MAPPED before */
#define PAGES_MAPPED 0x7fffff

/* PG_double_map went when huge entries were no longer counted at pages (6.2, cb67f4282bf9). */
bool mi_counts_double_map(const struct mi_layout *l)
{
	return mi_has(&l->page_compound_mapcount) && l->PG_double_map.known;
}

/* Counts begin with -1. */
static bool read_count(struct mi_kernel *k, uint64_t at, const struct mi_member *m, int64_t *ret)
{
	uint64_t v;

	if (!mi_has(m) || mi_read_member(k->t, at, m, &v))
		return false;
	*ret = (int64_t)(int32_t)v + 1;
	return true;
}

bool mi_has_entire(const struct mi_layout *l, unsigned int order)
{
	const struct mi_member *m = &l->folio_entire_mapcount;

	return mi_has(m) && (order != 1 || (uint64_t)m->off < 2ULL * l->size_page);
}

static bool read_entire(struct mi_kernel *k, const struct mi_page *head, uint64_t at, int64_t *ret)
{
	const struct mi_layout *l = &k->l;

	if (mi_has(&l->page_compound_mapcount))
		return read_count(k, mi_pfn_to_page(k, head->head_pfn + 1),
				  &l->page_compound_mapcount, ret);
	if (mi_has(&l->folio_entire_mapcount) && !mi_has_entire(l, head->order)) {
		*ret = 0;
		return true;
	}
	return read_count(k, at, &l->folio_entire_mapcount, ret);
}

/*
 * What has neither of these pairs counts in a way that is not known: 6.2, or a kernel of which a
 * type is missing.
 */
static bool is_known(const struct mi_layout *l)
{
	return mi_has(&l->page_compound_mapcount) ? mi_counts_double_map(l)
						  : mi_has(&l->folio_nr_mapped);
}

bool mi_folio_counts(struct mi_kernel *k, const struct mi_page *head, struct mi_folio_counts *ret)
{
	uint64_t v = 0, at = mi_pfn_to_page(k, head->head_pfn);
	const struct mi_layout *l = &k->l;

	*ret = (struct mi_folio_counts){0};
	if (!is_known(l) || !read_entire(k, head, at, &ret->entire))
		return false;
	ret->has_large = read_count(k, at, &l->folio_large_mapcount, &ret->large);
	ret->has_nr_mapped = !head->hugetlb && mi_has(&l->folio_nr_mapped) &&
			     !mi_read_member(k->t, at, &l->folio_nr_mapped, &v);
	if (ret->has_nr_mapped)
		ret->nr_mapped = (int64_t)(v & PAGES_MAPPED);
	/*
	 * With CONFIG_NO_PAGE_MAPCOUNT (since 6.15) pages have none, nor has the folio how many
	 * of them are mapped, of which there are some as soon as anything is.
	 */
	ret->per_page =
		!head->hugetlb && (!ret->has_large || !ret->large || (ret->has_nr_mapped && v));
	return true;
}
