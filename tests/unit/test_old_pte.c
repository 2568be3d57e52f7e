// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_old_pte.c - page table entries of kernels before 4.0
 *
 * Numbers are worked out by hand from pgoff_to_pte(), __swp_entry() and pfn_pte() of each
 * architecture; the sums stand beside them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "old_pte.h"
#include "pagetable.h"
#include "swapform.h"
#include "vma.h"

static void expect(const struct mi_old_pte *p, enum mi_old_pte_kind kind, uint64_t a, uint64_t b)
{
	assert_int_equal(p->kind, kind);
	assert_int_equal(kind == MI_OLD_PTE_FILE ? p->pgoff : 0, kind == MI_OLD_PTE_FILE ? a : 0);
	if (kind == MI_OLD_PTE_PRESENT || kind == MI_OLD_PTE_PROT_NONE)
		assert_int_equal(p->pfn, a);
	if (kind == MI_OLD_PTE_SWAP) {
		assert_int_equal(p->swap_type, a);
		assert_int_equal(p->swap_offset, b);
	}
}

/*
 * Two levels. A file's page: bits 4:0 at 5:1, bit 5 at 7, the rest from 9 on, and 0x40.
 * Swap: type at 5:1, offset from 9 on.
 */
static void test_x86_32(void **state)
{
	static const struct {
		uint32_t entry;
		enum mi_old_pte_kind kind;
		uint64_t a, b;
	} t[] = {
		{0, MI_OLD_PTE_NONE, 0, 0},
		{0x00000040, MI_OLD_PTE_FILE, 0, 0},
		{0x00000042, MI_OLD_PTE_FILE, 1, 0},	      /* 1 << 1 */
		{0x0000007e, MI_OLD_PTE_FILE, 0x1f, 0},	      /* 0x1f << 1 */
		{0x000000c0, MI_OLD_PTE_FILE, 0x20, 0},	      /* 1 << 7 */
		{0x00000240, MI_OLD_PTE_FILE, 0x40, 0},	      /* 1 << 9 */
		{0x0002464a, MI_OLD_PTE_FILE, 0x48c5, 0},     /* 0x123 << 9, 0, 5 << 1 */
		{0xfffffefe, MI_OLD_PTE_FILE, 0x1fffffff, 0}, /* the largest: 29 bits */
		{0x12345067, MI_OLD_PTE_PRESENT, 0x12345, 0},
		{0x12345165, MI_OLD_PTE_PRESENT, 0x12345, 0},
		{0x12345160, MI_OLD_PTE_PROT_NONE, 0x12345, 0}, /* 0x40 is dirty here */
		{0x00000206, MI_OLD_PTE_SWAP, 3, 1},		/* 3 << 1, 1 << 9 */
		{0xfffffe02, MI_OLD_PTE_SWAP, 1, 0x7fffff},
		{0x0000023e, MI_OLD_PTE_SWAP, 31, 1},
	};
	struct mi_old_pte p;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		mi_pte_x86_32(t[i].entry, &p);
		expect(&p, t[i].kind, t[i].a, t[i].b);
	}
}

/* PAE: the upper word is the file's page; or type in its bits 4:0, the offset above. */
static void test_x86_pae(void **state)
{
	static const struct {
		uint64_t entry;
		enum mi_old_pte_kind kind;
		uint64_t a, b;
	} t[] = {
		{0, MI_OLD_PTE_NONE, 0, 0},
		{0x0000000000000040, MI_OLD_PTE_FILE, 0, 0},
		{0x0000000100000040, MI_OLD_PTE_FILE, 1, 0},
		{0xffffffff00000040, MI_OLD_PTE_FILE, 0xffffffff, 0},
		{0x8000000123456067, MI_OLD_PTE_PRESENT, 0x123456, 0},
		{0x8000000123456140, MI_OLD_PTE_PROT_NONE, 0x123456, 0},
		{0x0000004300000000, MI_OLD_PTE_SWAP, 3, 2}, /* 2 << 5 | 3 */
		{0xffffffff00000000, MI_OLD_PTE_SWAP, 31, 0x7ffffff},
	};
	struct mi_old_pte p;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		mi_pte_x86_pae(t[i].entry, &p);
		expect(&p, t[i].kind, t[i].a, t[i].b);
	}
}

