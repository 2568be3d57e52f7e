// SPDX-License-Identifier: GPL-2.0-or-later
/* test_symtab.c - names to addresses and back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "symbols.h"

static void add(struct mi_symtab *tab, const char *name, char type, uint64_t addr)
{
	assert_int_equal(mi_symtab_add(tab, name, strlen(name), type, addr, NULL), MI_OK);
}

static void test_find(void **state)
{
	struct mi_symtab *tab = mi_symtab_new();
	uint64_t addr = 5;

	(void)state;
	assert_int_equal(mi_symtab_find(tab, "init_task", &addr), MI_SYMBOL_NONE);
	add(tab, "init_task", 'D', 0x1000);
	add(tab, "twice", 't', 0x2000);
	add(tab, "twice", 't', 0x3000);
	add(tab, "alias", 't', 0x4000);
	add(tab, "alias", 'T', 0x4000);
	add(tab, "undefined", 'U', 0);
	add(tab, "later", 'U', 0);
	add(tab, "later", 'T', 0x5000);
	assert_int_equal(mi_symtab_count(tab), 8);
	assert_int_equal(mi_symtab_find(tab, "undefined", &addr), MI_SYMBOL_NONE);
	assert_int_equal(mi_symtab_find(tab, "twice", &addr), MI_SYMBOL_AMBIGUOUS);
	assert_int_equal(addr, 5);
	assert_int_equal(mi_symtab_find(tab, "init_task", &addr), MI_SYMBOL_ONE);
	assert_int_equal(addr, 0x1000);
	assert_int_equal(mi_symtab_find(tab, "alias", &addr), MI_SYMBOL_ONE);
	assert_int_equal(addr, 0x4000);
	assert_int_equal(mi_symtab_find(tab, "later", &addr), MI_SYMBOL_ONE);
	assert_int_equal(addr, 0x5000);
	assert_int_equal(mi_symtab_find(tab, "init_tas", &addr), MI_SYMBOL_NONE);
	assert_int_equal(mi_symtab_find(tab, "init_task2", &addr), MI_SYMBOL_NONE);
	assert_int_equal(mi_symtab_find(tab, "", &addr), MI_SYMBOL_NONE);
	mi_symtab_free(tab);
}

static void test_by_address(void **state)
{
	struct mi_symtab *tab = mi_symtab_new();
	uint64_t off = 0;

	(void)state;
	assert_null(mi_symtab_name(tab, 0x1000, &off));
	add(tab, "high", 'T', 0xffffffff81000100);
	add(tab, "local_alias", 't', 0xffffffff81000000);
	add(tab, "_stext", 'T', 0xffffffff81000000);
	add(tab, "_text", 'T', 0xffffffff81000000);
	add(tab, "percpu", 'A', 0xffffffff81000080);
	assert_null(mi_symtab_name(tab, 0xffffffff80ffffff, &off));
	assert_string_equal(mi_symtab_name(tab, 0xffffffff810000ff, &off), "_stext");
	assert_int_equal(off, 0xff);
	assert_string_equal(mi_symtab_name(tab, 0xffffffff81000100, &off), "high");
	assert_int_equal(off, 0);
	assert_string_equal(mi_symtab_name(tab, 0xffffffff81100100, &off), "high");
	assert_int_equal(off, 0x100000);
	assert_null(mi_symtab_name(tab, 0xffffffff81100101, &off));
	assert_true(mi_symtab_next(tab, 0) == 0xffffffff81000000);
	assert_true(mi_symtab_next(tab, 0xffffffff81000000) == 0xffffffff81000100);
	assert_true(mi_symtab_next(tab, 0xffffffff81000100) == 0);
	/* The index follows what is added later. */
	add(tab, "new", 'd', 0xffffffff81000200);
	assert_true(mi_symtab_next(tab, 0xffffffff81000100) == 0xffffffff81000200);
	mi_symtab_free(tab);
}

/* A table that ascends, as the kernel's own: only those at one address are put in order. */
static void test_ascending(void **state)
{
	struct mi_symtab *tab = mi_symtab_new();
	uint64_t off = 0;

	(void)state;
	add(tab, "local", 't', 0x1000);
	add(tab, "global", 'T', 0x1000);
	add(tab, "later_global", 'T', 0x1000);
	add(tab, "alone", 't', 0x2000);
	add(tab, "last_local", 't', 0x3000);
	add(tab, "last", 'T', 0x3000);
	assert_string_equal(mi_symtab_name(tab, 0x1fff, &off), "global");
	assert_int_equal(off, 0xfff);
	assert_string_equal(mi_symtab_first(tab, 0x1000, &off), "local");
	assert_string_equal(mi_symtab_name(tab, 0x2000, &off), "alone");
	assert_string_equal(mi_symtab_name(tab, 0x3000, &off), "last");
	assert_string_equal(mi_symtab_first(tab, 0x3000, &off), "last_local");
	assert_true(mi_symtab_next(tab, 0x1000) == 0x2000);
	assert_true(mi_symtab_next(tab, 0x2fff) == 0x3000);
	mi_symtab_free(tab);
}

