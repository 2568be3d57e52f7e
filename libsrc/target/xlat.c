// SPDX-License-Identifier: GPL-2.0-or-later
/* xlat.c - walks the kernel's page tables */
#include <string.h>

#include "internal.h"
#include "xlat.h"

static enum mi_read read_entry(struct mi_target *t, const struct mi_pt_shape *s, unsigned int level,
			       uint64_t table, uint64_t va, uint64_t *entry)
{
	unsigned int bytes = s->level[level].bytes;
	const void *p;
	enum mi_read r;

	r = mi_borrow_phys(t, table + mi_entry_index(s, level, va) * bytes, bytes, &p);
	*entry = 0;
	if (!r)
		memcpy(entry, p, bytes);
	return r;
}

/* *@rights: MI_MAY_* of all entries on the way. */
static enum mi_read walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa,
			 unsigned int *rights)
{
	const struct mi_pt_shape *s = &x->shape;
	uint64_t table = x->root, entry, mask;
	enum mi_entry_kind kind;
	unsigned int level;
	enum mi_read r;

	*rights = MI_MAY_WRITE | MI_MAY_EXECUTE;
	for (level = s->levels; level > 0; level--) {
		r = read_entry(t, s, level, table, va, &entry);
		if (r)
			return r;
		kind = x->arch->entry(entry, level);
		if (kind == MI_ENTRY_NONE)
			return MI_READ_UNMAPPED;
		*rights &= x->arch->rights(entry, kind, level);
		table = mi_entry_pa(s, entry);
		if (kind == MI_ENTRY_LEAF) {
			mask = (1ULL << s->level[level].shift) - 1;
			*pa = (table & ~mask) | (va & mask);
			return MI_READ_OK;
		}
	}
	return MI_READ_UNMAPPED;
}

enum mi_read mi_xlat_walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa)
{
	unsigned int rights;

	return x->arch->is_kernel(x, &va) ? walk(t, x, va, pa, &rights) : MI_READ_UNMAPPED;
}

static bool maps(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t expect)
{
	uint64_t pa;

	return mi_xlat_walk(t, x, va, &pa) == MI_READ_OK && pa == expect;
}

bool mi_xlat_fits(struct mi_target *t, const struct mi_xlat *x, uint64_t top, uint64_t stext)
{
	return maps(t, x, stext, stext - top + x->root) && maps(t, x, top, x->root);
}

bool mi_xlat_is_constant(struct mi_target *t, const struct mi_xlat *x, uint64_t va)
{
	unsigned int rights;
	uint64_t pa;

	return !walk(t, x, va, &pa, &rights) && !rights;
}

enum mi_status mi_xlat_init(struct mi_target *t, const struct mi_vmcoreinfo *vi, bool search,
			    struct mi_xlat *x, struct mi_error *err)
{
	struct mi_xlat arm = {.arch = &mi_arch_arm};
	enum mi_status st;

	memset(x, 0, sizeof(*x));
	x->arch = t->arch ? t->arch : mi_arch_of_text(vi);
	st = x->arch->find_root(t, vi, search, x, err);
	/* QEMU has one name for all machines of 32 bits; and the text alone tells no more. */
	if (st != MI_ERR_READ || x->arch != &mi_arch_x86_32 ||
	    mi_arch_arm.find_root(t, vi, search, &arm, NULL))
		return st;
	*x = arm;
	return MI_OK;
}
