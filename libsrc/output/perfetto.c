// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * perfetto.c - recorded history in the trace event format, which ui.perfetto.dev opens
 *
 * Faults, readahead and reclaim are slices of the task's track; a request is one of its disk's,
 * in the lowest lane that is free, so that slices of a track nest or do not touch. What takes
 * no time is an instant. Requests in flight are a counter of each disk.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

/* Tracks of disks: above all PIDs. */
#define DISK_PID 0x40000000U
#define LANES 1024

struct disk_track {
	uint32_t dev;
	uint64_t in_flight;
	uint64_t busy[LANES]; /* the request that is in it; 0: free */
};

struct trace {
	const struct mi_history_ask *a;
	struct mi_json *w;
	struct mi_addrmap threads; /* tid + 1: told of */
	struct mi_addrmap disks;   /* dev + 1 -> disk[] */
	struct disk_track **disk;
	size_t n_disks;
	bool no_memory;
};

static uint64_t get(const struct mi_happening *e, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(&e->r, f, &v);
	return v;
}

/* ---- events ---- */

static void begin(struct trace *t, const char *phase, const char *name, uint64_t ns, uint32_t pid,
		  uint32_t tid)
{
	mi_json_line_object(t->w, NULL);
	mi_json_text(t->w, "ph", phase);
	mi_json_bytes(t->w, "name", name);
	mi_json_u64(t->w, "pid", pid);
	mi_json_u64(t->w, "tid", tid);
	mi_json_us(t->w, "ts", ns);
}

static void end(struct trace *t)
{
	mi_json_object_end(t->w);
}

static void put_args(struct trace *t, const struct mi_happening *e)
{
	struct mi_words w;

	w.n = 0;
	*w.text = '\0';
	mi_words_happening(t->a->h, e, &w);
	mi_json_line_object(t->w, "args");
	mi_json_bytes(t->w, "what", w.text);
	mi_json_u64(t->w, "cpu", e->r.cpu);
	mi_json_u64(t->w, "sequence", e->r.seq);
	if (e->open)
		mi_json_bool(t->w, "end_not_recorded", true);
	mi_json_object_end(t->w);
}

static void category(struct trace *t, const struct mi_happening *e)
{
	const char *class = e->r.event ? mi_recorder_class(e->r.event->klass) : NULL;

	mi_json_text(t->w, "cat", class ? class : "other");
}

static void metadata(struct trace *t, const char *what, uint32_t pid, uint32_t tid,
		     const char *name)
{
	mi_json_line_object(t->w, NULL);
	mi_json_text(t->w, "ph", "M");
	mi_json_text(t->w, "name", what);
	mi_json_u64(t->w, "pid", pid);
	mi_json_u64(t->w, "tid", tid);
	mi_json_line_object(t->w, "args");
	mi_json_bytes(t->w, "name", name);
	mi_json_object_end(t->w);
	mi_json_object_end(t->w);
}

/* ---- tracks ---- */

static void tell_thread(struct trace *t, const struct mi_happening *e)
{
	size_t known;

	if (!e->comm || mi_addrmap_get(&t->threads, (uint64_t)e->r.tid + 1, &known))
		return;
	t->no_memory |= !mi_addrmap_put(&t->threads, (uint64_t)e->r.tid + 1, 1);
	if (e->r.tid == e->r.tgid)
		metadata(t, "process_name", e->r.tgid, e->r.tid, e->comm);
	metadata(t, "thread_name", e->r.tgid, e->r.tid, e->comm);
}

static struct disk_track *disk_of(struct trace *t, uint32_t dev)
{
	struct mi_words w = {0};
	struct disk_track **more, *d;
	size_t i;

	if (mi_addrmap_get(&t->disks, (uint64_t)dev + 1, &i))
		return t->disk[i];
	d = calloc(1, sizeof(*d));
	more = realloc(t->disk, (t->n_disks + 1) * sizeof(*more));
	if (more)
		t->disk = more;
	if (!d || !more || !mi_addrmap_put(&t->disks, (uint64_t)dev + 1, t->n_disks)) {
		free(d);
		t->no_memory = true;
		return NULL;
	}
	d->dev = dev;
	t->disk[t->n_disks] = d;
	mi_words_add(&w, "disk ");
	mi_words_history_disk(t->a->h, dev, &w);
	metadata(t, "process_name", DISK_PID + (uint32_t)t->n_disks, 0, w.text);
	t->n_disks++;
	return d;
}

static uint32_t pid_of(const struct trace *t, const struct disk_track *d)
{
	size_t i = 0;

	mi_addrmap_get(&t->disks, (uint64_t)d->dev + 1, &i);
	return DISK_PID + (uint32_t)i;
}

static unsigned int lane_of(const struct disk_track *d, uint64_t request)
{
	unsigned int i;

	for (i = 0; i < LANES && d->busy[i] != request; i++)
		;
	return i;
}

static void counter(struct trace *t, const struct disk_track *d, uint64_t ns)
{
	begin(t, "C", "requests in flight", ns, pid_of(t, d), 0);
	mi_json_line_object(t->w, "args");
	mi_json_u64(t->w, "requests", d->in_flight);
	mi_json_object_end(t->w);
	end(t);
}

