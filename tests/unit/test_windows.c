// SPDX-License-Identifier: GPL-2.0-or-later
/* test_windows.c - which neighbouring mappings are a nonlinear window, and words for flags */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../libsrc/inspect/inspect.h"

#define BASE 0x7f0000000ULL /* page */
#define SHARED (MI_VM_READ | MI_VM_WRITE | MI_VM_SHARED | MI_VM_MAYSHARE)
#define NO_FILE (~(size_t)0)

static struct mi_kernel kernel;
static struct mi_mapping maps[64];
static struct mi_mapped_file files[2];
static struct mi_process process;

static int setup(void **state)
{
	(void)state;
	memset(maps, 0, sizeof(maps));
	memset(files, 0, sizeof(files));
	files[0].file = (struct mi_file){.mode = S_IFREG | 0644, .name = {.fs = "tmpfs"}};
	files[1].file = files[0].file;
	free(process.windows);
	process = (struct mi_process){.k = &kernel, .maps = maps, .files = files, .n_files = 2};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(process.windows);
	process.windows = NULL;
	return 0;
}

/* Mapping of @pages pages at page BASE + @at, which shows the file from @pgoff on. */
static struct mi_mapping *add(uint64_t at, uint64_t pages, uint64_t pgoff)
{
	struct mi_mapping *m = &maps[process.n_maps++];

	assert_true(process.n_maps <= sizeof(maps) / sizeof(maps[0]));
	m->kind = MI_MAP_FILE;
	m->vma.start = (BASE + at) * MI_PAGE_SIZE;
	m->vma.end = m->vma.start + pages * MI_PAGE_SIZE;
	m->vma.pgoff = pgoff;
	m->vma.flags = SHARED;
	m->vma.file = 0xffff888000001000;
	return m;
}

/* @n pieces of one page, in an order that nothing else would make. */
static void add_pieces(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		add(i, 1, 100 + 3 * i * i);
}

static void found(size_t windows)
{
	struct mi_error err;

	assert_int_equal(mi_windows_find(&process, &err), MI_OK);
	assert_int_equal(process.n_windows, windows);
}

static void test_nothing(void **state)
{
	(void)state;
	found(0);
	add(0, 4, 0);
	found(0);
}

static void test_enough_pieces(void **state)
{
	(void)state;
	add_pieces(MI_WINDOW_PIECES - 1);
	found(0);
	add(7, 1, 1000);
	found(1);
	assert_int_equal(process.windows[0].n_pieces, 8);
	assert_int_equal(process.windows[0].n_vmas, 8);
	assert_int_equal(process.windows[0].first, 100);
	assert_int_equal(process.windows[0].last, 1000);
	assert_int_equal(process.windows[0].file_pages, 8);
	assert_false(process.windows[0].falling);
}

/* remap_file_pages() of one page: left and right of it the mapping goes on. */
static void test_something_in_the_middle(void **state)
{
	struct mi_window_piece piece;
	size_t at = 0;

	(void)state;
	add(0, 4, 0);
	add(4, 1, 20);
	found(0);
	add(5, 4, 5);
	found(1);
	assert_int_equal(process.windows[0].n_pieces, 3);
	assert_true(process.windows[0].start == BASE * MI_PAGE_SIZE);
	assert_true(process.windows[0].end == (BASE + 9) * MI_PAGE_SIZE);
	assert_true(mi_window_next(&process, &process.windows[0], &at, &piece));
	assert_true(mi_window_next(&process, &process.windows[0], &at, &piece));
	assert_true(piece.start == (BASE + 4) * MI_PAGE_SIZE);
	assert_int_equal(piece.pgoff, 20);
	assert_int_equal(piece.pages, 1);
	assert_true(mi_window_next(&process, &process.windows[0], &at, &piece));
	assert_int_equal(piece.pgoff, 5);
	assert_false(mi_window_next(&process, &process.windows[0], &at, &piece));
}

static void test_swapped_pairs(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		add(i, 1, i ^ 1);
	found(1);
	assert_int_equal(process.windows[0].file_pages, 4);
}

/* The order in which mmap() puts one mapping below the other. */
static void test_falling(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		add(4 * i, 4, 4 * (9 - i));
	found(0);
	add(28, 4, 8);
	found(1);
	assert_true(process.windows[0].falling);
	assert_int_equal(process.windows[0].file_pages, 32);
}

static void test_one_page_everywhere(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		add(i, 1, 3);
	found(1);
	assert_int_equal(process.windows[0].file_pages, 1);
	assert_int_equal(process.windows[0].first, 3);
	assert_int_equal(process.windows[0].last, 3);
}

/* VMAs that the kernel has not joined, as of two open files. */
static void test_pieces_of_several_vmas(void **state)
{
	struct mi_window_piece piece;
	size_t at = 0;

	(void)state;
	add(0, 2, 0);
	add(2, 2, 2);
	add(4, 1, 20);
	add(5, 1, 5);
	found(1);
	assert_int_equal(process.windows[0].n_vmas, 4);
	assert_int_equal(process.windows[0].n_pieces, 3);
	assert_true(mi_window_next(&process, &process.windows[0], &at, &piece));
	assert_int_equal(piece.pages, 4);
	assert_int_equal(piece.n_vmas, 2);
}

