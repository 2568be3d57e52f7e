// SPDX-License-Identifier: GPL-2.0-or-later
/* report_check.c - what a check found, for programs that collect tests: TAP, JUnit */
#include <inttypes.h>

#include "../inspect/check.h"
#include "escape.h"
#include "expect.h"
#include "output.h"

static size_t rules_asked(const struct mi_check *c)
{
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < MI_RULE_NR; i++)
		n += c->ask.asked[i];
	return n;
}

static void tap_rule(const struct mi_check *c, unsigned int rule, unsigned int n, FILE *out)
{
	size_t i;

	fprintf(out, "%s %u - %s", c->count[rule] ? "not ok" : "ok", n, mi_rules[rule].id);
	if (c->count[rule])
		fprintf(out, ": %" PRIu64 " findings\n", c->count[rule]);
	else if (c->why_not[rule])
		fprintf(out, " # SKIP %s\n", c->why_not[rule]);
	else
		fputc('\n', out);
	for (i = 0; i < c->n_found; i++) {
		if (c->found[i].rule != rule)
			continue;
		fprintf(out, "# %s %" PRIx64 ": ", c->found[i].object, c->found[i].addr);
		mi_put_escaped(out, c->found[i].text);
		fputc('\n', out);
	}
}

static void tap_expect(const struct mi_expect *e, unsigned int n, FILE *out)
{
	size_t i;

	fprintf(out, "%s %u - %s", e->count ? "not ok" : "ok", n, e->name);
	if (e->count) {
		fprintf(out, ": %" PRIu64 " findings", e->count);
	} else if (e->why_not) {
		fputs(" # SKIP ", out);
		mi_put_escaped(out, e->why_not);
	}
	fputc('\n', out);
	for (i = 0; i < e->n_found; i++) {
		fputs("# ", out);
		if (e->found[i].task.addr) {
			fprintf(out, "PID %d (", e->found[i].task.pid);
			mi_put_escaped(out, e->found[i].task.comm);
			fputs("): ", out);
		}
		mi_put_escaped(out, e->found[i].text);
		fputc('\n', out);
	}
	if (e->incomplete)
		fprintf(out, "# of %" PRIu64 " documents %" PRIu64 " incomplete\n", e->documents,
			e->incomplete);
}

void mi_tap_check(const struct mi_check *c, const struct mi_expects *set, FILE *out)
{
	unsigned int rule, n = 0;
	size_t i;

	fprintf(out, "1..%zu\n", rules_asked(c) + (set ? set->n : 0));
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			tap_rule(c, rule, ++n, out);
	for (i = 0; set && i < set->n; i++)
		tap_expect(&set->list[i], ++n, out);
}

/* ---- JUnit ---- */

static void put_xml(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fputc(*s >= ' ' && *s <= '~' ? *s : '?', out);
	}
}

static void junit_rule(const struct mi_check *c, unsigned int rule, FILE *out)
{
	size_t i;

	fprintf(out, "  <testcase classname=\"mmapinfo.check\" name=\"%s\"", mi_rules[rule].id);
	if (!c->count[rule] && !c->why_not[rule]) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n", out);
	if (!c->count[rule]) {
		fputs("    <skipped message=\"", out);
		put_xml(c->why_not[rule], out);
		fputs("\"/>\n  </testcase>\n", out);
		return;
	}
	fprintf(out, "    <failure type=\"%s\" message=\"%" PRIu64 " findings: ",
		mi_severity_word(mi_rules[rule].severity), c->count[rule]);
	put_xml(mi_rules[rule].finds, out);
	fputs("\">\n", out);
	for (i = 0; i < c->n_found; i++) {
		if (c->found[i].rule != rule)
			continue;
		fprintf(out, "%s %" PRIx64 ": ", c->found[i].object, c->found[i].addr);
		put_xml(c->found[i].text, out);
		fputc('\n', out);
	}
	fputs("    </failure>\n  </testcase>\n", out);
}

/* What of a test is no part of its verdict. */
static void junit_incomplete(const struct mi_expect *e, FILE *out)
{
	if (e->incomplete)
		fprintf(out,
			"    <system-out>of %" PRIu64 " documents %" PRIu64
			" incomplete</system-out>\n",
			e->documents, e->incomplete);
	fputs("  </testcase>\n", out);
}

static void junit_unmet(const struct mi_expect *e, FILE *out)
{
	size_t i;

	fprintf(out, "    <failure type=\"%s\" message=\"%" PRIu64 " findings: ",
		mi_severity_word(e->severity), e->count);
	put_xml(e->message, out);
	fputs("\">\n", out);
	for (i = 0; i < e->n_found; i++) {
		if (e->found[i].task.addr) {
			fprintf(out, "PID %d (", e->found[i].task.pid);
			put_xml(e->found[i].task.comm, out);
			fputs("): ", out);
		}
		put_xml(e->found[i].text, out);
		fputc('\n', out);
	}
	fputs("    </failure>\n", out);
}

static void junit_expect(const struct mi_expect *e, FILE *out)
{
	fprintf(out, "  <testcase classname=\"mmapinfo.expect\" name=\"%s\">\n", e->name);
	if (e->count) {
		junit_unmet(e, out);
	} else if (e->why_not) {
		fputs("    <skipped message=\"", out);
		put_xml(e->why_not, out);
		fputs("\"/>\n", out);
	}
	junit_incomplete(e, out);
}

void mi_junit_check(const struct mi_check *c, const struct mi_expects *set, FILE *out)
{
	unsigned int rule, failed = 0, skipped = 0;
	size_t i;

	for (rule = 0; rule < MI_RULE_NR; rule++) {
		failed += c->ask.asked[rule] && c->count[rule];
		skipped += c->ask.asked[rule] && !c->count[rule] && c->why_not[rule];
	}
	for (i = 0; set && i < set->n; i++) {
		failed += set->list[i].count > 0;
		skipped += !set->list[i].count && set->list[i].why_not;
	}
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"US-ASCII\"?>\n"
		"<testsuite name=\"mmapinfo check\" tests=\"%zu\" failures=\"%u\" skipped=\"%u\" "
		"errors=\"0\">\n",
		rules_asked(c) + (set ? set->n : 0), failed, skipped);
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			junit_rule(c, rule, out);
	for (i = 0; set && i < set->n; i++)
		junit_expect(&set->list[i], out);
	fputs("</testsuite>\n", out);
}
