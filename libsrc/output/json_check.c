// SPDX-License-Identifier: GPL-2.0-or-later
/* json_check.c - what the rules of a check, and expectations, found, as JSON */
#include "expect.h"
#include "json_parts.h"

static void put_rule(struct mi_json *w, const struct mi_check *c, unsigned int rule)
{
	const struct mi_rule_facts *f = &mi_rules[rule];

	mi_json_object(w, NULL);
	mi_json_text(w, "id", f->id);
	mi_json_text(w, "severity", mi_severity_word(f->severity));
	mi_json_text(w, "finds", f->finds);
	mi_json_text(w, "means", f->means);
	mi_json_u64(w, "applied", c->applied[rule]);
	mi_json_text(w, "why_not", c->why_not[rule]);
	mi_json_u64(w, "findings", c->count[rule]);
	mi_json_object_end(w);
}

static void put_found(struct mi_json *w, const struct mi_found *f)
{
	size_t i;

	mi_json_object(w, NULL);
	mi_json_text(w, "rule", mi_rules[f->rule].id);
	mi_json_text(w, "severity", mi_severity_word(mi_rules[f->rule].severity));
	mi_json_text(w, "object", f->object);
	mi_json_hex(w, "address", f->addr);
	if (f->pid)
		mi_json_i64(w, "pid", f->pid);
	else
		mi_json_null(w, "pid");
	mi_json_bytes(w, "text", f->text);
	mi_json_line_object(w, "evidence");
	for (i = 0; i < f->n_evidence; i++) {
		const struct mi_evidence *e = &f->evidence[i];

		if (e->is_address)
			mi_json_hex(w, e->name, e->value);
		else
			mi_json_i64(w, e->name, (int64_t)e->value);
	}
	mi_json_object_end(w);
	mi_json_object_end(w);
}

/* ---- expectations ---- */

static void put_expect(struct mi_json *w, const struct mi_expect *e)
{
	unsigned int bit;

	mi_json_object(w, NULL);
	mi_json_text(w, "name", e->name);
	mi_json_text(w, "severity", mi_severity_word(e->severity));
	mi_json_bytes(w, "message", e->message);
	mi_json_text(w, "about", mi_about_word(e->about));
	if (e->about == MI_ABOUT_PROCESS) {
		mi_json_line_array(w, "with");
		for (bit = 0; bit < MI_WITH_NR; bit++)
			if (e->with >> bit & 1)
				mi_json_text(w, NULL, mi_with_word(bit));
		mi_json_array_end(w);
	}
	mi_json_u64(w, "documents", e->documents);
	mi_json_u64(w, "documents_incomplete", e->incomplete);
	mi_json_bytes(w, "why_not", e->why_not);
	mi_json_u64(w, "findings", e->count);
	mi_json_object_end(w);
}

static void put_detail(struct mi_json *w, const struct mi_detail *d)
{
	switch (d->kind) {
	case MI_SCALAR_NULL:
		mi_json_null(w, d->name);
		break;
	case MI_SCALAR_FALSE:
	case MI_SCALAR_TRUE:
		mi_json_bool(w, d->name, d->kind == MI_SCALAR_TRUE);
		break;
	case MI_SCALAR_NUMBER:
		mi_json_digits(w, d->name, d->text);
		break;
	case MI_SCALAR_STRING:
		mi_json_bytes(w, d->name, d->text);
		break;
	}
}

static void put_unmet(struct mi_json *w, const struct mi_expect *e, const struct mi_unmet *u)
{
	size_t i;

	mi_json_object(w, NULL);
	mi_json_text(w, "rule", e->name);
	mi_json_text(w, "severity", mi_severity_word(e->severity));
	mi_json_text(w, "object", u->task.addr ? "task_struct" : mi_about_word(e->about));
	if (u->task.addr) {
		mi_json_hex(w, "address", u->task.addr);
		mi_json_i64(w, "pid", u->task.pid);
		mi_json_bytes(w, "comm", u->task.comm);
	} else {
		mi_json_null(w, "address");
		mi_json_null(w, "pid");
	}
	mi_json_bytes(w, "text", u->text);
	mi_json_line_object(w, "evidence");
	for (i = 0; i < u->n_details; i++)
		put_detail(w, &u->details[i]);
	mi_json_object_end(w);
	mi_json_object_end(w);
}

static void put_expects(struct mi_json *w, const struct mi_expects *set)
{
	size_t i;

	if (!set)
		return;
	mi_json_array(w, "expectations");
	for (i = 0; i < set->n; i++)
		put_expect(w, &set->list[i]);
	mi_json_array_end(w);
}

static void put_all_unmet(struct mi_json *w, const struct mi_expects *set)
{
	size_t i, j;

	for (i = 0; set && i < set->n; i++)
		for (j = 0; j < set->list[i].n_found && !mi_json_failed(w); j++)
			put_unmet(w, &set->list[i], &set->list[i].found[j]);
}

enum mi_status mi_json_check(const struct mi_check *c, const struct mi_expects *set,
			     const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	struct mi_json *w;
	unsigned int rule;
	enum mi_status st;
	size_t i;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, c->k);
	mi_json_object(w, "check");
	mi_json_u64(w, "processes", c->processes);
	mi_json_u64(w, "files", c->files);
	mi_json_u64(w, "large_folios", c->folios);
	mi_json_array(w, "rules");
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			put_rule(w, c, rule);
	mi_json_array_end(w);
	put_expects(w, set);
	mi_json_array(w, "findings");
	for (i = 0; i < c->n_found && !mi_json_failed(w); i++)
		put_found(w, &c->found[i]);
	put_all_unmet(w, set);
	mi_json_array_end(w);
	mi_json_object_end(w);
	mi_json_tail(w, c->k, ask->sources, NULL);
	return mi_json_end(w, err);
}
