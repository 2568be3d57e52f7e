// SPDX-License-Identifier: GPL-2.0-or-later
/* test_btf.c - BTF blobs made here: every kind, every way to damage them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "types.h"

enum {
	INT = 1,
	PTR,
	ARRAY,
	STRUCT,
	UNION,
	ENUM,
	FWD,
	TYPEDEF,
	VOLATILE,
	CONST,
	RESTRICT,
	FUNC,
	FUNC_PROTO,
	VAR,
	DATASEC,
	FLOAT,
	DECL_TAG,
	TYPE_TAG,
	ENUM64,
	FUTURE,
};

#define KFLAG (1U << 31)
#define SIGNED (1U << 24)

struct builder {
	uint32_t types[4096];
	size_t n_words;
	char strings[4096];
	size_t n_chars;
	uint32_t last_id;
};

static uint32_t str(struct builder *b, const char *text)
{
	size_t at = b->n_chars;

	if (!*text)
		return 0;
	strcpy(b->strings + at, text);
	b->n_chars += strlen(text) + 1;
	return (uint32_t)at;
}

static void word(struct builder *b, uint32_t value)
{
	b->types[b->n_words++] = value;
}

static uint32_t type(struct builder *b, const char *name, uint32_t kind, uint32_t vlen,
		     uint32_t size)
{
	word(b, str(b, name));
	word(b, (kind & KFLAG) | (kind & 0x7f) << 24 | vlen);
	word(b, size);
	return ++b->last_id;
}

static void member(struct builder *b, const char *name, uint32_t id, uint32_t offset)
{
	word(b, str(b, name));
	word(b, id);
	word(b, offset);
}

static uint32_t integer(struct builder *b, const char *name, uint32_t size, uint32_t encoding)
{
	uint32_t id = type(b, name, INT, 0, size);

	word(b, encoding | (encoding & 0xff ? 0 : size * 8));
	return id;
}

static uint32_t array(struct builder *b, uint32_t element, uint32_t index, uint32_t n)
{
	uint32_t id = type(b, "", ARRAY, 0, 0);

	word(b, element);
	word(b, index);
	word(b, n);
	return id;
}

static void init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->n_chars = 1;
}

/* The blob; @layout entries describe kinds 0 to FUTURE. */
static uint8_t *blob(const struct builder *b, bool layout, size_t *size)
{
	uint32_t hdr_len = layout ? 32 : 24, types = (uint32_t)b->n_words * 4;
	uint32_t layout_len = layout ? (FUTURE + 1) * 4 : 0;
	uint32_t hdr[8] = {0x0001eb9f,		 hdr_len, 0,	     types, types + layout_len,
			   (uint32_t)b->n_chars, types,	  layout_len};
	uint8_t *data;

	*size = hdr_len + types + layout_len + b->n_chars;
	data = calloc(1, *size);
	assert_non_null(data);
	memcpy(data, hdr, hdr_len);
	memcpy(data + hdr_len, b->types, types);
	if (layout) { /* only the future kind matters: 4 bytes, and 8 for each element */
		data[hdr_len + types + FUTURE * 4] = 4;
		data[hdr_len + types + FUTURE * 4 + 1] = 8;
	}
	memcpy(data + hdr_len + types + layout_len, b->strings, b->n_chars);
	return data;
}

/*
 * struct outer {
 *	int a;
 *	union { unsigned long u; struct { int x; int y[2][3]; }; };
 *	unsigned int bit3 : 3; int bit5 : 5;
 *	struct inner named, pair[2];
 *	const volatile struct fwd *restrict pointer;
 *	enum color color;
 *	u8_t flex[];
 * };
 */
