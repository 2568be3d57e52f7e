// SPDX-License-Identifier: GPL-2.0-or-later
/* words_blocked.c - what a stuck task is doing and waits for, in words */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "words_blocked.h"

#define NS_PER_MS 1000000
#define OWNERS_TOLD 6 /* of locks, one behind the other */

void mi_words_add(struct mi_words *w, const char *fmt, ...)
{
	size_t room = sizeof(w->text) - w->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->n, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->n += (size_t)n < room ? (size_t)n : room - 1;
}

void mi_words_seconds(struct mi_words *w, uint64_t ns)
{
	mi_words_add(w, "%" PRIu64 ".%03" PRIu64 " s", ns / NS_PER_MS / 1000,
		     ns / NS_PER_MS % 1000);
}

const char *mi_words_operation(const struct mi_pending *p, const struct mi_rq *rq)
{
	const char *op = mi_rq_operation(p->k, rq);

	return op ? op : "request";
}

/* The fault, if there is one and no doubt about it. */
const struct mi_fault_seen *mi_sure_fault(const struct mi_blocked *t)
{
	return t->faults.n == 1 && !t->faults.list[0].doubts ? &t->faults.list[0] : NULL;
}

void mi_words_doing(const struct mi_blocked *t, struct mi_words *w)
{
	const struct mi_fault_seen *seen = mi_sure_fault(t);
	const char *access = seen ? mi_fault_access_word(seen->fault.access) : NULL;

	if (seen)
		mi_words_add(w, "%s%sfault", access ? access : "", access ? " " : "");
	else if (t->task.kind == MI_TASK_KTHREAD)
		mi_words_add(w, "kernel thread");
	else if (t->stack != MI_KSTACK_OK || t->regs.entry == MI_ENTRY_UNKNOWN)
		mi_words_add(w, "?");
	else if (t->regs.entry == MI_ENTRY_EXCEPTION)
		mi_words_add(w, "exception");
	else if (*t->regs.syscall_name)
		mi_words_add(w, "%s", t->regs.syscall_name);
	else
		mi_words_add(w, "call %" PRIu64, t->regs.syscall);
}

/* By the path that the process has it under, if the fault tells that; else inside its file system.
 */
static void add_file(const struct mi_blocked_set *set, const struct mi_blocked *t,
		     const struct mi_wait *wait, struct mi_words *w)
{
	const struct mi_fault_seen *seen = mi_sure_fault(t);
	const struct mi_pending_file *f = &set->pending->files[wait->file];

	if (seen && seen->vma.file && *seen->name && seen->fault.pgoff >= wait->page.index &&
	    seen->fault.pgoff - wait->page.index < 1ULL << wait->page.order) {
		mi_words_add(w, "%s", seen->name);
		return;
	}
	if (!f->known) {
		mi_words_add(w, "an unknown file");
		return;
	}
	if (f->device) {
		mi_words_add(w, "%s", *f->path ? f->path : "a block device");
		return;
	}
	mi_words_add(w, "%s (%s %u:%u, inode %" PRIu64 ")", *f->path ? f->path : "?",
		     *f->file.name.fs ? f->file.name.fs : "?", f->file.name.dev_major,
		     f->file.name.dev_minor, f->file.name.ino);
}

void mi_words_page(const struct mi_blocked_set *set, const struct mi_blocked *t, struct mi_words *w)
{
	const struct mi_wait *wait = &set->pending->waits[t->wait];
	const struct mi_fault_seen *seen = mi_sure_fault(t);
	uint64_t page = wait->page.index, n = 1ULL << wait->page.order;

	if (wait->file == MI_NO_INDEX) {
		mi_words_add(w, "%s at PFN %" PRIx64,
			     wait->page.why			 ? "the page"
			     : wait->page.owner == MI_OWNER_ANON ? "the anonymous page"
								 : "the page",
			     wait->waiter.pfn);
		return;
	}
	if (seen && seen->vma.file && seen->fault.pgoff >= page && seen->fault.pgoff - page < n) {
		page = seen->fault.pgoff;
		n = 1;
	}
	if (n > 1)
		mi_words_add(w, "pages %" PRIu64 "-%" PRIu64 " of ", page, page + n - 1);
	else
		mi_words_add(w, "page %" PRIu64 " of ", page);
	add_file(set, t, wait, w);
}

