// SPDX-License-Identifier: GPL-2.0-or-later
/* test_vmlinux.c - build-id, banner, symbols and debug file of an ELF file made just now */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "vmlinux.h"

#define BUILD_ID "00112233445566778899aabbccddeeff00112233"
#define CC "cc -shared -fPIC -nostdlib -Wl,--build-id=0x" BUILD_ID " "

static const char source[] =
	"const char format[] = \"Linux version %s\";\n"
	"const char linux_banner[] = \"Linux version 6.1.0-test (me@here) #1 SMP\\n\";\n"
	"struct thing { int a; long b; };\n"
	"struct thing init_thing = {1, 2};\n"
	"static int counter __attribute__((used));\n"
	"int per_cpu __attribute__((section(\".data..percpu\"))) = 4;\n"
	"static int helper(int x) { return x + counter; }\n"
	"int entry(int x) { return helper(x) + format[0]; }\n"
	"__attribute__((weak)) int weak(void) { return 1; }\n"
	"extern int elsewhere(void); int call(void) { return elsewhere(); }\n"
	"asm(\".globl absolute; absolute = 0x1234\");\n"
	"asm(\".section .BTF,\\\"a\\\"; .byte 1,2,3,4,5; .previous\");\n";

#include "sample_dir.h"

static void run(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && %s 2>/dev/null", dir, command);
	if (system(text))
		fail_msg("failed: %s", command);
}

static enum mi_status try_open(const char *name, struct mi_vmlinux **vm)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return mi_vmlinux_open(path, vm, NULL);
}

static struct mi_vmlinux *open_sample(const char *name)
{
	struct mi_vmlinux *vm;

	assert_int_equal(try_open(name, &vm), MI_OK);
	return vm;
}

static void test_facts(void **state)
{
	struct mi_vmlinux *vm;
	uint8_t id[MI_BUILD_ID_MAX];
	size_t size;
	void *blob;

	(void)state;
	run(CC "-g -O1 -o vmlinux sample.c");
	vm = open_sample("vmlinux");
	assert_int_equal(mi_vmlinux_build_id(vm, id), 20);
	assert_int_equal(id[0], 0x00);
	assert_int_equal(id[1], 0x11);
	assert_int_equal(id[19], 0x33);
	assert_string_equal(mi_vmlinux_banner(vm), "Linux version 6.1.0-test (me@here) #1 SMP");
	assert_int_equal(mi_vmlinux_btf(vm, &blob, &size, NULL), MI_OK);
	assert_int_equal(size, 5);
	assert_memory_equal(blob, "\1\2\3\4\5", 5);
	free(blob);
	mi_vmlinux_close(vm);

	/* Program headers serve where section headers do not. */
	run(CC "-o plain sample.c && objcopy -R .BTF --strip-all plain stripped");
	vm = open_sample("stripped");
	assert_int_equal(mi_vmlinux_build_id(vm, id), 20);
	assert_int_equal(mi_vmlinux_btf(vm, &blob, &size, NULL), MI_ERR_MISSING);
	assert_null(blob);
	mi_vmlinux_close(vm);
	run("cc -shared -fPIC -nostdlib -Wl,--build-id=none -o anonymous sample.c");
	vm = open_sample("anonymous");
	assert_int_equal(mi_vmlinux_build_id(vm, id), 0);
	mi_vmlinux_close(vm);
}

static uint64_t address(struct mi_symtab *tab, const char *name)
{
	uint64_t addr = 0;

	assert_int_equal(mi_symtab_find(tab, name, &addr), MI_SYMBOL_ONE);
	return addr;
}

static void test_symbols(void **state)
{
	struct mi_symtab *unmoved, *moved;
	struct mi_vmlinux *vm;
	uint64_t addr, offset;

	(void)state;
	/* The kernel's linker script keeps the section apart. */
	run(CC "-g -O0 -Wl,--unique=.data..percpu -o vmlinux sample.c");
	vm = open_sample("vmlinux");
	assert_int_equal(mi_vmlinux_symbols(vm, 0, &unmoved, NULL), MI_OK);
	assert_int_equal(mi_vmlinux_symbols(vm, 0x10000000, &moved, NULL), MI_OK);
	mi_vmlinux_close(vm);
	assert_true(address(moved, "init_thing") == address(unmoved, "init_thing") + 0x10000000);
	assert_true(address(moved, "helper") == address(unmoved, "helper") + 0x10000000);
	assert_true(address(moved, "weak") == address(unmoved, "weak") + 0x10000000);
	assert_true(address(moved, "absolute") == 0x1234);
	assert_true(address(moved, "per_cpu") == address(unmoved, "per_cpu"));
	assert_int_equal(mi_symtab_find(moved, "elsewhere", &addr), MI_SYMBOL_NONE);
	assert_int_equal(mi_symtab_find(moved, "sample.c", &addr), MI_SYMBOL_NONE);
	addr = address(moved, "entry");
	assert_string_equal(mi_symtab_name(moved, addr + 3, &offset), "entry");
	assert_int_equal(offset, 3);
	mi_symtab_free(unmoved);
	mi_symtab_free(moved);
}

static void check_dwarf(const char *name, enum mi_status expected)
{
	struct mi_type_query query = {.kind = MI_QUERY_MEMBER, .type = "thing", .member = "b"};
	struct mi_vmlinux *vm = open_sample(name);
	struct mi_dwarf *dwarf;
	struct mi_symtab *tab;

	assert_int_equal(mi_vmlinux_dwarf(vm, &dwarf, NULL), expected);
	assert_int_equal(mi_vmlinux_symbols(vm, 0, &tab, NULL), expected);
	mi_vmlinux_close(vm);
	if (expected)
		return;
	assert_int_equal(mi_dwarf_resolve(dwarf, &query, 1, NULL), MI_OK);
	assert_true(query.found);
	assert_int_equal(query.bit_offset, 64);
	assert_true(address(tab, "init_thing") != 0);
	mi_symtab_free(tab);
	mi_dwarf_close(dwarf);
}

static void test_debug_file(void **state)
{
	(void)state;
	run(CC "-g -o full sample.c && objcopy --only-keep-debug full side.dbg && "
	       "objcopy --strip-all --add-gnu-debuglink=side.dbg full linked");
	check_dwarf("full", MI_OK);
	check_dwarf("linked", MI_OK);
	run("mkdir -p .debug && mv side.dbg .debug/");
	check_dwarf("linked", MI_OK);
	run("mv .debug/side.dbg linked.debug");
	check_dwarf("linked", MI_OK);
	/* Of another build: not taken. */
	run("cc -shared -fPIC -nostdlib -g -Wl,--build-id=0xffff -o linked.debug sample.c");
	check_dwarf("linked", MI_ERR_MISSING);
	run("rm linked.debug");
	check_dwarf("linked", MI_ERR_MISSING);
}

static void test_refused(void **state)
{
	struct mi_vmlinux *vm;

	(void)state;
	assert_int_equal(try_open("missing", &vm), MI_ERR_IO);
	assert_null(vm);
	assert_int_equal(try_open("sample.c", &vm), MI_ERR_FORMAT);
	run(": > empty");
	assert_int_equal(try_open("empty", &vm), MI_ERR_FORMAT);
	run(CC "-o whole sample.c && cp whole big && "
	       "printf '\\002' | dd of=big bs=1 seek=5 conv=notrunc");
	assert_int_not_equal(try_open("big", &vm), MI_OK);
	mi_vmlinux_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_debug_file),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
