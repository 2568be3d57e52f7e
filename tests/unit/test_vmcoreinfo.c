// SPDX-License-Identifier: GPL-2.0-or-later
/* test_vmcoreinfo.c - lines and numbers of a VMCOREINFO text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vmcoreinfo.h"

static const char sample[] = "OSRELEASE=6.12.1-test\n"
			     "BUILD-ID=7f76aa\n"
			     "PAGESIZE=4096\n"
			     "SYMBOL(_stext)=ffffffff81000000\n"
			     "SYMBOL(odd)=10\n"
			     "SIZE(page)=64\n"
			     "NUMBER(phys_base)=-16777216\n"
			     "NUMBER(VA_BITS)=48\n"
			     "NUMBER(kimage_voffset)=0xffff7fff80000000\n"
			     "NUMBER(empty)=\n"
			     "NUMBER(text)=12monkeys\n"
			     "NUMBER(huge)=99999999999999999999999\n"
			     "KERNELOFFSET=1a000000\n"
			     "no equals sign\n"
			     "=no key\n"
			     "EQ=a=b\n";

static struct mi_vmcoreinfo *parse(const char *text, size_t len)
{
	struct mi_vmcoreinfo *vi;
	struct mi_error err;

	assert_int_equal(mi_vmcoreinfo_parse(text, len, &vi, &err), MI_OK);
	return vi;
}

static void test_lines(void **state)
{
	struct mi_vmcoreinfo *vi = parse(sample, sizeof(sample) - 1);

	(void)state;
	assert_string_equal(mi_vmcoreinfo_line(vi, "OSRELEASE"), "6.12.1-test");
	assert_string_equal(mi_vmcoreinfo_line(vi, "EQ"), "a=b");
	assert_string_equal(mi_vmcoreinfo_line(vi, "NUMBER(empty)"), "");
	assert_null(mi_vmcoreinfo_line(vi, "OSRELEAS"));
	assert_null(mi_vmcoreinfo_line(vi, "no equals sign"));
	assert_null(mi_vmcoreinfo_line(vi, ""));
	mi_vmcoreinfo_free(vi);
}

static void test_numbers(void **state)
{
	struct mi_vmcoreinfo *vi = parse(sample, sizeof(sample) - 1);
	uint64_t value = 7;

	(void)state;
	assert_true(mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", &value));
	assert_true(value == 0xffffffff81000000);
	assert_true(mi_vmcoreinfo_number(vi, "SYMBOL(odd)", &value));
	assert_true(value == 0x10);
	assert_true(mi_vmcoreinfo_number(vi, "PAGESIZE", &value));
	assert_true(value == 4096);
	assert_true(mi_vmcoreinfo_number(vi, "NUMBER(phys_base)", &value));
	assert_true((int64_t)value == -16777216);
	assert_true(mi_vmcoreinfo_number(vi, "NUMBER(kimage_voffset)", &value));
	assert_true(value == 0xffff7fff80000000);
	assert_true(mi_vmcoreinfo_number(vi, "KERNELOFFSET", &value));
	assert_true(value == 0x1a000000);
	value = 7;
	assert_false(mi_vmcoreinfo_number(vi, "NUMBER(empty)", &value));
	assert_false(mi_vmcoreinfo_number(vi, "NUMBER(text)", &value));
	assert_false(mi_vmcoreinfo_number(vi, "NUMBER(huge)", &value));
	assert_false(mi_vmcoreinfo_number(vi, "OSRELEASE", &value));
	assert_false(mi_vmcoreinfo_number(vi, "MISSING", &value));
	assert_true(value == 7);
	mi_vmcoreinfo_free(vi);
}

/* The kernel's page was full: half an address must not pass as one. */
static void test_cut(void **state)
{
	char text[4096];
	struct mi_vmcoreinfo *vi;
	uint64_t value;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "A=1\n", 4);
	memcpy(text + 4073, "\nSYMBOL(_stext)=fffffff", 23);
	vi = parse(text, sizeof(text));
	assert_true(mi_vmcoreinfo_number(vi, "A", &value));
	assert_null(mi_vmcoreinfo_line(vi, "SYMBOL(_stext)"));
	mi_vmcoreinfo_free(vi);

	vi = parse("A=1\nB=2", 7);
	assert_true(mi_vmcoreinfo_number(vi, "B", &value));
	assert_true(value == 2);
	mi_vmcoreinfo_free(vi);

	vi = parse("A=1\nB=2\0\0\0\0C=3\n", 16);
	assert_string_equal(mi_vmcoreinfo_line(vi, "B"), "2");
	assert_null(mi_vmcoreinfo_line(vi, "C"));
	mi_vmcoreinfo_free(vi);
}

static void test_rejected(void **state)
{
	struct mi_vmcoreinfo *vi;
	struct mi_error err;
	char *big = malloc(2 << 20);

	(void)state;
	assert_int_equal(mi_vmcoreinfo_parse("", 0, &vi, &err), MI_ERR_FORMAT);
	assert_null(vi);
	assert_int_equal(mi_vmcoreinfo_parse("garbage\n", 8, &vi, &err), MI_ERR_FORMAT);
	assert_non_null(big);
	memset(big, 'a', 2 << 20);
	assert_int_equal(mi_vmcoreinfo_parse(big, 2 << 20, &vi, NULL), MI_ERR_FORMAT);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
