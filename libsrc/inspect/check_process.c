// SPDX-License-Identifier: GPL-2.0-or-later
/* check_process.c - the rules about processes, and what their page tables map */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check_private.h"
#include "join.h"

#define NEAR_LIMIT 90 /* per cent of vm.max_map_count */
#define WINDOW_VMAS 1000
#define PAGES_OF_TABLE 512

/* What the page tables of one mm have, in the counters' classes. */
struct counted {
	int64_t file, anon, shmem, swap;
	int64_t huge_anon; /* of these or of the huge zero page, in pages: mapped by huge entries */
};

struct walk {
	struct mi_check_run *r;
	struct mi_process *p;
	const struct mi_mapping *m;
	const struct mi_mapped_file *file;
	struct counted counted;
	uint64_t unread; /* pages of which something is not known */
};

/* ---- VMAs ---- */

static void check_map_count(struct mi_check_run *r, const struct mi_process *p)
{
	struct mi_found *f;

	if (!mi_check_apply(r, MI_RULE_MAP_COUNT) || p->mm.map_count == p->n_maps)
		return;
	f = mi_check_add(r, MI_RULE_MAP_COUNT, "mm_struct", p->mm.addr, p->task.pid);
	mi_check_say(f, "%zu VMAs were found, map_count is %" PRIu64, p->n_maps, p->mm.map_count);
	mi_check_number(f, "vmas", (int64_t)p->n_maps);
	mi_check_number(f, "mm_struct.map_count", (int64_t)p->mm.map_count);
}

static void check_map_limit(struct mi_check_run *r, const struct mi_process *p)
{
	struct mi_found *f;

	if (!mi_check_apply(r, MI_RULE_MAP_LIMIT))
		return;
	if (!p->vma_cost.limit_known) {
		mi_check_cannot(r, MI_RULE_MAP_LIMIT, "vm.max_map_count is not known");
		return;
	}
	if (p->n_maps * 100 < p->vma_cost.limit * NEAR_LIMIT)
		return;
	f = mi_check_add(r, MI_RULE_MAP_LIMIT, "mm_struct", p->mm.addr, p->task.pid);
	mi_check_say(f, "%zu VMAs, and vm.max_map_count is %" PRIu64, p->n_maps, p->vma_cost.limit);
	mi_check_number(f, "vmas", (int64_t)p->n_maps);
	mi_check_number(f, "vm.max_map_count", (int64_t)p->vma_cost.limit);
}

static void check_windows(struct mi_check_run *r, const struct mi_process *p)
{
	struct mi_found *f;
	size_t i;

	for (i = 0; i < p->n_windows; i++) {
		const struct mi_window *w = &p->windows[i];

		if (!mi_check_apply(r, MI_RULE_WINDOW_COST) || w->n_vmas < WINDOW_VMAS)
			continue;
		f = mi_check_add(r, MI_RULE_WINDOW_COST, "vm_area_struct", p->maps[w->map].vma.addr,
				 p->task.pid);
		mi_check_say(f,
			     "%zu VMAs from %" PRIx64 " to %" PRIx64 " show %" PRIu64
			     " pages of one file",
			     w->n_vmas, w->start, w->end, w->file_pages);
		mi_check_number(f, "vmas", (int64_t)w->n_vmas);
		mi_check_number(f, "pieces", (int64_t)w->n_pieces);
		mi_check_number(f, "file_pages", (int64_t)w->file_pages);
	}
}

/* ---- the pages of a mapping ---- */

static bool is_swapped(const struct mi_run *run)
{
	return run->pte == MI_PTE_SWAP || run->pte == MI_PTE_SWAP_ERROR;
}

/* Tables are kept in store for each huge entry, so that it can be split. */
static bool has_deposit(const struct mi_run *run)
{
	return run->level == 2 && run->pte_bits & MI_PTE_HUGE &&
	       (run->relation == MI_REL_ZERO ||
		(run->has_page && !run->page.why && !run->page.hugetlb &&
		 run->page.owner == MI_OWNER_ANON));
}

static void count_page(struct walk *w, const struct mi_run *run)
{
	const struct mi_page *pg = &run->page;

	w->counted.huge_anon += has_deposit(run);

	if (is_swapped(run)) {
		w->counted.swap += (int64_t)run->n;
		return;
	}
	if (run->pte == MI_PTE_UNREADABLE || run->pte == MI_PTE_UNKNOWN ||
	    (run->has_page && pg->why)) {
		w->unread += run->n;
		return;
	}
	if (!run->has_page || pg->hugetlb || run->relation == MI_REL_ZERO ||
	    run->pte == MI_PTE_HWPOISON)
		return;
	if (pg->owner == MI_OWNER_ANON || pg->owner == MI_OWNER_KSM)
		w->counted.anon++;
	else if (pg->flags & 1U << MI_PG_SWAPBACKED)
		w->counted.shmem++;
	else
		w->counted.file++;
}

