// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pagecache.c - walks the tree of an address_space
 *
 * An xarray (include/linux/xarray.h). Entries: bits 1:0 = 0 a pointer; bit 0 = 1 a value;
 * bits 1:0 = 2 internal: above 4096 a node, below 256 (slot << 2 | 2) a sibling of that
 * slot, else a mark such as "retry". A node's slot of shift s covers 1 << s indices.
 *
 * Before 4.20 a radix tree (include/linux/radix-tree.h, lib/radix-tree.c). Bits 1:0 = 2 are
 * an "exceptional" entry, a value. A node's pointer has bits 1:0 = 1, and so has one that
 * names a slot of the very node it stands in: a sibling. Before 4.7 only the pointer in
 * the root is marked so; below it, the depth tells nodes from what they hold.
 */
#include <stdlib.h>

#include "page.h"
#include "pagecache.h"
#include "shmem_old.h"

#define SLOT_BITS 6 /* XA_CHUNK_SHIFT without CONFIG_BASE_SMALL */
#define SLOTS MI_XA_SLOTS
#define NODE_MAX 1024		     /* bytes of a node that are looked at */
#define ENTRY_PAGES_MAX (1ULL << 18) /* a 1 GiB page in base pages */
/* Of a value: SWP_TYPE_SHIFT, include/linux/swapops.h */
#define SWAP_TYPE_SHIFT_XARRAY 6 /* below the top of a word */
#define SWAP_TYPE_SHIFT_RADIX 7
#define PATH_HEIGHT 0xfffULL /* of path: RADIX_TREE_HEIGHT_MASK; above it is the place */

static bool is_xarray(const struct mi_cache_walk *w)
{
	return w->k->cache_form == MI_CACHE_XARRAY;
}

static unsigned int tag_of(uint64_t e)
{
	return e & 3;
}

/* In what marks nodes. */
static unsigned int node_tag(const struct mi_cache_walk *w)
{
	return is_xarray(w) ? 2 : 1;
}

static bool is_value(const struct mi_cache_walk *w, uint64_t e)
{
	return is_xarray(w) ? e & 1 : tag_of(e) == 2;
}

static bool is_root_node(const struct mi_cache_walk *w, uint64_t e)
{
	return tag_of(e) == node_tag(w) && e > 4096;
}

/* Is what stands in a slot of level @d a node? It may be a sibling, too. */
static bool is_node(const struct mi_cache_walk *w, int d, uint64_t e)
{
	if (w->k->cache_form == MI_CACHE_HEIGHT)
		return e && w->path[d].shift;
	return is_root_node(w, e);
}

/* A mark: nothing that the tree holds, nor a way on. */
static bool is_mark(const struct mi_cache_walk *w, uint64_t e)
{
	return is_xarray(w) ? tag_of(e) == 2 : e & 1;
}

/* Is it a sibling in the node of level @d; of which slot? */
static bool is_sibling(const struct mi_cache_walk *w, int d, uint64_t e, unsigned int *slot)
{
	unsigned int word;
	uint64_t at;

	if (tag_of(e) != node_tag(w))
		return false;
	if (is_xarray(w)) {
		*slot = (unsigned int)(e >> 2);
		return e < SLOTS << 2;
	}
	word = mi_word_size(w->k->t);
	at = (e & ~3ULL) - (w->path[d].addr + (uint64_t)w->k->l.radix_node_slots.off);
	*slot = (unsigned int)(at / word);
	return w->k->cache_form == MI_CACHE_TAGGED && at < word * SLOTS;
}

/* ---- which form ---- */

static const char *radix_lacks(const struct mi_layout *l, enum mi_cache_form *form)
{
	*form = mi_has(&l->radix_node_shift) ? MI_CACHE_TAGGED : MI_CACHE_HEIGHT;
	if (!mi_has(&l->radix_rnode))
		return "struct radix_tree_root has no member rnode";
	if (!l->size_radix_node)
		return "no usable struct radix_tree_node";
	if (!mi_has(&l->radix_node_slots) || l->radix_node_slots.count != SLOTS)
		return "its radix tree has no nodes of 64 slots";
	if (*form == MI_CACHE_HEIGHT && !mi_has(&l->radix_node_path) &&
	    !mi_has(&l->radix_node_height))
		return "struct radix_tree_node has no member shift, path or height";
	return NULL;
}

