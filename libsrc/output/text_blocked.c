// SPDX-License-Identifier: GPL-2.0-or-later
/* text_blocked.c - why tasks are stuck: the chain of one, and all by what they wait for */
#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "history.h"
#include "output.h"
#include "table.h"
#include "words_blocked.h"

#define THREADS_SHOWN 16 /* of one process, in full */

/* ---- the chain of one task ---- */

static void put_link(FILE *out, const char *link, const struct mi_words *w)
{
	fprintf(out, "  %-12s ", link);
	mi_put_escaped(out, w->text);
	fputc('\n', out);
}

static void put_evidence(FILE *out, const struct mi_words *w)
{
	fprintf(out, "  %-12s   [", "");
	mi_put_escaped(out, w->text);
	fputs("]\n", out);
}

static void put_fault(const struct mi_fault_seen *seen, bool evidence, FILE *out)
{
	const struct mi_fault *f = &seen->fault;
	const char *access = mi_fault_access_word(f->access);
	struct mi_words w = {0}, e = {0};

	mi_words_add(&w, "%s at %s%" PRIx64 ", ", access ? access : "access",
		     f->exact ? "" : "the page at ", f->exact ? f->address : f->va);
	if (seen->vma.file)
		mi_words_add(&w, "page %" PRIu64 " of %s", f->pgoff,
			     *seen->name ? seen->name : "?");
	else
		mi_words_add(&w, "in %s", *seen->name ? seen->name : "memory without file");
	put_link(out, "page fault", &w);
	if (!evidence)
		return;
	mi_words_add(&e, "vm_fault %" PRIx64 " on its kernel stack fits vm_area_struct %" PRIx64,
		     f->addr, seen->vma.addr);
	put_evidence(out, &e);
}

static void put_doing(const struct mi_blocked *t, bool evidence, FILE *out)
{
	const struct mi_fault_seen *seen = mi_sure_fault(t);
	struct mi_words w = {0}, e = {0};

	if (t->stack == MI_KSTACK_OK && t->regs.entry == MI_ENTRY_SYSCALL) {
		mi_words_add(&w, "%s, called at IP %" PRIx64,
			     *t->regs.syscall_name ? t->regs.syscall_name : "number unknown",
			     t->regs.ip);
		put_link(out, "system call", &w);
		if (evidence) {
			mi_words_add(&e, "number %" PRIu64 " in its saved registers",
				     t->regs.syscall);
			put_evidence(out, &e);
		}
	}
	if (seen)
		put_fault(seen, evidence, out);
}

static void put_page(const struct mi_blocked_set *set, const struct mi_blocked *t, bool evidence,
		     FILE *out)
{
	const struct mi_wait *wait = &set->pending->waits[t->wait];
	struct mi_words w = {0}, e = {0};

	mi_words_waits_for(set, t, &w);
	put_link(out, "waits for", &w);
	if (!evidence)
		return;
	mi_words_add(&e,
		     "entry %" PRIx64 " of the wait queue, on its kernel stack: PFN %" PRIx64
		     ", bit %d",
		     wait->waiter.entry, wait->waiter.pfn, wait->waiter.bit);
	if (wait->waiter.what == MI_WAIT_BUFFER)
		mi_words_add(&e, " of buffer_head %" PRIx64, wait->waiter.buffer);
	if (wait->file != MI_NO_INDEX)
		mi_words_add(&e, "; address_space %" PRIx64, wait->page.mapping);
	if (wait->finding == MI_FINDING_IN_HAND)
		mi_words_add(&e, "; PID %d %s: %" PRIx64 " on its kernel stack", wait->hand.pid,
			     mi_inhand_text(wait->hand_how), wait->hand_at);
	put_evidence(out, &e);
}

static void put_tag(const struct mi_blocked_set *set, const struct mi_blocked *t, bool evidence,
		    FILE *out)
{
	const struct mi_tag_wait *tag = &set->pending->tag_waits[t->tag_wait];
	struct mi_words w = {0}, e = {0};

	mi_words_waits_for(set, t, &w);
	put_link(out, "waits for", &w);
	if (!evidence)
		return;
	mi_words_add(&e, "entry %" PRIx64 " of sbitmap_queue %" PRIx64 ", on its kernel stack",
		     tag->entry, tag->sb);
	put_evidence(out, &e);
}

