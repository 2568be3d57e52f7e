// SPDX-License-Identifier: GPL-2.0-or-later
/* arch_x86_64.c - the kernel's page tables of x86-64, 4 and 5 levels, and where they begin */
#include "internal.h"
#include "xlat.h"

/* Kernel text is mapped here plus phys_base: arch/x86/include/asm/page_64_types.h, since 2.6. */
#define START_KERNEL_MAP 0xffffffff80000000ULL
#define KERNEL_MAP_SIZE (1ULL << 30) /* what follows is for modules */

/* Where a boot loader may put it: CONFIG_PHYSICAL_ALIGN is not less on x86-64. */
#define BASE_STEP (2ULL << 20)
#define BASE_FIRST (-(1ULL << 30)) /* below where it was linked to */
#define BASE_END (64ULL << 30)

#define ENTRY_PRESENT 0x1ULL
#define ENTRY_WRITE 0x2ULL
#define ENTRY_PSE 0x80ULL
#define ENTRY_ADDR 0x000ffffffffff000ULL /* bits 51:12 */
#define ENTRY_NX (1ULL << 63)

static enum mi_entry_kind entry_kind(uint64_t entry, unsigned int level)
{
	if (!(entry & ENTRY_PRESENT))
		return MI_ENTRY_NONE;
	return level == 1 || ((level == 2 || level == 3) && entry & ENTRY_PSE) ? MI_ENTRY_LEAF
									       : MI_ENTRY_TABLE;
}

static unsigned int rights(uint64_t entry, enum mi_entry_kind kind, unsigned int level)
{
	(void)level;
	(void)kind; /* tables are like leaves */
	return (entry & ENTRY_WRITE ? MI_MAY_WRITE : 0) | (entry & ENTRY_NX ? 0 : MI_MAY_EXECUTE);
}

/* User addresses and non-canonical ones are no kernel memory. */
static bool is_kernel(const struct mi_xlat *x, uint64_t *va)
{
	(void)x;
	return (int64_t)*va < 0;
}

/* What VMCOREINFO says of where the kernel lies. */
struct place {
	uint64_t top, stext; /* virtual */
	uint64_t variable;   /* of phys_base; 0: not told */
	bool l5;
};

/* With the right number of levels, the walk and the arithmetic agree on _stext. */
static bool proves(struct mi_target *t, const struct mi_xlat *x, uint64_t stext, uint64_t phys_base,
		   enum mi_read *why)
{
	uint64_t pa;

	*why = mi_xlat_walk(t, x, stext, &pa);
	return *why == MI_READ_OK && pa == stext - START_KERNEL_MAP + phys_base;
}

static void set_levels(struct mi_xlat *x, unsigned int levels)
{
	uint64_t mask = x->shape.pa_mask;

	mi_pt_shape_regular(&x->shape, MI_PAGE_SHIFT, MI_PAGE_SHIFT + 9 * levels, 8);
	x->shape.pa_mask = mask;
}

static bool fits(struct mi_target *t, struct mi_xlat *x, const struct place *at, uint64_t phys_base,
		 enum mi_read *why)
{
	x->root = at->top - START_KERNEL_MAP + phys_base;
	set_levels(x, at->l5 ? 5 : 4);
	if (proves(t, x, at->stext, phys_base, why))
		return true;
	set_levels(x, at->l5 ? 4 : 5);
	return proves(t, x, at->stext, phys_base, why);
}

/*
 * The same of a place that nothing but the tables tells: the kernel's own variable must
 * agree, where VMCOREINFO leads to it.
 */
static bool fits_guess(struct mi_target *t, struct mi_xlat *x, const struct place *at,
		       uint64_t guess, enum mi_read *why)
{
	uint64_t pa;
	const void *p;

	if (!fits(t, x, at, guess, why))
		return false;
	if (!at->variable || mi_xlat_walk(t, x, at->variable, &pa) || pa & 7 ||
	    mi_borrow_phys(t, pa, 8, &p))
		return true;
	return *(const uint64_t *)p == guess;
}

