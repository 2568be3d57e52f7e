// SPDX-License-Identifier: GPL-2.0-or-later
/* test_predict.c - what a touch of one page does, from its state alone; and whom a fault maps */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../libsrc/inspect/predict_rules.h"
#include "../../libsrc/kernel/pagetable.h"

#define RW (MI_VM_READ | MI_VM_WRITE)

static struct mi_kernel k;
static struct mi_process p;
static struct mi_mapping m;
static struct mi_file file;
static struct mi_predictor pr;
static struct mi_run c;
static struct mi_prediction rd, wr;

/* A mapping of a file of 100 pages, by a kernel that retries as 6.12 does. */
static void mapping(enum mi_handler handler, uint64_t flags)
{
	memset(&k, 0, sizeof(k));
	memset(&m, 0, sizeof(m));
	memset(&pr, 0, sizeof(pr));
	memset(&c, 0, sizeof(c));
	k.l.PG_lru.known = k.l.PG_swapcache.known = k.l.PG_hwpoison.known = true;
	k.l.folio_mm_ids.off = -1;
	k.l.ra_mmap_miss.size = 4;
	p.k = &k;
	m.vma.start = 0x7f0000000000;
	m.vma.end = m.vma.start + 1024 * MI_PAGE_SIZE;
	m.vma.flags = flags;
	file.mode = S_IFREG;
	pr.p = &p;
	pr.m = &m;
	pr.file = handler == MI_HANDLER_ANON ? NULL : &file;
	pr.handlers.fault = handler;
	pr.handlers.around = handler == MI_HANDLER_ANON ? MI_NO : MI_YES;
	pr.handlers.mkwrite = handler == MI_HANDLER_CACHE ? MI_YES : MI_NO;
	pr.rules.around_known = true;
	pr.rules.around_pages = 16;
	pr.rules.reuse = MI_REUSE_EXCLUSIVE;
	pr.rules.notes_use = pr.rules.notes_write = MI_YES;
	pr.env.eof = pr.eof = 100;
	c.va = m.vma.start;
	c.n = 1;
	c.level = 1;
}

static void predict(void)
{
	mi_predict_cell(&pr, &c, &rd, &wr);
}

static void is(const struct mi_prediction *r, enum mi_next_what what, const char *rule)
{
	assert_string_equal(mi_next_word(r->what), mi_next_word(what));
	assert_string_equal(r->rule, rule);
}

static void counts(const struct mi_prediction *r, unsigned int minor, unsigned int major)
{
	assert_true(r->counted);
	assert_int_equal(r->minor, minor);
	assert_int_equal(r->major, major);
}

static void present(enum mi_page_owner owner, unsigned int bits)
{
	c.pte = MI_PTE_PRESENT;
	c.pte_bits = bits;
	c.has_pfn = c.has_page = true;
	c.page.owner = owner;
	c.page.refcount = c.page.mapcount = 1;
	c.page.flags = 1U << MI_PG_LRU | 1U << MI_PG_UPTODATE;
}

static void in_cache(uint32_t flags)
{
	c.pte = MI_PTE_NONE;
	c.cached = MI_CACHED_FOLIO;
	c.has_slot_page = true;
	c.slot_page.flags = flags;
}

static void test_protection(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, 0);
	predict();
	is(&rd, MI_NEXT_SIGSEGV, "no-access");
	is(&wr, MI_NEXT_SIGSEGV, "no-access");
	assert_false(rd.counted);
	mapping(MI_HANDLER_ANON, MI_VM_READ);
	predict();
	is(&rd, MI_NEXT_ZERO, "untouched");
	is(&wr, MI_NEXT_SIGSEGV, "read-only");
	/* x86 cannot write without reading. */
	mapping(MI_HANDLER_ANON, MI_VM_WRITE);
	predict();
	is(&rd, MI_NEXT_ZERO, "untouched");
	mapping(MI_HANDLER_ANON, RW | 1ULL << 33);
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "pkey");
	/* A bit where userfaultfd's are, whose meaning is not sure. */
	mapping(MI_HANDLER_ANON, RW | 1ULL << 9);
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "uffd");
}

