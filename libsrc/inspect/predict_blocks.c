// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * predict_blocks.c - a mapping, the pages of one page table after the other
 *
 * The pages of one page table are looked at together, for a read fault maps neighbours in the
 * same one. Where nothing is mapped nor cached over whole page tables, they come as one stretch.
 */
#include <stdlib.h>

#include "join.h"
#include "predict_rules.h"

struct walk {
	struct mi_predictor *pr;
	const struct mi_spot_fns *fns;
	bool go_on;
	uint64_t first, n; /* address of spots[0], pages in use */
	struct mi_spot spots[MI_SPOTS];
};

static void end_block(struct walk *w)
{
	if (w->n && w->go_on)
		w->go_on = w->fns->block(w->fns->arg, w->first, w->spots, w->n);
	w->n = 0;
}

static void take_cell(struct walk *w, const struct mi_run *c)
{
	uint64_t va = c->va, left = c->n, part;
	struct mi_spot s = {.bits = mi_cachemap_bits(c)};

	s.empty = c->pte == MI_PTE_NONE;
	s.no_table = s.empty && !c->level;
	s.huge = c->level > 1;
	mi_predict_cell(w->pr, c, &s.read, &s.write);
	while (left && w->go_on) {
		if (!((va >> MI_PAGE_SHIFT) % MI_SPOTS))
			end_block(w);
		part = left / MI_SPOTS * MI_SPOTS;
		if (!w->n && part && !((va >> MI_PAGE_SHIFT) % MI_SPOTS)) {
			w->go_on = w->fns->stretch(w->fns->arg, va, part, &s);
		} else {
			part = 1;
			if (!w->n)
				w->first = va;
			w->spots[w->n++] = s;
		}
		va += part * MI_PAGE_SIZE;
		left -= part;
	}
}

static bool take_cells(void *arg, const struct mi_run *cells, size_t n)
{
	struct walk *w = arg;
	size_t i;

	for (i = 0; i < n && w->go_on; i++)
		take_cell(w, &cells[i]);
	return w->go_on;
}

enum mi_status mi_predict_blocks(struct mi_predictor *pr, const struct mi_spot_fns *fns,
				 struct mi_error *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct mi_join *j = NULL;
	enum mi_status st;

	if (!w)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	w->pr = pr;
	w->fns = fns;
	w->go_on = true;
	st = mi_join_new(pr->p->k, &j, err);
	if (!st)
		st = mi_join_mapping(j, &pr->p->mm, pr->m, pr->file, take_cells, w, err);
	if (!st)
		end_block(w);
	mi_join_free(j);
	free(w);
	return st;
}

void mi_predict_around_of(const struct mi_predictor *pr, uint64_t va, uint64_t n, uint64_t i,
			  uint64_t *from, uint64_t *to)
{
	uint64_t pages = pr->rules.around_pages;
	uint64_t first = va >> MI_PAGE_SHIFT, start = (first + i) / pages * pages, end;

	/* As many pages as ever from there, if the mapping begins inside the block. */
	start = start > first ? start : first;
	end = start + pages;
	*from = start - first;
	*to = end - first < n ? end - first : n;
}
