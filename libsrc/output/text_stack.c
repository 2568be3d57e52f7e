// SPDX-License-Identifier: GPL-2.0-or-later
/* text_stack.c - the kernel stacks of threads, as /proc/PID/stack shows them */
#include <inttypes.h>

#include "escape.h"
#include "output.h"

void mi_text_frame(const struct mi_frame *f, FILE *out)
{
	if (f->symbol) {
		mi_put_escaped(out, f->symbol);
		fprintf(out, "+0x%" PRIx64 "/0x%" PRIx64, f->offset, f->size);
	} else {
		fprintf(out, "0x%" PRIx64, f->addr);
	}
	if (f->module) {
		fputs(" [", out);
		mi_put_escaped(out, f->module);
		fputc(']', out);
	}
	fputc('\n', out);
}

/* What a debugger says to it. */
static void put_second(const struct mi_second_stack *s, const char *who, FILE *out)
{
	size_t i;

	switch (s->is) {
	case MI_SECOND_NONE:
		break;
	case MI_SECOND_SAME:
		fprintf(out, "    %s: the same\n", who);
		break;
	case MI_SECOND_OTHER:
		fprintf(out, "    %s, with debug information:\n", who);
		for (i = 0; i < s->n; i++) {
			fputs("      ", out);
			mi_text_frame(&s->frames[i], out);
		}
		break;
	case MI_SECOND_UNKNOWN:
		fprintf(out, "    %s: ", who);
		mi_put_escaped(out, s->why);
		fputc('\n', out);
		break;
	}
}

static void put_stack(const struct mi_task *task, const struct mi_thread_stack *t, const char *who,
		      FILE *out)
{
	const char *why = mi_trace_text(t->end);
	struct mi_wait_told told;
	size_t i;

	fprintf(out, "  TID %d  ", task->pid);
	mi_put_escaped(out, task->comm);
	fprintf(out, "  %c", task->state);
	if (t->blocked_known)
		fprintf(out, "  not running for %" PRIu64 ".%03" PRIu64 " s",
			t->blocked_ns / 1000000000, t->blocked_ns / 1000000 % 1000);
	fputc('\n', out);
	if (task->state == 'D' && mi_stack_told(t, &told))
		fprintf(out, "    sleeps for %s\n", told.text);
	for (i = 0; i < t->n; i++)
		if (!t->frames[i].hidden) {
			fputs("    ", out);
			mi_text_frame(&t->frames[i], out);
		}
	if (why)
		fprintf(out, "    %s%s\n", t->n ? "and no further: " : "", why);
	put_second(&t->second, who, out);
}

void mi_text_stacks(struct mi_kernel *k, const struct mi_task *threads,
		    const struct mi_thread_stack *stacks, size_t n, FILE *out)
{
	const char *who = mi_target_facts(k->t)->provider;
	size_t i;

	fputs("\nSTACKS\n", out);
	for (i = 0; i < n; i++)
		put_stack(&threads[i], &stacks[i], who, out);
}

enum mi_status mi_text_bare_task(const struct mi_bare_task *t, const struct mi_request *ask,
				 FILE *out, struct mi_error *err)
{
	const struct mi_task *task = &t->task;

	fprintf(out, "PID %d  ", task->pid);
	mi_put_escaped(out, task->comm);
	fprintf(out, "  %c  %s  task %" PRIx64 "\n", task->state, mi_task_kind_text(task->kind),
		task->addr);
	mi_text_stacks(t->k, t->threads, t->stacks, t->n_threads, out);
	mi_text_not_read(t->k, out);
	return ask->sources ? mi_text_sources(t->k, out, err) : MI_OK;
}
