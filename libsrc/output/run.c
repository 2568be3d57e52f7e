// SPDX-License-Identifier: GPL-2.0-or-later
/* run.c - from a request to its answer */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/log.h"
#include "../kernel/pidns.h"
#include "command.h"
#include "history.h"
#include "output.h"
#include "session.h"

static enum mi_status find_task(struct mi_kernel *k, const struct mi_request *ask,
				struct mi_task *task, struct mi_error *err)
{
	switch (ask->whom) {
	case MI_WHOM_PID:
		return mi_task_by_pid(k, ask->pid, task, err);
	case MI_WHOM_TASK:
		return mi_task_by_addr(k, ask->task, task, err);
	default:
		return mi_fail(err, MI_ERR_INVALID, "the request names no process");
	}
}

/* Only if a thread seems to be stuck: what is pending concerns no other process. */
static enum mi_status find_stuck(struct mi_process *p, struct mi_blocked_set **ret,
				 struct mi_error *err)
{
	struct mi_kernel *k = p->k;
	struct mi_problems before = k->problems;
	uint32_t unused = k->unused;
	bool may = mi_may_be_stuck(k, p->threads, p->n_threads);
	enum mi_status st;
	size_t i;

	for (i = 0; p->faults && i < p->n_threads; i++)
		may |= p->faults[i].n > 0;
	if (!may)
		return MI_OK;
	k->unused &= ~(1U << MI_F_BLOCK | 1U << MI_F_MQ | 1U << MI_F_WAIT | 1U << MI_F_STACK);
	st = mi_blocked_open(k, p->threads, p->n_threads, ret, err);
	if (st || (*ret)->n)
		return st;
	/* It was not: what was met on the way is not its affair. */
	mi_blocked_close(*ret);
	*ret = NULL;
	k->problems = before;
	k->unused = unused;
	return MI_OK;
}

/* A kernel thread, or one that exits: there is no process to tell of, but it may be stuck. */
static void point_to_blocked(struct mi_error *err)
{
	size_t n = strlen(err->text);

	snprintf(err->text + n, sizeof(err->text) - n, "; why it is stuck: --blocked");
}

/* A kernel thread, or what is left of a process: it has stacks all the same. */
static enum mi_status run_bare_task(struct mi_kernel *k, const struct mi_task *task,
				    const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	struct mi_bare_task bare;
	enum mi_status st;

	k->unused = ~(1U << MI_F_STACK);
	st = mi_bare_task_open(k, task, &bare, err);
	if (st)
		return st;
	st = ask->json ? mi_json_bare_task(&bare, ask, out, err)
		       : mi_text_bare_task(&bare, ask, out, err);
	mi_bare_task_close(&bare);
	return st;
}

/*
 * The recorder, if its module is loaded; memory is not searched for one that is not asked for.
 * What damages its directory is no reason to tell nothing of the state.
 */
static enum mi_status find_history(struct mi_kernel *k, struct mi_history **ret,
				   struct mi_error *err)
{
	enum mi_status st = mi_history_open(k, NULL, false, &k->problems, ret, err);

	if (!st || st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return st;
	*ret = NULL;
	if (st != MI_ERR_NOT_FOUND)
		mi_problem_bad(&k->problems, "recorder's directory", 0, "cannot be used",
			       "what was recorded is not told");
	return MI_OK;
}

static enum mi_status recorded_of_stuck(struct mi_history *h, struct mi_blocked_set *set,
					struct mi_error *err)
{
	struct mi_stuck_history *list;
	enum mi_status st;

	if (!h || !set)
		return MI_OK;
	st = mi_history_load_names(h, err);
	if (!st)
		st = mi_history_stuck(h, set, &list, err);
	if (st)
		return st;
	set->history = h;
	set->recorded = list;
	return MI_OK;
}

static void close_stuck(struct mi_blocked_set *set)
{
	if (set)
		free((void *)set->recorded);
	mi_blocked_close(set);
}

static enum mi_status recorded_of_process(struct mi_history *h, struct mi_process *p,
					  struct mi_error *err)
{
	struct mi_mapping_history *list;
	enum mi_status st;

