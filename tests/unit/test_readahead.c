// SPDX-License-Identifier: GPL-2.0-or-later
/* test_readahead.c - file->f_ra of both forms, what cannot be one, and the rules for the next miss
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../libsrc/inspect/inspect.h"

static struct mi_layout l;

static void at(struct mi_member *m, int32_t off, uint32_t size, bool is_signed)
{
	*m = (struct mi_member){
		.off = off, .size = size, .count = 1, .is_signed = is_signed, .cls = MI_TYPE_INT};
}

/* As up to 6.15 and as since: in the later form order took half of mmap_miss. */
static void layout(bool late)
{
	memset(&l, 0, sizeof(l));
	at(&l.ra_start, 0, 8, false);
	at(&l.ra_size, 8, 4, false);
	at(&l.ra_async_size, 12, 4, false);
	at(&l.ra_ra_pages, 16, 4, false);
	at(&l.ra_mmap_miss, late ? 22 : 20, late ? 2 : 4, false);
	at(&l.ra_order, late ? 20 : -1, 2, false);
	at(&l.ra_prev_pos, 24, 8, true);
	l.folio_order.off = l.folio_flags_1.off = -1;
	l.as_prio_root.off = -1;
}

/* A kernel with folios, whose readahead knows huge pages. */
static void with_folios(void)
{
	l.folio_flags_1.off = 64;
	l.sym_page_cache_ra_order = 0xffffffff81000000;
}

struct raw {
	uint64_t start;
	uint32_t size, async_size, ra_pages;
	uint16_t low, high;
	int64_t prev_pos;
};

static const struct raw around = {284, 64, 16, 64, 7, 3, -1};

static int setup(void **state)
{
	(void)state;
	layout(false);
	return 0;
}

static void test_decode_wide(void **state)
{
	struct mi_readahead ra;
	uint64_t marker;

	(void)state;
	mi_readahead_decode(&l, &around, &ra);
	assert_null(ra.wrong);
	assert_int_equal(ra.start, 284);
	assert_int_equal(ra.size, 64);
	assert_int_equal(ra.async_size, 16);
	assert_int_equal(ra.ra_pages, 64);
	assert_int_equal(ra.mmap_miss, 0x30007);
	assert_false(ra.has_order);
	assert_true(ra.has_prev_pos);
	assert_int_equal(ra.prev_pos, -1);
	assert_true(mi_readahead_marker(&ra, &marker));
	assert_int_equal(marker, 332);
}

static void test_decode_narrow(void **state)
{
	struct mi_readahead ra;

	(void)state;
	layout(true);
	mi_readahead_decode(&l, &around, &ra);
	assert_null(ra.wrong);
	assert_true(ra.has_order);
	assert_int_equal(ra.order, 7);
	assert_int_equal(ra.mmap_miss, 3);
	l.ra_prev_pos.off = -1;
	mi_readahead_decode(&l, &around, &ra);
	assert_false(ra.has_prev_pos);
}

static void test_no_marker(void **state)
{
	struct mi_readahead ra = {.start = 5, .size = 8};
	uint64_t marker;

	(void)state;
	assert_false(mi_readahead_marker(&ra, &marker));
	ra.size = 0;
	ra.async_size = 8;
	assert_false(mi_readahead_marker(&ra, &marker));
}

static const char *wrong(const struct raw *raw)
{
	struct mi_readahead ra;

	mi_readahead_decode(&l, raw, &ra);
	return ra.wrong;
}

/* What lies over it in a file that is being freed. */
static void test_union(void **state)
{
	struct raw raw = around;
	uint64_t func = 0xffffffff81234560;

	(void)state;
	assert_null(wrong(&raw));
	/* callback_head: the next one, and a function. */
	raw.start = 0xffff888004567890;
	memcpy((char *)&raw + 8, &func, sizeof(func));
	assert_non_null(wrong(&raw));
	raw.start = 0;
	assert_non_null(wrong(&raw));
	/* llist_node, or the free list's pointer: the first word alone. */
	raw = around;
	raw.start = 0xffff888004567890;
	assert_non_null(wrong(&raw));
	raw.start = 0x7a3b9c5d1e2f4051;
	assert_non_null(wrong(&raw));
}

