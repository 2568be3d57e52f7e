// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_kallsyms.c - reading kallsyms images made here
 *
 * The image is one stretch of "memory" at BASE_VA; the encoder writes what
 * scripts/kallsyms.c of the different kernels would, in both orders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "symbols.h"

#define BASE_VA 0xffffffff82000000ULL
#define STEXT 0xffffffff81000000ULL
#define N_SYMS 700
#define IMAGE_BYTES (512U << 10)

enum form {
	ABSOLUTE,
	PERCPU,
	PLAIN,
	PLACE
};

struct spec {
	enum form form;
	bool big_bit;	   /* lengths of 128 and more take two bytes */
	bool long_names;   /* have some */
	bool wide_markers; /* 8 bytes, before 4.20 */
	bool no_markers;
	bool old_order;	    /* addresses first: until 6.3 */
	bool seqs;	    /* the index sorted by name: since 6.1 */
	unsigned int align; /* of the parts; 0: 8, since 7.0 it is 4 */
};

struct image {
	struct spec spec;
	uint8_t *mem;
	size_t used;
	size_t readable;
	uint64_t num_syms, names, tokens, index, offsets, base;
	uint64_t stext;
	uint64_t uts; /* what VMCOREINFO says of init_uts_ns; 0: nothing */
};

/* Token 'A'..'z' and such stand for themselves; these for more. */
static const char *const long_tokens[] = {"sym_", "bol_of_many_letters", "_of_16_letters__",
					  "Tsym_"};

static void put(struct image *im, const void *data, size_t len)
{
	assert_true(im->used + len <= IMAGE_BYTES);
	memcpy(im->mem + im->used, data, len);
	im->used += len;
}

static void put_le(struct image *im, uint64_t value, unsigned int bytes)
{
	put(im, &value, bytes);
}

static void align(struct image *im, size_t to)
{
	while (im->used % to)
		put_le(im, 0, 1);
}

/* What symbol @i is called, type letter first, and its compressed form. */
static size_t symbol_name(const struct spec *spec, unsigned int i, char *name, uint8_t *packed)
{
	char tail[400];
	size_t n = 0;

	if (i == 5) {
		strcpy(name, "T_stext");
		memcpy(packed, name, 7);
		return 7;
	}
	if (i == 77) {
		strcpy(name, "Dinit_uts_ns");
		memcpy(packed, name, 12);
		return 12;
	}
	if (i < 4) { /* per-cpu */
		sprintf(name, "Apercpu_%u", i);
		memcpy(packed, name, strlen(name));
		return strlen(name);
	}
	sprintf(tail, "%u", i);
	if (spec->long_names && i % 100 == 50) {
		size_t fill = 130 + i / 10;

		memset(tail + strlen(tail), 'x', fill);
		tail[fill] = '\0';
	}
	sprintf(name, "Tsym_bol_of_many_letters_of_16_letters__%s", tail);
	packed[n++] = 131; /* Tsym_ */
	packed[n++] = 129; /* bol_of_many_letters */
	packed[n++] = 130; /* _of_16_letters__ */
	memcpy(packed + n, tail, strlen(tail));
	return n + strlen(tail);
}

static uint64_t symbol_addr(const struct spec *spec, unsigned int i)
{
	if (i < 4 && spec->form == PERCPU)
		return 0x1000 + 8 * i;
	return STEXT + 0x100 * ((int64_t)i - 5);
}

static void put_names(struct image *im, uint32_t *markers)
{
	size_t start = im->used;

	im->names = BASE_VA + start;
	for (unsigned int i = 0; i < N_SYMS; i++) {
		char name[512];
		uint8_t packed[512];
		size_t len = symbol_name(&im->spec, i, name, packed);

		if (i % 256 == 0)
			markers[i / 256] = (uint32_t)(im->used - start);
		if (im->spec.big_bit && len > 0x7f) {
			put_le(im, (len & 0x7f) | 0x80, 1);
			put_le(im, len >> 7, 1);
		} else {
			put_le(im, len, 1);
		}
		put(im, packed, len);
	}
}

