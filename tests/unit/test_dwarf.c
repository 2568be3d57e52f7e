// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_dwarf.c - type queries over DWARF that a compiler made just now
 *
 * The sample is a shared object: libdw needs no relocations for that. Where
 * clang is there, the same source gives BTF, and both must agree; and where
 * MMAPINFO_TEST_VMLINUX names a vmlinux with .BTF and DWARF, they must agree
 * over what the kernel readers want of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "vmlinux.h"

static const char source[] = "typedef unsigned char u8_t;\n"
			     "struct inner { int first; unsigned long second; };\n"
			     "enum color { RED = -1, GREEN = 5 };\n"
			     "enum plain { BIG = 0x80000000u, SMALL = 1 };\n"
			     "struct fwd;\n"
			     "typedef struct { int counter; } atomic_t;\n"
			     "struct outer {\n"
			     "	int a;\n"
			     "	union { unsigned long u; struct { int x; int y[2][3]; }; };\n"
			     "	unsigned int bit3 : 3; int bit5 : 5; unsigned int bit20 : 20;\n"
			     "	_Bool flag : 1; unsigned char byte;\n"
			     "	struct inner named, pair[2];\n"
			     "	const volatile struct fwd *restrict pointer;\n"
			     "	struct outer **twice; void *nothing; int (*function)(int);\n"
			     "	enum color color; enum plain plain; atomic_t count;\n"
			     "	char comm[16]; double real; _Bool truth; void *empty[0];\n"
			     "	u8_t flex[];\n"
			     "};\n"
			     "typedef const struct outer outer_t;\n"
			     "outer_t *the_outer; struct fwd *the_fwd; enum plain the_plain;\n"
			     "int use(struct outer *o) { return o->a + (int)o->plain; }\n";

#include "sample_dir.h"

static bool compile(const char *command, const char *output)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && %s -o %s sample.c 2>/dev/null", dir, command,
		 output);
	return !system(text);
}

static struct mi_vmlinux *open_sample(const char *name)
{
	struct mi_vmlinux *vm;
	struct mi_error err;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (mi_vmlinux_open(path, &vm, &err))
		fail_msg("%s", err.text);
	return vm;
}

static struct mi_dwarf *open_dwarf(const char *name)
{
	struct mi_vmlinux *vm = open_sample(name);
	struct mi_dwarf *dwarf;
	struct mi_error err;

	if (mi_vmlinux_dwarf(vm, &dwarf, &err))
		fail_msg("%s", err.text);
	mi_vmlinux_close(vm); /* the DWARF stays */
	return dwarf;
}

#define N_SAMPLE 41

static const struct mi_type_query sample_queries[N_SAMPLE] = {
#define MEMBER(t, m)                                                                               \
	{                                                                                          \
		.kind = MI_QUERY_MEMBER, .type = t, .member = m                                    \
	}
#define SIZE(t)                                                                                    \
	{                                                                                          \
		.kind = MI_QUERY_SIZE, .type = t                                                   \
	}
#define VALUE(e)                                                                                   \
	{                                                                                          \
		.kind = MI_QUERY_ENUMERATOR, .member = e                                           \
	}
	SIZE("outer"),
	SIZE("outer_t"),
	SIZE("u8_t"),
	SIZE("atomic_t"),
	SIZE("inner"),
	SIZE("fwd"),
	MEMBER("outer", "a"),
	MEMBER("outer", "u"),
	MEMBER("outer", "x"),
	MEMBER("outer", "y"),
	MEMBER("outer", "bit3"),
	MEMBER("outer", "bit5"),
	MEMBER("outer", "bit20"),
	MEMBER("outer", "flag"),
	MEMBER("outer", "byte"),
	MEMBER("outer", "named"),
	MEMBER("outer", "named.second"),
	MEMBER("outer", "pair"),
	MEMBER("outer", "pair.second"),
	MEMBER("outer", "pointer"),
	MEMBER("outer", "twice"),
	MEMBER("outer", "nothing"),
	MEMBER("outer", "function"),
	MEMBER("outer", "color"),
	MEMBER("outer", "plain"),
	MEMBER("outer", "count"),
	MEMBER("outer", "count.counter"),
	MEMBER("outer", "comm"),
	MEMBER("outer", "real"),
	MEMBER("outer", "truth"),
	MEMBER("outer", "empty"),
	MEMBER("outer", "flex"),
	MEMBER("outer_t", "flex"),
	MEMBER("outer", "first"),
	MEMBER("outer", "pointer.x"),
	MEMBER("fwd", "x"),
	VALUE("RED"),
	VALUE("GREEN"),
	VALUE("BIG"),
	VALUE("SMALL"),
	VALUE("NONE"),
};

