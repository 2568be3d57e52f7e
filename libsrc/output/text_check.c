// SPDX-License-Identifier: GPL-2.0-or-later
/* text_check.c - what the rules of a check, and expectations, found, for people */
#include <inttypes.h>

#include "../inspect/check.h"
#include "escape.h"
#include "expect.h"
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

static const char *loud_word(enum mi_severity severity)
{
	return severity == MI_SEVERITY_ERROR ? "ERROR" : "WARNING";
}

static void put_rule(const struct mi_check *c, unsigned int rule, FILE *out)
{
	uint64_t shown = 0;
	size_t i;

	if (!c->count[rule])
		return;
	fprintf(out, "\n%s  %s: %s\n", loud_word(mi_rules[rule].severity), mi_rules[rule].id,
		mi_rules[rule].finds);
	for (i = 0; i < c->n_found; i++)
		if (c->found[i].rule == rule) {
			put_found(&c->found[i], out);
			shown++;
		}
	if (shown < c->count[rule])
		fprintf(out, "  and %" PRIu64 " more\n", c->count[rule] - shown);
	fprintf(out, "  It may mean: %s\n", mi_rules[rule].means);
}

/* ---- expectations ---- */

static void put_unmet(const struct mi_expect *e, const struct mi_unmet *u, FILE *out)
{
	size_t i;

	fputs("  ", out);
	mi_put_escaped(out, u->text);
	fprintf(out, "\n    %s", u->task.addr ? "task_struct" : mi_about_word(e->about));
	if (u->task.addr) {
		fprintf(out, " %" PRIx64 ", PID %d (", u->task.addr, u->task.pid);
		mi_put_escaped(out, u->task.comm);
		fputc(')', out);
	}
	for (i = 0; i < u->n_details; i++) {
		fputs(i ? ", " : "; ", out);
		mi_put_escaped(out, u->details[i].name);
		fputc(' ', out);
		mi_put_escaped(out, u->details[i].text);
	}
	fputc('\n', out);
}

static void put_expect(const struct mi_expect *e, FILE *out)
{
	size_t i;

	if (!e->count)
		return;
	fprintf(out, "\n%s  %s: ", loud_word(e->severity), e->name);
	mi_put_escaped(out, e->message);
	fputc('\n', out);
	for (i = 0; i < e->n_found; i++)
		put_unmet(e, &e->found[i], out);
	if (e->n_found < e->count)
		fprintf(out, "  and %" PRIu64 " more\n", e->count - e->n_found);
}

/* What rests on documents that lack something. */
static void put_incomplete(const struct mi_expects *set, FILE *out)
{
	bool title = false;
	size_t i;

	for (i = 0; i < set->n; i++) {
		const struct mi_expect *e = &set->list[i];

		if (!e->incomplete)
			continue;
		fputs(title ? "" : "\nJUDGED BY INCOMPLETE DATA\n", out);
		title = true;
		fprintf(out, "  %s: of %" PRIu64 " documents %" PRIu64 " incomplete\n", e->name,
			e->documents, e->incomplete);
	}
}

/* ---- the whole ---- */

static void put_not_checked(const struct mi_check *c, const struct mi_expects *set, FILE *out)
{
	bool title = false;
	size_t i;

	for (i = 0; i < MI_RULE_NR; i++) {
		if (!c->ask.asked[i] || !c->why_not[i])
			continue;
		fputs(title ? "" : "\nNOT CHECKED\n", out);
		title = true;
		fprintf(out, "  %s: %s\n", mi_rules[i].id, c->why_not[i]);
	}
	for (i = 0; set && i < set->n; i++) {
		if (!set->list[i].why_not)
			continue;
		fputs(title ? "" : "\nNOT CHECKED\n", out);
		title = true;
		fprintf(out, "  %s: ", set->list[i].name);
		mi_put_escaped(out, set->list[i].why_not);
		fputc('\n', out);
	}
}

static void put_sums(const struct mi_check *c, const struct mi_expects *set, FILE *out)
{
	uint64_t n[MI_SEVERITY_NR] = {0};
	unsigned int i, asked = 0, rules = 0;
	size_t expects = 0;

	for (i = 0; i < MI_RULE_NR; i++) {
		n[mi_rules[i].severity] += c->count[i];
		asked += c->ask.asked[i];
		rules += c->ask.asked[i] && !c->why_not[i];
	}
	if (asked || !set)
		fprintf(out,
			"CHECKED  %u rules, %" PRIu64 " processes, %" PRIu64 " files: %" PRIu64
			" errors, %" PRIu64 " warnings\n",
			rules, c->processes, c->files, n[MI_SEVERITY_ERROR],
			n[MI_SEVERITY_WARNING]);
	if (!set)
		return;
	for (i = 0; i < set->n; i++)
		expects += !set->list[i].why_not;
	fprintf(out, "EXPECTED  %zu of %zu applied: %" PRIu64 " errors, %" PRIu64 " warnings\n",
		expects, set->n, mi_expects_count(set, MI_SEVERITY_ERROR),
		mi_expects_count(set, MI_SEVERITY_WARNING));
}

void mi_text_check(const struct mi_check *c, const struct mi_expects *set, FILE *out)
{
	size_t i;

	put_sums(c, set, out);
	for (i = 0; i < MI_RULE_NR; i++)
		put_rule(c, (unsigned int)i, out);
	for (i = 0; set && i < set->n; i++)
		put_expect(&set->list[i], out);
	put_not_checked(c, set, out);
	if (set)
		put_incomplete(set, out);
	mi_text_not_read(c->k, out);
}