static void build(struct builder *b)
{
	uint32_t i32, u32, u64, u8t, inner, anon, uni, arr2, arr, pair, fwd, ptr, color, flex,
		proto;
	uint32_t outer, var;

	init(b);
	i32 = integer(b, "int", 4, SIGNED);
	u32 = integer(b, "unsigned int", 4, 0);
	u64 = integer(b, "unsigned long", 8, 0);
	u8t = type(b, "u8_t", TYPEDEF, 0, integer(b, "unsigned char", 1, 0));
	inner = type(b, "inner", STRUCT, 2, 16);
	member(b, "first", i32, 0);
	member(b, "second", u64, 64);
	arr2 = array(b, i32, u32, 3);
	arr = array(b, arr2, u32, 2);
	anon = type(b, "", STRUCT, 2, 28);
	member(b, "x", i32, 0);
	member(b, "y", arr, 32);
	uni = type(b, "", UNION, 2, 32);
	member(b, "u", u64, 0);
	member(b, "", anon, 0);
	pair = array(b, inner, u32, 2);
	fwd = type(b, "fwd", FWD, 0, 0);
	ptr = type(b, "", TYPE_TAG, 0, fwd);
	ptr = type(b, "", PTR, 0, type(b, "", CONST, 0, type(b, "", VOLATILE, 0, ptr)));
	ptr = type(b, "", RESTRICT, 0, ptr);
	color = type(b, "color", ENUM | KFLAG, 2, 4);
	word(b, str(b, "RED"));
	word(b, (uint32_t)-1);
	word(b, str(b, "GREEN"));
	word(b, 5);
	flex = array(b, u8t, u32, 0);
	outer = type(b, "outer", STRUCT | KFLAG, 9, 112);
	member(b, "a", i32, 0);
	member(b, "", uni, 64);
	member(b, "bit3", u32, 3U << 24 | 320);
	member(b, "bit5", i32, 5U << 24 | 323);
	member(b, "named", inner, 384);
	member(b, "pair", pair, 512);
	member(b, "pointer", ptr, 768);
	member(b, "color", color, 832);
	member(b, "flex", flex, 896);
	type(b, "outer_t", TYPEDEF, 0, type(b, "", CONST, 0, outer));
	proto = type(b, "", FUNC_PROTO, 1, i32);
	word(b, str(b, "arg"));
	word(b, ptr);
	type(b, "function", FUNC, 1, proto);
	var = type(b, "variable", VAR, 0, u64);
	word(b, 1);
	type(b, ".data", DATASEC, 1, 8);
	member(b, "", 0, 8);
	b->types[b->n_words - 3] = var;
	type(b, "double", FLOAT, 0, 8);
	type(b, "tag", DECL_TAG, 0, outer);
	word(b, (uint32_t)-1);
	type(b, "wide", ENUM64, 1, 8);
	word(b, str(b, "WIDE"));
	word(b, 2);
	word(b, 0x80000000);
	type(b, "unsigned_enum", ENUM, 1, 4);
	word(b, str(b, "TOP"));
	word(b, 0x80000000);
}

static struct mi_btf *parse(const struct builder *b, bool layout)
{
	struct mi_btf *btf = NULL;
	struct mi_error err;
	size_t size;
	uint8_t *data = blob(b, layout, &size);

	if (mi_btf_parse(data, size, &btf, &err))
		fail_msg("%s", err.text);
	return btf;
}

static struct mi_type_query ask(struct mi_btf *btf, enum mi_type_query_kind kind, const char *name,
				const char *part)
{
	struct mi_type_query query = {.kind = kind, .type = name, .member = part};

	assert_int_equal(mi_btf_resolve(btf, &query, 1, NULL), MI_OK);
	return query;
}

static struct mi_type_query ask_member(struct mi_btf *btf, const char *name, const char *part)
{
	return ask(btf, MI_QUERY_MEMBER, name, part);
}

#define EXPECT(q, c, off, bits, n, bytes)                                                          \
	do {                                                                                       \
		assert_true((q).found);                                                            \
		assert_int_equal((q).cls, c);                                                      \
		assert_int_equal((q).bit_offset, off);                                             \
		assert_int_equal((q).bit_size, bits);                                              \
		assert_int_equal((q).count, n);                                                    \
		assert_int_equal((q).size, bytes);                                                 \
	} while (0)

