// SPDX-License-Identifier: GPL-2.0-or-later
/* run_history.c - from a request for recorded history to its answer */
#include <string.h>

#include "command.h"
#include "history.h"
#include "output.h"
#include "session.h"

/* What the names in an answer need. */
#define USED (1U << MI_F_TASK | 1U << MI_F_FILE | 1U << MI_F_PATH)

static enum mi_status write_answer(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	if (a->ask->perfetto)
		return mi_perfetto(a, out, err);
	if (a->ask->json)
		return mi_json_history(a, out, err);
	return a->ask->latency ? mi_text_latency(a, out, err) : mi_text_history(a, out, err);
}

/* The process of the address whose page's story is asked for. */
static enum mi_status find_page(struct mi_kernel *k, const struct mi_request *ask,
				struct mi_process **ret, struct mi_error *err)
{
	struct mi_filter filter = {.by_vma = true, .vma = ask->vma};
	struct mi_task task;
	enum mi_status st;

	*ret = NULL;
	if (!ask->by_vma)
		return MI_OK;
	if (!k)
		return mi_fail(err, MI_ERR_INVALID,
			       "without a dump there are no mappings: --page names a page");
	st = mi_task_by_pid(k, ask->pid, &task, err);
	return st ? st : mi_process_open(k, &task, &filter, ret, err);
}

enum mi_status mi_history_run_ask(struct mi_kernel *k, struct mi_history *h,
				  const struct mi_request *ask, struct mi_history_ask *ret,
				  struct mi_error *err)
{
	struct mi_process *p;
	enum mi_status st = find_page(k, ask, &p, err);

	if (st)
		return st;
	st = mi_history_ask(h, ask, p, ret, err);
	if (p)
		mi_process_close(p);
	return st;
}

void mi_history_prepare(struct mi_kernel *k)
{
	mi_target_refresh(k->t);
	k->unused = ~USED;
}

enum mi_status mi_run_history(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err)
{
	struct mi_problems own = {.n = 0};
	struct mi_history_ask a;
	struct mi_history *h;
	enum mi_status st;

	if (k)
		k->unused = ~USED;
	st = mi_history_open(k, ask->recorder, true, k ? &k->problems : &own, &h, err);
	if (st)
		return st;
	st = mi_history_load_names(h, err);
	if (!st)
		st = mi_history_run_ask(k, h, ask, &a, err);
	if (!st) {
		st = write_answer(&a, out, err);
		mi_history_ask_free(&a);
	}
	mi_history_close(h);
	return st;
}

enum mi_status mi_recorder_run(const struct mi_request *req, FILE *out, struct mi_error *err)
{
	struct mi_request ask;
	enum mi_status st;

	if (req->size != sizeof(ask) || req->whom != MI_WHOM_HISTORY || !req->recorder)
		return mi_fail(err, MI_ERR_INVALID,
			       "a request for history from a recorder's file is needed");
	ask = *req;
	st = mi_run_history(NULL, &ask, out, err);
	return mi_answer_written(out, st, err);
}
