// SPDX-License-Identifier: GPL-2.0-or-later
/* json_log.c - the kernel's log, as JSON */
#include "../kernel/log.h"
#include "json_parts.h"

static void put_number(struct mi_json *w, const char *key, bool known, uint64_t v)
{
	if (known)
		mi_json_u64(w, key, v);
	else
		mi_json_null(w, key);
}

/* As the kernel writes it: "T105" a task, "C1" a CPU in an interrupt. */
static void put_caller(struct mi_json *w, const struct mi_log_record *r)
{
	char text[16];

	snprintf(text, sizeof(text), "%c%u", r->caller & MI_LOG_CPU ? 'C' : 'T',
		 r->caller & ~MI_LOG_CPU);
	mi_json_text(w, "caller", r->has & MI_LOG_CALLER ? text : NULL);
}

static void put_record(struct mi_json *w, const struct mi_log_record *r)
{
	mi_json_line_object(w, NULL);
	put_number(w, "seq", r->has & MI_LOG_SEQ, r->seq);
	put_number(w, "time_ns", r->has & MI_LOG_TIME, r->time_ns);
	put_number(w, "level", r->has & MI_LOG_LEVEL, r->level);
	put_number(w, "facility", r->has & MI_LOG_LEVEL, r->facility);
	put_caller(w, r);
	mi_json_bytes_n(w, "text", r->text, r->len);
	mi_json_object_end(w);
}

static void put_line(struct mi_json *w, const char *key, const char *time_key,
		     const struct mi_log *log, const struct mi_log_line *line)
{
	const struct mi_log_record *r = line->text ? &log->records[line->record] : NULL;

	if (r)
		mi_json_bytes_n(w, key, line->text, line->len);
	else
		mi_json_null(w, key);
	put_number(w, time_key, r && r->has & MI_LOG_TIME, r ? r->time_ns : 0);
}

static void put_log(struct mi_json *w, const struct mi_log *log, const struct mi_request *ask)
{
	size_t i = mi_log_first(log, ask->log_records);

	mi_json_object(w, "log");
	mi_json_text(w, "form", mi_log_form_word(log->form));
	put_line(w, "panic", "panic_time_ns", log, &log->panic);
	put_line(w, "trouble", "trouble_time_ns", log, &log->trouble);
	mi_json_u64(w, "records_left_out", i);
	mi_json_u64(w, "reused", log->reused);
	mi_json_u64(w, "reserved", log->reserved);
	mi_json_u64(w, "lost", log->lost);
	mi_json_u64(w, "torn", log->torn);
	mi_json_u64(w, "unread", log->unread);
	mi_json_array(w, "records");
	for (; i < log->n && !mi_json_failed(w); i++)
		put_record(w, &log->records[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
}

enum mi_status mi_json_log(const struct mi_kernel *k, const struct mi_log *log,
			   const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	struct mi_json *w;
	enum mi_status st;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, k);
	if (log->form == MI_LOG_NONE)
		mi_json_null(w, "log");
	else
		put_log(w, log, ask);
	mi_json_tail(w, k, ask->sources, NULL);
	return mi_json_end(w, err);
}
