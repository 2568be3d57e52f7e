// SPDX-License-Identifier: GPL-2.0-or-later
/* test_waitclass.c - what the functions on a stack tell of a sleep */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "waitclass.h"

/* Names from the innermost on; one that begins with '*' is of the scheduler. */
static struct mi_wait_told told(const char *const *names)
{
	static struct mi_frame frames[8];
	size_t n;

	memset(frames, 0, sizeof(frames));
	for (n = 0; names[n]; n++) {
		frames[n].hidden = names[n][0] == '*';
		frames[n].symbol = names[n] + frames[n].hidden;
	}
	return mi_wait_told(frames, n);
}

#define TOLD(...) told((const char *const[]){__VA_ARGS__, NULL})

static void first_that_is_sure(void **state)
{
	struct mi_wait_told t = TOLD("*__schedule", "*io_schedule_timeout", "balance_dirty_pages",
				     "generic_perform_write");

	(void)state;
	assert_int_equal(t.what, MI_WAITS_DIRTY);
	assert_string_equal(t.text, "throttled: too many dirty pages");
	assert_string_equal(t.frame->symbol, "balance_dirty_pages");
	assert_int_equal(TOLD("*schedule", "*__mutex_lock.constprop.0", "pipe_read").what,
			 MI_WAITS_LOCK);
}

static void a_caller_tells_more(void **state)
{
	struct mi_wait_told t = TOLD("folio_wait_bit_common", "folio_wait_writeback", "fsync");

	(void)state;
	assert_string_equal(t.text, "the writeback of a page");
	t = TOLD("folio_wait_bit_common", "filemap_fault");
	assert_int_equal(t.what, MI_WAITS_PAGE);
	assert_string_equal(t.frame->symbol, "folio_wait_bit_common");
	assert_string_equal(TOLD("*io_schedule", "rq_qos_wait", "wbt_wait").text,
			    "throttled: too many writes under way (wbt)");
}

static void nothing_is_guessed(void **state)
{
	struct mi_wait_told t =
		TOLD("*__schedule", "*schedule", "some_driver", "request_wait_answer");

	(void)state;
	assert_int_equal(t.what, MI_WAITS_OTHER);
	assert_string_equal(t.frame->symbol, "some_driver");
	/* A name that begins like one of the table is another. */
	assert_int_equal(TOLD("balance_dirty_pages_ratelimited").what, MI_WAITS_OTHER);
	assert_int_equal(TOLD("balance_dirty").what, MI_WAITS_OTHER);
	assert_null(TOLD("*__schedule", "*schedule").frame);
	assert_null(mi_wait_told(NULL, 0).frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_that_is_sure),
		cmocka_unit_test(a_caller_tells_more),
		cmocka_unit_test(nothing_is_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
