// SPDX-License-Identifier: GPL-2.0-or-later
/* history_process.c - what was recorded of a process's mappings, and of tasks that are stuck */
#include <stdlib.h>
#include <string.h>

#include "history.h"

enum {
	CLASS_MINOR = 1,
	CLASS_MAJOR,
	CLASS_RETRIED,
	CLASS_FAILED
};

static uint64_t get(const struct mi_record *r, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(r, f, &v);
	return v;
}

/* ---- mappings ---- */

/* The latest recorded exec of the process: faults before were of another memory. */
static uint64_t memory_since(const struct mi_history *h, const struct mi_process *p)
{
	uint64_t raw = 0;
	size_t i;

	for (i = 0; i < h->n_names; i++)
		if (h->names[i].tid == (uint32_t)p->task.tgid && h->names[i].call == MI_NAME_EXEC)
			raw = h->names[i].raw;
	return raw;
}

static struct mi_mapping *mapping_at(const struct mi_process *p, uint64_t address)
{
	size_t low = 0, high = p->n_maps;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->maps[mid].vma.end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n_maps && address >= p->maps[low].vma.start ? &p->maps[low] : NULL;
}

/* What was mapped there may have been another file. */
static bool same_file(const struct mi_process *p, const struct mi_mapping *m,
		      const struct mi_record *r)
{
	const struct mi_inode_name *name;
	const struct mi_file *f;
	uint64_t ino = get(r, MI_R_INO);
	uint32_t dev = (uint32_t)get(r, MI_R_DEV);

	if (m->file >= p->n_files)
		return !ino;
	f = &p->files[m->file].file;
	name = f->backed ? &f->backing : &f->name;
	/* A private copy has no file any more for who recorded it. */
	return !ino || (name->ino == ino && name->dev_major == mi_dev_major(dev) &&
			name->dev_minor == mi_dev_minor(dev));
}

static void count(struct mi_history *h, struct mi_mapping_history *to, const struct mi_record *r)
{
	uint64_t class = get(r, MI_R_FAULT_CLASS), began = get(r, MI_R_FIRST);
	uint64_t weight = get(r, MI_R_WEIGHT);

	if (class == CLASS_RETRIED)
		return;
	to->n++;
	to->minor += class == CLASS_MINOR;
	to->major += class == CLASS_MAJOR;
	to->failed += class == CLASS_FAILED;
	to->stands_for += weight ? weight : 1;
	to->last_raw = r->raw;
	to->last_class = class;
	to->last_address = get(r, MI_R_ADDRESS);
	if (!began)
		began = get(r, MI_R_BEGIN);
	to->last_took_known = began && mi_recorder_span(h->rec, began, r->raw, &to->last_took_ns);
	if (to->last_took_known && to->last_took_ns > to->max_took_ns)
		to->max_took_ns = to->last_took_ns;
}

enum mi_status mi_history_mappings(struct mi_history *h, const struct mi_process *p,
				   struct mi_mapping_history **ret, struct mi_error *err)
{
	uint64_t since = memory_since(h, p);
	struct mi_mapping_history *list = calloc(p->n_maps + 1, sizeof(*list));
	struct mi_mapping *m;
	struct mi_records w;
	struct mi_record r;
	enum mi_status st;

	if (!list)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = mi_records_start(&w, h->rec, err);
	if (st) {
		free(list);
		return st;
	}
	while (mi_records_next(&w, &r)) {
		if (mi_record_kind(&r) != MI_E_FAULT_END || r.raw < since ||
		    get(&r, MI_R_MM) != p->mm.addr || r.tgid != (uint32_t)p->task.tgid)
			continue;
		m = mapping_at(p, get(&r, MI_R_ADDRESS));
		if (m && same_file(p, m, &r))
			count(h, &list[m - p->maps], &r);
	}
	mi_records_end(&w);
	*ret = list;
	return MI_OK;
}

/* ---- stuck tasks ---- */