static void test_bounds(void **state)
{
	struct raw raw = around;

	(void)state;
	raw.async_size = raw.size;
	assert_null(wrong(&raw));
	raw.async_size = raw.size + 1;
	assert_non_null(wrong(&raw));
	raw = around;
	raw.size = (1U << 20) + 1;
	assert_non_null(wrong(&raw));
	raw = around;
	raw.ra_pages = ~0U;
	assert_non_null(wrong(&raw));
	raw = around;
	raw.prev_pos = -2;
	assert_non_null(wrong(&raw));
	raw = around;
	raw.start = 1ULL << 52;
	assert_non_null(wrong(&raw));
}

/* ---- the rules ---- */

#define RAND MI_VM_RAND_READ
#define SEQ MI_VM_SEQ_READ
#define EXEC MI_VM_EXEC
#define HUGE 0x20000000ULL

static char said[200];

static struct mi_next_miss rule(uint64_t flags, uint32_t ra_pages, uint32_t misses, int max_order)
{
	struct mi_readahead ra = {.ra_pages = ra_pages, .mmap_miss = misses};
	struct mi_next_miss next;

	mi_readahead_rule(&l, &ra, flags, max_order, &next);
	mi_miss_text(&next, &ra, said, sizeof(said));
	return next;
}

static void test_rules_all(void **state)
{
	struct mi_next_miss next;
	int late;

	(void)state;
	for (late = 0; late < 2; late++) {
		layout(late);
		next = rule(0, 32, 0, -1);
		assert_int_equal(next.kind, MI_MISS_AROUND);
		assert_int_equal(next.pages, 32);
		assert_int_equal(next.before, 16);
		assert_string_equal(said, "read-around: 32 pages from 16 before the fault");
		rule(RAND, 32, 0, -1);
		assert_string_equal(said, "none: MADV_RANDOM");
		rule(0, 0, 0, -1);
		assert_string_equal(said, "none: ra_pages is 0");
		rule(SEQ, 0, 0, -1);
		assert_string_equal(said, "none: ra_pages is 0");
		next = rule(SEQ, 32, 500, -1);
		assert_int_equal(next.kind, MI_MISS_SEQUENTIAL);
		assert_string_equal(said,
				    "sequential (VM_SEQ_READ): up to 32 pages from the fault on");
	}
}

/* The miss counts before it is asked how many there were. */
static void test_rules_misses(void **state)
{
	(void)state;
	assert_int_equal(rule(0, 32, 99, -1).kind, MI_MISS_AROUND);
	assert_int_equal(rule(0, 32, 100, -1).kind, MI_MISS_NONE);
	assert_string_equal(said, "no read-around: the next miss makes mmap_miss 101, above 100");
	assert_int_equal(rule(0, 32, 142, -1).kind, MI_MISS_NONE);
	assert_string_equal(said, "no read-around: mmap_miss 142 is above 100");
}

static void test_rules_code(void **state)
{
	(void)state;
	assert_int_equal(rule(EXEC, 32, 0, -1).kind, MI_MISS_AROUND);
	assert_int_equal(rule(EXEC | RAND, 32, 0, -1).kind, MI_MISS_NONE);
	assert_int_equal(rule(EXEC, 32, 100, -1).kind, MI_MISS_NONE);
	layout(true);
	assert_int_equal(rule(EXEC, 32, 0, -1).kind, MI_MISS_CODE);
	assert_string_equal(said,
			    "code (VM_EXEC): up to 32 pages from the fault on, inside the mapping");
	assert_int_equal(rule(EXEC | RAND, 32, 0, -1).kind, MI_MISS_CODE);
	assert_int_equal(rule(EXEC | RAND, 0, 0, -1).kind, MI_MISS_NONE);
	assert_int_equal(rule(EXEC | SEQ, 32, 100, -1).kind, MI_MISS_SEQUENTIAL);
	assert_int_equal(rule(EXEC, 32, 100, -1).kind, MI_MISS_UNKNOWN);
	assert_non_null(strstr(said, "cannot be told: VM_EXEC"));
}