/* What is mapped there is from the file's cache, not a driver's own. */
static bool maps_cache(const struct walk *w)
{
	const struct mi_file *f = w->file ? &w->file->file : NULL;

	return f && w->m->kind == MI_MAP_FILE && !f->dax &&
	       !(w->m->vma.flags & (MI_VM_PFNMAP | MI_VM_IO | MI_VM_MIXEDMAP)) &&
	       (S_ISREG(f->mode) || S_ISBLK(f->mode)) && strcmp(f->name.fs, "anon_inodefs") != 0;
}

static void check_pte(struct walk *w, const struct mi_run *run)
{
	const struct mi_page *pg = &run->page;
	struct mi_found *f;

	if (!maps_cache(w) || !run->has_page || pg->why || !mi_pte_maps(run->pte) ||
	    !mi_check_apply(w->r, MI_RULE_PTE_PAGE))
		return;
	if (run->relation != MI_REL_OTHER)
		return;
	/* Truncated, and about to be unmapped: its page has left the file, and is locked. */
	if (pg->owner == MI_OWNER_NONE && pg->flags & 1U << MI_PG_LOCKED)
		return;
	f = mi_check_add(w->r, MI_RULE_PTE_PAGE, "page", mi_pfn_to_page(w->r->c->k, pg->pfn),
			 w->p->task.pid);
	mi_check_say(f,
		     "%" PRIx64 " is page %" PRIu64 " of a file, and maps a page %s, page %" PRIu64
		     " there",
		     run->va, run->pgoff,
		     pg->owner == MI_OWNER_NONE		    ? "of no file"
		     : pg->mapping == w->file->file.mapping ? "of the same file"
							    : "of another file",
		     pg->index);
	mi_check_address(f, "address", run->va);
	mi_check_number(f, "pgoff", (int64_t)run->pgoff);
	mi_check_address(f, "file.f_mapping", w->file->file.mapping);
	mi_check_address(f, "page.mapping", pg->mapping);
	mi_check_number(f, "page.index", (int64_t)pg->index);
}

static bool take_page(void *arg, const struct mi_run *run)
{
	struct walk *w = arg;

	count_page(w, run);
	check_pte(w, run);
	if (mi_pte_maps(run->pte) && run->has_page && run->relation != MI_REL_ZERO &&
	    w->m->kind != MI_MAP_SPECIAL) {
		/* Who may share page tables of hugetlb, VM_MAYSHARE tells. */
		mi_check_see(w->r, &run->page, run->level > 1, w->m->vma.flags & MI_VM_MAYSHARE,
			     w->p->task.pid);
		mi_check_freed(w->r, &run->page, w->p->task.pid);
	}
	return !w->r->no_memory;
}

static enum mi_status check_mappings(struct walk *w, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; !st && i < w->p->n_maps; i++) {
		w->m = &w->p->maps[i];
		w->file = w->m->file < w->p->n_files ? &w->p->files[w->m->file] : NULL;
		st = mi_mapping_known_pages(w->p, w->m, take_page, w, err);
	}
	return st;
}

/* ---- what the kernel counts ---- */

static void check_rss(struct mi_check_run *r, const struct mi_process *p, const struct walk *w)
{
	const struct mi_mm *mm = &p->mm;
	const struct counted *c = &w->counted;
	struct mi_found *f;

	if (!mi_check_apply(r, MI_RULE_RSS))
		return;
	if (!mm->rss_known || mm->no_shmem || mm->no_swapents) {
		mi_check_cannot(r, MI_RULE_RSS, "not all counters are known in this kernel");
		return;
	}
	if (c->file == mm->rss_file && c->anon == mm->rss_anon && c->shmem == mm->rss_shmem &&
	    c->swap == mm->swapents)
		return;
	f = mi_check_add(r, MI_RULE_RSS, "mm_struct", mm->addr, p->task.pid);
	mi_check_say(f,
		     "mapped: file %" PRId64 ", anonymous %" PRId64 ", shmem %" PRId64
		     ", swap %" PRId64 "; counted: %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64,
		     c->file, c->anon, c->shmem, c->swap, mm->rss_file, mm->rss_anon, mm->rss_shmem,
		     mm->swapents);
	mi_check_number(f, "mapped_file", c->file);
	mi_check_number(f, "MM_FILEPAGES", mm->rss_file);
	mi_check_number(f, "mapped_anon", c->anon);
	mi_check_number(f, "MM_ANONPAGES", mm->rss_anon);
	mi_check_number(f, "mapped_shmem", c->shmem);
	mi_check_number(f, "MM_SHMEMPAGES", mm->rss_shmem);
	mi_check_number(f, "swap_entries", c->swap);
	mi_check_number(f, "MM_SWAPENTS", mm->swapents);
}

