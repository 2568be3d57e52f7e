// SPDX-License-Identifier: GPL-2.0-or-later
/* expect_doc.c - a document of --json as libjq's value: parsed as it is written, and never kept as
 * text */
#include <errno.h>

#include "command.h"
#include "expect_private.h"
#include "session.h"

struct reader {
	struct jv_parser *parser;
	jv value;
	uint64_t n;
	bool too_large;
};

/* The bytes of @buf must all be taken before there may be others. */
static void parse(struct reader *r, const char *buf, size_t n)
{
	jv v;

	jv_parser_set_buf(r->parser, buf, (int)n, 1);
	while (jv_is_valid(v = jv_parser_next(r->parser))) {
		jv_free(r->value);
		r->value = v;
	}
	/* The writer writes JSON; what its parser refuses shows as a value that is missing. */
	jv_free(v);
}

/* Of a stream: 0 is an error to it, and then the walk that writes ends. */
static ssize_t take_bytes(void *cookie, const char *buf, size_t n)
{
	struct reader *r = cookie;

	r->n += n;
	if (r->n > MI_DOCUMENT_MAX)
		r->too_large = true;
	if (r->too_large) {
		errno = EFBIG;
		return 0;
	}
	parse(r, buf, n);
	return (ssize_t)n;
}

static enum mi_status write_document(const struct mi_source_of_document *from, FILE *out,
				     struct mi_error *err)
{
	struct mi_request ask = {.size = sizeof(ask), .json = true};

	switch (from->about) {
	case MI_ABOUT_CHECK:
		return mi_answer_written(out, mi_json_check(from->c, NULL, &ask, out, err), err);
	case MI_ABOUT_PROCESS:
		ask.pages = from->with & MI_WITH_PAGES;
		ask.stack = from->with & MI_WITH_STACK;
		ask.prefault = from->with & MI_WITH_PREFAULT;
		ask.next = from->with & MI_WITH_NEXT;
		return mi_run_task(from->c->k, from->task, &ask, out, err);
	case MI_ABOUT_PROCESSES:
		ask.whom = MI_WHOM_ALL;
		break;
	case MI_ABOUT_REQUESTS:
		ask.whom = MI_WHOM_DEVICES;
		break;
	default:
		ask.whom = MI_WHOM_BLOCKED;
	}
	return mi_request_run(from->c->k, &ask, out, err);
}

enum mi_status mi_expect_document(const struct mi_source_of_document *from, jv *ret,
				  struct mi_error *err)
{
	const cookie_io_functions_t io = {.write = take_bytes};
	struct reader r = {.value = jv_invalid()};
	enum mi_status st;
	FILE *out = fopencookie(&r, "w", io);

	if (!out)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	r.parser = jv_parser_new(0);
	st = write_document(from, out, err);
	fclose(out);
	jv_parser_free(r.parser);
	if (r.too_large)
		st = mi_fail(err, MI_ERR_UNSUPPORTED, "its document is larger than %llu MiB",
			     MI_DOCUMENT_MAX >> 20);
	else if (!st && !jv_is_valid(r.value))
		st = mi_fail(err, MI_ERR_UNSUPPORTED, "libjq does not take its document");
	if (st)
		jv_free(r.value);
	else
		*ret = r.value;
	return st;
}
