/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DEBUGGER_H
#define MI_TARGET_DEBUGGER_H

#include <stddef.h>
#include <stdint.h>

#include "symbols.h"
#include "types.h"

/*
 * What a provider may do beyond reading memory, if it is a debugger that was given debug
 * information: symbols, types, stacks. drgn.c is one.
 */
struct mi_provider;

struct mi_debugger_ops {
	/*
	 * Take the debug information of vmlinux @path, which has proved that it belongs to the
	 * target. The others may be called only after that.
	 */
	enum mi_status (*load)(struct mi_provider *p, const char *path, struct mi_error *err);
	/* All symbols. @moved: how far the kernel lies from where it was linked. */
	enum mi_status (*symbols)(struct mi_provider *p, uint64_t moved, struct mi_symtab **ret,
				  struct mi_error *err);
	/* Answer what is not found yet, as mi_btf_resolve() does. */
	enum mi_status (*types)(struct mi_provider *p, struct mi_type_query *queries, size_t n,
				struct mi_error *err);
	/*
	 * The stack of the task with this number in the initial namespace: the addresses that it
	 * goes on at, the innermost first. At most *@n, which becomes the number there are.
	 */
	enum mi_status (*stack)(struct mi_provider *p, int32_t tid, uint64_t *pcs, size_t *n,
				struct mi_error *err);
};

#endif
