// SPDX-License-Identifier: GPL-2.0-or-later
/* test_fault_arm.c - what CPUs of arm note by themselves: it hangs on the form of entries */
#include "fake_memory.h"

#include "../../libsrc/kernel/fault_rules.h"
#include "../../libsrc/kernel/pagetable.h"

#define MIDR (BASE + 0x100)
#define CORTEX_A15 0x412fc0f1ULL
#define BRAHMA_B15 0x420f00f2ULL

static void start(unsigned int bytes)
{
	static struct mi_pt_shape shape;

	start_memory();
	shape = (struct mi_pt_shape){.levels = 2, .level = {[1] = {12, 9, bytes}}};
	kernel.tables = &shape;
	kernel.pte = &mi_pte_arm_ops;
}

static void expect(enum mi_known use, enum mi_known write)
{
	struct mi_fault_rules rules;

	forget();
	mi_fault_rules_load(&kernel, &rules);
	assert_int_equal(rules.notes_use, use);
	assert_int_equal(rules.notes_write, write);
	assert_false(rules.contiguous);
}

/* The hardware's entry is another: the kernel has a say in all that comes to be in its own. */
static void test_two_levels(void **state)
{
	start(4);
	expect(MI_NO, MI_NO);
	end_memory(state);
}

/* One entry for both: the CPU may note the use of a page; who wrote it is the kernel's to note. */
static void test_lpae(void **state)
{
	start(8);
	expect(MI_NOT_KNOWN, MI_NO);
	kernel.l.sym_processor_id = MIDR;
	put64(MIDR, CORTEX_A15);
	expect(MI_NO, MI_NO);
	/* up to 3.16: what is clean is read-only, and the other way round */
	kernel.arm.write_is_hw = true;
	expect(MI_NO, MI_YES);
	put64(MIDR, BRAHMA_B15);
	expect(MI_NOT_KNOWN, MI_YES);
	kernel.l.sym_processor_id = AWAY;
	expect(MI_NOT_KNOWN, MI_YES);
	end_memory(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_levels),
		cmocka_unit_test(test_lpae),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
