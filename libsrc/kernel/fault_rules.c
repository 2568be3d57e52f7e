// SPDX-License-Identifier: GPL-2.0-or-later
/* fault_rules.c - what page faults do in this kernel's generation, and whose handler does it */
#include <stdio.h>

#include "fault_rules.h"
#include "modules.h"
#include "pagetable.h"

#define AROUND_MAX 512 /* pages of one page table */

static void load_around(struct mi_kernel *k, struct mi_fault_rules *r)
{
	const struct mi_layout *l = &k->l;
	uint64_t v;

	/* In pages since 6.4 (53d36a56d8c4), in bytes before; both are unsigned long. */
	if (l->sym_fault_around_pages) {
		if (mi_read_ulong(k->t, l->sym_fault_around_pages, &v))
			return;
	} else if (l->sym_fault_around_bytes) {
		if (mi_read_ulong(k->t, l->sym_fault_around_bytes, &v))
			return;
		v >>= MI_PAGE_SHIFT;
	} else {
		return;
	}
	if (v > AROUND_MAX || v & (v - 1))
		return;
	r->around_known = true;
	r->around_pages = v;
}

/*
 * What came later than what is asked for tells that a probe is missing from a kernel that has
 * the thing: then it is not known.
 */
static bool percpu_rss(const struct mi_layout *l) /* 6.2 */
{
	return !strcmp(l->mm_rss_stat.type_name, "percpu_counter");
}

static void load_retries(const struct mi_layout *l, struct mi_fault_rules *r)
{
	if (l->VM_FAULT_COMPLETED.known)
		r->dirty_retries = MI_NO;
	else
		r->dirty_retries = mi_has(&l->mm_mt) ? MI_NOT_KNOWN : MI_YES;
	if (mi_has(&l->vma_lock_seq))
		/* 6.4 to 6.6 have the lock, but not for files. */
		r->retry_is_major = l->sym_vmf_anon_prepare ? MI_NO : MI_NOT_KNOWN;
	else if (percpu_rss(l) || l->sym_vmf_anon_prepare)
		r->retry_is_major = MI_NOT_KNOWN;
	else if (mi_has(&l->mm_mmap_lock))
		r->retry_is_major = MI_YES;
	else
		r->retry_is_major = mi_has(&l->mm_mmap_sem) ? MI_NO : MI_NOT_KNOWN;
}

static void load_reuse(const struct mi_layout *l, struct mi_fault_rules *r)
{
	if (l->PG_anon_exclusive.known)
		r->reuse = MI_REUSE_EXCLUSIVE;
	else if (l->sym_reuse_swap_page && mi_has(&l->mm_mmap_lock))
		r->reuse = MI_REUSE_COUNTS;
	else
		r->reuse = MI_REUSE_UNKNOWN;
}

static void load_folios(const struct mi_layout *l, struct mi_fault_rules *r)
{
	if (mi_has(&l->page_flags_f))
		r->whole_folios = MI_YES;
	else
		r->whole_folios = mi_has(&l->ra_order) ? MI_NOT_KNOWN : MI_NO;
	/* 7.2 or earlier, but no earlier than the numbers of these flags are types. */
	r->hits_once = l->VMA_READ.known;
	r->numa_upgrades =
		l->PG_anon_exclusive.known && !strcmp(l->mm_rss_stat.type_name, "percpu_counter");
}

static bool bit(const struct mi_enumerator *e, uint64_t word)
{
	return e->known && e->value >= 0 && e->value < 64 && (word >> e->value & 1);
}