/* A file's page from bit 3 on, and 4. */
static void test_arm(void **state)
{
	struct mi_old_pte p;

	(void)state;
	mi_pte_arm(0, &p);
	expect(&p, MI_OLD_PTE_NONE, 0, 0);
	mi_pte_arm(0x4, &p);
	expect(&p, MI_OLD_PTE_FILE, 0, 0);
	mi_pte_arm(0x2468c, &p); /* 0x48d1 << 3 | 4 */
	expect(&p, MI_OLD_PTE_FILE, 0x48d1, 0);
	mi_pte_arm(0xfffffffc, &p);
	expect(&p, MI_OLD_PTE_FILE, 0x1fffffff, 0);
	mi_pte_arm(0x8765475f, &p); /* 4 is a memory type here */
	expect(&p, MI_OLD_PTE_PRESENT, 0x87654, 0);
	mi_pte_arm(0x12300, &p);
	expect(&p, MI_OLD_PTE_OTHER, 0, 0);
	mi_pte_arm_lpae(0xffffffffc, &p); /* 0x1ffffffff << 3 | 4 */
	expect(&p, MI_OLD_PTE_FILE, 0x1ffffffff, 0);
	mi_pte_arm_lpae(0x00600000876547df, &p);
	expect(&p, MI_OLD_PTE_PRESENT, 0x87654, 0);
	mi_pte_arm_lpae(0, &p);
	expect(&p, MI_OLD_PTE_NONE, 0, 0);
	mi_pte_arm_lpae(0x300, &p);
	expect(&p, MI_OLD_PTE_OTHER, 0, 0);
}

static void test_arm64(void **state)
{
	struct mi_old_pte p;

	(void)state;
	mi_pte_arm64(MI_ARM64_BIT_1, 0, &p);
	expect(&p, MI_OLD_PTE_NONE, 0, 0);
	mi_pte_arm64(MI_ARM64_BIT_1, 0x2468c, &p); /* 0x48d1 << 3 | 4 */
	expect(&p, MI_OLD_PTE_FILE, 0x48d1, 0);
	mi_pte_arm64(MI_ARM64_BIT_1, 0xfffffffffffffffc, &p); /* 61 bits */
	expect(&p, MI_OLD_PTE_FILE, 0x1fffffffffffffff, 0);
	mi_pte_arm64(MI_ARM64_BIT_1, 0x87654f42, &p); /* bit 1: no access */
	expect(&p, MI_OLD_PTE_PROT_NONE, 0x87654, 0);
	mi_pte_arm64(MI_ARM64_BIT_2, 0x48d18, &p); /* 0x48d1 << 4 | 8 */
	expect(&p, MI_OLD_PTE_FILE, 0x48d1, 0);
	mi_pte_arm64(MI_ARM64_BIT_2, 0xfffffffffffffff8, &p); /* 60 bits */
	expect(&p, MI_OLD_PTE_FILE, 0xfffffffffffffff, 0);
	mi_pte_arm64(MI_ARM64_BIT_2, 0x87654f44, &p); /* bit 2: no access */
	expect(&p, MI_OLD_PTE_PROT_NONE, 0x87654, 0);
	mi_pte_arm64(MI_ARM64_BIT_2, 0x1430, &p); /* 5 << 10 | 3 << 4 */
	expect(&p, MI_OLD_PTE_SWAP, 3, 5);
	mi_pte_arm64(MI_ARM64_BIT_58, 0x03fffffffffffffc, &p); /* 55 bits */
	expect(&p, MI_OLD_PTE_FILE, 0x7fffffffffffff, 0);
	mi_pte_arm64(MI_ARM64_BIT_58, 0x0400000087654f40, &p);
	expect(&p, MI_OLD_PTE_PROT_NONE, 0x87654, 0);
	mi_pte_arm64(MI_ARM64_BIT_58, 0x0020000087654fd3, &p);
	expect(&p, MI_OLD_PTE_PRESENT, 0x87654, 0);
	mi_pte_arm64(MI_ARM64_BIT_58, 0xa18, &p); /* 5 << 9 | 3 << 3 */
	expect(&p, MI_OLD_PTE_SWAP, 3, 5);
}

/* ---- x86-64 ---- */

static struct mi_kernel kernel;

static void make_kernel(bool l1tf, unsigned int forms)
{
	kernel = (struct mi_kernel){
		.pte = &mi_pte_x86_64,
		.pa_mask = 0x000ffffffffff000ULL,
		.pfn_swap_bits = 34,
		.nonlinear = true,
		.swap = {.inverted = l1tf,
			 .nr_files = 29,
			 .known = true,
			 .migration = 30,
			 .n_migration = 2,
			 .hwpoison = 29,
			 .n_hwpoison = 1,
			 .forms = forms},
	};
}

static struct mi_pte decode(uint64_t entry, unsigned int level)
{
	struct mi_pte pte;

	mi_pte_decode(&kernel, entry, level, 0, &pte);
	return pte;
}

