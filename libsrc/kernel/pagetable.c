// SPDX-License-Identifier: GPL-2.0-or-later
/* pagetable.c - walks the page tables of an mm, a table at a time */
#include "pagetable.h"
#include "vma.h"

/* A table of hugetlbfs is followed at no more places: else these might be too many. */
#define SHARED_MAX 64

const struct mi_pte_ops *mi_pte_ops_of(enum mi_arch arch)
{
	static const struct mi_pte_ops *const all[] = {&mi_pte_x86_64, &mi_pte_arm64_ops,
						       &mi_pte_i386, &mi_pte_arm_ops};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->arch == arch)
			return all[i];
	return NULL;
}

void mi_pte_decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->level = level;
	if (entry)
		k->pte->decode(k, entry, level, index, ret);
}

static unsigned int level_shift(const struct mi_pt_walk *w, unsigned int level)
{
	return w->shape->level[level].shift;
}

enum mi_status mi_pt_start(struct mi_pt_walk *w, struct mi_kernel *k, const struct mi_mm *mm,
			   struct mi_error *err)
{
	const char *why;

	if (!mi_feature(k, MI_F_PTE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no page tables: %s", why);
	memset(w->table, 0, sizeof(w->table));
	w->k = k;
	w->mm = mm->addr;
	w->shape = k->tables;
	w->root_why = mi_virt_to_phys(k->t, mm->pgd, &w->root);
	if (w->root_why)
		mi_problem_read(&k->problems, "page table", mm->pgd, w->root_why,
				"page states are missing");
	return MI_OK;
}

/* @n entries of 4 bytes, each to one of 8. */
static enum mi_read read_narrow(struct mi_target *t, uint64_t pa, uint64_t *to, size_t n)
{
	uint32_t raw[MI_PT_CHUNK];
	enum mi_read r = mi_read_phys(t, pa, raw, n * sizeof(raw[0]));
	size_t i;

	for (i = 0; !r && i < n; i++)
		to[i] = raw[i];
	return r;
}

/* Where in the chunk the entry of @va is. */
static uint64_t slot_of(const struct mi_pt_walk *w, unsigned int level, uint64_t va)
{
	return mi_entry_index(w->shape, level, va) & (MI_PT_CHUNK - 1);
}

static uint64_t chunk_size(const struct mi_pt_walk *w, unsigned int level)
{
	uint64_t n = 1ULL << w->shape->level[level].bits;

	return n < MI_PT_CHUNK ? n : MI_PT_CHUNK;
}

/* First address behind the entry of @level that holds @va, cut at @end. */
static uint64_t after(const struct mi_pt_walk *w, uint64_t va, unsigned int level, uint64_t end)
{
	uint64_t next = (va >> level_shift(w, level)) + 1;

	next <<= level_shift(w, level);
	return next && next < end ? next : end;
}

/* First address behind the chunk of @level that holds @va, cut at @end. */
static uint64_t after_chunk(const struct mi_pt_walk *w, uint64_t va, unsigned int level,
			    uint64_t end)
{
	uint64_t left = chunk_size(w, level) - slot_of(w, level, va);
	uint64_t next = ((va >> level_shift(w, level)) + left) << level_shift(w, level);

	return next && next < end ? next : end;
}

/*
 * Is the table at @pa, whose entries here begin with that of @base, at other places of this mm as
 * well, or of another level? What maps the same pages of hugetlbfs may have tables in common
 * (mm/hugetlb.c, huge_pmd_share()), in one mm as in two. A running kernel moves its tables
 * meanwhile.
 */
static bool elsewhere(struct mi_pt_walk *w, unsigned int level, uint64_t pa, uint64_t base)
{
	struct mi_pt_met *met = &w->k->pt_met;
	uint64_t table = pa | 1;
	uint64_t here = (table ^ (base << 3 | level) * 0x9e3779b97f4a7c15ULL) | 1ULL << 63;
	size_t n = 0;

	if (mi_target_facts(w->k->t)->live)
		return false;
	if (met->mm != w->mm) {
		mi_addrmap_free(&met->at);
		met->mm = w->mm;
	}
	if (mi_addrmap_get(&met->at, here, &n))
		return false;
	if (!mi_addrmap_get(&met->at, table, &n))
		mi_addrmap_put(&met->at, table, 1);
	else if (n < (level == 2 ? SHARED_MAX : 1))
		mi_addrmap_set(&met->at, table, n + 1);
	else
		return true;
	mi_addrmap_put(&met->at, here, 1);
	return false;
}

/*
 * Of the table at physical @pa the entries of @va and of what follows up to @end in the same
 * chunk, into the slots of @level. No more than these: each page of a running kernel is dear.
 */
static enum mi_read load_table(struct mi_pt_walk *w, unsigned int level, uint64_t pa, uint64_t va,
			       uint64_t end)
{
	size_t n = (size_t)1 << w->shape->level[level].bits, bytes = w->shape->level[level].bytes;
	uint64_t first = slot_of(w, level, va);
	uint64_t last = slot_of(w, level, after_chunk(w, va, level, end) - 1);
	uint64_t *to = &w->tables[level][first];
	uint64_t base = (va >> level_shift(w, level)) - first;
	enum mi_read r;

	if (n > MI_PT_CHUNK)
		pa += (mi_entry_index(w->shape, level, va) & ~(uint64_t)(MI_PT_CHUNK - 1)) * bytes;
	if (w->table[level] == pa + 1 && w->base[level] == base && w->first[level] <= first &&
	    w->last[level] >= last)
		return MI_READ_OK;
	w->table[level] = 0;
	if (elsewhere(w, level, pa, base)) {
		mi_problem_bad(&w->k->problems, "page table", pa, "is met at two places",
			       "page states are missing");
		return MI_READ_DAMAGED;
	}
	n = last - first + 1;
	r = bytes == 8 ? mi_read_phys(w->k->t, pa + first * bytes, to, n * bytes)
		       : read_narrow(w->k->t, pa + first * bytes, to, n);
	if (r) {
		mi_problem_read(&w->k->problems, "page table", pa, r, "page states are missing");
		return r;
	}
	w->table[level] = pa + 1;
	w->base[level] = base;
	w->first[level] = first;
	w->last[level] = last;
	return MI_READ_OK;
}

/* Extend an empty extent over the empty entries that follow in the same chunk. */
static void extend_none(const struct mi_pt_walk *w, unsigned int level, uint64_t end,
			struct mi_extent *ret)
{
	uint64_t i = slot_of(w, level, ret->start), n = chunk_size(w, level);

	for (i++; i < n && ret->end < end && !w->tables[level][i]; i++)
		ret->end = after(w, ret->end, level, end);
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
	for (level = w->shape->levels;; level--) {
		ret->why = load_table(w, level, pa, va, end);
		if (ret->why) {
			ret->kind = MI_EXTENT_UNREADABLE;
			ret->end = after_chunk(w, va, level, end);
			return;
		}
		if (level == 1)
			break;
		entry = w->tables[level][slot_of(w, level, va)];
		ret->end = after(w, va, level, end);
		if (!entry) {
			ret->kind = MI_EXTENT_NONE;
			extend_none(w, level, end, ret);
			return;
		}
		if (!w->k->pte->is_table(w->k, entry, level)) {
			ret->kind = MI_EXTENT_HUGE;
			ret->entry = entry;
			ret->level = level;
			ret->base = va >> level_shift(w, level) << level_shift(w, level);
			return;
		}
		pa = mi_entry_pa(w->shape, entry);
	}
	ret->kind = MI_EXTENT_TABLE;
	ret->end = after_chunk(w, va, 1, end);
	ret->entries = &w->tables[1][slot_of(w, 1, va)];
}

void mi_pte_in_vma(struct mi_pte *pte, uint64_t vm_flags)
{
	if (pte->kind == MI_PTE_PROT_NONE && vm_flags & (MI_VM_READ | MI_VM_WRITE | MI_VM_EXEC))
		pte->kind = MI_PTE_NUMA_HINT;
	if (pte->kind == MI_PTE_FILE && !(vm_flags & MI_VM_NONLINEAR))
		pte->kind = MI_PTE_UNKNOWN;
}
