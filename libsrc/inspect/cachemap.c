// SPDX-License-Identifier: GPL-2.0-or-later
/* cachemap.c - what the page cache of a file has, to be asked in any order */
#include <stdlib.h>

#include "cachemap.h"
#include "join.h"

#define BLOCK_SHIFT 9
#define BLOCK_PAGES (1U << BLOCK_SHIFT)
#define BLOCKS 64	  /* 64 KiB; 128 MiB of a file */
#define EVER (1ULL << 52) /* pages of the largest file */
#define FILLS 8
#define MARKS 8

struct range {
	uint64_t from, to;
};

struct block {
	bool valid;
	uint64_t number;
	uint16_t bits[BLOCK_PAGES];
};

struct mi_cachemap {
	struct mi_join *j;
	const struct mi_file *file;
	struct block blocks[BLOCKS];
	struct range empty; /* a stretch without any page */
	bool doubt;

	/* Simulated; the latest of each, in ascending order. */
	struct range fills[FILLS], marks[MARKS], unmarked[MARKS];
	size_t n_fills, n_marks, n_unmarked;
	/* The latest reads in large folios. */
	struct range folios[FILLS];
	unsigned int order[FILLS];
	size_t n_folios; /* of all times: folios[] is a ring */
};

enum mi_status mi_cachemap_new(struct mi_kernel *k, const struct mi_file *file,
			       struct mi_cachemap **ret, struct mi_error *err)
{
	struct mi_cachemap *m = calloc(1, sizeof(*m));
	enum mi_status st;

	if (!m)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = mi_join_new(k, &m->j, err);
	if (st) {
		free(m);
		return st;
	}
	m->file = file;
	*ret = m;
	return MI_OK;
}

void mi_cachemap_free(struct mi_cachemap *m)
{
	if (!m)
		return;
	mi_join_free(m->j);
	free(m);
}

/* ---- blocks ---- */

static unsigned int page_bits(const struct mi_run *c)
{
	static const struct {
		enum mi_page_flag flag;
		unsigned int bit;
	} map[] = {
		{MI_PG_UPTODATE, MI_CM_UPTODATE},     {MI_PG_LOCKED, MI_CM_LOCKED},
		{MI_PG_READAHEAD, MI_CM_MARKER},      {MI_PG_RECLAIM, MI_CM_MARKER},
		{MI_PG_WRITEBACK, MI_CM_WRITEBACK},   {MI_PG_HWPOISON, MI_CM_POISON},
		{MI_PG_WORKINGSET, MI_CM_WORKINGSET},
	};
	unsigned int bits = MI_CM_PAGE | (c->slot_page.order & 0xf) << MI_CM_ORDER_SHIFT;
	size_t i;

	if (!c->has_slot_page || c->slot_page.why)
		return MI_CM_PAGE | MI_CM_UNKNOWN;
	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (c->slot_page.flags >> map[i].flag & 1)
			bits |= map[i].bit;
	return bits;
}

unsigned int mi_cachemap_bits(const struct mi_run *c)
{
	switch (c->cached) {
	case MI_CACHED_NONE:
		return 0;
	case MI_CACHED_SHADOW:
		return MI_CM_EVICTED;
	case MI_CACHED_FOLIO:
		return page_bits(c);
	default:
		return MI_CM_UNKNOWN;
	}
}

struct loading {
	struct mi_cachemap *m;
	struct block *b;
	uint64_t first;
};

static bool take_cells(void *arg, const struct mi_run *cells, size_t n)
{
	struct loading *l = arg;
	uint64_t end = l->first + BLOCK_PAGES, i;
	size_t c;

	for (c = 0; c < n; c++) {
		const struct mi_run *cell = &cells[c];
		unsigned int bits = mi_cachemap_bits(cell);

		if (!bits && cell->n > 1) {
			l->m->empty.from = cell->pgoff;
			l->m->empty.to = cell->pgoff + cell->n;
		}
		for (i = cell->pgoff; i < end && i < cell->pgoff + cell->n; i++)
			l->b->bits[i - l->first] = (uint16_t)bits;
		if (cell->pgoff + cell->n >= end)
			return false;
	}
	return true;
}