static void put_lock(const struct mi_blocked_set *set, const struct mi_blocked *t, bool evidence,
		     FILE *out)
{
	const struct mi_lock *lock = &set->locks[t->lock];
	struct mi_words w = {0}, o = {0}, e = {0};

	mi_words_lock_of(set, t, &w);
	put_link(out, "waits for", &w);
	mi_words_owner(lock, &o);
	put_link(out, "owner", &o);
	if (!evidence)
		return;
	mi_words_add(&e, "%s %" PRIx64, mi_lock_kind_word(lock->kind), lock->addr);
	if (lock->owner.addr)
		mi_words_add(&e, ", whose owner is task %" PRIx64, lock->owner.addr);
	put_evidence(out, &e);
}

static void add_joined(const struct mi_blocked *t, struct mi_words *e)
{
	switch (t->by) {
	case MI_BY_PAGE:
		mi_words_add(e, "; it has the page");
		break;
	case MI_BY_COMPLETION:
		if (t->where)
			mi_words_add(e,
				     "; bio %" PRIx64 " leads to %" PRIx64 " on its kernel stack",
				     t->bio, t->where);
		else
			mi_words_add(e, "; bio %" PRIx64 " leads to its task_struct", t->bio);
		break;
	case MI_BY_STACK_WORDS:
		mi_words_add(e,
			     "; its kernel stack names bio %" PRIx64 ", or what that completes, "
			     "at %" PRIx64,
			     t->bio, t->where);
		break;
	default:
		break;
	}
}

static void put_request(const struct mi_blocked_set *set, const struct mi_blocked *t, bool evidence,
			FILE *out)
{
	const struct mi_rq *rq = &set->pending->rq[t->request].rq;
	struct mi_words w = {0}, e = {0};

	if (t->by == MI_BY_STACK_WORDS)
		mi_words_add(&w, "probably: ");
	mi_words_request(set->pending, t->request, &w);
	if (t->fits > 1)
		mi_words_add(&w, "; the oldest of %" PRIu64 " that it may wait for", t->fits);
	put_link(out, "request", &w);
	if (!evidence)
		return;
	mi_words_add(&e, "%s %" PRIx64 " of request_queue %" PRIx64,
		     rq->state == MI_RQ_HELD ? "bio" : "request", rq->addr,
		     set->pending->disks[rq->disk].queue);
	add_joined(t, &e);
	put_evidence(out, &e);
}

static void put_server(const struct mi_pending *p, const struct mi_blocked *t, bool evidence,
		       FILE *out)
{
	struct mi_words w = {0}, e = {0};

	mi_words_fs_request(p, t, &w);
	put_link(out, "server", &w);
	if (!evidence)
		return;
	mi_words_add(&e, "connection %" PRIx64 " of super_block %" PRIx64,
		     p->fs.all.conn[t->fs_conn].addr, p->fs.all.conn[t->fs_conn].sb);
	if (t->fs_request != MI_NO_INDEX)
		mi_words_add(&e, ", request %" PRIx64, p->fs.all.rq[t->fs_request].addr);
	put_evidence(out, &e);
}

static void put_stack(const struct mi_blocked *t, FILE *out)
{
	const char *why = mi_trace_text(t->trace.end);
	const char *head = "stack";
	size_t i;

	for (i = 0; i < t->trace.n; i++) {
		if (t->trace.frames[i].hidden)
			continue;
		fprintf(out, "  %-12s ", head);
		mi_text_frame(&t->trace.frames[i], out);
		head = "";
	}
	if (why)
		fprintf(out, "  %-12s (%s)\n", head, why);
}

static void put_recorded(const struct mi_blocked_set *set, const struct mi_blocked *t, FILE *out)
{
	const char *head = "recorded";
	struct mi_words w;
	size_t i;

	/* Owners of locks are behind the tasks that were asked for. */
	if (!set->recorded || (size_t)(t - set->tasks) >= set->n)
		return;
	for (i = 0;; i++, head = "") {
		w.n = 0;
		*w.text = '\0';
		mi_words_stuck_history(set->history, &set->recorded[t - set->tasks], i, &w);
		if (!w.n)
			return;
		put_link(out, head, &w);
	}
}

