// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * words_history.c - recorded events in words
 *
 * Events that are known by name have words of their own; all others are shown field by field,
 * as their descriptions say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "history.h"

#define NS_PER_S UINT64_C(1000000000)
/* Of the values of in_fault; there is "unknown", too. */
#define IN_FAULT 1
#define ACTIVATED 1

static uint64_t get(const struct mi_happening *e, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(&e->r, f, &v);
	return v;
}

/* ---- small things ---- */

void mi_words_duration(struct mi_words *w, uint64_t ns)
{
	if (ns < 1000)
		mi_words_add(w, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		mi_words_add(w, "%" PRIu64 ".%03" PRIu64 " us", ns / 1000, ns % 1000);
	else if (ns < NS_PER_S)
		mi_words_add(w, "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000, ns / 1000 % 1000);
	else
		mi_words_add(w, "%" PRIu64 ".%03" PRIu64 " s", ns / NS_PER_S, ns / 1000000 % 1000);
}

void mi_words_history_disk(const struct mi_history *h, uint32_t dev, struct mi_words *w)
{
	const char *name = mi_history_disk(h, dev);

	if (name)
		mi_words_add(w, "%s", name);
	else
		mi_words_add(w, "%u:%u", mi_dev_major(dev), mi_dev_minor(dev));
}

void mi_words_history_file(const struct mi_history *h, size_t file, struct mi_words *w)
{
	const struct mi_history_file *f = &h->files[file];

	if (*f->path)
		mi_words_add(w, "%s", f->path);
	else if (f->ino)
		mi_words_add(w, "%u:%u inode %" PRIu64, mi_dev_major(f->dev), mi_dev_minor(f->dev),
			     f->ino);
	else
		mi_words_add(w, "mapping %" PRIx64, f->mapping);
}

void mi_words_event(const struct mi_record *r, char *buf, size_t size)
{
	if (r->event)
		snprintf(buf, size, "%s", r->event->name);
	else
		snprintf(buf, size, "event %u", r->id);
}

const char *mi_words_value(const struct mi_history *h, const struct mi_record *r,
			   enum mi_rec_known f)
{
	const char *name = NULL;
	uint64_t v;

	if (mi_record_get(r, f, &v))
		name = mi_recorder_value(h->rec, r->event->known[f]->values, v);
	return name ? name : "?";
}

const char *mi_words_of_set(const struct mi_history *h, enum mi_rec_known field, uint64_t v)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < h->rec->n_events && !name; i++)
		if (h->rec->events[i].known[field])
			name = mi_recorder_value(h->rec, h->rec->events[i].known[field]->values, v);
	return name ? name : "?";
}

/* "page 3 of X", "pages 3-9 of X"; of anonymous memory nothing. */
static void add_pages(const struct mi_history *h, const struct mi_happening *e, uint64_t first,
		      uint64_t n, struct mi_words *w)
{
	if (n > 1)
		mi_words_add(w, "pages %" PRIu64 "-%" PRIu64 " of ", first, first + n - 1);
	else
		mi_words_add(w, "page %" PRIu64 " of ", first);
	if (e->file != MI_NO_INDEX)
		mi_words_history_file(h, e->file, w);
	else
		mi_words_add(w, "?");
}

static void add_range(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	add_pages(h, e, get(e, MI_R_INDEX), get(e, MI_R_PAGES), w);
}

static void add_took(const struct mi_happening *e, struct mi_words *w)
{
	if (!e->took_known)
		return;
	mi_words_add(w, ": ");
	mi_words_duration(w, e->took_ns);
}

/* ---- faults ---- */

static const char *access_of(const struct mi_happening *e)
{
	uint64_t access = get(e, MI_R_ACCESS);

	return access & 1 ? "write" : access & 2 ? "exec" : "read";
}

static void add_place(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	mi_words_add(w, " at %" PRIx64, get(e, MI_R_ADDRESS));
	if (e->file == MI_NO_INDEX)
		return;
	mi_words_add(w, ", ");
	add_pages(h, e, e->index, 1, w);
}

static void fault(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	uint64_t attempt = get(e, MI_R_ATTEMPT), weight = get(e, MI_R_WEIGHT);

	if (e->kind == MI_E_FAULT_END)
		mi_words_add(w, "%s ", mi_words_value(h, &e->r, MI_R_FAULT_CLASS));
	mi_words_add(w, "%s fault", access_of(e));
	add_place(h, e, w);
	if (attempt > 1)
		mi_words_add(w, ", attempt %" PRIu64, attempt);
	if (weight > 1)
		mi_words_add(w, ", one of %" PRIu64, weight);
	if (e->kind == MI_E_FAULT_END)
		add_took(e, w);
	else if (e->open)
		mi_words_add(w, "; its end is not recorded");
}