static void test_members(void **state)
{
	struct mi_type_query q;
	struct mi_btf *btf;
	struct builder b;

	(void)state;
	build(&b);
	btf = parse(&b, false);
	q = ask_member(btf, "outer", "a");
	EXPECT(q, MI_TYPE_INT, 0, 32, 1, 4);
	assert_true(q.is_signed);
	q = ask_member(btf, "outer", "u");
	EXPECT(q, MI_TYPE_INT, 64, 64, 1, 8);
	assert_false(q.is_signed);
	q = ask_member(btf, "outer", "x");
	EXPECT(q, MI_TYPE_INT, 64, 32, 1, 4);
	q = ask_member(btf, "outer", "y");
	EXPECT(q, MI_TYPE_INT, 96, 192, 6, 4);
	q = ask_member(btf, "outer", "bit3");
	EXPECT(q, MI_TYPE_INT, 320, 3, 1, 4);
	q = ask_member(btf, "outer", "bit5");
	EXPECT(q, MI_TYPE_INT, 323, 5, 1, 4);
	assert_true(q.is_signed);
	q = ask_member(btf, "outer", "named");
	EXPECT(q, MI_TYPE_STRUCT, 384, 128, 1, 16);
	assert_string_equal(q.type_name, "inner");
	q = ask_member(btf, "outer", "named.second");
	EXPECT(q, MI_TYPE_INT, 448, 64, 1, 8);
	q = ask_member(btf, "outer", "pair");
	EXPECT(q, MI_TYPE_STRUCT, 512, 256, 2, 16);
	q = ask_member(btf, "outer", "pair.second");
	EXPECT(q, MI_TYPE_INT, 576, 64, 1, 8);
	q = ask_member(btf, "outer", "pointer");
	EXPECT(q, MI_TYPE_POINTER, 768, 64, 1, 8);
	assert_string_equal(q.type_name, "fwd");
	q = ask_member(btf, "outer", "color");
	EXPECT(q, MI_TYPE_ENUM, 832, 32, 1, 4);
	assert_true(q.is_signed);
	assert_string_equal(q.type_name, "color");
	q = ask_member(btf, "outer_t", "flex");
	EXPECT(q, MI_TYPE_INT, 896, 0, 0, 1);
	mi_btf_free(btf);
}

static void test_absent(void **state)
{
	static const char *const parts[] = {"first", "named.x", "a.b",	  "pointer.first", "named.",
					    ".a",    "nam",	"namedd", "named..first"};
	struct mi_btf *btf;
	struct builder b;

	(void)state;
	build(&b);
	btf = parse(&b, false);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_false(ask_member(btf, "outer", parts[i]).found);
	assert_false(ask_member(btf, "fwd", "a").found);
	assert_false(ask_member(btf, "u8_t", "a").found);
	assert_false(ask_member(btf, "nothing", "a").found);
	assert_false(ask(btf, MI_QUERY_SIZE, "fwd", NULL).found);
	assert_false(ask(btf, MI_QUERY_ENUMERATOR, NULL, "BLUE").found);
	mi_btf_free(btf);
}

static void test_sizes_and_enumerators(void **state)
{
	struct mi_type_source_info info;
	struct mi_type_query q;
	struct mi_btf *btf;
	struct builder b;

	(void)state;
	build(&b);
	btf = parse(&b, false);
	mi_btf_info(btf, &info);
	assert_int_equal(info.types, b.last_id);
	q = ask(btf, MI_QUERY_SIZE, "outer", NULL);
	EXPECT(q, MI_TYPE_STRUCT, 0, 896, 1, 112);
	assert_string_equal(q.type_name, "outer");
	q = ask(btf, MI_QUERY_SIZE, "outer_t", NULL);
	EXPECT(q, MI_TYPE_STRUCT, 0, 896, 1, 112);
	q = ask(btf, MI_QUERY_SIZE, "u8_t", NULL);
	EXPECT(q, MI_TYPE_INT, 0, 8, 1, 1);
	q = ask(btf, MI_QUERY_ENUMERATOR, NULL, "RED");
	assert_true(q.found && q.value == -1 && q.is_signed);
	q = ask(btf, MI_QUERY_ENUMERATOR, NULL, "GREEN");
	assert_true(q.found && q.value == 5);
	q = ask(btf, MI_QUERY_ENUMERATOR, NULL, "WIDE");
	assert_true(q.found && (uint64_t)q.value == 0x8000000000000002ULL && q.size == 8);
	q = ask(btf, MI_QUERY_ENUMERATOR, NULL, "TOP");
	assert_true(q.found && q.value == 0x80000000LL && !q.is_signed);
	mi_btf_free(btf);
}