/* ---- slices ---- */

static void slice(struct trace *t, const struct mi_happening *e, const char *name, uint64_t from,
		  uint64_t ns, uint32_t pid, uint32_t tid)
{
	begin(t, "X", name, from, pid, tid);
	mi_json_us(t->w, "dur", ns);
	category(t, e);
	put_args(t, e);
	end(t);
}

static void instant(struct trace *t, const struct mi_happening *e, const char *name)
{
	begin(t, "i", name, e->time.mono, e->r.tgid, e->r.tid);
	mi_json_text(t->w, "s", "t");
	category(t, e);
	put_args(t, e);
	end(t);
}

/* From a begin without an end to the last moment that is known. */
static uint64_t to_the_end(const struct trace *t, const struct mi_happening *e)
{
	uint64_t ns = 0;

	mi_recorder_span(t->a->h->rec, e->r.raw, t->a->h->end_raw, &ns);
	return ns;
}

static void issue(struct trace *t, const struct mi_happening *e)
{
	struct disk_track *d = disk_of(t, (uint32_t)get(e, MI_R_DISK));
	uint64_t request = get(e, MI_R_REQUEST);
	unsigned int lane;

	if (!d || !request)
		return;
	lane = lane_of(d, request);
	if (lane == LANES) {
		lane = lane_of(d, 0);
		d->in_flight++;
	}
	if (lane < LANES)
		d->busy[lane] = request;
	counter(t, d, e->time.mono);
	if (e->open)
		slice(t, e, mi_words_value(t->a->h, &e->r, MI_R_OP), e->time.mono, to_the_end(t, e),
		      pid_of(t, d), lane + 1);
}

static void complete(struct trace *t, const struct mi_happening *e)
{
	struct disk_track *d = disk_of(t, (uint32_t)get(e, MI_R_DISK));
	uint64_t request = get(e, MI_R_REQUEST);
	unsigned int lane;

	if (!d || !request)
		return;
	lane = lane_of(d, request);
	if (lane == LANES || !e->took_known) {
		instant(t, e, "rq_complete");
		return;
	}
	slice(t, e, mi_words_value(t->a->h, &e->r, MI_R_OP), e->time.mono - e->took_ns, e->took_ns,
	      pid_of(t, d), lane + 1);
	d->busy[lane] = 0;
	d->in_flight--;
	counter(t, d, e->time.mono);
}

static void put(struct trace *t, const struct mi_happening *e)
{
	char event[48], name[64];

	mi_words_event(&e->r, event, sizeof(event));
	if (e->kind == MI_E_RQ_ISSUE)
		issue(t, e);
	else if (e->kind == MI_E_RQ_COMPLETE) {
		complete(t, e);
		return;
	}
	tell_thread(t, e);
	if (e->kind == MI_E_FAULT_BEGIN && e->open) {
		slice(t, e, "fault", e->time.mono, to_the_end(t, e), e->r.tgid, e->r.tid);
	} else if (e->kind == MI_E_FAULT_END && e->took_known) {
		snprintf(name, sizeof(name), "%s fault",
			 mi_words_value(t->a->h, &e->r, MI_R_FAULT_CLASS));
		slice(t, e, name, e->time.mono - e->took_ns, e->took_ns, e->r.tgid, e->r.tid);
	} else if (e->took_known) {
		slice(t, e, e->kind == MI_E_RECLAIM_END ? "reclaim" : event,
		      e->time.mono - e->took_ns, e->took_ns, e->r.tgid, e->r.tid);
	} else if (e->kind != MI_E_FAULT_BEGIN && e->kind != MI_E_RECLAIM_BEGIN) {
		instant(t, e, event);
	}
}

static enum mi_status put_all(struct trace *t, struct mi_error *err)
{
	struct mi_history_walk *w;
	struct mi_happening e;
	uint64_t n = 0;
	enum mi_status st = mi_history_start(t->a->h, &t->a->filter, &w, err);

	if (st)
		return st;
	while (!t->no_memory && !mi_json_failed(t->w) && !(st = mi_history_next(w, &e, err)))
		if (n++ >= t->a->skip && e.time.known)
			put(t, &e);
	mi_history_end(w);
	if (t->no_memory)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for a trace");
	return st == MI_ERR_NOT_FOUND ? MI_OK : st;
}

enum mi_status mi_perfetto(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct trace t = {.a = a};
	enum mi_status st, other;
	size_t i;

	st = mi_json_new(out, &t.w, err);
	if (st)
		return st;
	mi_json_object(t.w, NULL);
	mi_json_text(t.w, "displayTimeUnit", "ns");
	mi_json_array(t.w, "traceEvents");
	st = put_all(&t, err);
	mi_json_array_end(t.w);
	mi_json_recorder(t.w, "otherData", a->h);
	mi_json_object_end(t.w);
	other = mi_json_end(t.w, st ? NULL : err);
	for (i = 0; i < t.n_disks; i++)
		free(t.disk[i]);
	free(t.disk);
	mi_addrmap_free(&t.threads);
	mi_addrmap_free(&t.disks);
	return st ? st : other;
}