static void test_anonymous(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	predict();
	is(&rd, MI_NEXT_ZERO, "untouched");
	counts(&rd, 1, 0);
	is(&wr, MI_NEXT_NEW, "untouched");
	pr.uffd = MI_UFFD_MISSING;
	predict();
	is(&wr, MI_NEXT_USERFAULTFD, "uffd-missing");
	/* A huge page, where there is no page table: both ends must lie in the mapping. */
	mapping(MI_HANDLER_ANON, RW);
	pr.thp = MI_YES;
	c.level = 0;
	predict();
	is(&wr, MI_NEXT_NEW, "huge-page");
	is(&rd, MI_NEXT_NEW, "huge-page");
	pr.rules.thp_zero = true;
	predict();
	is(&rd, MI_NEXT_ZERO, "huge-page");
	m.vma.start += MI_PAGE_SIZE;
	c.va += MI_PAGE_SIZE;
	predict();
	is(&wr, MI_NEXT_NEW, "untouched");
	assert_int_equal(wr.huge, MI_NO);
}

/* arm64, whose CPUs differ in what they note; and arm, whose do not. */
static void test_access(void **state)
{
	(void)state;
	mapping(MI_HANDLER_CACHE, RW | MI_VM_SHARED);
	present(MI_OWNER_FILE, MI_PTE_WRITE);
	pr.rules.notes_use = pr.rules.notes_write = MI_NO;
	predict();
	is(&rd, MI_NEXT_ACCESS, "access-flag");
	counts(&rd, 1, 0);
	is(&wr, MI_NEXT_ACCESS, "access-flag");
	c.pte_bits |= MI_PTE_YOUNG;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	is(&wr, MI_NEXT_ACCESS, "dirty-bit");
	counts(&wr, 1, 0);
	c.pte_bits |= MI_PTE_DIRTY;
	predict();
	is(&wr, MI_NEXT_NONE, "mapped");
	/* What may not be written is another matter. */
	c.pte_bits = 0;
	predict();
	is(&wr, MI_NEXT_MKWRITE, "page-mkwrite");
	/* The one of the two. */
	c.pte_bits = MI_PTE_WRITE;
	pr.rules.notes_use = MI_YES;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	is(&wr, MI_NEXT_ACCESS, "dirty-bit");
	pr.rules.notes_use = pr.rules.notes_write = MI_NOT_KNOWN;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "cpu");
	c.pte_bits = MI_PTE_WRITE | MI_PTE_YOUNG;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	is(&wr, MI_NEXT_UNKNOWN, "cpu");
}

/* 16 entries may be one to the kernel: those of a folio of as many pages. */
static void test_contiguous(void **state)
{
	(void)state;
	mapping(MI_HANDLER_CACHE, RW);
	present(MI_OWNER_FILE, 0);
	pr.rules.notes_use = MI_NO;
	pr.rules.contiguous = true;
	predict();
	assert_int_equal(rd.huge, MI_NO);
	c.page.order = 4;
	predict();
	is(&rd, MI_NEXT_ACCESS, "access-flag");
	assert_int_equal(rd.huge, MI_NOT_KNOWN);
	c.level = 2;
	predict();
	assert_int_equal(rd.huge, MI_NO);
	c.level = 1;
	pr.rules.contiguous = false;
	predict();
	assert_int_equal(rd.huge, MI_NO);
}

