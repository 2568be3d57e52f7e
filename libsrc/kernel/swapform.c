// SPDX-License-Identifier: GPL-2.0-or-later
/* swapform.c - which form swap entries have; contract in swapform.h */
#include <stdlib.h>

#include "pagetable.h"
#include "swap.h"
#include "swapform.h"

#define PRESENT (1ULL << 0)
#define USER (1ULL << 2)
#define FILE_ENTRY (1ULL << 6)
#define PROTNONE (1ULL << 8)
#define NUMA (1ULL << 9)
#define FAR_ZERO 0x1fdULL /* of the far form, all below the type but the soft-dirty bit */

#define ARM_ABSENT 0x7ULL /* of the forms with a type from bit 3 on, all below */
#define ARM_PRESENT 0x3ULL
#define ARM_EXCLUSIVE (1ULL << 7)

#define USER_END (1ULL << 47)
#define SWAP_TYPES 32	       /* MAX_SWAPFILES_SHIFT is 5 in all kernels */
#define ENTRIES_MAX (1U << 20) /* of one mm: what is not told by so many is not told */

static bool can_balance(const struct mi_layout *l)
{
	return mi_has(&l->mm_numa_scan_seq);
}

/* Since 4.0 entries do not tell; the mark came into 6.3 together with this member. */
static unsigned int arm_forms(const struct mi_kernel *k)
{
	if (k->nonlinear)
		return 1U << MI_SWAP_ARM_5 | 1U << MI_SWAP_ARM_6;
	return 1U << (mi_has(&k->l.vma_private_flags) ? MI_SWAP_ARM_E : MI_SWAP_ARM_2);
}

unsigned int mi_swap_forms(const struct mi_kernel *k)
{
	if (k->pte->arch == MI_ARCH_ARM)
		return arm_forms(k);
	if (k->swap.inverted || k->pte->arch != MI_ARCH_X86_64)
		return 0;
	return 1U << MI_SWAP_NEAR | 1U << MI_SWAP_FAR |
	       (can_balance(&k->l) ? 1U << MI_SWAP_NUMA : 0);
}

bool mi_swap_form(const struct mi_kernel *k, enum mi_swap_form *form)
{
	unsigned int forms = k->swap.forms;

	if (!forms || forms & (forms - 1))
		return false;
	*form = (enum mi_swap_form)__builtin_ctz(forms);
	return true;
}

void mi_swap_decode(enum mi_swap_form form, uint64_t entry, unsigned int *type, uint64_t *offset)
{
	static const struct {
		unsigned int type, offset, types;
	} forms[MI_SWAP_FORMS] = {
		[MI_SWAP_NEAR] = {1, 9, 32},  [MI_SWAP_NUMA] = {1, 10, 32},
		[MI_SWAP_FAR] = {9, 14, 32},  [MI_SWAP_ARM_6] = {3, 9, 64},
		[MI_SWAP_ARM_5] = {3, 8, 32}, [MI_SWAP_ARM_2] = {2, 7, 32},
		[MI_SWAP_ARM_E] = {2, 8, 32},
	};

	*type = (unsigned int)(entry >> forms[form].type) & (forms[form].types - 1);
	*offset = entry >> forms[form].offset;
}

bool mi_swap_is_exclusive(enum mi_swap_form form, uint64_t entry)
{
	return form == MI_SWAP_ARM_E && entry & ARM_EXCLUSIVE;
}

bool mi_swap_is_numa(enum mi_swap_form form, uint64_t entry)
{
	return form == MI_SWAP_NUMA && entry & NUMA && !(entry & (PRESENT | PROTNONE));
}

/* A slot of an area in use, that somebody has. */
static bool in_use(struct mi_kernel *k, unsigned int type, uint64_t offset)
{
	const struct mi_layout *l = &k->l;
	/* Where the array has the areas themselves (up to 2.6.32), counts have two bytes. */
	const size_t size = k->swap.element != mi_word_size(k->t) ? 2 : 1;
	unsigned char count[2] = {0};
	uint64_t area, max, map;

	if (!mi_swap_area_at(k, type, &area) || !mi_has(&l->swap_max) || !mi_has(&l->swap_pages) ||
	    mi_read_member(k->t, area, &l->swap_max, &max) || !offset || offset >= max)
		return false;
	if (!mi_has(&l->swap_map) || mi_read_member(k->t, area, &l->swap_map, &map) || !map)
		return true;
	return mi_read_virt(k->t, map + size * offset, count, size) || count[0] || count[1];
}

/* May @entry, which is neither present nor nonlinear, stand in a kernel of @form? */
static bool goes_with(struct mi_kernel *k, enum mi_swap_form form, uint64_t entry)
{
	unsigned int type;
	uint64_t offset;

	if (form == MI_SWAP_NUMA && entry & NUMA)
		return entry & USER && (entry & k->pa_mask) >> MI_PAGE_SHIFT < k->max_pfn;
	if (form == MI_SWAP_FAR && entry & FAR_ZERO)
		return false;
	if (form >= MI_SWAP_ARM_6 && entry & (form >= MI_SWAP_ARM_2 ? ARM_PRESENT : ARM_ABSENT))
		return false;
	mi_swap_decode(form, entry, &type, &offset);
	if (type >= SWAP_TYPES)
		return false;
	if (type < k->swap.nr_files)
		return in_use(k, type, offset);
	/* A page that is moved, or broken: a frame. */
	return offset < k->max_pfn;
}

static bool is_swap(const struct mi_kernel *k, uint64_t entry)
{
	if (k->pte->is_swap)
		return k->pte->is_swap(k, entry);
	return !(entry & (PRESENT | PROTNONE)) && !(k->nonlinear && entry & FILE_ENTRY);
}

static void look_at(struct mi_kernel *k, uint64_t entry)
{
	unsigned int form, left = 0;

	if (!entry || !is_swap(k, entry))
		return;
	for (form = 0; form < MI_SWAP_FORMS; form++)
		if (k->swap.forms >> form & 1 && goes_with(k, (enum mi_swap_form)form, entry))
			left |= 1U << form;
	/* One that goes with none is damaged, and tells nothing. */
	if (left)
		k->swap.forms = left;
}

static void walk(struct mi_kernel *k, struct mi_pt_walk *w)
{
	uint64_t all = 1ULL << w->shape->level[w->shape->levels + 1].shift;
	uint64_t end = all < USER_END ? all : USER_END, va, n, i, seen = 0;
	enum mi_swap_form form;
	struct mi_extent ext;

	for (va = 0; va < end && seen < ENTRIES_MAX; va = ext.end) {
		mi_pt_next(w, va, end, &ext);
		if (ext.kind != MI_EXTENT_TABLE)
			continue;
		n = (ext.end - ext.start) >> MI_PAGE_SHIFT;
		seen += n;
		for (i = 0; i < n; i++)
			look_at(k, ext.entries[i]);
		if (mi_swap_form(k, &form) || mi_target_interrupted(k->t))
			return;
	}
}

void mi_swap_learn(struct mi_kernel *k, const struct mi_mm *mm)
{
	enum mi_swap_form form;
	struct mi_pt_walk *w;

	if (!k->swap.forms || mi_swap_form(k, &form) || !k->swap.nr_files ||
	    k->swap.learned_mm == mm->addr)
		return;
	w = malloc(sizeof(*w));
	if (w && mi_pt_start(w, k, mm, NULL) == MI_OK)
		walk(k, w);
	k->swap.learned_mm = mm->addr;
	free(w);
}
