// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arch_x86_32.c - the kernel's page tables of i386: two levels of entries of 4 bytes, with PAE
 * three of 8
 *
 * Low memory, in which the image lies, is mapped at PAGE_OFFSET plus its physical address, also
 * where KASLR moved the image. VMCOREINFO does not tell PAGE_OFFSET (CONFIG_VMSPLIT_*), and all
 * of i386 has no phys_base: what maps _stext where it must be is right.
 */
#include "internal.h"
#include "xlat.h"

#define ENTRY_PRESENT 0x1ULL
#define ENTRY_WRITE 0x2ULL
#define ENTRY_PSE 0x80ULL
#define ENTRY_ADDR 0x00000000fffff000ULL
#define ENTRY_ADDR_PAE 0x000ffffffffff000ULL /* bits 51:12 */
#define ENTRY_NX (1ULL << 63)

/* CONFIG_PAGE_OFFSET; arch/x86/Kconfig */
static const uint64_t page_offsets[] = {0xc0000000, 0xb0000000, 0x80000000, 0x78000000, 0x40000000};

static enum mi_entry_kind entry_kind(uint64_t entry, unsigned int level)
{
	if (!(entry & ENTRY_PRESENT))
		return MI_ENTRY_NONE;
	return level == 1 || (level == 2 && entry & ENTRY_PSE) ? MI_ENTRY_LEAF : MI_ENTRY_TABLE;
}

/* The top entries of PAE have no right to write; tables of the kernel have all rights. */
static unsigned int rights(uint64_t entry, enum mi_entry_kind kind, unsigned int level)
{
	(void)level;
	if (kind == MI_ENTRY_TABLE)
		return MI_MAY_WRITE | MI_MAY_EXECUTE;
	return (entry & ENTRY_WRITE ? MI_MAY_WRITE : 0) | (entry & ENTRY_NX ? 0 : MI_MAY_EXECUTE);
}

static bool is_kernel(const struct mi_xlat *x, uint64_t *va)
{
	return *va >= x->lowest && *va <= UINT32_MAX;
}

static bool fits(struct mi_target *t, struct mi_xlat *x, uint64_t top, uint64_t stext, bool pae,
		 enum mi_read *why)
{
	uint64_t pa;

	if (!mi_pt_shape_regular(&x->shape, MI_PAGE_SHIFT, 32, pae ? 8 : 4))
		return false;
	x->shape.pa_mask = pae ? ENTRY_ADDR_PAE : ENTRY_ADDR;
	x->root = top - x->lowest;
	*why = mi_xlat_walk(t, x, stext, &pa);
	return *why == MI_READ_OK && pa == stext - x->lowest;
}

/* First with the tables that VMCOREINFO tells of; where a vmlinux has its place, nothing does. */
static bool find_split(struct mi_target *t, struct mi_xlat *x, uint64_t top, uint64_t stext,
		       bool pae, enum mi_read *why)
{
	size_t i;

	for (i = 0; i < sizeof(page_offsets) / sizeof(page_offsets[0]); i++) {
		x->lowest = page_offsets[i];
		if (top < x->lowest || stext < x->lowest)
			continue;
		if (fits(t, x, top, stext, pae, why) || fits(t, x, top, stext, !pae, why))
			return true;
	}
	return false;
}

static enum mi_status find_root(struct mi_target *t, const struct mi_vmcoreinfo *vi, bool search,
				struct mi_xlat *x, struct mi_error *err)
{
	enum mi_read why = MI_READ_UNMAPPED;
	uint64_t top, stext;
	enum mi_status st = mi_arch_place(vi, &top, &stext, err);

	(void)search; /* where the kernel lies is no question */
	if (st)
		return st;
	if (find_split(t, x, top, stext, mi_vmcoreinfo_line(vi, "CONFIG_X86_PAE"), &why))
		return MI_OK;
	return mi_fail(err, MI_ERR_READ,
		       "the kernel's page table at 0x%llx does not map _stext as VMCOREINFO says "
		       "(%s)",
		       (unsigned long long)top, why ? mi_read_text(why) : "wrong physical address");
}

const struct mi_arch_ops mi_arch_x86_32 = {
	.arch = MI_ARCH_X86_32,
	.name = "i686",
	.other_name = "ia32",
	.pointer_bytes = 4,
	.image_first = 0x40000000,
	.image_size = 0xc0000000,
	.find_root = find_root,
	.is_kernel = is_kernel,
	.entry = entry_kind,
	.rights = rights,
};
