// SPDX-License-Identifier: GPL-2.0-or-later
/* check_files.c - the rules about the files that processes map, and their caches */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

#define MIB_PAGES ((1U << 20) >> MI_PAGE_SHIFT)

/* What the cache of one file has. */
struct cache {
	struct mi_check_run *r;
	struct mi_process *p;
	const struct mi_mapped_file *file;
	uint64_t cached, evicted, dirty, unread; /* pages */
	bool no_writeback;			 /* swapped, not written to a disk */
};

/* ---- the pages ---- */

static void check_slot(struct cache *c, const struct mi_run *run)
{
	const struct mi_page *pg = &run->slot_page;
	uint64_t mapping = c->file->file.mapping;
	struct mi_found *f;

	if (pg->hugetlb || !mi_check_apply(c->r, MI_RULE_CACHE_SLOT))
		return;
	if (pg->owner == MI_OWNER_FILE && pg->mapping == mapping && pg->index == run->pgoff)
		return;
	f = mi_check_add(c->r, MI_RULE_CACHE_SLOT, "page", mi_pfn_to_page(c->r->c->k, pg->pfn),
			 c->p->task.pid);
	mi_check_say(f,
		     "it is page %" PRIu64 " of a file's cache, and says that it is page %" PRIu64
		     " of %s",
		     run->pgoff, pg->index,
		     pg->owner != MI_OWNER_FILE ? "no file"
		     : pg->mapping == mapping	? "this file"
						: "another file");
	mi_check_address(f, "address_space", mapping);
	mi_check_number(f, "slot", (int64_t)run->pgoff);
	mi_check_address(f, "page.mapping", pg->mapping);
	mi_check_number(f, "page.index", (int64_t)pg->index);
}

static bool take_slot(void *arg, const struct mi_run *run)
{
	struct cache *c = arg;
	const struct mi_page *pg = &run->slot_page;

	c->evicted += run->cached == MI_CACHED_SHADOW ? run->n : 0;
	c->unread += run->cached == MI_CACHED_UNKNOWN ? run->n : 0;
	if (run->cached != MI_CACHED_FOLIO)
		return true;
	c->cached += run->n;
	if (!run->has_slot_page || pg->why)
		return true;
	c->dirty += pg->flags >> MI_PG_DIRTY & 1;
	c->no_writeback |= pg->flags >> MI_PG_SWAPBACKED & 1;
	mi_check_see_cached(c->r, pg);
	mi_check_busy(c->r, pg);
	mi_check_freed(c->r, pg, 0);
	check_slot(c, run);
	return !c->r->no_memory;
}

/* ---- the file ---- */

static void check_nrpages(const struct cache *c)
{
	const struct mi_file *file = &c->file->file;
	struct mi_found *f;

	if (!file->nrpages_known || c->unread || !mi_check_apply(c->r, MI_RULE_NRPAGES) ||
	    c->cached == file->nrpages)
		return;
	f = mi_check_add(c->r, MI_RULE_NRPAGES, "address_space", file->mapping, c->p->task.pid);
	mi_check_say(f, "its cache has %" PRIu64 " pages, nrpages is %" PRIu64, c->cached,
		     file->nrpages);
	mi_check_number(f, "cached", (int64_t)c->cached);
	mi_check_number(f, "address_space.nrpages", (int64_t)file->nrpages);
}

#define ERRSEQ_ERRNO 0xfff /* lib/errseq.c: MAX_ERRNO */
#define ERRSEQ_SEEN 0x1000 /* somebody was told */

static void check_wb_err(const struct cache *c)
{
	const struct mi_member *m = &c->r->c->k->l.as_wb_err;
	const struct mi_file *file = &c->file->file;
	struct mi_found *f;
	uint64_t err;

	if (!mi_check_apply(c->r, MI_RULE_WB_ERR))
		return;
	if (!mi_has(m)) {
		mi_check_cannot(c->r, MI_RULE_WB_ERR, "this kernel's address_space has no wb_err");
		return;
	}
	if (mi_read_member(c->r->c->k->t, file->mapping, m, &err) || !(err & ERRSEQ_ERRNO) ||
	    err & ERRSEQ_SEEN)
		return;
	f = mi_check_add(c->r, MI_RULE_WB_ERR, "address_space", file->mapping, c->p->task.pid);
	mi_check_say(f, "errno %" PRIu64 ", inode %" PRIu64, err & ERRSEQ_ERRNO, file->name.ino);
	mi_check_address(f, "wb_err", err);
}

/* ramfs marks all of its pages as dirty, and has nowhere to write them. */
static bool is_written_back(const struct cache *c)
{
	return !c->no_writeback && strcmp(c->file->file.name.fs, "ramfs") != 0 &&
	       strcmp(c->file->file.name.fs, "rootfs") != 0;
}

