// SPDX-License-Identifier: GPL-2.0-or-later
/* test_flattened.c - records of flattened dumps: good, cut short, lying */
#include <endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "flattened.h"

static int in = -1; /* the flattened file */
static uint64_t at;
static struct mi_flattened *flat;
static struct mi_bytes bytes;
static struct mi_error err;

static int setup(void **state)
{
	static const char head[4096] = "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1";

	(void)state;
	in = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	at = sizeof(head);
	flat = NULL;
	return pwrite(in, head, sizeof(head), 0) == sizeof(head) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	mi_flattened_close(flat);
	return close(in);
}

static void put(const void *data, size_t len)
{
	assert_int_equal(pwrite(in, data, len, (off_t)at), len);
	at += len;
}

static void header(int64_t off, int64_t len)
{
	uint64_t raw[2] = {htobe64((uint64_t)off), htobe64((uint64_t)len)};

	put(raw, sizeof(raw));
}

static void record(int64_t off, const char *text)
{
	header(off, (int64_t)strlen(text));
	put(text, strlen(text));
}

static enum mi_status rearrange(uint64_t size)
{
	struct mi_flattened_options opt = {.path = "FILE", .tmpdir = "/tmp"};
	enum mi_status st = mi_flattened_open(in, size, &opt, &flat, &err);

	if (!st)
		mi_flattened_bytes(flat, &bytes);
	return st;
}

static void is_there(uint64_t off, const char *text)
{
	char got[64] = "";

	assert_true(mi_bytes_read(&bytes, off, got, strlen(text)));
	assert_string_equal(got, text);
}

static void lost_from(const char *why)
{
	assert_non_null(mi_flattened_cut(flat));
	assert_non_null(strstr(mi_flattened_cut(flat), why));
}

static void test_recognised(void **state)
{
	(void)state;
	assert_true(mi_flattened_is(in));
	assert_int_equal(pwrite(in, "makedumpfile -d", 15, 0), 15);
	assert_false(mi_flattened_is(in));
	assert_int_equal(ftruncate(in, 5), 0);
	assert_false(mi_flattened_is(in));
}

static void test_in_any_order(void **state)
{
	(void)state;
	record(100, "world");
	record(0, "hello");
	record(5, ", ");
	record(100, "WOR"); /* the last one wins */
	header(-1, -1);
	record(0, "behind the end");
	assert_int_equal(rearrange(at), MI_OK);
	assert_null(mi_flattened_cut(flat));
	is_there(0, "hello, ");
	is_there(100, "WORld");
	assert_int_equal(bytes.size, 105);
}

static void test_gaps_are_not_zeroes(void **state)
{
	char got[8];

	(void)state;
	record(0, "aaaa");
	record(8, "bbbb");
	record(12, "cccc");
	header(-1, -1);
	assert_int_equal(rearrange(at), MI_OK);
	is_there(8, "bbbbcccc");
	assert_false(mi_bytes_has(&bytes, 4, 1));
	assert_false(mi_bytes_has(&bytes, 3, 6));
	assert_false(mi_bytes_read(&bytes, 0, got, 5));
	assert_false(mi_bytes_read(&bytes, 7, got, 2));
	assert_false(mi_bytes_has(&bytes, 15, 2));
	assert_false(mi_bytes_has(&bytes, UINT64_MAX, 1));
	assert_false(mi_bytes_has(&bytes, 8, UINT64_MAX));
}

static void test_cut_anywhere(void **state)
{
	uint64_t size, first = at;

	(void)state;
	record(0, "0123456789");
	record(10, "abcdefghij");
	header(-1, -1);
	for (size = 0; size < at; size++) {
		assert_int_equal(ftruncate(in, (off_t)size), 0);
		assert_int_equal(rearrange(size), MI_OK);
		lost_from("cut at");
		/* What had come is there, and no byte more. */
		assert_int_equal(mi_bytes_has(&bytes, 0, 10), size >= first + 26);
		assert_int_equal(mi_bytes_has(&bytes, 9, 4), size >= first + 26 + 16 + 3);
		mi_flattened_close(flat);
		flat = NULL;
		assert_int_equal(pwrite(in, "makedumpfile", 13, 0), 13);
		at = first;
		record(0, "0123456789");
		record(10, "abcdefghij");
		header(-1, -1);
	}
}