/* Old pahole: no enum is marked signed, a bitfield has an integer of its own. */
static void test_old_encodings(void **state)
{
	struct mi_type_query q;
	struct mi_btf *btf;
	struct builder b;
	uint32_t bits;

	(void)state;
	init(&b);
	bits = integer(&b, "unsigned int", 4, 2U << 16 | 5);
	type(&b, "old", STRUCT, 1, 8);
	member(&b, "field", bits, 32);
	type(&b, "e", ENUM, 1, 4);
	word(&b, str(&b, "MINUS"));
	word(&b, (uint32_t)-2);
	btf = parse(&b, false);
	q = ask_member(btf, "old", "field");
	EXPECT(q, MI_TYPE_INT, 34, 5, 1, 4);
	q = ask(btf, MI_QUERY_ENUMERATOR, NULL, "MINUS");
	assert_true(q.found && q.value == -2 && q.is_signed);
	mi_btf_free(btf);
}

/* The first definition of a name lacks the member: the second has it. */
static void test_duplicates_and_batches(void **state)
{
	struct mi_type_query q[4] = {
		{.kind = MI_QUERY_MEMBER, .type = "twin", .member = "b"},
		{.kind = MI_QUERY_SIZE, .type = "twin"},
		{.kind = MI_QUERY_MEMBER, .type = "twin", .member = "a"},
		{.kind = MI_QUERY_MEMBER,
		 .type = "twin",
		 .member = "a",
		 .found = true,
		 .bit_offset = 77},
	};
	struct mi_btf *btf;
	struct builder b;
	uint32_t i32;

	(void)state;
	init(&b);
	i32 = integer(&b, "int", 4, SIGNED);
	type(&b, "twin", STRUCT, 1, 4);
	member(&b, "a", i32, 0);
	type(&b, "twin", STRUCT, 2, 8);
	member(&b, "a", i32, 32);
	member(&b, "b", i32, 0);
	btf = parse(&b, false);
	assert_int_equal(mi_btf_resolve(btf, q, 4, NULL), MI_OK);
	assert_true(q[0].found && q[1].found && q[2].found);
	assert_int_equal(q[1].size, 4);
	assert_int_equal(q[2].bit_offset, 0);
	assert_int_equal(q[3].bit_offset, 77); /* had its answer */
	q[0].found = false;
	q[0].member = NULL;
	assert_int_equal(mi_btf_resolve(btf, q, 1, NULL), MI_ERR_INVALID);
	mi_btf_free(btf);
}

static void test_layout_table(void **state)
{
	struct mi_btf *btf;
	struct mi_error err;
	struct builder b;
	uint8_t *data;
	size_t size;

	(void)state;
	init(&b);
	type(&b, "strange", FUTURE, 3, 99);
	for (int i = 0; i < 7; i++)
		word(&b, 0xffffffff);
	type(&b, "after", STRUCT, 0, 24);
	btf = parse(&b, true);
	assert_int_equal(ask(btf, MI_QUERY_SIZE, "after", NULL).size, 24);
	mi_btf_free(btf);
	data = blob(&b, false, &size);
	assert_int_equal(mi_btf_parse(data, size, &btf, &err), MI_ERR_FORMAT);
	assert_null(btf);
}

static void test_loops(void **state)
{
	struct mi_type_query q = {.kind = MI_QUERY_MEMBER, .type = "maze", .member = "way_out"};
	struct mi_btf *btf;
	struct mi_error err;
	struct builder b;

	(void)state;
	init(&b);
	type(&b, "loop", TYPEDEF, 0, 1); /* names itself */
	array(&b, 2, 2, 2);		 /* of itself */
	type(&b, "self", STRUCT, 1, 8);
	member(&b, "", 3, 0);
	type(&b, "of_array", STRUCT, 1, 8);
	member(&b, "m", 2, 0);
	type(&b, "maze", STRUCT, 8, 8); /* 8 ways into itself, 16 deep */
	for (int i = 0; i < 8; i++)
		member(&b, "", 5, 0);
	btf = parse(&b, false);
	assert_false(ask(btf, MI_QUERY_SIZE, "loop", NULL).found);
	assert_false(ask_member(btf, "loop", "x").found);
	assert_false(ask_member(btf, "self", "x").found);
	assert_false(ask_member(btf, "of_array", "m").found);
	assert_int_equal(mi_btf_resolve(btf, &q, 1, &err), MI_ERR_FORMAT);
	mi_btf_free(btf);
}

