// SPDX-License-Identifier: GPL-2.0-or-later
/* json_writer.c - JSON as a stream */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "escape.h"
#include "json_writer.h"

#define INDENT "  "
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct mi_json {
	yajl_gen g;
	FILE *out;
	unsigned int depth;
	unsigned int line_depth; /* of the object that stands on one line; 0: none */
	bool break_next;	 /* begin a line before the next piece */
	char last;		 /* character written */
	bool misused;
};

static void begin_line(struct mi_json *w)
{
	unsigned int i;

	if (w->last != '\n')
		fputc('\n', w->out);
	for (i = 1; i < w->depth; i++)
		fputs(INDENT, w->out);
}

/*
 * yajl knows beautiful and not. A structure on one line is written with the
 * former off; all that is then missing is the line it begins on. And it leaves
 * an empty line in an empty array: none is wanted.
 */
static void print(void *ctx, const char *text, size_t n)
{
	struct mi_json *w = ctx;

	if (!n || (text[0] == '\n' && w->last == '\n'))
		return;
	if (w->break_next && (text[0] == '{' || text[0] == '[')) {
		w->break_next = false;
		begin_line(w);
	}
	fwrite(text, 1, n, w->out);
	w->last = text[n - 1];
}

static void check(struct mi_json *w, yajl_gen_status st)
{
	if (st != yajl_gen_status_ok)
		w->misused = true;
}

enum mi_status mi_json_new(FILE *out, struct mi_json **ret, struct mi_error *err)
{
	struct mi_json *w = calloc(1, sizeof(*w));

	if (w)
		w->g = yajl_gen_alloc(NULL);
	if (!w || !w->g) {
		free(w);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	w->out = out;
	yajl_gen_config(w->g, yajl_gen_beautify, 1);
	yajl_gen_config(w->g, yajl_gen_indent_string, INDENT);
	yajl_gen_config(w->g, yajl_gen_print_callback, print, w);
	*ret = w;
	return MI_OK;
}

enum mi_status mi_json_end(struct mi_json *w, struct mi_error *err)
{
	bool misused = w->misused || w->depth;

	yajl_gen_free(w->g);
	free(w);
	return misused ? mi_fail(err, MI_ERR_INVALID, "the JSON is not well-formed") : MI_OK;
}

bool mi_json_failed(const struct mi_json *w)
{
	return ferror(w->out);
}

/* ---- structure ---- */

static void put_string(struct mi_json *w, const char *s, size_t n)
{
	check(w, yajl_gen_string(w->g, (const unsigned char *)s, n));
}

static void put_key(struct mi_json *w, const char *key)
{
	if (key)
		put_string(w, key, strlen(key));
}

void mi_json_object(struct mi_json *w, const char *key)
{
	put_key(w, key);
	w->depth++;
	check(w, yajl_gen_map_open(w->g));
}

static void begin_one_line(struct mi_json *w, const char *key)
{
	put_key(w, key);
	w->depth++;
	if (w->line_depth)
		return;
	w->line_depth = w->depth;
	yajl_gen_config(w->g, yajl_gen_beautify, 0);
	w->break_next = !key;
}

void mi_json_line_object(struct mi_json *w, const char *key)
{
	begin_one_line(w, key);
	check(w, yajl_gen_map_open(w->g));
}

void mi_json_line_array(struct mi_json *w, const char *key)
{
	begin_one_line(w, key);
	check(w, yajl_gen_array_open(w->g));
}

static void closed(struct mi_json *w)
{
	if (w->line_depth == w->depth) {
		w->line_depth = 0;
		yajl_gen_config(w->g, yajl_gen_beautify, 1);
	}
	w->depth--;
}

void mi_json_object_end(struct mi_json *w)
{
	check(w, yajl_gen_map_close(w->g));
	closed(w);
}

void mi_json_array(struct mi_json *w, const char *key)
{
	put_key(w, key);
	w->depth++;
	check(w, yajl_gen_array_open(w->g));
}

void mi_json_array_end(struct mi_json *w)
{
	check(w, yajl_gen_array_close(w->g));
	closed(w);
}

/* ---- values ---- */

static void put_number(struct mi_json *w, const char *key, const char *text, int n)
{
	put_key(w, key);
	check(w, yajl_gen_number(w->g, text, (size_t)n));
}

void mi_json_u64(struct mi_json *w, const char *key, uint64_t v)
{
	char text[32];

	put_number(w, key, text, snprintf(text, sizeof(text), "%" PRIu64, v));
}

void mi_json_i64(struct mi_json *w, const char *key, int64_t v)
{
	char text[32];

	put_number(w, key, text, snprintf(text, sizeof(text), "%" PRId64, v));
}

void mi_json_ms(struct mi_json *w, const char *key, double ms)
{
	/* By hand: "%f" follows the locale's decimal point. */
	uint64_t us = ms > 0 && ms < 1e12 ? (uint64_t)(ms * 1000 + 0.5) : 0;
	char text[48];

	put_number(w, key, text,
		   snprintf(text, sizeof(text), "%" PRIu64 ".%03u", us / 1000,
			    (unsigned int)(us % 1000)));
}

void mi_json_us(struct mi_json *w, const char *key, uint64_t ns)
{
	char text[48];

	put_number(w, key, text,
		   snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / 1000,
			    (unsigned int)(ns % 1000)));
}

void mi_json_digits(struct mi_json *w, const char *key, const char *digits)
{
	put_number(w, key, digits, (int)strlen(digits));
}

void mi_json_bool(struct mi_json *w, const char *key, bool v)
{
	put_key(w, key);
	check(w, yajl_gen_bool(w->g, v));
}

void mi_json_null(struct mi_json *w, const char *key)
{
	put_key(w, key);
	check(w, yajl_gen_null(w->g));
}

void mi_json_hex(struct mi_json *w, const char *key, uint64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "0x%" PRIx64, v);

	put_key(w, key);
	put_string(w, text, (size_t)n);
}

void mi_json_text(struct mi_json *w, const char *key, const char *text)
{
	if (!text) {
		mi_json_null(w, key);
		return;
	}
	put_key(w, key);
	put_string(w, text, strlen(text));
}

static void put_all_hex(struct mi_json *w, const char *key, const char *bytes, size_t n, char *buf)
{
	char *name = malloc(strlen(key) + sizeof("_hex"));
	size_t i;

	if (!name) {
		w->misused = true;
		return;
	}
	sprintf(name, "%s_hex", key);
	for (i = 0; i < n; i++)
		sprintf(buf + 2 * i, "%02x", (unsigned char)bytes[i]);
	put_key(w, name);
	put_string(w, buf, 2 * n);
	free(name);
}

void mi_json_bytes_n(struct mi_json *w, const char *key, const char *bytes, size_t n)
{
	size_t len, at = 0;
	bool bad = false;
	const char *s;
	char *buf;

	buf = malloc(3 * n + 1);
	if (!buf) {
		w->misused = true;
		return;
	}
	for (s = bytes; s < bytes + n; s += len ? len : 1) {
		len = mi_utf8_length(s);
		bad |= !len;
		memcpy(buf + at, len ? s : REPLACEMENT, len ? len : 3);
		at += len ? len : 3;
	}
	put_key(w, key);
	put_string(w, buf, at);
	if (bad)
		put_all_hex(w, key, bytes, n, buf);
	free(buf);
}

void mi_json_bytes(struct mi_json *w, const char *key, const char *bytes)
{
	if (bytes)
		mi_json_bytes_n(w, key, bytes, strlen(bytes));
	else
		mi_json_null(w, key);
}
