// SPDX-License-Identifier: GPL-2.0-or-later
/* check_waiters.c - does every task that sleeps for a page stand where it can be woken? */
#include <inttypes.h>

#include "blocked.h"
#include "check_private.h"

static void found(struct mi_check_run *r, const struct mi_blocked *t,
		  const struct mi_wait_told *told)
{
	struct mi_found *f =
		mi_check_add(r, MI_RULE_UNLINKED_WAITER, "task_struct", t->task.addr, t->task.pid);

	mi_check_say(f, "PID %d sleeps in %s, and stands in no wait queue of pages", t->task.pid,
		     told->frame && told->frame->symbol ? told->frame->symbol : "?");
	mi_check_address(f, "sp", t->sp);
	if (t->trace.blocked_known)
		mi_check_number(f, "blocked_ns", (int64_t)t->trace.blocked_ns);
}

/* Woken, it is no longer in D when its entry leaves the queue (wake_page_function()). */
static void check_task(struct mi_check_run *r, const struct mi_blocked *t)
{
	struct mi_wait_told told;

	if (t->task.state != 'D' || !mi_stack_told(&t->trace, &told) ||
	    told.what != MI_WAITS_PAGE || !mi_check_apply(r, MI_RULE_UNLINKED_WAITER))
		return;
	if (t->wait == MI_NO_INDEX)
		found(r, t, &told);
}

/*
 * With a look of its own at what is pending: of a running kernel, who sleeps must be noted before
 * that, or who has just begun to would be taken for unlinked.
 */
enum mi_status mi_check_waiters(struct mi_check_run *r, struct mi_error *err)
{
	const struct mi_problems before = r->c->k->problems;
	struct mi_blocked_set *set;
	struct mi_error why;
	enum mi_status st;
	size_t i;

	if (!r->c->ask.asked[MI_RULE_UNLINKED_WAITER])
		return MI_OK;
	st = mi_blocked_open(r->c->k, NULL, 0, &set, &why);
	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why.text);
	if (st || !set->pending || !set->pending->waits_known)
		mi_check_cannot(r, MI_RULE_UNLINKED_WAITER, "who waits for pages is not known");
	else if (mi_problem_count(&r->c->k->problems) != mi_problem_count(&before))
		mi_check_cannot(r, MI_RULE_UNLINKED_WAITER, "not all wait queues could be read");
	/* Of what is pending, mi_check_pending() tells. */
	r->c->k->problems = before;
	for (i = 0; !st && i < set->n; i++)
		check_task(r, &set->tasks[i]);
	if (!st)
		mi_blocked_close(set);
	return MI_OK;
}
