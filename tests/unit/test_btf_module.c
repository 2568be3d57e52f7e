// SPDX-License-Identifier: GPL-2.0-or-later
/* test_btf_module.c - BTF of a module that goes on from the kernel's, whole and damaged */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "types.h"

enum {
	INT = 1,
	PTR = 2,
	STRUCT = 4,
	ENUM = 6,
	TYPEDEF = 8,
};

struct builder {
	uint32_t words[256];
	size_t n;
	char strings[512];
	size_t n_chars;
	uint32_t first_string; /* of the base's */
};

static uint32_t str(struct builder *b, const char *text)
{
	uint32_t at = b->first_string + (uint32_t)b->n_chars;

	strcpy(b->strings + b->n_chars, text);
	b->n_chars += strlen(text) + 1;
	return at;
}

static void put(struct builder *b, uint32_t name, uint32_t kind, uint32_t vlen, uint32_t size)
{
	b->words[b->n++] = name;
	b->words[b->n++] = kind << 24 | vlen;
	b->words[b->n++] = size;
}

static void more(struct builder *b, uint32_t x, uint32_t y, uint32_t z)
{
	b->words[b->n++] = x;
	b->words[b->n++] = y;
	b->words[b->n++] = z;
}

static uint8_t *blob(const struct builder *b, size_t *size)
{
	uint32_t types = (uint32_t)b->n * 4;
	uint32_t hdr[6] = {0x0001eb9f, 24, 0, types, types, (uint32_t)b->n_chars};
	uint8_t *data;

	*size = sizeof(hdr) + types + b->n_chars;
	data = malloc(*size);
	assert_non_null(data);
	memcpy(data, hdr, sizeof(hdr));
	memcpy(data + sizeof(hdr), b->words, types);
	memcpy(data + sizeof(hdr) + types, b->strings, b->n_chars);
	return data;
}

/* 1 int, 2 struct common { int count; }, 3 struct shadowed { int old; } */
static void build_base(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	str(b, "");
	put(b, str(b, "int"), INT, 0, 4);
	b->words[b->n++] = 1U << 24 | 32;
	put(b, str(b, "common"), STRUCT, 1, 4);
	more(b, str(b, "count"), 1, 0);
	put(b, str(b, "shadowed"), STRUCT, 1, 4);
	more(b, str(b, "old"), 1, 0);
}

/*
 * 4 *common, 5 struct module_own { struct common *link; struct common here; int; }, whose
 * last member has a name of the base, 6 struct shadowed { int fresh; }, 7 enum { MOD_ON },
 * 8 typedef of module_own
 */
static void build_module(struct builder *b, uint32_t base_strings, uint32_t name_of_base)
{
	memset(b, 0, sizeof(*b));
	b->first_string = base_strings;
	put(b, 0, PTR, 0, 2);
	put(b, str(b, "module_own"), STRUCT, 3, 16);
	more(b, str(b, "link"), 4, 0);
	more(b, str(b, "here"), 2, 64);
	more(b, name_of_base, 1, 96);
	put(b, str(b, "shadowed"), STRUCT, 1, 4);
	more(b, str(b, "fresh"), 1, 0);
	put(b, 0, ENUM, 1, 4);
	b->words[b->n++] = str(b, "MOD_ON");
	b->words[b->n++] = 7;
	put(b, str(b, "module_t"), TYPEDEF, 0, 5);
}

static struct mi_btf *parse_base(void)
{
	struct builder b;
	struct mi_error err;
	struct mi_btf *btf;
	size_t size;
	uint8_t *data;

	build_base(&b);
	data = blob(&b, &size);
	assert_int_equal(mi_btf_parse(data, size, &btf, &err), MI_OK);
	return btf;
}

static uint8_t *module_blob(const struct mi_btf *base, size_t *size)
{
	uint32_t id, string;
	struct builder b;

	mi_btf_end(base, &id, &string);
	assert_int_equal(id, 4);
	build_module(&b, string, 1 /* "int" */);
	return blob(&b, size);
}

#define N_QUERIES 8

static void ask(struct mi_btf *btf, struct mi_type_query q[N_QUERIES])
{
	const struct mi_type_query wanted[N_QUERIES] = {
		{.kind = MI_QUERY_MEMBER, .type = "module_own", .member = "link"},
		{.kind = MI_QUERY_MEMBER, .type = "module_t", .member = "here.count"},
		{.kind = MI_QUERY_MEMBER, .type = "module_own", .member = "int"},
		{.kind = MI_QUERY_MEMBER, .type = "shadowed", .member = "fresh"},
		{.kind = MI_QUERY_MEMBER, .type = "shadowed", .member = "old"},
		{.kind = MI_QUERY_ENUMERATOR, .member = "MOD_ON"},
		{.kind = MI_QUERY_SIZE, .type = "common"},
		{.kind = MI_QUERY_SIZE, .type = "nowhere"},
	};
	struct mi_error err;

	memcpy(q, wanted, sizeof(wanted));
	assert_int_equal(mi_btf_resolve(btf, q, N_QUERIES, &err), MI_OK);
}

