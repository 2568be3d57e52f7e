// SPDX-License-Identifier: GPL-2.0-or-later
/* test_compressed.c - which pages a kdump-compressed file holds, on a made-up one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compressed.h"

#define PAGE 4096U
#define PFNS 40000U /* more than a chunk of the bitmaps */
#define BITMAP_BLOCKS 4U
#define RAM_AT (2 * PAGE)
#define STORED_AT (4 * PAGE)
#define DESC_AT (6 * PAGE)
#define STORED 5U
#define DATA_AT (DESC_AT + STORED * 24)
#define SIZE (DATA_AT + 3 * 100 + PAGE)

/* RAM ends at 39000; these are stored. */
static const uint32_t stored[STORED] = {0, 7, 32767, 32768, 38999};
enum {
	ZERO_PAGE = 0,
	RAW = 2,
	LAST = 4
};

static unsigned char file[SIZE];
static struct mi_bytes bytes;
static struct mi_compressed *c;
static struct mi_error err;

static bool read_memory(void *arg, uint64_t off, void *buf, size_t len)
{
	(void)arg;
	memcpy(buf, file + off, len);
	return true;
}

static bool read_large(void *arg, uint64_t off, void *buf, size_t len)
{
	memcpy(buf, (const unsigned char *)arg + off, len);
	return true;
}

static void u32(size_t off, uint32_t v)
{
	memcpy(file + off, &v, sizeof(v));
}

static void u64(size_t off, uint64_t v)
{
	memcpy(file + off, &v, sizeof(v));
}

static void descriptor(unsigned int i, uint64_t offset, uint32_t size, uint32_t flags)
{
	u64(DESC_AT + i * 24, offset);
	u32(DESC_AT + i * 24 + 8, size);
	u32(DESC_AT + i * 24 + 12, flags);
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(file, 0, sizeof(file));
	memcpy(file, "KDUMP   ", 8);
	u32(8, 6);
	u32(424, 0x1);
	u32(428, PAGE);
	u32(432, 1);
	u32(436, BITMAP_BLOCKS);
	u32(440, PFNS);
	u32(PAGE + 8, 31);
	u64(PAGE + 96, PFNS);
	memset(file + RAM_AT, 0xff, 39000 / 8);
	for (i = 0; i < STORED; i++)
		file[STORED_AT + stored[i] / 8] |= (unsigned char)(1 << stored[i] % 8);
	/* A page of zeroes that two share, one as it is, two of their own. */
	descriptor(0, DATA_AT, 100, 0x1);
	descriptor(1, DATA_AT + 100, 100, 0x1);
	descriptor(2, DATA_AT + 200, PAGE, 0);
	descriptor(3, DATA_AT, 100, 0x1);
	descriptor(4, DATA_AT + 200 + PAGE, 100, 0x1);
	bytes = (struct mi_bytes){.size = SIZE, .read = read_memory};
	c = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mi_compressed_free(c);
	return 0;
}

static void load(void)
{
	assert_true(mi_compressed_is(&bytes));
	assert_int_equal(mi_compressed_load(&bytes, &c, &err), MI_OK);
}

static enum mi_read look(uint64_t pfn)
{
	return mi_compressed_look(c, pfn * PAGE);
}

static void refused(enum mi_status st, const char *text)
{
	assert_int_equal(mi_compressed_load(&bytes, &c, &err), st);
	assert_non_null(strstr(err.text, text));
}

static void test_every_frame(void **state)
{
	uint64_t pfn;
	unsigned int i;

	(void)state;
	load();
	for (pfn = 0; pfn < PFNS + 10; pfn++) {
		enum mi_read want = pfn < 39000 ? MI_READ_EXCLUDED : MI_READ_HOLE;

		for (i = 0; i < STORED; i++)
			if (pfn == stored[i])
				want = MI_READ_OK;
		assert_int_equal(look(pfn), want);
	}
	assert_int_equal(mi_compressed_look(c, ~(uint64_t)(PAGE - 1)), MI_READ_HOLE);
	assert_int_equal(mi_compressed_facts(c)->level, 31);
	assert_false(mi_compressed_facts(c)->split);
	assert_false(mi_compressed_facts(c)->says_cut);
}

static void test_cut(void **state)
{
	(void)state;
	bytes.size = SIZE - 1;
	load();
	assert_int_equal(look(stored[LAST]), MI_READ_INCOMPLETE);
	assert_int_equal(look(stored[RAW]), MI_READ_OK);
	assert_int_equal(mi_compressed_facts(c)->expected, SIZE);
	assert_false(mi_compressed_facts(c)->more);
	mi_compressed_free(c);

	/* A page that is cut has no bytes that are good enough. */
	bytes.size = DATA_AT + 200 + PAGE - 1;
	load();
	assert_int_equal(look(stored[RAW]), MI_READ_INCOMPLETE);
	mi_compressed_free(c);

	bytes.size = DESC_AT + 30;
	load();
	assert_int_equal(look(stored[0]), MI_READ_INCOMPLETE);
	assert_int_equal(look(stored[1]), MI_READ_INCOMPLETE);
	assert_int_equal(look(1), MI_READ_EXCLUDED);
	assert_true(mi_compressed_facts(c)->more);
	mi_compressed_free(c);
	c = NULL;

	bytes.size = DESC_AT - 1;
	refused(MI_ERR_FORMAT, "within its bitmaps");
	bytes.size = PAGE + 50;
	refused(MI_ERR_FORMAT, "within its headers");
	bytes.size = 8;
	refused(MI_ERR_FORMAT, "within its headers");
}

