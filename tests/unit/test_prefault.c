// SPDX-License-Identifier: GPL-2.0-or-later
/* test_prefault.c - what of a mapping is faulted in, and what its mlock has come to */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../libsrc/inspect/inspect.h"

#define BIT(flag) (1U << (flag))

static struct mi_kernel kernel;
static struct mi_mapped_file files[1];
static struct mi_mapping map;
static struct mi_process process;
static struct mi_run cell;

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.l.vma_uffd.off = 8;
	kernel.l.PG_mlocked.known = true;
	mi_vma_flags_init(&kernel);
	memset(files, 0, sizeof(files));
	files[0].file = (struct mi_file){.mode = S_IFREG | 0644, .name = {.fs = "ext4"}};
	map = (struct mi_mapping){.kind = MI_MAP_FILE,
				  .vma = {.flags = MI_VM_READ, .file = 0x1000, .ops = 0x2000}};
	process = (struct mi_process){.k = &kernel, .files = files, .n_files = 1};
	cell = (struct mi_run){.n = 3};
	return 0;
}

static void is(enum mi_prefault_class want)
{
	assert_string_equal(mi_prefault_word(mi_prefault_class(&process, &map, &cell)),
			    mi_prefault_word(want));
}

static void with_folio(uint32_t flags)
{
	cell.cached = MI_CACHED_FOLIO;
	cell.has_slot_page = true;
	cell.slot_page.flags = flags;
}

static void test_by_pte(void **state)
{
	static const struct {
		enum mi_pte_kind pte;
		enum mi_prefault_class cls;
	} rows[] = {
		{MI_PTE_PRESENT, MI_PF_POPULATED},   {MI_PTE_PROT_NONE, MI_PF_POPULATED},
		{MI_PTE_NUMA_HINT, MI_PF_POPULATED}, {MI_PTE_SWAP, MI_PF_SWAPPED},
		{MI_PTE_MIGRATION, MI_PF_OTHER},     {MI_PTE_HWPOISON, MI_PF_OTHER},
		{MI_PTE_DEVICE, MI_PF_OTHER},	     {MI_PTE_MARKER, MI_PF_OTHER},
		{MI_PTE_SWAP_ERROR, MI_PF_OTHER},    {MI_PTE_UNKNOWN, MI_PF_OTHER},
		{MI_PTE_UNREADABLE, MI_PF_UNKNOWN},
	};
	size_t i;

	(void)state;
	/* Whatever the cache has, and wherever the file ends. */
	with_folio(BIT(MI_PG_UPTODATE));
	cell.beyond_eof = true;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cell.pte = rows[i].pte;
		is(rows[i].cls);
	}
}

static void test_by_cache(void **state)
{
	(void)state;
	with_folio(BIT(MI_PG_UPTODATE));
	is(MI_PF_READY);
	with_folio(BIT(MI_PG_UPTODATE) | BIT(MI_PG_LOCKED));
	is(MI_PF_READY);
	with_folio(BIT(MI_PG_LOCKED));
	is(MI_PF_READING);
	with_folio(0);
	is(MI_PF_TO_READ);
	with_folio(BIT(MI_PG_UPTODATE) | BIT(MI_PG_HWPOISON));
	is(MI_PF_OTHER);
	cell.slot_page.why = MI_READ_EXCLUDED;
	is(MI_PF_UNKNOWN);
	cell.has_slot_page = false;
	is(MI_PF_UNKNOWN);
	cell.cached = MI_CACHED_UNKNOWN;
	is(MI_PF_UNKNOWN);
	cell.cached = MI_CACHED_SWAP;
	is(MI_PF_SWAPPED);
	cell.cached = MI_CACHED_DAX;
	is(MI_PF_READY);
	cell.cached = MI_CACHED_SHADOW;
	is(MI_PF_TO_READ);
	cell.cached = MI_CACHED_NONE;
	is(MI_PF_TO_READ);
	cell.beyond_eof = true;
	is(MI_PF_BEYOND);
}

/* An empty slot: is there something to read, and from where? */
static void test_by_file(void **state)
{
	struct mi_file *f = &files[0].file;

	(void)state;
	strcpy(f->name.fs, "tmpfs");
	is(MI_PF_FRESH);
	strcpy(f->name.fs, "overlay");
	f->backed = true;
	strcpy(f->backing.fs, "xfs");
	is(MI_PF_TO_READ);
	strcpy(f->backing.fs, "tmpfs");
	is(MI_PF_FRESH);
	f->backed = false;
	strcpy(f->name.fs, "devtmpfs"); /* a disk's node lies there */
	f->mode = S_IFBLK | 0600;
	is(MI_PF_TO_READ);
	f->mode = S_IFREG | 0600;
	f->name.fs[0] = '\0';
	is(MI_PF_UNKNOWN);
	f->dax = true;
	is(MI_PF_FRESH);
	f->mode = S_IFCHR | 0600;
	is(MI_PF_OTHER);
	map.vma.ops = 0; /* /dev/zero, privately */
	is(MI_PF_FRESH);
	map.file = ~(size_t)0; /* nothing is known of it */
	map.vma.ops = 0x2000;
	is(MI_PF_UNKNOWN);
}

