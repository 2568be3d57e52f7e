// SPDX-License-Identifier: GPL-2.0-or-later
/* kernel.c - constants of a kernel that are derived once, and list walks */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "kstack.h"
#include "log.h"
#include "modules.h"
#include "pagecache.h"
#include "pagetable.h"
#include "rmap.h"
#include "sched.h"
#include "single.h"
#include "swapform.h"
#include "unwind.h"
#include "vma.h"
#include "waiters.h"
#include "waiters_old.h"

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

/* What may lie between an array and the symbol at @next: to align that, no more. */
static uint64_t most_padding(uint64_t next, bool strict)
{
	uint64_t aligned = next & -next;

	return strict && aligned < CACHE_LINE ? aligned : CACHE_LINE;
}

/*
 * Could the arrays of one element per swap area have @nr of them? Type information
 * has no global variables, so what is known of each is how far away the next symbol
 * is: not less than its size, and more by what aligns the next one. @strict: that is not
 * more than where the next one lies; else something without a symbol may lie between.
 */
static bool fits(const struct mi_kernel *k, unsigned int nr, bool strict)
{
	/* Where there is no count of them, swapper_spaces[] has the spaces themselves. */
	const struct {
		uint64_t sym, size;
	} arrays[] = {
		{k->l.sym_swap_info, k->swap.element},
		{k->l.sym_nr_swapper_spaces ? k->l.sym_swapper_spaces : 0, mi_word_size(k->t)},
		{k->l.sym_nr_swapper_spaces, 4},
	};
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		uint64_t room = arrays[i].sym ? mi_symbol_room(k->t, arrays[i].sym) : 0;
		uint64_t need = nr * arrays[i].size;

		if (!room)
			continue;
		if (need > room || room - need >= most_padding(arrays[i].sym + room, strict))
			return false;
		known = true;
	}
	return known;
}

static unsigned int at_least(const struct mi_kernel *k, uint64_t room)
{
	uint64_t nr = room < CACHE_LINE ? 0 : (room - CACHE_LINE) / k->swap.element + 1;

	return nr <= SWAP_TYPES ? (unsigned int)nr : 0;
}

/* Up to 2.6.32 swap_info[] has the areas themselves: then it is larger than any of pointers. */
static unsigned int swap_element(const struct mi_kernel *k)
{
	uint64_t room = k->l.sym_swap_info ? mi_symbol_room(k->t, k->l.sym_swap_info) : 0;
	unsigned int word = mi_word_size(k->t);

	return room > SWAP_TYPES * word + CACHE_LINE && k->l.size_swap_area ? k->l.size_swap_area
									    : word;
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
	bool marker, no_marker, device;

	/* There is no room for it in entries of 4 bytes. */
	s->inverted = k->pte->inverts && k->l.sym_l1tf_mitigation &&
		      mi_target_facts(k->t)->tables->level[1].bytes == 8;
	s->element = swap_element(k);
	s->forms = mi_swap_forms(k);
	/* Until more is known: the areas that the array has in any case. */
	if (k->l.sym_swap_info)
		s->nr_files = at_least(k, mi_symbol_room(k->t, k->l.sym_swap_info));
	s->n_hwpoison = k->l.PG_hwpoison.known;
	if (k->l.sym_migrate_pages)
		/* 5.19 (6c287605fd56) split "read" into shared and exclusive */
		s->n_migration = k->l.PG_anon_exclusive.known ? 3 : 2;
	s->n_device = device_types(&k->l);
	sum = s->n_hwpoison + s->n_migration + s->n_device;
	if (!k->l.PG_anon_exclusive.known) {
		/* RHEL 7 may have device memory, and no symbol that says so. */
		if (k->nonlinear && s->inverted) {
			device = fits(k, SWAP_TYPES - sum - 2, false);
			if (device == fits(k, SWAP_TYPES - sum, false))
				return;
			s->n_device = device ? 2 : 0;
			sum += s->n_device;
		}
		/* Markers and errors came after it, in 5.19 as well. */
		if (fits(k, SWAP_TYPES - sum, false))
			deal_out(s, SWAP_TYPES - sum);
		return;
	}
	/* 6.2 made errors markers and markers no option; RSS became an array there, too. */
	s->n_error = strcmp(k->l.mm_rss_stat.type_name, "percpu_counter") != 0;
	s->n_marker = 1;
	with = SWAP_TYPES - sum - s->n_error - s->n_marker;
	marker = fits(k, with, false);
	no_marker = s->n_error && fits(k, with + 1, false);
	if (marker && no_marker) {
		marker = fits(k, with, true);
		no_marker = fits(k, with + 1, true);
	}
	if (marker == no_marker)
		return; /* neither, or the padding hides which */
	s->n_marker = marker;
	deal_out(s, marker ? with : with + 1);
}

