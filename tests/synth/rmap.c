// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rmap.c - the trees in which a file finds the VMAs that map it
 *
 * From 3.7 on a red-black tree by the first page, where each node keeps the last page of
 * all below. Before, a priority search tree: a heap by the last page, and each level
 * divides by the next bit of the first page, when these are used up of the length.
 */
#include <stdlib.h>
#include <string.h>

#include "world.h"

static uint64_t last_of(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + (vma->vm_end - vma->vm_start) / PAGE_SIZE - 1;
}

static uint64_t first_page(const struct s_vma *v)
{
	return v->vma->vm_pgoff;
}

static int by_first_page(const void *a, const void *b)
{
	uint64_t x = first_page(*(struct s_vma *const *)a),
		 y = first_page(*(struct s_vma *const *)b);

	return x < y ? -1 : x > y;
}

#ifdef K_I_MMAP_RB

static struct vm_area_struct *vma_at(struct rb_node *node)
{
	return (struct vm_area_struct *)((char *)node -
					 offsetof(struct vm_area_struct, shared.linear.rb));
}

static uint64_t set_last(struct rb_node *node)
{
	struct vm_area_struct *vma = vma_at(node);
	uint64_t last = last_of(vma);
	struct rb_node *below[2] = {H(node->rb_left), H(node->rb_right)};

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t of_it = below[i] ? set_last(below[i]) : 0;

		last = of_it > last ? of_it : last;
	}
	vma->shared.linear.rb_subtree_last = last;
	return last;
}

static void link_all(struct address_space *as, struct s_vma **vmas, size_t n)
{
	struct rb_node *nodes[FILE_VMAS];

	for (size_t i = 0; i < n; i++)
		nodes[i] = &vmas[i]->vma->shared.linear.rb;
	rb_build(&as->i_mmap, nodes, n);
	if (n)
		set_last(nodes[n / 2]);
}

#else

typedef struct prio_tree_node *prio_link;

static uint64_t last_page(const struct s_vma *v)
{
	return last_of(v->vma);
}

static struct raw_prio_tree_node *node_of(struct s_vma *v)
{
	return &v->vma->shared.prio_tree_node;
}

/* A node points to itself where there is none. */
static prio_link link_to(struct raw_prio_tree_node *node)
{
	return (prio_link)(uintptr_t)ram_kva(node);
}

static bool above(const struct s_vma *a, const struct s_vma *b)
{
	if (last_page(a) != last_page(b))
		return last_page(a) > last_page(b);
	return first_page(a) < first_page(b);
}

/* VMAs of the very same pages hang at the one that is in the tree. */
static void add_alike(struct s_vma *in_tree, struct s_vma *v)
{
	struct vm_area_struct *old = in_tree->vma, *first = H(old->shared.vm_set.head);

	v->vma->shared.vm_set.head = NULL;
	v->vma->shared.vm_set.parent = NULL;
	if (first) {
		list_add_tail(&v->vma->shared.vm_set.list, &first->shared.vm_set.list);
		return;
	}
	list_init(&v->vma->shared.vm_set.list);
	v->vma->shared.vm_set.head = K(old);
	old->shared.vm_set.head = K(v->vma);
}

static bool alike(const struct s_vma *a, const struct s_vma *b)
{
	return first_page(a) == first_page(b) && last_page(a) == last_page(b);
}

/* Takes the uppermost of @vmas out; NULL if there is none. */
static struct s_vma *take_top(struct s_vma **vmas, size_t *n)
{
	struct s_vma *top;
	size_t at = 0, kept = 0;

	if (!*n)
		return NULL;
	for (size_t i = 1; i < *n; i++)
		if (above(vmas[i], vmas[at]))
			at = i;
	top = vmas[at];
	top->vma->shared.vm_set.head = NULL;
	for (size_t i = 0; i < *n; i++)
		if (i != at && !alike(vmas[i], top))
			vmas[kept++] = vmas[i];
		else if (i != at)
			add_alike(top, vmas[i]);
	*n = kept;
	return top;
}

static struct raw_prio_tree_node *build(struct s_vma **vmas, size_t n, uint64_t mask,
					bool by_length, struct raw_prio_tree_node *parent)
{
	struct s_vma *top = take_top(vmas, &n), *halves[2][FILE_VMAS];
	struct raw_prio_tree_node *node, *below;
	size_t count[2] = {0, 0};

	if (!top)
		return NULL;
	node = node_of(top);
	for (size_t i = 0; i < n; i++) {
		uint64_t key =
			by_length ? last_page(vmas[i]) - first_page(vmas[i]) : first_page(vmas[i]);
		bool right = key & mask;

		halves[right][count[right]++] = vmas[i];
	}
	mask >>= 1;
	if (!mask) {
		mask = 1UL << (8 * sizeof(long) - 1);
		by_length = true;
	}
	node->parent = link_to(parent ? parent : node);
	below = build(halves[0], count[0], mask, by_length, node);
	node->left = link_to(below ? below : node);
	below = build(halves[1], count[1], mask, by_length, node);
	node->right = link_to(below ? below : node);
	return node;
}

static void link_all(struct address_space *as, struct s_vma **vmas, size_t n)
{
	struct raw_prio_tree_node *root;

	as->i_mmap.raw = 1;
	as->i_mmap.index_bits = 1;
	for (size_t i = 0; i < n; i++)
		while (last_page(vmas[i]) > (1UL << as->i_mmap.index_bits) - 1)
			as->i_mmap.index_bits++;
	root = build(vmas, n, 1UL << (as->i_mmap.index_bits - 1), false, NULL);
	as->i_mmap.prio_tree_node = link_to(root);
}

#endif

void rmap_finish(void)
{
	struct s_vma *linear[FILE_VMAS];

	for (struct s_file *f = s_files; f; f = f->next) {
		size_t n = 0;

		for (size_t i = 0; i < f->n_vmas; i++)
			if (!(f->vmas[i]->vma->vm_flags & VM_NONLINEAR))
				linear[n++] = f->vmas[i];
		qsort(linear, n, sizeof(*linear), by_first_page);
		link_all(f->mapping, linear, n);
	}
}
