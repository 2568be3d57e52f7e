// SPDX-License-Identifier: GPL-2.0-or-later
/* second_stack.c - a stack that was unwound twice; contract in second_stack.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "second_stack.h"

/* What is called goes on behind the call, which may be the end of its function. */
static void name_frame(struct mi_kernel *k, uint64_t addr, struct mi_frame *ret)
{
	mi_code_name(k, addr - 1, ret);
	/* Without tables to unwind by, it knows nothing. */
	if (!ret->symbol) {
		ret->symbol = mi_symbol_name(k->t, addr - 1, &ret->offset);
		ret->size = ret->offset + mi_symbol_room(k->t, addr - 1);
	}
	ret->addr = addr;
	ret->offset += ret->symbol ? 1 : 0;
}

static bool is_same(const struct mi_frame *frames, size_t n, const uint64_t *pcs, size_t n_pcs)
{
	size_t i;

	for (i = 0; i < n && i < n_pcs; i++)
		if (frames[i].addr != pcs[i])
			return false;
	return n == n_pcs && n;
}

/*
 * The frames up to where the kernel was entered from user mode; drgn may go on there, and to no
 * good. The first may lie anywhere: a call of nothing is what kernels die of.
 */
static size_t of_kernel(struct mi_kernel *k, const uint64_t *pcs, size_t n)
{
	size_t i = n ? 1 : 0;

	while (i < n && mi_is_kernel_address(k->t, pcs[i]))
		i++;
	return i;
}

bool mi_second_stack(struct mi_kernel *k, const struct mi_task *task, const struct mi_frame *frames,
		     size_t n, struct mi_second_stack *ret)
{
	uint64_t pcs[MI_FRAMES_MAX];
	size_t i, n_pcs = MI_FRAMES_MAX;
	struct mi_error e = {.text = ""};
	enum mi_status st = mi_debugger_stack(k->t, task->pid, pcs, &n_pcs, &e);

	memset(ret, 0, sizeof(*ret));
	if (st == MI_ERR_UNSUPPORTED)
		return true;
	n_pcs = st ? 0 : of_kernel(k, pcs, n_pcs);
	if (st || !n_pcs) {
		ret->is = MI_SECOND_UNKNOWN;
		snprintf(ret->why, sizeof(ret->why), "%.*s", (int)sizeof(ret->why) - 1,
			 st ? e.text : "no frame");
		return true;
	}
	if (is_same(frames, n, pcs, n_pcs)) {
		ret->is = MI_SECOND_SAME;
		return true;
	}
	ret->is = MI_SECOND_OTHER;
	ret->frames = calloc(n_pcs, sizeof(*ret->frames));
	if (!ret->frames)
		return false;
	for (i = 0; i < n_pcs; i++)
		name_frame(k, pcs[i], &ret->frames[i]);
	ret->n = n_pcs;
	return true;
}
