// SPDX-License-Identifier: GPL-2.0
/* Folios are what the page cache has. */
#include <linux/pagemap.h>

unsigned long probe(struct folio *folio)
{
	return folio_nr_pages(folio) + folio->index;
}
