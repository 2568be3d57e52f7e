// SPDX-License-Identifier: GPL-2.0-or-later
/* predict_file.c - what a fault does whose page is a file's, or tmpfs's */
#include <sys/stat.h>

#include "predict_rules.h"

#define WANTS_COPY(pr) (!((pr)->m->vma.flags & MI_VM_SHARED))

/* Where no page of a file can be: beyond its end. */
static bool beyond(const struct mi_predictor *pr, const struct mi_run *c, struct mi_prediction *r)
{
	if (c->pgoff < pr->env.eof)
		return false;
	mi_predict_set(r, MI_NEXT_SIGBUS, "beyond-eof");
	return true;
}

/* A write ends in a copy, or in a shared page that must be made writable. */
static enum mi_next_what what_of(const struct mi_predictor *pr, bool is_write,
				 enum mi_next_what of_a_read)
{
	if (!is_write)
		return of_a_read;
	if (WANTS_COPY(pr))
		return MI_NEXT_COW;
	return pr->handlers.mkwrite == MI_YES ? MI_NEXT_MKWRITE : of_a_read;
}

/* The last act of a write to a shared page: dirty it, and in older kernels try again. */
static void dirtied(const struct mi_predictor *pr, bool is_write, bool dirty,
		    struct mi_prediction *r)
{
	if (!is_write || WANTS_COPY(pr) || r->major || pr->rules.dirty_retries == MI_NO)
		return;
	if (pr->handlers.mkwrite == MI_NO && dirty)
		return;
	mi_predict_retried(pr, r);
	r->counted &= pr->rules.dirty_retries == MI_YES && pr->handlers.mkwrite != MI_NOT_KNOWN;
}

static void cached(const struct mi_predictor *pr, const struct mi_run *c, unsigned int bits,
		   bool is_write, struct mi_prediction *r)
{
	bool dirty = c->slot_page.flags >> MI_PG_DIRTY & 1;

	if (!(bits & MI_CM_UPTODATE)) {
		/* Somebody tried, and failed: it is read again, alone. */
		mi_predict_set(r, what_of(pr, is_write, MI_NEXT_MAJOR), "not-uptodate");
		mi_predict_retried(pr, r);
		r->has_window = true;
		r->start = c->pgoff;
		r->pages = r->read = 1;
		return;
	}
	mi_predict_minor(r, what_of(pr, is_write, MI_NEXT_MINOR), "cached");
	dirtied(pr, is_write, dirty, r);
}

/* What this kernel's types do not tell decides. */
static bool untold(const struct mi_predictor *pr, unsigned int bits, bool is_write,
		   struct mi_prediction *r)
{
	const struct mi_layout *l = &pr->p->k->l;

	if (is_write && !WANTS_COPY(pr) && pr->handlers.mkwrite == MI_NOT_KNOWN)
		mi_predict_unknown(r, "handler", "whether it has page_mkwrite is not known");
	else if (bits & MI_CM_PAGE && l->sym_memory_failure && !l->PG_hwpoison.known)
		mi_predict_unknown(r, "hwpoison", "whether pages are poisoned is not known");
	else
		return false;
	return true;
}

/* Of a block device the size is that of the host of its pages, not of the file's own inode. */
static bool is_told(const struct mi_predictor *pr)
{
	if (!pr->file || pr->file->dax)
		return false;
	return S_ISREG(pr->file->mode) || (S_ISBLK(pr->file->mode) && mi_has(&pr->p->k->l.as_host));
}

void mi_predict_cached(const struct mi_predictor *pr, const struct mi_run *c, unsigned int bits,
		       bool is_write, struct mi_prediction *r)
{
	if (!is_told(pr)) {
		mi_predict_unknown(r, "file",
				   pr->file && pr->file->dax ? "DAX: there is no cache"
							     : "the file is not to be had");
		return;
	}
	if (beyond(pr, c, r))
		return;
	if (bits & MI_CM_UNKNOWN) {
		mi_predict_unknown(r, "cache", "what the cache has is not to be had");
	} else if (untold(pr, bits, is_write, r)) {
		return;
	} else if (!(bits & MI_CM_PAGE)) {
		mi_predict_major(r, what_of(pr, is_write, MI_NEXT_MAJOR), "absent");
		r->has_window = true;
	} else if (bits & MI_CM_POISON) {
		mi_predict_set(r, MI_NEXT_SIGBUS, "hwpoison");
	} else if (bits & MI_CM_LOCKED) {
		mi_predict_set(r, MI_NEXT_WAIT,
			       bits & MI_CM_UPTODATE ? "locked" : "read-in-flight");
		mi_predict_retried(pr, r);
	} else {
		cached(pr, c, bits, is_write, r);
	}
}

/* ---- tmpfs ---- */