static void add_window(const struct mi_happening *e, struct mi_words *w)
{
	uint64_t start = get(e, MI_R_WINDOW_START), size = get(e, MI_R_WINDOW_SIZE);

	if (size)
		mi_words_add(w, ", window %" PRIu64 "+%" PRIu64 "-%" PRIu64, start, size,
			     get(e, MI_R_WINDOW_ASYNC));
	mi_words_add(w, ", misses %" PRIu64, get(e, MI_R_MMAP_MISS));
}

static void readahead(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	if (e->kind == MI_E_FILEMAP_FAULT)
		add_pages(h, e, e->index, 1, w);
	else
		add_range(h, e, w);
	mi_words_add(w, ": %s", mi_words_value(h, &e->r, MI_R_DECISION));
	add_window(e, w);
	if (get(e, MI_R_IN_FAULT) == IN_FAULT)
		mi_words_add(w, ", in a fault");
	if (e->kind == MI_E_FILEMAP_FAULT)
		add_took(e, w);
}

static void read_call(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	add_range(h, e, w);
	mi_words_add(w, ": bytes %" PRIu64 "+%" PRIu64 ", by %s", get(e, MI_R_OFFSET),
		     get(e, MI_R_LENGTH), mi_words_value(h, &e->r, MI_R_READER));
	if (get(e, MI_R_IN_FAULT) == IN_FAULT)
		mi_words_add(w, ", in a fault");
}

/* ---- the page cache ---- */

static void cache(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	add_range(h, e, w);
	if (e->kind == MI_E_CACHE_DELETE) {
		mi_words_add(w, ": %s", mi_words_value(h, &e->r, MI_R_WHY_LEFT));
		return;
	}
	if (get(e, MI_R_REFAULT))
		mi_words_add(w, ", a refault%s",
			     get(e, MI_R_REFAULT) == ACTIVATED ? " of the working set" : "");
	if (e->again) {
		mi_words_add(w, ", again, ");
		mi_words_duration(w, e->again_ns);
		mi_words_add(w, " after it left");
	}
}

/* ---- block devices ---- */

static void add_io(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	uint64_t tag;

	mi_words_add(w, "%s of ", mi_words_value(h, &e->r, MI_R_OP));
	mi_words_history_disk(h, (uint32_t)get(e, MI_R_DISK), w);
	mi_words_add(w, ", sector %" PRIu64 ", %" PRIu64 " bytes", get(e, MI_R_SECTOR),
		     get(e, MI_R_BYTES));
	if (mi_record_get(&e->r, MI_R_TAG, &tag) && (int64_t)tag >= 0)
		mi_words_add(w, ", tag %" PRIu64, tag);
}

static void block(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	int64_t error = (int64_t)get(e, MI_R_ERROR);

	add_io(h, e, w);
	if (e->kind == MI_E_BIO_REMAP) {
		mi_words_add(w, ", was sector %" PRIu64 " of ", get(e, MI_R_OTHER_SECTOR));
		mi_words_history_disk(h, (uint32_t)get(e, MI_R_OTHER_DISK), w);
	} else if (e->kind == MI_E_BIO_SPLIT) {
		mi_words_add(w, ", cut at sector %" PRIu64, get(e, MI_R_OTHER_SECTOR));
	}
	if (e->file != MI_NO_INDEX) {
		mi_words_add(w, ", from ");
		add_pages(h, e, e->index, 1, w);
		mi_words_add(w, " on");
	}
	if (error)
		mi_words_add(w, ", error %" PRId64, error);
	add_took(e, w);
	if (e->waited_known) {
		mi_words_add(w,
			     e->took_known ? ", since it was queued " : ": since it was queued ");
		mi_words_duration(w, e->waited_ns);
	}
	if (e->open)
		mi_words_add(w, "; its completion is not recorded");
}

/* ---- mappings, reclaim, tasks, the recorder ---- */

static void map(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	mi_words_add(w, "%s %" PRIx64 ", %" PRIu64 " bytes", mi_words_value(h, &e->r, MI_R_CALL),
		     get(e, MI_R_ADDRESS), get(e, MI_R_LENGTH));
	if (e->file != MI_NO_INDEX) {
		mi_words_add(w, ", from ");
		add_pages(h, e, e->index, 1, w);
		mi_words_add(w, " on");
	}
	mi_words_add(w, " (%" PRIx64 ", %" PRIx64 ")", get(e, MI_R_VALUE), get(e, MI_R_VALUE2));
}

static void reclaim(const struct mi_happening *e, struct mi_words *w)
{
	int64_t node = (int64_t)get(e, MI_R_NODE);

	if (node < 0)
		mi_words_add(w, "direct");
	else
		mi_words_add(w, "node %" PRId64, node);
	if (e->kind == MI_E_RECLAIM_BEGIN)
		mi_words_add(w, ", order %" PRIu64, get(e, MI_R_ORDER));
	else
		mi_words_add(w, ", %" PRIu64 " pages reclaimed", get(e, MI_R_RECLAIMED));
	add_took(e, w);
}