static const char *xarray_lacks(const struct mi_layout *l)
{
	if (!mi_has(&l->xa_head))
		return "struct xarray has no member xa_head";
	if (!l->size_xa_node)
		return "no usable struct xa_node";
	if (!mi_has(&l->xa_node_shift) || !mi_has(&l->xa_node_array))
		return "struct xa_node has no member shift or array";
	if (!mi_has(&l->xa_node_slots) || l->xa_node_slots.count != SLOTS)
		return "its tree is no xarray of 64 slots";
	return NULL;
}

bool mi_cache_form(const struct mi_layout *l, enum mi_cache_form *form, const char **why)
{
	*form = MI_CACHE_XARRAY;
	if (!mi_has(&l->as_pages))
		*why = "struct address_space has no member i_pages";
	else if (!strcmp(l->as_pages.type_name, "xarray"))
		*why = xarray_lacks(l);
	else if (!strcmp(l->as_pages.type_name, "radix_tree_root"))
		*why = radix_lacks(l, form);
	else
		*why = "its tree is neither an xarray nor a radix tree";
	return !*why;
}

/* ---- the walk ---- */

enum mi_status mi_cache_start(struct mi_cache_walk *w, struct mi_kernel *k, uint64_t mapping,
			      bool is_dax, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t a_ops;
	const char *why;
	enum mi_read r;

	w->why = MI_READ_OK;
	if (!mi_feature(k, MI_F_CACHE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no page cache: %s", why);
	w->k = k;
	w->mapping = mapping;
	w->tree = mapping + (uint64_t)l->as_pages.off;
	w->depth = -1;
	w->value_kind = is_dax ? MI_SLOT_DAX : MI_SLOT_SHADOW;
	r = mi_read_member(k->t, mapping, &l->as_a_ops, &a_ops);
	if (!r)
		r = mi_read_member(k->t, w->tree, is_xarray(w) ? &l->xa_head : &l->radix_rnode,
				   &w->head);
	w->why = r;
	if (r)
		return mi_fail(err, MI_ERR_READ, "address_space %016llx: %s",
			       (unsigned long long)mapping, mi_read_text(r));
	if (!is_dax && !l->sym_shmem_aops)
		w->value_kind = MI_SLOT_UNREADABLE; /* shadow or swap: nobody knows */
	else if (a_ops == l->sym_shmem_aops)
		w->value_kind = MI_SLOT_SWAP;
	w->shmem =
		l->sym_shmem_aops && a_ops == l->sym_shmem_aops ? mi_shmem_vector(k, mapping) : 0;
	return MI_OK;
}

/* The shift of the node @raw; false: there is no such node. */
static bool node_shift(const struct mi_cache_walk *w, const void *raw, unsigned int *shift)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t height;

	if (w->k->cache_form != MI_CACHE_HEIGHT) {
		height = mi_get(raw, is_xarray(w) ? &l->xa_node_shift : &l->radix_node_shift);
		*shift = (unsigned int)height;
		return height % SLOT_BITS == 0 && height <= 60;
	}
	height = mi_has(&l->radix_node_path) ? mi_get(raw, &l->radix_node_path) & PATH_HEIGHT
					     : mi_get(raw, &l->radix_node_height);
	if (!height || height > MI_XA_DEPTH)
		return false;
	*shift = (unsigned int)(height - 1) * SLOT_BITS;
	return true;
}

/* Does the node @raw say that it belongs to level @d of the path? */
static bool belongs(const struct mi_cache_walk *w, int d, const void *raw)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t above = d ? w->path[d - 1].addr : 0;

	if (is_xarray(w))
		return mi_get(raw, &l->xa_node_array) == w->tree;
	return !mi_has(&l->radix_node_parent) ||
	       (mi_get(raw, &l->radix_node_parent) & ~3ULL) == above;
}

static void take_slots(const struct mi_cache_walk *w, const void *raw, struct mi_cache_node *node)
{
	const struct mi_layout *l = &w->k->l;
	const struct mi_member *m = is_xarray(w) ? &l->xa_node_slots : &l->radix_node_slots;
	unsigned int i;

	if (m->size == sizeof(*node->slots) && !m->bits) {
		memcpy(node->slots, (const unsigned char *)raw + m->off, sizeof(node->slots));
		return;
	}
	for (i = 0; i < SLOTS; i++)
		node->slots[i] = mi_get_at(raw, m, i);
}

