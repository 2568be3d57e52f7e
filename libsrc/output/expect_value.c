// SPDX-License-Identifier: GPL-2.0-or-later
/* expect_value.c - what a program puts out becomes a finding */
#include <stdlib.h>

#include "escape.h"
#include "expect_private.h"

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

/* A copy, cut where a character ends. */
static char *cut(const char *s)
{
	static const char more[] = "...";
	size_t n = strlen(s), at = 0, step;
	char *copy;

	if (n <= MI_UNMET_TEXT)
		return strdup(s);
	for (; at + 4 <= MI_UNMET_TEXT - strlen(more); at += step ? step : 1)
		step = mi_utf8_length(s + at);
	copy = malloc(at + sizeof(more));
	if (copy) {
		memcpy(copy, s, at);
		memcpy(copy + at, more, sizeof(more));
	}
	return copy;
}

/* A string is itself, all else is JSON. Frees @v. */
static jv as_text(jv v)
{
	return mi_jv_is_text(v) ? v : jv_dump_string(v, 0);
}

/* ---- what is to be confirmed ---- */

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static uint64_t hash(uint64_t h, const void *data, size_t n)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ bytes[i]) * FNV_PRIME;
	return h;
}

/* Of whom, and the text; the values that go with it may change. */
static uint64_t mark_of(const char *text, const struct mi_task *task)
{
	uint64_t h = FNV_OFFSET;

	if (task) {
		h = hash(h, &task->addr, sizeof(task->addr));
		h = hash(h, &task->pid, sizeof(task->pid));
	}
	return hash(h, text, strlen(text));
}

static bool put_mark(struct mi_marks *m, uint64_t mark)
{
	size_t room = m->room ? 2 * m->room : MI_FOUND_MAX;
	uint64_t *list;

	if (m->n == m->room) {
		list = realloc(m->list, room * sizeof(*list));
		if (!list)
			return false;
		m->list = list;
		m->room = room;
	}
	m->list[m->n++] = mark;
	return true;
}

static int by_mark(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool was_seen(const struct mi_expect *e, uint64_t mark)
{
	return bsearch(&mark, e->confirmed.list, e->confirmed.n, sizeof(mark), by_mark) != NULL;
}

/* ---- findings ---- */

static void drop_found(struct mi_unmet *u)
{
	size_t i;

	for (i = 0; i < u->n_details; i++) {
		free(u->details[i].name);
		free(u->details[i].text);
	}
	free(u->text);
}

static void drop_all(struct mi_expect *e)
{
	size_t i;

	for (i = 0; i < e->n_found; i++)
		drop_found(&e->found[i]);
	free(e->found);
	e->found = NULL;
	e->n_found = 0;
	e->count = 0;
}

void mi_expect_look_again(struct mi_expect *e)
{
	drop_all(e);
	free(e->confirmed.list);
	e->confirmed = e->marks;
	e->marks = (struct mi_marks){NULL, 0, 0};
	if (e->confirmed.n)
		qsort(e->confirmed.list, e->confirmed.n, sizeof(*e->confirmed.list), by_mark);
	e->documents = 0;
	e->incomplete = 0;
}

void mi_expect_forget(struct mi_expect *e)
{
	drop_all(e);
	free(e->marks.list);
	free(e->confirmed.list);
	free(e->why_not);
	e->why_not = NULL;
}

/* False: it has parts, and is none. */
static bool scalar_of(jv v, enum mi_scalar *ret)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_NULL:
		*ret = MI_SCALAR_NULL;
		return true;
	case JV_KIND_FALSE:
		*ret = MI_SCALAR_FALSE;
		return true;
	case JV_KIND_TRUE:
		*ret = MI_SCALAR_TRUE;
		return true;
	case JV_KIND_NUMBER:
		*ret = MI_SCALAR_NUMBER;
		return true;
	case JV_KIND_STRING:
		*ret = MI_SCALAR_STRING;
		return true;
	default:
		return false;
	}
}

