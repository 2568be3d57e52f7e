// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_ra_window.c - the pages that a fault reads, by the rules of each generation
 *
 * The figures were worked out by hand from the kernels' sources: mm/filemap.c and
 * mm/readahead.c of 5.10, 6.1, 6.12 and 7.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../libsrc/kernel/ra_window.h"

enum generation {
	V5_10,
	V6_1,
	V6_12,
	V7_2,
	GENERATIONS
};

static struct mi_layout l;
static struct mi_ra_env env;
static struct mi_readahead ra;
static struct mi_ra_read rd;

/* The cache: one character for each page, '.' for none; what lies behind is empty. */
static const char *cache;

static bool there(uint64_t index)
{
	return index < strlen(cache) && cache[index] != '.';
}

static uint64_t count_absent(void *arg, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	(void)arg;
	for (; from < to; from++)
		n += !there(from);
	return n;
}

static uint64_t first_absent(void *arg, uint64_t from, uint64_t to)
{
	(void)arg;
	while (from < to && there(from))
		from++;
	return from;
}

static uint64_t first_present(void *arg, uint64_t from, uint64_t to)
{
	(void)arg;
	while (from < to && !there(from))
		from++;
	return from;
}

static void member(struct mi_member *m, bool has, uint32_t size)
{
	*m = (struct mi_member){.off = has ? 0 : -1, .size = size, .cls = MI_TYPE_INT};
}

/* A kernel, a file of @pages that is mapped from its page 0 on, and f_ra as open(2) leaves it. */
static void setup(enum generation g, uint64_t pages, const char *in_cache)
{
	memset(&l, 0, sizeof(l));
	memset(&ra, 0, sizeof(ra));
	member(&l.ra_mmap_miss, true, g == V7_2 ? 2 : 4);
	member(&l.mm_mmap_lock, true, 8);
	member(&l.ra_order, g == V7_2, 2);
	member(&l.folio_order, false, 1);
	member(&l.as_prio_root, false, 8);
	member(&l.folio_flags_1, g >= V6_12, 8);
	l.sym_ondemand_readahead = g <= V6_1;
	l.sym_page_cache_ra_order = g >= V6_1;
	l.AS_FOLIO_ORDER_MAX.known = g >= V6_12;
	l.AS_LARGE_FOLIO_SUPPORT.known = g == V6_1;
	env = (struct mi_ra_env){
		.l = &l,
		.look = {count_absent, first_absent, first_present, first_absent, NULL},
		.vm_end = pages,
		.eof = pages,
	};
	ra.ra_pages = 32;
	ra.prev_pos = -1;
	ra.has_prev_pos = ra.random_known = true;
	ra.has_order = g == V7_2;
	cache = in_cache;
}

static void is_window(uint64_t start, uint64_t pages, uint64_t async, uint64_t read)
{
	assert_int_equal(rd.start, start);
	assert_int_equal(rd.pages, pages);
	assert_int_equal(rd.async, async);
	assert_int_equal(rd.read, read);
}

static void test_around(void **state)
{
	int g;

	(void)state;
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 1000, "");
		mi_ra_sync(&env, &ra, 100, &rd);
		assert_int_equal(rd.kind, MI_MISS_AROUND);
		is_window(84, 32, 8, 32);
		assert_true(rd.n_markers);
		assert_int_equal(rd.markers[0].index, 108);
		assert_int_equal(ra.start, 84);
		assert_int_equal(ra.size, 32);
		assert_int_equal(ra.async_size, 8);
		/* Not before the first page. */
		mi_ra_sync(&env, &ra, 3, &rd);
		is_window(0, 32, 8, 32);
	}
}

static void test_around_at_the_end(void **state)
{
	int g;

	(void)state;
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 110, "");
		mi_ra_sync(&env, &ra, 100, &rd);
		is_window(84, 26, 8, 26);
		/* Older kernels count the marker back from where the file ends. */
		assert_int_equal(rd.n_markers, g != V7_2);
		if (rd.n_markers)
			assert_int_equal(rd.markers[0].index, 102);
	}
}

static void test_marker_needs_a_new_page(void **state)
{
	char pages[200];

	(void)state;
	memset(pages, '.', sizeof(pages));
	pages[199] = '\0';
	pages[108] = pages[90] = 'c';
	setup(V6_12, 1000, pages);
	mi_ra_sync(&env, &ra, 100, &rd);
	is_window(84, 32, 8, 30);
	assert_false(rd.n_markers);
}

