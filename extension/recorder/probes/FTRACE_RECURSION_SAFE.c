// SPDX-License-Identifier: GPL-2.0
/* What ftrace calls has to say that it does not call itself. */
#include <linux/ftrace.h>

unsigned long probe(void)
{
	return FTRACE_OPS_FL_RECURSION_SAFE;
}
