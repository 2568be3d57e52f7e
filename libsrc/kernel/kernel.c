// SPDX-License-Identifier: GPL-2.0-or-later
/* kernel.c - constants of a kernel that are derived once, and list walks */
#include <stdlib.h>

#include "kernel.h"
#include "vma.h"

#define CACHE_LINE 64 /* nothing that follows such an array is aligned to more */
#define SWAP_TYPES 32 /* MAX_SWAPFILES_SHIFT is 5 in all kernels */

/* Types of device memory: read and write, since 5.14 two more for exclusive use, since 6.15 one. */
static unsigned int device_types(const struct mi_layout *l)
{
	if (l->sym_make_device_exclusive_range)
		return 4;
	if (l->sym_make_device_exclusive)
		return 3;
	/* Before 5.14 this one was built for device memory alone. */
	return l->sym_migrate_vma_setup && !l->PG_anon_exclusive.known ? 2 : 0;
}

/*
 * Could the arrays of one element per swap area have @nr of them? Type information
 * has no global variables, so what is known of each is how far away the next symbol
 * is: not less than its size, and more by what aligns the next one.
 */
static bool fits(const struct mi_kernel *k, unsigned int nr)
{
	const struct {
		uint64_t sym, size;
	} arrays[] = {
		{k->l.sym_swap_info, 8},
		{k->l.sym_swapper_spaces, 8},
		{k->l.sym_nr_swapper_spaces, 4},
	};
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		uint64_t room = arrays[i].sym ? mi_symbol_room(k->t, arrays[i].sym) : 0;
		uint64_t need = nr * arrays[i].size;

		if (!room)
			continue;
		if (need > room || room - need >= CACHE_LINE)
			return false;
		known = true;
	}
	return known;
}

static unsigned int at_least(uint64_t room)
{
	uint64_t nr = room < CACHE_LINE ? 0 : (room - CACHE_LINE) / 8 + 1;

	return nr <= SWAP_TYPES ? (unsigned int)nr : 0;
}

/* The special types, upwards from @nr; the order is that of include/linux/swap.h. */
static void deal_out(struct mi_swap_types *s, unsigned int nr)
{
	s->nr_files = nr;
	s->hwpoison = nr;
	s->migration = s->hwpoison + s->n_hwpoison;
	s->device = s->migration + s->n_migration;
	s->marker = s->device + s->n_device;
	s->error = s->marker + s->n_marker;
	s->known = true;
}

/*
 * Special swap types sit above the swap areas: hwpoison, migration, device, PTE
 * marker, swapin error; each is there or not by configuration and version. What the
 * symbols and enumerators say must agree with the length of the arrays, or no type
 * gets a name: it may be a kernel with a kind unknown to us.
 */
static void swap_types(struct mi_kernel *k)
{
	struct mi_swap_types *s = &k->swap;
	unsigned int sum, with;
	bool marker, no_marker;

	s->inverted = k->l.sym_l1tf_mitigation != 0;
	/* Until more is known: the areas that the array has in any case. */
	if (k->l.sym_swap_info)
		s->nr_files = at_least(mi_symbol_room(k->t, k->l.sym_swap_info));
	s->n_hwpoison = k->l.PG_hwpoison.known;
	if (k->l.sym_migrate_pages)
		/* 5.19 (6c287605fd56) split "read" into shared and exclusive */
		s->n_migration = k->l.PG_anon_exclusive.known ? 3 : 2;
	s->n_device = device_types(&k->l);
	sum = s->n_hwpoison + s->n_migration + s->n_device;
	if (!k->l.PG_anon_exclusive.known) {
		/* Markers and errors came after it, in 5.19 as well. */
		if (fits(k, SWAP_TYPES - sum))
			deal_out(s, SWAP_TYPES - sum);
		return;
	}
	/* 6.2 made errors markers and markers no option; RSS became an array there, too. */
	s->n_error = strcmp(k->l.mm_rss_stat.type_name, "percpu_counter") != 0;
	s->n_marker = 1;
	with = SWAP_TYPES - sum - s->n_error - s->n_marker;
	marker = fits(k, with);
	no_marker = s->n_error && fits(k, with + 1);
	if (marker == no_marker)
		return; /* neither, or the padding hides which */
	s->n_marker = marker;
	deal_out(s, marker ? with : with + 1);
}

