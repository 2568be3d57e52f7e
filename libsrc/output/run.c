// SPDX-License-Identifier: GPL-2.0-or-later
/* run.c - from a request to its answer */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"

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

static enum mi_status run_process(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
				  struct mi_error *err)
{
	struct mi_filter filter = {.by_vma = ask->by_vma, .vma = ask->vma, .file = ask->file};
	struct mi_process *p;
	struct mi_task task;
	enum mi_status st;

	st = find_task(k, ask, &task, err);
	if (!st)
		st = mi_process_open(k, &task, &filter, &p, err);
	if (st == MI_ERR_NOT_FOUND || st == MI_ERR_READ)
		mi_target_blame(k->t, st, err);
	if (st)
		return st;
	st = ask->json ? mi_json_process(p, ask, out, err) : mi_text_process(p, ask, out, err);
	mi_process_close(p);
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

enum mi_status mi_request_run(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	enum mi_status st;

	/* crash asks many questions of one kernel: each answer tells of its own walk. */
	memset(&k->problems, 0, sizeof(k->problems));
	st = ask->whom == MI_WHOM_ALL ? run_all(k, ask, out, err) : run_process(k, ask, out, err);
	errno = 0;
	if ((fflush(out) || ferror(out)) && !st)
		st = mi_fail(err, MI_ERR_IO, "writing the answer: %s",
			     errno ? strerror(errno) : "the output does not take it");
	return st;
}