static void switch_off(struct mi_kernel *k, enum mi_feature f, const char *why)
{
	if (k->l.off[f])
		return;
	k->l.off[f] = true;
	snprintf(k->l.why[f], sizeof(k->l.why[f]), "%s", why);
}

/* What is known of a tail page stands in its head: NULL, or what is missing to tell. */
static const char *compound_lacks(const struct mi_layout *l)
{
	bool heads = l->PG_head.known || l->PG_compound.known;

	if (mi_has(&l->page_compound_head) || mi_has(&l->page_compound_info))
		return l->PG_head.known ? NULL : "no enumerator PG_head";
	if (!mi_has(&l->page_first_page))
		return "struct page has no member compound_head";
	if (!heads || (l->PG_head.known && !l->PG_tail.known))
		return "no enumerator PG_tail";
	return mi_has(&l->page_lru_next) && mi_has(&l->page_lru_prev)
		       ? NULL
		       : "struct page has no member lru";
}

/*
 * Where the kernel does not tell it: as many as entries have, and where these are larger than
 * words, as many as the offset of a swap entry has for a frame (SWP_PFN_BITS); of LPAE 40.
 */
static unsigned int physical_bits(const struct mi_kernel *k)
{
	if (mi_word_size(k->t) == 8)
		return 52;
	if (k->tables->level[1].bytes != 8)
		return 32;
	return k->pte->arch == MI_ARCH_ARM ? 40 : 27 + MI_PAGE_SHIFT;
}

static void page_constants(struct mi_kernel *k)
{
	const char *why;
	uint64_t bits;

	if (!mi_memmodel_init(k, &why))
		switch_off(k, MI_F_PAGE, why);
	why = compound_lacks(&k->l);
	if (why)
		switch_off(k, MI_F_PAGE, why);
	if (!mi_target_number(k->t, "NUMBER(MAX_PHYSMEM_BITS)", &bits) || bits < 32 || bits > 52)
		bits = physical_bits(k);
	k->max_pfn = 1ULL << (bits - MI_PAGE_SHIFT);
	k->pfn_swap_bits = (unsigned int)bits - MI_PAGE_SHIFT;
	k->pa_mask = k->tables->pa_mask;
	if (!mi_target_number(k->t, "NUMBER(KERNELPACMASK)", &k->pac_mask))
		k->pac_mask = 0;
	why = k->pte->learn ? k->pte->learn(k) : NULL;
	if (why)
		switch_off(k, MI_F_PTE, why);
}

/*
 * Block requests are to be had if those of single queues or of hardware queues are. A
 * kernel that has no hardware queues lacks nothing.
 */
static void block_forms(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	bool single = mi_single_known(l), lacks_mq = l->off[MI_F_MQ];

	if (!single && lacks_mq)
		switch_off(k, MI_F_BLOCK, l->why[MI_F_MQ]);
	if (mi_has(&l->bio_iter) && !mi_has(&l->bio_done))
		switch_off(k, MI_F_BLOCK, "struct bio has no member bi_iter.bi_bvec_done");
	if (!single || !mi_has(&l->queue_mq_ops))
		k->l.off[MI_F_MQ] = false;
}

