// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arch_arm64.c - the kernel's page tables of arm64 with pages of 4 KiB, and where they begin
 *
 * Bits: arch/arm64/include/asm/pgtable-hwdef.h. VMCOREINFO's numbers: arch/arm64/kernel/
 * crash_core.c, vmcore_info.c later (4.12).
 */
#include "internal.h"
#include "xlat.h"

#define ENTRY_VALID 0x1ULL
#define ENTRY_TABLE 0x2ULL		 /* of upper levels; else a block */
#define ENTRY_RDONLY (1ULL << 7)	 /* of what maps memory; tables never forbid it */
#define ENTRY_PXN (1ULL << 53)		 /* the same, for execution */
#define TABLE_PXN (1ULL << 59)		 /* of a table, for all below it */
#define ENTRY_ADDR 0x0000fffffffff000ULL /* bits 47:12 */

/* Addresses of 52 bits with pages of 4 KiB (LPA2): bits 51:50 lie in 9:8. */
#define LPA2_ADDR 0x0003fffffffff000ULL
#define LPA2_HIGH 0x300ULL
#define LPA2_SHIFT 42

#define VA_BITS_MIN 36
#define VA_BITS_MAX 52
#define TAG (0xffULL << 56) /* no part of an address where the kernel tags pointers */
#define UPPER_HALF (1ULL << 55)

/* At the lowest level, what has not both bits is no page. */
static enum mi_entry_kind entry_kind(uint64_t entry, unsigned int level)
{
	if (!(entry & ENTRY_VALID))
		return MI_ENTRY_NONE;
	if (level == 1)
		return entry & ENTRY_TABLE ? MI_ENTRY_LEAF : MI_ENTRY_NONE;
	if (entry & ENTRY_TABLE)
		return MI_ENTRY_TABLE;
	return level <= 3 ? MI_ENTRY_LEAF : MI_ENTRY_NONE;
}

static unsigned int rights(uint64_t entry, enum mi_entry_kind kind, unsigned int level)
{
	(void)level;
	if (kind == MI_ENTRY_TABLE)
		return MI_MAY_WRITE | (entry & TABLE_PXN ? 0 : MI_MAY_EXECUTE);
	return (entry & ENTRY_RDONLY ? 0 : MI_MAY_WRITE) | (entry & ENTRY_PXN ? 0 : MI_MAY_EXECUTE);
}

/* Bit 55 chooses the tables. Above it are tags, where there are any (KASAN, MTE). */
static bool is_kernel(const struct mi_xlat *x, uint64_t *va)
{
	if (!(*va & UPPER_HALF))
		return false;
	*va |= TAG;
	return *va >= x->lowest;
}

/* As the hardware was set up, which may be less than what the kernel was built for. */
static bool set_shape(const struct mi_vmcoreinfo *vi, struct mi_xlat *x)
{
	uint64_t bits, unused;

	if (mi_vmcoreinfo_number(vi, "NUMBER(TCR_EL1_T1SZ)", &unused))
		bits = 64 - unused;
	else if (!mi_vmcoreinfo_number(vi, "NUMBER(VA_BITS)", &bits))
		return false;
	if (bits < VA_BITS_MIN || bits > VA_BITS_MAX ||
	    !mi_pt_shape_regular(&x->shape, MI_PAGE_SHIFT, (unsigned int)bits, 8))
		return false;
	x->shape.pa_mask = bits > 48 ? LPA2_ADDR : ENTRY_ADDR;
	x->shape.high_mask = bits > 48 ? LPA2_HIGH : 0;
	x->shape.high_shift = LPA2_SHIFT;
	x->lowest = -(1ULL << bits);
	return true;
}

static enum mi_status check_page_size(const struct mi_vmcoreinfo *vi, struct mi_error *err)
{
	uint64_t size;

	if (!mi_vmcoreinfo_number(vi, "PAGESIZE", &size) || size == MI_PAGE_SIZE)
		return MI_OK;
	return mi_fail(err, MI_ERR_UNSUPPORTED,
		       "the dump's kernel has pages of %llu bytes; only 4096 is supported",
		       (unsigned long long)size);
}

static enum mi_status find_root(struct mi_target *t, const struct mi_vmcoreinfo *vi,
				bool search_all, struct mi_xlat *x, struct mi_error *err)
{
	uint64_t top, stext, voffset, pa = 0;
	enum mi_status st = check_page_size(vi, err);
	enum mi_read why;

	(void)search_all; /* all kernels that leave such a text say where they lie */
	if (!st)
		st = mi_arch_place(vi, &top, &stext, err);
	if (st)
		return st;
	if (!mi_vmcoreinfo_number(vi, "NUMBER(kimage_voffset)", &voffset))
		return mi_fail(err, MI_ERR_MISSING,
			       "VMCOREINFO does not say where in memory the kernel lies (no "
			       "NUMBER(kimage_voffset): kernels before 4.12)");
	if (!set_shape(vi, x))
		return mi_fail(err, MI_ERR_MISSING,
			       "VMCOREINFO does not say how many bits addresses have");
	x->root = top - voffset;
	why = mi_xlat_walk(t, x, stext, &pa);
	if (!why && pa == stext - voffset)
		return MI_OK;
	return mi_fail(err, MI_ERR_READ,
		       "the kernel's page table at physical 0x%llx does not map _stext as "
		       "VMCOREINFO says (%s)",
		       (unsigned long long)x->root,
		       why ? mi_read_text(why) : "wrong physical address");
}

const struct mi_arch_ops mi_arch_arm64 = {
	.arch = MI_ARCH_ARM64,
	.name = "aarch64",
	.pointer_bytes = 8,
	/* Anywhere in the upper half; see is_kernel(). */
	.image_first = -(1ULL << VA_BITS_MAX),
	.image_size = (1ULL << VA_BITS_MAX) - MI_PAGE_SIZE,
	.find_root = find_root,
	.is_kernel = is_kernel,
	.entry = entry_kind,
	.rights = rights,
};