static void test_other_flags_may_differ(void **state)
{
	(void)state;
	add_pieces(8);
	maps[2].vma.flags |= MI_VM_LOCKED;
	maps[3].vma.flags |= MI_VM_RAND_READ;
	maps[4].vma.flags |= 1ULL << 27;
	found(1);
	assert_int_equal(process.windows[0].n_vmas, 8);
}

static void test_what_ends_a_group(void **state)
{
	struct mi_error err;

	(void)state;
	/* 16 pieces, of which the one in the middle is of something else. */
	add_pieces(17);
	maps[8].vma.flags &= ~MI_VM_WRITE;
	found(2);
	setup(NULL);
	add_pieces(17);
	maps[8].file = 1;
	found(2);
	assert_int_equal(process.windows[1].map, 9);
	setup(NULL);
	add_pieces(16);
	maps[8].vma.start += MI_PAGE_SIZE;
	maps[8].vma.end += MI_PAGE_SIZE;
	assert_int_equal(mi_windows_find(&process, &err), MI_OK);
	assert_int_equal(process.windows[0].n_vmas, 8);
}

static void test_what_is_never_one(void **state)
{
	size_t i;

	(void)state;
	add_pieces(20);
	for (i = 0; i < 20; i++)
		maps[i].vma.flags = MI_VM_READ | MI_VM_WRITE;
	found(0); /* private */
	for (i = 0; i < 20; i++)
		maps[i].vma.flags = SHARED | MI_VM_PFNMAP;
	found(0);
	for (i = 0; i < 20; i++)
		maps[i].vma.flags = SHARED;
	files[0].file.mode = S_IFCHR | 0600;
	found(0); /* objects of a graphics card */
	files[0].file.mode = S_IFREG | 0600;
	strcpy(files[0].file.name.fs, "anon_inodefs");
	found(0); /* buffers of perf, which all begin at 0 */
	for (i = 0; i < 20; i++)
		maps[i].file = NO_FILE;
	found(0);
	for (i = 0; i < 20; i++)
		maps[i].file = 1;
	found(1); /* and so they would be */
}

/* Before Linux 4.0 one mapping could hold pages in any order; since, the flag is VM_SYNC. */
static void test_nonlinear_in_itself(void **state)
{
	(void)state;
	add_pieces(8);
	maps[3].vma.flags |= MI_VM_NONLINEAR;
	found(1);
	kernel.nonlinear = true;
	process.n_windows = 0;
	found(0);
	kernel.nonlinear = false;
}

/* A library: what its segments have in common overlaps, and none of it is shared. */
static void test_library(void **state)
{
	size_t i;

	(void)state;
	add(0, 4, 0);
	add(4, 16, 4);
	add(20, 8, 20);
	add(28, 2, 27);
	add(30, 2, 29);
	found(0);
	for (i = 0; i < 5; i++)
		maps[i].vma.flags = MI_VM_READ;
	found(0);
}

static void test_offsets_that_wrap(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		add(i, 1, ~0ULL - 7 * i);
	found(1);
	assert_int_equal(process.windows[0].n_pieces, 10);
}

/* ---- flags ---- */

static void bit_is(unsigned int bit, const char *word)
{
	const char *name = mi_vma_flag(&kernel, bit);

	assert_non_null(name);
	assert_string_equal(name, word);
}

static void never_nonlinear(void)
{
	unsigned int bit;

	for (bit = 0; bit < 64; bit++)
		if (mi_vma_flag(&kernel, bit))
			assert_null(strstr(mi_vma_flag(&kernel, bit), "nonlinear"));
	bit_is(23, "sync");
	bit_is(27, "softdirty");
}

/* Bits 23 and 27 meant VM_NONLINEAR and VM_CAN_NONLINEAR once. */
static void test_sync_and_softdirty(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.l.vma_uffd.off = 8;
	assert_true(mi_vma_flags_init(&kernel));
	never_nonlinear();
	assert_int_equal(mi_vma_flag_bit(&kernel, "lockonfault"), 19);
	assert_int_equal(mi_vma_flag_bit(&kernel, "nonlinear"), -1);
	/* The same in a kernel that tells the numbers itself. */
	memset(&kernel, 0, sizeof(kernel));
	kernel.l.VMA_READ = (struct mi_enumerator){true, 0};
	kernel.l.VMA_SYNC = (struct mi_enumerator){true, 23};
	kernel.l.VMA_SOFTDIRTY = (struct mi_enumerator){true, 27};
	assert_true(mi_vma_flags_init(&kernel));
	never_nonlinear();
	assert_int_equal(mi_vma_flag_bit(&kernel, "lockonfault"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_enough_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_something_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_swapped_pairs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_falling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_page_everywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces_of_several_vmas, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_flags_may_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_ends_a_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_never_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonlinear_in_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(test_library, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offsets_that_wrap, setup, teardown),
		cmocka_unit_test(test_sync_and_softdirty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