static void module_goes_on_from_base(void **state)
{
	struct mi_btf *base = parse_base(), *btf;
	struct mi_type_query q[N_QUERIES];
	struct mi_type_source_info info;
	struct mi_error err;
	size_t size;
	uint8_t *data = module_blob(base, &size);

	(void)state;
	assert_int_equal(mi_btf_parse_on(base, data, size, &btf, &err), MI_OK);
	mi_btf_info(btf, &info);
	assert_int_equal(info.types, 5);
	ask(btf, q);
	assert_true(q[0].found && q[0].cls == MI_TYPE_POINTER && !q[0].bit_offset);
	assert_string_equal(q[0].type_name, "common");
	assert_true(q[1].found && q[1].bit_offset == 64 && q[1].size == 4 && q[1].is_signed);
	assert_true(q[2].found && q[2].bit_offset == 96);
	assert_true(q[3].found);
	/* The module's struct lacks it, so the kernel's of that name answers. */
	assert_true(q[4].found);
	assert_true(q[5].found && q[5].value == 7);
	assert_true(q[6].found && q[6].size == 4);
	assert_false(q[7].found);
	mi_btf_free(btf);

	/* What the module has is no part of the kernel's. */
	ask(base, q);
	assert_false(q[0].found || q[3].found || q[5].found);
	assert_true(q[4].found && q[6].found);
	mi_btf_free(base);
}

static void module_alone_is_refused(void **state)
{
	struct mi_btf *base = parse_base(), *btf;
	struct mi_error err;
	size_t size;
	uint8_t *data = module_blob(base, &size);

	(void)state;
	assert_int_equal(mi_btf_parse(data, size, &btf, &err), MI_ERR_FORMAT);
	assert_null(btf);
	mi_btf_free(base);
}

static void module_on_module_is_refused(void **state)
{
	struct mi_btf *base = parse_base(), *first, *second;
	struct mi_error err;
	size_t size;
	uint8_t *data = module_blob(base, &size);

	(void)state;
	assert_int_equal(mi_btf_parse_on(base, data, size, &first, &err), MI_OK);
	data = module_blob(base, &size);
	assert_int_equal(mi_btf_parse_on(first, data, size, &second, &err), MI_ERR_INVALID);
	assert_null(second);
	mi_btf_free(first);
	mi_btf_free(base);
}

/* Ids and strings just behind the end. */
static void references_must_be_inside(void **state)
{
	/* word: value that is one too much */
	struct {
		size_t word;
		uint32_t add;
	} cases[] = {{2, 9}, {7, 9}, {6, 100000}, {3, 100000}, {28, 9}};
	struct mi_btf *base = parse_base(), *btf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mi_error err;
		size_t size;
		uint8_t *data = module_blob(base, &size);

		memcpy(data + 24 + 4 * cases[i].word, &cases[i].add, 4);
		assert_int_equal(mi_btf_parse_on(base, data, size, &btf, &err), MI_ERR_FORMAT);
	}
	mi_btf_free(base);
}

/* Each byte wrong in turn, and cut at each: refused or answered, under a sanitizer too. */
static void damage_is_survived(void **state)
{
	struct mi_btf *base = parse_base(), *btf;
	size_t size, i, refused = 0, answered = 0;
	struct mi_error err;

	(void)state;
	free(module_blob(base, &size));
	for (i = 0; i < 2 * size; i++) {
		struct mi_type_query q[N_QUERIES];
		size_t len;
		uint8_t *data = module_blob(base, &len);

		if (i < size)
			data[i] ^= 0x5a;
		else
			len = i - size;
		if (mi_btf_parse_on(base, data, len, &btf, &err)) {
			refused++;
			continue;
		}
		answered++;
		ask(btf, q);
		mi_btf_free(btf);
	}
	assert_true(refused > size && answered > 0);
	mi_btf_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_goes_on_from_base),
		cmocka_unit_test(module_alone_is_refused),
		cmocka_unit_test(module_on_module_is_refused),
		cmocka_unit_test(references_must_be_inside),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests_name("btf_module", tests, NULL, NULL);
}
