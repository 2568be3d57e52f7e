// SPDX-License-Identifier: GPL-2.0-or-later
/* text_log.c - the kernel's log, as dmesg(1) shows it, and why the kernel ended */
#include <inttypes.h>

#include "../kernel/log.h"
#include "escape.h"
#include "output.h"

#define NS_PER_S ((uint64_t)1000000000)
#define NS_PER_US 1000

/* "[    1.234567] "; returns its width. */
static int put_time(const struct mi_log_record *r, FILE *out)
{
	int n;

	if (!(r->has & MI_LOG_TIME))
		return 0;
	n = fprintf(out, "[%5" PRIu64 ".%06" PRIu64 "] ", r->time_ns / NS_PER_S,
		    r->time_ns % NS_PER_S / NS_PER_US);
	return n > 0 ? n : 0;
}

static void put_record(const struct mi_log_record *r, FILE *out)
{
	const char *text = r->text, *end = text + r->len;
	int indent = put_time(r, out);

	for (;;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		mi_put_escaped_bytes(out, text, (size_t)((newline ? newline : end) - text));
		fputc('\n', out);
		if (!newline)
			return;
		text = newline + 1;
		fprintf(out, "%*s", indent, "");
	}
}

static void put_line(const struct mi_log *log, const char *title, const struct mi_log_line *line,
		     FILE *out)
{
	fprintf(out, "%-8s ", title);
	put_time(&log->records[line->record], out);
	mi_put_escaped_bytes(out, line->text, line->len);
	fputc('\n', out);
}

static void put_count(uint64_t n, const char *what, FILE *out)
{
	if (n)
		fprintf(out, ", %" PRIu64 " %s", n, what);
}

static void put_log(const struct mi_kernel *k, const struct mi_log *log,
		    const struct mi_request *ask, FILE *out)
{
	size_t i = mi_log_first(log, ask->log_records);

	if (log->panic.text)
		put_line(log, "PANIC", &log->panic, out);
	else
		fprintf(out, "%-8s %s\n", "PANIC",
			k->problems.n ? "none in what could be read of the log"
				      : "the log tells of none");
	if (log->trouble.text)
		put_line(log, "TROUBLE", &log->trouble, out);
	fprintf(out, "%-8s %zu records", "LOG", log->n);
	if (i)
		fprintf(out, ", the last %zu of them here", log->n - i);
	put_count(log->reused, "overwritten", out);
	put_count(log->reserved, "not yet written", out);
	put_count(log->lost, "lost: there was no room for them", out);
	put_count(log->torn, "torn", out);
	put_count(log->unread, "unreadable", out);
	fputs(i < log->n ? "\n\n" : "\n", out);
	for (; i < log->n && !ferror(out); i++)
		put_record(&log->records[i], out);
}

enum mi_status mi_text_log(const struct mi_kernel *k, const struct mi_log *log,
			   const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	if (log->form == MI_LOG_NONE)
		fprintf(out, "%-8s not known\n", "PANIC");
	else
		put_log(k, log, ask, out);
	mi_text_not_read(k, out);
	return ask->sources ? mi_text_sources(k, out, err) : MI_OK;
}