static enum mi_status add_detail(struct mi_unmet *u, const char *name, jv v, struct mi_error *err)
{
	struct mi_detail *d = &u->details[u->n_details];

	if (u->n_details == MI_DETAILS_MAX || !scalar_of(v, &d->kind)) {
		jv_free(v);
		return MI_OK;
	}
	v = as_text(v);
	d->name = cut(name);
	d->text = cut(jv_string_value(v));
	jv_free(v);
	u->n_details++;
	return d->name && d->text ? MI_OK : no_memory(err);
}

/* The object's members but "text", by name: libjq has them in no order. */
static enum mi_status add_details(struct mi_unmet *u, jv object, struct mi_error *err)
{
	jv keys = jv_keys(jv_copy(object));
	enum mi_status st = MI_OK;
	int i, n = jv_array_length(jv_copy(keys));

	for (i = 0; !st && i < n; i++) {
		jv key = jv_array_get(jv_copy(keys), i);

		if (mi_jv_is_text(key) && *jv_string_value(key) &&
		    strcmp(jv_string_value(key), "text") != 0)
			st = add_detail(u, jv_string_value(key),
					jv_object_get(jv_copy(object), jv_copy(key)), err);
		jv_free(key);
	}
	jv_free(keys);
	return st;
}

/* In words: an object's "text", a string, JSON of all else. */
static jv words_of(const struct mi_expect *e, jv value, bool *has_details)
{
	jv text;

	*has_details = false;
	if (!e->finds)
		return jv_string(jv_get_kind(value) == JV_KIND_FALSE ? "expected, but false"
								     : "expected, but null");
	if (jv_get_kind(value) == JV_KIND_OBJECT) {
		text = jv_object_get(jv_copy(value), jv_string("text"));
		if (mi_jv_is_text(text)) {
			*has_details = true;
			return text;
		}
		jv_free(text);
	}
	return as_text(jv_copy(value));
}

static enum mi_status keep(struct mi_expect *e, jv value, const char *words, bool details,
			   const struct mi_task *task, struct mi_error *err)
{
	struct mi_unmet *u;

	if (!e->found) {
		e->found = calloc(MI_FOUND_MAX, sizeof(*e->found));
		if (!e->found)
			return no_memory(err);
	}
	u = &e->found[e->n_found++];
	if (task)
		u->task = *task;
	u->text = cut(words);
	if (!u->text)
		return no_memory(err);
	return details ? add_details(u, value, err) : MI_OK;
}

enum mi_status mi_expect_output(struct mi_expect *e, jv value, const struct mi_task *task,
				struct mi_error *err)
{
	bool no = jv_get_kind(value) == JV_KIND_FALSE || jv_get_kind(value) == JV_KIND_NULL;
	enum mi_status st = MI_OK;
	bool details;
	uint64_t mark;
	jv words;

	if (no == e->finds) {
		jv_free(value);
		return MI_OK;
	}
	words = words_of(e, value, &details);
	mark = mark_of(jv_string_value(words), task);
	if (e->marks.n == MI_UNMET_MAX)
		st = mi_expect_cannot(e, task, "it finds more than a million times", err);
	else if (!put_mark(&e->marks, mark))
		st = no_memory(err);
	else if ((!e->confirmed.list || was_seen(e, mark)) && e->count++ < MI_FOUND_MAX)
		st = keep(e, value, jv_string_value(words), details, task, err);
	jv_free(words);
	jv_free(value);
	return st;
}

enum mi_status mi_expect_cannot(struct mi_expect *e, const struct mi_task *task, const char *why,
				struct mi_error *err)
{
	char *text = NULL;
	int n;

	if (e->why_not)
		return MI_OK;
	n = task ? asprintf(&text, "PID %d (%s): %s", task->pid, task->comm, why)
		 : asprintf(&text, "%s", why);
	if (n < 0)
		return no_memory(err);
	e->why_not = cut(text);
	free(text);
	return e->why_not ? MI_OK : no_memory(err);
}