/* ---- all of them ---- */

/* What readahead has decided for the files; only that is wanted of a join. */
static enum mi_status load_readahead(struct mi_check_run *r, struct mi_process *p,
				     struct mi_error *err)
{
	const char *why = "readahead cannot be told in this kernel";
	struct mi_join *j;
	enum mi_status st;

	if (!mi_feature(r->c->k, MI_F_READAHEAD, &why))
		mi_check_cannot(r, MI_RULE_READAHEAD_THRASH, why);
	st = mi_join_new(r->c->k, &j, err);
	if (!st) {
		st = mi_process_readahead(p, j, err);
		mi_join_free(j);
	}
	return st;
}

static enum mi_status check_open_process(struct mi_check_run *r, struct mi_process *p,
					 struct mi_error *err)
{
	struct walk w = {.r = r, .p = p};
	enum mi_status st;
	/* Else nothing that counts over all of the mm can be checked. */
	bool whole = p->mm.vmas_whole && !p->n_unstable;

	/* Of a running kernel: page tables and caches are of one moment with their struct pages. */
	mi_target_refresh(r->c->k->t);
	r->c->processes++;
	/* What it finds, the walk over the VMAs met. */
	mi_check_apply(r, MI_RULE_VMA_ORDER);
	if (whole)
		check_map_count(r, p);
	check_map_limit(r, p);
	check_windows(r, p);
	st = check_mappings(&w, err);
	if (st)
		return st;
	r->all_seen &= whole && !w.unread;
	if (whole && !w.unread)
		check_rss(r, p, &w);
	if (whole)
		mi_check_tables(r, p, w.counted.huge_anon / PAGES_OF_TABLE);
	st = load_readahead(r, p, err);
	return st ? st : mi_check_files(r, p, err);
}

/*
 * The mm of a leader that has ended may live on in a thread; where not all of these could be
 * found, there may be page tables that nobody has seen.
 */
static bool with_memory(struct mi_check_run *r, const struct mi_task *leader, struct mi_task *task)
{
	uint64_t problems = mi_problem_count(&r->c->k->problems);

	if (leader->kind == MI_TASK_USER || mi_task_with_mm(r->c->k, leader, task))
		return true;
	r->all_seen &= mi_problem_count(&r->c->k->problems) == problems;
	return false;
}

/* Of processes that share an mm, one. One that ends has nothing to look at any more. */
static enum mi_status check_process(struct mi_check_run *r, const struct mi_task *leader,
				    struct mi_error *err)
{
	struct mi_task task = *leader;
	struct mi_process *p;
	struct mi_error why;
	enum mi_status st;
	size_t seen;

	if (leader->kind == MI_TASK_KTHREAD || !with_memory(r, leader, &task) ||
	    mi_addrmap_get(&r->mms, task.mm, &seen))
		return MI_OK;
	if (!mi_addrmap_put(&r->mms, task.mm, 0))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = mi_process_open(r->c->k, &task, NULL, &p, &why);
	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why.text);
	if (st) {
		r->all_seen = false;
		return MI_OK;
	}
	st = check_open_process(r, p, err);
	mi_process_close(p);
	return st;
}

/* Of which kind a page is, most rules must know; huge pages of hugetlbfs are counted by none. */
static void check_means(struct mi_check_run *r)
{
	static const enum mi_rule of_pages[] = {MI_RULE_RSS,	  MI_RULE_PGTABLES,
						MI_RULE_PTE_PAGE, MI_RULE_CACHE_SLOT,
						MI_RULE_MAPCOUNT, MI_RULE_PAGE_WITHOUT_IO};
	const char *why = "pages cannot be told in this kernel";
	size_t i;

	if (!mi_orders_known(r->c->k)) {
		mi_check_cannot(r, MI_RULE_CACHE_SLOT, "how large folios are is not known");
		mi_check_cannot(r, MI_RULE_PTE_PAGE, "how large folios are is not known");
	}
	if (mi_feature(r->c->k, MI_F_PAGE, &why) && mi_hugetlb_known(r->c->k))
		return;
	for (i = 0; i < sizeof(of_pages) / sizeof(*of_pages); i++)
		mi_check_cannot(r, of_pages[i], why);
}

enum mi_status mi_check_processes(struct mi_check_run *r, struct mi_error *err)
{
	struct mi_task *leaders;
	enum mi_status st;
	size_t i, n;

	check_means(r);
	st = mi_task_leaders(r->c->k, &leaders, &n, err);
	if (st)
		return st;
	for (i = 0; !st && i < n; i++)
		st = check_process(r, &leaders[i], err);
	free(leaders);
	return st;
}