static struct block *block_of(struct mi_cachemap *m, uint64_t index)
{
	uint64_t number = index >> BLOCK_SHIFT;
	struct block *b = &m->blocks[number % BLOCKS];
	struct loading l = {m, b, number << BLOCK_SHIFT};

	if (b->valid && b->number == number)
		return b;
	memset(b, 0, sizeof(*b));
	b->valid = true;
	b->number = number;
	/* As far as the first page behind: an empty stretch is then known as a whole. */
	if (mi_join_range(m->j, m->file, l.first, EVER - l.first, take_cells, &l, NULL))
		m->doubt = true;
	return b;
}

static unsigned int in_dump(struct mi_cachemap *m, uint64_t index)
{
	if (index >= EVER || (index >= m->empty.from && index < m->empty.to))
		return 0;
	return block_of(m, index)->bits[index & (BLOCK_PAGES - 1)];
}

/* ---- what was simulated ---- */

static const struct range *find(const struct range *list, size_t n, uint64_t index)
{
	while (n--)
		if (index >= list[n].from && index < list[n].to)
			return &list[n];
	return NULL;
}

static void push(struct range *list, size_t *n, size_t room, uint64_t from, uint64_t to)
{
	if (*n == room) {
		memmove(list, list + 1, (room - 1) * sizeof(*list));
		--*n;
	}
	list[*n].from = from;
	list[(*n)++].to = to;
}

void mi_cachemap_fill(struct mi_cachemap *m, uint64_t from, uint64_t to, unsigned int order)
{
	struct range *last = m->n_fills ? &m->fills[m->n_fills - 1] : NULL;

	if (from >= to)
		return;
	if (order) {
		m->folios[m->n_folios % FILLS] = (struct range){from, to};
		m->order[m->n_folios++ % FILLS] = order;
	}
	if (last && from <= last->to && to >= last->from) {
		last->from = from < last->from ? from : last->from;
		last->to = to > last->to ? to : last->to;
		return;
	}
	push(m->fills, &m->n_fills, FILLS, from, to);
}

void mi_cachemap_mark(struct mi_cachemap *m, uint64_t index, uint64_t pages)
{
	push(m->marks, &m->n_marks, MARKS, index, index + pages);
}

void mi_cachemap_unmark(struct mi_cachemap *m, uint64_t index)
{
	unsigned int order = in_dump(m, index) >> MI_CM_ORDER_SHIFT;
	size_t i;

	for (i = 0; i < m->n_marks; i++)
		if (index >= m->marks[i].from && index < m->marks[i].to)
			m->marks[i].to = m->marks[i].from;
	index = index >> order << order;
	push(m->unmarked, &m->n_unmarked, MARKS, index, index + (1ULL << order));
}

uint64_t mi_cachemap_ahead(const struct mi_cachemap *m, uint64_t index, uint64_t *marker)
{
	const struct range *fill = find(m->fills, m->n_fills, index);
	size_t i;

	*marker = ~0ULL;
	for (i = 0; i < m->n_marks; i++)
		if (m->marks[i].to > index && m->marks[i].to > m->marks[i].from &&
		    m->marks[i].from - index < *marker)
			*marker = m->marks[i].from - index;
	return fill ? fill->to - index : 0;
}

void mi_cachemap_shift(struct mi_cachemap *m, uint64_t by)
{
	size_t i;

	/* What lies behind stays: the last fill reaches up to here from there. */
	if (m->n_fills)
		m->fills[m->n_fills - 1].to += by;
	for (i = 0; i < FILLS; i++) {
		m->folios[i].from += by;
		m->folios[i].to += by;
	}
	for (i = 0; i < m->n_marks; i++) {
		m->marks[i].from += by;
		m->marks[i].to += by;
	}
}

void mi_cachemap_reset(struct mi_cachemap *m)
{
	m->n_fills = m->n_marks = m->n_unmarked = m->n_folios = 0;
	m->doubt = false;
}

unsigned int mi_cachemap_get(struct mi_cachemap *m, uint64_t index)
{
	unsigned int bits = in_dump(m, index);

	if (!(bits & (MI_CM_PAGE | MI_CM_UNKNOWN)) && find(m->fills, m->n_fills, index))
		bits = MI_CM_PAGE | MI_CM_UPTODATE | (bits & MI_CM_EVICTED);
	if (find(m->unmarked, m->n_unmarked, index))
		bits &= ~MI_CM_MARKER;
	if (find(m->marks, m->n_marks, index))
		bits |= MI_CM_MARKER;
	return bits;
}