/* Up to 3.0 the page behind the last one read was an exception, and the advice no other. */
static void test_rules_prio_tree(void **state)
{
	(void)state;
	l.as_prio_root.off = 48;
	assert_int_equal(rule(0, 32, 0, -1).kind, MI_MISS_UNKNOWN);
	assert_non_null(strstr(said, "behind the last one read"));
	assert_int_equal(rule(0, 32, 100, -1).kind, MI_MISS_UNKNOWN);
	assert_int_equal(rule(RAND, 32, 0, -1).kind, MI_MISS_NONE);
	assert_int_equal(rule(0, 0, 0, -1).kind, MI_MISS_NONE);
	assert_int_equal(rule(SEQ, 32, 100, -1).kind, MI_MISS_SEQUENTIAL);
	/* Neither that tree nor the later one: it may be of either form. */
	l.as_prio_root.off = -1;
	l.as_i_mmap.off = -1;
	assert_int_equal(rule(0, 32, 0, -1).kind, MI_MISS_UNKNOWN);
	assert_non_null(strstr(said, "no i_mmap of a form known"));
	assert_int_equal(rule(SEQ, 32, 0, -1).kind, MI_MISS_SEQUENTIAL);
	l.as_i_mmap.off = 0;
	assert_int_equal(rule(0, 32, 0, -1).kind, MI_MISS_AROUND);
}

static void test_rules_huge(void **state)
{
	(void)state;
	/* Without folios the flag means nothing to readahead. */
	assert_int_equal(rule(HUGE, 32, 0, -1).kind, MI_MISS_AROUND);
	/* With folios, and without the symbol that tells, nothing is known. */
	l.folio_flags_1.off = 64;
	assert_int_equal(rule(HUGE, 32, 0, -1).kind, MI_MISS_UNKNOWN);
	with_folios();
	assert_int_equal(rule(HUGE, 0, 500, -1).kind, MI_MISS_HUGE);
	assert_string_equal(said, "huge pages (VM_HUGEPAGE): 1024 pages from the boundary of one "
				  "before the fault");
	assert_int_equal(rule(HUGE | RAND, 32, 0, -1).pages, 512);
	assert_int_equal(rule(0, 32, 0, -1).kind, MI_MISS_AROUND);
}

static void test_rules_huge_late(void **state)
{
	(void)state;
	layout(true);
	with_folios();
	assert_int_equal(rule(HUGE, 32, 0, 9).kind, MI_MISS_HUGE);
	assert_int_equal(rule(HUGE | SEQ, 32, 100, 9).kind, MI_MISS_HUGE);
	assert_int_equal(rule(HUGE, 32, 100, 9).kind, MI_MISS_UNKNOWN);
	assert_int_equal(rule(HUGE, 32, 0, 4).kind, MI_MISS_UNKNOWN);
	assert_int_equal(rule(HUGE, 32, 0, 0).kind, MI_MISS_UNKNOWN);
	assert_int_equal(rule(HUGE, 32, 0, -1).kind, MI_MISS_UNKNOWN);
}

/* The kernel sets size and async_size of such a window, and not start. */
static void test_startless(void **state)
{
	struct mi_readahead ra = {.start = 0, .size = 1024, .async_size = 512, .ra_pages = 32};

	(void)state;
	assert_false(mi_readahead_startless(&l, &ra, true));
	with_folios();
	assert_true(mi_readahead_startless(&l, &ra, true));
	assert_true(mi_readahead_startless(&l, &ra, false));
	ra.ra_pages = 1024;
	assert_false(mi_readahead_startless(&l, &ra, false));
	assert_true(mi_readahead_startless(&l, &ra, true));
	ra.size = 2048;
	assert_false(mi_readahead_startless(&l, &ra, true));
	ra.size = 512;
	ra.async_size = 128;
	assert_false(mi_readahead_startless(&l, &ra, true));
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(mi_miss_word(MI_MISS_AROUND), "read-around");
	assert_string_equal(mi_miss_word(MI_MISS_HUGE), "huge-pages");
	assert_string_equal(mi_miss_word(MI_MISS_KINDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_decode_wide, setup),
		cmocka_unit_test_setup(test_decode_narrow, setup),
		cmocka_unit_test_setup(test_no_marker, setup),
		cmocka_unit_test_setup(test_union, setup),
		cmocka_unit_test_setup(test_bounds, setup),
		cmocka_unit_test_setup(test_rules_all, setup),
		cmocka_unit_test_setup(test_rules_misses, setup),
		cmocka_unit_test_setup(test_rules_code, setup),
		cmocka_unit_test_setup(test_rules_prio_tree, setup),
		cmocka_unit_test_setup(test_rules_huge, setup),
		cmocka_unit_test_setup(test_rules_huge_late, setup),
		cmocka_unit_test_setup(test_startless, setup),
		cmocka_unit_test_setup(test_words, setup),
	};

	return cmocka_run_group_tests_name("readahead", tests, NULL, NULL);
}
