// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arch_arm.c - the kernel's page tables of arm: two levels of entries of 4 bytes, with LPAE
 * three of 8
 *
 * Bits: arch/arm/include/asm/pgtable-2level-hwdef.h, pgtable-3level-hwdef.h. The kernel's own
 * addresses are walked as the hardware does. Memory begins anywhere (PHYS_OFFSET), which neither
 * VMCOREINFO nor a symbol tells: all places are tried for the top table, and where it lies must
 * map _stext, and itself, at the one distance of the direct map. So nothing need be known of
 * CONFIG_PHYS_OFFSET, or of what a boot loader did.
 *
 * Of two levels, the tables of processes are read as the kernel does. Its entries have marks
 * for which the hardware's have no bits, so each page of tables has both: 512 of one kind, 512 of
 * the other, for two entries of the top table that are always set together. These name the
 * hardware's; the kernel's are in the other half of the page, whichever that is (the upper one up
 * to 2.6.37, d30e45eeabef).
 */
#include <string.h>

#include "internal.h"
#include "xlat.h"

#define TYPE 0x3ULL

/* Two levels. */
#define TYPE_TABLE 0x1ULL
#define TYPE_SECTION 0x2ULL	  /* and 3: one that the kernel may not execute */
#define SUPERSECTION (1ULL << 18) /* 16 MiB of a device, with more bits of its address */
#define TABLE_ADDR 0xfffffc00ULL
#define SECTION_APX (1ULL << 15)
#define SECTION_XN (1ULL << 4)
#define PAGE_SMALL 0x2ULL /* and 3: not to be executed */
#define PAGE_XN 0x1ULL
#define PAGE_APX (1ULL << 9)
#define HALF_PAGE 0x800ULL
#define PAIR_ADDR 0xfffff800ULL

/* LPAE: as on arm64. */
#define LPAE_PAGE 0x3ULL /* or a table */
#define LPAE_BLOCK 0x1ULL
#define LPAE_RDONLY (1ULL << 7)
#define LPAE_PXN (1ULL << 53)
#define LPAE_XN (1ULL << 54)
#define LPAE_TABLE_PXN (1ULL << 59)
#define LPAE_ADDR 0x000000fffffff000ULL

/* CONFIG_PAGE_OFFSET; arch/arm/Kconfig. Modules lie below. */
static const uint64_t page_offsets[] = {0xc0000000, 0xb0000000, 0x80000000, 0x40000000};
#define MODULES (16ULL << 20)

/* What PHYS_OFFSET is a multiple of in any case: what an entry that maps the kernel covers. */
#define NARROW_STEP (1ULL << 20)
#define NARROW_END (1ULL << 32)
#define LPAE_STEP (2ULL << 20)
#define LPAE_END (64ULL << 30)

static enum mi_entry_kind narrow_kind(uint64_t entry, unsigned int level)
{
	if (level == 1)
		return entry & PAGE_SMALL ? MI_ENTRY_LEAF : MI_ENTRY_NONE;
	if ((entry & TYPE) == TYPE_TABLE)
		return MI_ENTRY_TABLE;
	return entry & TYPE_SECTION && !(entry & SUPERSECTION) ? MI_ENTRY_LEAF : MI_ENTRY_NONE;
}

static unsigned int narrow_rights(uint64_t entry, enum mi_entry_kind kind, unsigned int level)
{
	uint64_t rdonly = level == 1 ? PAGE_APX : SECTION_APX;
	uint64_t never = level == 1 ? PAGE_XN : SECTION_XN;

	if (kind == MI_ENTRY_TABLE)
		return MI_MAY_WRITE | MI_MAY_EXECUTE;
	return (entry & rdonly ? 0 : MI_MAY_WRITE) | (entry & never ? 0 : MI_MAY_EXECUTE);
}

static enum mi_entry_kind lpae_kind(uint64_t entry, unsigned int level)
{
	if ((entry & TYPE) == LPAE_PAGE)
		return level == 1 ? MI_ENTRY_LEAF : MI_ENTRY_TABLE;
	return level > 1 && (entry & TYPE) == LPAE_BLOCK ? MI_ENTRY_LEAF : MI_ENTRY_NONE;
}

static unsigned int lpae_rights(uint64_t entry, enum mi_entry_kind kind, unsigned int level)
{
	(void)level;
	if (kind == MI_ENTRY_TABLE)
		return MI_MAY_WRITE | (entry & LPAE_TABLE_PXN ? 0 : MI_MAY_EXECUTE);
	return (entry & LPAE_RDONLY ? 0 : MI_MAY_WRITE) |
	       (entry & (LPAE_PXN | LPAE_XN) ? 0 : MI_MAY_EXECUTE);
}

static bool is_kernel(const struct mi_xlat *x, uint64_t *va)
{
	return *va >= x->lowest && *va <= UINT32_MAX;
}

/* ---- where the tables are ---- */