static const struct mi_type_query *find(const struct mi_type_query *q, const char *type,
					const char *member)
{
	for (size_t i = 0; i < N_SAMPLE; i++)
		if ((!type || (q[i].type && !strcmp(q[i].type, type))) &&
		    (member ? q[i].member && !strcmp(q[i].member, member) : !q[i].member))
			return &q[i];
	fail_msg("no query %s.%s", type ? type : "", member ? member : "");
	return NULL;
}

static void expect(const struct mi_type_query *q, const char *member, enum mi_type_class cls,
		   uint64_t offset, uint64_t bits, uint64_t count, uint64_t size, bool is_signed,
		   const char *tag)
{
	q = find(q, "outer", member);
	assert_true(q->found);
	assert_int_equal(q->cls, cls);
	assert_int_equal(q->bit_offset, offset);
	assert_int_equal(q->bit_size, bits);
	assert_int_equal(q->count, count);
	assert_int_equal(q->size, size);
	assert_int_equal(q->is_signed, is_signed);
	assert_string_equal(q->type_name, tag);
}

static void check_sample(const struct mi_type_query *q)
{
	expect(q, NULL, MI_TYPE_STRUCT, 0, 176 * 8, 1, 176, false, "outer");
	expect(q, "a", MI_TYPE_INT, 0, 32, 1, 4, true, "");
	expect(q, "u", MI_TYPE_INT, 64, 64, 1, 8, false, "");
	expect(q, "y", MI_TYPE_INT, 96, 192, 6, 4, true, "");
	expect(q, "bit3", MI_TYPE_INT, 320, 3, 1, 4, false, "");
	expect(q, "bit5", MI_TYPE_INT, 323, 5, 1, 4, true, "");
	expect(q, "bit20", MI_TYPE_INT, 328, 20, 1, 4, false, "");
	expect(q, "flag", MI_TYPE_INT, 348, 1, 1, 1, false, "");
	expect(q, "byte", MI_TYPE_INT, 352, 8, 1, 1, false, "");
	expect(q, "named", MI_TYPE_STRUCT, 384, 128, 1, 16, false, "inner");
	expect(q, "pair", MI_TYPE_STRUCT, 512, 256, 2, 16, false, "inner");
	expect(q, "pair.second", MI_TYPE_INT, 576, 64, 1, 8, false, "");
	expect(q, "pointer", MI_TYPE_POINTER, 768, 64, 1, 8, false, "fwd");
	expect(q, "twice", MI_TYPE_POINTER, 832, 64, 1, 8, false, "");
	expect(q, "color", MI_TYPE_ENUM, 1024, 32, 1, 4, true, "color");
	expect(q, "plain", MI_TYPE_ENUM, 1056, 32, 1, 4, false, "plain");
	expect(q, "count", MI_TYPE_STRUCT, 1088, 32, 1, 4, false, "");
	expect(q, "comm", MI_TYPE_INT, 1120, 128, 16, 1, true, "");
	expect(q, "real", MI_TYPE_OTHER, 1280, 64, 1, 8, false, "");
	expect(q, "truth", MI_TYPE_INT, 1344, 8, 1, 1, false, "");
	expect(q, "empty", MI_TYPE_POINTER, 1408, 0, 0, 8, false, "");
	expect(q, "flex", MI_TYPE_INT, 1408, 0, 0, 1, false, "");
	assert_false(find(q, "fwd", NULL)->found);
	assert_false(find(q, "fwd", "x")->found);
	assert_false(find(q, "outer", "first")->found);
	assert_false(find(q, "outer", "pointer.x")->found);
	assert_int_equal(find(q, NULL, "RED")->value, -1);
	assert_int_equal(find(q, NULL, "GREEN")->value, 5);
	assert_true(find(q, NULL, "BIG")->value == 0x80000000LL);
	assert_false(find(q, NULL, "NONE")->found);
}

