// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pte_arm64.c - what a page table entry of arm64 says
 *
 * Bits: arch/arm64/include/asm/pgtable-hwdef.h, pgtable-prot.h, pgtable.h. The hardware's have
 * always been the same. Of the kernel's own, those that changed stand in what it makes new
 * entries of, protection_map[]: which bit marks a page without access, and which the right to
 * write.
 */
#include <string.h>

#include "old_pte.h"
#include "pagetable.h"

#define VALID (1ULL << 0)
#define TABLE (1ULL << 1) /* of upper levels; else a block */
#define USER (1ULL << 6)
#define RDONLY (1ULL << 7)
#define ACCESSED (1ULL << 10)
#define NOT_GLOBAL (1ULL << 11)
#define NO_USER_EXEC (1ULL << 54)
#define DIRTY (1ULL << 55)
#define SPECIAL (1ULL << 56)
#define UFFD_WP (1ULL << 58) /* 6.10 */

/*
 * A page without access, by generation: in protection_map[0]. Of later generations all entries of
 * such pages may have the earlier bits, too, so that the one at 58 tells first; of the first two
 * each has its own alone.
 */
#define NO_ACCESS_3_7 (1ULL << 1)
#define NO_ACCESS_3_11 (1ULL << 2)
#define NO_ACCESS_3_13 (1ULL << 58)
#define NO_ACCESS_6_10 NOT_GLOBAL /* with VALID clear */
#define INVALID_HUGE (1ULL << 59) /* a huge page being split, 5.10 to 6.9 */

/*
 * The right to write: 57, and that of the hardware since 4.3. Before 3.15 or so there is no such
 * bit: what is not RDONLY may be written, and what is clean is made RDONLY.
 */
#define WRITE_OLD (1ULL << 57)
#define WRITE (1ULL << 51)

/* protection_map[] is by VM_READ | VM_WRITE | VM_EXEC | VM_SHARED. */
#define MAP_NONE 0
#define MAP_READ 1
#define MAP_SHARED_WRITE 10

/* Swap entries. */
#define SWP_EXCLUSIVE (1ULL << 2) /* 5.19 */
#define SWP_UFFD_WP (1ULL << 3)	  /* 6.10 */
#define SWP_OFFSET_BITS 50

/* Before 4.0. */
#define OLD_TYPE_BITS 6
#define FRAME 0x0000fffffffff000ULL /* 48 bits of physical addresses */

/* The bit that marks a page of a file is the one below all else that such an entry has. */
static const struct {
	uint64_t no_access;
	unsigned int file_bit, page_bits;
} old_forms[] = {
	[MI_ARM64_BIT_1] = {NO_ACCESS_3_7, 2, 61},
	[MI_ARM64_BIT_2] = {NO_ACCESS_3_11, 3, 60},
	[MI_ARM64_BIT_58] = {NO_ACCESS_3_13, 2, 55},
};

void mi_pte_arm64(enum mi_arm64_form form, uint64_t entry, struct mi_old_pte *ret)
{
	unsigned int first = old_forms[form].file_bit + 1;

	memset(ret, 0, sizeof(*ret));
	if (!entry)
		return;
	if (entry & (VALID | old_forms[form].no_access)) {
		ret->kind = entry & VALID ? MI_OLD_PTE_PRESENT : MI_OLD_PTE_PROT_NONE;
		ret->pfn = (entry & FRAME) >> 12;
		return;
	}
	if (entry >> old_forms[form].file_bit & 1) {
		ret->kind = MI_OLD_PTE_FILE;
		ret->pgoff = entry >> first & ((1ULL << old_forms[form].page_bits) - 1);
		return;
	}
	ret->kind = MI_OLD_PTE_SWAP;
	ret->swap_type = entry >> first & ((1U << OLD_TYPE_BITS) - 1);
	ret->swap_offset = entry >> (first + OLD_TYPE_BITS);
}

static enum mi_arm64_form old_form(const struct mi_kernel *k)
{
	if (k->arm64.no_access == NO_ACCESS_3_7)
		return MI_ARM64_BIT_1;
	return k->arm64.no_access == NO_ACCESS_3_11 ? MI_ARM64_BIT_2 : MI_ARM64_BIT_58;
}

static bool is_6_10(const struct mi_kernel *k)
{
	return k->arm64.no_access == NO_ACCESS_6_10;
}

/* Maps a page, though the hardware must not see it: without access, or a huge one being split. */
static enum mi_pte_kind kind_of_invalid(const struct mi_kernel *k, uint64_t entry,
					unsigned int level)
{
	if (entry & k->arm64.no_access) {
		if (is_6_10(k) && (entry & USER || !(entry & NO_USER_EXEC)))
			return MI_PTE_PRESENT;
		return MI_PTE_PROT_NONE;
	}
	if (level > 1 && !is_6_10(k) && entry & INVALID_HUGE)
		return MI_PTE_PRESENT;
	return MI_PTE_NONE;
}