static void set_narrow(struct mi_xlat *x)
{
	struct mi_pt_shape *own = &x->shape, *user = &x->of_processes;

	memset(own, 0, sizeof(*own));
	memset(user, 0, sizeof(*user));
	x->arch = &mi_arch_arm;
	mi_pt_shape_add(own, MI_PAGE_SHIFT, 8, 4);
	mi_pt_shape_add(own, 20, 12, 4);
	own->pa_mask = TABLE_ADDR;
	mi_pt_shape_add(user, MI_PAGE_SHIFT, 9, 4);
	mi_pt_shape_add(user, 21, 11, 8);
	user->pa_mask = PAIR_ADDR;
	user->flip = HALF_PAGE;
}

static const struct mi_arch_ops arm_lpae;

static void set_lpae(struct mi_xlat *x)
{
	x->arch = &arm_lpae;
	mi_pt_shape_regular(&x->shape, MI_PAGE_SHIFT, 32, 8);
	x->shape.pa_mask = LPAE_ADDR;
	memset(&x->of_processes, 0, sizeof(x->of_processes));
}

/* What VMCOREINFO says of the kernel: virtual addresses. */
struct place {
	uint64_t top, stext;
};

/* The largest PAGE_OFFSET that both lie above: they are in the first 256 MiB behind it. */
static bool find_split(const struct place *at, uint64_t *page_offset)
{
	uint64_t first = at->top < at->stext ? at->top : at->stext;
	size_t i;

	for (i = 0; i < sizeof(page_offsets) / sizeof(page_offsets[0]); i++) {
		*page_offset = page_offsets[i];
		if (first >= *page_offset)
			return at->top <= UINT32_MAX && at->stext <= UINT32_MAX;
	}
	return false;
}

/* Does memory begin at @lowmem? */
static bool fits(struct mi_target *t, struct mi_xlat *x, const struct place *at,
		 uint64_t page_offset, uint64_t lowmem)
{
	x->lowmem = lowmem;
	x->root = at->top - page_offset + lowmem;
	return mi_xlat_fits(t, x, at->top, at->stext);
}

/* All places that memory may begin at; more than one that fits (*@rivals) are none. */
static bool search_memory(struct mi_target *t, struct mi_xlat *x, const struct place *at,
			  uint64_t page_offset, uint64_t end, bool *rivals)
{
	const uint64_t step = x->arch == &mi_arch_arm ? NARROW_STEP : LPAE_STEP;
	const struct mi_read_stats before = t->stats;
	struct mi_xlat found = *x;
	uint64_t lowmem;
	bool any = false, all = true;

	for (lowmem = 0; lowmem < end && !*rivals && all; lowmem += step) {
		all = !mi_target_interrupted(t);
		if (!all || !fits(t, x, at, page_offset, lowmem))
			continue;
		*rivals = any;
		any = true;
		found = *x;
	}
	*x = found;
	t->stats = before;
	return any && all && !*rivals;
}

static bool find_memory(struct mi_target *t, struct mi_xlat *x, const struct place *at, bool lpae,
			bool far, bool *rivals)
{
	uint64_t page_offset;

	if (*rivals || !find_split(at, &page_offset))
		return false;
	if (lpae)
		set_lpae(x);
	else
		set_narrow(x);
	x->lowest = page_offset - MODULES;
	return search_memory(t, x, at, page_offset, lpae && far ? LPAE_END : NARROW_END, rivals);
}

static enum mi_status find_root(struct mi_target *t, const struct mi_vmcoreinfo *vi, bool search,
				struct mi_xlat *x, struct mi_error *err)
{
	bool lpae = mi_vmcoreinfo_line(vi, "CONFIG_ARM_LPAE"), rivals = false;
	struct place at;
	enum mi_status st = mi_arch_place(vi, &at.top, &at.stext, err);

	if (st)
		return st;
	/* Before 4.11 or so it does not say whether there is LPAE. */
	if (find_memory(t, x, &at, lpae, search, &rivals) ||
	    find_memory(t, x, &at, !lpae, search, &rivals))
		return MI_OK;
	if (mi_target_interrupted(t))
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	if (rivals)
		return mi_fail(err, MI_ERR_FORMAT,
			       "the kernel's page table, at 0x%llx, may be in two places of memory",
			       (unsigned long long)at.top);
	return mi_fail(err, MI_ERR_READ,
		       "nowhere in memory there is a page table that maps _stext, and itself at "
		       "0x%llx, as VMCOREINFO says",
		       (unsigned long long)at.top);
}

/* clang-format off */
#define OPS(kind, allows) { \
	.arch = MI_ARCH_ARM, \
	.name = "arm", \
	.pointer_bytes = 4, \
	.image_first = 0x40000000, \
	.image_size = 0xc0000000, \
	.find_root = find_root, \
	.is_kernel = is_kernel, \
	.entry = kind, \
	.rights = allows, \
}
/* clang-format on */

const struct mi_arch_ops mi_arch_arm = OPS(narrow_kind, narrow_rights);
static const struct mi_arch_ops arm_lpae = OPS(lpae_kind, lpae_rights);