/* MADV_SEQUENTIAL: by where the fault is. */
static void test_sequential(void **state)
{
	int g;

	(void)state;
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 1000, "");
		env.vm_flags = MI_VM_SEQ_READ;
		mi_ra_sync(&env, &ra, 0, &rd);
		assert_int_equal(rd.kind, MI_MISS_SEQUENTIAL);
		is_window(0, 32, 16, 32);
		assert_int_equal(rd.markers[0].index, 16);
		/* Anywhere else it is a read by itself, which leaves f_ra alone. */
		mi_ra_sync(&env, &ra, 500, &rd);
		is_window(500, 32, 0, 32);
		assert_false(rd.n_markers);
		assert_int_equal(ra.start, 0);
		/* But not where the window ends, in the older ones. */
		mi_ra_sync(&env, &ra, 32, &rd);
		is_window(32, 32, g <= V6_1 ? 16 : 0, 32);
		assert_int_equal(ra.start, g <= V6_1 ? 32 : 0);
	}
}

static void test_alone(void **state)
{
	int g;

	(void)state;
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 1000, "");
		env.vm_flags = MI_VM_RAND_READ;
		mi_ra_sync(&env, &ra, 100, &rd);
		assert_int_equal(rd.kind, MI_MISS_NONE);
		is_window(100, 1, 0, 1);
		env.vm_flags = 0;
		ra.mmap_miss = 99;
		mi_ra_sync(&env, &ra, 100, &rd);
		assert_int_equal(rd.kind, MI_MISS_AROUND);
		mi_ra_count_miss(&env, &ra);
		assert_int_equal(ra.mmap_miss, 100);
		mi_ra_sync(&env, &ra, 100, &rd);
		assert_int_equal(rd.kind, MI_MISS_NONE);
		ra.mmap_miss = 1000;
		mi_ra_count_miss(&env, &ra);
		assert_int_equal(ra.mmap_miss, 1000);
	}
}

/* Code is read from the fault on, and not beyond its mapping: 6.16 or so on. */
static void test_code(void **state)
{
	(void)state;
	setup(V7_2, 1000, "");
	env.vm_flags = MI_VM_EXEC;
	env.vm_end = 110;
	mi_ra_sync(&env, &ra, 100, &rd);
	assert_int_equal(rd.kind, MI_MISS_CODE);
	is_window(100, 10, 0, 10);
	mi_ra_count_miss(&env, &ra);
	assert_int_equal(ra.mmap_miss, 0);
	setup(V6_12, 1000, "");
	env.vm_flags = MI_VM_EXEC;
	mi_ra_sync(&env, &ra, 100, &rd);
	is_window(84, 32, 8, 32);
}

static void test_marker_hit(void **state)
{
	int g;

	(void)state;
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 1000, "");
		ra.start = 84;
		ra.size = 32;
		ra.async_size = 8;
		assert_true(mi_ra_async(&env, &ra, 108, 0, &rd));
		/* The limit; at the start of the window its own marker: all of it is ahead. */
		is_window(116, 32, 32, 32);
		assert_true(rd.n_markers);
		assert_int_equal(rd.markers[0].index, 116);
		env.vm_flags = MI_VM_RAND_READ;
		assert_false(mi_ra_async(&env, &ra, 116, 0, &rd));
	}
}

/* A small window grows by what is allowed. */
static void test_growth(void **state)
{
	(void)state;
	setup(V6_12, 10000, "");
	ra.ra_pages = 256;
	ra.start = 0;
	ra.size = 4;
	ra.async_size = 3;
	assert_true(mi_ra_async(&env, &ra, 1, 0, &rd));
	is_window(4, 16, 16, 16);
	assert_true(mi_ra_async(&env, &ra, 4, 0, &rd));
	is_window(20, 32, 32, 32);
}

/* Another's marker: behind the pages that are there, as many as from here to there and more. */
static void test_foreign_marker(void **state)
{
	char pages[64];
	int g;

	(void)state;
	memset(pages, 'c', sizeof(pages));
	pages[60] = '\0';
	for (g = V5_10; g < GENERATIONS; g++) {
		setup(g, 1000, pages);
		ra.start = 500;
		ra.size = 32;
		ra.async_size = 8;
		assert_true(mi_ra_async(&env, &ra, 50, 0, &rd));
		is_window(60, 32, 32, 32);
		/* None is absent as far as the limit: up to 6.10 that page itself was taken. */
		ra.start = 500;
		assert_int_equal(mi_ra_async(&env, &ra, 10, 0, &rd), g <= V6_1);
		if (g <= V6_1)
			is_window(42, 32, 32, 14);
	}
}

/* Up to 6.10 the first page of a file is a start, also where there is a marker. */
static void test_marker_on_the_first_page(void **state)
{
	(void)state;
	setup(V6_1, 1000, "c");
	assert_true(mi_ra_async(&env, &ra, 0, 0, &rd));
	is_window(0, 32, 16, 31);
	setup(V6_12, 1000, "c");
	ra.start = 500;
	assert_true(mi_ra_async(&env, &ra, 0, 0, &rd));
	is_window(1, 32, 32, 32);
}

