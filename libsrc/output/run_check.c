// SPDX-License-Identifier: GPL-2.0-or-later
/* run_check.c - applies the rules, and writes what they found */
#include "../inspect/check.h"
#include "output.h"

static enum mi_status write_check(const struct mi_check *c, const struct mi_request *ask, FILE *out,
				  struct mi_error *err)
{
	if (ask->json)
		return mi_json_check(c, ask, out, err);
	switch (ask->report) {
	case MI_REPORT_TAP:
		mi_tap_check(c, out);
		return MI_OK;
	case MI_REPORT_JUNIT:
		mi_junit_check(c, out);
		return MI_OK;
	default:
		mi_text_check(c, out);
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

enum mi_status mi_run_check(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			    struct mi_error *err)
{
	struct mi_check_options opt = {.older_s = ask->older_s, .dirty_mib = ask->dirty_mib};
	struct mi_check *c;
	enum mi_status st = mi_check_rules(ask->rules, ask->errors_only, opt.asked, err);

	if (!st)
		st = mi_check_open(k, &opt, &c, err);
	if (st)
		return st;
	st = write_check(c, ask, out, err);
	if (!st)
		st = c->n_found ? MI_FINDINGS : not_checked(c, ask, err);
	mi_check_close(c);
	return st;
}
