// SPDX-License-Identifier: GPL-2.0-or-later
/* check_process.c - the rules about processes, their page tables, and the files they map */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check_private.h"

#define NEAR_LIMIT 90 /* per cent of vm.max_map_count */
#define WINDOW_VMAS 1000

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

	if (p->n_unstable || !mi_check_apply(r, MI_RULE_MAP_COUNT) || p->mm.map_count == p->n_maps)
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

/* ---- page tables where there is no VMA ---- */

static void found_outside(struct mi_check_run *r, const struct mi_process *p, uint64_t va,
			  uint64_t entry)
{
	struct mi_found *f =
		mi_check_add(r, MI_RULE_PTE_OUTSIDE_VMA, "mm_struct", p->mm.addr, p->task.pid);

	mi_check_say(f, "%" PRIx64 " lies in no VMA, and its entry is %#" PRIx64, va, entry);
	mi_check_address(f, "address", va);
	mi_check_address(f, "entry", entry);
}

/* Tables that run in circles would have no end: of an mm no more stretches than this. */
#define EXTENTS_MAX (1U << 24)

/* One finding for each gap: an entry may be one of many. @left: stretches. */
static void check_gap(struct mi_check_run *r, const struct mi_process *p, struct mi_pt_walk *w,
		      uint64_t va, uint64_t end, uint32_t *left)
{
	struct mi_extent ext;
	uint64_t i, n;

	while (va < end && *left && !mi_target_interrupted(r->c->k->t)) {
		--*left;
		mi_pt_next(w, va, end, &ext);
		if (ext.kind == MI_EXTENT_HUGE) {
			found_outside(r, p, va, ext.entry);
			return;
		}
		n = ext.kind == MI_EXTENT_TABLE ? (ext.end - ext.start) >> MI_PAGE_SHIFT : 0;
		for (i = 0; i < n; i++)
			if (ext.entries[i]) {
				found_outside(r, p, va + (i << MI_PAGE_SHIFT), ext.entries[i]);
				return;
			}
		va = ext.end;
	}
}

static void check_outside(struct mi_check_run *r, const struct mi_process *p)
{
	/* Between mappings there is next to nothing. */
	uint32_t left = EXTENTS_MAX >> 4;
	struct mi_pt_walk *w;
	uint64_t at = 0;
	size_t i;

	if (p->n_unstable || !mi_check_apply(r, MI_RULE_PTE_OUTSIDE_VMA))
		return;
	w = malloc(sizeof(*w));
	if (!w) {
		r->no_memory = true;
	} else if (mi_pt_start(w, r->c->k, &p->mm, NULL)) {
		mi_check_cannot(r, MI_RULE_PTE_OUTSIDE_VMA, "page tables cannot be read");
	} else {
		/* Behind the last one the kernel's own may begin. */
		for (i = 0; i < p->n_maps; i++) {
			if (p->maps[i].vma.start > at)
				check_gap(r, p, w, at, p->maps[i].vma.start, &left);
			at = p->maps[i].vma.end;
		}
		if (!left)
			mi_check_cannot(r, MI_RULE_PTE_OUTSIDE_VMA, "the page tables have no end");
	}
	free(w);
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
	    w->m->kind != MI_MAP_SPECIAL)
		mi_check_see(w->r, &run->page, w->p->task.pid);
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

	if (w->unread || p->n_unstable || !mi_check_apply(r, MI_RULE_RSS))
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

/*
 * Tables of entries, and of tables of these, two levels up; not the root, nor P4Ds, which the
 * kernel does not count. @w: a walk that has just begun.
 */
static int64_t count_tables(struct mi_check_run *r, const struct mi_process *p,
			    struct mi_pt_walk *w, bool *whole)
{
	uint64_t last[MI_PT_LEVELS + 1] = {0}, va = 0, end = p->maps[p->n_maps - 1].vma.end;
	struct mi_extent ext;
	uint32_t left = EXTENTS_MAX;
	unsigned int level;
	int64_t n = 0;

	for (; va < end && !mi_target_interrupted(r->c->k->t); left--) {
		if (!left) {
			mi_check_cannot(r, MI_RULE_PGTABLES, "the page tables have no end");
			*whole = false;
			break;
		}
		mi_pt_next(w, va, end, &ext);
		*whole &= ext.kind != MI_EXTENT_UNREADABLE;
		for (level = 1; level < w->shape->levels && level <= 3; level++) {
			n += w->table[level] && w->table[level] != last[level];
			last[level] = w->table[level] ? w->table[level] : last[level];
		}
		va = ext.end;
	}
	return n;
}

static void check_tables(struct mi_check_run *r, const struct mi_process *p, const struct walk *w)
{
	const struct mi_member *m = &r->c->k->l.mm_pgtables;
	struct mi_pt_walk *pt;
	struct mi_found *f;
	bool whole = true;
	uint64_t bytes;
	int64_t n;

	if (p->n_unstable || !p->n_maps || !mi_check_apply(r, MI_RULE_PGTABLES))
		return;
	if (!mi_has(m) || mi_read_member(r->c->k->t, p->mm.addr, m, &bytes)) {
		mi_check_cannot(r, MI_RULE_PGTABLES, "pgtables_bytes is not to be had");
		return;
	}
	pt = malloc(sizeof(*pt));
	if (!pt || mi_pt_start(pt, r->c->k, &p->mm, NULL)) {
		r->no_memory |= !pt;
		free(pt);
		return;
	}
	n = count_tables(r, p, pt, &whole) + w->counted.huge_anon / 512;
	free(pt);
	if (!whole || (uint64_t)n * MI_PAGE_SIZE == bytes)
		return;
	f = mi_check_add(r, MI_RULE_PGTABLES, "mm_struct", p->mm.addr, p->task.pid);
	mi_check_say(f, "%" PRId64 " tables were found, pgtables_bytes is %" PRIu64 ": %" PRIu64, n,
		     bytes, bytes / MI_PAGE_SIZE);
	mi_check_number(f, "tables", n);
	mi_check_number(f, "mm_struct.pgtables_bytes", (int64_t)bytes);
}