/* Flags of mappings have other places on each. */
static void test_other_arch(void **state)
{
	static const struct mi_pte_ops arm64 = {.arch = MI_ARCH_ARM64}, arm = {.arch = MI_ARCH_ARM};

	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	present(MI_OWNER_ANON, MI_PTE_WRITE);
	k.pte = &arm64;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	m.vma.flags = RW | 1ULL << 36;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "vm-flags");
	m.vma.flags = MI_VM_EXEC;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "exec-only");
	is(&wr, MI_NEXT_SIGSEGV, "read-only");
	/* On arm what can be done at all can be read. */
	k.pte = &arm;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	is(&wr, MI_NEXT_SIGSEGV, "read-only");
	m.vma.flags = RW | 1ULL << 32;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "vm-flags");
	m.vma.flags = RW;
	c.pte = MI_PTE_NUMA_HINT;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "pte");
}

static void test_present(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	present(MI_OWNER_ANON, MI_PTE_WRITE);
	predict();
	is(&wr, MI_NEXT_NONE, "mapped");
	counts(&wr, 0, 0);
	c.pte_bits = 0;
	c.page.anon_exclusive = true;
	predict();
	is(&rd, MI_NEXT_NONE, "mapped");
	is(&wr, MI_NEXT_REUSE, "exclusive");
	c.relation = MI_REL_ZERO;
	predict();
	is(&wr, MI_NEXT_NEW, "zero-page");
	c.relation = MI_REL_NONE;
	c.page.owner = MI_OWNER_KSM;
	predict();
	is(&wr, MI_NEXT_COW, "ksm");
	c.page.owner = MI_OWNER_FILE;
	predict();
	is(&wr, MI_NEXT_COW, "private");
	c.page.owner = MI_OWNER_NONE;
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "page");
	c.page.why = MI_READ_EXCLUDED;
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "page");
}

/* Whose references they are is seen from counts and flags, or not at all. */
static void test_reuse(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	present(MI_OWNER_ANON, 0);
	predict();
	is(&wr, MI_NEXT_REUSE, "sole-owner");
	c.page.mapcount = c.page.refcount = 2;
	predict();
	is(&wr, MI_NEXT_COW, "shared");
	c.page.mapcount = 1;
	predict();
	is(&wr, MI_NEXT_COW, "referenced");
	/* One of two may be of the lists that are drained first. */
	c.page.flags &= ~(1U << MI_PG_LRU);
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "references");
	c.page.flags |= 1U << MI_PG_LRU | 1U << MI_PG_SWAPCACHE;
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "references");
	/* 5.9 to 5.17 look at no more than the counts. */
	pr.rules.reuse = MI_REUSE_COUNTS;
	predict();
	is(&wr, MI_NEXT_COW, "referenced");
	pr.rules.reuse = MI_REUSE_UNKNOWN;
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "references");
}

static void test_entries(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	c.pte = MI_PTE_MARKER;
	c.swap_offset = MI_MARKER_GUARD;
	predict();
	is(&rd, MI_NEXT_SIGSEGV, "guard");
	c.swap_offset = MI_MARKER_POISONED;
	predict();
	is(&rd, MI_NEXT_SIGBUS, "poisoned");
	c.swap_offset = MI_MARKER_UFFD_WP;
	pr.uffd = MI_UFFD_WP;
	predict();
	is(&rd, MI_NEXT_ZERO, "untouched");
	is(&wr, MI_NEXT_USERFAULTFD, "uffd-wp");
	c.swap_offset = 64;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "marker");
	c.pte = MI_PTE_HWPOISON;
	predict();
	is(&rd, MI_NEXT_SIGBUS, "hwpoison");
	c.pte = MI_PTE_MIGRATION;
	predict();
	is(&rd, MI_NEXT_WAIT, "migration");
	assert_false(rd.counted);
	c.pte = MI_PTE_UNREADABLE;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "page-table");
}

static void test_numa(void **state)
{
	(void)state;
	mapping(MI_HANDLER_ANON, RW);
	present(MI_OWNER_ANON, 0);
	c.pte = MI_PTE_NUMA_HINT;
	c.page.anon_exclusive = true;
	predict();
	is(&rd, MI_NEXT_NUMA, "numa-hint");
	counts(&rd, 1, 0);
	assert_false(wr.counted);
	pr.rules.numa_upgrades = true;
	predict();
	counts(&wr, 1, 0);
}