static void query_all(struct mi_btf *btf)
{
	struct mi_type_query q[] = {
		{.kind = MI_QUERY_SIZE, .type = "outer_t"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "y"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "pair.second"},
		{.kind = MI_QUERY_MEMBER, .type = "outer_t", .member = "none"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "pointer"},
		{.kind = MI_QUERY_ENUMERATOR, .member = "WIDE"},
		{.kind = MI_QUERY_ENUMERATOR, .member = "none"},
	};

	mi_btf_resolve(btf, q, sizeof(q) / sizeof(*q), NULL);
}

static void test_damaged(void **state)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x7f};
	struct mi_btf *btf;
	struct builder b;
	uint8_t *good, *bad;
	size_t size;

	(void)state;
	build(&b);
	for (int layout = 0; layout < 2; layout++) {
		good = blob(&b, layout, &size);
		for (size_t len = 0; len < size; len++) {
			bad = malloc(len ? len : 1);
			memcpy(bad, good, len);
			assert_int_equal(mi_btf_parse(bad, len, &btf, NULL), MI_ERR_FORMAT);
			assert_null(btf);
		}
		for (size_t at = 0; at < size * sizeof(flips); at++) {
			bad = malloc(size);
			memcpy(bad, good, size);
			bad[at / sizeof(flips)] ^= flips[at % sizeof(flips)];
			if (!mi_btf_parse(bad, size, &btf, NULL)) {
				query_all(btf);
				mi_btf_free(btf);
			}
		}
		free(good);
	}
}

static void test_refused(void **state)
{
	struct mi_btf *btf;
	struct builder b;
	uint8_t *data;
	size_t size;

	(void)state;
	build(&b);
	data = blob(&b, false, &size);
	data[0] = 0xeb;
	data[1] = 0x9f;
	assert_int_equal(mi_btf_parse(data, size, &btf, NULL), MI_ERR_UNSUPPORTED);
	data = blob(&b, false, &size);
	data[2] = 2;
	assert_int_equal(mi_btf_parse(data, size, &btf, NULL), MI_ERR_UNSUPPORTED);
	mi_btf_free(NULL);
	init(&b);
	member(&b, "", 1U << 24, 4); /* an INT whose name is good */
	b.n_words = 3;
	data = blob(&b, false, &size);
	assert_int_equal(mi_btf_parse(data, size, &btf, NULL), MI_ERR_FORMAT);
}

/* ---- the search in the kernel's image ---- */

#define IMAGE_VA 0xffffffff81000000ULL
#define IMAGE_BYTES (512U << 10)

struct image {
	uint8_t *mem;
	uint64_t hole; /* a page that cannot be read; 0: none */
	bool layout;
};

static bool read_image(void *arg, uint64_t va, void *buf, size_t len)
{
	struct image *im = arg;

	if (va < IMAGE_VA || va - IMAGE_VA > IMAGE_BYTES || len > IMAGE_BYTES - (va - IMAGE_VA))
		return false;
	if (im->hole && va < im->hole + 4096 && va + len > im->hole)
		return false;
	memcpy(buf, im->mem + (va - IMAGE_VA), len);
	return true;
}

static void one_member(struct builder *b, const char *name, const char *part)
{
	type(b, name, STRUCT, 1, 8);
	member(b, part, 1, 0);
}

/* What tells the kernel's BTF from others; @without one of its structures. */
static void build_kernel(struct builder *b, const char *without)
{
	static const char *const names[][2] = {
		{"mm_struct", "pgd"},	  {"vm_area_struct", "vm_start"},
		{"page", "flags"},	  {"list_head", "next"},
		{"file", "f_mode"},	  {"inode", "i_ino"},
		{"super_block", "s_dev"},
	};

	init(b);
	integer(b, "long", 8, 0);
	type(b, "task_struct", STRUCT, 4, 32);
	member(b, "tasks", 1, 0);
	member(b, "mm", 1, 64);
	member(b, "pid", 1, 128);
	member(b, "comm", 1, 192);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], without))
			one_member(b, names[i][0], names[i][1]);
}

