// SPDX-License-Identifier: GPL-2.0-or-later
/* history_walk.c - all records in order, each joined with what came before it */
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define SECTOR_SIZE 512
/* Of the page whose story is told: places on disks that are being read or written. */
#define TRACKS_MAX 32

struct track {
	uint32_t disk;
	uint64_t sector, n;
};

struct mi_history_walk {
	struct mi_history *h;
	struct mi_history_filter filter;
	struct mi_records records;
	struct mi_history_block block;
	struct mi_addrmap by_mapping; /* -> of files[]: the latest inode it was of */
	struct track track[TRACKS_MAX];
	size_t n_tracks;
	bool left; /* the page of the story left the cache ... */
	uint64_t left_raw;
};

enum mi_status mi_history_start(struct mi_history *h, const struct mi_history_filter *filter,
				struct mi_history_walk **ret, struct mi_error *err)
{
	struct mi_history_walk *w = calloc(1, sizeof(*w));
	enum mi_status st;

	if (!w)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	w->h = h;
	if (filter)
		w->filter = *filter;
	st = mi_records_start(&w->records, h->rec, err);
	if (st)
		free(w);
	else
		*ret = w;
	return st;
}

void mi_history_end(struct mi_history_walk *w)
{
	if (!w)
		return;
	mi_records_end(&w->records);
	mi_history_block_free(&w->block);
	mi_addrmap_free(&w->by_mapping);
	free(w);
}

static uint64_t get(const struct mi_record *r, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(r, f, &v);
	return v;
}

/* ---- the file of a record ---- */

static bool remember_mapping(struct mi_history_walk *w, uint64_t mapping, size_t file)
{
	size_t i;

	if (!mi_addrmap_get(&w->by_mapping, mapping, &i))
		return mi_addrmap_put(&w->by_mapping, mapping, file);
	if (i != file)
		mi_addrmap_set(&w->by_mapping, mapping, file);
	return true;
}

/*
 * Bios have the mapping alone. It is of the inode that it was of when it was last recorded
 * with one, for as long as there is I/O for it the inode is there. Inodes of block devices have
 * no number up to 5.10: their mapping tells them apart.
 */
static bool find_file(struct mi_history_walk *w, struct mi_happening *e)
{
	uint64_t mapping = get(&e->r, MI_R_MAPPING), ino = 0;
	bool has_inode = mi_record_get(&e->r, MI_R_INO, &ino);

	e->file = MI_NO_INDEX;
	e->index = get(&e->r, MI_R_INDEX);
	if (!has_inode && mapping && mi_addrmap_get(&w->by_mapping, mapping, &e->file))
		return true;
	if (!mi_history_file(w->h, (uint32_t)get(&e->r, MI_R_DEV), ino, mapping, &e->file))
		return false;
	return !has_inode || !mapping || e->file == MI_NO_INDEX ||
	       remember_mapping(w, mapping, e->file);
}

/* ---- what a record is joined with ---- */

