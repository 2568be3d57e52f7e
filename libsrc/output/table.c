// SPDX-License-Identifier: GPL-2.0-or-later
/* table.c - tables for people */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "table.h"

struct mi_table {
	struct libscols_table *tb;
	struct libscols_line *line;
	size_t column;
	const char *names; /* head of the last column */
	bool no_memory;
};

struct mi_table *mi_table_new(void)
{
	struct mi_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tb = scols_new_table();
	if (!t->tb) {
		free(t);
		return NULL;
	}
	/* Cells are escaped already; how they look must not depend on terminal or locale. */
	scols_table_enable_noencoding(t->tb, 1);
	scols_table_set_termforce(t->tb, SCOLS_TERMFORCE_NEVER);
	return t;
}

void mi_table_free(struct mi_table *t)
{
	if (!t)
		return;
	scols_unref_table(t->tb);
	free(t);
}

static void column(struct mi_table *t, const char *head, int flags)
{
	if (!scols_table_new_column(t->tb, head, 0, flags))
		t->no_memory = true;
}

void mi_table_left(struct mi_table *t, const char *head)
{
	column(t, head, 0);
}

void mi_table_right(struct mi_table *t, const char *head)
{
	column(t, head, SCOLS_FL_RIGHT);
}

/*
 * libsmartcols asks the locale how wide a cell is, and in the C locale it does
 * not return from a byte that is not ASCII. So it gets a mark for each name,
 * and the name itself is put in the mark's place when the line goes out.
 */
#define NAME_MARK '@'

void mi_table_names(struct mi_table *t, const char *head)
{
	char mark[] = {NAME_MARK, '\0'};

	column(t, mark, 0);
	t->names = head;
}

void mi_table_row(struct mi_table *t)
{
	t->line = scols_table_new_line(t->tb, NULL);
	t->column = 0;
	if (!t->line)
		t->no_memory = true;
}

/* Takes @text over; NULL: there was no memory for it. */
static void set(struct mi_table *t, char *text)
{
	if (!text || !t->line || scols_line_refer_data(t->line, t->column++, text)) {
		t->no_memory = true;
		free(text);
	}
}

void mi_table_cell(struct mi_table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	set(t, n < 0 ? NULL : text);
}

void mi_table_bytes(struct mi_table *t, const char *bytes)
{
	set(t, mi_escaped_ascii(bytes));
}

void mi_table_name(struct mi_table *t, const char *name)
{
	mi_table_cell(t, "%c", NAME_MARK);
	if (!t->line || scols_line_set_userdata(t->line, (void *)name))
		t->no_memory = true;
}

void mi_table_count(struct mi_table *t, uint64_t v, bool known)
{
	if (!known)
		mi_table_cell(t, "?");
	else if (!v)
		mi_table_cell(t, ".");
	else
		mi_table_cell(t, "%" PRIu64, v);
}

/* One line of the finished table; returns where the next begins. */
static const char *put_line(const char *text, const char *name, FILE *out)
{
	const char *end = strchrnul(text, '\n');
	size_t n = (size_t)(end - text);

	if (name && n && text[n - 1] == NAME_MARK) {
		fwrite(text, 1, n - 1, out);
		mi_put_escaped(out, name);
	} else {
		fwrite(text, 1, n, out);
	}
	fputc('\n', out);
	return *end ? end + 1 : end;
}

/* The lines of @text with their names. By iterator: the n-th line is found by counting. */
static enum mi_status put_lines(struct mi_table *t, const char *text, FILE *out,
				struct mi_error *err)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;

	if (!iter)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for a table");
	text = put_line(text, t->names, out);
	while (*text && !scols_table_next_line(t->tb, iter, &line))
		text = put_line(text, scols_line_get_userdata(line), out);
	scols_free_iter(iter);
	return MI_OK;
}

enum mi_status mi_table_print(struct mi_table *t, FILE *out, struct mi_error *err)
{
	enum mi_status st;
	char *text = NULL;

	if (t->no_memory)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for a table");
	if (!scols_table_get_nlines(t->tb))
		return MI_OK;
	if (scols_print_table_to_string(t->tb, &text) || !text)
		return mi_fail(err, MI_ERR_NOMEM, "a table could not be laid out");
	st = put_lines(t, text, out, err);
	free(text);
	return st;
}

enum mi_status mi_table_put(struct mi_table *t, const char *title, FILE *out, struct mi_error *err)
{
	enum mi_status st;

	fprintf(out, "\n%s\n", title);
	st = mi_table_print(t, out, err);
	mi_table_free(t);
	return st;
}

/* ---- counters ---- */

uint32_t mi_counters_used(uint32_t used, const struct mi_totals *t, unsigned int in)
{
	size_t i;

	for (i = 0; i < mi_n_counters; i++) {
		const struct mi_counter *c = &mi_counters[i];

		if (c->in & in && (c->always_in & in || mi_counter_get(t, c)))
			used |= 1U << i;
	}
	return used;
}

void mi_table_counter_columns(struct mi_table *t, uint32_t used)
{
	size_t i;

	for (i = 0; i < mi_n_counters; i++)
		if (used >> i & 1)
			mi_table_right(t, mi_counters[i].head);
}

void mi_table_counter_cells(struct mi_table *t, uint32_t used, const struct mi_kernel *k,
			    const struct mi_totals *totals, unsigned int in)
{
	size_t i;

	for (i = 0; i < mi_n_counters; i++)
		if (used >> i & 1)
			mi_table_count(t, mi_counter_get(totals, &mi_counters[i]),
				       mi_counter_known(k, &mi_counters[i], in));
}
