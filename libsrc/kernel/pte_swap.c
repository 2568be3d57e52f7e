// SPDX-License-Identifier: GPL-2.0-or-later
/* pte_swap.c - what a swap entry means, however an architecture writes it down */
#include "pagetable.h"

static bool in_kind(unsigned int type, unsigned int first, unsigned int n)
{
	return type >= first && type < first + n;
}

/*
 * Types of migration entries: read, since 5.19 read of an exclusive page, and
 * write. Since 6.1 (0d206b5d2e0d) young and dirty lie above the frame.
 */
static void migration_bits(const struct mi_kernel *k, struct mi_pte *pte)
{
	unsigned int which = pte->swap_type - k->swap.migration;
	uint64_t above = pte->swap_offset >> k->pfn_swap_bits;

	if (which + 1 == k->swap.n_migration)
		pte->bits |= MI_PTE_WRITE;
	else if (which)
		pte->bits |= MI_PTE_EXCLUSIVE;
	pte->bits |= above & 1 ? MI_PTE_YOUNG : 0;
	pte->bits |= above & 2 ? MI_PTE_DIRTY : 0;
}

static void special_kind(const struct mi_kernel *k, struct mi_pte *pte)
{
	const struct mi_swap_types *s = &k->swap;
	unsigned int type = pte->swap_type;
	bool has_pfn = true;

	if (in_kind(type, s->hwpoison, s->n_hwpoison)) {
		pte->kind = MI_PTE_HWPOISON;
	} else if (in_kind(type, s->migration, s->n_migration)) {
		pte->kind = MI_PTE_MIGRATION;
		migration_bits(k, pte);
	} else if (in_kind(type, s->device, s->n_device)) {
		pte->kind = MI_PTE_DEVICE;
	} else {
		has_pfn = false;
		if (in_kind(type, s->marker, s->n_marker)) {
			pte->kind = MI_PTE_MARKER;
			if (pte->swap_offset & MI_MARKER_UFFD_WP)
				pte->bits |= MI_PTE_UFFD_WP;
		} else if (in_kind(type, s->error, s->n_error)) {
			pte->kind = MI_PTE_SWAP_ERROR;
		} else {
			pte->kind = MI_PTE_UNKNOWN;
		}
	}
	if (has_pfn)
		pte->pfn = pte->swap_offset & ((1ULL << k->pfn_swap_bits) - 1);
}

void mi_pte_of_swap(const struct mi_kernel *k, uint64_t index, struct mi_pte *pte)
{
	if (pte->level > 1)
		pte->bits |= MI_PTE_HUGE;
	if (pte->swap_type < k->swap.nr_files)
		pte->kind = MI_PTE_SWAP;
	else if (!k->swap.known)
		pte->kind = MI_PTE_UNKNOWN;
	else
		special_kind(k, pte);
	if (pte->kind == MI_PTE_SWAP)
		pte->swap_offset += index;
	else
		pte->pfn += index;
}
