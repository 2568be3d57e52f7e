// SPDX-License-Identifier: GPL-2.0-or-later
/* json_stack.c - the kernel stacks of threads */
#include "json_parts.h"

static void put_frame(struct mi_json *w, const struct mi_frame *f)
{
	mi_json_line_object(w, NULL);
	mi_json_hex(w, "address", f->addr);
	if (f->symbol) {
		mi_json_bytes(w, "symbol", f->symbol);
		mi_json_u64(w, "offset_bytes", f->offset);
		mi_json_u64(w, "size_bytes", f->size);
	} else {
		mi_json_null(w, "symbol");
	}
	if (f->module)
		mi_json_bytes(w, "module", f->module);
	if (f->hidden)
		mi_json_bool(w, "hidden", true);
	mi_json_object_end(w);
}

/* What the functions tell of an uninterruptible sleep. */
void mi_json_sleeps_for(struct mi_json *w, const struct mi_thread_stack *t)
{
	struct mi_wait_told told;

	if (!mi_stack_told(t, &told)) {
		mi_json_null(w, "sleeps_for");
		return;
	}
	mi_json_line_object(w, "sleeps_for");
	mi_json_text(w, "class", told.word);
	mi_json_text(w, "text", told.text);
	if (told.frame && told.frame->symbol)
		mi_json_bytes(w, "function", told.frame->symbol);
	else
		mi_json_null(w, "function");
	mi_json_object_end(w);
}

void mi_json_second_stack(struct mi_json *w, struct mi_kernel *k, const struct mi_second_stack *s)
{
	size_t i;

	if (s->is == MI_SECOND_NONE)
		return;
	mi_json_line_object(w, "debugger_stack");
	mi_json_text(w, "by", mi_target_facts(k->t)->provider);
	if (s->is == MI_SECOND_UNKNOWN) {
		mi_json_null(w, "same");
		mi_json_bytes(w, "why", s->why);
	} else {
		mi_json_bool(w, "same", s->is == MI_SECOND_SAME);
	}
	if (s->is == MI_SECOND_OTHER) {
		mi_json_array(w, "stack");
		for (i = 0; i < s->n; i++)
			put_frame(w, &s->frames[i]);
		mi_json_array_end(w);
	}
	mi_json_object_end(w);
}

void mi_json_thread_stack(struct mi_json *w, const struct mi_thread_stack *t)
{
	size_t i;

	if (t->blocked_known)
		mi_json_u64(w, "blocked_ns", t->blocked_ns);
	else
		mi_json_null(w, "blocked_ns");
	mi_json_array(w, "stack");
	for (i = 0; i < t->n; i++)
		put_frame(w, &t->frames[i]);
	mi_json_array_end(w);
	mi_json_text(w, "stack_end", mi_trace_word(t->end));
}

static void put_thread(struct mi_json *w, struct mi_kernel *k, const struct mi_task *t,
		       const struct mi_thread_stack *stack)
{
	char state[2] = {t->state, '\0'};

	mi_json_line_object(w, NULL);
	mi_json_i64(w, "tid", t->pid);
	mi_json_bytes(w, "comm", t->comm);
	mi_json_text(w, "state", state);
	mi_json_hex(w, "task", t->addr);
	mi_json_thread_stack(w, stack);
	if (t->state == 'D')
		mi_json_sleeps_for(w, stack);
	mi_json_second_stack(w, k, &stack->second);
	mi_json_object_end(w);
}

enum mi_status mi_json_bare_task(const struct mi_bare_task *t, const struct mi_request *ask,
				 FILE *out, struct mi_error *err)
{
	struct mi_json *w;
	enum mi_status st;
	size_t i;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, t->k);
	mi_json_object(w, "process");
	mi_json_task(w, &t->task);
	mi_json_array(w, "threads");
	for (i = 0; i < t->n_threads; i++)
		put_thread(w, t->k, &t->threads[i], &t->stacks[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
	mi_json_tail(w, t->k, ask->sources, NULL);
	return mi_json_end(w, err);
}
