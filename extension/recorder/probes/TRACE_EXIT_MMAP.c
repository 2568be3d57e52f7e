// SPDX-License-Identifier: GPL-2.0
/* A tracepoint where all mappings of a process go. */
#include <linux/mm.h>
#include <linux/maple_tree.h>
#include <trace/events/mmap.h>

void *probe(void)
{
	return check_trace_callback_type_exit_mmap;
}
