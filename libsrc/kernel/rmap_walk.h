/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_RMAP_WALK_H
#define MI_KERNEL_RMAP_WALK_H

/* What rmap.c, rmap_old.c and rmap_walk.c share; nobody else includes this. */

#include "rmap.h"

#define MI_RMAP_EFFECT "processes that map a page are missing"

struct mi_rmap_walk {
	struct mi_kernel *k;
	uint64_t root;	   /* address_space or anon_vma */
	const char *trees; /* what the tree is of, for problems */
	uint64_t *left;	   /* nodes and VMAs that may yet be looked at */
	mi_rmap_fn fn;
	void *arg;
	struct mi_error *err;
};

/* One more node or VMA at @addr is looked at. False: the bound is reached, or *st is set. */
bool mi_rmap_step(struct mi_rmap_walk *w, uint64_t addr, enum mi_status *st);

#define MI_RMAP_NODE_MAX 64
#define MI_RMAP_DEPTH_MAX 128

/* The form of a tree. */
struct mi_rmap_tree {
	const struct mi_member *root; /* of what w->root is: the topmost node, or 0 */
	const struct mi_member *to_left, *to_right, *to_parent;
	size_t size;	/* of what is read of a node: MI_RMAP_NODE_MAX at most */
	uint64_t color; /* bits that are no part of the parent's address */
	/* Where it has no child, and the topmost one no parent, a node names itself; else 0. */
	bool names_itself;
	unsigned int depth; /* MI_RMAP_DEPTH_MAX at most */
	const char *too_deep;
	enum mi_status (*take)(struct mi_rmap_walk *w, uint64_t node);
};

/* Every node that can be read and believed goes to take(), until that fails. */
enum mi_status mi_rmap_tree(struct mi_rmap_walk *w, const struct mi_rmap_tree *tree);

/* The VMA at @addr, which must be of the address_space. */
enum mi_status mi_rmap_take_vma(struct mi_rmap_walk *w, uint64_t addr);
/* The VMA at @addr, which an anon_vma leads to. */
enum mi_status mi_rmap_take_anon(struct mi_rmap_walk *w, uint64_t addr);

/* The VMAs of a file in a prio_tree, before 3.7. */
enum mi_status mi_rmap_prio(struct mi_rmap_walk *w);
/* Its nonlinear ones, before 4.0: any page of the file may be anywhere in them. */
enum mi_status mi_rmap_nonlinear(struct mi_rmap_walk *w);
/* Anonymous memory as a list, before 3.7. */
enum mi_status mi_rmap_anon_list(struct mi_rmap_walk *w);

#endif