/* "To be written" is missing in 2.6.32. Each mark has one word, or two narrow ones. */
static void take_marks(const struct mi_cache_walk *w, const void *raw, struct mi_cache_node *node)
{
	const struct mi_layout *l = &w->k->l;
	const struct mi_member *m = is_xarray(w) ? &l->xa_node_marks : &l->radix_node_tags;
	unsigned int words, i;

	memset(node->marks, 0, sizeof(node->marks));
	node->has_marks = false;
	if (!mi_has(m) || m->size != mi_word_size(w->k->t))
		return;
	words = SLOTS / (8 * m->size);
	if (m->count < 2 * words || m->count > 3 * words)
		return;
	node->has_marks = true;
	for (i = 0; i < m->count / words * words; i++)
		node->marks[i / words] |= mi_get_at(raw, m, i) << (i % words * 8 * m->size);
}

/* The node of @entry as level @d of the path; @shift is what it must have, or -1 for the root. */
static bool load_node(struct mi_cache_walk *w, int d, uint64_t entry, uint64_t base, int shift)
{
	const struct mi_layout *l = &w->k->l;
	struct mi_problems *p = &w->k->problems;
	const char *what = is_xarray(w) ? "xa_node" : "radix_tree_node";
	struct mi_cache_node *node = &w->path[d];
	uint64_t addr = entry & ~3ULL;
	unsigned char raw[NODE_MAX];
	unsigned int has = 0;

	w->depth = d - 1;
	w->why = mi_read_virt(w->k->t, addr, raw,
			      is_xarray(w) ? l->size_xa_node : l->size_radix_node);
	if (w->why) {
		mi_problem_read(p, what, addr, w->why, "cached pages are missing");
		return false;
	}
	if (!node_shift(w, raw, &has) || !belongs(w, d, raw) ||
	    (shift >= 0 && has != (unsigned int)shift)) {
		mi_problem_bad(p, what, addr, "does not belong where it hangs",
			       "cached pages are missing");
		w->why = MI_READ_DAMAGED;
		return false;
	}
	node->addr = addr;
	node->base = base;
	node->shift = has;
	take_slots(w, raw, node);
	take_marks(w, raw, node);
	w->depth = d;
	return true;
}

static uint64_t slot_entry(const struct mi_cache_walk *w, int d, unsigned int i)
{
	return w->path[d].slots[i];
}

static unsigned int slot_marks(const struct mi_cache_walk *w, int d, unsigned int i)
{
	const struct mi_cache_node *node = &w->path[d];

	if (!node->has_marks)
		return MI_MARK_UNKNOWN;
	return (unsigned int)((node->marks[0] >> i & 1) | (node->marks[1] >> i & 1) << 1 |
			      (node->marks[2] >> i & 1) << 2);
}

static void describe_value(struct mi_cache_walk *w, uint64_t entry, struct mi_slot *s)
{
	unsigned int type = 8 * mi_word_size(w->k->t) -
			    (is_xarray(w) ? SWAP_TYPE_SHIFT_XARRAY : SWAP_TYPE_SHIFT_RADIX);

	s->kind = w->value_kind;
	s->value = entry >> (is_xarray(w) ? 1 : 2);
	if (s->kind == MI_SLOT_UNREADABLE)
		mi_problem_unknown(&w->k->problems, "page cache entry", w->mapping,
				   "is a shadow or a swap entry; without the symbol shmem_aops "
				   "it cannot be told which",
				   "evicted and swapped pages are missing");
	if (s->kind == MI_SLOT_SWAP) {
		s->swap_type = (unsigned int)(s->value >> type);
		s->swap_offset = s->value & ((1ULL << type) - 1);
	}
}

