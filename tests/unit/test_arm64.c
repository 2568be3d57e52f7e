// SPDX-License-Identifier: GPL-2.0-or-later
/* test_arm64.c - how its page tables are laid out, and what single entries say, by generation */
#include "fake_memory.h"

#include "../../libsrc/kernel/pagetable.h"
#include "../../libsrc/kernel/vma.h"

#define VALID (1ULL << 0)
#define PAGE_BIT (1ULL << 1)
#define USER (1ULL << 6)
#define RDONLY (1ULL << 7)
#define SHARED (3ULL << 8)
#define AF (1ULL << 10)
#define NG (1ULL << 11)
#define DBM (1ULL << 51)
#define CONT (1ULL << 52)
#define PXN (1ULL << 53)
#define UXN (1ULL << 54)
#define DIRTY (1ULL << 55)
#define SPECIAL (1ULL << 56)
#define OLD_WRITE (1ULL << 57)
#define BIT_2 (1ULL << 2)
#define BIT_58 (1ULL << 58)
#define BIT_59 (1ULL << 59)

#define FRAME 0x12345ULL
#define PAGE_ENTRY (FRAME << 12 | VALID | PAGE_BIT | USER | SHARED | AF | NG | PXN)
/* As PAGE_NONE has it: all but VALID and USER. */
#define NO_ACCESS (FRAME << 12 | PAGE_BIT | RDONLY | SHARED | AF | NG | PXN | UXN)

static struct mi_pt_shape shape;

/* As Debian's kernels of arm64: hwpoison, migration, and a marker. */
static void make(uint64_t no_access, uint64_t write, bool exclusive, bool nonlinear)
{
	assert_true(mi_pt_shape_regular(&shape, 12, 48, 8));
	shape.pa_mask = 0x0000fffffffff000ULL;
	kernel = (struct mi_kernel){
		.pte = &mi_pte_arm64_ops,
		.tables = &shape,
		.pa_mask = shape.pa_mask,
		.pfn_swap_bits = 36,
		.nonlinear = nonlinear,
		.arm64 = {.no_access = no_access, .write = write},
		.swap = {.nr_files = 27,
			 .known = true,
			 .hwpoison = 27,
			 .n_hwpoison = 1,
			 .migration = 28,
			 .n_migration = 3,
			 .marker = 31,
			 .n_marker = 1},
	};
	kernel.l.PG_anon_exclusive.known = exclusive;
}

static struct mi_pte decode(uint64_t entry, unsigned int level, uint64_t index)
{
	struct mi_pte pte;

	mi_pte_decode(&kernel, entry, level, index, &pte);
	return pte;
}

static void test_shapes(void **state)
{
	static const struct {
		unsigned int page, va, bytes, levels, root_bits;
	} known[] = {
		{12, 39, 8, 3, 9},  {12, 48, 8, 4, 9},	{12, 52, 8, 5, 4}, {14, 36, 8, 2, 11},
		{14, 47, 8, 3, 11}, {16, 42, 8, 2, 13}, {16, 48, 8, 3, 6}, {16, 52, 8, 3, 10},
		{12, 32, 4, 2, 10}, {12, 32, 8, 3, 2},
	};
	struct mi_pt_shape s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_true(mi_pt_shape_regular(&s, known[i].page, known[i].va, known[i].bytes));
		assert_int_equal(s.levels, known[i].levels);
		assert_int_equal(s.level[s.levels].bits, known[i].root_bits);
		assert_int_equal(s.level[s.levels + 1].shift, known[i].va);
		assert_int_equal(s.level[1].shift, known[i].page);
	}
	assert_false(mi_pt_shape_regular(&s, 12, 60, 8));
	assert_false(mi_pt_shape_regular(&s, 12, 12, 8));
	assert_true(mi_pt_shape_regular(&s, 12, 48, 8));
	assert_int_equal(mi_entry_index(&s, 4, 0xffff800012345000), 256);
	assert_int_equal(mi_entry_index(&s, 1, 0xffff800012345000), 0x145);
}

static void test_address(void **state)
{
	(void)state;
	make(NG, DBM, true, false);
	assert_int_equal(decode(PAGE_ENTRY | CONT, 1, 0).pfn, FRAME);
	/* 52 bits with pages of 4 KiB: the shareability's place has bits 51:50. */
	shape.pa_mask = 0x0003fffffffff000ULL;
	shape.high_mask = SHARED;
	shape.high_shift = 42;
	assert_true(decode(PAGE_ENTRY, 1, 0).pfn == (FRAME | 3ULL << 38));
	/* A block: bit 1 is clear, and what lies below its size is no part of the address. */
	make(NG, DBM, true, false);
	assert_int_equal(decode(0x40200000 | VALID | AF | USER, 2, 5).pfn, 0x40205);
	assert_true(decode(0x40200000 | VALID | AF, 2, 5).bits & MI_PTE_HUGE);
	assert_true(mi_pte_arm64_ops.is_table(&kernel, 0x40200000 | VALID | PAGE_BIT, 2));
	assert_false(mi_pte_arm64_ops.is_table(&kernel, 0x40200000 | VALID, 2));
	assert_false(mi_pte_arm64_ops.is_table(&kernel, 0x40200000 | PAGE_BIT, 2));
}

