// SPDX-License-Identifier: GPL-2.0-or-later
/* check_pending.c - the rules about waits and block requests */
#include <inttypes.h>
#include <stdlib.h>

#include "check_private.h"
#include "pending.h"

#define NS_PER_S ((uint64_t)1000000000)

static void add_wait(struct mi_check_run *r, enum mi_rule rule, const struct mi_wait *w)
{
	struct mi_found *f;

	/* The entry on the waiter's stack: pages may have many. */
	f = mi_check_add(r, rule, "wait_queue_entry", w->waiter.entry, w->waiter.task.pid);
	mi_check_say(f, "PID %d waits for a %s (%s) that %s", w->waiter.task.pid,
		     w->waiter.buffer ? "buffer" : "page", mi_wait_word(w->waiter.what),
		     rule == MI_RULE_LOST_WAKEUP ? "is not so any more, and was not woken"
						 : "no request has");
	mi_check_address(f, "page", mi_pfn_to_page(r->c->k, w->waiter.pfn));
	mi_check_number(f, "bit", w->waiter.bit);
	if (w->waiter.buffer)
		mi_check_address(f, "buffer_head", w->waiter.buffer);
	if (!w->page.why) {
		mi_check_address(f, "page.mapping", w->page.mapping);
		mi_check_number(f, "page.index", (int64_t)w->page.index);
	}
}

static void check_wait(struct mi_check_run *r, const struct mi_wait *w)
{
	if (mi_check_apply(r, MI_RULE_LOST_WAKEUP) && w->finding == MI_FINDING_BIT_CLEAR &&
	    !w->waiter.woken)
		add_wait(r, MI_RULE_LOST_WAKEUP, w);
	if (w->finding != MI_FINDING_NO_REQUEST)
		return;
	if (w->waiter.what == MI_WAIT_WRITEBACK) {
		if (mi_check_apply(r, MI_RULE_WRITEBACK_WITHOUT_IO))
			add_wait(r, MI_RULE_WRITEBACK_WITHOUT_IO, w);
	} else if (mi_check_apply(r, MI_RULE_LOCK_WITHOUT_IO)) {
		add_wait(r, MI_RULE_LOCK_WITHOUT_IO, w);
	}
}

static void check_age(struct mi_check_run *r, const struct mi_pending *p,
		      const struct mi_pending_rq *q)
{
	uint64_t since =
		q->rq.state == MI_RQ_DRIVER && q->rq.issue_ns ? q->rq.issue_ns : q->rq.start_ns;
	struct mi_found *f;
	uint64_t age;

	if (!mi_check_apply(r, MI_RULE_REQUEST_AGE))
		return;
	if (!p->clock_known) {
		mi_check_cannot(r, MI_RULE_REQUEST_AGE, "the kernel's clock is not known");
		return;
	}
	age = since && since < p->clock_ns ? p->clock_ns - since : 0;
	if (age / NS_PER_S < r->c->ask.older_s)
		return;
	f = mi_check_add(r, MI_RULE_REQUEST_AGE, "request", q->rq.addr, 0);
	mi_check_say(f, "a request of %s is %" PRIu64 " s old: %s", p->disks[q->rq.disk].name,
		     age / NS_PER_S, mi_rq_state_text(q->rq.state));
	if (q->rq.sector != MI_RQ_NO_SECTOR)
		mi_check_number(f, "sector", (int64_t)q->rq.sector);
	mi_check_number(f, "bytes", (int64_t)q->rq.bytes);
	mi_check_number(f, "age_ns", (int64_t)age);
	mi_check_number(f, "tag", q->rq.tag);
}

/* The device has answered, and for longer than softirqs take that is all there is. */
static void check_completed(struct mi_check_run *r, const struct mi_pending *p,
			    const struct mi_pending_rq *q)
{
	struct mi_found *f;

	if (!mi_check_apply(r, MI_RULE_REQUEST_COMPLETED))
		return;
	if (q->rq.state != MI_RQ_COMPLETING || !p->clock_known || !q->rq.issue_ns ||
	    q->rq.issue_ns >= p->clock_ns || p->clock_ns - q->rq.issue_ns < NS_PER_S)
		return;
	f = mi_check_add(r, MI_RULE_REQUEST_COMPLETED, "request", q->rq.addr, 0);
	mi_check_say(f, "a request of %s was answered, and is not completed",
		     p->disks[q->rq.disk].name);
	mi_check_number(f, "tag", q->rq.tag);
	mi_check_number(f, "issued_ns_ago", (int64_t)(p->clock_ns - q->rq.issue_ns));
}

/* ---- pages in caches ---- */

#define BUSY_MAX 65536