/* One fault for all that a page table maps, if a huge page is as large. */
static void test_hugetlb(void **state)
{
	(void)state;
	mapping(MI_HANDLER_HUGETLB, RW | MI_VM_SHARED);
	predict();
	is(&rd, MI_NEXT_HUGETLB, "hugetlb");
	counts(&rd, 1, 0);
	assert_int_equal(rd.huge, MI_NOT_KNOWN);
	pr.hugetlb_fits = true;
	predict();
	assert_int_equal(wr.huge, MI_YES);
	/* Without one that is reserved there may be none. */
	m.vma.flags = RW;
	predict();
	is(&wr, MI_NEXT_HUGETLB, "hugetlb");
	assert_false(wr.counted);
	assert_int_equal(wr.huge, MI_NO);
	c.pgoff = 100;
	predict();
	is(&wr, MI_NEXT_SIGBUS, "beyond-eof");
}

static void test_file(void **state)
{
	(void)state;
	mapping(MI_HANDLER_CACHE, RW);
	predict();
	is(&rd, MI_NEXT_MAJOR, "absent");
	counts(&rd, 0, 1);
	assert_true(rd.has_window);
	is(&wr, MI_NEXT_COW, "absent");
	c.pgoff = 100;
	predict();
	is(&rd, MI_NEXT_SIGBUS, "beyond-eof");
	c.pgoff = 99;
	in_cache(1U << MI_PG_UPTODATE);
	predict();
	is(&rd, MI_NEXT_MINOR, "cached");
	is(&wr, MI_NEXT_COW, "cached");
	in_cache(1U << MI_PG_LOCKED);
	predict();
	is(&rd, MI_NEXT_WAIT, "read-in-flight");
	counts(&rd, 1, 0);
	pr.rules.retry_is_major = MI_YES;
	predict();
	counts(&rd, 0, 1);
	in_cache(0);
	predict();
	is(&rd, MI_NEXT_MAJOR, "not-uptodate");
	c.slot_page.why = MI_READ_EXCLUDED;
	predict();
	is(&rd, MI_NEXT_UNKNOWN, "cache");
}

/* A write to a shared page: is it told of, and how does it count? */
static void test_shared(void **state)
{
	(void)state;
	mapping(MI_HANDLER_CACHE, RW | MI_VM_SHARED);
	in_cache(1U << MI_PG_UPTODATE);
	predict();
	is(&wr, MI_NEXT_MKWRITE, "cached");
	counts(&wr, 1, 0);
	/* 5.10 tries again when all is done, which counts as major. */
	pr.rules.dirty_retries = pr.rules.retry_is_major = MI_YES;
	predict();
	counts(&wr, 0, 1);
	counts(&rd, 1, 0);
	pr.rules.dirty_retries = MI_NOT_KNOWN;
	predict();
	assert_false(wr.counted);
	pr.handlers.mkwrite = MI_NOT_KNOWN;
	predict();
	is(&wr, MI_NEXT_UNKNOWN, "handler");
	mapping(MI_HANDLER_CACHE, RW | MI_VM_SHARED);
	present(MI_OWNER_FILE, 0);
	predict();
	is(&wr, MI_NEXT_MKWRITE, "page-mkwrite");
	/* tmpfs: only what was clean is tried again. */
	mapping(MI_HANDLER_SHMEM, RW | MI_VM_SHARED);
	pr.rules.dirty_retries = pr.rules.retry_is_major = MI_YES;
	in_cache(1U << MI_PG_UPTODATE | 1U << MI_PG_DIRTY);
	predict();
	is(&wr, MI_NEXT_MINOR, "cached");
	counts(&wr, 1, 0);
	in_cache(1U << MI_PG_UPTODATE);
	predict();
	counts(&wr, 0, 1);
	c.cached = MI_CACHED_NONE;
	predict();
	is(&rd, MI_NEXT_NEW, "hole");
	is(&wr, MI_NEXT_NEW, "hole");
}

