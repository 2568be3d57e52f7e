/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FOLIO_H
#define MI_KERNEL_FOLIO_H

#include "page.h"

/*
 * How often a large folio is mapped, as its head has it. mi_page.mapcount has what is kept of
 * each page.
 */
struct mi_folio_counts {
	int64_t entire;	    /* huge entries that map all of it; of hugetlb every entry does */
	bool has_large;	    /* since 6.10: */
	int64_t large;	    /* all entries, huge or of one page */
	bool has_nr_mapped; /* since 6.3: */
	int64_t nr_mapped;  /* pages that entries of their own map */
	bool per_page;	    /* mi_page.mapcount is kept, and has huge entries as well */
};

/* Of the folio @head, which is large. False: this kernel keeps no such counts, or they are not to
 * be had. */
bool mi_folio_counts(struct mi_kernel *k, const struct mi_page *head, struct mi_folio_counts *ret);

/* On 32 bits it lies in the third struct page since 6.15, which a folio of two has not. */
bool mi_has_entire(const struct mi_layout *l, unsigned int order);

/* 4.5 to 6.1: where a folio is mapped in both ways, its pages may count the huge entries as one. */
bool mi_counts_double_map(const struct mi_layout *l);

#endif
