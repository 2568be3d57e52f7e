/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_SECOND_STACK_H
#define MI_INSPECT_SECOND_STACK_H

#include "../kernel/unwind.h"

/*
 * The same stack as a debugger unwinds it, from debug information instead of the kernel's own
 * tables: it confirms what was unwound here, or tells of a stack that was not (of a task that ran
 * when the kernel crashed, the dump has registers).
 */
enum mi_second {
	MI_SECOND_NONE,	   /* there is no such debugger */
	MI_SECOND_SAME,	   /* the same frames */
	MI_SECOND_OTHER,   /* others, or more: in frames */
	MI_SECOND_UNKNOWN, /* it has none, and says why */
};

struct mi_second_stack {
	enum mi_second is;
	struct mi_frame *frames; /* OTHER; the innermost first. free() it. */
	size_t n;
	char why[160];
};

/* @n @frames: as unwound here. False: out of memory. */
bool mi_second_stack(struct mi_kernel *k, const struct mi_task *task, const struct mi_frame *frames,
		     size_t n, struct mi_second_stack *ret);

#endif
