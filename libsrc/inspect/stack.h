/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_STACK_H
#define MI_INSPECT_STACK_H

#include "../kernel/unwind.h"
#include "../kernel/waitclass.h"
#include "second_stack.h"

/* The kernel stack of a thread, and how long the thread has not run. */
struct mi_thread_stack {
	enum mi_trace_end end;
	struct mi_frame *frames; /* the innermost first, hidden ones included */
	size_t n;
	bool blocked_known;
	uint64_t blocked_ns;
	struct mi_second_stack second; /* of mi_stacks() alone */
};

/* What a stack says of an uninterruptible sleep: ours, or if there is none a debugger's. */
bool mi_stack_told(const struct mi_thread_stack *t, struct mi_wait_told *ret);

/* Of one that was unwound; @task: since when is asked. False: out of memory. Free ret->frames. */
bool mi_thread_stack_keep(struct mi_kernel *k, const struct mi_task *task,
			  const struct mi_trace *trace, struct mi_thread_stack *ret);

/* One for each of @n tasks. Free by mi_stacks_free(). */
enum mi_status mi_stacks(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
			 struct mi_thread_stack **ret, struct mi_error *err);
void mi_stacks_free(struct mi_thread_stack *stacks, size_t n);

/* Threads of a task that has no memory of its own, and their stacks. */
struct mi_bare_task {
	struct mi_kernel *k;
	struct mi_task task; /* the one asked for */
	struct mi_task *threads;
	size_t n_threads;
	struct mi_thread_stack *stacks;
};

enum mi_status mi_bare_task_open(struct mi_kernel *k, const struct mi_task *task,
				 struct mi_bare_task *ret, struct mi_error *err);
void mi_bare_task_close(struct mi_bare_task *t);

#endif
