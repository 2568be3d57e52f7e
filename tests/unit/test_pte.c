// SPDX-License-Identifier: GPL-2.0-or-later
/* test_pte.c - decoding of single x86-64 page table entries */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pagetable.h"
#include "vma.h"

/* Of 4 levels. */
static const struct mi_pt_shape tables = {
	.levels = 4,
	.level = {[1] = {12, 9, 8}, [2] = {21, 9, 8}, [3] = {30, 9, 8}, [4] = {39, 9, 8}},
};

/* As Debian's 6.1 cloud kernel: 27 swap areas, then migration, marker, error. */
static const struct mi_kernel kernel = {
	.pte = &mi_pte_x86_64,
	.tables = &tables,
	.pa_mask = 0x000ffffffffff000ULL,
	.pfn_swap_bits = 34,
	.swap = {.inverted = true,
		 .nr_files = 27,
		 .known = true,
		 .hwpoison = 27,
		 .n_hwpoison = 0,
		 .migration = 27,
		 .n_migration = 3,
		 .device = 30,
		 .n_device = 0,
		 .marker = 30,
		 .n_marker = 1,
		 .error = 31,
		 .n_error = 1},
};

#define PRESENT 0x1ULL
#define RW 0x2ULL
#define USER 0x4ULL
#define ACCESSED 0x20ULL
#define DIRTY 0x40ULL
#define PSE 0x80ULL
#define PROTNONE 0x100ULL
#define SPECIAL 0x200ULL
#define SOFT_DIRTY 0x800ULL
#define NX (1ULL << 63)

/* arch/x86/include/asm/pgtable_64.h: the offset is inverted below the type. */
static uint64_t swap_entry(uint64_t type, uint64_t offset)
{
	return type << 59 | ~offset << 14 >> 5;
}

static struct mi_pte decode(uint64_t entry, unsigned int level, uint64_t index)
{
	struct mi_pte pte;

	mi_pte_decode(&kernel, entry, level, index, &pte);
	return pte;
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(decode(0, 1, 0).kind, MI_PTE_NONE);
	assert_int_equal(decode(0, 2, 17).kind, MI_PTE_NONE);
}

static void test_present(void **state)
{
	struct mi_pte pte = decode(0x12345000 | PRESENT | USER | ACCESSED | NX, 1, 0);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_PRESENT);
	assert_int_equal(pte.pfn, 0x12345);
	assert_int_equal(pte.bits, MI_PTE_YOUNG);
	pte = decode(0x12345000 | PRESENT | USER | RW | DIRTY | SOFT_DIRTY | SPECIAL, 1, 0);
	assert_int_equal(pte.bits, MI_PTE_DIRTY | MI_PTE_WRITE | MI_PTE_SOFT_DIRTY |
					   MI_PTE_SPECIAL | MI_PTE_EXEC);
	/* protection keys and software bits above the address are no address */
	pte = decode(0x7ff0000012345000ULL | PRESENT, 1, 0);
	assert_int_equal(pte.pfn, 0x12345);
}

static void test_saved_dirty(void **state)
{
	const uint64_t bit58 = 1ULL << 58;

	(void)state;
	assert_true(decode(0x1000 | PRESENT | bit58, 1, 0).bits & MI_PTE_DIRTY);
	/* writable: then bit 58 was "device map", and says nothing of dirt */
	assert_false(decode(0x1000 | PRESENT | RW | bit58, 1, 0).bits & MI_PTE_DIRTY);
}

static void test_huge(void **state)
{
	/* bit 12 of a huge entry is PAT */
	struct mi_pte pte = decode(0x40201000 | PRESENT | PSE, 2, 5);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_PRESENT);
	assert_int_equal(pte.pfn, 0x40200 + 5);
	assert_true(pte.bits & MI_PTE_HUGE);
	assert_int_equal(decode(0x80000000 | PRESENT | PSE, 3, 0x3ffff).pfn, 0xbffff);
}

static void test_huge_being_split(void **state)
{
	/* PRESENT cleared by pmd_mkinvalid(): the frame is inverted, the page is there */
	uint64_t addr = ~0x40200000ULL & kernel.pa_mask & ~0x1fffffULL;
	struct mi_pte pte = decode(addr | PSE | RW, 2, 1);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_PRESENT);
	assert_int_equal(pte.pfn, 0x40201);
}