/* Before Linux 4.0 an entry may say which page of the file is meant: it maps none. */
static void test_entry_that_names_a_page(void **state)
{
	(void)state;
	cell.pte = MI_PTE_FILE;
	is(MI_PF_TO_READ);
	with_folio(BIT(MI_PG_UPTODATE));
	is(MI_PF_READY);
	cell.beyond_eof = true;
	is(MI_PF_BEYOND);
}

static void test_without_file(void **state)
{
	(void)state;
	map.vma.file = 0;
	map.file = ~(size_t)0;
	map.kind = MI_MAP_ANON;
	is(MI_PF_OTHER); /* a vdso whose name is not known */
	map.vma.ops = 0;
	is(MI_PF_FRESH);
	map.kind = MI_MAP_SPECIAL;
	is(MI_PF_OTHER);
}

static void test_counts(void **state)
{
	struct mi_prefault pf = {0}, sum = {0};

	(void)state;
	with_folio(BIT(MI_PG_UPTODATE) | BIT(MI_PG_READAHEAD));
	mi_prefault_count(&process, &map, &pf, &cell, 1);
	assert_int_equal(pf.n[MI_PF_READY], 3);
	assert_int_equal(pf.held, 3);
	cell.pte = MI_PTE_PRESENT;
	cell.has_page = true;
	cell.page.flags = BIT(MI_PG_MLOCKED);
	mi_prefault_count(&process, &map, &pf, &cell, 1);
	assert_int_equal(pf.n[MI_PF_POPULATED], 3);
	assert_int_equal(pf.mlocked, 3);
	assert_int_equal(pf.held, 3);
	assert_int_equal(pf.mlock_unknown, 0);
	cell.page.why = MI_READ_EXCLUDED;
	mi_prefault_count(&process, &map, &pf, &cell, 1);
	assert_int_equal(pf.mlocked, 3);
	assert_int_equal(pf.mlock_unknown, 3);
	cell.has_page = false;
	cell.relation = MI_REL_ZERO;
	mi_prefault_count(&process, &map, &pf, &cell, 1);
	assert_int_equal(pf.mlock_unknown, 3);
	mi_prefault_add(&sum, &pf);
	mi_prefault_add(&sum, &pf);
	assert_int_equal(sum.n[MI_PF_POPULATED], 18);
	assert_int_equal(sum.mlocked, 6);
}

static void locked_is(const struct mi_prefault *pf, const char *want)
{
	enum mi_mlock_state s = mi_mlock_state(&kernel, &map.vma, pf);

	assert_string_equal(mi_mlock_word(s), want);
	assert_int_equal(s != MI_MLOCK_NONE, mi_mlock_text(s)[0] != '\0');
}

static void test_mlock(void **state)
{
	struct mi_prefault pf = {0};

	(void)state;
	pf.n[MI_PF_POPULATED] = 10;
	pf.n[MI_PF_BEYOND] = 2;
	locked_is(&pf, "none");
	map.vma.flags |= MI_VM_LOCKED;
	locked_is(&pf, "whole");
	pf.n[MI_PF_UNKNOWN] = 1;
	locked_is(&pf, "unknown");
	pf.n[MI_PF_TO_READ] = 4;
	pf.n[MI_PF_FRESH] = 1;
	assert_int_equal(mi_prefault_holes(&pf), 5);
	locked_is(&pf, "holes");
	map.vma.flags &= ~MI_VM_READ;
	locked_is(&pf, "no-access");
	map.vma.flags |= 1ULL << 19;
	locked_is(&pf, "on-fault");
	/* A kernel whose flags have other numbers. */
	kernel.vma_flag[19] = NULL;
	map.vma.flags |= MI_VM_READ;
	locked_is(&pf, "unsure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_by_pte, setup),
		cmocka_unit_test_setup(test_by_cache, setup),
		cmocka_unit_test_setup(test_by_file, setup),
		cmocka_unit_test_setup(test_entry_that_names_a_page, setup),
		cmocka_unit_test_setup(test_without_file, setup),
		cmocka_unit_test_setup(test_counts, setup),
		cmocka_unit_test_setup(test_mlock, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
