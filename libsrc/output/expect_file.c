// SPDX-License-Identifier: GPL-2.0-or-later
/* expect_file.c - a file of expectations: what each says, and its program compiled */
#include <stdlib.h>

#include "expect_private.h"

#define NAME_MAX_BYTES 64

static const char *const about_words[MI_ABOUT_NR] = {"process", "processes", "requests", "blocked",
						     "check"};
static const char *const with_words[MI_WITH_NR] = {"pages", "stack", "prefault", "next"};
static const char *const members[] = {"name", "severity", "message", "about",
				      "with", "expect",	  "finds"};

const char *mi_about_word(enum mi_about about)
{
	return about_words[about];
}

const char *mi_with_word(unsigned int bit)
{
	return with_words[bit];
}

/* Number of @word in @list; @n: it is not there. */
static size_t index_of(const char *const *list, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n && strcmp(list[i], word) != 0; i++)
		;
	return i;
}

/* ---- members ---- */

/* A value of the file's that should not be there, as JSON. @v is freed. */
static enum mi_status refuse(struct mi_error *err, const char *fmt, jv v)
{
	char shown[100];

	jv_dump_string_trunc(v, shown, sizeof(shown));
	return mi_fail(err, MI_ERR_FORMAT, fmt, shown);
}

/* NULL and MI_OK: there is no such member. */
static enum mi_status take_text(jv item, const char *key, char **ret, struct mi_error *err)
{
	jv v = jv_object_get(jv_copy(item), jv_string(key));
	enum mi_status st = MI_OK;

	if (!jv_is_valid(v)) {
		jv_free(v);
		return MI_OK;
	}
	if (!mi_jv_is_text(v) || !*jv_string_value(v)) {
		st = mi_fail(err, MI_ERR_FORMAT, "\"%s\" is not a string of characters", key);
	} else {
		*ret = strdup(jv_string_value(v));
		if (!*ret)
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	jv_free(v);
	return st;
}

static enum mi_status take_word(jv item, const char *key, const char *const *words, size_t n,
				size_t *ret, struct mi_error *err)
{
	jv v = jv_object_get(jv_copy(item), jv_string(key));
	char shown[100];

	*ret = mi_jv_is_text(v) ? index_of(words, n, jv_string_value(v)) : n;
	if (*ret < n) {
		jv_free(v);
		return MI_OK;
	}
	if (!jv_is_valid(v)) {
		jv_free(v);
		return mi_fail(err, MI_ERR_FORMAT, "it has no \"%s\"", key);
	}
	jv_dump_string_trunc(v, shown, sizeof(shown));
	return mi_fail(err, MI_ERR_FORMAT, "\"%s\" cannot be %s", key, shown);
}

static enum mi_status take_with(struct mi_expect *e, jv item, struct mi_error *err)
{
	jv list = jv_object_get(jv_copy(item), jv_string("with"));
	enum mi_status st = MI_OK;
	int i;

	if (!jv_is_valid(list)) {
		jv_free(list);
		return MI_OK;
	}
	if (e->about != MI_ABOUT_PROCESS)
		st = mi_fail(err, MI_ERR_FORMAT, "\"with\" is of \"about\": \"process\" alone");
	else if (jv_get_kind(list) != JV_KIND_ARRAY)
		st = mi_fail(err, MI_ERR_FORMAT, "\"with\" is not a list");
	for (i = 0; !st && i < jv_array_length(jv_copy(list)); i++) {
		jv v = jv_array_get(jv_copy(list), i);
		size_t bit = mi_jv_is_text(v) ? index_of(with_words, MI_WITH_NR, jv_string_value(v))
					      : MI_WITH_NR;

		if (bit == MI_WITH_NR) {
			st = refuse(err, "\"with\" cannot have %s", v);
			break;
		}
		jv_free(v);
		e->with |= 1U << bit;
	}
	jv_free(list);
	return st;
}

static enum mi_status take_severity(struct mi_expect *e, jv item, struct mi_error *err)
{
	static const char *const words[MI_SEVERITY_NR] = {"warning", "error"};
	enum mi_status st = MI_OK;
	size_t i = MI_SEVERITY_WARNING;

