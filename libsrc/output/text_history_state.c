// SPDX-License-Identifier: GPL-2.0-or-later
/* text_history_state.c - what was recorded, beside the state: of mappings, of stuck tasks */
#include <inttypes.h>

#include "history.h"
#include "output.h"
#include "table.h"

#define NS_PER_S UINT64_C(1000000000)

/* ---- mappings ---- */

static void duration_cell(struct mi_table *t, bool known, uint64_t ns)
{
	struct mi_words w = {0};

	if (known)
		mi_words_duration(&w, ns);
	else
		mi_words_add(&w, "?");
	mi_table_cell(t, "%s", w.text);
}

static void row(struct mi_table *t, const struct mi_history *h, const struct mi_mapping *m,
		const struct mi_mapping_history *f)
{
	struct mi_rec_time at = mi_recorder_time(h->rec, f->last_raw);

	mi_table_row(t);
	mi_table_cell(t, "%" PRIx64, m->vma.start);
	mi_table_count(t, f->n, true);
	mi_table_count(t, f->major, true);
	mi_table_count(t, f->failed, true);
	if (at.known)
		mi_table_cell(t, "%" PRIu64 ".%06" PRIu64 "%s", at.mono / NS_PER_S,
			      at.mono % NS_PER_S / 1000, at.extrapolated ? "~" : "");
	else
		mi_table_cell(t, "?");
	mi_table_cell(t, "%s", mi_words_of_set(h, MI_R_FAULT_CLASS, f->last_class));
	mi_table_cell(t, "%" PRIx64, f->last_address);
	duration_cell(t, f->last_took_known, f->last_took_ns);
	duration_cell(t, f->max_took_ns != 0, f->max_took_ns);
	mi_table_name(t, *m->name ? m->name : ".");
}

static void columns(struct mi_table *t)
{
	mi_table_right(t, "START");
	mi_table_right(t, "FAULTS");
	mi_table_right(t, "MAJOR");
	mi_table_right(t, "FAILED");
	mi_table_right(t, "LAST");
	mi_table_left(t, "CLASS");
	mi_table_right(t, "ADDRESS");
	mi_table_right(t, "TOOK");
	mi_table_right(t, "LONGEST");
	mi_table_names(t, "NAME");
}

enum mi_status mi_text_mapping_history(const struct mi_process *p, const struct mi_history *h,
				       const struct mi_mapping_history *list, FILE *out,
				       struct mi_error *err)
{
	const struct mi_recorder *rec = h->rec;
	struct mi_table *t = mi_table_new();
	uint64_t n = 0;
	enum mi_status st;
	size_t i;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	columns(t);
	for (i = 0; i < p->n_maps; i++) {
		if (list[i].n)
			row(t, h, &p->maps[i], &list[i]);
		n += list[i].n;
	}
	fprintf(out,
		"\nRECORDED FAULTS (%" PRIu64
		" of these mappings; the recorder has overwritten %" PRIu64 " older events",
		n, rec->overwritten);
	if (rec->lost_nested || rec->lost_torn || rec->lost_overload)
		fprintf(out, ", and lost %" PRIu64,
			rec->lost_nested + rec->lost_torn + rec->lost_overload);
	fputs(")\n", out);
	st = mi_table_print(t, out, err);
	mi_table_free(t);
	return st;
}

/* ---- a stuck task ---- */

static void add_moment(const struct mi_history *h, uint64_t raw, struct mi_words *w)
{
	struct mi_rec_time t = mi_recorder_time(h->rec, raw);
	uint64_t ago;

	if (!t.known)
		return;
	mi_words_add(w, " at %" PRIu64 ".%06" PRIu64 "%s", t.mono / NS_PER_S,
		     t.mono % NS_PER_S / 1000, t.extrapolated ? "~" : "");
	if (mi_recorder_span(h->rec, raw, h->end_raw, &ago)) {
		mi_words_add(w, ", ");
		mi_words_duration(w, ago);
		mi_words_add(w, " before the end");
	}
}

static void add_begin(const struct mi_history *h, const struct mi_open_fault *f, struct mi_words *w)
{
	mi_words_add(w, "the fault began");
	add_moment(h, f->first_known ? f->first : f->begin, w);
	if (f->attempt > 1) {
		mi_words_add(w, "; attempt %" PRIu64, f->attempt);
		add_moment(h, f->begin, w);
	}
}

static void add_event(const struct mi_history *h, const char *what, const struct mi_happening *e,
		      struct mi_words *w)
{
	mi_words_add(w, "%s", what);
	add_moment(h, e->r.raw, w);
	mi_words_add(w, ": ");
	mi_words_happening(h, e, w);
}

static void add_request(const struct mi_history *h, const struct mi_stuck_history *s, size_t i,
			struct mi_words *w)
{
	const struct mi_happening *e = &s->request[i];

	add_event(h,
		  s->done[i]		      ? "a request, completed since, was issued"
		  : e->kind == MI_E_RQ_ISSUE  ? "a request was issued"
		  : e->kind == MI_E_RQ_INSERT ? "a request was inserted"
					      : "a request was first given back by its driver",
		  e, w);
	if (e->kind != MI_E_RQ_ISSUE)
		mi_words_add(w, "; no issue is recorded");
	if (s->given_back[i])
		mi_words_add(w, "; its driver gave it back %" PRIu64 " times", s->given_back[i]);
}

/* Line @line of what there is; nothing: there are no more. */
void mi_words_stuck_history(const struct mi_history *h, const struct mi_stuck_history *s,
			    size_t line, struct mi_words *w)
{
	size_t i;

	if (!s->fault || s->other)
		return;
	if (!line--) {
		add_begin(h, &s->begin, w);
		return;
	}
	if (s->has_readahead && !line--) {
		add_event(h, "it asked for readahead", &s->readahead, w);
		return;
	}
	if (s->has_read && !line--) {
		add_event(h, "and the file system to read", &s->read, w);
		return;
	}
	for (i = 0; i < s->n_requests; i++)
		if (!line--) {
			add_request(h, s, i, w);
			return;
		}
	if (s->more_requests && !line)
		mi_words_add(w, "and there were more requests");
}