static void test_prot_none(void **state)
{
	uint64_t addr = ~0x12345000ULL & kernel.pa_mask;
	struct mi_kernel old = kernel;
	struct mi_pte pte = decode(addr | PROTNONE | DIRTY, 1, 0);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_PROT_NONE);
	assert_int_equal(pte.pfn, 0x12345);
	assert_true(pte.bits & MI_PTE_DIRTY);
	old.swap.inverted = false;
	mi_pte_decode(&old, 0x12345000 | PROTNONE, 1, 0, &pte);
	assert_int_equal(pte.kind, MI_PTE_PROT_NONE);
	assert_int_equal(pte.pfn, 0x12345);
}

/* The same entry is a hint of NUMA balancing where the mapping allows an access. */
static void test_numa_hint(void **state)
{
	struct mi_pte pte = decode((~0x12345000ULL & kernel.pa_mask) | PROTNONE, 1, 0);

	(void)state;
	mi_pte_in_vma(&pte, MI_VM_SHARED);
	assert_int_equal(pte.kind, MI_PTE_PROT_NONE);
	mi_pte_in_vma(&pte, MI_VM_READ | MI_VM_SHARED);
	assert_int_equal(pte.kind, MI_PTE_NUMA_HINT);
	assert_true(mi_pte_maps(pte.kind));
	assert_int_equal(pte.pfn, 0x12345);
	pte = decode(0x12345000 | PRESENT, 1, 0);
	mi_pte_in_vma(&pte, MI_VM_READ);
	assert_int_equal(pte.kind, MI_PTE_PRESENT);
}

static void test_swap(void **state)
{
	struct mi_pte pte = decode(swap_entry(3, 0x123456) | 1 << 1 | 1 << 3, 1, 0);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_SWAP);
	assert_int_equal(pte.swap_type, 3);
	assert_int_equal(pte.swap_offset, 0x123456);
	assert_int_equal(pte.bits, MI_PTE_SOFT_DIRTY | MI_PTE_EXCLUSIVE);
	/* type 0, offset 0 is a swap entry, not an empty one */
	pte = decode(swap_entry(0, 0), 1, 0);
	assert_int_equal(pte.kind, MI_PTE_SWAP);
	assert_int_equal(pte.swap_offset, 0);
	assert_int_equal(decode(swap_entry(26, 7), 1, 0).kind, MI_PTE_SWAP);
}

static void test_special_types(void **state)
{
	/* young and dirty of a migration entry lie above the frame */
	struct mi_pte pte = decode(swap_entry(28, 0x9876 | 3ULL << 34), 1, 0);

	(void)state;
	assert_int_equal(pte.kind, MI_PTE_MIGRATION);
	assert_int_equal(pte.pfn, 0x9876);
	assert_int_equal(pte.bits, MI_PTE_EXCLUSIVE | MI_PTE_YOUNG | MI_PTE_DIRTY);
	assert_int_equal(decode(swap_entry(29, 0x9876 | 1ULL << 34), 1, 0).bits,
			 MI_PTE_WRITE | MI_PTE_YOUNG);
	assert_int_equal(decode(swap_entry(27, 0x9876), 1, 0).bits, 0);
	assert_int_equal(decode(swap_entry(27, 0x200), 2, 3).pfn, 0x203);
	pte = decode(swap_entry(30, MI_MARKER_UFFD_WP), 1, 0);
	assert_int_equal(pte.kind, MI_PTE_MARKER);
	assert_true(pte.bits & MI_PTE_UFFD_WP);
	assert_int_equal(decode(swap_entry(31, 0), 1, 0).kind, MI_PTE_SWAP_ERROR);
}

/* No name is guessed for a kind that this kernel may number differently. */
static void test_unknown_types(void **state)
{
	struct mi_kernel other = kernel;
	struct mi_pte pte;

	(void)state;
	other.swap.known = false;
	mi_pte_decode(&other, swap_entry(28, 1), 1, 0, &pte);
	assert_int_equal(pte.kind, MI_PTE_UNKNOWN);
	assert_int_equal(pte.swap_type, 28);
	mi_pte_decode(&other, swap_entry(1, 1), 1, 0, &pte);
	assert_int_equal(pte.kind, MI_PTE_SWAP);
	other.swap.inverted = false;
	mi_pte_decode(&other, swap_entry(1, 1), 1, 0, &pte);
	assert_int_equal(pte.kind, MI_PTE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_saved_dirty),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_huge_being_split),
		cmocka_unit_test(test_prot_none),
		cmocka_unit_test(test_numa_hint),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_special_types),
		cmocka_unit_test(test_unknown_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
