// SPDX-License-Identifier: GPL-2.0-or-later
/* json_check.c - what the rules of a check found, as JSON */
#include "../inspect/check.h"
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

enum mi_status mi_json_check(const struct mi_check *c, const struct mi_request *ask, FILE *out,
			     struct mi_error *err)
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
	mi_json_array(w, "rules");
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			put_rule(w, c, rule);
	mi_json_array_end(w);
	mi_json_array(w, "findings");
	for (i = 0; i < c->n_found && !mi_json_failed(w); i++)
		put_found(w, &c->found[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
	mi_json_tail(w, c->k, ask->sources, NULL);
	return mi_json_end(w, err);
}
