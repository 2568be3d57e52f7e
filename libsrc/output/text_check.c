// SPDX-License-Identifier: GPL-2.0-or-later
/* text_check.c - what the rules of a check found, for people */
#include <inttypes.h>

#include "../inspect/check.h"
#include "escape.h"
#include "output.h"

static void put_evidence(const struct mi_found *f, FILE *out)
{
	size_t i;

	for (i = 0; i < f->n_evidence; i++) {
		const struct mi_evidence *e = &f->evidence[i];

		fputs(i ? ", " : "; ", out);
		if (e->is_address)
			fprintf(out, "%s %" PRIx64, e->name, e->value);
		else
			fprintf(out, "%s %" PRId64, e->name, (int64_t)e->value);
	}
}

static void put_found(const struct mi_found *f, FILE *out)
{
	fputs("  ", out);
	mi_put_escaped(out, f->text);
	fprintf(out, "\n    %s %" PRIx64, f->object, f->addr);
	if (f->pid)
		fprintf(out, ", PID %d", f->pid);
	put_evidence(f, out);
	fputc('\n', out);
}

static void put_rule(const struct mi_check *c, unsigned int rule, FILE *out)
{
	uint64_t shown = 0;
	size_t i;

	if (!c->count[rule])
		return;
	fprintf(out, "\n%s  %s: %s\n",
		mi_rules[rule].severity == MI_SEVERITY_ERROR ? "ERROR" : "WARNING",
		mi_rules[rule].id, mi_rules[rule].finds);
	for (i = 0; i < c->n_found; i++)
		if (c->found[i].rule == rule) {
			put_found(&c->found[i], out);
			shown++;
		}
	if (shown < c->count[rule])
		fprintf(out, "  and %" PRIu64 " more\n", c->count[rule] - shown);
	fprintf(out, "  It may mean: %s\n", mi_rules[rule].means);
}

void mi_text_check(const struct mi_check *c, FILE *out)
{
	uint64_t n[MI_SEVERITY_NR] = {0};
	unsigned int i, rules = 0;
	bool title = false;

	for (i = 0; i < MI_RULE_NR; i++) {
		n[mi_rules[i].severity] += c->count[i];
		rules += c->ask.asked[i] && !c->why_not[i];
	}
	fprintf(out,
		"CHECKED  %u rules, %" PRIu64 " processes, %" PRIu64 " files: %" PRIu64
		" errors, %" PRIu64 " warnings\n",
		rules, c->processes, c->files, n[MI_SEVERITY_ERROR], n[MI_SEVERITY_WARNING]);
	for (i = 0; i < MI_RULE_NR; i++)
		put_rule(c, i, out);
	for (i = 0; i < MI_RULE_NR; i++) {
		if (!c->ask.asked[i] || !c->why_not[i])
			continue;
		fputs(title ? "" : "\nNOT CHECKED\n", out);
		title = true;
		fprintf(out, "  %s: %s\n", mi_rules[i].id, c->why_not[i]);
	}
	mi_text_not_read(c->k, out);
}