static void align_part(struct image *im)
{
	align(im, im->spec.align ? im->spec.align : 8);
}

static void put_tokens(struct image *im)
{
	uint16_t at[256];
	size_t start;

	align_part(im);
	start = im->used;
	im->tokens = BASE_VA + start;
	for (unsigned int i = 0; i < 256; i++) {
		char one[2] = {(char)i, 0};
		const char *token = i >= 128 && i < 132 ? long_tokens[i - 128] : one;

		at[i] = (uint16_t)(im->used - start);
		if (i >= 132)
			token = "";
		put(im, token, strlen(token) + 1);
	}
	align_part(im);
	im->index = BASE_VA + im->used;
	put(im, at, sizeof(at));
}

static void put_addresses(struct image *im)
{
	uint64_t base = symbol_addr(&im->spec, im->spec.form == PERCPU ? 4 : 0);

	align_part(im);
	im->offsets = BASE_VA + im->used;
	for (unsigned int i = 0; i < N_SYMS; i++) {
		uint64_t addr = symbol_addr(&im->spec, i);

		switch (im->spec.form) {
		case ABSOLUTE:
			put_le(im, addr, 8);
			break;
		case PERCPU:
			put_le(im, i < 4 ? addr : base - 1 - addr, 4);
			break;
		case PLAIN:
			put_le(im, addr - base, 4);
			break;
		case PLACE:
			put_le(im, addr - (BASE_VA + im->used), 4);
			break;
		}
	}
	if (im->spec.form == PERCPU || im->spec.form == PLAIN) {
		align_part(im);
		im->base = BASE_VA + im->used;
		put_le(im, base, 8);
	}
}

static void put_seqs(struct image *im)
{
	align_part(im);
	for (unsigned int i = 0; i < N_SYMS; i++)
		put_le(im, (i * 577) % N_SYMS << 8, 3); /* most significant byte first */
}

static void put_tables(struct image *im)
{
	const struct spec *spec = &im->spec;
	uint32_t markers[N_SYMS / 256 + 1];

	if (spec->old_order)
		put_addresses(im);
	align_part(im);
	im->num_syms = BASE_VA + im->used;
	put_le(im, N_SYMS, 4);
	align_part(im);
	put_names(im, markers);
	align_part(im);
	for (unsigned int i = 0; i < sizeof(markers) / 4; i++)
		put_le(im, spec->no_markers ? 0xdeadbeef : markers[i], spec->wide_markers ? 8 : 4);
	if (spec->old_order && spec->seqs)
		put_seqs(im);
	put_tokens(im);
	if (!spec->old_order)
		put_addresses(im);
	if (!spec->old_order && spec->seqs)
		put_seqs(im);
}

/* Memory ends at a page. */
static void end_image(struct image *im)
{
	im->readable = (im->used + 4095) & ~(size_t)4095;
}

static void begin_image(struct image *im, struct spec spec)
{
	memset(im, 0, sizeof(*im));
	im->spec = spec;
	im->mem = calloc(1, IMAGE_BYTES);
	assert_non_null(im->mem);
	im->stext = STEXT;
	put_le(im, 0x55, 8);
}

static void make(struct image *im, struct spec spec)
{
	begin_image(im, spec);
	put_tables(im);
	end_image(im);
}

static bool read_image(void *arg, uint64_t va, void *buf, size_t len)
{
	struct image *im = arg;

	if (va < BASE_VA || va - BASE_VA > im->readable || len > im->readable - (va - BASE_VA))
		return false;
	memcpy(buf, im->mem + (va - BASE_VA), len);
	return true;
}