/* ---- files ---- */

static bool take_slot(void *arg, const struct mi_run *run)
{
	struct walk *w = arg;
	const struct mi_page *pg = &run->slot_page;
	struct mi_found *f;

	if (run->cached != MI_CACHED_FOLIO || !run->has_slot_page || pg->why)
		return true;
	mi_check_see(w->r, pg, 0);
	mi_check_busy(w->r, pg);
	if (pg->hugetlb || !mi_check_apply(w->r, MI_RULE_CACHE_SLOT))
		return !w->r->no_memory;
	if (pg->owner == MI_OWNER_FILE && pg->mapping == w->file->file.mapping &&
	    pg->index == run->pgoff)
		return !w->r->no_memory;
	f = mi_check_add(w->r, MI_RULE_CACHE_SLOT, "page", mi_pfn_to_page(w->r->c->k, pg->pfn),
			 w->p->task.pid);
	mi_check_say(f,
		     "it is page %" PRIu64 " of a file's cache, and says that it is page %" PRIu64
		     " of %s",
		     run->pgoff, pg->index,
		     pg->owner != MI_OWNER_FILE		    ? "no file"
		     : pg->mapping == w->file->file.mapping ? "this file"
							    : "another file");
	mi_check_address(f, "address_space", w->file->file.mapping);
	mi_check_number(f, "slot", (int64_t)run->pgoff);
	mi_check_address(f, "page.mapping", pg->mapping);
	mi_check_number(f, "page.index", (int64_t)pg->index);
	return !w->r->no_memory;
}

static void check_nrpages(struct mi_check_run *r, const struct mi_process *p,
			  const struct mi_mapped_file *file)
{
	struct mi_found *f;

	/* hugetlbfs counts in huge pages, DAX has no pages. */
	if (!file->cache_known || !file->file.nrpages_known || file->cache.cache_unreadable ||
	    file->file.hugetlbfs || file->file.dax || !mi_check_apply(r, MI_RULE_NRPAGES) ||
	    file->cache.cached == file->file.nrpages)
		return;
	f = mi_check_add(r, MI_RULE_NRPAGES, "address_space", file->file.mapping, p->task.pid);
	mi_check_say(f, "its cache has %" PRIu64 " pages, nrpages is %" PRIu64, file->cache.cached,
		     file->file.nrpages);
	mi_check_number(f, "cached", (int64_t)file->cache.cached);
	mi_check_number(f, "address_space.nrpages", (int64_t)file->file.nrpages);
}

#define ERRSEQ_ERRNO 0xfff /* lib/errseq.c: MAX_ERRNO */
#define ERRSEQ_SEEN 0x1000 /* somebody was told */

static void check_wb_err(struct mi_check_run *r, const struct mi_process *p,
			 const struct mi_mapped_file *file)
{
	const struct mi_member *m = &r->c->k->l.as_wb_err;
	struct mi_found *f;
	uint64_t err;

	if (!mi_check_apply(r, MI_RULE_WB_ERR))
		return;
	if (!mi_has(m)) {
		mi_check_cannot(r, MI_RULE_WB_ERR, "this kernel's address_space has no wb_err");
		return;
	}
	if (mi_read_member(r->c->k->t, file->file.mapping, m, &err) || !(err & ERRSEQ_ERRNO) ||
	    err & ERRSEQ_SEEN)
		return;
	f = mi_check_add(r, MI_RULE_WB_ERR, "address_space", file->file.mapping, p->task.pid);
	mi_check_say(f, "errno %" PRIu64 ", inode %" PRIu64, err & ERRSEQ_ERRNO,
		     file->file.name.ino);
	mi_check_address(f, "wb_err", err);
}

static enum mi_status check_files(struct walk *w, struct mi_error *err)
{
	struct mi_check_run *r = w->r;
	enum mi_status st = MI_OK;
	size_t i, seen;

	for (i = 0; !st && i < w->p->n_files; i++) {
		w->file = &w->p->files[i];
		if (!w->file->file.mapping ||
		    mi_addrmap_get(&r->mappings, w->file->file.mapping, &seen))
			continue;
		if (!mi_addrmap_put(&r->mappings, w->file->file.mapping, 0))
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		r->c->files++;
		check_nrpages(r, w->p, w->file);
		check_wb_err(r, w->p, w->file);
		if (!w->file->file.hugetlbfs && !w->file->file.dax)
			st = mi_file_pages(w->p, w->file, true, take_slot, w, err);
	}
	return st;
}

/* ---- all of them ---- */

static enum mi_status check_open_process(struct mi_check_run *r, struct mi_process *p,
					 struct mi_error *err)
{
	struct walk w = {.r = r, .p = p};
	enum mi_status st = mi_process_count(p, err);

	if (st)
		return st;
	r->c->processes++;
	check_map_count(r, p);
	check_map_limit(r, p);
	check_windows(r, p);
	check_outside(r, p);
	st = check_mappings(&w, err);
	if (st)
		return st;
	if (w.unread || p->n_unstable)
		r->all_seen = false;
	check_rss(r, p, &w);
	check_tables(r, p, &w);
	return check_files(&w, err);
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

	if (leader->kind == MI_TASK_KTHREAD ||
	    (leader->kind != MI_TASK_USER && !mi_task_with_mm(r->c->k, leader, &task)) ||
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
