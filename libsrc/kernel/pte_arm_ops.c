// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_arm_ops.c - what one page table entry of arm says, with LPAE and without
 *
 * Bits: arch/arm/include/asm/pgtable-2level.h (of the kernel's own entries, not those of the
 * hardware), pgtable-3level.h. What files have in entries before 4.0 is in pte_arm.c, the forms
 * of swap entries are in swapform.c. Which bit forbids to write, or allows it, moved: the
 * kernel's protection_map[] tells. A page that no access reaches lacks the right of user mode in
 * all versions, whatever else marks it (L_PTE_NONE, 3.8).
 */
#include "old_pte.h"
#include "pagetable.h"
#include "swapform.h"

/* Two levels. */
#define PRESENT (1ULL << 0)
#define YOUNG (1ULL << 1)
#define DIRTY (1ULL << 6)
#define WRITE (1ULL << 7) /* up to 2.6.37; then the same bit forbids it (36bb94ba36f3) */
#define USER (1ULL << 8)
#define EXEC (1ULL << 9) /* the same (9522d7e4cb5e) */
#define TABLE_TYPE 3ULL
#define TABLE 1ULL
#define SECOND_TABLE 0x400ULL /* from the first of a pair */

/* LPAE: the hardware looks at the lower bit of two. */
#define LPAE_VALID (1ULL << 0)
#define LPAE_PRESENT 3ULL
#define LPAE_TABLE 3ULL
#define LPAE_USER (1ULL << 6)
#define LPAE_RDONLY_HW (1ULL << 7) /* up to 3.16 or so */
#define LPAE_YOUNG (1ULL << 10)
#define LPAE_NEVER_EXEC (1ULL << 54)
#define LPAE_DIRTY (1ULL << 55)
#define LPAE_SPECIAL (1ULL << 56)
#define LPAE_NONE (1ULL << 57)
#define LPAE_RDONLY (1ULL << 58)

/* Of protection_map[]: for reading, and for writing what is shared (VM_READ, ..., VM_SHARED). */
#define MAP_READ 1
#define MAP_SHARED_WRITE 11

static bool is_lpae(const struct mi_kernel *k)
{
	return k->tables->level[1].bytes == 8;
}

static bool writable(const struct mi_kernel *k, uint64_t entry)
{
	return k->arm.rdonly ? !(entry & k->arm.rdonly) : entry & WRITE;
}

static void decode_mapping(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	pte->kind = entry & USER ? MI_PTE_PRESENT : MI_PTE_PROT_NONE;
	pte->pfn = (entry & UINT32_MAX) >> MI_PAGE_SHIFT;
	pte->bits |= entry & YOUNG ? MI_PTE_YOUNG : 0;
	pte->bits |= entry & DIRTY ? MI_PTE_DIRTY : 0;
	pte->bits |= writable(k, entry) ? MI_PTE_WRITE : 0;
	pte->bits |= !(entry & EXEC) == !k->arm.has_exec ? MI_PTE_EXEC : 0;
}

/* NONE: it maps no page. A huge one has no second bit of presence. */
static enum mi_pte_kind lpae_maps(uint64_t entry, unsigned int level)
{
	if (entry & LPAE_VALID)
		return entry & LPAE_USER ? MI_PTE_PRESENT : MI_PTE_PROT_NONE;
	if (level > 1 ? entry & LPAE_NONE : entry & LPAE_PRESENT)
		return MI_PTE_PROT_NONE;
	return MI_PTE_NONE;
}

static void decode_lpae(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			struct mi_pte *pte)
{
	mi_pte_set_frame(k, mi_entry_pa(k->tables, entry), index, pte);
	pte->bits |= entry & LPAE_YOUNG ? MI_PTE_YOUNG : 0;
	pte->bits |= entry & LPAE_DIRTY ? MI_PTE_DIRTY : 0;
	/* Of huge pages the bit was another for a while: splitting. */
	pte->bits |= entry & LPAE_SPECIAL && pte->level == 1 ? MI_PTE_SPECIAL : 0;
	pte->bits |= writable(k, entry) ? MI_PTE_WRITE : 0;
	pte->bits |= entry & LPAE_NEVER_EXEC ? 0 : MI_PTE_EXEC;
}