/* What lies between pages of the cache is read by itself; single pages after large folios, too. */
static void test_reads(void **state)
{
	char pages[128];

	(void)state;
	setup(V6_1, 1000, "..c..cc.");
	mi_ra_sync(&env, &ra, 0, &rd);
	assert_int_equal(rd.pages, 32);
	assert_int_equal(rd.read, 29);
	assert_int_equal(rd.reads, 3);
	setup(V6_1, 1000, "");
	mi_ra_sync(&env, &ra, 0, &rd);
	assert_int_equal(rd.reads, 1);
	memset(pages, '.', sizeof(pages));
	pages[127] = '\0';
	pages[102] = 'c';
	setup(V6_1, 1000, pages);
	env.max_order = 9;
	mi_ra_sync(&env, &ra, 100 - 8, &rd);
	/* 76 to 99 in folios of four; 100 and 101, where one would not fit; what is behind. */
	assert_int_equal(rd.filled[0].to, 100);
	assert_int_equal(rd.reads, 3);
}

/* Large folios reach up to what is there; what is left is read in single pages, beyond the window.
 */
static void test_large_folios(void **state)
{
	char pages[128];

	(void)state;
	memset(pages, '.', sizeof(pages));
	pages[127] = '\0';
	pages[100] = 'c';
	setup(V6_1, 1000, pages);
	env.max_order = 9;
	mi_ra_sync(&env, &ra, 100 - 8, &rd);
	/* 76 to 99 in folios of four pages, then 32 more from 100. */
	assert_int_equal(rd.start, 76);
	assert_int_equal(rd.read, 24 + 31);
	assert_int_equal(rd.reads, 2);
	assert_int_equal(rd.filled[0].order, 2);
	assert_int_equal(rd.filled[1].to, 132);
	setup(V7_2, 1000, pages);
	env.max_order = 9;
	mi_ra_sync(&env, &ra, 100 - 8, &rd);
	assert_int_equal(rd.read, 31);
	/* 6.12: two kernels, and nothing tells which. */
	setup(V6_12, 1000, pages);
	env.max_order = 9;
	mi_ra_sync(&env, &ra, 100 - 8, &rd);
	assert_int_equal(rd.kind, MI_MISS_UNKNOWN);
	assert_non_null(rd.why);
}

/* 6.16 or so on: the order grows with each hit, and the window's end is aligned to it. */
static void test_orders(void **state)
{
	(void)state;
	setup(V7_2, 1000, "");
	env.max_order = 9;
	ra.start = 85;
	ra.size = 32;
	ra.async_size = 8;
	assert_true(mi_ra_async(&env, &ra, 109, 0, &rd));
	assert_int_equal(ra.order, 2);
	is_window(117, 31, 31, 31);
	assert_true(rd.n_markers);
	assert_int_equal(rd.markers[0].index, 117);
	assert_true(mi_ra_async(&env, &ra, 117, 0, &rd));
	assert_int_equal(ra.order, 4);
	is_window(148, 28, 28, 28);
}

static void test_huge(void **state)
{
	(void)state;
	setup(V6_12, 4000, "");
	env.vm_flags = MI_VM_HUGEPAGE;
	env.max_order = 9;
	mi_ra_sync(&env, &ra, 700, &rd);
	assert_int_equal(rd.kind, MI_MISS_HUGE);
	is_window(512, 1024, 512, 1024);
	assert_int_equal(rd.markers[0].index, 1024);
	env.vm_flags |= MI_VM_RAND_READ;
	mi_ra_sync(&env, &ra, 700, &rd);
	is_window(512, 512, 512, 512);
}

/* Where types do not say which generation it is, nothing is said. */
static void test_generation_in_doubt(void **state)
{
	(void)state;
	setup(V6_12, 1000, "");
	l.AS_FOLIO_ORDER_MAX.known = false;
	env.vm_flags = MI_VM_SEQ_READ;
	mi_ra_sync(&env, &ra, 0, &rd);
	assert_int_equal(rd.kind, MI_MISS_UNKNOWN);
	env.vm_flags = 0;
	assert_true(mi_ra_async(&env, &ra, 10, 0, &rd));
	assert_int_equal(rd.kind, MI_MISS_UNKNOWN);
	setup(V6_12, 1000, "");
	env.max_order = -1;
	mi_ra_sync(&env, &ra, 100, &rd);
	assert_int_equal(rd.kind, MI_MISS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_around_at_the_end),
		cmocka_unit_test(test_marker_needs_a_new_page),
		cmocka_unit_test(test_sequential),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_marker_hit),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_foreign_marker),
		cmocka_unit_test(test_marker_on_the_first_page),
		cmocka_unit_test(test_large_folios),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_generation_in_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