/* Describe the pointer or value @entry that covers @n pages from @index. False: bad. */
static bool describe(struct mi_cache_walk *w, uint64_t entry, uint64_t index, uint64_t n,
		     struct mi_slot *s)
{
	memset(s, 0, sizeof(*s));
	s->index = index;
	s->n = n;
	if (is_value(w, entry)) {
		describe_value(w, entry, s);
		return true;
	}
	s->kind = MI_SLOT_FOLIO;
	s->page = entry;
	if (mi_page_to_pfn(w->k, entry, &s->pfn))
		return true;
	if (mi_feature(w->k, MI_F_PAGE, NULL)) {
		mi_problem_bad(&w->k->problems, "page cache entry", entry, "is no struct page",
			       "a cached page is missing");
		return false;
	}
	return true;
}

static void unreadable(const struct mi_cache_walk *w, uint64_t index, uint64_t n, struct mi_slot *s)
{
	memset(s, 0, sizeof(*s));
	s->index = index;
	s->n = n;
	s->kind = MI_SLOT_UNREADABLE;
	s->why = w->why;
}

/* Drop nodes from the path that do not cover @index. */
static void trim(struct mi_cache_walk *w, uint64_t index)
{
	while (w->depth >= 0) {
		unsigned int bits = w->path[w->depth].shift + SLOT_BITS;

		if (bits >= 64 || index >> bits == w->path[w->depth].base >> bits)
			return;
		w->depth--;
	}
}

/* Root cases; true if *ret was set, *go if there is a node to walk. */
static bool at_root(struct mi_cache_walk *w, uint64_t index, struct mi_slot *ret, bool *go)
{
	*go = false;
	if (!w->head)
		return false;
	if (!is_root_node(w, w->head)) {
		if (index || is_mark(w, w->head) || !describe(w, w->head, 0, 1, ret))
			return false;
		ret->marks = MI_MARK_UNKNOWN;
		return true;
	}
	if (w->depth < 0 && !load_node(w, 0, w->head, 0, -1)) {
		unreadable(w, index, ~0ULL - index, ret);
		return true;
	}
	*go = true;
	return false;
}

/* Index span of slot @i of level @d. */
static uint64_t slot_first(const struct mi_cache_walk *w, int d, unsigned int i)
{
	return w->path[d].base + ((uint64_t)i << w->path[d].shift);
}

static unsigned int count_siblings(const struct mi_cache_walk *w, int d, unsigned int i)
{
	unsigned int n, of;
	uint64_t e;

	for (n = 1; i + n < SLOTS; n++) {
		e = slot_entry(w, d, i + n);
		if (!is_sibling(w, d, e, &of) || of != i)
			break;
	}
	return n;
}

enum step {
	STEP_DOWN,
	STEP_FOUND,
	STEP_NEXT
};

/* Look at slot *@i of the deepest node; *@i moves to a sibling's canonical slot. */
static enum step look(struct mi_cache_walk *w, unsigned int *i, struct mi_slot *ret)
{
	int d = w->depth;
	unsigned int shift = w->path[d].shift, asked = *i, n, of;
	uint64_t e = slot_entry(w, d, *i), span = 1ULL << shift;

	if (is_sibling(w, d, e, &of)) {
		*i = of < *i ? of : *i;
		e = slot_entry(w, d, *i);
		if (tag_of(e) == node_tag(w))
			return STEP_NEXT;
	}
	if (!e)
		return STEP_NEXT;
	if (is_node(w, d, e)) {
		/* The depth ends where the shift does, so a circle cannot run on. */
		if (shift && d + 1 < MI_XA_DEPTH &&
		    load_node(w, d + 1, e, slot_first(w, d, *i), (int)(shift - SLOT_BITS)))
			return STEP_DOWN;
		if (!shift)
			w->why = MI_READ_DAMAGED;
		w->depth = d;
		unreadable(w, slot_first(w, d, *i), span, ret);
		return STEP_FOUND;
	}
	if (is_mark(w, e))
		return STEP_NEXT; /* retry or zero entry: nothing there */
	n = count_siblings(w, d, *i);
	if (asked >= *i + n) {
		mi_problem_bad(&w->k->problems, "node", w->path[d].addr,
			       "has a sibling entry without its chain", "cached pages are missing");
		return STEP_NEXT;
	}
	if (span > ENTRY_PAGES_MAX / n) {
		mi_problem_bad(&w->k->problems, "node", w->path[d].addr,
			       "has an entry of more pages than any page has",
			       "cached pages are missing");
		w->why = MI_READ_DAMAGED;
		unreadable(w, slot_first(w, d, *i), span, ret);
		return STEP_FOUND;
	}
	if (!describe(w, e, slot_first(w, d, *i), span * n, ret))
		return STEP_NEXT;
	ret->marks = slot_marks(w, d, *i);
	return STEP_FOUND;
}

