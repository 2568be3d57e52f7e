// SPDX-License-Identifier: GPL-2.0-or-later
/* test_segments.c - which pages an ELF dump holds: seams, overlaps, ends */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "segments.h"

#define PAGE 4096ULL
#define DATA 0x10000ULL /* where a file of ours has its first segment */
#define SEGMENTS_MAX 1000
#define MB (1024ULL * 1024)

static struct {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[SEGMENTS_MAX];
} file;

static struct mi_bytes bytes;
static struct mi_segments *s;
static struct mi_error err;

static bool read_memory(void *arg, uint64_t off, void *buf, size_t len)
{
	(void)arg;
	if (off > sizeof(file) || len > sizeof(file) - off)
		return false;
	memcpy(buf, (char *)&file + off, len);
	return true;
}

static int setup(void **state)
{
	(void)state;
	memset(&file, 0, sizeof(file));
	memcpy(file.eh.e_ident, ELFMAG, SELFMAG);
	file.eh.e_ident[EI_CLASS] = ELFCLASS64;
	file.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	file.eh.e_type = ET_CORE;
	file.eh.e_phoff = sizeof(file.eh);
	file.eh.e_phentsize = sizeof(file.ph[0]);
	bytes = (struct mi_bytes){.size = 1ULL << 40, .read = read_memory};
	s = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mi_segments_free(s);
	return 0;
}

static void segment(uint64_t pa, uint64_t stored, uint64_t size, uint64_t offset)
{
	file.ph[file.eh.e_phnum++] = (Elf64_Phdr){.p_type = PT_LOAD,
						  .p_paddr = pa,
						  .p_filesz = stored,
						  .p_memsz = size,
						  .p_offset = offset};
}

static void load(void)
{
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_OK);
}

static void in_file(uint64_t pa, uint64_t offset)
{
	uint64_t got = ~0ULL;

	assert_int_equal(mi_segments_look(s, pa, &got), MI_READ_OK);
	assert_true(got == offset);
}

static void not_in_file(uint64_t pa, enum mi_read why)
{
	uint64_t got = 77;

	assert_int_equal(mi_segments_look(s, pa, &got), why);
	assert_true(got == 77);
}

static void test_plain(void **state)
{
	bool more;

	(void)state;
	segment(0x100000, 3 * PAGE, 5 * PAGE, DATA + PAGE);
	segment(0, PAGE, PAGE, DATA);
	load();
	in_file(0, DATA);
	in_file(0x100000, DATA + PAGE);
	in_file(0x102000, DATA + 3 * PAGE);
	not_in_file(0x103000, MI_READ_EXCLUDED);
	not_in_file(0x105000, MI_READ_HOLE);
	not_in_file(0x1000, MI_READ_HOLE);
	not_in_file(~0xfffULL, MI_READ_HOLE);
	assert_true(mi_segments_may_be_zero(s));
	assert_int_equal(mi_segments_expected(s, &more), DATA + 4 * PAGE);
	assert_false(more);
}

static void test_cut(void **state)
{
	bool more;

	(void)state;
	segment(0, 4 * PAGE, 4 * PAGE, DATA);
	bytes.size = DATA + 2 * PAGE + 100;
	load();
	in_file(0x1000, DATA + PAGE);
	not_in_file(0x2000, MI_READ_INCOMPLETE);
	not_in_file(0x3000, MI_READ_INCOMPLETE);
	assert_int_equal(mi_segments_expected(s, &more), DATA + 4 * PAGE);
	mi_segments_free(s);

	bytes.size = sizeof(file.eh) + 10;
	load();
	mi_segments_expected(s, &more);
	assert_true(more);
	/* Nobody knows what the missing headers would have told. */
	not_in_file(0, MI_READ_INCOMPLETE);
	not_in_file(0x1000000, MI_READ_INCOMPLETE);
	mi_segments_free(s);
	s = NULL;

	bytes.size = 1ULL << 40;
	file.eh.e_phnum = 2;
	load();
	mi_segments_expected(s, &more);
	assert_true(more);
	in_file(0, DATA);
	not_in_file(0x1000000, MI_READ_INCOMPLETE);
	mi_segments_free(s);
	s = NULL;

	bytes.size = 20;
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_ERR_FORMAT);
}