static void begin_of(struct mi_history *h, const struct mi_blocked *t, struct mi_stuck_history *s)
{
	const struct mi_open_fault *f = mi_history_open_fault(h, (uint32_t)t->task.pid);
	uint64_t page = ~(uint64_t)(h->rec->head.page_size - 1);

	if (!f)
		return;
	s->fault = true;
	s->begin = *f;
	/* Of the fault that its stack tells, if that is sure. */
	if (t->faults.n == 1 && !t->faults.list[0].doubts)
		s->other = ((f->address ^ t->faults.list[0].fault.va) & page) != 0;
}

/* The request of @e, which is one of those that are kept; MI_STUCK_REQUESTS: it is none. */
static size_t find_request(const struct mi_stuck_history *s, const struct mi_happening *e)
{
	size_t i;

	for (i = 0; i < s->n_requests; i++)
		if (!s->done[i] && get(&s->request[i].r, MI_R_REQUEST) == get(&e->r, MI_R_REQUEST))
			return i;
	return MI_STUCK_REQUESTS;
}

static size_t keep_request(struct mi_stuck_history *s, const struct mi_happening *e)
{
	size_t i = find_request(s, e);

	if (i < MI_STUCK_REQUESTS)
		return i;
	if (s->n_requests == MI_STUCK_REQUESTS) {
		s->more_requests = true;
		return MI_STUCK_REQUESTS;
	}
	s->request[s->n_requests] = *e;
	return s->n_requests++;
}

/* Where it has been put in, or is tried again and again, counts less than that it was issued. */
static void note_request(struct mi_stuck_history *s, const struct mi_happening *e)
{
	size_t i = keep_request(s, e);

	if (i == MI_STUCK_REQUESTS)
		return;
	if (e->kind == MI_E_RQ_REQUEUE)
		s->given_back[i]++;
	else if (e->kind == MI_E_RQ_ISSUE && s->request[i].kind != MI_E_RQ_ISSUE)
		s->request[i] = *e;
}

static void note(struct mi_stuck_history *s, const struct mi_happening *e)
{
	size_t i;

	switch (e->kind) {
	case MI_E_READAHEAD:
		s->has_readahead = true;
		s->readahead = *e;
		break;
	case MI_E_READ:
		s->has_read = true;
		s->read = *e;
		break;
	case MI_E_RQ_INSERT:
	case MI_E_RQ_ISSUE:
	case MI_E_RQ_REQUEUE:
		note_request(s, e);
		break;
	case MI_E_RQ_COMPLETE:
		i = find_request(s, e);
		if (i < MI_STUCK_REQUESTS)
			s->done[i] = true;
		break;
	default:
		break;
	}
}

static enum mi_status follow(struct mi_history *h, const struct mi_addrmap *by_tid,
			     struct mi_stuck_history *list, struct mi_error *err)
{
	struct mi_history_walk *w;
	struct mi_happening e;
	enum mi_status st = mi_history_start(h, NULL, &w, err);
	size_t i;

	if (st)
		return st;
	while (!(st = mi_history_next(w, &e, err)))
		if (e.task_known && mi_addrmap_get(by_tid, (uint64_t)e.tid + 1, &i) &&
		    e.r.raw >=
			    (list[i].begin.first_known ? list[i].begin.first : list[i].begin.begin))
			note(&list[i], &e);
	mi_history_end(w);
	return st == MI_ERR_NOT_FOUND ? MI_OK : st;
}

enum mi_status mi_history_stuck(struct mi_history *h, const struct mi_blocked_set *set,
				struct mi_stuck_history **ret, struct mi_error *err)
{
	struct mi_stuck_history *list = calloc(set->n + 1, sizeof(*list));
	struct mi_addrmap by_tid = {.room = 0};
	enum mi_status st = MI_OK;
	size_t i, n = 0;

	if (!list)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < set->n && !st; i++) {
		begin_of(h, &set->tasks[i], &list[i]);
		if (!list[i].fault || list[i].other)
			continue;
		n++;
		if (!mi_addrmap_put(&by_tid, (uint64_t)list[i].begin.tid + 1, i))
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	if (!st && n)
		st = follow(h, &by_tid, list, err);
	mi_addrmap_free(&by_tid);
	if (st)
		free(list);
	else
		*ret = list;
	return st;
}