/* How many requests of a device the driver has. */
static size_t in_driver(const struct mi_pending *p, size_t disk)
{
	size_t i, n = 0;

	for (i = 0; i < p->n_rq; i++)
		n += p->rq[i].rq.disk == disk && p->rq[i].rq.state == MI_RQ_DRIVER;
	return n;
}

static void add_tag(const struct mi_pending *p, const struct mi_tag_wait *tag, struct mi_words *w)
{
	mi_words_add(w, "a free%s %s tag", tag->reserved ? " reserved" : "",
		     tag->sched ? "scheduler" : "hardware");
	if (tag->disk != MI_TAG_NO_DISK)
		mi_words_add(w, " of %s", p->disks[tag->disk].name);
	if (tag->hctx >= 0)
		mi_words_add(w, ", hardware queue %" PRId64, tag->hctx);
}

void mi_words_waits_for(const struct mi_blocked_set *set, const struct mi_blocked *t,
			struct mi_words *w)
{
	static const char *const what[MI_WAIT_NR] = {
		[MI_WAIT_LOCKED] = "the lock of ",
		[MI_WAIT_WRITEBACK] = "the end of writeback of ",
		[MI_WAIT_PRIVATE_2] = "the end of the cache's writing of ",
		[MI_WAIT_BUFFER] = "the lock of a buffer of ",
		[MI_WAIT_OTHER] = "a bit of ",
	};

	if (t->wait != MI_NO_INDEX) {
		mi_words_add(w, "%s", what[set->pending->waits[t->wait].waiter.what]);
		mi_words_page(set, t, w);
	} else if (t->request != MI_NO_INDEX) {
		const struct mi_rq *rq = &set->pending->rq[t->request].rq;

		mi_words_add(w, "%s%s of %s", t->by == MI_BY_STACK_WORDS ? "probably " : "",
			     mi_words_operation(set->pending, rq),
			     set->pending->disks[rq->disk].name);
	} else if (t->tag_wait != MI_NO_INDEX) {
		add_tag(set->pending, &set->pending->tag_waits[t->tag_wait], w);
	} else if (t->fs_conn != MI_NO_INDEX) {
		mi_words_fs_request(set->pending, t, w);
	} else if (t->lock != MI_NO_INDEX) {
		mi_words_lock_of(set, t, w);
	} else if (t->verdict == MI_VERDICT_FUNCTION) {
		struct mi_wait_told told = mi_wait_told(t->trace.frames, t->trace.n);

		if (told.what != MI_WAITS_OTHER)
			mi_words_add(w, "%s", told.text);
		else
			mi_words_add(w, "what %s waits for", mi_blocked_function(t));
	} else if (t->verdict == MI_VERDICT_USERFAULT) {
		mi_words_add(w, "whoever reads the userfaultfd");
	} else {
		mi_words_add(w, "?");
	}
}

static void add_age(const struct mi_pending *p, uint64_t since, struct mi_words *w)
{
	if (!since || !p->clock_known || since > p->clock_ns)
		return;
	mi_words_add(w, " for ");
	mi_words_seconds(w, p->clock_ns - since);
}