static bool line_of_image(void *arg, const char *key, uint64_t *value)
{
	struct image *im = arg;
	enum form form = im->spec.form;

	if (!strcmp(key, "SYMBOL(kallsyms_names)"))
		*value = im->names;
	else if (!strcmp(key, "SYMBOL(kallsyms_num_syms)"))
		*value = im->num_syms;
	else if (!strcmp(key, "SYMBOL(kallsyms_token_table)"))
		*value = im->tokens;
	else if (!strcmp(key, "SYMBOL(kallsyms_token_index)"))
		*value = im->index;
	else if (!strcmp(key, "SYMBOL(kallsyms_offsets)") && form != ABSOLUTE)
		*value = im->offsets;
	else if (!strcmp(key, "SYMBOL(kallsyms_addresses)") && form == ABSOLUTE)
		*value = im->offsets;
	else if (!strcmp(key, "SYMBOL(kallsyms_relative_base)") &&
		 (form == PERCPU || form == PLAIN))
		*value = im->base;
	else if (!strcmp(key, "SYMBOL(_stext)"))
		*value = im->stext;
	else
		return false;
	return true;
}

static enum mi_status load(struct image *im, struct mi_symtab **tab, struct mi_error *err)
{
	struct mi_kallsyms_source src = {read_image, line_of_image, im, false, false};

	return mi_kallsyms_load(&src, tab, err);
}

static void check(struct spec spec)
{
	struct mi_symtab *tab;
	struct mi_error err;
	struct image im;

	make(&im, spec);
	err.text[0] = '\0';
	if (load(&im, &tab, &err))
		fail_msg("%s", err.text);
	assert_int_equal(mi_symtab_count(tab), N_SYMS);
	for (unsigned int i = 0; i < N_SYMS; i++) {
		uint8_t packed[512];
		char name[512];
		uint64_t addr;

		symbol_name(&spec, i, name, packed);
		assert_int_equal(mi_symtab_find(tab, name + 1, &addr), MI_SYMBOL_ONE);
		assert_true(addr == symbol_addr(&spec, i));
		if (*name == 'A')
			continue;
		assert_string_equal(mi_symtab_name(tab, addr + 4, &addr), name + 1);
		assert_true(addr == 4);
	}
	mi_symtab_free(tab);
	free(im.mem);
}

static void test_forms(void **state)
{
	(void)state;
	check((struct spec){.form = ABSOLUTE, .wide_markers = true});
	check((struct spec){.form = ABSOLUTE});
	check((struct spec){.form = PERCPU, .big_bit = true});
	check((struct spec){.form = PLAIN, .big_bit = true});
	check((struct spec){.form = PLACE, .big_bit = true});
}

static void test_long_names(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++)
		for (int big = 0; big < 2; big++)
			check((struct spec){.form = PLAIN,
					    .big_bit = big,
					    .long_names = true,
					    .wide_markers = wide});
	/* Only one reading makes sense even without markers. */
	check((struct spec){.form = PLAIN, .big_bit = true, .no_markers = true});
}

static void expect(struct image *im, enum mi_status status)
{
	struct mi_symtab *tab = (void *)1;
	struct mi_error err = {0};

	assert_int_equal(load(im, &tab, &err), status);
	assert_int_equal(err.status, status);
	assert_true(*err.text);
	assert_null(tab);
}

static void test_refused(void **state)
{
	struct image im;
	uint64_t saved;

	(void)state;
	make(&im, (struct spec){.form = PLAIN, .big_bit = true});
	im.stext += 4;
	expect(&im, MI_ERR_FORMAT);
	im.stext -= 4;

	saved = im.names;
	im.names = 0x1000;
	expect(&im, MI_ERR_FORMAT);
	im.names = saved;

	saved = im.index;
	im.index = 0x1000;
	expect(&im, MI_ERR_READ);
	im.index = saved;

	memset(im.mem + (im.num_syms - BASE_VA), 0xff, 4);
	expect(&im, MI_ERR_FORMAT);
	memset(im.mem + (im.num_syms - BASE_VA), 0, 4);
	expect(&im, MI_ERR_FORMAT);

	im.spec.form = ABSOLUTE;
	expect(&im, MI_ERR_FORMAT);
	free(im.mem);
}

/* ---- without lines of VMCOREINFO: the search ---- */

/* What VMCOREINFO of 5.10 says. */
static bool few_lines(void *arg, const char *key, uint64_t *value)
{
	struct image *im = arg;

	if (!strcmp(key, "SYMBOL(_stext)"))
		*value = im->stext;
	else if (!strcmp(key, "SYMBOL(init_uts_ns)") && im->uts)
		*value = im->uts;
	else
		return false;
	return true;
}

