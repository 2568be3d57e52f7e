// SPDX-License-Identifier: GPL-2.0-or-later
/* debugger.c - symbols, types and stacks of a provider that is a debugger */
#include <stdio.h>

#include "internal.h"
#include "vmlinux_identity.h"

/* drgn does not know that kernels of i386 are moved when they start, too. */
static bool in_place(struct mi_target *t, const struct mi_symtab *tab, struct mi_error *err)
{
	uint64_t is, told;

	if (!mi_target_number(t, "SYMBOL(_stext)", &told) ||
	    (mi_symtab_find(tab, "_stext", &is) == MI_SYMBOL_ONE && is == told))
		return true;
	mi_fail(err, MI_ERR_MISMATCH,
		"its symbols lie elsewhere than the kernel, so nothing of it is used");
	return false;
}

static bool load(struct mi_target *t, const char *path, struct mi_symtab **tab,
		 struct mi_error *err)
{
	const struct mi_debugger_ops *debugger = t->provider->ops->debugger;

	if (debugger->load(t->provider, path, err) ||
	    debugger->symbols(t->provider, mi_vmlinux_moved(t), tab, err))
		return false;
	if (in_place(t, *tab, err))
		return true;
	mi_symtab_free(*tab);
	return false;
}

enum mi_status mi_debugger_take(struct mi_target *t, const char *path, struct mi_error *err)
{
	const char *name = t->provider->name;
	double start = mi_now_ms();
	struct mi_symtab *tab;
	enum mi_status st;
	struct mi_error e;
	char where[200];

	if (!t->provider->ops->debugger)
		return MI_OK;
	if (!path) {
		mi_source_note(t, "types", false, start, name,
			       "no debug information: -s gives it a vmlinux; without, symbols, "
			       "types and stacks are not its");
		return MI_OK;
	}
	st = mi_vmlinux_belongs(t, path, err);
	if (st)
		return st;
	snprintf(where, sizeof(where), "%s, by %s", path, name);
	if (!load(t, path, &tab, &e)) {
		mi_source_note(t, "types", false, start, where, "%s", e.text);
		return MI_OK;
	}
	t->symbols = tab;
	t->debugger = t->provider->ops->debugger;
	mi_source_note(t, "symbols", true, start, where, "%zu symbols", mi_symtab_count(tab));
	mi_source_note(t, "types", true, start, where, "read when asked");
	return MI_OK;
}

enum mi_status mi_debugger_stack(struct mi_target *t, int32_t tid, uint64_t *pcs, size_t *n,
				 struct mi_error *err)
{
	if (!t->debugger)
		return MI_ERR_UNSUPPORTED;
	return t->debugger->stack(t->provider, tid, pcs, n, err);
}