void mi_words_request(const struct mi_pending *p, size_t i, struct mi_words *w)
{
	const struct mi_rq *rq = &p->rq[i].rq;
	char part[MI_DISK_NAME], way[MI_WAY_TEXT];

	mi_part_name(p->disks[rq->disk].name, rq->part, part);
	mi_way_text(p, &p->rq[i], way);
	mi_words_add(w, "%s of %s", mi_words_operation(p, rq), part);
	if (rq->sector != MI_RQ_NO_SECTOR)
		mi_words_add(w, ", sector %" PRIu64 ", %" PRIu64 " bytes", rq->sector, rq->bytes);
	mi_words_add(w, ", %s", mi_rq_state_text(rq->state));
	add_age(p, rq->state == MI_RQ_DRIVER && rq->issue_ns ? rq->issue_ns : rq->start_ns, w);
	if (rq->state == MI_RQ_HELD)
		mi_words_add(w, " (%s)", mi_held_text(rq->held));
	if (*way)
		mi_words_add(w, ", by way of %s", way);
	if (rq->hctx >= 0)
		mi_words_add(w, ", hardware queue %" PRId64, rq->hctx);
	if (rq->tag >= 0)
		mi_words_add(w, ", tag %d", rq->tag);
	if (rq->sched_tag >= 0)
		mi_words_add(w, ", scheduler tag %d", rq->sched_tag);
}

/* What functions tell: less sure than a queue, and more than nothing. */
void mi_words_sleep(const struct mi_blocked *t, struct mi_words *w)
{
	struct mi_wait_told told = mi_wait_told(t->trace.frames, t->trace.n);

	mi_words_add(w, "%s", mi_blocked_function(t));
	if (told.what != MI_WAITS_OTHER)
		mi_words_add(w, ": %s", told.text);
}

/* What the task itself waits for; of a lock not what its owner does. */
static void own_verdict(const struct mi_blocked_set *set, const struct mi_blocked *t,
			struct mi_words *w)
{
	const struct mi_pending *p = set->pending;
	const struct mi_rq *rq = t->request != MI_NO_INDEX ? &p->rq[t->request].rq : NULL;
	const char *disk = rq ? p->disks[rq->disk].name : "";

	switch (t->verdict) {
	case MI_VERDICT_DEVICE:
		mi_words_add(w, "waits for %s: the driver or the device has had the %s", disk,
			     mi_words_operation(p, rq));
		add_age(p, rq->issue_ns ? rq->issue_ns : rq->start_ns, w);
		break;
	case MI_VERDICT_QUEUED:
		mi_words_add(w, "waits for %s: the %s is %s", disk, mi_words_operation(p, rq),
			     mi_rq_state_text(rq->state));
		add_age(p, rq->start_ns, w);
		mi_words_add(w, "; the driver has %zu others", in_driver(p, rq->disk));
		break;
	case MI_VERDICT_COMPLETING:
		mi_words_add(w, "waits for %s, which has answered: the %s is being completed", disk,
			     mi_words_operation(p, rq));
		break;
	case MI_VERDICT_HELD:
		mi_words_add(w, "waits for %s: the %s is held back there (%s)", disk,
			     mi_words_operation(p, rq), mi_held_text(rq->held));
		break;
	case MI_VERDICT_NO_REQUEST:
	case MI_VERDICT_LOST:
	case MI_VERDICT_UNREADABLE:
		mi_words_finding(&p->waits[t->wait], w);
		break;
	case MI_VERDICT_SERVER:
		if (t->fs_conn == MI_NO_INDEX) {
			mi_words_finding(&p->waits[t->wait], w);
			break;
		}
		mi_words_add(w, "waits for %s",
			     t->fs_request == MI_NO_INDEX ? "" : "the answer to ");
		mi_words_fs_request(p, t, w);
		break;
	case MI_VERDICT_LOCK:
		mi_words_add(w, "waits for ");
		mi_words_lock_of(set, t, w);
		mi_words_add(w, "; ");
		mi_words_owner(&set->locks[t->lock], w);
		break;
	case MI_VERDICT_WOKEN:
		mi_words_add(w, "was woken, and has not run since");
		break;
	case MI_VERDICT_TAG:
		mi_words_add(w, "waits for ");
		add_tag(p, &p->tag_waits[t->tag_wait], w);
		if (p->tag_waits[t->tag_wait].disk != MI_TAG_NO_DISK)
			mi_words_add(w, ": the driver has %zu requests",
				     in_driver(p, p->tag_waits[t->tag_wait].disk));
		break;
	case MI_VERDICT_FUNCTION:
		mi_words_add(w, "sleeps in ");
		mi_words_sleep(t, w);
		break;
	case MI_VERDICT_USERFAULT:
		mi_words_add(w,
			     "waits for the process that reads the userfaultfd to give the page");
		break;
	default:
		mi_words_add(w, "what it waits for is not known");
	}
}