	if (!h)
		return MI_OK;
	st = mi_history_mappings(h, p, &list, err);
	if (st)
		return st;
	p->history = h;
	p->recorded = list;
	return MI_OK;
}

/* Closes @p. */
static enum mi_status run_open_process(struct mi_process *p, const struct mi_request *ask,
				       FILE *out, struct mi_error *err)
{
	struct mi_kernel *k = p->k;
	struct mi_blocked_set *stuck = NULL;
	struct mi_history *h = NULL;
	enum mi_status st = find_stuck(p, &stuck, err);

	if (!st && ask->stack)
		st = mi_process_stacks(p, err);
	if (!st)
		st = find_history(k, &h, err);
	if (!st)
		st = recorded_of_process(h, p, err);
	if (!st)
		st = recorded_of_stuck(h, stuck, err);
	if (!st)
		st = ask->json ? mi_json_process(p, stuck, ask, out, err)
			       : mi_text_process(p, stuck, ask, out, err);
	free((void *)p->recorded);
	close_stuck(stuck);
	mi_process_close(p);
	mi_history_close(h);
	return st;
}

static enum mi_status run_process(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
				  struct mi_error *err)
{
	struct mi_filter filter = {.by_vma = ask->by_vma, .vma = ask->vma, .file = ask->file};
	struct mi_process *p;
	struct mi_task task = {0};
	enum mi_status st;

	st = find_task(k, ask, &task, err);
	if (!st)
		st = mi_process_open(k, &task, &filter, &p, err);
	if (st == MI_ERR_NOT_FOUND || st == MI_ERR_READ)
		mi_target_blame(k->t, st, err);
	/* Who asks for memory, too, is told that there is none. */
	if (st == MI_ERR_STATE && ask->stack && !mi_request_of_memory(ask))
		return run_bare_task(k, &task, ask, out, err);
	if (st == MI_ERR_STATE && ask->whom != MI_WHOM_NOBODY && task.state == 'D')
		point_to_blocked(err);
	return st ? st : run_open_process(p, ask, out, err);
}

static enum mi_status run_blocked(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
				  struct mi_error *err)
{
	struct mi_history *h = NULL;
	struct mi_blocked_set *set;
	enum mi_status st = mi_blocked_open(k, NULL, 0, &set, err);

	if (st)
		return st;
	st = find_history(k, &h, err);
	if (!st)
		st = recorded_of_stuck(h, set, err);
	if (!st)
		st = ask->json ? mi_json_blocked(set, ask, out, err)
			       : mi_text_blocked(set, ask, out, err);
	close_stuck(set);
	mi_history_close(h);
	return st;
}

static enum mi_status run_all(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	struct mi_all all = {.k = k};
	struct mi_summary *list;
	enum mi_status st;

	st = mi_summaries(k, &list, &all.n, err);
	if (st)
		return st;
	all.list = list;
	st = ask->json ? mi_json_all(&all, ask, out, err) : mi_text_all(&all, ask, out, err);
	free(list);
	return st;
}

static enum mi_status run_devices(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
				  struct mi_error *err)
{
	struct mi_pending *p;
	enum mi_status st = mi_pending_settled(k, ask->device, &p, err);

