// SPDX-License-Identifier: GPL-2.0-or-later
/* pending_fs.c - requests of file systems without a block queue, their pages, and who waits */
#include <stdlib.h>

#include "pending.h"

#define RANGES_MAX 1048576

struct walk {
	struct mi_pending *p;
	size_t number; /* of the request */
	uint64_t looked_at;
	bool no_memory;
};

enum mi_fs_way mi_pending_way(struct mi_kernel *k, const struct mi_pending_file *f)
{
	uint64_t sb = 0;

	if (!f->known)
		return MI_FS_UNKNOWN;
	if (mi_read_member(k->t, f->file.inode, &k->l.inode_sb, &sb))
		sb = 0;
	return mi_fs_way(k, f->file.name.fs, sb);
}

/* Room doubles at each power of two. */
static bool room_for(struct mi_fs_pending *fs)
{
	struct mi_rq_pages *more;
	size_t n = fs->n_pages;

	if (n & (n - 1) || (n && n < 16))
		return true;
	more = realloc(fs->pages, (n ? 2 * n : 16) * sizeof(*more));
	if (!more)
		return false;
	fs->pages = more;
	return true;
}

static bool add_pages(struct walk *w, const struct mi_rq_pages *next)
{
	struct mi_fs_pending *fs = &w->p->fs;
	struct mi_pending_fs_rq *rq = &fs->rq[w->number];
	struct mi_rq_pages *last = rq->n ? &fs->pages[fs->n_pages - 1] : NULL;

	if (last && mi_rq_pages_follow(last, next)) {
		last->n += next->n;
		last->locked += next->locked;
		last->writeback += next->writeback;
		last->uptodate += next->uptodate;
		return true;
	}
	if (fs->n_pages == RANGES_MAX) {
		mi_problem_bad(&w->p->k->problems, "pages of requests", fs->all.rq[w->number].addr,
			       "are more than can be held", "pages are missing");
		return false;
	}
	if (!room_for(fs)) {
		w->no_memory = true;
		return false;
	}
	fs->pages[fs->n_pages++] = *next;
	rq->n++;
	return true;
}

static void link_wait(void *arg, struct mi_wait *wait)
{
	struct walk *w = arg;

	if (wait->fs_request != MI_NO_INDEX)
		return;
	wait->fs_request = w->number;
	w->p->fs.rq[w->number].n_waits++;
}

/* @n pages from @pg on, all of one folio. */
static bool take_folio(void *arg, const struct mi_page *pg, uint64_t n)
{
	struct walk *w = arg;
	struct mi_rq_pages next = mi_rq_pages_of(pg, n);

	mi_pending_waits_for(w->p, pg, n, link_wait, w);
	if (!pg->why && pg->owner == MI_OWNER_FILE &&
	    !mi_pending_file(w->p, pg->mapping, &next.file)) {
		w->no_memory = true;
		return false;
	}
	return add_pages(w, &next);
}

static bool take_pages(void *arg, uint64_t page, uint64_t offset, uint64_t bytes)
{
	struct walk *w = arg;
	struct mi_kernel *k = w->p->k;
	struct mi_frames frames;
	uint64_t pfn;

	if (!mi_page_to_pfn(k, page, &pfn) || bytes > UINT32_MAX || offset > UINT32_MAX) {
		mi_problem_bad(&k->problems, "request of a file system",
			       w->p->fs.all.rq[w->number].addr, "names a page that is none",
			       "pages of a request are missing");
		w->p->fs.rq[w->number].whole = false;
		return true;
	}
	frames = (struct mi_frames){.rq = w->p->fs.all.rq[w->number].addr,
				    .pfn = pfn,
				    .offset = offset,
				    .bytes = bytes};
	return mi_pending_folios(k, &frames, &w->looked_at, take_folio, w);
}

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

enum mi_status mi_fs_pending_load(struct mi_pending *p, struct mi_error *err)
{
	struct mi_fs_pending *fs = &p->fs;
	struct walk w = {.p = p};
	enum mi_status st;
	size_t i;

	st = mi_fs_requests(p->k, &fs->all, err);
	if (st)
		return st;
	fs->known = true;
	fs->rq = calloc(fs->all.n_rq + 1, sizeof(*fs->rq));
	if (!fs->rq)
		return no_memory(err);
	for (i = 0; i < fs->all.n_rq && !w.no_memory; i++) {
		fs->rq[i] = (struct mi_pending_fs_rq){.first = fs->n_pages, .whole = true};
		w.number = i;
		fs->rq[i].whole &= mi_fs_rq_pages(p->k, &fs->all, &fs->all.rq[i], take_pages, &w);
		if (mi_target_interrupted(p->k->t))
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	}
	for (i = 0; i < fs->all.n_wait; i++)
		if (fs->all.wait[i].rq != MI_NO_INDEX)
			fs->rq[fs->all.wait[i].rq].n_waits++;
	return w.no_memory ? no_memory(err) : MI_OK;
}

void mi_fs_pending_free(struct mi_fs_pending *fs)
{
	mi_fs_requests_free(&fs->all);
	free(fs->rq);
	free(fs->pages);
}
