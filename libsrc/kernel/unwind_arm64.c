// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unwind_arm64.c - kernel stacks of arm64, from one frame record to the next
 *
 * Where a function keeps its caller's x29 and x30, x29 points to: a list up the stack, which
 * ends at a record of zeroes in the user's struct pt_regs (5.10), or where x29 is zero. Where
 * an exception came in between, the record in its struct pt_regs goes on at the interrupted
 * place; since 6.13 a type behind the record says so. arch/arm64/kernel/stacktrace.c,
 * arch/arm64/include/asm/stacktrace/frame.h
 */
#include "unwind.h"

/* Types of records in struct pt_regs. */
#define RECORD_FINAL 1
#define RECORD_REGS 2

#define FP_REGISTER 29

const char *mi_unwind_arm64_lacks(const struct mi_layout *l)
{
	if (!mi_has(&l->task_thread_fp))
		return "struct task_struct has no member thread.cpu_context.fp";
	if (!mi_has(&l->task_thread_pc))
		return "struct task_struct has no member thread.cpu_context.pc";
	if (mi_has(&l->regs_record_type) &&
	    (!mi_has(&l->regs_stackframe) || !mi_has(&l->regs_gprs)))
		return "struct pt_regs has no members stackframe and regs";
	return NULL;
}

static bool load(const struct mi_kstack *s, uint64_t addr, uint64_t *val)
{
	if (addr & 7 || addr < s->sp || addr >= s->end)
		return false;
	*val = s->words[(addr - s->sp) / 8];
	return true;
}

/* From the registers that hold the record at @fp: where it was interrupted. */
static bool through_regs(const struct mi_kernel *k, const struct mi_kstack *s, uint64_t fp,
			 uint64_t *next, uint64_t *pc)
{
	const struct mi_layout *l = &k->l;
	uint64_t regs = fp - (uint64_t)l->regs_stackframe.off;

	return load(s, regs + (uint64_t)l->regs_gprs.off + 8 * FP_REGISTER, next) &&
	       load(s, regs + (uint64_t)l->regs_ip.off, pc);
}

/* The record at *@fp. WHOLE: *@fp and *@pc are the caller's; *@last: there is none. */
static enum mi_trace_end step(const struct mi_kernel *k, const struct mi_kstack *s, uint64_t *fp,
			      uint64_t *pc, bool *exact, bool *last)
{
	uint64_t next, type = RECORD_FINAL;

	*last = !*fp;
	*exact = false;
	if (*last)
		return MI_TRACE_WHOLE;
	if (!load(s, *fp, &next) || !load(s, *fp + 8, pc))
		return MI_TRACE_OFF_STACK;
	if (!next && !*pc) {
		if (mi_has(&k->l.regs_record_type) && !load(s, *fp + 16, &type))
			return MI_TRACE_OFF_STACK;
		*last = type == RECORD_FINAL;
		if (*last)
			return MI_TRACE_WHOLE;
		*exact = true;
		if (type != RECORD_REGS || !through_regs(k, s, *fp, &next, pc))
			return MI_TRACE_OFF_STACK;
	}
	if (next && next <= *fp)
		return MI_TRACE_OFF_STACK;
	*fp = next;
	return MI_TRACE_WHOLE;
}

enum mi_trace_end mi_unwind_arm64(struct mi_kernel *k, const struct mi_kstack *stack,
				  struct mi_trace *ret)
{
	uint64_t fp = stack->fp, pc = stack->pc;
	bool exact = false, last = false, is_code;
	enum mi_trace_end end;

	for (;;) {
		const struct mi_frame *f;

		pc = mi_code_addr(k, pc);
		f = mi_unwind_frame(k, pc, exact, &is_code);
		if (!is_code)
			return MI_TRACE_NO_CODE;
		if (ret->n == MI_FRAMES_MAX)
			return MI_TRACE_DEEP;
		ret->frames[ret->n++] = *f;
		if (mi_unwind_is_tracer(k, pc))
			return MI_TRACE_TRACER;
		end = step(k, stack, &fp, &pc, &exact, &last);
		if (end || last)
			return end;
	}
}
