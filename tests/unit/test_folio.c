// SPDX-License-Identifier: GPL-2.0-or-later
/* test_folio.c - mapcounts of large folios, as each generation of kernels keeps them */
#include "fake_memory.h"

#include "../../libsrc/kernel/folio.h"

/* struct page as made up here; and what lies in a folio's second one. */
enum {
	FLAGS = 0,
	COMPOUND_HEAD = 8,
	MAPPING = 16,
	INDEX = 24,
	MAPCOUNT = 48,
	REFCOUNT = 52,
	PAGE_SIZE_OF = 64,
	ORDER = 16,
	ENTIRE = 24,
	LARGE = 28,
	NR_MAPPED = 32
};
#define HEAD_BIT 3
#define DOUBLE_MAP_BIT 4
#define HEAD 4 /* its frame */
#define PAGE(i) (BASE + (HEAD + (uint64_t)(i)) * PAGE_SIZE_OF)

static void put32(uint64_t va, uint32_t value)
{
	memcpy(memory + (va - BASE), &value, sizeof(value));
}

static struct mi_member sized(int32_t off, uint32_t size)
{
	return (struct mi_member){.off = off, .size = size, .count = 1, .cls = MI_TYPE_INT};
}

/* A folio of 1 << @order anonymous pages that nothing maps. */
static void make_folio(unsigned int order)
{
	struct mi_layout *l = &kernel.l;
	unsigned int i;

	start_memory();
	l->size_page = PAGE_SIZE_OF;
	l->page_flags = at(FLAGS);
	l->page_compound_head = at(COMPOUND_HEAD);
	l->page_mapping = at(MAPPING);
	l->page_index = at(INDEX);
	l->page_mapcount = sized(MAPCOUNT, 4);
	l->page_refcount = sized(REFCOUNT, 4);
	l->page_compound_order = sized(ORDER, 4);
	l->PG_head = (struct mi_enumerator){.known = true, .value = HEAD_BIT};
	kernel.memmodel.base = BASE;
	kernel.max_pfn = 64;
	put64(PAGE(0) + FLAGS, 1 << HEAD_BIT);
	put64(PAGE(0) + MAPPING, BASE + 1);
	put32(PAGE(0) + MAPCOUNT, ~0U);
	for (i = 1; i < 1U << order; i++) {
		put64(PAGE(i) + COMPOUND_HEAD, PAGE(0) + 1);
		put32(PAGE(i) + MAPCOUNT, ~0U);
	}
	put32(PAGE(1) + ORDER, order);
}

static struct mi_page load(uint64_t i)
{
	const uint64_t pfn = HEAD + i;
	struct mi_page page;

	mi_pages_load(&kernel, &pfn, 1, &page);
	assert_int_equal(page.why, MI_READ_OK);
	assert_int_equal(page.head_pfn, HEAD);
	return page;
}

static bool counts(struct mi_folio_counts *c)
{
	const struct mi_page head = load(0);

	return mi_folio_counts(&kernel, &head, c);
}

/* Up to 6.1: each page has one more if the folio is mapped in both ways. */
static void test_double_map(void **state)
{
	struct mi_folio_counts c;

	(void)state;
	make_folio(2);
	kernel.l.page_compound_mapcount = sized(ENTIRE, 4);
	kernel.l.PG_double_map = (struct mi_enumerator){.known = true, .value = DOUBLE_MAP_BIT};
	put32(PAGE(1) + ENTIRE, 0);
	assert_true(counts(&c) && c.entire == 1 && c.per_page && !c.has_large && !c.has_nr_mapped);
	assert_int_equal(load(2).mapcount, 1);
	forget();
	put64(PAGE(1) + FLAGS, 1 << DOUBLE_MAP_BIT);
	put32(PAGE(2) + MAPCOUNT, 0);
	put32(PAGE(3) + MAPCOUNT, 1);
	assert_int_equal(load(2).mapcount, 1);
	assert_int_equal(load(3).mapcount, 2);
	/* A file's pages count the huge entries themselves. */
	forget();
	put64(PAGE(0) + MAPPING, BASE);
	assert_int_equal(load(3).mapcount, 2);
}

/* 6.2 has the old member, and neither bit nor pages know of huge entries. */
static void test_no_double_map(void **state)
{
	struct mi_folio_counts c;

	(void)state;
	make_folio(2);
	kernel.l.page_compound_mapcount = sized(ENTIRE, 4);
	put64(PAGE(0) + MAPPING, BASE);
	put32(PAGE(1) + ENTIRE, 1);
	put32(PAGE(2) + MAPCOUNT, 0);
	assert_false(counts(&c));
	assert_int_equal(load(1).mapcount, 2);
	assert_int_equal(load(2).mapcount, 3);
}

static void put_new_layout(void)
{
	kernel.l.folio_entire_mapcount = sized(PAGE_SIZE_OF + ENTIRE, 4);
	kernel.l.folio_large_mapcount = sized(PAGE_SIZE_OF + LARGE, 4);
	kernel.l.folio_nr_mapped = sized(PAGE_SIZE_OF + NR_MAPPED, 4);
	put32(PAGE(1) + ENTIRE, ~0U);
	put32(PAGE(1) + LARGE, ~0U);
}

static void test_large_mapcount(void **state)
{
	struct mi_folio_counts c;

	(void)state;
	make_folio(2);
	put_new_layout();
	assert_true(counts(&c) && !c.entire && c.has_large && !c.large && c.per_page);
	/* One huge entry, and two of page 3. */
	forget();
	put32(PAGE(1) + ENTIRE, 0);
	put32(PAGE(1) + LARGE, 2);
	put32(PAGE(1) + NR_MAPPED, 0x800001);
	put32(PAGE(3) + MAPCOUNT, 1);
	assert_true(counts(&c) && c.entire == 1 && c.large == 3 && c.nr_mapped == 1 && c.per_page);
	assert_int_equal(load(2).mapcount, 1);
	assert_int_equal(load(3).mapcount, 3);
	/* CONFIG_NO_PAGE_MAPCOUNT: it is mapped, and no page of it. */
	forget();
	put32(PAGE(1) + NR_MAPPED, 0);
	assert_true(counts(&c) && c.large == 3 && !c.per_page);
	kernel.l.folio_nr_mapped.off = -1;
	assert_false(counts(&c));
}

/* On 32 bits: what lies behind a folio of two pages is not its own. */
static void test_order_one(void **state)
{
	struct mi_folio_counts c;

	(void)state;
	make_folio(1);
	put_new_layout();
	kernel.l.folio_entire_mapcount.off += PAGE_SIZE_OF;
	put32(PAGE(2) + ENTIRE, 77);
	assert_true(counts(&c) && !c.entire);
	assert_int_equal(load(1).mapcount, 0);
}

/* Before 4.5. */
static void test_no_counts(void **state)
{
	struct mi_folio_counts c;

	(void)state;
	make_folio(2);
	assert_false(counts(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_double_map, end_memory),
		cmocka_unit_test_teardown(test_no_double_map, end_memory),
		cmocka_unit_test_teardown(test_large_mapcount, end_memory),
		cmocka_unit_test_teardown(test_order_one, end_memory),
		cmocka_unit_test_teardown(test_no_counts, end_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