/*
 * Kernels before 4.10 do not write down where a boot loader put them. Mostly that is
 * where they were linked to; else the dump's headers know it, or all places that a boot
 * loader can choose are tried. Two that fit (a crash kernel, waiting) are none.
 */
static bool search(struct mi_target *t, struct mi_xlat *x, const struct place *at,
		   uint64_t *phys_base, bool *rivals)
{
	const struct mi_read_stats before = t->stats;
	struct mi_xlat found = *x;
	enum mi_read why;
	uint64_t base;
	bool any = false, all = true;

	for (base = BASE_FIRST; base != BASE_END && !*rivals && all; base += BASE_STEP) {
		all = !mi_target_interrupted(t);
		if (!all || !base || !fits_guess(t, x, at, base, &why))
			continue;
		*rivals = any;
		any = true;
		found = *x;
		*phys_base = base;
	}
	*x = found;
	t->stats = before;
	return any && all && !*rivals;
}

static bool find_place(struct mi_target *t, struct mi_xlat *x, const struct place *at, bool far,
		       uint64_t *phys_base, bool *rivals, enum mi_read *why)
{
	const struct mi_provider *p = t->provider;

	*rivals = false;
	*phys_base = 0;
	if (fits_guess(t, x, at, 0, why))
		return true;
	*phys_base = p->phys_base;
	if (p->phys_base_told && fits_guess(t, x, at, p->phys_base, why))
		return true;
	return far && search(t, x, at, phys_base, rivals);
}

static enum mi_status not_mapped(const struct mi_xlat *x, enum mi_read why, struct mi_error *err)
{
	return mi_fail(err, MI_ERR_READ,
		       "the kernel's page table at physical 0x%llx does not map _stext as "
		       "VMCOREINFO says (%s)",
		       (unsigned long long)x->root,
		       why ? mi_read_text(why) : "wrong physical address");
}

static enum mi_status find_root(struct mi_target *t, const struct mi_vmcoreinfo *vi,
				bool search_all, struct mi_xlat *x, struct mi_error *err)
{
	struct place at = {.top = 0};
	uint64_t phys_base, l5 = 0, sme = 0;
	enum mi_read why;
	bool rivals;
	enum mi_status st = mi_arch_place(vi, &at.top, &at.stext, err);

	if (st)
		return st;
	mi_vmcoreinfo_number(vi, "NUMBER(pgtable_l5_enabled)", &l5);
	mi_vmcoreinfo_number(vi, "NUMBER(sme_mask)", &sme);
	mi_vmcoreinfo_number(vi, "SYMBOL(phys_base)", &at.variable);
	at.l5 = l5;
	x->shape.pa_mask = ENTRY_ADDR & ~sme;
	x->phys_base_found = false;
	if (mi_vmcoreinfo_number(vi, "NUMBER(phys_base)", &phys_base))
		return fits(t, x, &at, phys_base, &why) ? MI_OK : not_mapped(x, why, err);
	x->phys_base_found = find_place(t, x, &at, search_all, &phys_base, &rivals, &why);
	x->phys_base = phys_base;
	if (x->phys_base_found)
		return MI_OK;
	if (mi_target_interrupted(t))
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	if (rivals)
		return mi_fail(err, MI_ERR_FORMAT,
			       "VMCOREINFO does not say where in memory the kernel lies, and it "
			       "may be in two places");
	/* The first guess is what most kernels would be right with. */
	fits(t, x, &at, 0, &why);
	return not_mapped(x, why, err);
}

const struct mi_arch_ops mi_arch_x86_64 = {
	.arch = MI_ARCH_X86_64,
	.name = "x86_64",
	.pointer_bytes = 8,
	.image_first = START_KERNEL_MAP,
	.image_size = KERNEL_MAP_SIZE,
	.find_root = find_root,
	.is_kernel = is_kernel,
	.entry = entry_kind,
	.rights = rights,
};