static void put_chain(const struct mi_blocked_set *set, const struct mi_blocked *t, bool evidence,
		      FILE *out)
{
	struct mi_words w = {0}, missing = {0}, since = {0};

	fprintf(out, "STUCK  PID %d (", t->task.pid);
	mi_put_escaped(out, t->task.comm);
	fprintf(out, "), %c", t->task.state);
	if (t->trace.blocked_known) {
		mi_words_add(&since, " for ");
		mi_words_seconds(&since, t->trace.blocked_ns);
	}
	fprintf(out, "%s: ", since.text);
	mi_words_verdict(set, t, &w);
	mi_put_escaped(out, w.text);
	fputc('\n', out);
	put_doing(t, evidence, out);
	if (t->wait != MI_NO_INDEX)
		put_page(set, t, evidence, out);
	if (t->tag_wait != MI_NO_INDEX)
		put_tag(set, t, evidence, out);
	if (t->lock != MI_NO_INDEX)
		put_lock(set, t, evidence, out);
	if (t->request != MI_NO_INDEX)
		put_request(set, t, evidence, out);
	if (t->fs_conn != MI_NO_INDEX)
		put_server(set->pending, t, evidence, out);
	put_recorded(set, t, out);
	mi_words_missing(set, t, &missing);
	if (missing.n)
		put_link(out, "missing", &missing);
	if (evidence)
		put_stack(t, out);
}

void mi_text_stuck(const struct mi_blocked_set *set, const struct mi_request *ask, FILE *out)
{
	size_t i, n = set->n;

	if (n > THREADS_SHOWN && !ask->evidence)
		n = THREADS_SHOWN;
	for (i = 0; i < n; i++)
		put_chain(set, &set->tasks[i], ask->evidence, out);
	if (n < set->n)
		fprintf(out, "STUCK  and %zu more threads; --evidence shows all\n", set->n - n);
	if (set->n)
		fputc('\n', out);
}

/* ---- all tasks ---- */

static void put_group_title(const struct mi_blocked_set *set, const struct mi_blocked *first,
			    FILE *out)
{
	static const char *const what[MI_VERDICT_NR] = {
		[MI_VERDICT_UNKNOWN] = "for something that is not known here",
		[MI_VERDICT_TAG] = "for a tag that several devices share",
		[MI_VERDICT_NO_REQUEST] = "for pages that no pending request has",
		[MI_VERDICT_WOKEN] = "no more: woken, and have not run since",
		[MI_VERDICT_LOST] = "for pages that are in the state they wait for: not woken",
		[MI_VERDICT_UNREADABLE] = "for pages whose state cannot be read",
		[MI_VERDICT_USERFAULT] = "for whoever reads a userfaultfd",
		[MI_VERDICT_SERVER] = "for servers of file systems, which no block queue leads to",
	};
	const struct mi_blocked_group *g = &set->groups[first->group];
	const struct mi_pending *p = set->pending;
	struct mi_words w = {0};

	if (g->function && g->disk == MI_NO_INDEX) {
		mi_words_sleep(first, &w);
		fprintf(out, "\n%zu sleep%s in %s\n", g->n, g->n == 1 ? "s" : "", w.text);
		return;
	}
	fprintf(out, "\n%zu wait%s ", g->n, g->n == 1 ? "s" : "");
	if (g->verdict == MI_VERDICT_LOCK && g->disk == MI_NO_INDEX) {
		mi_words_verdict(set, first, &w);
		/* As of the first: "waits for mmap_lock of ..." */
		mi_put_escaped(out, w.text + strlen("waits "));
		fputc('\n', out);
		return;
	}
	if (g->disk == MI_NO_INDEX) {
		fprintf(out, "%s\n", what[g->verdict] ? what[g->verdict] : "");
		return;
	}
	fprintf(out, "for %s", p->disks[g->disk].name);
	if (g->oldest_request != MI_NO_INDEX) {
		mi_words_request(p, g->oldest_request, &w);
		fprintf(out, "; the oldest of their requests: %s", w.text);
	}
	fputc('\n', out);
}

/* Of what is not known here rows are one if they read the same. */
static bool same_row(const struct mi_blocked *a, const struct mi_blocked *b)
{
	struct mi_words x, y;

	x.n = y.n = 0;

	if (strcmp(a->task.comm, b->task.comm) != 0)
		return false;
	mi_words_doing(a, &x);
	mi_words_doing(b, &y);
	return !strcmp(x.text, y.text);
}