static void task(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	char comm[17] = "";

	if (e->r.event->known[MI_R_COMM])
		mi_record_text(&e->r, e->r.event->known[MI_R_COMM], comm, sizeof(comm));
	mi_words_add(w, "%s %s", mi_words_value(h, &e->r, MI_R_CALL), comm);
	if (get(e, MI_R_OTHER))
		mi_words_add(w, ", child %" PRIu64, get(e, MI_R_OTHER));
}

static void control(const struct mi_history *h, const struct mi_happening *e, struct mi_words *w)
{
	mi_words_add(w, "%s (%" PRIu64 ", %" PRIu64 ")", mi_words_value(h, &e->r, MI_R_WHAT),
		     get(e, MI_R_VALUE), get(e, MI_R_VALUE2));
}

/* ---- what is not known here ---- */

static void add_flags(const struct mi_history *h, const struct mi_rec_field *f, uint64_t v,
		      struct mi_words *w)
{
	const char *sep = "", *name;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		if (!(v >> bit & 1))
			continue;
		name = mi_recorder_value(h->rec, f->values, 1ULL << bit);
		if (name)
			mi_words_add(w, "%s%s", sep, name);
		else if (f->type == MMAPREC_T_FLAGS)
			mi_words_add(w, "%s0x%llx", sep, 1ULL << bit);
		else
			continue;
		sep = "|";
	}
	if (!*sep)
		mi_words_add(w, "0");
}

static void add_field(const struct mi_history *h, const struct mi_record *r,
		      const struct mi_rec_field *f, struct mi_words *w)
{
	const char *name;
	char text[MMAPREC_PAYLOAD_SIZE + 1];
	uint64_t v;

	mi_words_add(w, "%s%s=", w->n ? " " : "", f->name);
	if (mi_record_text(r, f, text, sizeof(text))) {
		mi_words_add(w, "%s", text);
		return;
	}
	if (!mi_record_field(r, f, &v)) {
		mi_words_add(w, "?");
		return;
	}
	name = mi_recorder_value(h->rec, f->values, v);
	if (f->type == MMAPREC_T_FLAGS || f->type == MMAPREC_T_NAMED_FLAGS)
		add_flags(h, f, v, w);
	else if (f->type == MMAPREC_T_ENUM && name)
		mi_words_add(w, "%s", name);
	else if (f->type == MMAPREC_T_DEV)
		mi_words_history_disk(h, (uint32_t)v, w);
	else if (f->type == MMAPREC_T_INT)
		mi_words_add(w, "%" PRId64, (int64_t)v);
	else if (f->type == MMAPREC_T_UINT || f->type == MMAPREC_T_ENUM)
		mi_words_add(w, "%" PRIu64, v);
	else
		mi_words_add(w, "0x%" PRIx64, v);
}

static void by_description(const struct mi_history *h, const struct mi_record *r,
			   struct mi_words *w)
{
	size_t i;

	if (!r->event) {
		mi_words_add(w, "not described; %u bytes", r->length);
		return;
	}
	for (i = 0; i < r->event->n_fields; i++)
		add_field(h, r, &r->event->fields[i], w);
}

void mi_words_happening(const struct mi_history *h, const struct mi_happening *e,
			struct mi_words *w)
{
	switch (e->kind) {
	case MI_E_CONTROL:
		control(h, e, w);
		break;
	case MI_E_FAULT_BEGIN:
	case MI_E_FAULT_END:
		fault(h, e, w);
		break;
	case MI_E_FILEMAP_FAULT:
	case MI_E_READAHEAD:
		readahead(h, e, w);
		break;
	case MI_E_READ:
		read_call(h, e, w);
		break;
	case MI_E_CACHE_ADD:
	case MI_E_CACHE_DELETE:
	case MI_E_WRITEBACK_BEGIN:
	case MI_E_WRITEBACK_END:
		cache(h, e, w);
		break;
	case MI_E_BIO_QUEUE:
	case MI_E_BIO_SPLIT:
	case MI_E_BIO_REMAP:
	case MI_E_BIO_BACKMERGE:
	case MI_E_BIO_FRONTMERGE:
	case MI_E_RQ_ALLOC:
	case MI_E_RQ_INSERT:
	case MI_E_RQ_ISSUE:
	case MI_E_RQ_REQUEUE:
	case MI_E_RQ_COMPLETE:
	case MI_E_BIO_COMPLETE:
		block(h, e, w);
		break;
	case MI_E_MAP:
		map(h, e, w);
		break;
	case MI_E_RECLAIM_BEGIN:
	case MI_E_RECLAIM_END:
		reclaim(e, w);
		break;
	case MI_E_TASK:
		task(h, e, w);
		break;
	default:
		by_description(h, &e->r, w);
		break;
	}
}