static void check_build(const char *command)
{
	struct mi_type_query q[N_SAMPLE];
	struct mi_type_source_info info;
	struct mi_dwarf *dwarf;

	if (!compile(command, "sample.so"))
		fail_msg("cannot compile: %s", command);
	memcpy(q, sample_queries, sizeof(q));
	dwarf = open_dwarf("sample.so");
	assert_int_equal(mi_dwarf_resolve(dwarf, q, N_SAMPLE, NULL), MI_OK);
	mi_dwarf_info(dwarf, &info);
	assert_true(info.types > 5 && info.bytes > 1000);
	mi_dwarf_close(dwarf);
	check_sample(q);
}

static void test_versions(void **state)
{
	(void)state;
	check_build("cc -shared -fPIC -nostdlib -g -gdwarf-5");
	check_build("cc -shared -fPIC -nostdlib -g -gdwarf-4");
	/* Expressions for places, bitfields counted from the top. */
	check_build("cc -shared -fPIC -nostdlib -g -gdwarf-2 -gstrict-dwarf");
}

static void test_no_dwarf(void **state)
{
	struct mi_dwarf *dwarf;
	struct mi_vmlinux *vm;
	struct mi_error err;

	(void)state;
	assert_true(compile("cc -shared -fPIC -nostdlib -g0", "bare.so"));
	vm = open_sample("bare.so");
	assert_int_equal(mi_vmlinux_dwarf(vm, &dwarf, &err), MI_ERR_MISSING);
	assert_null(dwarf);
	mi_vmlinux_close(vm);
	assert_int_equal(mi_dwarf_open(-1, "nothing", &dwarf, &err), MI_ERR_IO);
}

/* Cut and flipped files: any answer, but an answer. */
static void test_damaged(void **state)
{
	static uint8_t good[1 << 16], bad[1 << 16];
	char path[128];
	size_t size;
	FILE *f;
	int fd;

	(void)state;
	assert_true(compile("cc -shared -fPIC -nostdlib -g -gdwarf-5", "sample.so"));
	snprintf(path, sizeof(path), "%s/sample.so", dir);
	f = fopen(path, "r");
	size = fread(good, 1, sizeof(good), f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/damaged.so", dir);
	for (size_t at = 0; at < size; at += 13) {
		struct mi_type_query q[N_SAMPLE];
		struct mi_dwarf *dwarf;

		memcpy(bad, good, size);
		memcpy(q, sample_queries, sizeof(q));
		bad[at] ^= 0x55;
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, bad, size), size);
		if (!mi_dwarf_open(fd, path, &dwarf, NULL)) {
			mi_dwarf_resolve(dwarf, q, N_SAMPLE, NULL);
			mi_dwarf_close(dwarf);
		}
		close(fd);
	}
}

static void assert_same(const struct mi_type_query *a, const struct mi_type_query *b)
{
	if (a->found == b->found && a->cls == b->cls && a->is_signed == b->is_signed &&
	    a->bit_offset == b->bit_offset && a->bit_size == b->bit_size && a->count == b->count &&
	    a->size == b->size && a->value == b->value && !strcmp(a->type_name, b->type_name))
		return;
	fail_msg("BTF and DWARF differ over %s.%s", a->type ? a->type : "",
		 a->member ? a->member : "");
}