static bool same_tags(const struct mi_tag_wait *a, const struct mi_tag_wait *b)
{
	return a->disk == b->disk && a->sched == b->sched && a->reserved == b->reserved &&
	       a->hctx == b->hctx;
}

/* Rows of tasks that wait for the same are one, unless each is asked for. */
static bool same_wait(const struct mi_blocked_set *set, const struct mi_blocked *a,
		      const struct mi_blocked *b)
{
	const struct mi_wait *x, *y;

	if (a->group != b->group || a->request != b->request || a->by != b->by ||
	    a->lock_mode != b->lock_mode || a->task.state != b->task.state)
		return false;
	if (a->tag_wait != MI_NO_INDEX && b->tag_wait != MI_NO_INDEX)
		return same_tags(&set->pending->tag_waits[a->tag_wait],
				 &set->pending->tag_waits[b->tag_wait]) &&
		       same_row(a, b);
	if (a->wait == MI_NO_INDEX || b->wait == MI_NO_INDEX)
		return a->wait == b->wait && (a->request != MI_NO_INDEX || same_row(a, b));
	x = &set->pending->waits[a->wait];
	y = &set->pending->waits[b->wait];
	return x->waiter.pfn == y->waiter.pfn && x->waiter.what == y->waiter.what;
}

/* 0: of none it is known. */
static uint64_t longest(const struct mi_blocked *b, size_t n)
{
	uint64_t ns = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (b[i].trace.blocked_known && b[i].trace.blocked_ns > ns)
			ns = b[i].trace.blocked_ns;
	return ns;
}

static void row(struct mi_table *t, const struct mi_blocked_set *set, const struct mi_blocked *b,
		size_t n)
{
	struct mi_words doing = {0}, what = {0}, since = {0};

	mi_table_row(t);
	mi_table_cell(t, "%zu", n);
	mi_table_cell(t, "%d", b->task.pid);
	mi_table_cell(t, "%c", b->task.state);
	if (longest(b, n))
		mi_words_seconds(&since, longest(b, n));
	else
		mi_words_add(&since, "?");
	mi_table_cell(t, "%s", since.text);
	mi_table_bytes(t, b->task.comm);
	mi_words_doing(b, &doing);
	mi_table_cell(t, "%s", doing.text);
	if (b->request == MI_NO_INDEX)
		mi_table_cell(t, ".");
	else
		mi_table_cell(t, "%zu", b->request);
	mi_words_waits_for(set, b, &what);
	mi_table_bytes(t, what.text);
}

static enum mi_status put_group(const struct mi_blocked_set *set, size_t *at, bool each, FILE *out,
				struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	size_t first = *at, group = set->tasks[first].group, i = first, n;
	enum mi_status st;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_right(t, "TASKS");
	mi_table_right(t, "PID");
	mi_table_left(t, "S");
	mi_table_right(t, "ASLEEP");
	mi_table_left(t, "COMMAND");
	mi_table_left(t, "IN");
	mi_table_right(t, "REQUEST");
	mi_table_left(t, "WAITS FOR");
	while (i < set->n && set->tasks[i].group == group) {
		for (n = 1;
		     !each && i + n < set->n && same_wait(set, &set->tasks[i], &set->tasks[i + n]);
		     n++)
			;
		row(t, set, &set->tasks[i], n);
		i += n;
	}
	*at = i;
	put_group_title(set, &set->tasks[first], out);
	st = mi_table_print(t, out, err);
	mi_table_free(t);
	return st;
}

enum mi_status mi_text_blocked(const struct mi_blocked_set *set, const struct mi_request *ask,
			       FILE *out, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i = 0;

	fprintf(out, "%zu of %" PRIu64 " tasks are blocked", set->n, set->n_all);
	if (set->pending)
		fprintf(out, "; %zu block requests are pending\n", set->pending->n_rq);
	else
		fprintf(out, "; of block requests nothing is known: %s\n", set->why_not_pending);
	if (set->n_passing)
		fprintf(out, "%" PRIu64 " more were blocked, and ran while this was read\n",
			set->n_passing);
	while (i < set->n && !st)
		st = put_group(set, &i, ask->each, out, err);
	for (i = 0; ask->evidence && i < set->n; i++) {
		fputc('\n', out);
		put_chain(set, &set->tasks[i], true, out);
	}
	mi_text_not_read(set->k, out);
	if (!st && ask->sources)
		st = mi_text_sources(set->k, out, err);
	return st;
}