static int by_place(const void *a, const void *b)
{
	const struct mi_record_at *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool is_open(const struct mi_history *h, const struct mi_record *r)
{
	const struct mi_record_at at = {r->cpu_index, r->seq};

	return h->n_open && bsearch(&at, h->open, h->n_open, sizeof(at), by_place);
}

static void join_end(struct mi_history *h, struct mi_happening *e)
{
	uint64_t begin = 0;

	if (!mi_record_get(&e->r, MI_R_FIRST, &begin) || !begin)
		mi_record_get(&e->r, MI_R_BEGIN, &begin);
	if (!begin)
		return;
	e->began = begin;
	e->took_known = mi_recorder_span(h->rec, begin, e->r.raw, &e->took_ns);
}

static bool join(struct mi_history_walk *w, struct mi_happening *e)
{
	const uint8_t interrupt = MMAPREC_IN_SOFTIRQ | MMAPREC_IN_HARDIRQ | MMAPREC_IN_NMI;
	struct mi_history *h = w->h;

	e->time = mi_recorder_time(h->rec, e->r.raw);
	e->kind = mi_record_kind(&e->r);
	e->task_known = !(e->r.context & interrupt);
	e->tid = e->r.tid;
	e->tgid = e->r.tgid;
	if (!find_file(w, e))
		return false;
	switch (e->kind) {
	case MI_E_FAULT_END:
	case MI_E_FILEMAP_FAULT:
	case MI_E_RECLAIM_END:
		join_end(h, e);
		break;
	case MI_E_BIO_QUEUE:
	case MI_E_BIO_SPLIT:
	case MI_E_BIO_REMAP:
	case MI_E_RQ_INSERT:
	case MI_E_RQ_ISSUE:
	case MI_E_RQ_REQUEUE:
	case MI_E_RQ_COMPLETE:
		if (!mi_history_block(h, &w->block, e))
			return false;
		break;
	default:
		break;
	}
	e->open = (e->kind == MI_E_FAULT_BEGIN || e->kind == MI_E_RQ_ISSUE) && is_open(h, &e->r);
	if (e->task_known)
		e->comm = mi_history_comm(h, e->tid, e->r.raw);
	return true;
}

/* ---- the story of a page ---- */

static bool track_matches(const struct track *t, uint32_t disk, uint64_t sector, uint64_t bytes)
{
	uint64_t n = bytes / SECTOR_SIZE;

	return t->disk == disk && t->sector < sector + n && sector < t->sector + t->n;
}

static void add_track(struct mi_history_walk *w, uint32_t disk, uint64_t sector, uint64_t n)
{
	size_t i;

	for (i = 0; i < w->n_tracks; i++)
		if (w->track[i].disk == disk && w->track[i].sector == sector)
			return;
	if (w->n_tracks == TRACKS_MAX) {
		memmove(w->track, w->track + 1, sizeof(w->track) - sizeof(*w->track));
		w->n_tracks--;
	}
	w->track[w->n_tracks++] = (struct track){disk, sector, n};
}

/* A bio with the page: where on the disk the page is. */
static void track_bio(struct mi_history_walk *w, const struct mi_record *r)
{
	uint64_t n = w->h->rec->head.page_size / SECTOR_SIZE;
	uint64_t into = (w->filter.page->index - get(r, MI_R_INDEX)) * n;

	add_track(w, (uint32_t)get(r, MI_R_DISK), get(r, MI_R_SECTOR) + into, n);
}

/* What happens to a place on a disk on which the page is. */
static bool track_place(struct mi_history_walk *w, const struct mi_happening *e)
{
	uint64_t disk, sector = get(&e->r, MI_R_SECTOR), bytes = get(&e->r, MI_R_BYTES);
	uint64_t other = get(&e->r, MI_R_OTHER_SECTOR);
	uint32_t other_disk = (uint32_t)get(&e->r, MI_R_OTHER_DISK);
	bool found = false;
	size_t i;

	if (!mi_record_get(&e->r, MI_R_DISK, &disk))
		return false;
	for (i = 0; i < w->n_tracks; i++) {
		struct track t = w->track[i];

		if (e->kind == MI_E_BIO_REMAP && track_matches(&t, other_disk, other, bytes)) {
			add_track(w, (uint32_t)disk, sector + (t.sector - other), t.n);
			return true;
		}
		if (!track_matches(&t, (uint32_t)disk, sector, bytes))
			continue;
		found = true;
		if (e->kind == MI_E_RQ_COMPLETE)
			w->track[i--] = w->track[--w->n_tracks];
	}
	return found;
}

static bool is_page_file(const struct mi_history_walk *w, size_t file)
{
	const struct mi_history_page *p = w->filter.page;
	const struct mi_history_file *f;

	if (file == MI_NO_INDEX)
		return false;
	if (p->file)
		return mi_history_file_matches(w->h, file, p->file);
	f = &w->h->files[file];
	return f->dev == p->dev && f->ino == p->ino;
}

static bool of_address(const struct mi_history_walk *w, const struct mi_happening *e)
{
	const struct mi_history_page *p = w->filter.page;
	uint64_t address, mask = ~(uint64_t)(w->h->rec->head.page_size - 1);

	return p->by_address && e->task_known && e->tgid == p->tgid &&
	       mi_record_get(&e->r, MI_R_ADDRESS, &address) &&
	       (address & mask) == (p->address & mask);
}

static bool in_story(struct mi_history_walk *w, struct mi_happening *e)
{
	const struct mi_history_page *p = w->filter.page;
	uint32_t size = w->h->rec->head.page_size;

	if (p->by_file && is_page_file(w, e->file) &&
	    mi_history_covers(&e->r, e->kind, p->index, size)) {
		if (e->kind == MI_E_BIO_QUEUE)
			track_bio(w, &e->r);
		if (e->kind == MI_E_CACHE_DELETE) {
			w->left = true;
			w->left_raw = e->r.raw;
		}
		if (e->kind == MI_E_CACHE_ADD && w->left) {
			w->left = false;
			e->again = mi_recorder_span(w->h->rec, w->left_raw, e->r.raw, &e->again_ns);
		}
		return true;
	}
	return track_place(w, e) || of_address(w, e);
}

/* ---- one after the other ---- */

enum mi_status mi_history_next(struct mi_history_walk *w, struct mi_happening *e,
			       struct mi_error *err)
{
	struct mi_target *t = w->h->k ? w->h->k->t : NULL;
	uint64_t n = 0;

	for (;;) {
		memset(e, 0, sizeof(*e));
		if (!mi_records_next(&w->records, &e->r))
			return mi_fail(err, MI_ERR_NOT_FOUND, "no more is recorded");
		if (t && !(++n & 0xfff) && mi_target_interrupted(t))
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
		if (!join(w, e))
			return mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
		if (w->filter.page && !in_story(w, e))
			continue;
		if (mi_history_passes(w->h, &w->filter, e))
			return MI_OK;
	}
}