void mi_predict_shmem(const struct mi_predictor *pr, const struct mi_run *c, unsigned int bits,
		      bool is_write, struct mi_prediction *r)
{
	bool dirty = c->has_slot_page && c->slot_page.flags >> MI_PG_DIRTY & 1;

	if (!pr->file || !S_ISREG(pr->file->mode)) {
		mi_predict_unknown(r, "file", "the file is not to be had");
		return;
	}
	if (beyond(pr, c, r))
		return;
	if (c->cached == MI_CACHED_SWAP) {
		mi_predict_swap(pr, c->slot_swap_type, c->slot_swap_offset, r);
	} else if (bits & MI_CM_UNKNOWN) {
		mi_predict_unknown(r, "cache", "what the cache has is not to be had");
	} else if (untold(pr, bits, is_write, r)) {
		return;
	} else if (!(bits & MI_CM_PAGE)) {
		if (pr->uffd & MI_UFFD_MISSING) {
			mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd-missing");
			return;
		}
		mi_predict_minor(r, is_write && WANTS_COPY(pr) ? MI_NEXT_COW : MI_NEXT_NEW, "hole");
		dirtied(pr, is_write, false, r);
	} else if (pr->uffd & MI_UFFD_MINOR) {
		mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd-minor");
	} else if (bits & MI_CM_POISON) {
		mi_predict_set(r, MI_NEXT_SIGBUS, "hwpoison");
	} else if (bits & MI_CM_LOCKED || !(bits & MI_CM_UPTODATE)) {
		mi_predict_set(r, MI_NEXT_WAIT, "locked");
	} else {
		mi_predict_minor(r, what_of(pr, is_write, MI_NEXT_MINOR), "cached");
		dirtied(pr, is_write, dirty, r);
	}
}

/* ---- what is read, and who is mapped beside it ---- */

enum mi_known mi_predict_around(const struct mi_predictor *pr)
{
	/* Since 5.19 or earlier not where userfaultfd wants to know of each page. */
	if (pr->handlers.around == MI_NO)
		return MI_NO;
	if (pr->uffd & (MI_UFFD_WP | MI_UFFD_MINOR))
		return MI_NOT_KNOWN;
	if (pr->handlers.around == MI_NOT_KNOWN || !pr->rules.around_known)
		return MI_NOT_KNOWN;
	return pr->rules.around_pages > 1 ? MI_YES : MI_NO;
}

static void miss(const struct mi_predictor *pr, uint64_t index, struct mi_prediction *r)
{
	struct mi_readahead ra = pr->ra;
	struct mi_ra_read rd;

	mi_cachemap_doubt(pr->cache);
	mi_ra_sync(&pr->env, &ra, index, &rd);
	r->kind = rd.kind;
	r->kind_why = rd.why;
	r->start = rd.start;
	r->pages = rd.pages;
	r->async = rd.async;
	r->read = rd.read;
	if (mi_cachemap_doubt(pr->cache) && rd.kind != MI_MISS_UNKNOWN) {
		r->kind = MI_MISS_UNKNOWN;
		r->kind_why = "what the cache has around it is not to be had";
	}
}

void mi_predict_marked(const struct mi_predictor *pr, unsigned int bits, struct mi_prediction *r)
{
	if (bits & MI_CM_WRITEBACK) {
		/* The bit stays and says "reclaim": all tries find it but the last. */
		r->rule = "reclaim-mark";
		r->counted = true;
		r->minor = 0;
		r->major = 1;
		return;
	}
	if (r->what == MI_NEXT_WAIT || r->major)
		return;
	r->rule = "marker";
	mi_predict_retried(pr, r);
}

static void marked(const struct mi_predictor *pr, uint64_t index, unsigned int bits,
		   struct mi_prediction *r)
{
	struct mi_readahead ra = pr->ra;
	struct mi_ra_read rd;

	if (!mi_ra_heeds_marker(&pr->env, &ra))
		return;
	mi_predict_marked(pr, bits, r);
	if (bits & MI_CM_WRITEBACK)
		return;
	mi_cachemap_doubt(pr->cache);
	if (!mi_ra_async(&pr->env, &ra, index, bits >> MI_CM_ORDER_SHIFT, &rd))
		return;
	if (rd.kind == MI_MISS_UNKNOWN || mi_cachemap_doubt(pr->cache)) {
		mi_predict_unknown(r, "marker",
				   rd.why ? rd.why : "what the cache has is not to be had");
		return;
	}
	r->has_async = true;
	r->async_start = rd.start;
	r->async_pages = rd.pages;
}

void mi_predict_window(const struct mi_predictor *pr, uint64_t index, unsigned int bits,
		       struct mi_prediction *r)
{
	bool of_file = r->what == MI_NEXT_MINOR || r->what == MI_NEXT_COW ||
		       r->what == MI_NEXT_MKWRITE || r->what == MI_NEXT_WAIT;

	if (pr->handlers.fault != MI_HANDLER_CACHE || !pr->cache)
		return;
	if (r->has_window && !(bits & MI_CM_PAGE)) {
		if (pr->no_ra) {
			r->kind = MI_MISS_UNKNOWN;
			r->kind_why = pr->no_ra;
		} else {
			miss(pr, index, r);
		}
	} else if (of_file && bits & MI_CM_MARKER && !pr->no_ra) {
		marked(pr, index, bits, r);
	} else if (of_file && bits & MI_CM_MARKER && !(pr->m->vma.flags & MI_VM_RAND_READ)) {
		mi_predict_unknown(r, "marker", pr->no_ra);
	}
}
