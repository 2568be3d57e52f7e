// SPDX-License-Identifier: GPL-2.0
/* What ftrace calls gets the registers as a type of its own. */
#include <linux/ftrace.h>

ftrace_func_t probe(void (*fn)(unsigned long ip, unsigned long parent, struct ftrace_ops *op,
			       struct ftrace_regs *regs))
{
	return fn;
}
