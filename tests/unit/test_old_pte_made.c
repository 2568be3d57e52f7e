// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_old_pte_made.c - entries of other architectures before 4.0, there and back
 *
 * tests/synth/old_ptes.h makes them as the kernels do, by itself; the decoders must give
 * back what went in: every bit alone, none, all, and a thousand numbers in between.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "old_pte.h"
#include "../synth/old_ptes.h"

#define NUMBERS (64 + 2 + 1000)

/* The @i-th number of @bits bits. */
static uint64_t number(unsigned int i, unsigned int bits)
{
	uint64_t all = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;

	if (i < 64)
		return 1ULL << i & all;
	if (i < 66)
		return i & 1 ? all : 0;
	return (i + 1) * 0x9e3779b97f4a7c15ULL >> (64 - bits);
}

static void is_file(const struct mi_old_pte *p, uint64_t page)
{
	assert_int_equal(p->kind, MI_OLD_PTE_FILE);
	assert_int_equal(p->pgoff, page);
}

static void is_swap(const struct mi_old_pte *p, unsigned int type, uint64_t offset)
{
	assert_int_equal(p->kind, MI_OLD_PTE_SWAP);
	assert_int_equal(p->swap_type, type);
	assert_int_equal(p->swap_offset, offset);
}

static void is_page(const struct mi_old_pte *p, enum mi_old_pte_kind kind, uint64_t pfn)
{
	assert_int_equal(p->kind, kind);
	assert_int_equal(p->pfn, pfn);
}

static void test_x86_32(void **state)
{
	struct mi_old_pte p;

	(void)state;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		uint64_t file = number(i, X86_32_FILE_BITS), pfn = number(i, 20);
		uint64_t offset = number(i, X86_32_SWAP_BITS) | 1;

		mi_pte_x86_32(x86_32_file(file), &p);
		is_file(&p, file);
		mi_pte_x86_32(x86_32_swap(i % 32, offset), &p);
		is_swap(&p, i % 32, offset);
		mi_pte_x86_32(x86_32_page(pfn, 0x67), &p);
		is_page(&p, MI_OLD_PTE_PRESENT, pfn);
		/* dirty, or not: where there is no access, too, bit 6 is that */
		mi_pte_x86_32(x86_32_page(pfn, i & 1 ? 0x120 : 0x160), &p);
		is_page(&p, MI_OLD_PTE_PROT_NONE, pfn);
	}
}

static void test_x86_pae(void **state)
{
	struct mi_old_pte p;

	(void)state;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		uint64_t file = number(i, X86_PAE_FILE_BITS), pfn = number(i, 24);
		uint64_t offset = number(i, X86_PAE_SWAP_BITS) | 1;

		mi_pte_x86_pae(x86_pae_file(file), &p);
		is_file(&p, file);
		mi_pte_x86_pae(x86_pae_swap(i % 32, offset), &p);
		is_swap(&p, i % 32, offset);
		mi_pte_x86_pae(pfn << 12 | 0x67 | (uint64_t)(i & 1) << 63, &p);
		is_page(&p, MI_OLD_PTE_PRESENT, pfn);
		mi_pte_x86_pae(pfn << 12 | 0x160, &p);
		is_page(&p, MI_OLD_PTE_PROT_NONE, pfn);
	}
}

static void test_arm(void **state)
{
	struct mi_old_pte p;

	(void)state;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		uint64_t file = number(i, ARM_FILE_BITS), pfn = number(i, 20);

		mi_pte_arm(arm_file(file), &p);
		is_file(&p, file);
		/* what it is of is told by the kernel; but never of a file */
		mi_pte_arm(arm_swap(i % 32, number(i, 23) | 1, 5 + (i & 1)), &p);
		assert_int_equal(p.kind, MI_OLD_PTE_OTHER);
		mi_pte_arm(arm_page(pfn), &p);
		is_page(&p, MI_OLD_PTE_PRESENT, pfn);
	}
}

static void test_arm_lpae(void **state)
{
	struct mi_old_pte p;

	(void)state;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		uint64_t file = number(i, ARM_FILE_BITS), pfn = number(i, 28);

		mi_pte_arm_lpae(arm_file(file), &p);
		is_file(&p, file);
		mi_pte_arm_lpae(arm_swap(i % 32, number(i, 24) | 1, 5), &p);
		assert_int_equal(p.kind, MI_OLD_PTE_OTHER);
		mi_pte_arm_lpae(arm_lpae_page(pfn), &p);
		is_page(&p, MI_OLD_PTE_PRESENT, pfn);
		mi_pte_arm_lpae(arm_lpae_no_access(pfn), &p);
		is_page(&p, MI_OLD_PTE_PROT_NONE, pfn);
	}
}

static void arm64(enum mi_arm64_form form, unsigned int no_access_bit)
{
	struct mi_old_pte p;

	for (unsigned int i = 0; i < NUMBERS; i++) {
		uint64_t file = number(i, ARM64_FILE_BITS), pfn = number(i, 36);
		uint64_t offset = number(i, ARM64_SWAP_BITS) | 1;

		mi_pte_arm64(form, no_access_bit == 2 ? arm64_file_3_11(file) : arm64_file(file),
			     &p);
		is_file(&p, file);
		mi_pte_arm64(form,
			     no_access_bit == 2 ? arm64_swap_3_11(i % 64, offset)
						: arm64_swap(i % 64, offset),
			     &p);
		is_swap(&p, i % 64, offset);
		mi_pte_arm64(form, arm64_page(pfn), &p);
		is_page(&p, MI_OLD_PTE_PRESENT, pfn);
		mi_pte_arm64(form, arm64_no_access(pfn, no_access_bit), &p);
		is_page(&p, MI_OLD_PTE_PROT_NONE, pfn);
	}
}

static void test_arm64(void **state)
{
	(void)state;
	arm64(MI_ARM64_BIT_58, 58);
}

static void test_arm64_first(void **state)
{
	(void)state;
	arm64(MI_ARM64_BIT_1, 1);
}

static void test_arm64_second(void **state)
{
	(void)state;
	arm64(MI_ARM64_BIT_2, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_32),	     cmocka_unit_test(test_x86_pae),
		cmocka_unit_test(test_arm),	     cmocka_unit_test(test_arm_lpae),
		cmocka_unit_test(test_arm64),	     cmocka_unit_test(test_arm64_first),
		cmocka_unit_test(test_arm64_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