/*
 * Like old pahole, clang before 16 does not tell signed enums from others: of
 * 0x80000000 only DWARF knows the sign. And it calls no char signed.
 */
static bool is_unclear(const struct mi_type_query *q)
{
	static const char *const members[] = {"comm", "plain", "BIG", "SMALL"};

	for (size_t i = 0; q->member && i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(q->member, members[i]))
			return true;
	return false;
}

static void test_agrees_with_clang_btf(void **state)
{
	struct mi_type_query a[N_SAMPLE], b[N_SAMPLE];
	struct mi_dwarf *dwarf;
	struct mi_vmlinux *vm;
	struct mi_btf *btf;
	size_t size;
	void *blob;

	(void)state;
	assert_true(compile("clang -target bpf -g -O1 -c", "sample.bpf"));
	vm = open_sample("sample.bpf");
	assert_int_equal(mi_vmlinux_btf(vm, &blob, &size, NULL), MI_OK);
	mi_vmlinux_close(vm);
	assert_int_equal(mi_btf_parse(blob, size, &btf, NULL), MI_OK);
	assert_true(compile("cc -shared -fPIC -nostdlib -g", "sample.so"));
	dwarf = open_dwarf("sample.so");
	memcpy(a, sample_queries, sizeof(a));
	memcpy(b, sample_queries, sizeof(b));
	assert_int_equal(mi_btf_resolve(btf, a, N_SAMPLE, NULL), MI_OK);
	assert_int_equal(mi_dwarf_resolve(dwarf, b, N_SAMPLE, NULL), MI_OK);
	for (size_t i = 0; i < N_SAMPLE; i++) {
		if (is_unclear(&a[i])) {
			a[i].is_signed = b[i].is_signed;
			a[i].value = b[i].value;
		}
		assert_same(&a[i], &b[i]);
	}
	mi_btf_free(btf);
	mi_dwarf_close(dwarf);
}

#include "kernel_queries.h"

static void test_agrees_over_vmlinux(void **state)
{
	const char *path = getenv("MMAPINFO_TEST_VMLINUX");
	size_t n = sizeof(kernel_queries) / sizeof(*kernel_queries), size, found = 0;
	struct mi_type_query *a, *b;
	struct mi_vmlinux *vm;
	struct mi_dwarf *dwarf;
	struct mi_btf *btf;
	void *blob;

	(void)state;
	a = malloc(sizeof(kernel_queries));
	b = malloc(sizeof(kernel_queries));
	memcpy(a, kernel_queries, sizeof(kernel_queries));
	memcpy(b, kernel_queries, sizeof(kernel_queries));
	assert_int_equal(mi_vmlinux_open(path, &vm, NULL), MI_OK);
	assert_int_equal(mi_vmlinux_btf(vm, &blob, &size, NULL), MI_OK);
	assert_int_equal(mi_vmlinux_dwarf(vm, &dwarf, NULL), MI_OK);
	assert_int_equal(mi_btf_parse(blob, size, &btf, NULL), MI_OK);
	assert_int_equal(mi_btf_resolve(btf, a, n, NULL), MI_OK);
	assert_int_equal(mi_dwarf_resolve(dwarf, b, n, NULL), MI_OK);
	for (size_t i = 0; i < n; i++) {
		assert_same(&a[i], &b[i]);
		found += a[i].found;
	}
	assert_true(found > n * 9 / 10);
	mi_btf_free(btf);
	mi_dwarf_close(dwarf);
	mi_vmlinux_close(vm);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_no_dwarf),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_agrees_with_clang_btf),
	};
	/* Needs a kernel's debug file: the suite with guests runs it. */
	const struct CMUnitTest kernel_tests[] = {
		cmocka_unit_test(test_agrees_over_vmlinux),
	};

	if (getenv("MMAPINFO_TEST_VMLINUX"))
		return cmocka_run_group_tests(kernel_tests, NULL, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
