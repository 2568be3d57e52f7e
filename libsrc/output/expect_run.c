// SPDX-License-Identifier: GPL-2.0-or-later
/* expect_run.c - applies expectations to documents, one document at a time */
#include <stdlib.h>

#include "expect_private.h"

struct look {
	struct mi_expects *set;
	const struct mi_check *c;
	bool again; /* what was found is looked for once more */
};

static bool is_live(const struct look *l)
{
	return mi_target_facts(l->c->k->t)->live;
}

static bool wants(const struct look *l, const struct mi_expect *e,
		  const struct mi_source_of_document *from)
{
	return e->about == from->about && e->with == from->with && !e->why_not &&
	       (!l->again || e->confirmed.n);
}

/* ---- one document ---- */

/*
 * Why a program ended before its end. Frees @end and, with what the program has on its stack, all
 * of a program that cannot be applied: libjq 1.6 must not start again what halt_error ended, it
 * would free the message twice.
 */
static enum mi_status after_end(struct mi_expect *e, jv end, const struct mi_task *task,
				struct mi_error *err)
{
	enum mi_status st = MI_OK;
	bool failed = jv_invalid_has_msg(jv_copy(end));
	jv msg = jv_invalid_get_msg(end), code;

	if (jq_halted(e->jq)) {
		jv_free(msg);
		msg = jq_get_error_message(e->jq);
		code = jq_get_exit_code(e->jq);
		/* "halt", which has none, is an end as any other. */
		failed = jv_is_valid(code);
		jv_free(code);
	}
	if (failed) {
		if (!mi_jv_is_text(msg))
			msg = jv_dump_string(msg, 0);
		st = mi_expect_cannot(e, task, jv_string_value(msg), err);
	}
	jv_free(msg);
	if (e->why_not)
		jq_teardown(&e->jq);
	else
		jq_start(e->jq, jv_null(), 0);
	return st;
}

static enum mi_status judge(const struct look *l, struct mi_expect *e, jv doc,
			    const struct mi_task *task, struct mi_error *err)
{
	struct mi_target *t = l->c->k->t;
	enum mi_status st = MI_OK, ended;
	jv v;

	jq_start(e->jq, doc, 0);
	v = jq_next(e->jq);
	while (!st && !e->why_not && jv_is_valid(v)) {
		st = mi_expect_output(e, v, task, err);
		if (!st && mi_target_interrupted(t))
			st = mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
		v = st || e->why_not ? jv_invalid() : jq_next(e->jq);
	}
	ended = after_end(e, v, task, st ? NULL : err);
	return st ? st : ended;
}

static bool is_complete(jv doc)
{
	jv v = jv_object_get(jv_copy(doc), jv_string("complete"));
	bool is = jv_get_kind(v) == JV_KIND_TRUE;

	jv_free(v);
	return is;
}

/* @from's document could not be had: what is about it cannot be applied. */
static enum mi_status without(const struct look *l, const struct mi_source_of_document *from,
			      const char *why, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; !st && i < l->set->n; i++)
		if (wants(l, &l->set->list[i], from))
			st = mi_expect_cannot(&l->set->list[i], from->task, why, err);
	return st;
}

/* Of the running kernel, a process may have ended since the list was made. */
static bool has_gone(const struct look *l, const struct mi_source_of_document *from,
		     enum mi_status st)
{
	return is_live(l) && from->task &&
	       (st == MI_ERR_NOT_FOUND || st == MI_ERR_STATE || st == MI_ERR_READ);
}

static enum mi_status judge_document(const struct look *l, const struct mi_source_of_document *from,
				     struct mi_error *err)
{
	struct mi_error why;
	enum mi_status st;
	size_t i;
	jv doc;

	st = mi_expect_document(from, &doc, &why);
	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why.text);
	if (st)
		return has_gone(l, from, st) ? MI_OK : without(l, from, why.text, err);
	for (i = 0; !st && i < l->set->n; i++) {
		struct mi_expect *e = &l->set->list[i];

		if (!wants(l, e, from))
			continue;
		e->documents++;
		e->incomplete += !is_complete(doc);
		st = judge(l, e, jv_copy(doc), from->task, err);
	}
	jv_free(doc);
	return st;
}

