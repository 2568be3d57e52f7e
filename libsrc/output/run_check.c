// SPDX-License-Identifier: GPL-2.0-or-later
/* run_check.c - applies the rules and expectations, and writes what they found */
#include "expect.h"
#include "output.h"

static enum mi_status write_check(const struct mi_check *c, const struct mi_expects *set,
				  const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	if (ask->json)
		return mi_json_check(c, set, ask, out, err);
	switch (ask->report) {
	case MI_REPORT_TAP:
		mi_tap_check(c, set, out);
		return MI_OK;
	case MI_REPORT_JUNIT:
		mi_junit_check(c, set, out);
		return MI_OK;
	default:
		mi_text_check(c, set, out);
		return ask->sources ? mi_text_sources(c->k, out, err) : MI_OK;
	}
}

/* Who asks for a rule wants to know if it could not be applied; of all rules, some may not. */
static enum mi_status not_checked(const struct mi_check *c, const struct mi_request *ask,
				  struct mi_error *err)
{
	unsigned int i, asked = 0, off = 0;
	const char *why = NULL;

	for (i = 0; i < MI_RULE_NR; i++) {
		asked += c->ask.asked[i];
		if (c->ask.asked[i] && c->why_not[i]) {
			off++;
			why = c->why_not[i];
		}
	}
	if (!off || (off < asked && !ask->rules))
		return MI_OK;
	return mi_fail(err, MI_ERR_MISSING, "%u of %u rules could not be applied: %s", off, asked,
		       why);
}

/* Each of these was asked for. */
static enum mi_status not_applied(const struct mi_expects *set, struct mi_error *err)
{
	const struct mi_expect *first = NULL;
	size_t i, off = 0;

	for (i = 0; set && i < set->n; i++)
		if (set->list[i].why_not) {
			first = off++ ? first : &set->list[i];
		}
	return off ? mi_fail(err, MI_ERR_MISSING,
			     "%zu of %zu expectations could not be applied: %s: %s", off, set->n,
			     first->name, first->why_not)
		   : MI_OK;
}

static bool has_found(const struct mi_check *c, const struct mi_expects *set)
{
	return c->n_found || mi_expects_count(set, MI_SEVERITY_WARNING) ||
	       mi_expects_count(set, MI_SEVERITY_ERROR);
}

static enum mi_status run(struct mi_kernel *k, const struct mi_request *ask,
			  const struct mi_check_options *opt, struct mi_expects *set, FILE *out,
			  struct mi_error *err)
{
	struct mi_check *c;
	enum mi_status st = mi_check_open(k, opt, &c, err);

	if (st)
		return st;
	if (set)
		st = mi_expects_run(set, c, err);
	if (!st)
		st = write_check(c, set, ask, out, err);
	if (!st)
		st = has_found(c, set) ? MI_FINDINGS : not_checked(c, ask, err);
	if (!st)
		st = not_applied(set, err);
	mi_check_close(c);
	return st;
}

enum mi_status mi_run_check(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			    struct mi_error *err)
{
	struct mi_check_options opt = {.older_s = ask->older_s, .dirty_mib = ask->dirty_mib};
	struct mi_expects *set = NULL;
	enum mi_status st = mi_check_rules(ask->rules, ask->errors_only, opt.asked, err);

	if (!st && ask->expect)
		st = mi_expects_new(ask->expect, ask->errors_only, &set, err);
	if (!st)
		st = run(k, ask, &opt, set, out, err);
	mi_expects_free(set);
	return st;
}
