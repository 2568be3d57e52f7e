// SPDX-License-Identifier: GPL-2.0-or-later
/* tree.c - radix trees in the forms that kernels before 4.20 gave them */
#include "world.h"

#define SLOTS_SHIFT 6
#define SLOTS 64U
/* of 64-bit indices, 6 bits a level */
#define MAX_PATH 11
#define POINTER_TAG 1UL /* on the root's pointer; with K_RADIX_SHIFT on all to nodes */

static uint64_t max_index(unsigned int height)
{
	return height * SLOTS_SHIFT >= 64 ? UINT64_MAX : (1ULL << height * SLOTS_SHIFT) - 1;
}

static unsigned int slot_of(uint64_t index, unsigned int level)
{
	return (unsigned int)(index >> (level - 1) * SLOTS_SHIFT) & (SLOTS - 1);
}

/* ---- what a node says of itself; level 1 has the entries ---- */

static void node_init(struct radix_tree_node *node, unsigned int level, unsigned int offset,
		      struct radix_tree_node *parent, struct address_space *as)
{
#if defined(K_RADIX_SHIFT)
	node->shift = (unsigned char)((level - 1) * SLOTS_SHIFT);
	node->offset = (unsigned char)offset;
	(void)as;
#elif defined(K_RADIX_PATH)
	node->path = level | offset << (MAX_PATH + 1);
	node->private_data = K(as);
#else
	node->height = level;
	(void)offset;
	(void)as;
#endif
#ifdef K_RADIX_PARENT
	node->parent = K(parent);
#else
	(void)parent;
#endif
}

static void *tagged(struct radix_tree_node *node)
{
	return (void *)(uintptr_t)(ram_kva(node) | POINTER_TAG);
}

static void *inner(struct radix_tree_node *node)
{
#ifdef K_RADIX_SHIFT
	return tagged(node);
#else
	return K(node);
#endif
}

static struct radix_tree_node *untag(void *pointer)
{
	return ram_host((uintptr_t)pointer & ~POINTER_TAG);
}

static unsigned int root_height(const struct radix_tree_root *root)
{
#ifdef K_RADIX_SHIFT
	bool is_node = ((unsigned long)root->rnode & 3) == POINTER_TAG;

	return is_node ? untag(root->rnode)->shift / SLOTS_SHIFT + 1U : 0;
#else
	return root->height;
#endif
}

static void set_root_height(struct radix_tree_root *root, unsigned int height)
{
#ifdef K_RADIX_SHIFT
	(void)root;
	(void)height;
#else
	root->height = height;
#endif
}

/* ---- growing ---- */

static unsigned int root_tags(const struct radix_tree_root *root)
{
	return root->gfp_mask >> K_GFP_BITS;
}

static void tag_slot(struct radix_tree_node *node, unsigned int slot, unsigned int tags)
{
	for (unsigned int tag = 0; tag < K_RADIX_TAGS; tag++)
		if (tags >> tag & 1)
			node->tags[tag][slot / (8 * sizeof(long))] |= 1UL
								      << slot % (8 * sizeof(long));
}

static struct radix_tree_node *new_root(struct address_space *as, unsigned int level)
{
	struct radix_tree_root *root = &as->page_tree;
	struct radix_tree_node *node = ram_alloc(sizeof(*node));

	node_init(node, level, 0, NULL, as);
	root->rnode = tagged(node);
	set_root_height(root, level);
	return node;
}

/* One more level on top; what was the root becomes its first slot. */
static void grow(struct address_space *as)
{
	struct radix_tree_root *root = &as->page_tree;
	unsigned int level = root_height(root) + 1;
	void *old = root->rnode;
	struct radix_tree_node *node = new_root(as, level);

	node->count = 1;
	node->slots[0] = level > 1 ? inner(untag(old)) : old;
	tag_slot(node, 0, root_tags(root));
#ifdef K_RADIX_PARENT
	if (level > 1)
		untag(old)->parent = K(node);
#endif
}

static void make_room(struct address_space *as, uint64_t index)
{
	struct radix_tree_root *root = &as->page_tree;
	unsigned int height = 1;

	if (!root->rnode) {
		while (index > max_index(height))
			height++;
		new_root(as, height);
		return;
	}
	while (!root_height(root) || index > max_index(root_height(root)))
		grow(as);
}

static void insert_below(struct address_space *as, uint64_t index, void *entry, unsigned int tags)
{
	struct radix_tree_node *node = untag(as->page_tree.rnode);
	unsigned int level = root_height(&as->page_tree);

	for (;; level--) {
		unsigned int slot = slot_of(index, level);
		struct radix_tree_node *below;

		tag_slot(node, slot, tags);
		if (level == 1) {
			if (node->slots[slot])
				die("two entries for page %llu", (unsigned long long)index);
			node->slots[slot] = entry;
			node->count++;
			return;
		}
		if (!node->slots[slot]) {
			below = ram_alloc(sizeof(*below));
			node_init(below, level - 1, slot, node, as);
			node->slots[slot] = inner(below);
			node->count++;
		}
		node = untag(node->slots[slot]);
	}
}

void tree_insert(struct address_space *as, uint64_t index, void *entry, unsigned int tags)
{
	struct radix_tree_root *root = &as->page_tree;

	/* A tree that has only page 0 has no node. */
	if (!index && !root->rnode) {
		root->rnode = entry;
	} else {
		make_room(as, index);
		insert_below(as, index, entry, tags);
	}
	root->gfp_mask |= tags << K_GFP_BITS;
}
