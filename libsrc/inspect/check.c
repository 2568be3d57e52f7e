// SPDX-License-Identifier: GPL-2.0-or-later
/* check.c - the rules of mmapinfo check: what was found, and of what it is made */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

const struct mi_rule_facts mi_rules[MI_RULE_NR] = {
#define MI_RULE(name, id, severity, finds, means)                                                  \
	[MI_RULE_##name] = {id, MI_SEVERITY_##severity, finds, means},
#include "rules.def"
#undef MI_RULE
};

const char *mi_severity_word(enum mi_severity severity)
{
	return severity == MI_SEVERITY_ERROR ? "error" : "warning";
}

enum mi_rule mi_rule_find(const char *id, size_t n)
{
	unsigned int i;

	for (i = 0; i < MI_RULE_NR; i++)
		if (strlen(mi_rules[i].id) == n && !memcmp(mi_rules[i].id, id, n))
			break;
	return (enum mi_rule)i;
}

/* ---- findings ---- */

struct mi_found *mi_check_add(struct mi_check_run *r, enum mi_rule rule, const char *object,
			      uint64_t addr, int32_t pid)
{
	struct mi_check *c = r->c;
	struct mi_found *more;

	if (c->count[rule]++ >= MI_FOUND_MAX)
		return NULL;
	/* Grown by whole chunks: MI_FOUND_MAX for each rule at most. */
	if (c->n_found % MI_FOUND_MAX == 0) {
		more = realloc(c->found, (c->n_found + MI_FOUND_MAX) * sizeof(*more));
		if (!more) {
			r->no_memory = true;
			return NULL;
		}
		c->found = more;
	}
	more = &c->found[c->n_found++];
	*more = (struct mi_found){.rule = rule, .object = object, .addr = addr, .pid = pid};
	return more;
}

void mi_check_say(struct mi_found *f, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static void add_evidence(struct mi_found *f, struct mi_evidence e)
{
	if (f && f->n_evidence < MI_EVIDENCE_MAX)
		f->evidence[f->n_evidence++] = e;
}

void mi_check_number(struct mi_found *f, const char *name, int64_t value)
{
	add_evidence(f, (struct mi_evidence){.name = name, .value = (uint64_t)value});
}

void mi_check_address(struct mi_found *f, const char *name, uint64_t value)
{
	add_evidence(f, (struct mi_evidence){.name = name, .is_address = true, .value = value});
}

bool mi_check_apply(struct mi_check_run *r, enum mi_rule rule)
{
	if (!r->c->ask.asked[rule] || r->c->why_not[rule])
		return false;
	r->c->applied[rule]++;
	return true;
}

void mi_check_cannot(struct mi_check_run *r, enum mi_rule rule, const char *why)
{
	if (!r->c->why_not[rule])
		r->c->why_not[rule] = why;
}

/* ---- what the walks met ---- */

/* MI_RULE_NR: of none, or of one that counts itself. */
static enum mi_rule rule_of(const struct mi_problem *p)
{
	if (p->poisoned)
		return MI_RULE_FREED;
	switch (p->kind) {
	case MI_PROBLEM_BAD:
		return MI_RULE_STRUCTURE;
	case MI_PROBLEM_FREED:
		return MI_RULE_FREED;
	case MI_PROBLEM_VMA_ORDER:
		return MI_RULE_VMA_ORDER;
	default:
		return MI_RULE_NR;
	}
}

/* Objects that contradict themselves are told of by the walks that meet them. */
static void check_structure(struct mi_check_run *r, const struct mi_problems *problems)
{
	struct mi_found *f;
	enum mi_rule rule;
	size_t i;

	mi_check_apply(r, MI_RULE_STRUCTURE);
	for (i = 0; i < problems->n; i++) {
		const struct mi_problem *p = &problems->list[i];

		rule = rule_of(p);
		if (rule == MI_RULE_NR || !r->c->ask.asked[rule])
			continue;
		f = mi_check_add(r, rule, p->what, p->poisoned ? p->poisoned : p->first, 0);
		mi_check_say(f, "%s: %s%s", p->what, p->why,
			     p->poisoned ? ": what freed memory is filled with" : "");
		mi_check_number(f, "count", (int64_t)p->count);
	}
}

/* ---- the whole ---- */

static int by_rule(const void *a, const void *b)
{
	const struct mi_found *x = a, *y = b;

	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static bool any_asked(const struct mi_check *c)
{
	unsigned int i;

	for (i = 0; i < MI_RULE_NR; i++)
		if (c->ask.asked[i])
			return true;
	return false;
}

static enum mi_status run_rules(struct mi_check_run *r, struct mi_error *err)
{
	enum mi_status st;

	if (!any_asked(r->c))
		return MI_OK;
	r->all_seen = true;
	st = mi_check_processes(r, err);
	if (!st)
		st = mi_check_refaults(r, err);
	if (!st)
		st = mi_check_pending(r, err);
	if (!st)
		st = mi_check_waiters(r, err);
	if (st)
		return st;
	mi_check_mapcounts(r);
	check_structure(r, &r->c->k->problems);
	if (r->no_memory)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	if (r->c->n_found)
		qsort(r->c->found, r->c->n_found, sizeof(*r->c->found), by_rule);
	return MI_OK;
}

static enum mi_status look(struct mi_kernel *k, const struct mi_check_options *ask,
			   struct mi_check **ret, struct mi_error *err)
{
	struct mi_check_run r = {0};
	enum mi_status st;

	r.c = calloc(1, sizeof(*r.c));
	if (!r.c)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	r.c->k = k;
	r.c->ask = *ask;
	if (!ask->older_s)
		r.c->ask.older_s = MI_CHECK_OLDER_S;
	if (!ask->dirty_mib)
		r.c->ask.dirty_mib = MI_CHECK_DIRTY_MIB;
	st = run_rules(&r, err);
	mi_addrmap_free(&r.mms);
	mi_addrmap_free(&r.mappings);
	mi_addrmap_free(&r.open_files);
	mi_addrmap_free(&r.freed);
	free(r.caches);
	free(r.seen);
	free(r.folio);
	free(r.busy);
	if (st)
		mi_check_close(r.c);
	else
		*ret = r.c;
	return st;
}

/* The same values led to it; but a request grows older, and pages go on to come and go. */
static bool same_evidence(const struct mi_found *a, const struct mi_found *b)
{
	size_t i;

	if (a->rule == MI_RULE_REQUEST_AGE || a->rule == MI_RULE_REQUEST_COMPLETED ||
	    a->rule == MI_RULE_READAHEAD_THRASH)
		return true;
	for (i = 0; i < a->n_evidence; i++)
		if (a->evidence[i].value != b->evidence[i].value)
			return false;
	return true;
}

/* Only what both have. */
static void confirm(struct mi_check *c, const struct mi_check *first)
{
	const struct mi_found *was;
	size_t i, n = 0;

	for (i = 0; i < c->n_found; i++) {
		was = bsearch(&c->found[i], first->found, first->n_found, sizeof(*c->found),
			      by_rule);
		if (was && same_evidence(was, &c->found[i]))
			c->found[n++] = c->found[i];
	}
	c->n_found = n;
	memset(c->count, 0, sizeof(c->count));
	for (i = 0; i < n; i++)
		c->count[c->found[i].rule]++;
}

/* *@c becomes what is still so. */
static enum mi_status look_again(struct mi_kernel *k, const struct mi_check_options *ask,
				 struct mi_check **c, struct mi_error *err)
{
	struct mi_check *again = NULL;
	enum mi_status st;

	mi_target_refresh(k->t);
	st = look(k, ask, &again, err);
	if (st)
		return st;
	confirm(again, *c);
	mi_check_close(*c);
	*c = again;
	return MI_OK;
}

/* A process that forks and exits all the time may look odd twice in the same way. */
#define LOOKS 4

enum mi_status mi_check_open(struct mi_kernel *k, const struct mi_check_options *ask,
			     struct mi_check **ret, struct mi_error *err)
{
	const struct mi_problems before = k->problems;
	struct mi_check *c = NULL;
	enum mi_status st = look(k, ask, &c, err);
	int looks;

	if (st)
		return st;
	for (looks = 1; !st && looks < LOOKS && c->n_found && mi_target_facts(k->t)->live;
	     looks++) {
		k->problems = before;
		st = look_again(k, ask, &c, err);
	}
	if (st)
		mi_check_close(c);
	else
		*ret = c;
	return st;
}

void mi_check_close(struct mi_check *c)
{
	if (!c)
		return;
	free(c->found);
	free(c);
}
