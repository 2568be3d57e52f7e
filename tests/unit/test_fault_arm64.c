// SPDX-License-Identifier: GPL-2.0-or-later
/* test_fault_arm64.c - what CPUs of arm64 note by themselves, from what they say of themselves */
#include "fake_memory.h"

#include "../../libsrc/kernel/fault_rules.h"

#define CPUS 3
#define OFFSETS (BASE + 0x100)
#define NUMBER (BASE + 0x200)
#define CPU_DATA 0x40ULL /* of each CPU */
#define MIDR 0
#define MMFR1 8

#define CORTEX_A72 0x410fd083ULL
#define CORTEX_A55 0x411fd050ULL
#define NEOVERSE_N1 0x413fd0c1ULL

static struct mi_fault_rules rules;

static uint64_t data_of(unsigned int cpu)
{
	return BASE + (cpu + 1) * MI_PAGE_SIZE;
}

static void cpu_is(unsigned int cpu, uint64_t midr, uint64_t mmfr1)
{
	put64(data_of(cpu) + CPU_DATA + MIDR, midr);
	put64(data_of(cpu) + CPU_DATA + MMFR1, mmfr1);
}

/* Kernels that were built to use what CPUs note; the last CPU never ran. */
static void setup(void)
{
	static const struct mi_pt_shape shape = {.levels = 4, .level = {[1] = {12, 9, 8}}};
	unsigned int cpu;

	start_memory();
	kernel.tables = &shape;
	for (cpu = 0; cpu < CPUS; cpu++)
		put64(OFFSETS + cpu * 8, data_of(cpu));
	put64(NUMBER, CPUS);
	kernel.l.sym_per_cpu_offset = OFFSETS;
	kernel.l.sym_nr_cpu_ids = NUMBER;
	kernel.l.sym_cpu_data = CPU_DATA;
	kernel.l.sym_has_hw_dbm = BASE;
	kernel.l.cpuinfo_midr = at(MIDR);
	kernel.l.cpuinfo_mmfr1 = at(MMFR1);
}

static void expect(enum mi_known use, enum mi_known write)
{
	forget();
	memset(&rules, 0, sizeof(rules));
	mi_fault_rules_arm64(&kernel, &rules);
	assert_int_equal(rules.notes_use, use);
	assert_int_equal(rules.notes_write, write);
}

static void test_fields(void **state)
{
	setup();
	cpu_is(0, CORTEX_A72, 0x10);
	cpu_is(1, CORTEX_A72, 0x10);
	expect(MI_NO, MI_NO);
	cpu_is(0, NEOVERSE_N1, 0x11);
	cpu_is(1, NEOVERSE_N1, 0x11);
	expect(MI_YES, MI_NO);
	cpu_is(0, NEOVERSE_N1, 0x12);
	cpu_is(1, NEOVERSE_N1, 0x13);
	expect(MI_YES, MI_YES);
	assert_false(rules.contiguous);
	kernel.l.sym_contpte_set_ptes = BASE;
	expect(MI_YES, MI_YES);
	assert_true(rules.contiguous);
	end_memory(state);
}

static void test_not_alike(void **state)
{
	setup();
	cpu_is(0, CORTEX_A72, 0);
	cpu_is(1, NEOVERSE_N1, 2);
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	cpu_is(0, CORTEX_A72, 1);
	expect(MI_YES, MI_NOT_KNOWN);
	/* Some of these write what nobody wrote: then the kernel leaves it off. */
	cpu_is(0, CORTEX_A55, 2);
	cpu_is(1, CORTEX_A55, 2);
	expect(MI_YES, MI_NOT_KNOWN);
	end_memory(state);
}

/* What is not told is not guessed. */
static void test_missing(void **state)
{
	setup();
	cpu_is(0, NEOVERSE_N1, 2);
	cpu_is(1, NEOVERSE_N1, 2);
	kernel.l.sym_has_hw_dbm = 0;
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	cpu_is(0, CORTEX_A72, 0);
	cpu_is(1, CORTEX_A72, 0);
	expect(MI_NO, MI_NO);
	put64(OFFSETS + 8, AWAY);
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	put64(NUMBER, 1ULL << 30);
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	put64(NUMBER, 0);
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	put64(NUMBER, 1);
	expect(MI_NO, MI_NO);
	kernel.l.cpuinfo_mmfr1.off = -1;
	expect(MI_NOT_KNOWN, MI_NOT_KNOWN);
	end_memory(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_not_alike),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