void mi_check_busy(struct mi_check_run *r, const struct mi_page *page)
{
	const uint32_t busy = 1U << MI_PG_LOCKED | 1U << MI_PG_WRITEBACK;
	struct mi_page *more;

	/* Of a folio its first page. */
	if (!(page->flags & busy) || page->pfn != page->head_pfn ||
	    !mi_check_apply(r, MI_RULE_PAGE_WITHOUT_IO))
		return;
	if (r->n_busy == BUSY_MAX) {
		mi_check_cannot(r, MI_RULE_PAGE_WITHOUT_IO, "too many pages are locked");
		return;
	}
	if (r->n_busy == r->room_busy) {
		r->room_busy = r->room_busy ? 2 * r->room_busy : 64;
		more = realloc(r->busy, r->room_busy * sizeof(*more));
		if (!more) {
			r->no_memory = true;
			r->n_busy = r->room_busy = 0;
			return;
		}
		r->busy = more;
	}
	r->busy[r->n_busy++] = *page;
}

static void found_busy(struct mi_check_run *r, const struct mi_page *page)
{
	struct mi_found *f;

	f = mi_check_add(r, MI_RULE_PAGE_WITHOUT_IO, "page", mi_pfn_to_page(r->c->k, page->pfn), 0);
	mi_check_say(f, "page %" PRIu64 " of a file is %s, and no request has it", page->index,
		     page->flags >> MI_PG_LOCKED & 1 ? "locked" : "under writeback");
	mi_check_address(f, "page.mapping", page->mapping);
	mi_check_number(f, "page.index", (int64_t)page->index);
}

/* Those of busy[] that nothing pending has. False: out of memory. */
static bool without_io(struct mi_check_run *r, struct mi_pending *p, struct mi_inhand *list,
		       size_t *n)
{
	enum mi_finding finding;
	size_t i;

	for (i = 0; i < r->n_busy; i++) {
		if (!mi_pending_page(p, &r->busy[i], &finding))
			return false;
		if (finding != MI_FINDING_NO_REQUEST)
			continue;
		list[*n].page = r->busy[i];
		list[(*n)++].writeback = !(r->busy[i].flags >> MI_PG_LOCKED & 1);
	}
	return true;
}

static enum mi_status check_busy(struct mi_check_run *r, struct mi_pending *p, struct mi_error *err)
{
	struct mi_inhand *list = calloc(r->n_busy + 1, sizeof(*list));
	struct mi_waiter *waiters = calloc(p->n_waits + 1, sizeof(*waiters));
	enum mi_status st = MI_OK;
	size_t i, n = 0;

	for (i = 0; waiters && i < p->n_waits; i++)
		waiters[i] = p->waits[i].waiter;
	if (!list || !waiters || !without_io(r, p, list, &n))
		r->no_memory = true;
	else
		st = mi_inhand_find(r->c->k, waiters, p->n_waits, list, n, err);
	for (i = 0; !st && !r->no_memory && i < n; i++)
		if (!list[i].how)
			found_busy(r, &list[i].page);
	free(waiters);
	free(list);
	return st;
}

static const enum mi_rule of_pending[] = {
	MI_RULE_LOST_WAKEUP,	 MI_RULE_LOCK_WITHOUT_IO,   MI_RULE_WRITEBACK_WITHOUT_IO,
	MI_RULE_PAGE_WITHOUT_IO, MI_RULE_REQUEST_COMPLETED, MI_RULE_REQUEST_AGE,
};
#define OF_WAITS 3 /* of these the first */

static bool any_asked(const struct mi_check *c)
{
	size_t i;

	for (i = 0; i < sizeof(of_pending) / sizeof(*of_pending); i++)
		if (c->ask.asked[of_pending[i]])
			return true;
	return false;
}

enum mi_status mi_check_pending(struct mi_check_run *r, struct mi_error *err)
{
	struct mi_pending *p;
	struct mi_error why;
	enum mi_status st;
	size_t i;

	if (!any_asked(r->c))
		return MI_OK;
	st = mi_pending_settled(r->c->k, NULL, &p, &why);
	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why.text);
	for (i = 0; st && i < sizeof(of_pending) / sizeof(*of_pending); i++)
		mi_check_cannot(r, of_pending[i], "block devices cannot be read in this kernel");
	if (st)
		return MI_OK;
	for (i = 0; !p->waits_known && i < OF_WAITS; i++)
		mi_check_cannot(r, of_pending[i], "who waits for pages is not known");
	for (i = 0; i < p->n_waits; i++)
		check_wait(r, &p->waits[i]);
	for (i = 0; i < p->n_rq; i++) {
		if (p->rq[i].unstable)
			continue;
		check_age(r, p, &p->rq[i]);
		check_completed(r, p, &p->rq[i]);
	}
	st = check_busy(r, p, err);
	mi_pending_close(p);
	return st;
}