static enum mi_status scan(struct image *im, struct mi_symtab **tab, uint64_t *names,
			   struct mi_error *err)
{
	struct mi_kallsyms_source src = {read_image, few_lines, im, false, false};
	/* More than is readable, at both ends. */
	struct mi_image range = {read_image, NULL, im, BASE_VA - 0x10000, BASE_VA + IMAGE_BYTES};

	return mi_kallsyms_scan(&src, &range, tab, names, err);
}

static void expect_found(struct image *im, uint64_t where)
{
	struct mi_symtab *tab;
	struct mi_error err;
	uint64_t addr, names;

	if (scan(im, &tab, &names, &err))
		fail_msg("%s", err.text);
	assert_true(names == where);
	assert_int_equal(mi_symtab_count(tab), N_SYMS);
	for (unsigned int i = 0; i < N_SYMS; i++) {
		uint8_t packed[512];
		char name[512];

		symbol_name(&im->spec, i, name, packed);
		assert_int_equal(mi_symtab_find(tab, name + 1, &addr), MI_SYMBOL_ONE);
		assert_true(addr == symbol_addr(&im->spec, i));
	}
	mi_symtab_free(tab);
}

static void expect_not_found(struct image *im, const char *text)
{
	struct mi_symtab *tab = (void *)1;
	struct mi_error err = {0};
	uint64_t names;

	assert_int_not_equal(scan(im, &tab, &names, &err), MI_OK);
	assert_null(tab);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in: %s", text, err.text);
}

/* Bytes that look like much and are nothing: ascending numbers, strings, zeroes. */
static void put_noise(struct image *im)
{
	uint64_t x = 88172645463325252ULL;

	for (unsigned int i = 0; i < 2000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		put_le(im, x, i % 7 + 1);
	}
	for (unsigned int i = 0; i < 700; i++)
		put_le(im, i * 3, 2);
	for (unsigned int i = 0; i < 700; i++)
		put_le(im, i * 1000, 4);
	for (unsigned int i = 0; i < 256; i++)
		put(im, &(char[2]){(char)i, 0}, 2);
	align(im, 4096);
}

static void check_scan(struct spec spec)
{
	struct image im;

	begin_image(&im, spec);
	put_noise(&im);
	put_le(&im, 0, spec.align == 4 ? 4 : 8); /* to any alignment */
	put_tables(&im);
	end_image(&im);
	expect_found(&im, im.names);
	free(im.mem);
}

static void test_scan_forms(void **state)
{
	(void)state;
	/*
	 * Offsets relative to their place came after the new order, and with them tables that are
	 * aligned to 4.
	 */
	for (unsigned int i = 0; i < 64; i++)
		check_scan((struct spec){.form = i % 4 == PLACE && i & 4 ? PLAIN : i % 4,
					 .old_order = i & 4,
					 .seqs = i & 8,
					 .big_bit = i & 16,
					 .long_names = true,
					 .wide_markers = i & 4 && i & 32,
					 .align = i % 4 == PLACE && !(i & 4) && i & 32 ? 4 : 8});
}

static const struct spec typical = {.form = PERCPU, .old_order = true};

/* Tokens and index alone, and whole tables that lie in one point. */
static void test_scan_decoys(void **state)
{
	struct image im;
	uint64_t names;

	(void)state;
	begin_image(&im, typical);
	put_tokens(&im);
	put_noise(&im);
	put_tables(&im);
	names = im.names;
	put_noise(&im);
	put_tokens(&im);
	end_image(&im);
	expect_found(&im, names);
	free(im.mem);

	for (unsigned int lie = 0; lie < 5; lie++) {
		size_t at;

		begin_image(&im, typical);
		put_tables(&im);
		switch (lie) {
		case 0: /* another base: all addresses are wrong */
			at = im.base - BASE_VA + 2;
			break;
		case 1: /* a name that does not decode: in the middle */
			at = im.names - BASE_VA + 3001;
			break;
		case 2: /* one name more */
			at = im.num_syms - BASE_VA;
			break;
		case 3: /* an address that does not ascend */
			at = im.offsets - BASE_VA + 4 * 300 + 1;
			break;
		default: /* a token that is longer than the index says */
			at = im.tokens - BASE_VA + 101;
			break;
		}
		im.mem[at] = lie == 1 ? 1 : im.mem[at] ^ 0x81;
		end_image(&im);
		expect_not_found(&im, "");
		put_noise(&im);
		put_tables(&im);
		end_image(&im);
		expect_found(&im, im.names);
		free(im.mem);
	}
}