	if (jv_object_has(jv_copy(item), jv_string("severity")))
		st = take_word(item, "severity", words, MI_SEVERITY_NR, &i, err);
	e->severity = (enum mi_severity)i;
	return st;
}

static enum mi_status take_program(struct mi_expect *e, jv item, struct mi_error *err)
{
	char *finds = NULL;
	enum mi_status st = take_text(item, "expect", &e->program, err);

	if (!st)
		st = take_text(item, "finds", &finds, err);
	if (!st && !e->program == !finds)
		st = mi_fail(err, MI_ERR_FORMAT,
			     e->program ? "it has both \"expect\" and \"finds\""
					: "it has neither \"expect\" nor \"finds\"");
	e->finds = finds != NULL;
	if (!finds)
		return st;
	free(e->program);
	e->program = finds;
	return st;
}

/* ---- expectations ---- */

static enum mi_status take_name(const struct mi_expects *set, struct mi_expect *e, jv item,
				struct mi_error *err)
{
	enum mi_status st = take_text(item, "name", &e->name, err);
	size_t i, n;

	if (st)
		return st;
	if (!e->name)
		return mi_fail(err, MI_ERR_FORMAT, "it has no \"name\"");
	n = strlen(e->name);
	if (n > NAME_MAX_BYTES || strspn(e->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return mi_fail(err, MI_ERR_FORMAT,
			       "a name has small letters, digits and hyphens, %d at most",
			       NAME_MAX_BYTES);
	if (mi_rule_find(e->name, n) != MI_RULE_NR)
		return mi_fail(err, MI_ERR_FORMAT, "'%s' is the name of a rule", e->name);
	for (i = 0; i < set->n; i++)
		if (!strcmp(set->list[i].name, e->name))
			return mi_fail(err, MI_ERR_FORMAT, "the name '%s' is there twice", e->name);
	return MI_OK;
}

static enum mi_status check_members(jv item, struct mi_error *err)
{
	enum mi_status st = MI_OK;

	jv_object_keys_foreach(item, key)
	{
		if (!st && index_of(members, sizeof(members) / sizeof(*members),
				    jv_string_value(key)) == sizeof(members) / sizeof(*members))
			st = refuse(err, "there is no member %s", key);
		else
			jv_free(key);
	}
	return st;
}

static enum mi_status take_members(struct mi_expect *e, jv item, struct mi_error *err)
{
	size_t about = 0;
	enum mi_status st = check_members(item, err);

	if (!st)
		st = take_text(item, "message", &e->message, err);
	if (!st && !e->message)
		st = mi_fail(err, MI_ERR_FORMAT, "it has no \"message\"");
	if (!st)
		st = take_severity(e, item, err);
	if (!st)
		st = take_word(item, "about", about_words, MI_ABOUT_NR, &about, err);
	e->about = (enum mi_about)about;
	if (!st)
		st = take_with(e, item, err);
	if (!st)
		st = take_program(e, item, err);
	return st;
}

/* ---- programs ---- */

struct said {
	char first[300];
};

/* The first line of the first message; a copy of the program follows it. */
static void keep_first(void *data, jv msg)
{
	struct said *said = data;
	const char *text, *begin = "jq: error: ";
	size_t n;

	msg = jq_format_error(msg);
	text = jv_string_value(msg);
	if (!strncmp(text, begin, strlen(begin)))
		text += strlen(begin);
	n = strcspn(text, "\n");
	while (n && (text[n - 1] == ':' || text[n - 1] == ' '))
		n--;
	if (!*said->first)
		snprintf(said->first, sizeof(said->first), "%.*s", (int)n, text);
	jv_free(msg);
}

/* While it runs, libjq returns its errors; nothing may come out by itself. */
static void say_nothing(void *data, jv msg)
{
	(void)data;
	jv_free(msg);
}

static enum mi_status compile(struct mi_expect *e, struct mi_error *err)
{
	struct said said = {""};
	bool ok;

	e->jq = jq_init();
	if (!e->jq)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	/* There are no modules; without these libjq fails an assertion when one is asked for. */
	jq_set_attr(e->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	jq_set_attr(e->jq, jv_string("JQ_ORIGIN"), jv_string("/"));
	jq_set_attr(e->jq, jv_string("PROGRAM_ORIGIN"), jv_string("/"));
	jq_set_error_cb(e->jq, keep_first, &said);
	ok = jq_compile(e->jq, e->program);
	jq_set_error_cb(e->jq, say_nothing, NULL);
	return ok ? MI_OK : mi_fail(err, MI_ERR_FORMAT, "jq does not compile it: %s", said.first);
}

/* ---- the file ---- */

static void drop(struct mi_expect *e)
{
	mi_expect_forget(e);
	free(e->name);
	free(e->message);
	free(e->program);
	if (e->jq)
		jq_teardown(&e->jq);
	memset(e, 0, sizeof(*e));
}

static enum mi_status add(struct mi_expects *set, jv item, struct mi_error *err)
{
	struct mi_expect *e = &set->list[set->n];
	enum mi_status st;

	if (jv_get_kind(item) != JV_KIND_OBJECT)
		st = mi_fail(err, MI_ERR_FORMAT, "it is not an object");
	else
		st = take_name(set, e, item, err);
	if (st) {
		mi_fail_in(err, "expectation %zu", set->n + 1);
		drop(e);
		return st;
	}
	st = take_members(e, item, err);
	if (!st)
		st = compile(e, err);
	if (st)
		mi_fail_in(err, "expectation '%s'", e->name);
	set->n++;
	return st;
}

static enum mi_status add_all(struct mi_expects *set, jv list, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	int i, n;

	if (jv_get_kind(list) != JV_KIND_ARRAY)
		return mi_fail(err, MI_ERR_FORMAT, "it is not a list of expectations, but %s %s",
			       jv_get_kind(list) == JV_KIND_ARRAY ||
					       jv_get_kind(list) == JV_KIND_OBJECT
				       ? "an"
				       : "a",
			       jv_kind_name(jv_get_kind(list)));
	n = jv_array_length(jv_copy(list));
	if (!n || n > MI_EXPECTS_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "it has %d expectations: 1 to %d may be there",
			       n, MI_EXPECTS_MAX);
	set->list = calloc((size_t)n, sizeof(*set->list));
	if (!set->list)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; !st && i < n; i++) {
		jv item = jv_array_get(jv_copy(list), i);

		st = add(set, item, err);
		jv_free(item);
	}
	return st;
}

/* One value and nothing behind it. */
static enum mi_status parse(const char *text, size_t n, jv *ret, struct mi_error *err)
{
	struct jv_parser *parser = jv_parser_new(0);
	jv v, rest, msg;
	enum mi_status st = MI_OK;

	jv_parser_set_buf(parser, text, (int)n, 0);
	v = jv_parser_next(parser);
	rest = jv_is_valid(v) ? jv_parser_next(parser) : jv_copy(v);
	msg = jv_invalid_get_msg(jv_is_valid(rest) ? jv_invalid() : jv_copy(rest));
	if (jv_get_kind(msg) == JV_KIND_STRING)
		st = mi_fail(err, MI_ERR_FORMAT, "it is not JSON: %s", jv_string_value(msg));
	else if (!jv_is_valid(v))
		st = mi_fail(err, MI_ERR_FORMAT, "it is empty");
	else if (jv_is_valid(rest))
		st = mi_fail(err, MI_ERR_FORMAT, "there is more behind the list");
	jv_free(msg);
	jv_free(rest);
	jv_parser_free(parser);
	*ret = v;
	return st;
}

static void leave_warnings_out(struct mi_expects *set)
{
	size_t i, n = 0;

	for (i = 0; i < set->n; i++) {
		if (set->list[i].severity != MI_SEVERITY_ERROR)
			drop(&set->list[i]);
		else
			set->list[n++] = set->list[i];
	}
	set->n = n;
}

enum mi_status mi_expects_new(const char *text, bool errors_only, struct mi_expects **ret,
			      struct mi_error *err)
{
	struct mi_expects *set;
	size_t n = strlen(text);
	enum mi_status st;
	jv list;

	if (n > MI_EXPECT_TEXT_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "it is larger than 1 MiB");
	set = calloc(1, sizeof(*set));
	if (!set)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = parse(text, n, &list, err);
	if (!st)
		st = add_all(set, list, err);
	jv_free(list);
	if (st) {
		mi_expects_free(set);
		return st;
	}
	if (errors_only)
		leave_warnings_out(set);
	*ret = set;
	return MI_OK;
}

void mi_expects_free(struct mi_expects *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->n; i++)
		drop(&set->list[i]);
	free(set->list);
	free(set);
}