static void test_many(void **state)
{
	struct mi_symtab *tab = mi_symtab_new();
	const char *first;
	uint64_t addr, off;
	char name[32];

	(void)state;
	add(tab, "first", 'T', 1);
	first = mi_symtab_name(tab, 1, &off);
	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "symbol_number_%u", i);
		add(tab, name, 'T', 0x10000 + 16 * (uint64_t)i);
	}
	assert_string_equal(first, "first"); /* names do not move */
	for (unsigned int i = 0; i < 100000; i += 7) {
		snprintf(name, sizeof(name), "symbol_number_%u", i);
		assert_int_equal(mi_symtab_find(tab, name, &addr), MI_SYMBOL_ONE);
		assert_int_equal(addr, 0x10000 + 16 * i);
		assert_string_equal(mi_symtab_name(tab, addr + 15, &off), name);
		assert_int_equal(off, 15);
	}
	mi_symtab_free(tab);
}

static void test_rejected(void **state)
{
	struct mi_symtab *tab = mi_symtab_new();
	char big[8192];
	uint64_t addr;

	(void)state;
	memset(big, 'n', sizeof(big));
	assert_int_equal(mi_symtab_add(tab, big, sizeof(big), 'T', 1, NULL), MI_ERR_FORMAT);
	assert_int_equal(mi_symtab_add(tab, "", 0, 'T', 1, NULL), MI_ERR_FORMAT);
	assert_int_equal(mi_symtab_count(tab), 0);
	/* Only the given length counts. */
	assert_int_equal(mi_symtab_add(tab, "abcdef", 3, 'T', 9, NULL), MI_OK);
	assert_int_equal(mi_symtab_find(tab, "abc", &addr), MI_SYMBOL_ONE);
	mi_symtab_free(tab);
	mi_symtab_free(NULL);
}

/* ---- names that are unpacked when they are wanted ---- */

static unsigned int unpacked, freed;

static size_t unpack_number(const struct mi_packed_names *names, uint64_t where,
			    char buf[static MI_SYMBOL_MAX + 1])
{
	(void)names;
	unpacked++;
	return where == 666 ? 0 : (size_t)sprintf(buf, "number_%u", (unsigned int)where);
}

static void count_free(struct mi_packed_names *names)
{
	(void)names;
	freed++;
}

static void add_number(struct mi_symtab *tab, unsigned int i, const char *hashed_as, uint64_t addr)
{
	uint64_t sum = mi_name_hash_of(hashed_as, strlen(hashed_as)).sum;

	assert_int_equal(mi_symtab_add_packed(tab, i, sum, 't', addr, NULL), MI_OK);
}

static void test_packed(void **state)
{
	struct mi_packed_names names = {unpack_number, count_free};
	struct mi_symtab *tab = mi_symtab_new();
	uint64_t addr = 7, off;
	const char *name;

	(void)state;
	unpacked = freed = 0;
	mi_symtab_set_packed(tab, &names);
	mi_symtab_expect(tab, 5000);
	add_number(tab, 1, "number_1", 0x1000);
	add_number(tab, 2, "number_2", 0x2000);
	add_number(tab, 666, "number_666", 0x3000);
	add(tab, "plain", 'T', 0x4000);
	assert_int_equal(unpacked, 0);
	assert_int_equal(mi_symtab_find(tab, "number_2", &addr), MI_SYMBOL_ONE);
	assert_true(addr == 0x2000);
	assert_int_equal(mi_symtab_find(tab, "number_3", &addr), MI_SYMBOL_NONE);
	assert_int_equal(mi_symtab_find(tab, "plain", &addr), MI_SYMBOL_ONE);
	assert_int_equal(unpacked, 1);
	/* By address it is unpacked once, and stays where it is. */
	name = mi_symtab_name(tab, 0x1008, &off);
	assert_string_equal(name, "number_1");
	assert_true(mi_symtab_first(tab, 0x1000, &off) == name);
	assert_int_equal(unpacked, 2);
	/* What cannot be unpacked has no name. */
	assert_null(mi_symtab_name(tab, 0x3000, &off));
	assert_int_equal(mi_symtab_find(tab, "number_666", &addr), MI_SYMBOL_NONE);
	mi_symtab_free(tab);
	assert_int_equal(freed, 1);
}

/* Others with the hash of a name: they are not it, and cost no more than so much. */
static void test_alike(void **state)
{
	struct mi_packed_names names = {unpack_number, count_free};
	struct mi_symtab *tab = mi_symtab_new();
	uint64_t addr;

	(void)state;
	mi_symtab_set_packed(tab, &names);
	for (unsigned int i = 0; i < 1000; i++)
		add_number(tab, i + 1000, "number_7", 0x1000 + i);
	assert_int_equal(mi_symtab_find(tab, "number_7", &addr), MI_SYMBOL_NONE);
	add_number(tab, 7, "number_7", 0x7000);
	assert_int_equal(mi_symtab_find(tab, "number_7", &addr), MI_SYMBOL_ONE);
	assert_true(addr == 0x7000);
	add_number(tab, 7, "number_7", 0x7000);
	assert_int_equal(mi_symtab_find(tab, "number_7", &addr), MI_SYMBOL_ONE);
	add_number(tab, 7, "number_7", 0x7008);
	assert_int_equal(mi_symtab_find(tab, "number_7", &addr), MI_SYMBOL_AMBIGUOUS);
	for (unsigned int i = 0; i < 100000; i++)
		add_number(tab, i + 1000, "number_8", 0x9000);
	unpacked = 0;
	assert_int_equal(mi_symtab_find(tab, "number_8", &addr), MI_SYMBOL_AMBIGUOUS);
	assert_in_range(unpacked, 1000, 2000);
	mi_symtab_free(tab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),	  cmocka_unit_test(test_by_address),
		cmocka_unit_test(test_ascending), cmocka_unit_test(test_many),
		cmocka_unit_test(test_rejected),  cmocka_unit_test(test_packed),
		cmocka_unit_test(test_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