static void page_constants(struct mi_kernel *k)
{
	uint64_t bits;

	if (k->l.sym_vmemmap_base && mi_read_u64(k->t, k->l.sym_vmemmap_base, &k->vmemmap)) {
		k->l.off[MI_F_PAGE] = true;
		memcpy(k->l.why[MI_F_PAGE], "vmemmap_base could not be read", 31);
	}
	if (!mi_target_number(k->t, "NUMBER(MAX_PHYSMEM_BITS)", &bits) || bits < 36 || bits > 52)
		bits = 52;
	k->max_pfn = 1ULL << (bits - MI_PAGE_SHIFT);
	k->pfn_swap_bits = (unsigned int)bits - MI_PAGE_SHIFT;
	k->pa_mask = mi_target_facts(k->t)->pa_mask;
}

enum mi_status mi_kernel_open(struct mi_target *t, const char *hide, struct mi_kernel **ret,
			      struct mi_error *err)
{
	struct mi_kernel *k = calloc(1, sizeof(*k));
	enum mi_status st;
	const char *why;

	if (!k)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	k->t = t;
	st = mi_layout_resolve(&k->l, t, hide, err);
	if (!st && (!mi_feature(k, MI_F_TASK, &why) || !mi_feature(k, MI_F_MM, &why)))
		st = mi_fail(err, MI_ERR_MISSING, "cannot find tasks and mappings: %s", why);
	if (!st && !mi_vma_flags_init(k))
		st = mi_fail(err, MI_ERR_MISSING,
			     "cannot read mappings: this kernel numbers their flags in an unknown "
			     "way");
	if (st) {
		mi_kernel_close(k);
		return mi_target_blame(t, st, err);
	}
	swap_types(k);
	page_constants(k);
	*ret = k;
	return MI_OK;
}

void mi_kernel_close(struct mi_kernel *k)
{
	free(k);
}

bool mi_feature(const struct mi_kernel *k, enum mi_feature f, const char **why)
{
	if (why)
		*why = k->l.why[f];
	return !k->l.off[f];
}

static const struct {
	const char *word, *text;
} features[MI_F_NR] = {
	[MI_F_NONE] = {"", ""},
	[MI_F_TASK] = {"tasks", "tasks"},
	[MI_F_MM] = {"mappings", "mappings"},
	[MI_F_PTE] = {"page_tables", "page tables"},
	[MI_F_FILE] = {"files", "mapped files"},
	[MI_F_PATH] = {"paths", "path names"},
	[MI_F_CACHE] = {"page_cache", "the page cache"},
	[MI_F_PAGE] = {"pages", "page flags and counts"},
};

const char *mi_feature_text(enum mi_feature f)
{
	return features[f].text;
}

const char *mi_feature_word(enum mi_feature f)
{
	return features[f].word;
}

static void restart(struct mi_list *li)
{
	li->node = li->head;
	li->tortoise = li->head;
	li->steps = 0;
	li->power = 1;
}

void mi_list_start(struct mi_list *li, struct mi_kernel *k, uint64_t head, const char *what)
{
	li->k = k;
	li->head = head;
	li->what = what;
	li->gap = 0;
	restart(li);
}

/* The neighbour in the direction of the walk. */
static bool follow(struct mi_list *li, uint64_t *node)
{
	const struct mi_layout *l = &li->k->l;
	enum mi_read r;

	r = mi_read_member(li->k->t, li->node, li->gap ? &l->list_prev : &l->list_next, node);
	if (!r)
		return true;
	mi_problem_read(&li->k->problems, li->what, li->node, r, "a part of it is missing");
	/* Without the head, or from the other side, there is no way on. */
	if (li->gap || li->node == li->head || !mi_has(&l->list_prev))
		return false;
	li->gap = li->node;
	restart(li);
	return follow(li, node);
}

bool mi_list_next(struct mi_list *li, uint64_t *node)
{
	uint64_t n;

	if (!follow(li, &n) || n == li->head || n == li->gap)
		return false;
	if (n == li->tortoise) {
		mi_problem_bad(&li->k->problems, li->what, n, "runs in a circle", NULL);
		return false;
	}
	if (++li->steps == li->power) {
		li->tortoise = n;
		li->power *= 2;
		li->steps = 0;
	}
	li->node = n;
	*node = n;
	return true;
}