/* ---- fault-around ---- */

static struct mi_spot spots[MI_SPOTS];

static struct mi_spot_set maps(uint64_t va, uint64_t n, uint64_t i, bool is_write, bool sure)
{
	struct mi_fault_at f = {
		.pr = &pr, .va = va, .spots = spots, .n = n, .i = i, .is_write = is_write};
	struct mi_spot_set set = {{0}};

	assert_int_equal(mi_predict_maps(&f, &set), sure);
	return set;
}

static void are(const struct mi_spot_set *set, uint64_t from, uint64_t to)
{
	uint64_t i;

	for (i = 0; i < MI_SPOTS; i++)
		assert_int_equal(mi_spot_in(set, i), i >= from && i < to);
}

static void all_cached(unsigned int order)
{
	size_t i;

	for (i = 0; i < MI_SPOTS; i++)
		spots[i] = (struct mi_spot){.bits = MI_CM_PAGE | MI_CM_UPTODATE |
						    order << MI_CM_ORDER_SHIFT,
					    .empty = true};
	pr.env.eof = 4096;
}

static void test_fault_around(void **state)
{
	struct mi_spot_set set;
	uint64_t va;

	(void)state;
	mapping(MI_HANDLER_CACHE, RW);
	va = m.vma.start;
	all_cached(0);
	set = maps(va, 512, 21, false, true);
	are(&set, 16, 32);
	/* Where the mapping begins inside a block, as many pages from there on. */
	m.vma.start += 8 * MI_PAGE_SIZE;
	set = maps(va + 8 * MI_PAGE_SIZE, 504, 2, false, true);
	are(&set, 0, 16);
	m.vma.start = va;
	/* Not beyond the mapping, nor the file. */
	set = maps(va, 20, 17, false, true);
	are(&set, 16, 20);
	pr.env.eof = 18;
	set = maps(va, 512, 17, false, true);
	are(&set, 16, 18);
	pr.env.eof = 4096;
	/* What is mapped, locked or marked is left alone. */
	spots[16].empty = false;
	spots[31].bits |= MI_CM_MARKER;
	set = maps(va, 512, 21, false, true);
	are(&set, 17, 31);
	/* A write maps its page alone. */
	set = maps(va, 512, 21, true, true);
	are(&set, 21, 22);
	pr.handlers.around = MI_NOT_KNOWN;
	maps(va, 512, 21, false, false);
}

static void test_whole_folios(void **state)
{
	struct mi_spot_set set;
	uint64_t va;

	(void)state;
	mapping(MI_HANDLER_CACHE, RW | MI_VM_SHARED);
	va = m.vma.start;
	all_cached(5);
	set = maps(va, 512, 21, false, true);
	are(&set, 16, 32);
	pr.rules.whole_folios = MI_YES;
	set = maps(va, 512, 21, false, true);
	are(&set, 0, 32);
	set = maps(va, 512, 21, true, true);
	are(&set, 0, 32);
	/* One that the file ends in, or of which a page is mapped, is not mapped as a whole. */
	pr.env.eof = 31;
	set = maps(va, 512, 21, true, true);
	are(&set, 21, 22);
	pr.env.eof = 4096;
	spots[3].empty = false;
	set = maps(va, 512, 21, true, true);
	are(&set, 21, 22);
	pr.rules.whole_folios = MI_NOT_KNOWN;
	maps(va, 512, 21, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protection),   cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_access),	     cmocka_unit_test(test_contiguous),
		cmocka_unit_test(test_other_arch),   cmocka_unit_test(test_present),
		cmocka_unit_test(test_reuse),	     cmocka_unit_test(test_entries),
		cmocka_unit_test(test_numa),	     cmocka_unit_test(test_hugetlb),
		cmocka_unit_test(test_file),	     cmocka_unit_test(test_shared),
		cmocka_unit_test(test_fault_around), cmocka_unit_test(test_whole_folios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
