// SPDX-License-Identifier: GPL-2.0-or-later
/* test_tick.c - ages in jiffies, however the kernel keeps the length of a tick */
#include "fake_memory.h"

#include "../../libsrc/kernel/tick.h"

#define JIFFIES (BASE + 0x100)
#define TICK (BASE + 0x108)
#define CLOCK (BASE + 0x200)

enum {
	MULT = 24,
	SHIFT = 28
};

static uint64_t ago(uint64_t since, unsigned int size)
{
	uint64_t ns;

	forget();
	return mi_ticks_ago(&kernel, since, size, &ns) ? ns : ~0ULL;
}

static void put_clock(uint32_t mult, uint32_t shift)
{
	put64(CLOCK + MULT, mult | (uint64_t)shift << 32);
}

static void test_tick_nsec(void **state)
{
	(void)state;
	start_memory();
	kernel.l.sym_jiffies = JIFFIES;
	assert_int_equal(ago(1, 8), ~0ULL);
	kernel.l.sym_tick_nsec = TICK;
	put64(JIFFIES, 0x100000fff);
	put64(TICK, 4000000);
	assert_int_equal(ago(0x100000ffd, 8), 8000000);
	assert_int_equal(ago(0x100001000, 8), ~0ULL);
	/* A word of 4 bytes has run over since, or is later than now. */
	assert_int_equal(ago(0xfffffffe, 4), 0x1001ULL * 4000000);
	assert_int_equal(ago(0x1000, 4), ~0ULL);
	put64(TICK, 20000000);
	assert_int_equal(ago(0x100000ffd, 8), ~0ULL);
}

static void test_clocksource(void **state)
{
	(void)state;
	start_memory();
	kernel.l.sym_jiffies = JIFFIES;
	kernel.l.sym_clocksource_jiffies = CLOCK;
	kernel.l.clocksource_mult =
		(struct mi_member){.off = MULT, .size = 4, .count = 1, .cls = MI_TYPE_INT};
	kernel.l.clocksource_shift =
		(struct mi_member){.off = SHIFT, .size = 4, .count = 1, .cls = MI_TYPE_INT};
	put64(JIFFIES, 1000);
	put_clock(4000000U << 8, 8);
	assert_int_equal(ago(900, 8), 400000000);
	put_clock(4000000U << 8, 64);
	assert_int_equal(ago(900, 8), ~0ULL);
	kernel.l.clocksource_shift.off = -1;
	assert_int_equal(ago(900, 8), ~0ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_tick_nsec, end_memory),
		cmocka_unit_test_teardown(test_clocksource, end_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
