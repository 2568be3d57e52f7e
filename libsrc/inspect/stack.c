// SPDX-License-Identifier: GPL-2.0-or-later
/* stack.c - the kernel stacks of the threads of a process, or of a kernel thread */
#include <stdlib.h>

#include "../kernel/sched.h"
#include "inspect.h"
#include "live.h"

#define LOOKS_MAX 8

/* Only the frames that are there: a trace has room for many more. */
bool mi_thread_stack_keep(struct mi_kernel *k, const struct mi_task *task,
			  const struct mi_trace *trace, struct mi_thread_stack *ret)
{
	ret->blocked_known = mi_task_blocked_ns(k, task, &ret->blocked_ns);
	ret->end = trace->end;
	ret->n = 0;
	memset(&ret->second, 0, sizeof(ret->second));
	ret->frames = malloc((trace->n ? trace->n : 1) * sizeof(*ret->frames));
	if (!ret->frames)
		return false;
	memcpy(ret->frames, trace->frames, trace->n * sizeof(*ret->frames));
	ret->n = trace->n;
	return true;
}

bool mi_stack_told(const struct mi_thread_stack *t, struct mi_wait_told *ret)
{
	bool second = !t->n && t->second.n;

	if (!t->n && !second)
		return false;
	*ret = second ? mi_wait_told(t->second.frames, t->second.n) : mi_wait_told(t->frames, t->n);
	return true;
}

static bool is_same(const struct mi_trace *a, const struct mi_trace *b)
{
	size_t i;

	if (a->end != b->end || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->frames[i].addr != b->frames[i].addr)
			return false;
	return true;
}

/*
 * mi_trace_task(), until two looks agree and the task did not run in between: on the stack of one
 * that runs are frames of another moment, or of none. @two: the trace is the first.
 */
static void trace_settled(struct mi_kernel *k, const struct mi_task *task, struct mi_kstack *stack,
			  struct mi_trace two[2])
{
	const struct mi_problems before = k->problems;
	bool live = mi_target_facts(k->t)->live, changed;
	unsigned int looks = 0;
	uint64_t ran, again;

	do {
		struct mi_problems first;

		k->problems = before;
		changed = live && !mi_left_cpu(k, task->addr, &ran);
		mi_trace_task(k, task, stack, &two[0]);
		if (!live)
			return;
		first = k->problems;
		k->problems = before;
		mi_look_again(k->t);
		mi_trace_task(k, task, stack, &two[1]);
		changed |= !mi_left_cpu(k, task->addr, &again) || again != ran;
		/* Of one that is on a CPU nothing is told, however long it is. */
		changed &= two[0].end != MI_TRACE_RUNNING || two[1].end != MI_TRACE_RUNNING;
		changed |= !is_same(&two[0], &two[1]);
		mi_look_end(k->t, changed);
		k->problems = first;
	} while (changed && ++looks < LOOKS_MAX);
	if (!changed)
		return;
	k->problems = before;
	two[0].end = MI_TRACE_UNSTABLE;
	two[0].n = 0;
}

enum mi_status mi_stacks(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
			 struct mi_thread_stack **ret, struct mi_error *err)
{
	struct mi_thread_stack *all = calloc(n ? n : 1, sizeof(*all));
	struct mi_trace *trace = malloc(2 * sizeof(*trace));
	struct mi_kstack stack = {0};
	bool good = all && trace;
	size_t i;

	for (i = 0; i < n && good; i++) {
		trace_settled(k, &tasks[i], &stack, trace);
		good = mi_thread_stack_keep(k, &tasks[i], trace, &all[i]) &&
		       mi_second_stack(k, &tasks[i], all[i].frames, all[i].n, &all[i].second);
	}
	mi_kstack_free(&stack);
	free(trace);
	if (!good) {
		mi_stacks_free(all, n);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	*ret = all;
	return MI_OK;
}

enum mi_status mi_process_stacks(struct mi_process *p, struct mi_error *err)
{
	return p->stacks ? MI_OK : mi_stacks(p->k, p->threads, p->n_threads, &p->stacks, err);
}

void mi_stacks_free(struct mi_thread_stack *stacks, size_t n)
{
	size_t i;

	for (i = 0; stacks && i < n; i++) {
		free(stacks[i].frames);
		free(stacks[i].second.frames);
	}
	free(stacks);
}

enum mi_status mi_bare_task_open(struct mi_kernel *k, const struct mi_task *task,
				 struct mi_bare_task *ret, struct mi_error *err)
{
	enum mi_status st;

	memset(ret, 0, sizeof(*ret));
	ret->k = k;
	ret->task = *task;
	st = mi_task_threads(k, task, &ret->threads, &ret->n_threads, err);
	if (!st)
		st = mi_stacks(k, ret->threads, ret->n_threads, &ret->stacks, err);
	if (st)
		mi_bare_task_close(ret);
	return st;
}

void mi_bare_task_close(struct mi_bare_task *t)
{
	mi_stacks_free(t->stacks, t->n_threads);
	free(t->threads);
	memset(t, 0, sizeof(*t));
}
