// SPDX-License-Identifier: GPL-2.0-or-later
/* report_check.c - what the rules of a check found, for programs that collect tests: TAP, JUnit */
#include <inttypes.h>

#include "../inspect/check.h"
#include "escape.h"
#include "output.h"

static unsigned int rules_asked(const struct mi_check *c)
{
	unsigned int i, n = 0;

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

void mi_tap_check(const struct mi_check *c, FILE *out)
{
	unsigned int rule, n = 0;

	fprintf(out, "1..%u\n", rules_asked(c));
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			tap_rule(c, rule, ++n, out);
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

void mi_junit_check(const struct mi_check *c, FILE *out)
{
	unsigned int rule, failed = 0, skipped = 0;

	for (rule = 0; rule < MI_RULE_NR; rule++) {
		failed += c->ask.asked[rule] && c->count[rule];
		skipped += c->ask.asked[rule] && !c->count[rule] && c->why_not[rule];
	}
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"US-ASCII\"?>\n"
		"<testsuite name=\"mmapinfo check\" tests=\"%u\" failures=\"%u\" skipped=\"%u\" "
		"errors=\"0\">\n",
		rules_asked(c), failed, skipped);
	for (rule = 0; rule < MI_RULE_NR; rule++)
		if (c->ask.asked[rule])
			junit_rule(c, rule, out);
	fputs("</testsuite>\n", out);
}