static void test_never_written(void **state)
{
	(void)state;
	u32(424, 0x9);
	descriptor(LAST, 0, 0, 0);
	load();
	assert_true(mi_compressed_facts(c)->says_cut);
	assert_int_equal(look(stored[LAST]), MI_READ_INCOMPLETE);
	assert_int_equal(look(stored[ZERO_PAGE]), MI_READ_OK);
}

static void test_descriptors_that_lie(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t size, flags;
		enum mi_read want;
	} lies[] = {
		{0, 100, 1, MI_READ_DAMAGED},
		{DESC_AT, 100, 1, MI_READ_DAMAGED},
		{DATA_AT, 0, 1, MI_READ_DAMAGED},
		{DATA_AT, PAGE + 1, 1, MI_READ_DAMAGED},
		{DATA_AT, 100, 0, MI_READ_DAMAGED},
		{DATA_AT, ~0U, 1, MI_READ_DAMAGED},
		{DATA_AT, 100, 0x400, MI_READ_DAMAGED},
		{~0ULL, 100, 1, MI_READ_INCOMPLETE},
		{1ULL << 63, PAGE, 0, MI_READ_INCOMPLETE},
	};
	size_t i;

	(void)state;
	load();
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		descriptor(1, lies[i].offset, lies[i].size, lies[i].flags);
		assert_int_equal(look(stored[1]), lies[i].want);
	}
}

static void test_headers_that_lie(void **state)
{
	(void)state;
	u32(428, 0);
	refused(MI_ERR_FORMAT, "damaged");
	u32(428, 32768);
	refused(MI_ERR_UNSUPPORTED, "pages of 32768 bytes");
	u32(428, PAGE);
	u32(436, 1); /* bitmaps too small */
	refused(MI_ERR_FORMAT, "damaged");
	u32(436, 0xffffffff);
	refused(MI_ERR_FORMAT, "bitmaps");
	u32(436, BITMAP_BLOCKS);
	u32(432, 0xffffffff);
	refused(MI_ERR_FORMAT, "bitmaps");
	u32(432, 0);
	refused(MI_ERR_FORMAT, "damaged");
	u32(432, 1);
	u64(PAGE + 96, ~0ULL);
	refused(MI_ERR_FORMAT, "damaged");
	u64(PAGE + 96, PFNS);
	u64(PAGE + 56, 1ULL << 40); /* notes */
	refused(MI_ERR_FORMAT, "damaged");
	u64(PAGE + 56, 0);
	u32(PAGE + 12, 1);
	u64(PAGE + 80, 5);
	u64(PAGE + 88, 4);
	refused(MI_ERR_FORMAT, "damaged");
	u64(PAGE + 88, PFNS + 1);
	refused(MI_ERR_FORMAT, "damaged");
}

/* This part has the frames from 7 on, before 32768; its descriptors begin there. */
static void test_split(void **state)
{
	(void)state;
	u32(PAGE + 12, 1);
	u64(PAGE + 80, 7);
	u64(PAGE + 88, 32768);
	descriptor(0, DATA_AT, 100, 1);
	descriptor(1, 0, 0, 0);
	load();
	assert_true(mi_compressed_facts(c)->split);
	assert_int_equal(mi_compressed_facts(c)->start, 7);
	assert_int_equal(mi_compressed_facts(c)->end, 32768);
	assert_int_equal(look(7), MI_READ_OK);
	assert_int_equal(look(32767), MI_READ_INCOMPLETE);
	/* In other parts: neither zero nor a hole. */
	assert_int_equal(look(0), MI_READ_INCOMPLETE);
	assert_int_equal(look(32768), MI_READ_INCOMPLETE);
	/* What no part has is told all the same. */
	assert_int_equal(look(5), MI_READ_EXCLUDED);
	assert_int_equal(look(39500), MI_READ_HOLE);
}

static void test_runs(void **state)
{
	static const uint64_t want[][2] = {
		{0, 1}, {7, 8}, {32767, 32768}, {32768, 32769}, {38999, 39000}};
	uint64_t pa = 0, end;
	size_t i;

	(void)state;
	load();
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(mi_compressed_next(c, &pa, &end));
		assert_int_equal(pa, want[i][0] * PAGE);
		assert_int_equal(end, want[i][1] * PAGE);
		pa = end;
	}
	assert_false(mi_compressed_next(c, &pa, &end));
	pa = ~(uint64_t)(PAGE - 1);
	assert_false(mi_compressed_next(c, &pa, &end));
}