static void decode_mapping(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			   struct mi_pte *pte)
{
	mi_pte_set_frame(k, mi_entry_pa(k->tables, entry), index, pte);
	if (entry & ACCESSED)
		pte->bits |= MI_PTE_YOUNG;
	if (k->arm64.write ? entry & k->arm64.write : !(entry & RDONLY))
		pte->bits |= MI_PTE_WRITE;
	/* What may be written is not dirty as long as it is read-only for the hardware. */
	if (entry & DIRTY || (entry & k->arm64.write && !(entry & RDONLY)))
		pte->bits |= MI_PTE_DIRTY;
	if (entry & UFFD_WP && is_6_10(k))
		pte->bits |= MI_PTE_UFFD_WP;
	if (entry & SPECIAL)
		pte->bits |= MI_PTE_SPECIAL;
	if (!(entry & NO_USER_EXEC))
		pte->bits |= MI_PTE_EXEC;
}

/* Before 4.0: no huge page is swapped, and no file has huge entries. */
static void decode_old(const struct mi_kernel *k, uint64_t entry, uint64_t index,
		       struct mi_pte *pte)
{
	struct mi_old_pte old;

	mi_pte_arm64(old_form(k), entry, &old);
	if (old.kind == MI_OLD_PTE_FILE) {
		pte->kind = MI_PTE_FILE;
		pte->swap_offset = old.pgoff;
		return;
	}
	pte->swap_type = old.swap_type;
	pte->swap_offset = old.swap_offset;
	mi_pte_of_swap(k, index, pte);
}

static void decode_swap(const struct mi_kernel *k, uint64_t entry, uint64_t index,
			struct mi_pte *pte)
{
	bool exclusive = k->l.PG_anon_exclusive.known;
	unsigned int type_shift = 2, type_bits = 6, offset_shift = 8;

	if (is_6_10(k)) {
		type_shift = 6, type_bits = 5, offset_shift = 12;
		pte->bits |= entry & SWP_UFFD_WP ? MI_PTE_UFFD_WP : 0;
	} else if (exclusive) {
		type_shift = 3, type_bits = 5;
	}
	if (exclusive && entry & SWP_EXCLUSIVE)
		pte->bits |= MI_PTE_EXCLUSIVE;
	pte->swap_type = entry >> type_shift & ((1U << type_bits) - 1);
	pte->swap_offset = entry >> offset_shift & ((1ULL << SWP_OFFSET_BITS) - 1);
	mi_pte_of_swap(k, index, pte);
}

static void decode(const struct mi_kernel *k, uint64_t entry, unsigned int level, uint64_t index,
		   struct mi_pte *ret)
{
	ret->kind = entry & VALID ? MI_PTE_PRESENT : kind_of_invalid(k, entry, level);
	if (ret->kind)
		decode_mapping(k, entry, index, ret);
	else if (!k->swap.nr_files)
		ret->kind = MI_PTE_UNKNOWN;
	else if (k->nonlinear)
		decode_old(k, entry, index, ret);
	else
		decode_swap(k, entry, index, ret);
}

static bool is_table(const struct mi_kernel *k, uint64_t entry, unsigned int level)
{
	(void)k;
	(void)level;
	return (entry & (VALID | TABLE)) == (VALID | TABLE);
}

static uint64_t no_access_bit(const struct mi_kernel *k, uint64_t none)
{
	if (none & VALID)
		return 0;
	if (none & NO_ACCESS_3_13)
		return NO_ACCESS_3_13;
	if (!k->nonlinear)
		return none & NO_ACCESS_6_10;
	return none & NO_ACCESS_3_7 ? NO_ACCESS_3_7 : none & NO_ACCESS_3_11;
}

/* Sets the bit of the right to write, or none. False: neither is there what forbids it. */
static bool learn_write(struct mi_kernel *k, uint64_t read, uint64_t write)
{
	k->arm64.write = write & WRITE ? WRITE : write & WRITE_OLD;
	return k->arm64.write || (k->nonlinear && read & RDONLY && !(write & RDONLY));
}

static const char *learn(struct mi_kernel *k)
{
	uint64_t map = k->l.sym_protection_map, none, read, write;

	if (!map)
		return "no symbol protection_map";
	if (mi_read_u64(k->t, map + 8 * MAP_NONE, &none) ||
	    mi_read_u64(k->t, map + 8 * MAP_READ, &read) ||
	    mi_read_u64(k->t, map + 8 * MAP_SHARED_WRITE, &write))
		return "protection_map could not be read";
	k->arm64.no_access = no_access_bit(k, none);
	if (!learn_write(k, read, write) || !k->arm64.no_access || !(write & VALID))
		return "the kernel's protection_map has a form that is not known";
	return NULL;
}

const struct mi_pte_ops mi_pte_arm64_ops = {
	.arch = MI_ARCH_ARM64,
	.decode = decode,
	.is_table = is_table,
	.learn = learn,
};
