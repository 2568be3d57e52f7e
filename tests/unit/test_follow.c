// SPDX-License-Identifier: GPL-2.0-or-later
/* test_follow.c - how far one has come with the records of a recorder that runs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../libsrc/inspect/history.h"

#define SLOTS 8

/* What the rings of two CPUs still have, by sequence number. */
static uint64_t seq[2][SLOTS];
static struct mi_rec_cpu cpus[3];
static struct mi_recorder rec;
static struct mi_history h;
static struct mi_history_reader reader;

static int setup(void **state)
{
	size_t i;

	(void)state;
	memset(cpus, 0, sizeof(cpus));
	memset(&rec, 0, sizeof(rec));
	memset(&reader, 0, sizeof(reader));
	for (i = 0; i < 2; i++)
		cpus[i].seq = seq[i];
	rec.cpus = cpus;
	rec.n_cpus = 2;
	rec.slots = SLOTS;
	rec.head.loaded_mono = 1000;
	h.rec = &rec;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mi_history_reader_free(&reader);
	return 0;
}

/* CPU @cpu has these valid records, and wrote up to the last of them, or to @last. */
static void has(size_t cpu, uint64_t last, size_t n, const uint64_t *numbers)
{
	assert_true(n <= SLOTS);
	memcpy(seq[cpu], numbers, n * sizeof(*numbers));
	cpus[cpu].valid = n;
	cpus[cpu].last = last;
}

#define HAS(cpu, last, ...)                                                                        \
	has(cpu, last, sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__})

static void advance(bool from_now)
{
	struct mi_error err;

	assert_int_equal(mi_history_advance(&reader, &h, from_now, &err), MI_OK);
}

static void expect(size_t cpu, uint64_t from, uint64_t to)
{
	assert_int_equal(reader.span[cpu].from, from);
	assert_int_equal(reader.span[cpu].to, to);
}

static void test_all(void **state)
{
	(void)state;
	HAS(0, 5, 3, 4, 5);
	advance(false);
	assert_true(reader.fresh);
	expect(0, 3, 6);
	/* Nothing was written there yet: numbers begin with 1. */
	expect(1, 1, 1);
	assert_int_equal(reader.n, 3);
	HAS(0, 7, 3, 4, 5, 6, 7);
	HAS(1, 2, 1, 2);
	advance(false);
	assert_false(reader.fresh);
	expect(0, 6, 8);
	expect(1, 1, 3);
	assert_int_equal(reader.n, 4);
	advance(false);
	assert_int_equal(reader.n, 0);
	assert_int_equal(reader.lost, 0);
}

static void test_from_now(void **state)
{
	(void)state;
	HAS(0, 5, 3, 4, 5);
	advance(true);
	expect(0, 6, 6);
	assert_int_equal(reader.n, 0);
	HAS(0, 6, 3, 4, 5, 6);
	advance(true);
	expect(0, 6, 7);
}

/* A record that is being written when one looks, and is there the next time. */
static void test_waited_for(void **state)
{
	(void)state;
	HAS(0, 2, 1, 2);
	advance(false);
	HAS(0, 5, 1, 2, 3, 5);
	advance(false);
	expect(0, 3, 4);
	assert_int_equal(reader.lost, 0);
	HAS(0, 6, 1, 2, 3, 4, 5, 6);
	advance(false);
	expect(0, 4, 7);
	assert_int_equal(reader.n, 3);
	assert_int_equal(reader.lost, 0);
	/* The wait for one is none for another. */
	HAS(0, 8, 4, 5, 6, 8);
	advance(false);
	expect(0, 7, 7);
	assert_int_equal(reader.lost, 0);
}

/* It never comes: whoever wrote it gave up. */
static void test_torn(void **state)
{
	(void)state;
	HAS(0, 2, 1, 2);
	advance(false);
	HAS(0, 4, 1, 2, 4);
	advance(false);
	expect(0, 3, 3);
	advance(false);
	expect(0, 3, 5);
	assert_int_equal(reader.lost, 1);
	advance(false);
	expect(0, 5, 5);
	assert_int_equal(reader.lost, 0);
}

/* More came than the ring has room for: there is nothing to wait for. */
static void test_overwritten(void **state)
{
	(void)state;
	HAS(0, 2, 1, 2);
	advance(false);
	HAS(0, 20, 13, 14, 15, 16, 17, 18, 19, 20);
	advance(false);
	expect(0, 3, 21);
	assert_int_equal(reader.lost, 10);
}

static void test_another_recorder(void **state)
{
	(void)state;
	HAS(0, 9, 8, 9);
	advance(true);
	rec.head.loaded_mono = 2000;
	HAS(0, 2, 1, 2);
	advance(true);
	assert_true(reader.fresh);
	/* What a new one has was not there when one began. */
	expect(0, 1, 3);
	assert_int_equal(reader.lost, 0);
	rec.n_cpus = 3;
	advance(true);
	assert_true(reader.fresh);
	expect(0, 1, 3);
	expect(2, 1, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all),	 TEST(test_from_now),	 TEST(test_waited_for),
		TEST(test_torn), TEST(test_overwritten), TEST(test_another_recorder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
