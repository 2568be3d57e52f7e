// SPDX-License-Identifier: GPL-2.0-or-later
/* follow.c - recorded history as it comes */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "history.h"
#include "session.h"

struct mi_follow {
	struct mi_kernel *k; /* NULL: the recorder's device alone */
	struct mi_request ask;
	struct mi_history_reader reader;
	struct mi_problems problems;
};

enum mi_status mi_follow_open(struct mi_session *s, const struct mi_request *req,
			      struct mi_follow **ret, struct mi_error *err)
{
	struct mi_request ask;
	struct mi_follow *f;
	enum mi_status st = mi_request_take(&ask, req, err);

	if (st)
		return st;
	if (ask.whom != MI_WHOM_HISTORY || ask.latency || ask.perfetto || ask.until ||
	    (!s && !ask.recorder))
		return mi_fail(err, MI_ERR_INVALID, "records of history are followed, no others");
	f = calloc(1, sizeof(*f));
	if (!f)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	f->k = s ? mi_session_kernel(s) : NULL;
	f->ask = ask;
	*ret = f;
	return MI_OK;
}

void mi_follow_close(struct mi_follow *f)
{
	if (f)
		mi_history_reader_free(&f->reader);
	free(f);
}

/* A document for what passes; none if nothing does. */
static enum mi_status put_json(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct mi_history_walk *w = NULL;
	struct mi_happening e;
	enum mi_status st;

	st = mi_history_start(a->h, &a->filter, &w, err);
	if (!st)
		st = mi_history_next(w, &e, err);
	mi_history_end(w);
	if (st && (st != MI_ERR_NOT_FOUND || !a->reader->lost))
		return st == MI_ERR_NOT_FOUND ? MI_OK : st;
	return mi_json_history(a, out, err);
}

static enum mi_status put_new(struct mi_follow *f, struct mi_history *h, FILE *out,
			      struct mi_error *err)
{
	bool begins = !f->reader.span;
	struct mi_history_ask a;
	enum mi_status st;

	st = mi_history_advance(&f->reader, h, !f->ask.limit && !f->ask.since, err);
	if (!st)
		st = mi_history_load_names(h, err);
	if (!st && f->k)
		st = mi_request_translate(f->k, &f->ask, err);
	if (!st)
		st = mi_history_run_ask(f->k, h, &f->ask, &a, err);
	if (st)
		return st;
	a.reader = &f->reader;
	a.filter.spans = f->reader.span;
	st = f->ask.json ? put_json(&a, out, err) : mi_text_new_history(&a, out, err);
	mi_history_ask_free(&a);
	if (begins && !st) {
		/* They choose of what is there when one begins. */
		f->ask.limit = 0;
		f->ask.since = NULL;
	}
	return st;
}

enum mi_status mi_follow_next(struct mi_follow *f, FILE *out, struct mi_error *err)
{
	struct mi_problems *problems = f->k ? &f->k->problems : &f->problems;
	struct mi_history *h;
	enum mi_status st;

	memset(problems, 0, sizeof(*problems));
	if (f->k)
		mi_history_prepare(f->k);
	st = mi_history_open(f->k, f->ask.recorder, false, problems, &h, err);
	if (st)
		return st;
	st = put_new(f, h, out, err);
	mi_history_close(h);
	return mi_answer_written(out, st, err);
}
