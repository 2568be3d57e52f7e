// SPDX-License-Identifier: GPL-2.0-or-later
/* history.c - a recorder, and a first look at all that it has */
#include <stdlib.h>
#include <string.h>

#include "history.h"

static bool note_name(struct mi_history *h, const struct mi_record *r)
{
	const struct mi_rec_field *comm = r->event->known[MI_R_COMM];
	struct mi_history_name n = {.tid = r->tid, .raw = r->raw}, *more;
	uint64_t call = 0, other;

	if (!comm || !mi_record_get(r, MI_R_CALL, &call) ||
	    !mi_record_text(r, comm, n.comm, sizeof(n.comm)) || !*n.comm || call < MI_NAME_FORK ||
	    call > MI_NAME_EXIT)
		return true;
	n.call = (unsigned int)call;
	/* A child has its parent's name. */
	if (call == MI_NAME_FORK && mi_record_get(r, MI_R_OTHER, &other))
		n.tid = (uint32_t)other;
	if (!(h->n_names & (h->n_names - 1))) {
		more = realloc(h->names, (h->n_names ? 2 * h->n_names : 1) * sizeof(*more));
		if (!more)
			return false;
		h->names = more;
	}
	h->names[h->n_names++] = n;
	return true;
}

static int by_tid_and_time(const void *a, const void *b)
{
	const struct mi_history_name *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->raw < y->raw ? -1 : x->raw > y->raw;
}

static int by_place(const void *a, const void *b)
{
	const struct mi_record_at *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The begins and issues that were not followed by their ends. */
static bool keep_open(struct mi_history *h, const struct mi_history_block *b)
{
	size_t i;

	h->open = malloc((h->faults.n + b->n_rq + 1) * sizeof(*h->open));
	if (!h->open)
		return false;
	for (i = 0; i < h->faults.n; i++)
		if (h->faults.list[i].open)
			h->open[h->n_open++] = h->faults.list[i].at;
	for (i = 0; i < b->n_rq; i++)
		if (b->rq[i].in_flight)
			h->open[h->n_open++] = b->rq[i].at;
	qsort(h->open, h->n_open, sizeof(*h->open), by_place);
	return true;
}

static bool look_at(struct mi_history *h, struct mi_history_block *b, const struct mi_record *r)
{
	struct mi_happening e = {.r = *r, .kind = mi_record_kind(r), .file = MI_NO_INDEX};

	if (!h->first_raw)
		h->first_raw = r->raw;
	if (r->raw > h->last_raw)
		h->last_raw = r->raw;
	h->by_event[e.kind]++;
	h->undescribed += !r->event;
	if (e.kind == MI_E_TASK)
		return note_name(h, r);
	if (e.kind == MI_E_RQ_INSERT || e.kind == MI_E_RQ_ISSUE || e.kind == MI_E_RQ_REQUEUE ||
	    e.kind == MI_E_RQ_COMPLETE)
		return mi_history_block(h, b, &e);
	return mi_history_fault(&h->faults, r);
}

static enum mi_status look_through(struct mi_history *h, struct mi_error *err)
{
	struct mi_history_block b = {.n_rq = 0};
	struct mi_records w;
	struct mi_record r;
	bool ok = true;
	enum mi_status st = mi_records_start(&w, h->rec, err);

	if (st)
		return st;
	while (ok && mi_records_next(&w, &r))
		ok = look_at(h, &b, &r);
	mi_records_end(&w);
	ok = ok && keep_open(h, &b);
	mi_history_block_free(&b);
	if (!ok)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
	if (h->n_names)
		qsort(h->names, h->n_names, sizeof(*h->names), by_tid_and_time);
	h->end_raw = mi_recorder_now(h->rec);
	if (h->last_raw > h->end_raw)
		h->end_raw = h->last_raw;
	return MI_OK;
}

enum mi_status mi_history_open(struct mi_kernel *k, const char *file, bool scan,
			       struct mi_problems *problems, struct mi_history **ret,
			       struct mi_error *err)
{
	struct mi_history *h = calloc(1, sizeof(*h));
	enum mi_status st;

	if (!h)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	h->k = k;
	if (file) {
		h->found.how = MI_RECORDER_FILE;
		st = mi_recorder_file(file, problems, &h->found.rec, err);
	} else {
		st = mi_recorder_find(k, scan, &h->found, err);
	}
	h->rec = st ? NULL : h->found.rec;
	if (!st)
		st = mi_recorder_index(h->rec, k ? k->t : NULL, err);
	if (!st)
		st = look_through(h, err);
	if (st)
		mi_history_close(h);
	else
		*ret = h;
	return st;
}

void mi_history_close(struct mi_history *h)
{
	if (!h)
		return;
	mi_history_free_names(h);
	mi_addrmap_free(&h->faults.by_tid);
	free(h->faults.list);
	free(h->open);
	mi_recorder_close(h->rec);
	free(h);
}