static bool is_file(const struct mi_kernel *k, uint64_t entry, uint64_t *pgoff)
{
	struct mi_old_pte old;

	if (!k->nonlinear)
		return false;
	if (is_lpae(k))
		mi_pte_arm_lpae(entry, &old);
	else
		mi_pte_arm((uint32_t)entry, &old);
	*pgoff = old.pgoff;
	return old.kind == MI_OLD_PTE_FILE;
}

static bool is_swap(const struct mi_kernel *k, uint64_t entry)
{
	uint64_t pgoff;

	return !(entry & (is_lpae(k) ? LPAE_PRESENT : PRESENT)) && !(entry >> 32) &&
	       !is_file(k, entry, &pgoff);
}

static void decode_absent(const struct mi_kernel *k, uint64_t entry, struct mi_pte *pte)
{
	enum mi_swap_form form;

	pte->kind = MI_PTE_UNKNOWN;
	if (pte->level > 1)
		return;
	if (is_file(k, entry, &pte->swap_offset)) {
		pte->kind = MI_PTE_FILE;
		return;
	}
	if (!is_swap(k, entry) || !k->swap.nr_files || !mi_swap_form(k, &form))
		return;
	mi_swap_decode(form, entry, &pte->swap_type, &pte->swap_offset);
	if (mi_swap_is_exclusive(form, entry))
		pte->bits |= MI_PTE_EXCLUSIVE;
	mi_pte_of_swap(k, 0, pte);
}

static void decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	if (is_lpae(k))
		ret->kind = lpae_maps(entry, level);
	else
		ret->kind = level == 1 && entry & PRESENT ? MI_PTE_PRESENT : MI_PTE_NONE;
	if (!ret->kind)
		decode_absent(k, entry, ret);
	else if (is_lpae(k))
		decode_lpae(k, entry, index, ret);
	else
		decode_mapping(k, entry, ret);
}

/* Without LPAE an entry above is two of the hardware's, for the two halves of one table. */
static bool is_table(const struct mi_kernel *k, uint64_t entry, unsigned int level)
{
	(void)level;
	if (is_lpae(k))
		return (entry & LPAE_TABLE) == LPAE_TABLE;
	return (entry & TABLE_TYPE) == TABLE &&
	       entry >> 32 == ((entry + SECOND_TABLE) & UINT32_MAX);
}

static const char *learn_rights(struct mi_kernel *k, uint64_t read, uint64_t write)
{
	uint64_t forbids = is_lpae(k) ? LPAE_RDONLY_HW | LPAE_RDONLY : WRITE;

	k->arm.rdonly = read & ~write & forbids;
	if (k->arm.rdonly & (k->arm.rdonly - 1))
		return "the kernel's protection_map has a form that is not known";
	k->arm.write_is_hw = is_lpae(k) && k->arm.rdonly == LPAE_RDONLY_HW;
	/* Both were turned round at once. */
	k->arm.has_exec = !k->arm.rdonly;
	if (!k->arm.rdonly && (is_lpae(k) || !(write & ~read & WRITE) || read & EXEC))
		return "the kernel's protection_map has a form that is not known";
	return NULL;
}

static const char *learn(struct mi_kernel *k)
{
	const unsigned int size = is_lpae(k) ? 8 : 4;
	uint64_t map = k->l.sym_protection_map, read = 0, write = 0;

	if (!map)
		return "no symbol protection_map";
	if (mi_read_virt(k->t, map + size * MAP_READ, &read, size) ||
	    mi_read_virt(k->t, map + size * MAP_SHARED_WRITE, &write, size))
		return "protection_map could not be read";
	return learn_rights(k, read, write);
}

const struct mi_pte_ops mi_pte_arm_ops = {
	.arch = MI_ARCH_ARM,
	.decode = decode,
	.is_table = is_table,
	.is_swap = is_swap,
	.learn = learn,
};