void mi_words_verdict(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w)
{
	const struct mi_blocked *at = t;
	int i;

	own_verdict(set, t, w);
	for (i = 0; i < OWNERS_TOLD; i++) {
		at = mi_blocked_behind(set, at);
		if (!at)
			return;
		mi_words_add(w, "; PID %d ", at->task.pid);
		if (at == t) {
			mi_words_add(w, "again: a deadlock");
			return;
		}
		if (at->stack == MI_KSTACK_RUNNING || at->task.state == 'R') {
			mi_words_add(w, "can run");
			return;
		}
		own_verdict(set, at, w);
	}
}

void mi_words_missing(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w)
{
	if (!set->pending)
		mi_words_add(w, "requests and waits: %s", set->why_not_pending);
	else if (t->stack == MI_KSTACK_RUNNING)
		mi_words_add(w, "its kernel stack: it is on a CPU");
	else if (t->stack != MI_KSTACK_OK)
		mi_words_add(w, "its kernel stack cannot be read");
	else if (!set->pending->waits_known)
		mi_words_add(w, "who waits for pages cannot be had in this kernel");
	else if (t->verdict == MI_VERDICT_SERVER && t->fs_conn == MI_NO_INDEX)
		mi_words_add(w, "the request to the server that has the page");
	else if (t->verdict == MI_VERDICT_NO_REQUEST)
		mi_words_add(w, "a request that has the page");
	else if (t->verdict == MI_VERDICT_LOCK && !mi_blocked_owner(set, t))
		mi_words_add(w, "who has the lock");
	else if (t->verdict == MI_VERDICT_UNKNOWN || t->verdict == MI_VERDICT_FUNCTION)
		mi_words_add(w, "it stands in no queue that is looked at, and no request leads "
				"to it");
}

void mi_words_server(const struct mi_fs_conn *c, struct mi_words *w)
{
	if (c->nfs && *c->server)
		mi_words_add(w, "%s %s", c->fs, c->server);
	else
		mi_words_add(w, "%s %" PRIu64, c->fs, c->number);
}

void mi_words_fs_request(const struct mi_pending *p, const struct mi_blocked *t, struct mi_words *w)
{
	const struct mi_fs_conn *c = &p->fs.all.conn[t->fs_conn];
	const struct mi_fs_rq *rq;

	if (t->fs_request == MI_NO_INDEX) {
		mi_words_add(w, "leave to make a request to ");
		mi_words_server(c, w);
		if (c->counts_known)
			mi_words_add(w,
				     ": %" PRIu64 " are in the background, where %" PRIu64
				     " may be under way",
				     c->background, c->max_background);
		return;
	}
	rq = &p->fs.all.rq[t->fs_request];
	if (*rq->operation)
		mi_words_add(w, "%s to ", rq->operation);
	else
		mi_words_add(w, "operation %" PRIu32 " to ", rq->number);
	mi_words_server(c, w);
	mi_words_add(w, ", %s",
		     rq->state == MI_FS_RQ_OTHER ? rq->queue : mi_fs_state_text(rq->state));
	add_age(p, rq->start_ns, w);
}

void mi_words_finding(const struct mi_wait *wait, struct mi_words *w)
{
	char text[160];

	mi_finding_text(wait, text, sizeof(text));
	mi_words_add(w, "%s", text);
}
