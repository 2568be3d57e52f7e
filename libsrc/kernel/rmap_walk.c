// SPDX-License-Identifier: GPL-2.0-or-later
/* rmap_walk.c - a walk through a tree of VMAs, of either form, without recursion */
#include "rmap_walk.h"

#define INTERRUPT_EACH 4096 /* nodes */

struct step {
	uint64_t node, parent;
};

struct path {
	struct step steps[MI_RMAP_DEPTH_MAX + 2];
	size_t n;
};

bool mi_rmap_step(struct mi_rmap_walk *w, uint64_t addr, enum mi_status *st)
{
	*st = MI_OK;
	if (!*w->left) {
		mi_problem_bad(&w->k->problems, w->trees, addr,
			       "is one of more than can be looked at", MI_RMAP_EFFECT);
		return false;
	}
	if (--*w->left % INTERRUPT_EACH == 0 && mi_target_interrupted(w->k->t)) {
		*st = mi_fail(w->err, MI_ERR_INTERRUPTED, "interrupted");
		return false;
	}
	return true;
}

/*
 * What lies below the node is put on the path. That a node names its parent makes it a
 * tree: there is one way to each node, so no circle, and nothing comes twice.
 */
static bool descend(struct mi_rmap_walk *w, const struct mi_rmap_tree *tree, struct path *path,
		    struct step at)
{
	uint64_t left, right, none = tree->names_itself ? at.node : 0;
	struct mi_problems *p = &w->k->problems;
	unsigned char raw[MI_RMAP_NODE_MAX];
	enum mi_read r;

	r = mi_read_virt(w->k->t, at.node, raw, tree->size);
	if (r) {
		mi_problem_read(p, w->trees, at.node, r, MI_RMAP_EFFECT);
		return false;
	}
	left = mi_get(raw, tree->to_left);
	right = mi_get(raw, tree->to_right);
	if ((mi_get(raw, tree->to_parent) & ~tree->color) != at.parent ||
	    (left == right && left != none)) {
		mi_problem_bad(p, w->trees, at.node, "does not hang in its tree", MI_RMAP_EFFECT);
		return false;
	}
	if (path->n > tree->depth) {
		mi_problem_bad(p, w->trees, at.node, tree->too_deep, MI_RMAP_EFFECT);
		return true;
	}
	if (right != none)
		path->steps[path->n++] = (struct step){right, at.node};
	if (left != none)
		path->steps[path->n++] = (struct step){left, at.node};
	return true;
}

enum mi_status mi_rmap_tree(struct mi_rmap_walk *w, const struct mi_rmap_tree *tree)
{
	struct path path = {.n = 0};
	enum mi_status st = MI_OK;
	struct step at;
	enum mi_read r;
	uint64_t top;

	r = mi_read_member(w->k->t, w->root, tree->root, &top);
	if (r) {
		mi_problem_read(&w->k->problems, w->trees, w->root, r, MI_RMAP_EFFECT);
		return mi_fail(w->err, MI_ERR_READ, "%s", mi_read_text(r));
	}
	if (top)
		path.steps[path.n++] = (struct step){top, tree->names_itself ? top : 0};
	while (path.n && !st) {
		at = path.steps[--path.n];
		if (!mi_rmap_step(w, at.node, &st))
			return st;
		if (descend(w, tree, &path, at))
			st = tree->take(w, at.node);
	}
	return st;
}