static void test_scan_refused(void **state)
{
	struct image im;

	(void)state;
	begin_image(&im, typical);
	put_noise(&im);
	end_image(&im);
	expect_not_found(&im, "none in ");

	put_tables(&im);
	end_image(&im);
	im.stext += 4;
	expect_not_found(&im, "_stext");
	im.stext -= 4;
	/* VMCOREINFO has another symbol elsewhere. */
	im.uts = symbol_addr(&im.spec, 77);
	expect_found(&im, im.names);
	im.uts += 8;
	expect_not_found(&im, "init_uts_ns");
	im.uts = 0;

	put_noise(&im);
	put_tables(&im);
	end_image(&im);
	expect_not_found(&im, "twice");
	free(im.mem);
}

/* Whatever is damaged or missing: it ends, and what is found is whole. */
static void test_scan_damaged(void **state)
{
	struct mi_symtab *tab;
	struct image im;
	uint64_t names;

	(void)state;
	make(&im, typical);
	for (size_t i = 0; i < im.used; i += 37) {
		im.mem[i] ^= 0xff;
		if (!scan(&im, &tab, &names, NULL)) {
			assert_int_equal(mi_symtab_count(tab), N_SYMS);
			mi_symtab_free(tab);
		}
		im.mem[i] ^= 0xff;
	}
	for (im.readable = 0; im.readable + 4096 < im.used; im.readable += 4096)
		expect_not_found(&im, "");
	free(im.mem);
}

/* Memory made to cost time: markers everywhere, each with an index behind it. */
static void test_scan_hostile(void **state)
{
	struct image im;

	(void)state;
	begin_image(&im, typical);
	while (im.used < IMAGE_BYTES - 8192) {
		for (unsigned int i = 0; i < 1024; i++)
			put_le(&im, i % 4 ? 600 * (i % 4) : 0, 4);
		put_tokens(&im);
	}
	end_image(&im);
	expect_not_found(&im, "");
	memset(im.mem, 0, IMAGE_BYTES);
	expect_not_found(&im, "none in ");
	free(im.mem);
}

static bool no_line(void *arg, const char *key, uint64_t *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

static void test_no_lines(void **state)
{
	struct mi_kallsyms_source src = {read_image, no_line, NULL, false, false};
	struct mi_symtab *tab;
	struct mi_error err;

	(void)state;
	assert_int_equal(mi_kallsyms_load(&src, &tab, &err), MI_ERR_MISSING);
	assert_null(tab);
}

/* Whatever a flipped byte or missing page does, it ends, and in order. */
static void test_damaged(void **state)
{
	struct mi_symtab *tab;
	struct image im;

	(void)state;
	make(&im, (struct spec){.form = PLAIN, .big_bit = true, .long_names = true});
	for (size_t i = 0; i < im.used; i += 3) {
		im.mem[i] ^= 0xff;
		if (!load(&im, &tab, NULL))
			mi_symtab_free(tab);
		im.mem[i] ^= 0xff;
	}
	for (im.readable = 0; im.readable + 4096 < im.used; im.readable += 512)
		assert_int_not_equal(load(&im, &tab, NULL), MI_OK);
	free(im.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	     cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_refused),	     cmocka_unit_test(test_no_lines),
		cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_scan_forms),
		cmocka_unit_test(test_scan_decoys),  cmocka_unit_test(test_scan_refused),
		cmocka_unit_test(test_scan_damaged), cmocka_unit_test(test_scan_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