static bool next_in_tree(struct mi_cache_walk *w, uint64_t index, uint64_t last,
			 struct mi_slot *ret)
{
	bool go;

	if (index > last)
		return false;
	trim(w, index);
	if (at_root(w, index, ret, &go))
		return ret->index <= last;
	if (!go)
		return false;
	for (;;) {
		unsigned int shift = w->path[w->depth].shift, bits = shift + SLOT_BITS, i;

		/* Past the last index that this root can hold. */
		if (bits < 64 && index >> bits != w->path[w->depth].base >> bits) {
			if (!w->depth)
				return false;
			trim(w, index);
			if (w->depth < 0)
				return false;
			continue;
		}
		i = (unsigned int)(index >> shift & (SLOTS - 1));
		switch (look(w, &i, ret)) {
		case STEP_DOWN:
			continue;
		case STEP_FOUND:
			return ret->index <= last;
		case STEP_NEXT:
			break;
		}
		index = ((index >> shift) + 1) << shift;
		if (index > last || !index)
			return false;
	}
}

/* What nearly all slots are: the pointer to one page, beside others in the node at hand. */
static bool single_page(struct mi_cache_walk *w, uint64_t index, uint64_t last, struct mi_slot *ret)
{
	const struct mi_cache_node *node = &w->path[w->depth < 0 ? 0 : w->depth];
	unsigned int i = index & (SLOTS - 1);
	uint64_t e = node->slots[i];

	if (w->depth < 0 || node->shift || index - i != node->base || index > last || !e ||
	    tag_of(e) || (i + 1 < SLOTS && tag_of(node->slots[i + 1]) == node_tag(w)) ||
	    !describe(w, e, index, 1, ret))
		return false;
	ret->marks = slot_marks(w, w->depth, i);
	return true;
}

bool mi_cache_next(struct mi_cache_walk *w, uint64_t index, uint64_t last, struct mi_slot *ret)
{
	bool found = single_page(w, index, last, ret) || next_in_tree(w, index, last, ret);
	struct mi_slot swapped;

	if (w->shmem && index <= last &&
	    mi_shmem_next(w->k, w->shmem, index, found ? ret->index : last, &swapped) &&
	    (!found || swapped.index < ret->index)) {
		*ret = swapped;
		found = true;
	}
	return found;
}

/* How many slots from @i on have these marks. */
static size_t slots_marked(const struct mi_cache_node *node, unsigned int i, unsigned int marks)
{
	uint64_t differ = 0;
	size_t mark;

	if (!node->has_marks)
		return marks == MI_MARK_UNKNOWN ? SLOTS - i : 0;
	for (mark = 0; mark < 3; mark++)
		differ |= node->marks[mark] ^ (marks >> mark & 1 ? ~0ULL : 0);
	differ >>= i;
	return differ ? (size_t)__builtin_ctzll(differ) : SLOTS - i;
}

size_t mi_cache_singles(const struct mi_cache_walk *w, uint64_t index, const uint64_t *pfns,
			size_t n, unsigned int marks)
{
	const struct mi_cache_node *node = &w->path[w->depth < 0 ? 0 : w->depth];
	const unsigned int first = index & (SLOTS - 1);
	const uint64_t *slot = &node->slots[first];
	size_t got, marked;
	uint64_t page = 0;

	if (!n || w->depth < 0 || w->shmem || node->shift || index - first != node->base)
		return 0;
	marked = slots_marked(node, first, marks);
	n = n < marked ? n : marked;
	for (got = 0; got < n; got++) {
		/* Where there are no sections, struct pages follow each other as frames do. */
		page = got && !w->k->memmodel.n_sections
			       ? page + (pfns[got] - pfns[got - 1]) * w->k->l.size_page
			       : mi_pfn_to_page(w->k, pfns[got]);
		if (!slot[got] || tag_of(slot[got]) || slot[got] != page)
			break;
	}
	/* The last one may be a folio's, and its siblings follow. */
	if (got && first + got < SLOTS && tag_of(slot[got]) == node_tag(w))
		got--;
	return got;
}
