/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_CACHEMAP_H
#define MI_INSPECT_CACHEMAP_H

#include "../kernel/ra_window.h"
#include "inspect.h"

/*
 * What the page cache of a file has, page by page, to be asked in any order: a few blocks of it
 * are kept, and the last stretch without any page, however long that is. And, over it, what a
 * simulation has read since.
 */
struct mi_cachemap;

#define MI_CM_PAGE 0x001    /* there is a page; else nothing or what is left of one */
#define MI_CM_UNKNOWN 0x002 /* the cache, or struct page, is not to be had */
#define MI_CM_UPTODATE 0x004
#define MI_CM_LOCKED 0x008
#define MI_CM_MARKER 0x010 /* the bit of readahead, or of reclaim */
#define MI_CM_WRITEBACK 0x020
#define MI_CM_POISON 0x040
#define MI_CM_WORKINGSET 0x080
#define MI_CM_EVICTED 0x100  /* there is none, but a shadow */
#define MI_CM_ORDER_SHIFT 12 /* of the folio */

enum mi_status mi_cachemap_new(struct mi_kernel *k, const struct mi_file *file,
			       struct mi_cachemap **ret, struct mi_error *err);
void mi_cachemap_free(struct mi_cachemap *m);

unsigned int mi_cachemap_get(struct mi_cachemap *m, uint64_t index);
/* Of one cell of a walk, the same bits. */
unsigned int mi_cachemap_bits(const struct mi_run *cell);

/* The functions that readahead asks; MI_CM_UNKNOWN counts as there, and is remembered. */
void mi_cachemap_look(struct mi_cachemap *m, struct mi_ra_look *ret);
/* Was anything asked that is not known? Forgets it. */
bool mi_cachemap_doubt(struct mi_cachemap *m);

/*
 * From now on the cache has [@from, @to), which was read; in ascending order. In folios of 1 <<
 * @order pages, smaller ones where these do not fit.
 */
void mi_cachemap_fill(struct mi_cachemap *m, uint64_t from, uint64_t to, unsigned int order);
/* The folio that page @index, which the cache has, belongs to: its first page and their number. */
uint64_t mi_cachemap_folio(struct mi_cachemap *m, uint64_t index, uint64_t *first);
/* A marker of a simulated read, and that of the dump's page, is no more. */
void mi_cachemap_mark(struct mi_cachemap *m, uint64_t index, uint64_t pages);
void mi_cachemap_unmark(struct mi_cachemap *m, uint64_t index);
/*
 * What the simulation has from page @index on: pages without a gap; and *@marker, the distance
 * of the next marker, or ~0.
 */
uint64_t mi_cachemap_ahead(const struct mi_cachemap *m, uint64_t index, uint64_t *marker);
/* The simulation goes on @by pages further, as if everything had moved there. */
void mi_cachemap_shift(struct mi_cachemap *m, uint64_t by);
/* Forget what was simulated. */
void mi_cachemap_reset(struct mi_cachemap *m);

#endif