/* What a record would have written over is no longer what should be there. */
static void test_cut_within_the_second_writing(void **state)
{
	(void)state;
	record(0, "0123456789abcdef");
	header(4, 8);
	put("AB", 2);
	assert_int_equal(rearrange(at), MI_OK);
	lost_from("cut at");
	assert_true(mi_bytes_has(&bytes, 0, 6));
	assert_false(mi_bytes_has(&bytes, 6, 1));
	assert_false(mi_bytes_has(&bytes, 11, 1));
	assert_true(mi_bytes_has(&bytes, 12, 4));
	is_there(0, "0123AB");
	is_there(12, "cdef");
}

static void test_records_that_lie(void **state)
{
	static const int64_t lies[][2] = {
		{-2, 16},
		{INT64_MIN, 16},
		{0, -1},
		{0, INT64_MIN},
		{0, 0},
		{INT64_MAX, 1},
		{1LL << 60, 16},
		{0, INT64_MAX},
		{-1, 16},
		{16, -1},
		{INT64_MAX, INT64_MAX},
	};
	uint64_t first;
	size_t i;

	(void)state;
	record(0, "good");
	first = at;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		at = first;
		header(lies[i][0], lies[i][1]);
		record(4, "more");
		header(-1, -1);
		assert_int_equal(rearrange(at), MI_OK);
		lost_from("damaged record at 4116 bytes");
		is_there(0, "good");
		assert_false(mi_bytes_has(&bytes, 4, 4));
		mi_flattened_close(flat);
		flat = NULL;
	}
}

/* A record that claims more than there is: what is there counts. */
static void test_longer_than_the_file(void **state)
{
	(void)state;
	header(0, 1 << 30);
	put("abcd", 4);
	assert_int_equal(rearrange(at), MI_OK);
	lost_from("cut at 4116 bytes");
	is_there(0, "abcd");
	assert_int_equal(bytes.size, 4);
}

static void test_scattered(void **state)
{
	int64_t i;

	(void)state;
	for (i = 0; i < 5000; i++)
		record(8192 - i, "x");
	for (i = 0; i < 1000; i++)
		record(100000 + 2 * i, "y");
	for (i = 0; i < 1000; i++)
		record(100000 + 2 * i + 1, "z");
	header(-1, -1);
	assert_int_equal(rearrange(at), MI_OK);
	assert_null(mi_flattened_cut(flat));
	assert_true(mi_bytes_has(&bytes, 8192 - 4999, 5000));
	assert_true(mi_bytes_has(&bytes, 100000, 2000));
	is_there(100000, "yzyz");
}

static void test_scattered_too_much(void **state)
{
	int64_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		record(2 * (100000 - i), "x");
	assert_int_equal(rearrange(at), MI_OK);
	lost_from("damaged record");
}

static void test_no_room(void **state)
{
	(void)state;
	record(0, "good");
	header(-1, -1);
	assert_int_equal(rearrange(1ULL << 60), MI_ERR_IO);
	assert_non_null(strstr(err.text, "FILE: a flattened dump"));
	assert_non_null(strstr(err.text, "makedumpfile -R NEW < FILE"));
}

static void test_no_directory(void **state)
{
	struct mi_flattened_options opt = {.path = "FILE", .tmpdir = "/nowhere"};

	(void)state;
	header(-1, -1);
	assert_int_equal(mi_flattened_open(in, at, &opt, &flat, &err), MI_ERR_IO);
	assert_non_null(strstr(err.text, "/nowhere"));
	assert_non_null(strstr(err.text, "makedumpfile -R NEW < FILE"));
}

static unsigned int calls;

static void count_calls(void *arg, uint64_t done, uint64_t of)
{
	assert_ptr_equal(arg, &calls);
	assert_true(done <= of);
	calls += done == of ? 1000 : 1;
}

static void test_progress(void **state)
{
	struct mi_flattened_options opt = {
		.path = "FILE", .tmpdir = "/tmp", .progress = count_calls, .progress_arg = &calls};
	static char block[1 << 20];
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		header(i * (int64_t)sizeof(block), sizeof(block));
		put(block, sizeof(block));
	}
	header(-1, -1);
	assert_int_equal(mi_flattened_open(in, at, &opt, &flat, &err), MI_OK);
	assert_int_equal(calls, 1002);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recognised),
		TEST(test_in_any_order),
		TEST(test_gaps_are_not_zeroes),
		TEST(test_cut_anywhere),
		TEST(test_cut_within_the_second_writing),
		TEST(test_records_that_lie),
		TEST(test_longer_than_the_file),
		TEST(test_scattered),
		TEST(test_scattered_too_much),
		TEST(test_no_room),
		TEST(test_no_directory),
		TEST(test_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
