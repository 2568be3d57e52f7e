// SPDX-License-Identifier: GPL-2.0-or-later
/* predict_map.c - the pages that a fault maps beside its own */
#include "predict_rules.h"

static unsigned int bits_of(const struct mi_fault_at *f, uint64_t k)
{
	uint64_t index = mi_predict_pgoff(f->pr, f->va) + k;

	return f->simulated ? mi_cachemap_get(f->pr->cache, index) : f->spots[k].bits;
}

/* The folio of page @k of the block, as pages of the block; false if it does not lie in it. */
static bool folio_in_block(const struct mi_fault_at *f, uint64_t k, uint64_t *from, uint64_t *to)
{
	uint64_t block = mi_predict_pgoff(f->pr, f->va), index = block + k, first, n;
	unsigned int order = f->spots[k].bits >> MI_CM_ORDER_SHIFT;

	if (f->simulated) {
		n = mi_cachemap_folio(f->pr->cache, index, &first);
	} else {
		first = index >> order << order;
		n = 1ULL << order;
	}
	*from = first - block;
	*to = first + n - block;
	return first >= block && first + n <= block + f->n && first + n <= f->pr->env.eof;
}

static void add_empty(const struct mi_fault_at *f, uint64_t from, uint64_t to,
		      struct mi_spot_set *set)
{
	for (; from < to; from++)
		if (f->spots[from].empty)
			mi_spot_add(set, from);
}

/* Fault-around: what it finds from page @from up to @to, where whole folios may reach beyond. */
static bool around(const struct mi_fault_at *f, struct mi_spot_set *set)
{
	uint64_t block = mi_predict_pgoff(f->pr, f->va), from, to, k, first = 0, end = 0, own = 0,
		 last = 0;
	unsigned int bits;
	bool sure = true, whole;

	mi_predict_around_of(f->pr, f->va, f->n, f->i, &from, &to);
	folio_in_block(f, f->i, &own, &last);
	for (k = from; k < to && block + k < f->pr->env.eof; k++) {
		bits = bits_of(f, k);
		if (f->unmarks && (k == f->i || (k >= own && k < last)))
			bits &= ~(unsigned int)MI_CM_MARKER;
		if (!mi_predict_mappable(bits))
			continue;
		whole = folio_in_block(f, k, &first, &end) && end - first > 1;
		if (whole && end - first == MI_SPOTS && f->spots[k].no_table) {
			/* An entry for a huge page. */
			sure &= !(f->pr->m->vma.flags & MI_VM_NOHUGEPAGE);
			add_empty(f, first, end, set);
		} else if (whole && f->pr->rules.whole_folios != MI_NO) {
			sure &= f->pr->rules.whole_folios == MI_YES || (first >= from && end <= to);
			add_empty(f, first, end, set);
		} else {
			add_empty(f, k, k + 1, set);
		}
	}
	return sure;
}

/* The page's own folio, where the fault is done in full: if none of it is mapped. */
static bool own_folio(const struct mi_fault_at *f, struct mi_spot_set *set)
{
	uint64_t from, to, k;

	if (f->pr->rules.whole_folios == MI_NO || f->pr->uffd ||
	    (f->is_write && !(f->pr->m->vma.flags & MI_VM_SHARED)) ||
	    !folio_in_block(f, f->i, &from, &to) || to - from < 2)
		return true;
	for (k = from; k < to; k++)
		if (!f->spots[k].empty || mi_spot_in(set, k))
			return true;
	if (f->pr->rules.whole_folios == MI_YES)
		add_empty(f, from, to, set);
	return f->pr->rules.whole_folios == MI_YES;
}

bool mi_predict_maps(const struct mi_fault_at *f, struct mi_spot_set *set)
{
	enum mi_known wants = f->is_write ? MI_NO : mi_predict_around(f->pr);
	bool sure = wants != MI_NOT_KNOWN;

	if (wants == MI_YES)
		sure &= around(f, set);
	if (!mi_spot_in(set, f->i))
		sure &= own_folio(f, set);
	mi_spot_add(set, f->i);
	return sure;
}