static void test_sample(void **state)
{
	uint32_t flags = 0;
	uint64_t pa = 0;

	(void)state;
	descriptor(0, DATA_AT + 200, PAGE, 0);
	descriptor(1, DATA_AT, 100, 0x400);
	load();
	assert_true(mi_compressed_sample(c, &pa, &flags));
	assert_int_equal(pa, stored[1] * PAGE);
	assert_int_equal(flags, 0x400);
	assert_null(mi_compression_name(flags));
	assert_string_equal(mi_compression_name(0x20), "zstd");
	descriptor(1, DATA_AT + 200, PAGE, 0);
	descriptor(3, DATA_AT + 200, PAGE, 0);
	descriptor(4, DATA_AT + 200, PAGE, 0);
	assert_false(mi_compressed_sample(c, &pa, &flags));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* As QEMU writes those of arm64, whatever size the kernel's pages have. */
static void test_large_pages(void **state)
{
	enum {
		LARGE = 65536,
		DESCS = 4 * LARGE,
		DATA = DESCS + 24,
	};
	static unsigned char large[DATA + LARGE];
	uint64_t pa = 3 * LARGE + 2 * PAGE, end, offset = DATA;
	uint32_t words[] = {LARGE, 1, 2, 100}, size = LARGE;

	(void)state;
	memcpy(large, file, PAGE);
	memcpy(large + 428, words, sizeof(words));
	memcpy(large + LARGE + 96, &words[3], 4);
	large[2 * LARGE] = 0x1f; /* five pages of RAM, of which the fourth is stored */
	large[3 * LARGE] = 0x08;
	memcpy(large + DESCS, &offset, sizeof(offset));
	memcpy(large + DESCS + 8, &size, sizeof(size));
	bytes = (struct mi_bytes){.arg = large, .size = sizeof(large), .read = read_large};
	load();
	assert_int_equal(mi_compressed_facts(c)->page_shift, 16);
	assert_int_equal(mi_compressed_facts(c)->expected, sizeof(large));
	assert_int_equal(mi_compressed_look(c, 3 * LARGE - PAGE), MI_READ_EXCLUDED);
	assert_int_equal(mi_compressed_look(c, 3 * LARGE), MI_READ_OK);
	assert_int_equal(mi_compressed_look(c, 4 * LARGE - PAGE), MI_READ_OK);
	assert_int_equal(mi_compressed_look(c, 5 * LARGE), MI_READ_HOLE);
	assert_true(mi_compressed_next(c, &pa, &end));
	assert_int_equal(pa, 3 * LARGE + 2 * PAGE);
	assert_int_equal(end, 4 * LARGE);
	pa = 0;
	assert_true(mi_compressed_next(c, &pa, &end));
	assert_int_equal(pa, 3 * LARGE);
	pa = end;
	assert_false(mi_compressed_next(c, &pa, &end));
	bytes.size -= PAGE;
	mi_compressed_free(c);
	load();
	assert_int_equal(mi_compressed_look(c, 3 * LARGE), MI_READ_INCOMPLETE);
}

/* The headers as a machine of 32 bits has them; all that follows is the same. */
static void narrow_headers(const char *machine, size_t level, size_t max_64)
{
	memset(file, 0, 2 * PAGE);
	memcpy(file, "KDUMP   ", 8);
	u32(8, 6);
	strcpy((char *)file + 272, machine);
	u32(412, 0x1);
	u32(416, PAGE);
	u32(420, 1);
	u32(424, BITMAP_BLOCKS);
	u32(428, PFNS);
	u32(PAGE, 0x12345000);
	u32(PAGE + level, 31);
	u64(PAGE + max_64, PFNS);
}

static void test_narrow(void **state)
{
	(void)state;
	narrow_headers("i686", 4, 72);
	load();
	assert_int_equal(mi_compressed_facts(c)->level, 31);
	assert_int_equal(mi_compressed_facts(c)->max_pfn, PFNS);
	assert_int_equal(mi_compressed_facts(c)->phys_base, 0x12345000);
	assert_int_equal(look(7), MI_READ_OK);
	assert_int_equal(look(8), MI_READ_EXCLUDED);
	assert_int_equal(look(38999), MI_READ_OK);
	assert_int_equal(look(39000), MI_READ_HOLE);
	mi_compressed_free(c);
	/* arm aligns what has 8 bytes to 8. */
	narrow_headers("armv7l", 4, 88);
	load();
	assert_int_equal(mi_compressed_facts(c)->max_pfn, PFNS);
	assert_int_equal(look(32768), MI_READ_OK);
	mi_compressed_free(c);
	c = NULL;
	/* The size of a note, longer than any, stands where a word has 4 bytes. */
	narrow_headers("i686", 4, 72);
	u32(PAGE + 28, 0x7fffffff);
	refused(MI_ERR_FORMAT, "sub-header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_frame),
		TEST(test_narrow),
		TEST(test_cut),
		TEST(test_never_written),
		TEST(test_descriptors_that_lie),
		TEST(test_headers_that_lie),
		TEST(test_split),
		TEST(test_runs),
		TEST(test_sample),
		TEST(test_large_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