static void check_dirty(const struct cache *c)
{
	uint64_t limit = c->r->c->ask.dirty_mib * MIB_PAGES;
	struct mi_found *f;

	if (!is_written_back(c) || !mi_check_apply(c->r, MI_RULE_DIRTY_SHARE) || c->dirty < limit ||
	    c->dirty * 2 < c->cached)
		return;
	f = mi_check_add(c->r, MI_RULE_DIRTY_SHARE, "address_space", c->file->file.mapping,
			 c->p->task.pid);
	mi_check_say(f,
		     "%" PRIu64 " MiB are dirty: %" PRIu64 " of %" PRIu64
		     " pages in the cache of inode %" PRIu64,
		     c->dirty / MIB_PAGES, c->dirty, c->cached, c->file->file.name.ino);
	mi_check_number(f, "dirty", (int64_t)c->dirty);
	mi_check_number(f, "cached", (int64_t)c->cached);
}

/* ---- readahead ---- */

/* Faults that find nothing in the cache, and more was evicted from it than it has. */
static void check_thrash(struct mi_check_run *r, const struct mi_process *p,
			 const struct mi_open_file *o, const struct mi_cache_seen *cache)
{
	struct mi_found *f;

	if (o->ra.why || o->ra.wrong || !mi_check_apply(r, MI_RULE_READAHEAD_THRASH) ||
	    o->ra.mmap_miss <= MI_RA_MISSES || !cache->evicted || cache->evicted < cache->cached)
		return;
	f = mi_check_add(r, MI_RULE_READAHEAD_THRASH, "file", o->addr, p->task.pid);
	mi_check_say(f,
		     "mmap_miss is %u, above %u; the cache of inode %" PRIu64 " has %" PRIu64
		     " pages, and %" PRIu64 " were evicted",
		     o->ra.mmap_miss, MI_RA_MISSES, p->files[o->file].file.name.ino, cache->cached,
		     cache->evicted);
	mi_check_number(f, "file.f_ra.mmap_miss", o->ra.mmap_miss);
	mi_check_number(f, "cached", (int64_t)cache->cached);
	mi_check_number(f, "evicted", (int64_t)cache->evicted);
}

/* Each struct file once: children have their parents'. */
static bool check_open_files(struct mi_check_run *r, const struct mi_process *p)
{
	size_t i, seen;

	for (i = 0; i < p->n_open_files; i++) {
		const struct mi_open_file *o = &p->open_files[i];
		uint64_t mapping = p->files[o->file].file.mapping;

		if (mi_addrmap_get(&r->open_files, o->addr, &seen) ||
		    !mi_addrmap_get(&r->mappings, mapping, &seen))
			continue;
		if (!mi_addrmap_put(&r->open_files, o->addr, 0))
			return false;
		check_thrash(r, p, o, &r->caches[seen]);
	}
	return true;
}

/* ---- all of them ---- */

static struct mi_cache_seen *new_cache(struct mi_check_run *r, const struct mi_file *f, int32_t pid)
{
	const struct mi_inode_name *name = f->backed ? &f->backing : &f->name;
	struct mi_cache_seen *more = r->caches;
	size_t room = r->room_caches ? 2 * r->room_caches : 256;

	if (r->n_caches == r->room_caches) {
		more = realloc(r->caches, room * sizeof(*more));
		if (!more)
			return NULL;
		r->caches = more;
		r->room_caches = room;
	}
	if (!mi_addrmap_put(&r->mappings, f->mapping, r->n_caches))
		return NULL;
	more += r->n_caches++;
	*more = (struct mi_cache_seen){.mapping = f->mapping,
				       .ino = name->ino,
				       .dev = name->dev_major << 20 | name->dev_minor,
				       .pid = pid};
	return more;
}

/* Hugetlbfs counts in huge pages, DAX has no pages. */
static enum mi_status check_cache(struct cache *c, struct mi_error *err)
{
	uint64_t problems = mi_problem_count(&c->r->c->k->problems);
	enum mi_status st = MI_OK;

	c->r->c->files++;
	check_wb_err(c);
	if (c->file->file.hugetlbfs || c->file->file.dax)
		return MI_OK;
	st = mi_file_pages(c->p, c->file, true, take_slot, c, err);
	if (st == MI_ERR_MISSING) {
		mi_check_cannot(c->r, MI_RULE_NRPAGES, "page caches cannot be read");
		mi_check_cannot(c->r, MI_RULE_CACHE_SLOT, "page caches cannot be read");
		mi_check_cannot(c->r, MI_RULE_DIRTY_SHARE, "page caches cannot be read");
		return MI_OK;
	}
	if (st)
		return st;
	c->unread += mi_problem_count(&c->r->c->k->problems) - problems;
	check_nrpages(c);
	check_dirty(c);
	return MI_OK;
}

enum mi_status mi_check_files(struct mi_check_run *r, struct mi_process *p, struct mi_error *err)
{
	struct mi_cache_seen *seen;
	enum mi_status st = MI_OK;
	size_t i, index;

	for (i = 0; !st && i < p->n_files; i++) {
		struct cache c = {.r = r, .p = p, .file = &p->files[i]};

		if (!c.file->file.mapping ||
		    mi_addrmap_get(&r->mappings, c.file->file.mapping, &index))
			continue;
		seen = new_cache(r, &c.file->file, p->task.pid);
		if (!seen)
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		st = check_cache(&c, err);
		seen->cached = c.cached;
		seen->evicted = c.evicted;
	}
	if (!st && !check_open_files(r, p))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	return st;
}
