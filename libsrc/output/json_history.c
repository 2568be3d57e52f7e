// SPDX-License-Identifier: GPL-2.0-or-later
/* json_history.c - the recorder and its records as JSON, written as they come */
#include <inttypes.h>

#include "history.h"
#include "json_parts.h"

static void put_device(struct mi_json *w, const char *key, uint32_t dev)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", mi_dev_major(dev), mi_dev_minor(dev));
	mi_json_text(w, key, text);
}

static void put_moment(struct mi_json *w, const struct mi_history *h, const char *key,
		       const char *real_key, uint64_t raw)
{
	struct mi_rec_time t = mi_recorder_time(h->rec, raw);

	if (t.known)
		mi_json_u64(w, key, t.mono);
	else
		mi_json_null(w, key);
	if (real_key && t.known && t.real)
		mi_json_u64(w, real_key, t.real);
	else if (real_key)
		mi_json_null(w, real_key);
}

/* ---- the recorder ---- */

static const char *how_word(enum mi_recorder_how how)
{
	static const char *const words[] = {"symbol", "module", "scan", "file"};

	return words[how];
}

static void put_cpu(struct mi_json *w, const struct mi_rec_cpu *c)
{
	uint64_t absent = 0;
	int why;

	for (why = 0; why < MI_READ_NR; why++)
		absent += c->absent[why];
	mi_json_line_object(w, NULL);
	mi_json_u64(w, "cpu", c->own.cpu);
	mi_json_bool(w, "online", c->own.online);
	mi_json_u64(w, "records", c->valid);
	mi_json_u64(w, "never_used", c->never);
	mi_json_u64(w, "torn", c->torn);
	mi_json_u64(w, "absent", absent);
	mi_json_u64(w, "last_sequence", c->last);
	mi_json_u64(w, "overwritten", c->overwritten);
	mi_json_u64(w, "lost_nested", c->own.lost_nested);
	mi_json_u64(w, "lost_torn", c->own.lost_torn);
	mi_json_u64(w, "lost_overload", c->own.lost_overload);
	mi_json_u64(w, "filtered", c->own.filtered);
	mi_json_u64(w, "sampled_out", c->own.sampled_out);
	mi_json_object_end(w);
}

static void put_class(struct mi_json *w, const char *key, uint32_t klass)
{
	const char *word = mi_recorder_class(klass);
	char number[24];

	snprintf(number, sizeof(number), "class_%u", klass);
	mi_json_text(w, key, word ? word : number);
}

