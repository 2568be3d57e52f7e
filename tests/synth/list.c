// SPDX-License-Identifier: GPL-2.0-or-later
/* list.c - lists and red-black trees of the machine, linked by its addresses */
#include <stdlib.h>

#include "world.h"

void *note_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("out of memory");
	return p;
}

void list_init(struct list_head *head)
{
	head->next = head->prev = K(head);
}

static void list_link(struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	entry->next = K(next);
	entry->prev = K(prev);
	prev->next = K(entry);
	next->prev = K(entry);
}

void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_link(entry, H(head->prev), head);
}

void list_add(struct list_head *entry, struct list_head *head)
{
	list_link(entry, head, H(head->next));
}

void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = H(head->first);

	node->next = K(first);
	node->pprev = K(&head->first);
	if (first)
		first->pprev = K(&node->next);
	head->first = K(node);
}

#define BLACK 1UL

static void set_parent(struct rb_node *node, struct rb_node *parent, unsigned long color)
{
#ifdef K_RB_PARENT_COLOR
	node->rb_parent_color = ram_kva(parent) | color;
#else
	node->__rb_parent_color = ram_kva(parent) | color;
#endif
}

/* The middle one goes up. Nodes of the lowest level are red, if it is not full. */
static struct rb_node *rb_half(struct rb_node **nodes, size_t n, struct rb_node *parent,
			       unsigned int depth, unsigned int red_depth)
{
	struct rb_node *node;

	if (!n)
		return NULL;
	node = nodes[n / 2];
	set_parent(node, parent, depth == red_depth ? 0 : BLACK);
	node->rb_left = K(rb_half(nodes, n / 2, node, depth + 1, red_depth));
	node->rb_right = K(rb_half(nodes + n / 2 + 1, n - n / 2 - 1, node, depth + 1, red_depth));
	return node;
}

void rb_build(struct rb_root *root, struct rb_node **nodes, size_t n)
{
	unsigned int red_depth = 0;

	while ((2UL << red_depth) - 1 <= n)
		red_depth++;
	root->rb_node = K(rb_half(nodes, n, NULL, 0, red_depth));
}
