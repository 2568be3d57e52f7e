// SPDX-License-Identifier: GPL-2.0-or-later
/* xlat.c - walks the kernel's page tables of x86-64, 4 and 5 levels */
#include "xlat.h"

/* Kernel text is mapped here plus phys_base: arch/x86/include/asm/page_64_types.h, since 2.6. */
#define START_KERNEL_MAP 0xffffffff80000000ULL

#define ENTRY_PRESENT 0x1ULL
#define ENTRY_WRITE 0x2ULL
#define ENTRY_PSE 0x80ULL
#define ENTRY_ADDR 0x000ffffffffff000ULL /* bits 51:12 */
#define ENTRY_NX (1ULL << 63)

/* *@write: the entries' right to write; *@nx: their bar to execute. */
static enum mi_read walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa,
			 uint64_t *write, uint64_t *nx)
{
	uint64_t table = x->root, entry, mask;
	unsigned int level, shift;
	const void *p;
	enum mi_read r;

	*write = ENTRY_WRITE;
	*nx = 0;
	for (level = x->levels; level > 0; level--) {
		shift = MI_PAGE_SHIFT + 9 * (level - 1);
		r = mi_borrow_phys(t, table + (va >> shift & 511) * 8, 8, &p);
		if (r)
			return r;
		entry = *(const uint64_t *)p;
		if (!(entry & ENTRY_PRESENT))
			return MI_READ_UNMAPPED;
		*write &= entry;
		*nx |= entry & ENTRY_NX;
		if (level == 1 || ((level == 2 || level == 3) && (entry & ENTRY_PSE))) {
			mask = (1ULL << shift) - 1;
			*pa = (entry & x->pa_mask & ~mask) | (va & mask);
			return MI_READ_OK;
		}
		table = entry & x->pa_mask;
	}
	return MI_READ_UNMAPPED;
}

enum mi_read mi_xlat_walk(struct mi_target *t, const struct mi_xlat *x, uint64_t va, uint64_t *pa)
{
	uint64_t write, nx;

	return walk(t, x, va, pa, &write, &nx);
}

bool mi_xlat_is_constant(struct mi_target *t, const struct mi_xlat *x, uint64_t va)
{
	uint64_t pa, write, nx;

	return !walk(t, x, va, &pa, &write, &nx) && !write && nx;
}

/* With the right number of levels, the walk and the arithmetic agree on _stext. */
static bool proves(struct mi_target *t, const struct mi_xlat *x, uint64_t stext, uint64_t phys_base,
		   enum mi_read *why)
{
	uint64_t pa;

	*why = mi_xlat_walk(t, x, stext, &pa);
	return *why == MI_READ_OK && pa == stext - START_KERNEL_MAP + phys_base;
}

enum mi_status mi_xlat_init(struct mi_target *t, const struct mi_vmcoreinfo *vi, struct mi_xlat *x,
			    struct mi_error *err)
{
	uint64_t phys_base, top, stext, l5 = 0, sme = 0;
	enum mi_read why;

	if (!mi_vmcoreinfo_number(vi, "SYMBOL(init_top_pgt)", &top) &&
	    !mi_vmcoreinfo_number(vi, "SYMBOL(init_level4_pgt)", &top) &&
	    !mi_vmcoreinfo_number(vi, "SYMBOL(swapper_pg_dir)", &top))
		return mi_fail(err, MI_ERR_MISSING, "VMCOREINFO names no kernel page table");
	if (!mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", &stext))
		return mi_fail(err, MI_ERR_MISSING, "VMCOREINFO has no SYMBOL(_stext)");
	/* Kernels before 4.10 without the line are not relocated. */
	if (!mi_vmcoreinfo_number(vi, "NUMBER(phys_base)", &phys_base))
		phys_base = 0;
	mi_vmcoreinfo_number(vi, "NUMBER(pgtable_l5_enabled)", &l5);
	mi_vmcoreinfo_number(vi, "NUMBER(sme_mask)", &sme);

	x->root = top - START_KERNEL_MAP + phys_base;
	x->pa_mask = ENTRY_ADDR & ~sme;
	x->levels = l5 ? 5 : 4;
	if (proves(t, x, stext, phys_base, &why))
		return MI_OK;
	x->levels = l5 ? 4 : 5;
	if (proves(t, x, stext, phys_base, &why))
		return MI_OK;
	return mi_fail(err, MI_ERR_READ,
		       "the kernel's page table at physical 0x%llx does not map _stext as "
		       "VMCOREINFO says (%s)",
		       (unsigned long long)x->root,
		       why ? mi_read_text(why) : "wrong physical address");
}
