/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_WRAP_H
#define MMAPREC_WRAP_H

#include <linux/ftrace.h>
#include <linux/mm.h>

#include "hooks.h"

/*
 * A function of ours in the place of one of the kernel's, for those calls only that are worth
 * it: ftrace calls a handler (mr_variant.divert), which looks at the argument and either lets
 * the call go on, or sends it to ours. Ours calls the kernel's, and sees it return. So calls of
 * no interest pay for the look alone, not for a kprobe, let alone a return probe.
 *
 * It is what live patching does, so a function that is patched live, or that somebody else has
 * diverted, is not to be had: then the same hook is a return probe.
 *
 * Who is in a function of ours keeps the module from being unloaded.
 */

#ifdef MR_CAN_WRAP

/* The first argument of the call. */
static __always_inline void *mr_wrap_argument(mr_wrap_regs *regs)
{
#if defined(MR_HAVE_FTRACE_REGS_ARGUMENT)
	return (void *)ftrace_regs_get_argument(regs, 0);
#elif defined(MR_HAVE_FTRACE_REGS)
	return (void *)regs_get_kernel_argument(&regs->regs, 0);
#else
	return (void *)regs_get_kernel_argument(regs, 0);
#endif
}

/*
 * From a handler, with what it got: go on in @to, unless it is that which calls. @to ends with
 * mr_wrap_left().
 */
void mr_wrap_divert(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		    mr_wrap_regs *regs, void *to);

static inline vm_fault_t mr_wrap_call(const struct mr_hook *hook, struct vm_fault *vmf)
{
	return ((vm_fault_t(*)(struct vm_fault *))hook->original)(vmf);
}

void mr_wrap_left(void);

#endif

/* 0, or why it cannot be: then nothing is attached. */
int mr_wrap_attach(struct mr_hook *hook);
void mr_wrap_detach(struct mr_hook *hook);
/* After the last one was detached, and before the module goes: nobody is in its code. */
void mr_wrap_wait(void);

#endif