/* The same since 4.3. */
static void test_present(void **state)
{
	(void)state;
	make(BIT_58, DBM, true, false);
	assert_int_equal(decode(0, 1, 0).kind, MI_PTE_NONE);
	assert_int_equal(decode(PAGE_ENTRY, 1, 0).kind, MI_PTE_PRESENT);
	assert_int_equal(decode(PAGE_ENTRY, 1, 0).bits, MI_PTE_YOUNG | MI_PTE_EXEC);
	assert_int_equal(decode((PAGE_ENTRY & ~AF) | UXN, 1, 0).bits, 0);
	/* Writable and clean: read-only for the hardware, until it is written. */
	assert_int_equal(decode(PAGE_ENTRY | UXN | DBM | RDONLY, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_WRITE);
	assert_int_equal(decode(PAGE_ENTRY | UXN | DBM, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_WRITE | MI_PTE_DIRTY);
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY | DIRTY, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_DIRTY);
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY | SPECIAL, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_SPECIAL);
	/* Bit 58 means something else in a page that is there, up to 6.9 nothing. */
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY | BIT_58, 1, 0).bits, MI_PTE_YOUNG);
	make(NG, DBM, true, false);
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY | BIT_58, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_UFFD_WP);
	make(BIT_58, OLD_WRITE, false, false);
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY | OLD_WRITE, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_WRITE);
}

static void test_no_access(void **state)
{
	(void)state;
	make(BIT_58, DBM, true, false);
	assert_int_equal(decode(NO_ACCESS | BIT_58, 1, 0).kind, MI_PTE_PROT_NONE);
	assert_int_equal(decode(NO_ACCESS | BIT_58, 1, 0).pfn, FRAME);
	/* A huge page that is being split. */
	assert_int_equal(decode(0x40200000 | AF | USER | NG | BIT_59, 2, 1).kind, MI_PTE_PRESENT);
	assert_int_equal(decode(0x40200000 | AF | USER | NG | BIT_59, 2, 1).pfn, 0x40201);
	make(NG, DBM, true, false);
	assert_int_equal(decode(NO_ACCESS, 1, 0).kind, MI_PTE_PROT_NONE);
	assert_int_equal(decode(NO_ACCESS | BIT_58, 1, 0).bits, MI_PTE_YOUNG | MI_PTE_UFFD_WP);
	assert_int_equal(decode(0x40200000 | AF | USER | NG, 2, 1).kind, MI_PTE_PRESENT);
}

static void check_swap(uint64_t entry, unsigned int type, uint64_t offset, unsigned int bits)
{
	struct mi_pte pte = decode(entry, 1, 0);

	assert_int_equal(pte.kind, MI_PTE_SWAP);
	assert_int_equal(pte.swap_type, type);
	assert_true(pte.swap_offset == offset);
	assert_int_equal(pte.bits, bits);
}

static void test_swap(void **state)
{
	(void)state;
	/* 6.10: type at 6, offset at 12; the flags at 2 and 3. */
	make(NG, DBM, true, false);
	check_swap(0x1234567ULL << 12 | 5 << 6, 5, 0x1234567, 0);
	check_swap(0x1234567ULL << 12 | 5 << 6 | 1 << 2, 5, 0x1234567, MI_PTE_EXCLUSIVE);
	check_swap(0x1234567ULL << 12 | 5 << 6 | 1 << 3, 5, 0x1234567, MI_PTE_UFFD_WP);
	/* 5.19: type at 3, offset at 8. */
	make(BIT_58, DBM, true, false);
	check_swap(0x1234567ULL << 8 | 5 << 3 | 1 << 2, 5, 0x1234567, MI_PTE_EXCLUSIVE);
	/* 4.0: type at 2, six bits. */
	make(BIT_58, DBM, false, false);
	check_swap(0x1234567ULL << 8 | 5 << 2, 5, 0x1234567, 0);
	kernel.swap.nr_files = 0;
	assert_int_equal(decode(0x1234567ULL << 8 | 5 << 2, 1, 0).kind, MI_PTE_UNKNOWN);
}

static void test_special(void **state)
{
	struct mi_pte pte;

	(void)state;
	make(NG, DBM, true, false);
	pte = decode((FRAME | 1ULL << 36) << 12 | 28 << 6, 1, 0);
	assert_int_equal(pte.kind, MI_PTE_MIGRATION);
	assert_int_equal(pte.pfn, FRAME);
	assert_int_equal(pte.bits, MI_PTE_YOUNG);
	assert_int_equal(decode(FRAME << 12 | 27 << 6, 1, 0).kind, MI_PTE_HWPOISON);
	pte = decode(1ULL << 12 | 31 << 6, 1, 0);
	assert_int_equal(pte.kind, MI_PTE_MARKER);
	assert_int_equal(pte.bits, MI_PTE_UFFD_WP);
	/* A huge page that is moved. */
	pte = decode(0x40200ULL << 12 | 30 << 6, 2, 7);
	assert_int_equal(pte.kind, MI_PTE_MIGRATION);
	assert_int_equal(pte.pfn, 0x40207);
	assert_int_equal(pte.bits, MI_PTE_HUGE | MI_PTE_WRITE);
}

