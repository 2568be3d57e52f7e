/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_ARCH_H
#define MI_TARGET_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * What differs between architectures below the structures of Linux: how page tables are
 * laid out, how VMCOREINFO leads to those of the kernel, which addresses are the kernel's.
 * Each has a file arch_NAME.c with one struct mi_arch_ops, and a row in arch.c. How entries of
 * user page tables are read is kernel/pagetable.h's.
 */
enum mi_arch {
	MI_ARCH_X86_64,
	MI_ARCH_ARM64,
	MI_ARCH_X86_32,
	MI_ARCH_ARM,
};

struct mi_target;
struct mi_vmcoreinfo;
struct mi_xlat;

#define MI_PT_LEVELS 5

/*
 * The tables of one kernel, as it runs. Levels count from 1, whose entries map single pages.
 * Entries need not be of one size at all levels; nor must tables be as large as a page.
 */
struct mi_pt_shape {
	unsigned int levels;
	struct {
		uint8_t shift;	   /* an entry is of 1 << shift bytes of addresses */
		uint8_t bits;	   /* a table has 1 << bits entries */
		uint8_t bytes;	   /* of an entry: 4 or 8 */
	} level[MI_PT_LEVELS + 2]; /* [levels + 1].shift: what the root covers */

	/* An entry's physical address: some of its bits, and some that lie elsewhere in it. */
	uint64_t pa_mask;
	uint64_t high_mask;
	unsigned int high_shift;
	uint64_t flip; /* bits of the address that an entry has the other way round */
};

static inline uint64_t mi_entry_pa(const struct mi_pt_shape *s, uint64_t entry)
{
	return ((entry & s->pa_mask) | (entry & s->high_mask) << s->high_shift) ^ s->flip;
}

/* Which entry of its table is of @va. */
static inline uint64_t mi_entry_index(const struct mi_pt_shape *s, unsigned int level, uint64_t va)
{
	return va >> s->level[level].shift & ((1ULL << s->level[level].bits) - 1);
}

/*
 * Tables of pages of 1 << @page_shift bytes, which are full but for the root: that has the rest
 * of @va_bits. False: there is no such thing.
 */
bool mi_pt_shape_regular(struct mi_pt_shape *s, unsigned int page_shift, unsigned int va_bits,
			 unsigned int entry_bytes);
/* One more level on top: tables of 1 << @bits entries, each of 1 << @shift bytes of addresses. */
void mi_pt_shape_add(struct mi_pt_shape *s, unsigned int shift, unsigned int bits,
		     unsigned int entry_bytes);

/* What an entry of the kernel's own tables is. */
enum mi_entry_kind {
	MI_ENTRY_NONE,
	MI_ENTRY_TABLE, /* leads to the table below */
	MI_ENTRY_LEAF,	/* maps memory */
};

#define MI_MAY_WRITE 1U
#define MI_MAY_EXECUTE 2U

struct mi_arch_ops {
	enum mi_arch arch;
	const char *name;	/* as `uname -m` says, and libkdumpfile, */
	const char *other_name; /* or that has this one for it; NULL: the same */
	unsigned int pointer_bytes;

	/* Where the kernel's image can lie. */
	uint64_t image_first, image_size;

	/* See mi_xlat_init(). */
	enum mi_status (*find_root)(struct mi_target *t, const struct mi_vmcoreinfo *vi,
				    bool search, struct mi_xlat *x, struct mi_error *err);
	/* Is *@va one of the kernel's? Bits that the hardware takes no notice of are made good. */
	bool (*is_kernel)(const struct mi_xlat *x, uint64_t *va);
	enum mi_entry_kind (*entry)(uint64_t entry, unsigned int level);
	/* MI_MAY_*: what the entry itself allows; all on the way must. */
	unsigned int (*rights)(uint64_t entry, enum mi_entry_kind kind, unsigned int level);
};

extern const struct mi_arch_ops mi_arch_x86_64, mi_arch_arm64, mi_arch_x86_32, mi_arch_arm;

/* By the name that libkdumpfile has for it; NULL: not supported. */
const struct mi_arch_ops *mi_arch_named(const char *name);
/* Where the kernel's top table and its text are, as VMCOREINFO says: virtual addresses. */
enum mi_status mi_arch_place(const struct mi_vmcoreinfo *vi, uint64_t *top, uint64_t *stext,
			     struct mi_error *err);
/*
 * By what VMCOREINFO alone has, where a dump's headers do not say. What is wrong is found out
 * soon: page tables must prove it.
 */
const struct mi_arch_ops *mi_arch_of_text(const struct mi_vmcoreinfo *vi);

#endif
