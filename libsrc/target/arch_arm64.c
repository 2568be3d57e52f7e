// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arch_arm64.c - the kernel's page tables of arm64 with pages of 4 KiB, and where they begin
 *
 * Bits: arch/arm64/include/asm/pgtable-hwdef.h. VMCOREINFO's numbers: arch/arm64/kernel/
 * crash_core.c, vmcore_info.c later (4.12). Without them the place is looked for.
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
/* Memory begins at a multiple of what maps the image; and the last place that is tried. */
#define PLACE_STEP (2ULL << 20)
#define PLACE_END (64ULL << 30)
#define NOT_FOUND UINT64_MAX
#define RIVALS (UINT64_MAX - 1)

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

static bool set_bits(struct mi_xlat *x, uint64_t bits)
{
	if (bits < VA_BITS_MIN || bits > VA_BITS_MAX ||
	    !mi_pt_shape_regular(&x->shape, MI_PAGE_SHIFT, (unsigned int)bits, 8))
		return false;
	x->shape.pa_mask = bits > 48 ? LPA2_ADDR : ENTRY_ADDR;
	x->shape.high_mask = bits > 48 ? LPA2_HIGH : 0;
	x->shape.high_shift = LPA2_SHIFT;
	x->lowest = -(1ULL << bits);
	return true;
}

/* As the hardware was set up, which may be less than what the kernel was built for. */
static bool set_shape(const struct mi_vmcoreinfo *vi, struct mi_xlat *x)
{
	uint64_t bits, unused;

	if (mi_vmcoreinfo_number(vi, "NUMBER(TCR_EL1_T1SZ)", &unused))
		bits = 64 - unused;
	else if (!mi_vmcoreinfo_number(vi, "NUMBER(VA_BITS)", &bits))
		return false;
	return set_bits(x, bits);
}

/* ---- where VMCOREINFO tells nothing of it ---- */

/* What VMCOREINFO says of the kernel: virtual addresses; and what they are measured from. */
struct place {
	uint64_t top, stext, page_offset;
};

/* Does the top table lie at @root? */
static bool fits(struct mi_target *t, struct mi_xlat *x, const struct place *at, uint64_t root)
{
	x->root = root;
	return mi_xlat_fits(t, x, at->top, at->stext);
}

/* All places in memory from @pa to @end; sets *@found. False: there is no need to go on. */
static bool search_run(struct mi_target *t, struct mi_xlat *x, const struct place *at, uint64_t pa,
		       uint64_t end, uint64_t *found)
{
	uint64_t offset = (at->top - at->page_offset) & (PLACE_STEP - 1), root;

	root = ((pa - offset + PLACE_STEP - 1) & -PLACE_STEP) + offset;
	for (; root < end; root += PLACE_STEP) {
		if (mi_target_interrupted(t))
			return false;
		if (!fits(t, x, at, root))
			continue;
		if (*found != NOT_FOUND) {
			*found = RIVALS;
			return false;
		}
		*found = root;
	}
	return true;
}

/*
 * Before 4.6 the image is part of the direct map, which is the upper half of the kernel's
 * addresses: so the number of its leading ones tells how many bits they have. Memory begins
 * anywhere; the top table must map _stext, and itself, at one distance. Two places that fit are
 * none.
 */
static uint64_t search_memory(struct mi_target *t, struct mi_xlat *x, struct place *at)
{
	struct mi_provider *p = t->provider;
	const struct mi_read_stats before = t->stats;
	uint64_t pa = 0, end = PLACE_END, found = NOT_FOUND;
	unsigned int ones = (unsigned int)__builtin_clzll(~at->stext | 1);

	at->page_offset = ones ? -(1ULL << (64 - ones)) : 0;
	if (!set_bits(x, 65 - ones) || at->top < at->page_offset)
		return NOT_FOUND;
	if (!p->ops->next_run)
		search_run(t, x, at, pa, end, &found);
	else
		while (p->ops->next_run(p, &pa, &end) && end > pa &&
		       search_run(t, x, at, pa, end, &found))
			pa = end;
	t->stats = before;
	x->root = found;
	return found;
}

static enum mi_status find_untold(struct mi_target *t, struct mi_xlat *x, struct place *at,
				  struct mi_error *err)
{
	uint64_t root = search_memory(t, x, at);

	if (mi_target_interrupted(t))
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	if (root == RIVALS)
		return mi_fail(err, MI_ERR_FORMAT,
			       "the kernel's page table, at 0x%llx, may be in two places of memory",
			       (unsigned long long)at->top);
	if (root != NOT_FOUND)
		return MI_OK;
	return mi_fail(err, MI_ERR_READ,
		       "VMCOREINFO does not say where in memory the kernel lies (no "
		       "NUMBER(kimage_voffset): kernels before 4.12), and nowhere there is a page "
		       "table that maps _stext, and itself at 0x%llx",
		       (unsigned long long)at->top);
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
	uint64_t voffset, pa = 0;
	struct place at = {.top = 0};
	enum mi_status st = check_page_size(vi, err);
	enum mi_read why;

	if (!st)
		st = mi_arch_place(vi, &at.top, &at.stext, err);
	if (st)
		return st;
	if (!mi_vmcoreinfo_number(vi, "NUMBER(kimage_voffset)", &voffset)) {
		if (search_all)
			return find_untold(t, x, &at, err);
		return mi_fail(err, MI_ERR_MISSING,
			       "VMCOREINFO does not say where in memory the kernel lies (no "
			       "NUMBER(kimage_voffset): kernels before 4.12)");
	}
	if (!set_shape(vi, x))
		return mi_fail(err, MI_ERR_MISSING,
			       "VMCOREINFO does not say how many bits addresses have");
	x->root = at.top - voffset;
	why = mi_xlat_walk(t, x, at.stext, &pa);
	if (!why && pa == at.stext - voffset)
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