	if (st)
		return st;
	st = mi_mapped_by_load(p, err);
	if (!st)
		st = ask->json ? mi_json_requests(p, ask, out, err)
			       : mi_text_requests(p, ask, out, err);
	mi_pending_close(p);
	return st;
}

static enum mi_status run_log(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	struct mi_log *log;
	enum mi_status st = mi_log_open(k, &log, err);

	if (st)
		return st;
	st = ask->json ? mi_json_log(k, log, ask, out, err) : mi_text_log(k, log, ask, out, err);
	mi_log_close(log);
	return st;
}

static enum mi_status run_one(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	switch (ask->whom) {
	case MI_WHOM_ALL:
		return run_all(k, ask, out, err);
	case MI_WHOM_DEVICES:
		return run_devices(k, ask, out, err);
	case MI_WHOM_BLOCKED:
		return run_blocked(k, ask, out, err);
	case MI_WHOM_HISTORY:
		return mi_run_history(k, ask, out, err);
	case MI_WHOM_CHECK:
		return mi_run_check(k, ask, out, err);
	case MI_WHOM_LOG:
		return run_log(k, ask, out, err);
	default:
		return run_process(k, ask, out, err);
	}
}

/* What only the requests of devices, and who waits for them, need. */
#define OF_DEVICES                                                                                 \
	(1U << MI_F_BLOCK | 1U << MI_F_MQ | 1U << MI_F_WAIT | 1U << MI_F_HOLDERS |                 \
	 1U << MI_F_HELD | 1U << MI_F_THROTTLE | 1U << MI_F_DM | 1U << MI_F_DM_DELAY |             \
	 1U << MI_F_MD | 1U << MI_F_LOOP | 1U << MI_F_FSREQ | 1U << MI_F_FUSE | 1U << MI_F_NFS |   \
	 1U << MI_F_RMAP)

/* Features whose loss does not concern the answer. */
static unsigned int unused_by(enum mi_whom whom)
{
	switch (whom) {
	case MI_WHOM_DEVICES:
		return 1U << MI_F_PTE | 1U << MI_F_READAHEAD | 1U << MI_F_FAULT | 1U << MI_F_STACK;
	case MI_WHOM_BLOCKED:
		return 1U << MI_F_READAHEAD | 1U << MI_F_RMAP;
	case MI_WHOM_CHECK:
		return 1U << MI_F_READAHEAD | 1U << MI_F_RMAP | 1U << MI_F_FAULT | 1U << MI_F_STACK;
	default:
		return OF_DEVICES | 1U << MI_F_STACK;
	}
}

static unsigned int unused_of(const struct mi_request *ask)
{
	unsigned int stack = ask->stack ? 1U << MI_F_STACK : 0, log = 1U << MI_F_LOG;

	return ask->whom == MI_WHOM_LOG ? ~log : (unused_by(ask->whom) & ~stack) | log;
}

enum mi_status mi_request_translate(struct mi_kernel *k, struct mi_request *ask,
				    struct mi_error *err)
{
	struct mi_pidns ns;
	struct mi_task task;
	enum mi_status st;

	if (!ask->pid || (!ask->ns_pid && !ask->ns_inode))
		return MI_OK;
	st = mi_pidns_find(k, ask->ns_pid, ask->ns_inode, &ns, err);
	if (!st)
		st = mi_pidns_task(k, &ns, ask->pid, &task, err);
	if (st)
		return st;
	ask->pid = task.pid;
	ask->ns_pid = 0;
	ask->ns_inode = 0;
	return MI_OK;
}

enum mi_status mi_answer_written(FILE *out, enum mi_status st, struct mi_error *err)
{
	errno = 0;
	if ((fflush(out) || ferror(out)) && (!st || st == MI_FINDINGS))
		st = mi_fail(err, MI_ERR_IO, "writing the answer: %s",
			     errno ? strerror(errno) : "the output does not take it");
	return st;
}

enum mi_status mi_run_task(struct mi_kernel *k, const struct mi_task *task,
			   const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	struct mi_process *p;
	enum mi_status st;

	k->unused = unused_of(ask);
	st = mi_process_open(k, task, NULL, &p, err);
	if (!st)
		st = run_open_process(p, ask, out, err);
	return mi_answer_written(out, st, err);
}

enum mi_status mi_request_run(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	struct mi_request own = *ask;
	enum mi_status st;

	/* crash asks many questions of one kernel: each answer tells of its own walk. */
	memset(&k->problems, 0, sizeof(k->problems));
	mi_target_refresh(k->t);
	k->unused = unused_of(ask);
	st = mi_request_translate(k, &own, err);
	if (!st)
		st = run_one(k, &own, out, err);
	return mi_answer_written(out, st, err);
}