/* Are folios of other sizes switched on? The masks are absent where there are no such folios. */
static bool other_orders(struct mi_kernel *k, bool *known)
{
	const uint64_t masks[] = {k->l.sym_huge_anon_orders_always,
				  k->l.sym_huge_anon_orders_madvise,
				  k->l.sym_huge_anon_orders_inherit};
	const uint64_t pmd = 1ULL << mi_huge_order(&k->l);
	uint64_t v;
	size_t i;

	*known = !masks[0] == !masks[1] && !masks[1] == !masks[2];
	for (i = 0; *known && i < sizeof(masks) / sizeof(masks[0]); i++) {
		if (!masks[i])
			continue;
		if (mi_read_ulong(k->t, masks[i], &v)) {
			*known = false;
			return false;
		}
		if (v & ~pmd)
			return true;
		/* Huge ones have a switch of their own then: it must say "inherit". */
		if ((i == 2) != ((v & pmd) != 0))
			return true;
	}
	return false;
}

static bool pools_have_some(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	uint64_t at, all, free, kept;
	uint32_t i, n;

	if (!l->sym_hstates || !l->sym_hugetlb_max_hstate || !l->size_hstate ||
	    !mi_has(&l->hstate_nr) || !mi_has(&l->hstate_free) || !mi_has(&l->hstate_resv) ||
	    mi_read_u32(k->t, l->sym_hugetlb_max_hstate, &n) || n > 8)
		return false;
	for (i = 0; i < n; i++) {
		at = l->sym_hstates + (uint64_t)i * l->size_hstate;
		if (mi_read_member(k->t, at, &l->hstate_nr, &all) ||
		    mi_read_member(k->t, at, &l->hstate_free, &free) ||
		    mi_read_member(k->t, at, &l->hstate_resv, &kept) || (all && free <= kept))
			return false;
	}
	return n > 0;
}

/* Blocks of the size of a huge page that are free in the zones of node @node. */
static uint64_t free_in_node(struct mi_kernel *k, uint64_t node)
{
	const struct mi_layout *l = &k->l;
	uint64_t sum = 0, nr;
	uint32_t z, o, huge = mi_huge_order(l);

	for (z = 0; z < l->node_zones.count && z < 8; z++) {
		uint64_t areas = node + (uint64_t)l->node_zones.off +
				 (uint64_t)z * l->node_zones.size + (uint64_t)l->zone_free_area.off;

		for (o = huge; o < l->zone_free_area.count && o < 32; o++)
			if (!mi_read_member(k->t, areas + (uint64_t)o * l->zone_free_area.size,
					    &l->free_area_nr, &nr) &&
			    nr < 1ULL << 30)
				sum += nr << (o - huge);
	}
	return sum;
}

static uint64_t free_blocks(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	uint64_t sum = 0, node, i, n, word = mi_word_size(k->t);

	if (!mi_has(&l->node_zones) || !mi_has(&l->zone_free_area) || !mi_has(&l->free_area_nr))
		return 0;
	if (!l->sym_node_data)
		return l->sym_contig_page_data ? free_in_node(k, l->sym_contig_page_data) : 0;
	n = mi_symbol_room(k->t, l->sym_node_data) / word;
	for (i = 0; i < n && i < 1024; i++)
		if (!mi_read_ulong(k->t, l->sym_node_data + word * i, &node) && node)
			sum += free_in_node(k, node);
	return sum;
}

static void load_thp(struct mi_kernel *k, struct mi_fault_rules *r)
{
	const struct mi_layout *l = &k->l;
	uint64_t word;

	if (!l->sym_transparent_hugepage_flags) {
		/* Not configured, if the handler is not there either. */
		r->thp_known = !l->sym_do_huge_pmd_anonymous_page && l->sym_handle_mm_fault;
		return;
	}
	if (!l->THP_ALWAYS.known || !l->THP_MADVISE.known || !l->THP_ZERO.known ||
	    mi_read_ulong(k->t, l->sym_transparent_hugepage_flags, &word))
		return;
	r->thp_known = true;
	r->thp_always = bit(&l->THP_ALWAYS, word);
	r->thp_madvise = bit(&l->THP_MADVISE, word);
	r->thp_zero = bit(&l->THP_ZERO, word);
	r->thp_small = other_orders(k, &r->thp_known);
	r->thp_free = free_blocks(k);
}

