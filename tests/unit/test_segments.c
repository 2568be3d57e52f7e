// SPDX-License-Identifier: GPL-2.0-or-later
/* test_segments.c - where an ELF dump has a page, and why it has it not */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <string.h>

#include "segments.h"

#define MB (1024UL * 1024)
#define MANY 1000

/* The headers of a dump. Where they end nothing else is asked for. */
struct dump {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MANY];
};

static struct dump dump;

static bool bytes(void *arg, uint64_t off, void *buf, size_t len)
{
	(void)arg;
	if (off + len > sizeof(dump))
		return false;
	memcpy(buf, (char *)&dump + off, len);
	return true;
}

static void start(void)
{
	memset(&dump, 0, sizeof(dump));
	memcpy(dump.eh.e_ident, ELFMAG, SELFMAG);
	dump.eh.e_ident[EI_CLASS] = ELFCLASS64;
	dump.eh.e_phentsize = sizeof(Elf64_Phdr);
	dump.eh.e_phoff = offsetof(struct dump, ph);
}

static void load(uint64_t paddr, uint64_t memsz, uint64_t filesz, uint64_t offset)
{
	dump.ph[dump.eh.e_phnum++] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_paddr = paddr,
		.p_memsz = memsz,
		.p_filesz = filesz,
		.p_offset = offset,
	};
}

static struct mi_segments *opened(uint64_t file_size)
{
	struct mi_segments *s = mi_segments_load(bytes, NULL, file_size);

	assert_non_null(s);
	return s;
}

static void assert_at(const struct mi_segments *s, uint64_t pa, uint64_t want)
{
	uint64_t offset = 0;

	assert_int_equal(mi_segments_look(s, pa, &offset), MI_READ_OK);
	assert_int_equal(offset, want);
}

static void assert_look(const struct mi_segments *s, uint64_t pa, enum mi_read want)
{
	assert_int_equal(mi_segments_look(s, pa, NULL), want);
}

/* As /proc/vmcore of a kernel at 16 MiB of 256: its image is there twice. */
static void vmcore(void)
{
	start();
	load(16 * MB, 40 * MB, 40 * MB, 1 * MB);
	load(1 * MB, 199 * MB, 199 * MB, 41 * MB);
	load(240 * MB, 16 * MB, 16 * MB, 240 * MB);
}

static void test_image_within_ram(void **state)
{
	struct mi_segments *s;

	(void)state;
	vmcore();
	s = opened(256 * MB);
	assert_false(mi_segments_cut(s));
	assert_look(s, 0, MI_READ_HOLE);
	assert_at(s, 1 * MB, 41 * MB);
	assert_at(s, 16 * MB, 1 * MB);
	assert_at(s, 56 * MB - MI_PAGE_SIZE, 41 * MB - MI_PAGE_SIZE);
	/* Behind the image the RAM around it goes on. */
	assert_at(s, 56 * MB, 96 * MB);
	assert_at(s, 200 * MB - MI_PAGE_SIZE, 240 * MB - MI_PAGE_SIZE);
	assert_look(s, 200 * MB, MI_READ_HOLE);
	assert_look(s, 240 * MB - MI_PAGE_SIZE, MI_READ_HOLE);
	assert_at(s, 240 * MB, 240 * MB);
	assert_look(s, 256 * MB, MI_READ_HOLE);
	mi_segments_free(s);
}

/* The disk was full: one of the two copies may be before the end. */
static void test_cut(void **state)
{
	struct mi_segments *s;

	(void)state;
	vmcore();
	s = opened(50 * MB);
	assert_true(mi_segments_cut(s));
	assert_at(s, 10 * MB - MI_PAGE_SIZE, 50 * MB - MI_PAGE_SIZE);
	assert_look(s, 10 * MB, MI_READ_INCOMPLETE);
	assert_at(s, 20 * MB, 5 * MB);
	assert_look(s, 56 * MB, MI_READ_INCOMPLETE);
	assert_look(s, 240 * MB, MI_READ_INCOMPLETE);
	mi_segments_free(s);
	/* Cut within the image, whose copy in RAM comes later. */
	s = opened(11 * MB);
	assert_at(s, 26 * MB - MI_PAGE_SIZE, 11 * MB - MI_PAGE_SIZE);
	assert_look(s, 26 * MB, MI_READ_INCOMPLETE);
	mi_segments_free(s);
}

/* makedumpfile -E: what it leaves out is at the end of segments. */
static void test_filtered(void **state)
{
	struct mi_segments *s;

	(void)state;
	start();
	load(16 * MB, 8 * MB, 6 * MB, 1 * MB);
	load(1 * MB, 17 * MB, 2 * MB, 7 * MB);
	load(18 * MB, 6 * MB, 0, 0);
	s = opened(9 * MB);
	assert_true(mi_segments_may_be_zero(s));
	assert_false(mi_segments_cut(s));
	assert_look(s, 3 * MB, MI_READ_EXCLUDED);
	/* One copy of the page is enough, whichever segment comes first. */
	assert_at(s, 17 * MB, 2 * MB);
	assert_at(s, 18 * MB, 3 * MB);
	assert_look(s, 22 * MB, MI_READ_EXCLUDED);
	assert_look(s, 24 * MB, MI_READ_HOLE);
	mi_segments_free(s);
}

/* No dump nests like that; a look must end, and find what lies near. */
static void test_nested(void **state)
{
	struct mi_segments *s;
	unsigned int i;

	(void)state;
	start();
	for (i = 0; i < MANY; i++)
		load(i * MI_PAGE_SIZE, MB * MANY - i * MI_PAGE_SIZE, MI_PAGE_SIZE,
		     MB + i * MI_PAGE_SIZE);
	s = opened(MB * MANY);
	for (i = 0; i < MANY; i++)
		assert_at(s, i * MI_PAGE_SIZE, MB + i * MI_PAGE_SIZE);
	assert_look(s, MANY * MB - MI_PAGE_SIZE, MI_READ_EXCLUDED);
	assert_look(s, MANY * MB, MI_READ_HOLE);
	mi_segments_free(s);
}

static void test_not_elf(void **state)
{
	(void)state;
	start();
	dump.eh.e_ident[EI_CLASS] = ELFCLASS32;
	assert_null(mi_segments_load(bytes, NULL, ~0ULL));
	/* Addresses that wrap are left out; headers that are not there make it cut. */
	start();
	load(~0ULL - MI_PAGE_SIZE + 1, 2 * MI_PAGE_SIZE, 2 * MI_PAGE_SIZE, 0);
	dump.eh.e_phnum = MANY + 1;
	struct mi_segments *s = opened(~0ULL);

	assert_true(mi_segments_cut(s));
	assert_look(s, 0, MI_READ_HOLE);
	assert_look(s, ~0ULL - MI_PAGE_SIZE + 1, MI_READ_HOLE);
	mi_segments_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_within_ram), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_filtered),	 cmocka_unit_test(test_nested),
		cmocka_unit_test(test_not_elf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
