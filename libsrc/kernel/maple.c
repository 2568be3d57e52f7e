// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * maple.c - walks a maple tree (lib/maple_tree.c, 6.1 and later)
 *
 * A node pointer ("enode") carries its type in bits 6:3; nodes are 256 bytes,
 * aligned. Slot i covers (pivot[i - 1], pivot[i]]; the first lower and the
 * last upper bound come from the parent. Every child's range must lie inside
 * its parent's and siblings must ascend: so no damaged or hostile tree can
 * make the walk visit more nodes than the budget below, or repeat itself.
 */
#include "vma.h"

#define NODE_MASK 0xffULL
#define DEPTH_MAX 12	     /* 10 slots a level reach 2^39 VMAs with it */
#define NODES_MAX (1U << 20) /* as many as a process with 10 million VMAs has */

struct walk {
	struct mi_kernel *k;
	mi_maple_fn fn;
	void *arg;
	unsigned int nodes;
	bool stopped; /* the callback said stop */
};

struct node {
	unsigned char raw[256];
	const struct mi_member *pivot, *slot;
	unsigned int slots;
	bool leaf;
};

/* Bit 1 marks the root alone; bit 2 of a child says that its node may hold NULLs. */
static bool is_root_node(uint64_t entry)
{
	return (entry & 3) == 2 && entry > 4096;
}

static bool is_child_node(uint64_t entry)
{
	return !(entry & 3) && entry > 4096;
}

static bool shape(struct mi_kernel *k, uint64_t enode, struct node *n)
{
	const struct mi_layout *l = &k->l;
	int64_t type = enode >> 3 & 0xf;

	n->leaf = type == l->maple_leaf_64.value;
	if (n->leaf || type == l->maple_range_64.value) {
		n->pivot = &l->mr64_pivot;
		n->slot = &l->mr64_slot;
	} else if (type == l->maple_arange_64.value) {
		n->pivot = &l->ma64_pivot;
		n->slot = &l->ma64_slot;
	} else {
		return false;
	}
	n->slots = n->slot->count;
	return true;
}

static bool load(struct walk *w, uint64_t enode, struct node *n)
{
	struct mi_problems *p = &w->k->problems;
	uint64_t addr = enode & ~NODE_MASK, parent;
	enum mi_read r;

	if (++w->nodes > NODES_MAX) {
		mi_problem_bad(p, "maple node", addr, "too many nodes", "VMAs are missing");
		return false;
	}
	if (!shape(w->k, enode, n)) {
		mi_problem_bad(p, "maple node", addr, "unknown type", "VMAs are missing");
		return false;
	}
	r = mi_read_virt(w->k->t, addr, n->raw, w->k->l.size_maple_node);
	if (r) {
		mi_problem_read(p, "maple node", addr, r, "VMAs are missing");
		return false;
	}
	parent = mi_get(n->raw, &w->k->l.maple_parent);
	if ((parent & ~NODE_MASK) == addr) {
		mi_problem_bad_as(p, MI_PROBLEM_FREED, "maple node", addr, "is dead (freed)",
				  "VMAs are missing");
		return false;
	}
	return true;
}

/* Upper bound of slot @i; *last if no slot follows. */
static uint64_t upper(const struct node *n, unsigned int i, uint64_t max, bool *last)
{
	uint64_t pivot = i < n->pivot->count ? mi_get_at(n->raw, n->pivot, i) : max;

	/* A pivot of 0 behind the first marks the end of the data. */
	*last = (i && !pivot) || pivot >= max;
	return *last ? max : pivot;
}

/* One level of the walk: what remains to be done in a node. */
struct level {
	struct node n;
	uint64_t lo, max;
	unsigned int i;
	bool done;
};

/* Take the next slot of a level; false if there is none. */
static bool next_slot(struct walk *w, struct level *lv, uint64_t *first, uint64_t *last,
		      uint64_t *entry)
{
	bool final;

	if (lv->done || lv->i >= lv->n.slots)
		return false;
	*first = lv->lo;
	*last = upper(&lv->n, lv->i, lv->max, &final);
	*entry = mi_get_at(lv->n.raw, lv->n.slot, lv->i);
	if (*last < *first) {
		mi_problem_bad(&w->k->problems, "maple node", *entry, "pivots do not ascend",
			       "VMAs are missing");
		return false;
	}
	lv->done = final;
	lv->lo = *last + 1;
	lv->i++;
	return true;
}

static void walk_nodes(struct walk *w, struct level *stack, uint64_t root)
{
	uint64_t first, last, entry;
	int depth = 0;

	if (!load(w, root, &stack[0].n))
		return;
	stack[0].lo = 0;
	stack[0].max = mi_word_mask(w->k->t);
	stack[0].i = 0;
	stack[0].done = false;
	while (depth >= 0 && !w->stopped) {
		struct level *lv = &stack[depth];

		if (!next_slot(w, lv, &first, &last, &entry)) {
			depth--;
			continue;
		}
		if (!entry)
			continue;
		if (lv->n.leaf) {
			/* Internal values: a retry, or the end mark of a failed fork. */
			if ((entry & 3) != 2 || entry >= 4096)
				w->stopped = !w->fn(w->arg, first, last, entry);
			continue;
		}
		if (!is_child_node(entry) || depth + 1 == DEPTH_MAX) {
			mi_problem_bad(&w->k->problems, "maple node", entry,
				       is_child_node(entry) ? "the tree is too deep"
							    : "no node pointer",
				       "VMAs are missing");
			continue;
		}
		if (!load(w, entry, &stack[depth + 1].n))
			continue;
		depth++;
		stack[depth].lo = first;
		stack[depth].max = last;
		stack[depth].i = 0;
		stack[depth].done = false;
	}
}

enum mi_status mi_maple_walk(struct mi_kernel *k, uint64_t tree, mi_maple_fn entry, void *arg,
			     struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	struct walk w = {.k = k, .fn = entry, .arg = arg};
	struct level stack[DEPTH_MAX];
	uint64_t root;
	enum mi_read r;

	if (!mi_has(&l->mt_root) || !l->size_maple_node || !mi_has(&l->maple_parent) ||
	    !mi_has(&l->mr64_pivot) || !mi_has(&l->mr64_slot) || !mi_has(&l->ma64_pivot) ||
	    !mi_has(&l->ma64_slot) || !l->maple_leaf_64.known || !l->maple_range_64.known ||
	    !l->maple_arange_64.known)
		return mi_fail(err, MI_ERR_MISSING,
			       "this kernel's maple tree is of an unknown form");
	r = mi_read_member(k->t, tree, &l->mt_root, &root);
	if (r)
		return mi_fail(err, MI_ERR_READ, "maple tree %016llx: %s", (unsigned long long)tree,
			       mi_read_text(r));
	if (!root)
		return MI_OK;
	if (!is_root_node(root)) {
		entry(arg, 0, 0, root);
		return MI_OK;
	}
	walk_nodes(&w, stack, root);
	return MI_OK;
}
