// SPDX-License-Identifier: GPL-2.0-or-later
/* pagetable.c - walks the page tables of an mm, a table at a time */
#include "pagetable.h"
#include "vma.h"

/* Entries of upper levels; arch/x86/include/asm/pgtable_types.h */
#define ENTRY_PRESENT 0x1ULL
#define ENTRY_PSE 0x80ULL

static unsigned int level_shift(unsigned int level)
{
	return MI_PAGE_SHIFT + 9 * (level - 1);
}

enum mi_status mi_pt_start(struct mi_pt_walk *w, struct mi_kernel *k, const struct mi_mm *mm,
			   struct mi_error *err)
{
	const char *why;

	if (!mi_feature(k, MI_F_PTE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no page tables: %s", why);
	memset(w->table, 0, sizeof(w->table));
	w->k = k;
	w->levels = mi_target_facts(k->t)->paging_levels;
	w->root_why = mi_virt_to_phys(k->t, mm->pgd, &w->root);
	if (w->root_why)
		mi_problem_read(&k->problems, "page table", mm->pgd, w->root_why,
				"page states are missing");
	return MI_OK;
}

/* The table at physical @pa into the slot of @level. */
static enum mi_read load_table(struct mi_pt_walk *w, unsigned int level, uint64_t pa)
{
	enum mi_read r;

	if (w->table[level] == pa + 1)
		return MI_READ_OK;
	w->table[level] = 0;
	r = mi_read_phys(w->k->t, pa, w->tables[level], MI_PAGE_SIZE);
	if (r) {
		mi_problem_read(&w->k->problems, "page table", pa, r, "page states are missing");
		return r;
	}
	w->table[level] = pa + 1;
	return MI_READ_OK;
}

/* Points to a table, and not to a page or a swap entry. */
static bool is_table(uint64_t entry, unsigned int level)
{
	return (entry & ENTRY_PRESENT) && (level > 3 || !(entry & ENTRY_PSE));
}

/* First address behind the entry of @level that holds @va, cut at @end. */
static uint64_t after(uint64_t va, unsigned int level, uint64_t end)
{
	uint64_t next = (va >> level_shift(level)) + 1;

	next <<= level_shift(level);
	return next && next < end ? next : end;
}

/* Extend an empty extent over the empty entries that follow in the same table. */
static void extend_none(const uint64_t *table, unsigned int level, uint64_t end,
			struct mi_extent *ret)
{
	uint64_t i = ret->start >> level_shift(level) & 511;

	for (i++; i < 512 && ret->end < end && !table[i]; i++)
		ret->end = after(ret->end, level, end);
}

void mi_pt_next(struct mi_pt_walk *w, uint64_t va, uint64_t end, struct mi_extent *ret)
{
	uint64_t pa = w->root, entry;
	unsigned int level;

	memset(ret, 0, sizeof(*ret));
	ret->start = va;
	ret->end = end;
	if (w->root_why) {
		ret->kind = MI_EXTENT_UNREADABLE;
		ret->why = w->root_why;
		return;
	}
	for (level = w->levels;; level--) {
		ret->why = load_table(w, level, pa);
		if (ret->why) {
			ret->kind = MI_EXTENT_UNREADABLE;
			ret->end = after(va, level + 1, end);
			return;
		}
		if (level == 1)
			break;
		entry = w->tables[level][va >> level_shift(level) & 511];
		ret->end = after(va, level, end);
		if (!entry) {
			ret->kind = MI_EXTENT_NONE;
			extend_none(w->tables[level], level, end, ret);
			return;
		}
		if (!is_table(entry, level)) {
			ret->kind = MI_EXTENT_HUGE;
			ret->entry = entry;
			ret->level = level;
			ret->base = va >> level_shift(level) << level_shift(level);
			return;
		}
		pa = entry & w->k->pa_mask;
	}
	ret->kind = MI_EXTENT_TABLE;
	ret->end = after(va, 2, end);
	ret->entries = &w->tables[1][va >> MI_PAGE_SHIFT & 511];
}

void mi_pte_in_vma(struct mi_pte *pte, uint64_t vm_flags)
{
	if (pte->kind == MI_PTE_PROT_NONE && vm_flags & (MI_VM_READ | MI_VM_WRITE | MI_VM_EXEC))
		pte->kind = MI_PTE_NUMA_HINT;
}