/* off << 12 | 0x40 */
static void test_x86_64(void **state)
{
	struct mi_pte p;

	(void)state;
	make_kernel(false, 1U << MI_SWAP_NEAR);
	p = decode(0x48d1040, 1);
	assert_int_equal(p.kind, MI_PTE_FILE);
	assert_int_equal(p.swap_offset, 0x48d1);
	assert_int_equal(p.bits, 0);
	p = decode(0x00003ffffffff840, 1); /* the largest: 34 bits; and soft-dirty */
	assert_int_equal(p.kind, MI_PTE_FILE);
	assert_int_equal(p.swap_offset, 0x3ffffffff);
	assert_int_equal(p.bits, MI_PTE_SOFT_DIRTY);
	assert_int_equal(decode(0x40, 1).kind, MI_PTE_FILE);
	/* Of a page that is there it is the dirty bit. */
	assert_int_equal(decode(0x48d1041, 1).kind, MI_PTE_PRESENT);
	assert_int_equal(decode(0x48d1140, 1).kind, MI_PTE_PROT_NONE);
	/* Bit 10 was something else before uffd. */
	assert_int_equal(decode(0x48d1441, 1).bits & MI_PTE_UFFD_WP, 0);
	/* Only in a mapping that is nonlinear. */
	p = decode(0x48d1040, 1);
	mi_pte_in_vma(&p, MI_VM_READ | MI_VM_NONLINEAR);
	assert_int_equal(p.kind, MI_PTE_FILE);
	mi_pte_in_vma(&p, MI_VM_READ);
	assert_int_equal(p.kind, MI_PTE_UNKNOWN);
	/* Later kernels have no such entries. */
	kernel.nonlinear = false;
	assert_int_not_equal(decode(0x48d1040, 1).kind, MI_PTE_FILE);
}

/* RHEL 7: ~(off << 12) in bits 45:12, and 0x10 */
static void test_x86_64_l1tf(void **state)
{
	struct mi_pte p;

	(void)state;
	make_kernel(true, 0);
	p = decode(0x00003fffffffe010, 1); /* ~0x1000 */
	assert_int_equal(p.kind, MI_PTE_FILE);
	assert_int_equal(p.swap_offset, 1);
	p = decode(0xfffffffffb72e810, 1); /* ~0x48d1000, all above it inverted, soft-dirty */
	assert_int_equal(p.swap_offset, 0x48d1);
	assert_int_equal(p.bits, MI_PTE_SOFT_DIRTY);
	/* Swap: type 2, offset 0x345 inverted from bit 9 on, soft-dirty in bit 7. */
	p = decode(2ULL << 59 | (~0x345ULL << 14 >> 5), 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_type, 2);
	assert_int_equal(p.swap_offset, 0x345);
	assert_int_equal(p.bits, 0);
	p = decode(2ULL << 59 | (~0x345ULL << 14 >> 5) | 0x80, 1);
	assert_int_equal(p.bits, MI_PTE_SOFT_DIRTY);
}

static void test_swap_forms(void **state)
{
	struct mi_pte p;

	(void)state;
	make_kernel(false, 1U << MI_SWAP_NEAR);
	p = decode(0x345ULL << 9 | 2 << 1 | 0x80, 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_type, 2);
	assert_int_equal(p.swap_offset, 0x345);
	assert_int_equal(p.bits, MI_PTE_SOFT_DIRTY);
	p = decode(0x12345ULL << 9 | 31 << 1, 1); /* migration, for writing */
	assert_int_equal(p.kind, MI_PTE_MIGRATION);
	assert_int_equal(p.pfn, 0x12345);
	assert_int_equal(p.bits, MI_PTE_WRITE);
	make_kernel(false, 1U << MI_SWAP_NUMA);
	p = decode(0x345ULL << 10 | 2 << 1, 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_offset, 0x345);
	/* Bit 9 without the others: a page that is there. */
	p = decode(0x8000000012345226, 1);
	assert_int_equal(p.kind, MI_PTE_NUMA_HINT);
	assert_int_equal(p.pfn, 0x12345);
	assert_int_equal(p.bits, MI_PTE_YOUNG | MI_PTE_WRITE);
	make_kernel(false, 1U << MI_SWAP_FAR);
	p = decode(0x345ULL << 14 | 2 << 9 | 2, 1);
	assert_int_equal(p.swap_type, 2);
	assert_int_equal(p.swap_offset, 0x345);
	assert_int_equal(p.bits, MI_PTE_SOFT_DIRTY);
	/* More than one may be right: none is told. */
	make_kernel(false, 1U << MI_SWAP_NEAR | 1U << MI_SWAP_NUMA);
	assert_int_equal(decode(0x345ULL << 10 | 2 << 1, 1).kind, MI_PTE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_32),	   cmocka_unit_test(test_x86_pae),
		cmocka_unit_test(test_arm),	   cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_x86_64),	   cmocka_unit_test(test_x86_64_l1tf),
		cmocka_unit_test(test_swap_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
