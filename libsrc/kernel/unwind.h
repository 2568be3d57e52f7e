/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_UNWIND_H
#define MI_KERNEL_UNWIND_H

#include "kstack.h"

/*
 * The functions on the kernel stack of a task that does not run, unwound as the kernel does
 * it: on x86 by tables that it keeps for its own use (ORC, arch/x86/kernel/unwind_orc.c), on
 * arm64 by the frame records that every function leaves (unwind_arm64.c). Every step
 * must go up and stay on the stack. Nothing is guessed: where nothing tells the way, the
 * trace ends and says why.
 */
struct mi_frame {
	uint64_t addr;	    /* where it goes on */
	const char *symbol; /* NULL: unknown. Lives as long as the kernel. */
	uint64_t offset;    /* of addr in it */
	uint64_t size;	    /* of the function */
	const char *module; /* NULL: the kernel itself */
	/* Of the scheduler or a lock's inside: /proc/PID/stack leaves these out. */
	bool hidden;
};

enum mi_trace_end {
	MI_TRACE_WHOLE,	     /* down to user mode, or to where a kernel thread begins */
	MI_TRACE_RUNNING,    /* the task is on a CPU: what its stack holds is not known */
	MI_TRACE_LOST,	     /* its stack is not to be had: a problem says why */
	MI_TRACE_OFF,	     /* this kernel has no such tables: MI_F_STACK says why */
	MI_TRACE_NO_ENTRY,   /* no table tells of this code */
	MI_TRACE_NO_CODE,    /* the return address is none of the kernel's code */
	MI_TRACE_REGISTER,   /* the way on is in a register that nobody saved */
	MI_TRACE_OFF_STACK,  /* the tables lead out of the stack, or in a circle */
	MI_TRACE_UNREADABLE, /* a table is not to be had */
	MI_TRACE_TRACER,     /* a tracer put itself in the place of the return address */
	MI_TRACE_DEEP,	     /* more frames than have room */
	MI_TRACE_GONE,	     /* it has exited: its stack is freed */
	MI_TRACE_UNSTABLE,   /* of a running kernel: the task ran while its stack was read */
	MI_TRACE_NR,
};

#define MI_FRAMES_MAX 160 /* of 16 KiB, each with a return address and some more */

struct mi_trace {
	enum mi_trace_end end;
	size_t n;
	struct mi_frame frames[MI_FRAMES_MAX]; /* the innermost first */
};

/* "whole", "running", ...: one word, stable. */
const char *mi_trace_word(enum mi_trace_end end);
/* "no table tells of this code": for people. NULL for WHOLE. */
const char *mi_trace_text(enum mi_trace_end end);

/*
 * Unwind the stack of @task, which is loaded into @stack; that may be used again for
 * the next task, and for what else is looked for on the same stack.
 */
void mi_trace_task(struct mi_kernel *k, const struct mi_task *task, struct mi_kstack *stack,
		   struct mi_trace *ret);

/* The same for a stack that is loaded. */
void mi_trace_stack(struct mi_kernel *k, const struct mi_kstack *stack, struct mi_trace *ret);

/* The first frame from @i on that is not hidden; @t->n if there is none. */
size_t mi_trace_shown(const struct mi_trace *t, size_t i);

/*
 * The name of an address in code: as mi_frame has it, but of the address itself, not of
 * the call before it.
 */
void mi_code_name(struct mi_kernel *k, uint64_t addr, struct mi_frame *ret);

/* Switches MI_F_STACK off where the way on a stack has a form that is not known. */
void mi_unwind_form(struct mi_kernel *k);

/* For the unwinders: all that is known of @addr, behind a call or (@exact) where it stopped. */
const struct mi_frame *mi_unwind_frame(struct mi_kernel *k, uint64_t addr, bool exact,
				       bool *is_code);
/* A tracer hides who called this. */
bool mi_unwind_is_tracer(const struct mi_kernel *k, uint64_t addr);

/* arm64. */
const char *mi_unwind_arm64_lacks(const struct mi_layout *l);
enum mi_trace_end mi_unwind_arm64(struct mi_kernel *k, const struct mi_kstack *stack,
				  struct mi_trace *ret);

void mi_unwinder_free(struct mi_unwinder *u);

#endif