/* Before 4.0, of all forms. */
static void test_nonlinear(void **state)
{
	struct mi_pte pte;

	(void)state;
	make(BIT_58, OLD_WRITE, false, true);
	pte = decode(0x345ULL << 3 | 1 << 2, 1, 0);
	mi_pte_in_vma(&pte, MI_VM_READ | MI_VM_NONLINEAR);
	assert_int_equal(pte.kind, MI_PTE_FILE);
	assert_int_equal(pte.swap_offset, 0x345);
	assert_int_equal(decode(FRAME << 12 | BIT_58, 1, 0).kind, MI_PTE_PROT_NONE);
	check_swap(0x77ULL << 9 | 3 << 3, 3, 0x77, 0);
	make(PAGE_BIT, 0, false, true);
	assert_int_equal(decode(FRAME << 12 | PAGE_BIT, 1, 0).kind, MI_PTE_PROT_NONE);
	check_swap(0x77ULL << 9 | 3 << 3, 3, 0x77, 0);
	/* Only the hardware's bit tells of the right to write. */
	assert_int_equal(decode(PAGE_ENTRY | UXN | DIRTY, 1, 0).bits,
			 MI_PTE_YOUNG | MI_PTE_WRITE | MI_PTE_DIRTY);
	assert_int_equal(decode(PAGE_ENTRY | UXN | RDONLY, 1, 0).bits, MI_PTE_YOUNG);
	make(BIT_2, 0, false, true);
	assert_int_equal(decode(FRAME << 12 | BIT_2, 1, 0).kind, MI_PTE_PROT_NONE);
	check_swap(0x77ULL << 10 | 3 << 4, 3, 0x77, 0);
	pte = decode(0x345ULL << 4 | 1 << 3, 1, 0);
	assert_int_equal(pte.kind, MI_PTE_FILE);
	assert_int_equal(pte.swap_offset, 0x345);
}

/* Of a page without access, to be read, and shared to be written: false if that is no known form.
 */
static bool learns(bool nonlinear, uint64_t none, uint64_t read, uint64_t write)
{
	make(0, 0, false, nonlinear);
	put64(BASE + 0x100, none);
	put64(BASE + 0x100 + 8 * 1, read);
	put64(BASE + 0x100 + 8 * 10, write);
	kernel.l.sym_protection_map = BASE + 0x100;
	kernel.t = &target;
	forget();
	return !kernel.pte->learn(&kernel);
}

static void test_generations(void **state)
{
	const uint64_t none = NO_ACCESS & ~PAGE_BIT & ~NG, page = PAGE_ENTRY | UXN;

	(void)state;
	start_memory();
	/* 3.7, 3.11: what is without access has one bit of its own. */
	assert_true(learns(true, none | PAGE_BIT, page | RDONLY, page));
	assert_true(kernel.arm64.no_access == PAGE_BIT && !kernel.arm64.write);
	assert_true(learns(true, none | BIT_2, page | RDONLY, page));
	assert_true(kernel.arm64.no_access == BIT_2 && !kernel.arm64.write);
	/* 3.13; 3.15, where set_pte_at() makes pages RDONLY; 4.3 */
	assert_true(learns(true, none | BIT_58, page | RDONLY, page));
	assert_true(kernel.arm64.no_access == BIT_58 && !kernel.arm64.write);
	assert_true(learns(true, none | BIT_58, page, page | OLD_WRITE));
	assert_true(kernel.arm64.no_access == BIT_58 && kernel.arm64.write == OLD_WRITE);
	assert_true(learns(false, none | BIT_58, page | RDONLY, page | RDONLY | DBM));
	assert_true(kernel.arm64.no_access == BIT_58 && kernel.arm64.write == DBM);
	/* 6.10 */
	assert_true(learns(false, NO_ACCESS, page | RDONLY, page | RDONLY | DBM));
	assert_true(kernel.arm64.no_access == NG && kernel.arm64.write == DBM);
	/* Nothing tells what may be written, or not what is without access. */
	assert_false(learns(true, none | PAGE_BIT, page, page));
	assert_false(learns(true, none | PAGE_BIT, page | RDONLY, page | RDONLY));
	assert_false(learns(false, none | BIT_58, page | RDONLY, page));
	assert_false(learns(true, none, page | RDONLY, page));
	assert_false(learns(true, page, page | RDONLY, page));
	end_memory(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),	  cmocka_unit_test(test_address),
		cmocka_unit_test(test_present),	  cmocka_unit_test(test_no_access),
		cmocka_unit_test(test_swap),	  cmocka_unit_test(test_special),
		cmocka_unit_test(test_nonlinear), cmocka_unit_test(test_generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