/* Within @r: the largest aligned block around @index that fits. */
static uint64_t block_in(const struct range *r, unsigned int order, uint64_t index, uint64_t *first)
{
	for (; order; order--) {
		*first = index >> order << order;
		if (*first >= r->from && *first + (1ULL << order) <= r->to)
			return 1ULL << order;
	}
	*first = index;
	return 1;
}

uint64_t mi_cachemap_folio(struct mi_cachemap *m, uint64_t index, uint64_t *first)
{
	unsigned int bits = in_dump(m, index), order = bits >> MI_CM_ORDER_SHIFT;
	size_t i;

	if (bits & MI_CM_PAGE) {
		*first = index >> order << order;
		return 1ULL << order;
	}
	for (i = 0; i < FILLS && i < m->n_folios; i++)
		if (index >= m->folios[i].from && index < m->folios[i].to)
			return block_in(&m->folios[i], m->order[i], index, first);
	*first = index;
	return 1;
}

/* ---- what readahead asks ---- */

static bool is_absent(struct mi_cachemap *m, uint64_t index)
{
	unsigned int bits = mi_cachemap_get(m, index);

	m->doubt |= (bits & (MI_CM_PAGE | MI_CM_UNKNOWN)) == MI_CM_UNKNOWN;
	return !(bits & (MI_CM_PAGE | MI_CM_UNKNOWN));
}

/* The end of the stretch around @index that is empty in the dump and in the simulation. */
static uint64_t empty_end(const struct mi_cachemap *m, uint64_t index, uint64_t to)
{
	uint64_t end = m->empty.to < to ? m->empty.to : to;
	size_t i;

	if (index < m->empty.from || index >= m->empty.to)
		return index;
	for (i = 0; i < m->n_fills; i++) {
		if (m->fills[i].to <= index)
			continue;
		if (m->fills[i].from <= index)
			return index;
		end = m->fills[i].from < end ? m->fills[i].from : end;
	}
	return end;
}

static uint64_t count_absent(void *arg, uint64_t from, uint64_t to)
{
	struct mi_cachemap *m = arg;
	uint64_t n = 0, end;

	while (from < to) {
		end = empty_end(m, from, to);
		if (end > from) {
			n += end - from;
			from = end;
		} else {
			n += is_absent(m, from++);
		}
	}
	return n;
}

static uint64_t first_absent(void *arg, uint64_t from, uint64_t to)
{
	while (from < to && !is_absent(arg, from))
		from++;
	return from;
}

static uint64_t first_present(void *arg, uint64_t from, uint64_t to)
{
	uint64_t end;

	while (from < to) {
		end = empty_end(arg, from, to);
		if (end == from && !is_absent(arg, from))
			return from;
		from = end > from ? end : from + 1;
	}
	return to;
}

#define NODE_PAGES 64 /* slots of an xarray node */

/*
 * The walk begins at the slot of the folio's first page, and goes on from there while it counts
 * from @from: up to the end of the node. Larger folios have slots in upper nodes, of which each
 * is right.
 */
static uint64_t next_miss(void *arg, uint64_t from, uint64_t to)
{
	uint64_t first, late, miss, end = (from / NODE_PAGES + 1) * NODE_PAGES;

	if (is_absent(arg, from))
		return from;
	if (mi_cachemap_folio(arg, from, &first) >= NODE_PAGES)
		first = from;
	late = from - first;
	miss = first_absent(arg, first, end) + late;
	if (miss >= end + late)
		miss = first_absent(arg, end + late, to > end + late ? to : end + late);
	return miss < to ? miss : to;
}

void mi_cachemap_look(struct mi_cachemap *m, struct mi_ra_look *ret)
{
	ret->count_absent = count_absent;
	ret->first_absent = first_absent;
	ret->first_present = first_present;
	ret->next_miss = next_miss;
	ret->arg = m;
}

bool mi_cachemap_doubt(struct mi_cachemap *m)
{
	bool doubt = m->doubt;

	m->doubt = false;
	return doubt;
}