/* Every byte must be there; where, is then up to the library. */
static void test_seams(void **state)
{
	uint64_t got = 77;

	(void)state;
	segment(0, PAGE + 0x400, PAGE + 0x400, DATA);
	segment(0x1400, 0xc00, 0xc00, DATA + 0x10000);
	segment(0x4000, 0x400, 0x400, DATA);
	segment(0x6000, 0x400, PAGE, DATA);
	segment(0x8400, PAGE, PAGE, DATA);
	load();
	assert_int_equal(mi_segments_look(s, 0x1000, &got), MI_READ_OK);
	assert_true(got == 77);
	not_in_file(0x4000, MI_READ_HOLE);
	not_in_file(0x6000, MI_READ_EXCLUDED);
	not_in_file(0x8000, MI_READ_HOLE);
	mi_segments_free(s);

	bytes.size = DATA + 0x10000 + 0xbff;
	load();
	not_in_file(0x1000, MI_READ_INCOMPLETE);
}

/* QEMU with "paging": pages within a large segment come a second time. */
static void test_overlaps(void **state)
{
	uint64_t pa;

	(void)state;
	segment(0, 16 * PAGE, 16 * PAGE, DATA);
	segment(0x3000, PAGE, PAGE, DATA + 3 * PAGE);
	segment(0x3000, PAGE, PAGE, DATA + 3 * PAGE);
	segment(0xf000, 4 * PAGE, 4 * PAGE, DATA + 15 * PAGE);
	load();
	for (pa = 0; pa < 19 * PAGE; pa += PAGE)
		in_file(pa, DATA + pa);
	not_in_file(19 * PAGE, MI_READ_HOLE);
	mi_segments_free(s);

	/* What one leaves out, another may have. */
	file.eh.e_phnum = 0;
	segment(0, PAGE, 8 * PAGE, DATA);
	segment(0x4000, PAGE, PAGE, DATA + PAGE);
	load();
	in_file(0, DATA);
	not_in_file(0x1000, MI_READ_EXCLUDED);
	in_file(0x4000, DATA + PAGE);
}

/* As /proc/vmcore of a kernel at 16 MiB of 256: its image is there twice. */
static void vmcore(uint64_t size)
{
	file.eh.e_phnum = 0;
	segment(16 * MB, 40 * MB, 40 * MB, 1 * MB);
	segment(1 * MB, 199 * MB, 199 * MB, 41 * MB);
	segment(240 * MB, 16 * MB, 16 * MB, 240 * MB);
	bytes.size = size;
	mi_segments_free(s);
	s = NULL;
	load();
}

static void test_image_within_ram(void **state)
{
	(void)state;
	vmcore(256 * MB);
	not_in_file(0, MI_READ_HOLE);
	in_file(1 * MB, 41 * MB);
	in_file(16 * MB, 56 * MB);
	in_file(56 * MB, 96 * MB);
	in_file(200 * MB - PAGE, 240 * MB - PAGE);
	not_in_file(200 * MB, MI_READ_HOLE);
	not_in_file(240 * MB - PAGE, MI_READ_HOLE);
	in_file(240 * MB, 240 * MB);
	not_in_file(256 * MB, MI_READ_HOLE);
}

/* The disk was full: one of the two copies may be before the end. */
static void test_image_and_cut(void **state)
{
	(void)state;
	vmcore(50 * MB);
	in_file(10 * MB - PAGE, 50 * MB - PAGE);
	not_in_file(10 * MB, MI_READ_INCOMPLETE);
	in_file(20 * MB, 5 * MB);
	not_in_file(56 * MB, MI_READ_INCOMPLETE);
	not_in_file(240 * MB, MI_READ_INCOMPLETE);
	/* Cut within the image, whose copy in RAM comes later. */
	vmcore(11 * MB);
	in_file(26 * MB - PAGE, 11 * MB - PAGE);
	not_in_file(26 * MB, MI_READ_INCOMPLETE);
}

/* makedumpfile -E: what it leaves out is at the end of segments. */
static void test_filtered_twice(void **state)
{
	(void)state;
	segment(16 * MB, 6 * MB, 8 * MB, 1 * MB);
	segment(1 * MB, 2 * MB, 17 * MB, 7 * MB);
	segment(18 * MB, 0, 6 * MB, 0);
	load();
	not_in_file(3 * MB, MI_READ_EXCLUDED);
	/* One copy of the page is enough, whichever segment comes first. */
	in_file(17 * MB, 2 * MB);
	in_file(18 * MB, 3 * MB);
	not_in_file(22 * MB, MI_READ_EXCLUDED);
	not_in_file(24 * MB, MI_READ_HOLE);
}

/* No dump nests like that; what is there is found all the same. */
static void test_nested(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < SEGMENTS_MAX; i++)
		segment(i * PAGE, PAGE, SEGMENTS_MAX * MB - i * PAGE, MB + i * PAGE);
	load();
	for (i = 0; i < SEGMENTS_MAX; i++)
		in_file(i * PAGE, MB + i * PAGE);
	not_in_file(SEGMENTS_MAX * MB - PAGE, MI_READ_EXCLUDED);
	not_in_file(SEGMENTS_MAX * MB, MI_READ_HOLE);
}