/* What takes more than one form, of which each lacks the others' members. */
static void forms(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	const char *why;

	if (!mi_cache_form(l, &k->cache_form, &why))
		switch_off(k, MI_F_CACHE, why);
	why = mi_rmap_lacks(l);
	if (why)
		switch_off(k, MI_F_RMAP, why);
	why = mi_log_lacks(k);
	if (why)
		switch_off(k, MI_F_LOG, why);
	why = mi_kstack_lacks(l, k->pte->arch);
	if (why)
		switch_off(k, MI_F_FAULT, why);
	block_forms(k);
	mi_wait_old_names(k);
	why = mi_waiters_lack(l);
	if (why)
		switch_off(k, MI_F_WAIT, why);
	/* Later, a file's inode may be another than its dentry's. */
	if (!mi_has(&l->file_inode) &&
	    !(k->nonlinear && mi_has(&l->dentry_inode) && mi_has(&l->file_dentry)))
		switch_off(k, MI_F_FILE, "struct file has no member f_inode");
}

/* What is found on kernel stacks cannot be without knowing where these are. */
static void stack_constants(struct mi_kernel *k)
{
	static const enum mi_feature on_stacks[] = {MI_F_FAULT, MI_F_WAIT, MI_F_STACK};
	bool found = mi_has(&k->l.task_stack);
	size_t i;

	mi_unwind_form(k);
	if (found && mi_kstack_size(k))
		return;
	for (i = 0; i < sizeof(on_stacks) / sizeof(on_stacks[0]); i++)
		switch_off(k, on_stacks[i],
			   found ? "the size of kernel stacks is unknown"
				 : "struct task_struct has no member stack");
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
	k->pte = mi_pte_ops_of(mi_target_facts(t)->arch_id);
	k->tables = mi_target_facts(t)->tables;
	st = mi_layout_resolve(&k->l, t, hide, err);
	if (mi_target_facts(t)->tables->levels > 1)
		k->l.pmd_order = mi_target_facts(t)->tables->level[2].shift - MI_PAGE_SHIFT;
	/* Either will do: such entries, taken for swapped pages, would be wrong. */
	k->nonlinear = !st && (mi_has(&k->l.as_i_mmap_nonlinear) || mi_has(&k->l.vma_nonlinear));
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
	forms(k);
	swap_types(k);
	page_constants(k);
	stack_constants(k);
	*ret = k;
	return MI_OK;
}

void mi_kernel_close(struct mi_kernel *k)
{
	if (!k)
		return;
	mi_memmodel_free(k);
	mi_unwinder_free(k->unwinder);
	mi_modules_free(k->modules);
	free(k->clocks);
	mi_addrmap_free(&k->pt_met.at);
	free(k);
}

bool mi_feature(const struct mi_kernel *k, enum mi_feature f, const char **why)
{
	if (why)
		*why = k->l.why[f];
	return !k->l.off[f] && !k->l.later[f];
}

bool mi_feature_missed(const struct mi_kernel *k, enum mi_feature f, const char **why)
{
	return !mi_feature(k, f, why) && !k->l.later[f] && !(k->unused >> f & 1);
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
	[MI_F_BLOCK] = {"block", "block requests"},
	[MI_F_MQ] = {"hw_queues", "block requests of hardware queues (blk-mq)"},
	[MI_F_WAIT] = {"waiters", "who waits for pages"},
	[MI_F_READAHEAD] = {"readahead", "readahead"},
	[MI_F_FAULT] = {"faults", "page faults in progress"},
	[MI_F_STACK] = {"stacks", "functions on kernel stacks"},
	[MI_F_ORC] = {"orc", "tables to unwind by"},
	[MI_F_HOLDERS] = {"holders", "block devices that stand on others"},
	[MI_F_HELD] = {"held", "I/O held back before it is a request"},
	[MI_F_THROTTLE] = {"throttle", "I/O that the limit of a cgroup holds back"},
	[MI_F_DM] = {"dm", "what device mapper's devices are, and what they hold back"},
	[MI_F_DM_DELAY] = {"dm_delay", "I/O that the device mapper delays"},
	[MI_F_MD] = {"md", "what md's devices are"},
	[MI_F_LOOP] = {"loop", "the files behind loop devices"},
	[MI_F_FSREQ] = {"fs_requests", "requests of file systems without a block queue"},
	[MI_F_FUSE] = {"fuse", "requests of FUSE"},
	[MI_F_NFS] = {"nfs", "requests of NFS"},
	[MI_F_RMAP] = {"reverse_map", "which processes map the pages of requests"},
	[MI_F_LOG] = {"log", "the kernel's log"},
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
