// SPDX-License-Identifier: GPL-2.0
/* Arguments and the next instruction are asked for and set by functions. */
#include <linux/ftrace.h>

unsigned long probe(struct ftrace_regs *regs)
{
	ftrace_regs_set_instruction_pointer(regs, 0);
	return ftrace_regs_get_argument(regs, 0);
}