/* Of the running kernel: @task is what was listed, and not another that has its memory now. */
static bool is_still(struct mi_kernel *k, const struct mi_task *task)
{
	struct mi_task now;

	mi_target_refresh(k->t);
	return mi_task_at(k, task->addr, &now) && now.pid == task->pid;
}

/* If there is somebody who wants it. */
static enum mi_status judge_if_wanted(const struct look *l,
				      const struct mi_source_of_document *from,
				      struct mi_error *err)
{
	size_t i;

	for (i = 0; i < l->set->n && !wants(l, &l->set->list[i], from); i++)
		;
	if (i == l->set->n || (from->task && is_live(l) && !is_still(l->c->k, from->task)))
		return MI_OK;
	return judge_document(l, from, err);
}

/* ---- all of them ---- */

static enum mi_status judge_process(const struct look *l, const struct mi_task *leader,
				    const struct mi_problems *met, struct mi_error *err)
{
	struct mi_source_of_document from = {.c = l->c, .about = MI_ABOUT_PROCESS, .task = leader};
	struct mi_kernel *k = l->c->k;
	enum mi_status st = MI_OK;
	struct mi_task holder;

	if (leader->kind == MI_TASK_KTHREAD ||
	    (leader->kind != MI_TASK_USER && !mi_task_with_mm(k, leader, &holder)))
		return MI_OK;
	for (; !st && from.with < 1U << MI_WITH_NR; from.with++) {
		/* What the list lacks, each of its processes' answers tells. */
		k->problems = *met;
		st = judge_if_wanted(l, &from, err);
	}
	return st;
}

static bool any_about(const struct look *l, enum mi_about about)
{
	size_t i;

	for (i = 0; i < l->set->n; i++)
		if (l->set->list[i].about == about && !l->set->list[i].why_not)
			return true;
	return false;
}

static enum mi_status judge_processes(const struct look *l, struct mi_error *err)
{
	struct mi_kernel *k = l->c->k;
	struct mi_problems met;
	struct mi_task *leaders;
	enum mi_status st;
	size_t i, n;

	if (!any_about(l, MI_ABOUT_PROCESS))
		return MI_OK;
	memset(&k->problems, 0, sizeof(k->problems));
	mi_target_refresh(k->t);
	st = mi_task_leaders(k, &leaders, &n, err);
	met = k->problems;
	if (st)
		return st;
	for (i = 0; !st && i < n; i++)
		st = judge_process(l, &leaders[i], &met, err);
	free(leaders);
	return st;
}

static enum mi_status look(const struct look *l, const struct mi_problems *of_check,
			   struct mi_error *err)
{
	struct mi_source_of_document from = {.c = l->c};
	struct mi_kernel *k = l->c->k;
	unsigned int unused = k->unused;
	enum mi_status st = judge_processes(l, err);
	unsigned int about;

	for (about = MI_ABOUT_PROCESSES; !st && about < MI_ABOUT_NR; about++) {
		k->problems = *of_check;
		k->unused = unused;
		from.about = (enum mi_about)about;
		st = judge_if_wanted(l, &from, err);
	}
	k->problems = *of_check;
	k->unused = unused;
	return st;
}

/* What judged nothing has not been applied. */
static enum mi_status none_judged(const struct look *l, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; !st && i < l->set->n; i++)
		if (!l->set->list[i].documents)
			st = mi_expect_cannot(&l->set->list[i], NULL, "there is no process", err);
	return st;
}

enum mi_status mi_expects_run(struct mi_expects *set, const struct mi_check *c,
			      struct mi_error *err)
{
	const struct mi_problems of_check = c->k->problems;
	struct look l = {.set = set, .c = c};
	enum mi_status st = look(&l, &of_check, err);
	size_t i;

	if (!st)
		st = none_judged(&l, err);
	if (st || !is_live(&l))
		return st;
	for (i = 0; i < set->n; i++)
		if (set->list[i].count) {
			mi_expect_look_again(&set->list[i]);
			l.again = true;
		}
	return l.again ? look(&l, &of_check, err) : MI_OK;
}

uint64_t mi_expects_count(const struct mi_expects *set, enum mi_severity severity)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; set && i < set->n; i++)
		n += set->list[i].severity == severity ? set->list[i].count : 0;
	return n;
}
