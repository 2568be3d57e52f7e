// SPDX-License-Identifier: GPL-2.0-or-later
/* kernel.c - constants of a kernel that are derived once, and list walks */
#include <stdlib.h>

#include "kernel.h"
#include "vma.h"

#define SWAP_TYPES 32 /* MAX_SWAPFILES_SHIFT is 5 in all kernels */

/*
 * Types of device memory, of @rest that are left: read and write, since 5.14 two
 * more for exclusive access, since 6.15 one. PTE markers are as old as
 * PG_anon_exclusive (5.19), so before it nothing else can follow.
 */
static unsigned int device_types(const struct mi_layout *l, unsigned int rest)
{
	unsigned int n = 0;

	if (l->sym_make_device_exclusive_range)
		n = 4;
	else if (l->sym_make_device_exclusive)
		n = 3;
	else if (!l->PG_anon_exclusive.known)
		n = 2;
	return n < rest ? n : rest;
}

/*
 * Special swap types sit above the swap areas in this order: hwpoison,
 * migration, device, PTE marker, swapin error (include/linux/swap.h); each is
 * there or not by configuration. The number of areas is the length of
 * swap_info[]; what is configured must then fill the rest exactly. If it does
 * not, this kernel has a kind unknown to us and no name is guessed.
 */
static void swap_types(struct mi_kernel *k)
{
	struct mi_swap_types *s = &k->swap;
	unsigned int next, rest;
	uint64_t room;

	s->inverted = k->l.sym_l1tf_mitigation != 0;
	room = k->l.sym_swap_info ? mi_symbol_room(k->t, k->l.sym_swap_info) / 8 : 0;
	s->nr_files = room && room <= SWAP_TYPES ? (unsigned int)room : 0;
	if (!s->nr_files)
		return;
	s->n_hwpoison = k->l.PG_hwpoison.known;
	if (k->l.sym_migrate_pages)
		/* 5.19 (6c287605fd56) split "read" into shared and exclusive */
		s->n_migration = k->l.PG_anon_exclusive.known ? 3 : 2;
	next = s->nr_files;
	s->hwpoison = next;
	next += s->n_hwpoison;
	s->migration = next;
	next += s->n_migration;
	if (next > SWAP_TYPES)
		return;
	rest = SWAP_TYPES - next;
	s->n_device = device_types(&k->l, rest);
	s->device = next;
	s->marker = next + s->n_device;
	rest -= s->n_device;
	s->n_marker = rest > 0;
	s->error = s->marker + s->n_marker;
	s->n_error = rest > 1;
	s->known = rest <= 2;
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
		return st;
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

void mi_list_start(struct mi_list *li, struct mi_kernel *k, uint64_t head, const char *what)
{
	li->k = k;
	li->head = head;
	li->node = head;
	li->tortoise = head;
	li->steps = 0;
	li->power = 1;
	li->what = what;
}

bool mi_list_next(struct mi_list *li, uint64_t *node)
{
	const struct mi_member *next = &li->k->l.list_next;
	uint64_t n;
	enum mi_read r = mi_read_member(li->k->t, li->node, next, &n);

	if (r) {
		mi_problem_read(&li->k->problems, li->what, li->node, r,
				"the rest of it is missing");
		return false;
	}
	if (n == li->head)
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
