// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log_bytes.c - the log as a ring of bytes
 *
 * From kernel/printk.c before 3.5: log_buf[] has log_buf_len bytes, a power of two; log_end counts
 * all bytes that were ever written. logged_chars ends counting at that size, and tells of a full
 * ring where log_end has gone once around its 32 bits; "dmesg -c" sets it to 0. Each line begins
 * with its level, "<6>" (with its facility where a program wrote it, "<30>"), and with the time
 * if printk.time is set.
 */
#include <ctype.h>
#include <stdlib.h>

#include "log_forms.h"

#define FACILITY_SHIFT 3
#define NS_PER_S 1000000000ULL
#define NS_PER_US 1000

struct bytes {
	struct mi_kernel *k;
	struct mi_log *log;
	uint64_t buf;
	uint32_t size, end;
	uint32_t n; /* bytes that are there, up to end */
	struct mi_log_copy copy;
	char *line; /* the same, in the order of time */
};

static bool read_end(struct bytes *b, uint32_t *end)
{
	return mi_log_u32(b->k, mi_log_symbol(b->k, b->k->l.sym_log_end, "log_end"), end);
}

static bool read_head(struct bytes *b)
{
	const struct mi_layout *l = &b->k->l;
	uint64_t chars = mi_log_symbol(b->k, l->sym_logged_chars, "logged_chars");
	uint32_t logged;

	if (!read_end(b, &b->end) ||
	    !mi_log_u32(b->k, mi_log_symbol(b->k, l->sym_log_buf_len, "log_buf_len"), &b->size) ||
	    !mi_log_word(b->k, mi_log_symbol(b->k, l->sym_log_buf, "log_buf"), &b->buf))
		return false;
	if (!b->size || b->size & (b->size - 1) || b->size > MI_LOG_TEXT_MAX) {
		mi_log_no_ring(b->k, b->buf, "has a size that cannot be");
		return false;
	}
	if (!mi_is_kernel_address(b->k->t, b->buf) || b->size > mi_word_mask(b->k->t) - b->buf) {
		mi_log_no_ring(b->k, b->buf, "points to what is not its own");
		return false;
	}
	b->n = b->end;
	if (chars && !mi_read_u32(b->k->t, chars, &logged) && logged > b->n)
		b->n = logged;
	b->n = b->n < b->size ? b->n : b->size;
	return true;
}

/* Of a running kernel: so many bytes at the beginning were overwritten while it was read. */
static uint32_t overwritten(struct bytes *b)
{
	uint32_t end = b->end, more;

	mi_look_again(b->k->t);
	if (!read_end(b, &end))
		end = b->end + b->size;
	mi_look_end(b->k->t, false);
	more = end - b->end;
	if (more < b->size - b->n)
		return 0;
	more -= b->size - b->n;
	return more < b->n ? more : b->n;
}

/* Where byte @i of the line is in the ring. */
static uint32_t place(const struct bytes *b, uint32_t i)
{
	return (b->end - b->n + i) & (b->size - 1);
}

static void put_in_order(struct bytes *b)
{
	uint32_t from = place(b, 0), part = b->size - from;

	part = part < b->n ? part : b->n;
	memcpy(b->line, b->copy.bytes + from, part);
	memcpy(b->line + part, b->copy.bytes, b->n - part);
}

static enum mi_read why_of(const struct bytes *b, uint32_t first, uint32_t len)
{
	uint32_t from = place(b, first), part = b->size - from;
	enum mi_read why;

	if (len <= part)
		return mi_log_copy_why(&b->copy, from, len);
	why = mi_log_copy_why(&b->copy, from, part);
	return why ? why : mi_log_copy_why(&b->copy, 0, len - part);
}

/* ---- what a line begins with ---- */

/* Digits from *s on, at most @max of them; false: there is none, or more. */
static bool number(const char **s, const char *end, unsigned int max, uint64_t *ret)
{
	unsigned int n;

	*ret = 0;
	for (n = 0; *s < end && isdigit((unsigned char)**s); n++, (*s)++) {
		if (n == max)
			return false;
		*ret = 10 * *ret + (uint64_t)(**s - '0');
	}
	return n > 0;
}

/* "<6>" */
static const char *take_level(const char *s, const char *end, struct mi_log_record *rec)
{
	const char *at = s + 1;
	uint64_t level;

	if (s == end || *s != '<' || !number(&at, end, 4, &level) || at == end || *at != '>')
		return s;
	rec->level = level & 7;
	rec->facility = (uint16_t)(level >> FACILITY_SHIFT);
	rec->has |= MI_LOG_LEVEL;
	return at + 1;
}

/* "[    0.123456] " */
static const char *take_time(const char *s, const char *end, struct mi_log_record *rec)
{
	const char *at = s + 1, *point;
	uint64_t seconds, us;

	if (s == end || *s != '[')
		return s;
	while (at < end && *at == ' ')
		at++;
	if (!number(&at, end, 10, &seconds) || at == end || *at != '.')
		return s;
	point = at++;
	if (!number(&at, end, 6, &us) || at - point != 7 || at == end || *at != ']')
		return s;
	rec->time_ns = seconds * NS_PER_S + us * NS_PER_US;
	rec->has |= MI_LOG_TIME;
	at++;
	return at < end && *at == ' ' ? at + 1 : at;
}

static enum mi_status add_line(struct bytes *b, uint32_t first, uint32_t len, struct mi_error *err)
{
	const char *end = b->line + first + len;
	struct mi_log_record rec = {.has = 0};
	enum mi_read why = why_of(b, first, len);

	if (why) {
		mi_log_unread(b->k, b->log, b->buf + place(b, first), why);
		return MI_OK;
	}
	rec.text = take_level(b->line + first, end, &rec);
	rec.text = take_time(rec.text, end, &rec);
	rec.len = (size_t)(end - rec.text);
	return mi_log_add(b->log, &rec, err);
}

static uint32_t line_end(const struct bytes *b, uint32_t first)
{
	const char *newline = memchr(b->line + first, '\n', b->n - first);

	return newline ? (uint32_t)(newline - b->line) : b->n;
}

/* The first line of a full ring has lost its beginning. Returns where the next one begins. */
static uint32_t skip_first(struct bytes *b, uint32_t gone)
{
	uint32_t end = line_end(b, gone);
	enum mi_read why = why_of(b, gone, end - gone);

	if (why)
		mi_log_unread(b->k, b->log, b->buf + place(b, gone), why);
	else
		b->log->reused++;
	return end + 1;
}

static enum mi_status all_lines(struct bytes *b, uint32_t gone, struct mi_error *err)
{
	uint32_t at = 0, end;
	enum mi_status st = MI_OK;

	if (b->n == b->size || gone)
		at = skip_first(b, gone);
	for (; !st && at < b->n; at = end + 1) {
		end = line_end(b, at);
		st = add_line(b, at, end - at, err);
	}
	return st;
}

enum mi_status mi_log_read_bytes(struct mi_kernel *k, struct mi_log *log, struct mi_error *err)
{
	struct bytes b = {.k = k, .log = log};
	uint32_t gone = 0;
	enum mi_status st;

	if (!read_head(&b))
		return MI_OK;
	st = mi_log_copy(k, b.buf, b.size, &b.copy, err);
	if (st)
		return st;
	if (mi_target_facts(k->t)->live)
		gone = overwritten(&b);
	b.line = calloc(1, (size_t)b.n + 1);
	if (b.line) {
		put_in_order(&b);
		log->bytes = b.line;
		st = all_lines(&b, gone, err);
	} else {
		st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	mi_log_copy_free(&b.copy);
	return st;
}
