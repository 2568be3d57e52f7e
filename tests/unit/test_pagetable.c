// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables that a dump has at more places than there can be. */
#include "fake_memory.h"

#include "../../libsrc/kernel/pagetable.h"

#define PGD 0
#define PUD 1
#define PMD 2
#define PTE 3
#define PAGE_BITS 0x27ULL
#define HUGE_BITS 0xa7ULL
#define TABLE_BITS 0x67ULL
#define GIB (1ULL << 30)
#define PMD_SIZE (1ULL << 21)

static const struct mi_mm mm = {.addr = 0xffff888012345000ULL, .pgd = BASE};
static struct mi_pt_walk *w;

/* Entry @i of the table in page @table leads to page @to. */
static void put_entry(unsigned int table, unsigned int i, unsigned int to, uint64_t bits)
{
	put64(BASE + table * MI_PAGE_SIZE + i * 8, (PHYS + to * MI_PAGE_SIZE) | bits);
}

static int setup(void **state)
{
	(void)state;
	start_memory();
	make_tables();
	kernel.pte = &mi_pte_x86_64;
	kernel.tables = &target.xlat.shape;
	put_entry(PGD, 0, PUD, TABLE_BITS);
	put_entry(PUD, 0, PMD, TABLE_BITS);
	put_entry(PMD, 0, PTE, TABLE_BITS);
	put_entry(PTE, 0, 9, PAGE_BITS);
	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	return 0;
}

static int teardown(void **state)
{
	free(w);
	return end_memory(state);
}

static enum mi_extent_kind kind_at(uint64_t va)
{
	struct mi_extent ext;

	mi_pt_next(w, va, va + MI_PAGE_SIZE, &ext);
	assert_int_equal(ext.why, ext.kind == MI_EXTENT_UNREADABLE ? MI_READ_DAMAGED : MI_READ_OK);
	return ext.kind;
}

static void start(void)
{
	struct mi_error err;

	forget();
	assert_int_equal(mi_pt_start(w, &kernel, &mm, &err), MI_OK);
}

/* Whoever asks again, gets the same. */
static void test_again(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		start();
		assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
		assert_int_equal(kind_at(511 * MI_PAGE_SIZE), MI_EXTENT_TABLE);
		assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
	}
	assert_int_equal(kernel.problems.n, 0);
}

static void test_two_places(void **state)
{
	const struct mi_mm other = {.addr = mm.addr + 1024, .pgd = BASE};
	struct mi_error err;

	(void)state;
	put_entry(PMD, 7, PTE, TABLE_BITS);
	start();
	assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
	assert_int_equal(kind_at(7 * PMD_SIZE), MI_EXTENT_UNREADABLE);
	assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
	assert_int_equal(kernel.problems.n, 1);
	assert_string_equal(kernel.problems.list[0].what, "page table");
	assert_int_equal(kernel.problems.list[0].first, PHYS + PTE * MI_PAGE_SIZE);
	/* In another process it may be right. */
	assert_int_equal(mi_pt_start(w, &kernel, &other, &err), MI_OK);
	assert_int_equal(kind_at(7 * PMD_SIZE), MI_EXTENT_TABLE);
}

static void test_circle(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < 512; i++) {
		put_entry(PGD, i, PGD, TABLE_BITS);
		put_entry(PUD, i, PUD, TABLE_BITS);
	}
	start();
	assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
	assert_int_equal(kind_at(512 * GIB), MI_EXTENT_UNREADABLE);
	assert_int_equal(kind_at(GIB), MI_EXTENT_UNREADABLE);
	assert_int_equal(kind_at(5 * 512 * GIB), MI_EXTENT_UNREADABLE);
}

/* What maps one file of hugetlbfs may share its tables: but not all there are. */
static void test_hugetlb(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 512; i++) {
		put_entry(PMD, i, 16, HUGE_BITS);
		put_entry(PUD, i, PMD, TABLE_BITS);
	}
	for (int turn = 0; turn < 3; turn++) {
		start();
		for (i = 0; i < 64; i++)
			assert_int_equal(kind_at(i * GIB), MI_EXTENT_HUGE);
		assert_int_equal(kernel.problems.n, 0);
	}
	assert_int_equal(kind_at(64 * GIB), MI_EXTENT_UNREADABLE);
	assert_int_equal(kind_at(511 * GIB), MI_EXTENT_UNREADABLE);
	assert_int_equal(kind_at(63 * GIB), MI_EXTENT_HUGE);
}

/* A running kernel frees tables, and makes others of them. */
static void test_live(void **state)
{
	(void)state;
	put_entry(PMD, 7, PTE, TABLE_BITS);
	target.facts.live = true;
	start();
	assert_int_equal(kind_at(0), MI_EXTENT_TABLE);
	assert_int_equal(kind_at(7 * PMD_SIZE), MI_EXTENT_TABLE);
	target.facts.live = false;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_again),   TEST(test_two_places), TEST(test_circle),
		TEST(test_hugetlb), TEST(test_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