static size_t place(struct image *im, size_t at, const struct builder *b)
{
	size_t size;
	uint8_t *data = blob(b, im->layout, &size);

	memcpy(im->mem + at, data, size);
	free(data);
	return size;
}

static enum mi_status scan(struct image *im, uint64_t *va, struct mi_error *err)
{
	/* More than is readable, at both ends. */
	const struct mi_image range = {read_image, NULL, im, IMAGE_VA - 0x10000,
				       IMAGE_VA + IMAGE_BYTES + 0x10000};
	struct mi_btf *btf;
	enum mi_status st = mi_btf_scan(&range, &btf, va, err);

	if (st)
		assert_null(btf);
	else
		mi_btf_free(btf);
	return st;
}

static void expect_at(struct image *im, size_t at)
{
	struct mi_error err;
	uint64_t va;

	if (scan(im, &va, &err))
		fail_msg("%s", err.text);
	assert_true(va == IMAGE_VA + at);
}

static void expect_none(struct image *im, const char *text)
{
	struct mi_error err;
	uint64_t va;

	assert_int_not_equal(scan(im, &va, &err), MI_OK);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in: %s", text, err.text);
}

static void test_scan(void **state)
{
	/* Any byte may be the first, also across pages and the pieces of the walk. */
	static const size_t places[] = {
		0, 1, 4070, 4095, 100003, (64U << 12) - 7, (64U << 12) - 31, (65U << 12) - 1};
	struct image im = {.mem = calloc(1, IMAGE_BYTES)};
	struct builder b;

	(void)state;
	assert_non_null(im.mem);
	expect_none(&im, "none in 128 pages");
	build_kernel(&b, "");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		im.layout = i & 1;
		memset(im.mem, 0x9f, IMAGE_BYTES);
		place(&im, places[i], &b);
		expect_at(&im, places[i]);
	}
	free(im.mem);
}

static void test_scan_decoys(void **state)
{
	struct image im = {.mem = calloc(1, IMAGE_BYTES)};
	struct builder b;
	size_t size;

	(void)state;
	assert_non_null(im.mem);
	build_kernel(&b, "mm_struct");
	place(&im, 100, &b);
	build_kernel(&b, "super_block");
	place(&im, 300001, &b);
	expect_none(&im, "does not describe the kernel");
	/* Headers that promise much, also beyond the end. */
	for (size_t at = 8192; at < 40960; at += 1024)
		memcpy(im.mem + at, (uint32_t[]){0x0001eb9f, 24, 0, 8 << 20, 8 << 20, 1 << 20}, 24);
	build_kernel(&b, "");
	size = place(&im, 200001, &b);
	expect_at(&im, 200001);

	/* One that a missing page cuts off does not count, nor one without its first byte. */
	im.hole = (IMAGE_VA + 200001 + size) & ~4095ULL;
	if (im.hole <= IMAGE_VA + 200001)
		im.hole += 4096;
	place(&im, im.hole - IMAGE_VA - 100, &b);
	im.mem[200001] = 0;
	expect_none(&im, "");
	im.hole = 0;
	im.mem[200001] = 0x9f;
	expect_none(&im, "twice");
	free(im.mem);
}

static void test_scan_hostile(void **state)
{
	struct image im = {.mem = calloc(1, IMAGE_BYTES)};
	struct builder b;

	(void)state;
	assert_non_null(im.mem);
	build_kernel(&b, "");
	place(&im, 0, &b);
	for (size_t at = 4096; at + 32 < IMAGE_BYTES; at += 24)
		memcpy(im.mem + at, (uint32_t[]){0x0001eb9f, 24, 0, 12, 12, 1}, 24);
	expect_none(&im, "too much");
	free(im.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_sizes_and_enumerators),
		cmocka_unit_test(test_old_encodings),
		cmocka_unit_test(test_duplicates_and_batches),
		cmocka_unit_test(test_layout_table),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_decoys),
		cmocka_unit_test(test_scan_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