static void next_is(uint64_t from, uint64_t first, uint64_t end)
{
	uint64_t pa = from, got = 0;

	assert_true(mi_segments_next(s, &pa, &got));
	assert_int_equal(pa, first);
	assert_int_equal(got, end);
}

static void test_runs(void **state)
{
	uint64_t pa = 30 * MB, end;

	(void)state;
	segment(0x400, 3 * PAGE, 3 * PAGE, DATA);
	segment(1 * MB, PAGE, 8 * PAGE, DATA);
	segment(16 * MB, 6 * MB, 8 * MB, 1 * MB);
	bytes.size = 5 * MB;
	load();
	next_is(0, PAGE, 3 * PAGE);
	next_is(2 * PAGE, 2 * PAGE, 3 * PAGE);
	next_is(3 * PAGE, 1 * MB, 1 * MB + PAGE);
	next_is(1 * MB + PAGE, 16 * MB, 20 * MB);
	assert_false(mi_segments_next(s, &pa, &end));
	/* A copy that is there where the first is not. */
	vmcore(11 * MB);
	next_is(0, 16 * MB, 26 * MB);
}

static void test_headers_that_lie(void **state)
{
	bool more;

	(void)state;
	segment(~0ULL - PAGE, 2 * PAGE, 2 * PAGE, DATA);
	segment(0, 2 * PAGE, PAGE, DATA);
	segment(0x10000, PAGE, PAGE, ~0ULL - 10);
	segment(0x20000, 0, PAGE, ~0ULL);
	segment(0x30000, PAGE, PAGE, DATA);
	load();
	not_in_file(0, MI_READ_HOLE);
	not_in_file(0x10000, MI_READ_HOLE);
	not_in_file(0x20000, MI_READ_EXCLUDED);
	in_file(0x30000, DATA);
	mi_segments_expected(s, &more);
	assert_true(more);
	mi_segments_free(s);
	s = NULL;

	file.eh.e_phoff = ~0ULL - 20;
	load();
	mi_segments_expected(s, &more);
	assert_true(more);
	not_in_file(0x30000, MI_READ_INCOMPLETE);
	mi_segments_free(s);
	s = NULL;

	file.eh.e_phentsize = 7;
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_ERR_FORMAT);
	file.eh.e_type = ET_EXEC;
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_ERR_FORMAT);
	assert_non_null(strstr(err.text, "not a dump"));
	file.eh.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_ERR_UNSUPPORTED);
}

/* A file of 32 bits: its headers are smaller, and otherwise the same. */
static void test_narrow(void **state)
{
	Elf32_Ehdr eh = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB},
		.e_type = ET_CORE,
		.e_machine = EM_386,
		.e_phoff = sizeof(eh),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 2,
	};
	Elf32_Phdr ph[2] = {
		{.p_type = PT_LOAD,
		 .p_paddr = 0xfffff000,
		 .p_filesz = PAGE,
		 .p_memsz = PAGE,
		 .p_offset = DATA},
		{.p_type = PT_LOAD,
		 .p_paddr = 0x1000,
		 .p_filesz = PAGE,
		 .p_memsz = 2 * PAGE,
		 .p_offset = DATA + PAGE},
	};
	bool more;

	(void)state;
	memcpy(&file, &eh, sizeof(eh));
	memcpy((char *)&file + sizeof(eh), ph, sizeof(ph));
	load();
	in_file(0xfffff000, DATA);
	in_file(0x1000, DATA + PAGE);
	not_in_file(0x2000, MI_READ_EXCLUDED);
	not_in_file(0x3000, MI_READ_HOLE);
	not_in_file(0x100000000, MI_READ_HOLE);
	assert_int_equal(mi_segments_expected(s, &more), DATA + 2 * PAGE);
	assert_false(more);
	mi_segments_free(s);
	s = NULL;
	/* Headers of the other class are no headers. */
	eh.e_phentsize = sizeof(Elf64_Phdr);
	memcpy(&file, &eh, sizeof(eh));
	assert_int_equal(mi_segments_load(&bytes, &s, &err), MI_ERR_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_image_within_ram),
		TEST(test_narrow),
		TEST(test_image_and_cut),
		TEST(test_filtered_twice),
		TEST(test_nested),
		TEST(test_runs),
		TEST(test_plain),
		TEST(test_cut),
		TEST(test_seams),
		TEST(test_overlaps),
		TEST(test_headers_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
