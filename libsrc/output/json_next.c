// SPDX-License-Identifier: GPL-2.0-or-later
/* json_next.c - what the next touches of a mapping would do */
#include "../inspect/predict.h"
#include "json_parts.h"

static const char *window_word(const struct mi_prediction *r)
{
	switch (r->kind) {
	case MI_MISS_SEQUENTIAL:
		return "sequential";
	case MI_MISS_AROUND:
		return "around";
	case MI_MISS_CODE:
		return "code";
	case MI_MISS_HUGE:
		return "huge";
	case MI_MISS_NONE:
		return r->kind_why && !strcmp(r->kind_why, "MADV_RANDOM") ? "random" : "single";
	default:
		return "unknown";
	}
}

static void put_window(struct mi_json *w, const struct mi_prediction *r)
{
	mi_json_object(w, "window");
	mi_json_text(w, "kind", window_word(r));
	if (r->kind == MI_MISS_UNKNOWN) {
		mi_json_text(w, "why", r->kind_why);
	} else {
		mi_json_u64(w, "start", r->start);
		mi_json_u64(w, "pages", r->pages);
		mi_json_u64(w, "async", r->async);
		mi_json_u64(w, "read", r->read);
	}
	mi_json_object_end(w);
}

static void put_mapped(struct mi_json *w, const struct mi_prediction *r)
{
	mi_json_object(w, "mapped");
	mi_json_hex(w, "start", r->mapped_start);
	mi_json_hex(w, "end", r->mapped_end);
	if (r->block)
		mi_json_u64(w, "block", r->block);
	else
		mi_json_u64(w, "pages", r->mapped);
	mi_json_object_end(w);
}

static void put_prediction(struct mi_json *w, const char *key, const struct mi_prediction *r)
{
	mi_json_object(w, key);
	mi_json_text(w, "what", mi_next_word(r->what));
	mi_json_text(w, "rule", r->rule);
	if (r->what == MI_NEXT_UNKNOWN)
		mi_json_text(w, "why", r->why);
	if (r->counted) {
		mi_json_object(w, "faults");
		mi_json_u64(w, "minor", r->minor);
		mi_json_u64(w, "major", r->major);
		mi_json_object_end(w);
	}
	if (r->has_window)
		put_window(w, r);
	if (r->has_async) {
		mi_json_object(w, "async");
		mi_json_u64(w, "start", r->async_start);
		mi_json_u64(w, "pages", r->async_pages);
		mi_json_object_end(w);
	}
	if (r->mapped)
		put_mapped(w, r);
	mi_json_object_end(w);
}

static bool put_run(void *arg, const struct mi_next_run *run)
{
	struct mi_json *w = arg;

	mi_json_line_object(w, NULL);
	mi_json_hex(w, "start", run->va);
	mi_json_hex(w, "end", run->va + run->n * MI_PAGE_SIZE);
	if (run->each)
		mi_json_bool(w, "each", true);
	put_prediction(w, "read", &run->read);
	put_prediction(w, "write", &run->write);
	mi_json_object_end(w);
	return !mi_json_failed(w);
}

static void put_totals(struct mi_json *w, const char *key, const struct mi_next_totals *t)
{
	mi_json_line_object(w, key);
	mi_json_u64(w, "minor", t->minor);
	mi_json_u64(w, "major", t->major);
	mi_json_u64(w, "bytes_read", t->bytes_read);
	mi_json_u64(w, "reads", t->reads);
	mi_json_u64(w, "sigbus", t->sigbus);
	mi_json_u64(w, "sigsegv", t->sigsegv);
	mi_json_u64(w, "none", t->none);
	mi_json_u64(w, "unknown", t->unknown);
	mi_json_object_end(w);
}

enum mi_status mi_json_next(struct mi_json *w, struct mi_process *p, const struct mi_mapping *m,
			    struct mi_error *err)
{
	struct mi_next_costs all;
	enum mi_status st;

	mi_json_object(w, "next");
	mi_json_array(w, "runs");
	st = mi_next_runs(p, m, put_run, w, err);
	mi_json_array_end(w);
	if (!st)
		st = mi_next_count(p, m, &all, err);
	if (!st) {
		mi_json_object(w, "all");
		put_totals(w, "read", &all.read);
		put_totals(w, "write", &all.write);
		mi_json_object_end(w);
	}
	mi_json_object_end(w);
	return st;
}