void mi_fault_rules_load(struct mi_kernel *k, struct mi_fault_rules *ret)
{
	memset(ret, 0, sizeof(*ret));
	load_around(k, ret);
	load_retries(&k->l, ret);
	load_reuse(&k->l, ret);
	load_folios(&k->l, ret);
	ret->hugetlb_free = pools_have_some(k);
	load_thp(k, ret);
	ret->notes_use = ret->notes_write = MI_YES;
	if (k->pte && k->pte->arch == MI_ARCH_ARM64)
		mi_fault_rules_arm64(k, ret);
	else if (k->pte && k->pte->arch == MI_ARCH_ARM)
		mi_fault_rules_arm(k, ret);
}

/* ---- handlers ---- */

static bool function_name(struct mi_kernel *k, uint64_t addr, char *name, size_t room)
{
	uint64_t off = 0, start, size;
	struct mi_module *m;
	const char *sym = mi_symbol_name(k->t, addr, &off);

	if (sym && !off) {
		snprintf(name, room, "%s", sym);
		return true;
	}
	m = mi_module_at(k, addr);
	return m && mi_module_symbol(k, m, addr, name, room, &start, &size) && start == addr;
}

static enum mi_handler handler_of(const char *name)
{
	static const struct {
		const char *part;
		enum mi_handler handler;
	} known[] = {
		/* with what ext4, xfs, f2fs ... put before it */
		{"filemap_fault", MI_HANDLER_CACHE},
		{"shmem_fault", MI_HANDLER_SHMEM},
		{"hugetlb_vm_op_fault", MI_HANDLER_HUGETLB},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(name, known[i].part))
			return known[i].handler;
	return strcmp(name, "shm_fault") ? MI_HANDLER_OTHER : MI_HANDLER_SHMEM;
}

static enum mi_known has_op(struct mi_kernel *k, uint64_t ops, const struct mi_member *m,
			    uint64_t *addr)
{
	*addr = 0;
	if (!mi_has(m) || mi_read_member(k->t, ops, m, addr))
		return MI_NOT_KNOWN;
	return *addr ? MI_YES : MI_NO;
}

/*
 * One that is not filemap_map_pages(), nor calls it by its name, may do anything. Up to 3.14
 * there is neither that nor a member for it.
 */
static enum mi_known maps_around(struct mi_kernel *k, uint64_t ops)
{
	const struct mi_layout *l = &k->l;
	char name[64];
	uint64_t addr;
	enum mi_known has = has_op(k, ops, &l->vmops_map_pages, &addr);

	if (!mi_has(&l->vmops_map_pages) && mi_has(&l->vmops_fault) && !l->sym_filemap_map_pages)
		return MI_NO;
	if (has != MI_YES)
		return has;
	return function_name(k, addr, name, sizeof(name)) && strstr(name, "filemap_map_pages")
		       ? MI_YES
		       : MI_NOT_KNOWN;
}

void mi_vma_handlers_load(struct mi_kernel *k, const struct mi_vma *vma,
			  struct mi_vma_handlers *ret)
{
	uint64_t addr;

	memset(ret, 0, sizeof(*ret));
	if (vma->flags & MI_VM_HUGETLB) {
		ret->fault = MI_HANDLER_HUGETLB;
		return;
	}
	if (!vma->ops) {
		ret->fault = MI_HANDLER_ANON;
		return;
	}
	ret->around = maps_around(k, vma->ops);
	ret->mkwrite = has_op(k, vma->ops, &k->l.vmops_page_mkwrite, &addr);
	switch (has_op(k, vma->ops, &k->l.vmops_fault, &addr)) {
	case MI_NO:
		ret->fault = MI_HANDLER_NOBODY;
		return;
	case MI_YES:
		ret->fault = function_name(k, addr, ret->name, sizeof(ret->name))
				     ? handler_of(ret->name)
				     : MI_HANDLER_UNKNOWN;
		return;
	default:
		ret->fault = MI_HANDLER_UNKNOWN;
		return;
	}
}
