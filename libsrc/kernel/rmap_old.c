// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rmap_old.c - the reverse map before 4.0: mm/prio_tree.c, lib/prio_tree.c (up to 3.6),
 * lists of nonlinear VMAs, and of VMAs with anonymous memory
 *
 * A node of a prio_tree lies in its VMA. Where it has no child, it names itself, and so
 * the topmost one does for its parent. VMAs of one range share a node: that of the tree
 * names another (vm_set.head), which stands in a list with the rest.
 */
#include "rmap_walk.h"

/* VMAs in a list: @head is a list_head in one of them, or (@in_vma false) beside them. */
static enum mi_status take_list(struct mi_rmap_walk *w, uint64_t head, const struct mi_member *link,
				bool in_vma)
{
	enum mi_status st = MI_OK;
	uint64_t node = head;
	struct mi_list li;

	if (in_vma && mi_rmap_step(w, head, &st))
		st = mi_rmap_take_vma(w, head - (uint64_t)link->off);
	mi_list_start(&li, w->k, head, w->trees);
	while (!st && mi_list_next(&li, &node) && mi_rmap_step(w, node, &st))
		st = mi_rmap_take_vma(w, node - (uint64_t)link->off);
	return st;
}

/* The VMA of a node, and those that share its range. */
static enum mi_status take_node(struct mi_rmap_walk *w, uint64_t node)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t vma = node - (uint64_t)l->vma_prio_node.off, head;
	enum mi_status st;
	enum mi_read r;

	st = mi_rmap_take_vma(w, vma);
	if (st)
		return st;
	r = mi_read_member(w->k->t, vma, &l->vma_prio_head, &head);
	if (r) {
		mi_problem_read(&w->k->problems, "vm_area_struct", vma, r, MI_RMAP_EFFECT);
		return MI_OK;
	}
	return head ? take_list(w, head + (uint64_t)l->vma_prio_set.off, &l->vma_prio_set, true)
		    : MI_OK;
}

enum mi_status mi_rmap_prio(struct mi_rmap_walk *w)
{
	const struct mi_layout *l = &w->k->l;
	const struct mi_rmap_tree tree = {
		.root = &l->as_prio_root,
		.to_left = &l->prio_left,
		.to_right = &l->prio_right,
		.to_parent = &l->prio_parent,
		.size = (size_t)l->prio_parent.off + mi_word_size(w->k->t),
		.names_itself = true,
		.depth = 128, /* of 64-bit numbers: a level for each bit, of two numbers */
		.too_deep = "is deeper than such a tree can be",
		.take = take_node,
	};

	return mi_rmap_tree(w, &tree);
}

enum mi_status mi_rmap_nonlinear(struct mi_rmap_walk *w)
{
	const struct mi_layout *l = &w->k->l;

	if (!mi_has(&l->as_i_mmap_nonlinear))
		return MI_OK;
	return take_list(w, w->root + (uint64_t)l->as_i_mmap_nonlinear.off, &l->vma_nonlinear,
			 false);
}

/* The VMA of a chain's link, or (before 2.6.34) of its own. 0: it is not of this list. */
static uint64_t vma_of(struct mi_rmap_walk *w, uint64_t node)
{
	const struct mi_layout *l = &w->k->l;
	unsigned char raw[256];
	uint64_t chain;
	enum mi_read r;

	if (mi_has(&l->vma_av_node))
		return node - (uint64_t)l->vma_av_node.off;
	chain = node - (uint64_t)l->avc_same.off;
	r = mi_read_virt(w->k->t, chain, raw, l->size_avc);
	if (r) {
		mi_problem_read(&w->k->problems, w->trees, chain, r, MI_RMAP_EFFECT);
		return 0;
	}
	if (mi_get(raw, &l->avc_anon_vma) == w->root)
		return mi_get(raw, &l->avc_vma);
	mi_problem_bad(&w->k->problems, w->trees, chain, "is of another anon_vma", MI_RMAP_EFFECT);
	return 0;
}

enum mi_status mi_rmap_anon_list(struct mi_rmap_walk *w)
{
	uint64_t head = w->root + (uint64_t)w->k->l.av_head.off, node, vma;
	enum mi_status st = MI_OK;
	struct mi_list li;

	mi_list_start(&li, w->k, head, w->trees);
	while (!st && mi_list_next(&li, &node) && mi_rmap_step(w, node, &st)) {
		vma = vma_of(w, node);
		if (vma)
			st = mi_rmap_take_anon(w, vma);
	}
	return st;
}