static void put_hooks(struct mi_json *w, const struct mi_recorder *rec)
{
	size_t i;

	mi_json_array(w, "hooks");
	for (i = 0; i < rec->n_hooks; i++) {
		const struct mi_rec_hook *hook = &rec->hooks[i];

		mi_json_line_object(w, NULL);
		mi_json_text(w, "name", hook->name);
		mi_json_text(w, "mechanism", mi_recorder_mechanism(hook->mechanism));
		if (*hook->reason)
			mi_json_text(w, "reason", hook->reason);
		put_class(w, "class", hook->klass);
		mi_json_u64(w, "calls", hook->calls);
		mi_json_u64(w, "missed", hook->missed);
		mi_json_u64(w, "events", hook->events);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

static void put_filters(struct mi_json *w, const struct mi_recorder *rec)
{
	size_t i;

	mi_json_array(w, "filters");
	for (i = 0; i < rec->n_filters; i++) {
		mi_json_line_object(w, NULL);
		mi_json_u64(w, "kind", rec->filters[i].kind);
		mi_json_u64(w, "value", rec->filters[i].value);
		mi_json_u64(w, "value2", rec->filters[i].value2);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

static void put_others(struct mi_json *w, const struct mi_recorder_found *f)
{
	size_t i;

	mi_json_array(w, "others");
	for (i = 0; i < f->n_others; i++) {
		mi_json_line_object(w, NULL);
		mi_json_text(w, "state", mi_recorder_state(f->others[i].state));
		mi_json_text(w, "release", f->others[i].release);
		mi_json_hex(w, "frame", f->others[i].frame);
		mi_json_u64(w, "loaded_real_ns", f->others[i].loaded_real);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	mi_json_u64(w, "others_not_listed", f->more_others);
	mi_json_u64(w, "refused", f->refused);
}

static void put_sums(struct mi_json *w, const struct mi_recorder *rec)
{
	mi_json_u64(w, "records", rec->valid);
	mi_json_u64(w, "never_used", rec->never);
	mi_json_u64(w, "torn", rec->torn);
	mi_json_u64(w, "absent", rec->absent);
	mi_json_u64(w, "overwritten", rec->overwritten);
	mi_json_u64(w, "lost_nested", rec->lost_nested);
	mi_json_u64(w, "lost_torn", rec->lost_torn);
	mi_json_u64(w, "lost_overload", rec->lost_overload);
	mi_json_u64(w, "filtered", rec->filtered);
	mi_json_u64(w, "sampled_out", rec->sampled_out);
}

void mi_json_recorder(struct mi_json *w, const char *key, const struct mi_history *h)
{
	const struct mi_recorder *rec = h->rec;
	char text[65];
	size_t i;

	mi_json_object(w, key);
	mi_json_text(w, "found_by", how_word(h->found.how));
	if (h->found.how != MI_RECORDER_FILE)
		mi_json_hex(w, "physical_address", h->found.at);
	mi_json_bool(w, "second_copy", h->found.second);
	mi_json_text(w, "state", mi_recorder_state(rec->head.state));
	snprintf(text, sizeof(text), "%u.%u", rec->head.abi_major, rec->head.abi_minor);
	mi_json_text(w, "format", text);
	snprintf(text, sizeof(text), "%.32s", rec->head.version);
	mi_json_text(w, "version", text);
	snprintf(text, sizeof(text), "%.64s", rec->head.release);
	mi_json_text(w, "release", text);
	mi_json_u64(w, "loaded_ns", rec->head.loaded_mono);
	mi_json_u64(w, "loaded_real_ns", rec->head.loaded_real);
	put_moment(w, h, "first_ns", "first_real_ns", h->first_raw);
	put_moment(w, h, "end_ns", "end_real_ns", h->end_raw);
	mi_json_u64(w, "clock_samples", rec->n_clock);
	mi_json_u64(w, "slots_per_cpu", rec->slots);
	put_sums(w, rec);
	mi_json_u64(w, "undescribed", h->undescribed);
	mi_json_array(w, "cpus");
	for (i = 0; i < rec->n_cpus; i++)
		put_cpu(w, &rec->cpus[i]);
	mi_json_array_end(w);
	put_hooks(w, rec);
	put_filters(w, rec);
	put_others(w, &h->found);
	mi_json_object_end(w);
}

/* ---- a record ---- */

static void put_context(struct mi_json *w, uint8_t context)
{
	static const char *const words[] = {"softirq", "hardirq", "nmi", "kthread"};
	size_t i;

	mi_json_line_array(w, "context");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (context >> i & 1)
			mi_json_text(w, NULL, words[i]);
	mi_json_array_end(w);
}

static void put_flags(struct mi_json *w, const struct mi_recorder *rec,
		      const struct mi_rec_field *f, uint64_t v)
{
	const char *name;
	unsigned int bit;

	mi_json_line_array(w, f->name);
	for (bit = 0; bit < 64; bit++) {
		if (!(v >> bit & 1))
			continue;
		name = mi_recorder_value(rec, f->values, 1ULL << bit);
		if (name)
			mi_json_text(w, NULL, name);
		else if (f->type == MMAPREC_T_FLAGS)
			mi_json_hex(w, NULL, 1ULL << bit);
	}
	mi_json_array_end(w);
}

static void put_number(struct mi_json *w, const struct mi_recorder *rec,
		       const struct mi_rec_field *f, uint64_t v)
{
	const char *name = mi_recorder_value(rec, f->values, v);

	switch (f->type) {
	case MMAPREC_T_FLAGS:
	case MMAPREC_T_NAMED_FLAGS:
		put_flags(w, rec, f, v);
		break;
	case MMAPREC_T_ENUM:
		if (name)
			mi_json_text(w, f->name, name);
		else
			mi_json_u64(w, f->name, v);
		break;
	case MMAPREC_T_UINT:
	case MMAPREC_T_TIME:
		mi_json_u64(w, f->name, v);
		break;
	case MMAPREC_T_INT:
		mi_json_i64(w, f->name, (int64_t)v);
		break;
	case MMAPREC_T_DEV:
		put_device(w, f->name, (uint32_t)v);
		break;
	default:
		mi_json_hex(w, f->name, v);
		break;
	}
}

static void put_fields(struct mi_json *w, const struct mi_recorder *rec, const struct mi_record *r)
{
	char text[MMAPREC_PAYLOAD_SIZE + 1];
	uint64_t v;
	size_t i;

	if (!r->event) {
		mi_json_null(w, "fields");
		return;
	}
	mi_json_line_object(w, "fields");
	for (i = 0; i < r->event->n_fields; i++) {
		const struct mi_rec_field *f = &r->event->fields[i];

		if (mi_record_text(r, f, text, sizeof(text)))
			mi_json_bytes(w, f->name, text);
		else if (mi_record_field(r, f, &v))
			put_number(w, rec, f, v);
		else
			mi_json_null(w, f->name);
	}
	mi_json_object_end(w);
}

static void put_joined(struct mi_json *w, const struct mi_happening *e)
{
	if (e->file != MI_NO_INDEX)
		mi_json_u64(w, "file", e->file);
	if (e->task_known && (e->tid != e->r.tid || e->tgid != e->r.tgid)) {
		mi_json_u64(w, "caused_by_tid", e->tid);
		mi_json_u64(w, "caused_by_tgid", e->tgid);
	}
	if (e->took_known)
		mi_json_u64(w, "took_ns", e->took_ns);
	if (e->waited_known)
		mi_json_u64(w, "since_queued_ns", e->waited_ns);
	if (e->again)
		mi_json_u64(w, "since_left_ns", e->again_ns);
	if (e->open)
		mi_json_bool(w, "open", true);
}

static void put_record(struct mi_json *w, const char *key, const struct mi_history *h,
		       const struct mi_happening *e)
{
	char event[48];

	mi_words_event(&e->r, event, sizeof(event));
	mi_json_line_object(w, key);
	if (e->time.known)
		mi_json_u64(w, "time_ns", e->time.mono);
	else
		mi_json_null(w, "time_ns");
	if (e->time.extrapolated)
		mi_json_bool(w, "extrapolated", true);
	mi_json_u64(w, "raw", e->r.raw);
	mi_json_u64(w, "cpu", e->r.cpu);
	mi_json_u64(w, "sequence", e->r.seq);
	mi_json_u64(w, "tid", e->r.tid);
	mi_json_u64(w, "tgid", e->r.tgid);
	if (e->task_known)
		mi_json_bytes(w, "comm", e->comm);
	put_context(w, e->r.context);
	mi_json_text(w, "event", event);
	if (e->r.event)
		put_class(w, "class", e->r.event->klass);
	else
		mi_json_null(w, "class");
	put_joined(w, e);
	put_fields(w, h->rec, &e->r);
	mi_json_object_end(w);
}

/* ---- latency ---- */

static void put_latency(struct mi_json *w, const struct mi_history *h, const struct mi_latency *l)
{
	static const char *const words[] = {"fault", "file", "request", "queue", "reclaim"};
	struct mi_words name = {0};
	unsigned int i, last = MI_LATENCY_BUCKETS;

	mi_json_line_object(w, NULL);
	mi_json_text(w, "what", words[l->what]);
	if (l->what == MI_LAT_FAULT)
		mi_json_text(w, "class", mi_words_of_set(h, MI_R_FAULT_CLASS, l->key));
	if (l->what == MI_LAT_REQUEST || l->what == MI_LAT_QUEUE) {
		mi_json_text(w, "operation", mi_words_of_set(h, MI_R_OP, l->key));
		mi_words_history_disk(h, l->disk, &name);
		mi_json_bytes(w, "device", name.text);
	}
	if (l->what == MI_LAT_FILE)
		mi_json_u64(w, "file", l->file);
	mi_json_u64(w, "count", l->n);
	mi_json_u64(w, "sum_ns", l->sum);
	mi_json_u64(w, "longest_ns", l->max);
	while (last && !l->bucket[last - 1])
		last--;
	mi_json_line_array(w, "log2_ns");
	for (i = 0; i < last; i++)
		mi_json_u64(w, NULL, l->bucket[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
}

static enum mi_status put_latencies(struct mi_json *w, const struct mi_history_ask *a,
				    struct mi_error *err)
{
	struct mi_latencies l = {.n = 0};
	enum mi_status st = mi_history_latency(a->h, &a->filter, &l, err);
	size_t i;

	mi_json_array(w, "latency");
	for (i = 0; i < l.n; i++)
		put_latency(w, a->h, &l.list[i]);
	mi_json_array_end(w);
	mi_json_u64(w, "begin_unknown", l.unknown);
	mi_history_latency_free(&l);
	return st;
}

/* ---- the document ---- */

static void put_files(struct mi_json *w, const struct mi_history *h)
{
	size_t i;

	mi_json_array(w, "files");
	for (i = 0; i < h->n_files; i++) {
		const struct mi_history_file *f = &h->files[i];

		mi_json_line_object(w, NULL);
		put_device(w, "device", f->dev);
		mi_json_u64(w, "inode_number", f->ino);
		mi_json_hex(w, "mapping", f->mapping);
		mi_json_bool(w, "proved", f->inode != 0);
		mi_json_bytes(w, "path", *f->path ? f->path : NULL);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

static enum mi_status put_records(struct mi_json *w, const struct mi_history_ask *a,
				  struct mi_error *err)
{
	struct mi_history_walk *walk = NULL;
	struct mi_happening e;
	uint64_t n = 0;
	enum mi_status st;

	mi_json_array(w, "records");
	st = mi_history_start(a->h, &a->filter, &walk, err);
	while (!st && !mi_json_failed(w) && !(st = mi_history_next(walk, &e, err)))
		if (n++ >= a->skip)
			put_record(w, NULL, a->h, &e);
	mi_history_end(walk);
	mi_json_array_end(w);
	mi_json_u64(w, "records_left_out", a->skip);
	if (a->reader)
		mi_json_u64(w, "records_lost", a->reader->lost);
	return st == MI_ERR_NOT_FOUND ? MI_OK : st;
}

/* Of a file alone: there is no kernel that is known, and no dump. */
static void put_bare_head(struct mi_json *w)
{
	mi_json_object(w, NULL);
	mi_json_text(w, "schema", "mmapinfo/1");
	mi_json_null(w, "kernel");
	mi_json_null(w, "dump");
}

enum mi_status mi_json_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct mi_error own;
	enum mi_status st, end;
	struct mi_json *w;

	err = err ? err : &own;
	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	if (a->h->k)
		mi_json_head(w, a->h->k);
	else
		put_bare_head(w);
	mi_json_recorder(w, "recorder", a->h);
	st = a->ask->latency ? put_latencies(w, a, err) : put_records(w, a, err);
	put_files(w, a->h);
	if (a->h->k) {
		mi_json_tail(w, a->h->k, a->ask->sources, st ? err : NULL);
	} else {
		mi_json_problems(w, a->h->rec->problems);
		mi_json_array(w, "features_off");
		mi_json_array_end(w);
		if (st)
			mi_json_bytes(w, "error", err->text);
		mi_json_bool(w, "complete", !st && !mi_problem_count(a->h->rec->problems));
		mi_json_object_end(w);
	}
	end = mi_json_end(w, st ? NULL : err);
	return st ? st : end;
}

/* ---- parts of other documents ---- */

void mi_json_mapping_history(struct mi_json *w, const struct mi_history *h,
			     const struct mi_mapping_history *m)
{
	mi_json_line_object(w, "recorded_faults");
	mi_json_u64(w, "count", m->n);
	mi_json_u64(w, "minor", m->minor);
	mi_json_u64(w, "major", m->major);
	mi_json_u64(w, "failed", m->failed);
	mi_json_u64(w, "stand_for", m->stands_for);
	if (m->n) {
		put_moment(w, h, "last_ns", NULL, m->last_raw);
		mi_json_text(w, "last_class", mi_words_of_set(h, MI_R_FAULT_CLASS, m->last_class));
		mi_json_hex(w, "last_address", m->last_address);
	}
	if (m->last_took_known)
		mi_json_u64(w, "last_took_ns", m->last_took_ns);
	if (m->n)
		mi_json_u64(w, "longest_ns", m->max_took_ns);
	mi_json_object_end(w);
}

void mi_json_stuck_history(struct mi_json *w, const struct mi_history *h,
			   const struct mi_stuck_history *s)
{
	uint64_t since, i;

	if (!s->fault || s->other)
		return;
	mi_json_object(w, "recorded");
	put_moment(w, h, "fault_began_ns", NULL,
		   s->begin.first_known ? s->begin.first : s->begin.begin);
	mi_json_hex(w, "address", s->begin.address);
	mi_json_u64(w, "attempt", s->begin.attempt);
	if (mi_recorder_span(h->rec, s->begin.first_known ? s->begin.first : s->begin.begin,
			     h->end_raw, &since))
		mi_json_u64(w, "before_end_ns", since);
	if (s->has_readahead)
		put_record(w, "readahead", h, &s->readahead);
	if (s->has_read)
		put_record(w, "read", h, &s->read);
	mi_json_array(w, "requests");
	for (i = 0; i < s->n_requests; i++)
		put_record(w, NULL, h, &s->request[i]);
	mi_json_array_end(w);
	mi_json_array(w, "given_back");
	for (i = 0; i < s->n_requests; i++)
		mi_json_u64(w, NULL, s->given_back[i]);
	mi_json_array_end(w);
	mi_json_bool(w, "more_requests", s->more_requests);
	mi_json_object_end(w);
}
