// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_arm.c - page tables of arm: where the kernel's are, how a process's are walked, what
 * single entries say
 *
 * Entries are worked out by hand from the kernel's headers (pgtable-2level.h, pgtable-3level.h
 * and their -hwdef.h).
 */
#define PAGES 768 /* 3 MiB, so that there is room for a second kernel */
#define PHYS 0x600000ULL
#include "fake_memory.h"

#include "../../libsrc/kernel/pagetable.h"
#include "../../libsrc/kernel/swapform.h"

#define MIB (1ULL << 20)
#define PAGE_OFFSET 0xc0000000ULL
#define TOP (PAGE_OFFSET + 0x4000)
#define STEXT (PAGE_OFFSET + 0x8000)
#define TOP_PA (PHYS + 0x4000)

/* A section that the kernel may write, and may not. */
#define SECTION 0x1140eULL
#define READ_ONLY_NX 0x8010ULL
/* Tables of the hardware, and their entries: a page of the kernel's, which it may not execute. */
#define TABLE 0x1ULL
#define HW_PAGE 0x45eULL
#define HW_NX 0x1ULL
#define HW_READ_ONLY 0x200ULL

#define LPAE_TABLE 0x3ULL
#define LPAE_BLOCK 0x701ULL

static struct mi_xlat x;

static void put(uint64_t pa, uint64_t value, size_t bytes)
{
	assert_true(pa >= PHYS && pa - PHYS <= sizeof(memory) - bytes);
	memcpy(memory + (pa - PHYS), &value, bytes);
}

static void put32(uint64_t pa, uint64_t value)
{
	put(pa, value, 4);
}

static enum mi_status find(const char *more)
{
	struct mi_vmcoreinfo *vi;
	struct mi_error err;
	enum mi_status st;
	char text[256];
	int n;

	n = snprintf(text, sizeof(text),
		     "OSRELEASE=3.10\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=%llx\n%s", TOP,
		     STEXT, more);
	assert_int_equal(mi_vmcoreinfo_parse(text, (size_t)n, &vi, &err), MI_OK);
	memset(&x, 0, sizeof(x));
	x.arch = &mi_arch_arm;
	forget();
	st = mi_arch_arm.find_root(&target, vi, true, &x, &err);
	mi_vmcoreinfo_free(vi);
	return st;
}

static void walks_to(uint64_t va, uint64_t expect)
{
	uint64_t pa = 0;

	assert_int_equal(mi_xlat_walk(&target, &x, va, &pa), MI_READ_OK);
	assert_int_equal(pa, expect);
}

static void walks_nowhere(uint64_t va)
{
	uint64_t pa;

	assert_int_equal(mi_xlat_walk(&target, &x, va, &pa), MI_READ_UNMAPPED);
}

/* The entry of the hardware's top table, at physical @top, for @va. */
static void put_top(uint64_t top, uint64_t va, uint64_t entry)
{
	put32(top + (va >> 20) * 4, entry);
}

/* ---- the kernel's own ---- */

static void test_two_levels(void **state)
{
	const uint64_t table = PHYS + 0x20400;

	(void)state;
	start_memory();
	assert_int_equal(find(""), MI_ERR_READ);
	put_top(TOP_PA, PAGE_OFFSET, PHYS | SECTION);
	assert_int_equal(find(""), MI_OK);
	assert_int_equal(x.root, TOP_PA);
	assert_int_equal(x.lowmem, PHYS);
	assert_int_equal(x.shape.levels, 2);
	assert_ptr_equal(x.arch, &mi_arch_arm);
	walks_to(PAGE_OFFSET + 0x12345, PHYS + 0x12345);
	/* Through a table, which is a quarter of a page. */
	put_top(TOP_PA, 0xf0100000, table | TABLE);
	put32(table + 255 * 4, (PHYS + 0x7000) | HW_PAGE);
	put32(table + 254 * 4, (PHYS + 0x6000) | HW_PAGE | HW_NX | HW_READ_ONLY);
	put32(table + 253 * 4, 0x40);
	/* Modules lie below the direct map. */
	put_top(TOP_PA, 0xbf000000, (PHYS + MIB) | SECTION | READ_ONLY_NX);
	/* 16 MiB of a device; a section that the kernel may not execute (v7) */
	put_top(TOP_PA, 0xf2000000, PHYS | SECTION | 1 << 18);
	put_top(TOP_PA, 0xf3000000, (PHYS + 2 * MIB) | SECTION | 1);
	forget();
	walks_to(0xf01ff123, PHYS + 0x7123);
	walks_to(0xf01fe004, PHYS + 0x6004);
	walks_nowhere(0xf01fd000);
	walks_to(0xbf000010, PHYS + MIB + 0x10);
	walks_nowhere(0xf2000000);
	walks_to(0xf3000010, PHYS + 2 * MIB + 0x10);
	walks_nowhere(0xf4000000);
	walks_nowhere(0xbeffffff);
	walks_nowhere(1ULL << 32 | PAGE_OFFSET);
	assert_true(mi_xlat_is_constant(&target, &x, 0xf01fe000));
	assert_true(mi_xlat_is_constant(&target, &x, 0xbf000000));
	assert_false(mi_xlat_is_constant(&target, &x, 0xf01ff000));
	assert_false(mi_xlat_is_constant(&target, &x, PAGE_OFFSET));
	end_memory(state);
}

/* Where a table maps the kernel elsewhere, it is that of a process; two that fit are none. */
static void test_other_tables(void **state)
{
	(void)state;
	start_memory();
	put_top(TOP_PA, PAGE_OFFSET, PHYS | SECTION);
	put_top(TOP_PA + MIB, PAGE_OFFSET, PHYS | SECTION);
	assert_int_equal(find(""), MI_OK);
	assert_int_equal(x.lowmem, PHYS);
	put_top(TOP_PA + MIB, PAGE_OFFSET, (PHYS + MIB) | SECTION);
	assert_int_equal(find(""), MI_ERR_FORMAT);
	put_top(TOP_PA, PAGE_OFFSET, 0);
	assert_int_equal(find(""), MI_OK);
	assert_int_equal(x.lowmem, PHYS + MIB);
	end_memory(state);
}

/* Told or not, it is found out. */
static void test_lpae(void **state)
{
	const uint64_t middle = PHYS + 0x10000, table = PHYS + 0x11000;

	(void)state;
	start_memory();
	put(TOP_PA + 3 * 8, middle | LPAE_TABLE, 8);
	put(middle, PHYS | LPAE_BLOCK, 8);
	assert_int_equal(find(""), MI_OK);
	assert_int_equal(find("CONFIG_ARM_LPAE=y\n"), MI_OK);
	assert_int_equal(x.root, TOP_PA);
	assert_int_equal(x.lowmem, PHYS);
	assert_int_equal(x.shape.levels, 3);
	assert_int_equal(x.of_processes.levels, 0);
	put(middle + 8 * 8, table | LPAE_TABLE, 8);
	put(table + 8 * 8, (PHYS + 0x5000) | LPAE_BLOCK | LPAE_TABLE | 1ULL << 54 | 0x80, 8);
	put(table + 9 * 8, (PHYS + 0x5000) | LPAE_BLOCK, 8);
	forget();
	walks_to(PAGE_OFFSET + 0x123456, PHYS + 0x123456);
	walks_to(PAGE_OFFSET + 16 * MIB + 0x8010, PHYS + 0x5010);
	/* A block of the lowest level is none. */
	walks_nowhere(PAGE_OFFSET + 16 * MIB + 0x9010);
	assert_true(mi_xlat_is_constant(&target, &x, PAGE_OFFSET + 16 * MIB + 0x8000));
	assert_false(mi_xlat_is_constant(&target, &x, PAGE_OFFSET));
	end_memory(state);
}

/* ---- those of processes ---- */

static struct mi_pte decode(uint64_t entry, unsigned int level)
{
	struct mi_pte pte;

	mi_pte_decode(&kernel, entry, level, 0, &pte);
	return pte;
}

static void make_kernel(const struct mi_pt_shape *tables, bool nonlinear, unsigned int form)
{
	kernel.pte = &mi_pte_arm_ops;
	kernel.tables = tables;
	kernel.nonlinear = nonlinear;
	kernel.pfn_swap_bits = 28;
	kernel.swap = (struct mi_swap_types){.nr_files = 30,
					     .known = true,
					     .hwpoison = 30,
					     .migration = 30,
					     .n_migration = 2,
					     .forms = 1U << form};
}

/* As protection_map[] has it: what may be read, and what is shared and may be written. */
static const char *learn(uint64_t read, uint64_t write, size_t bytes)
{
	const uint64_t map = PHYS + 0x30000;

	put(map + 1 * bytes, read, bytes);
	put(map + 11 * bytes, write, bytes);
	kernel.l.sym_protection_map = BASE + 0x30000;
	forget();
	return kernel.pte->learn(&kernel);
}

static void start_narrow(void)
{
	start_memory();
	put_top(TOP_PA, PAGE_OFFSET, PHYS | SECTION);
	assert_int_equal(find(""), MI_OK);
	make_kernel(&x.of_processes, true, MI_SWAP_ARM_5);
	assert_null(learn(0x79f, 0x51f, 4)); /* RDONLY, XN; neither RDONLY */
}

/* The kernel's entries are in that half of the page which the pair does not name. */
static void walk_to(struct mi_pt_walk *w, uint64_t va, uint32_t entry)
{
	struct mi_extent ext;

	mi_pt_next(w, va, va + MI_PAGE_SIZE, &ext);
	assert_int_equal(ext.kind, MI_EXTENT_TABLE);
	assert_int_equal(ext.entries[0], entry);
}

static void test_walk(void **state)
{
	const uint64_t pgd = PHYS + 0x40000, first = PHYS + 0x50000, second = PHYS + 0x51000;
	struct mi_pt_walk *w = calloc(1, sizeof(*w));
	const struct mi_mm mm = {.pgd = BASE + 0x40000};
	struct mi_extent ext;
	struct mi_error err;

	(void)state;
	start_narrow();
	/* 2.6.38: the kernel's are first. */
	put(pgd + 8 * 3, (first + 0xc00) << 32 | 0x31ULL << 32 | (first + 0x800) | 0x31, 8);
	put32(first + 4 * 5, 0x1111175f);
	put32(first + 0x800 + 4 * 5, 0xbad0045e);
	put32(first + 4 * 511, 0x2222275f);
	/* before: the hardware's */
	put(pgd + 8 * 1500, (second + 0x400) << 32 | 0x31ULL << 32 | second | 0x31, 8);
	put32(second + 4 * 256, 0xbad0045e);
	put32(second + 0x800 + 4 * 256, 0x3333375f);
	/* two that are no pair */
	put(pgd + 8 * 1501, (second + 0x800) << 32 | 0x31ULL << 32 | second | 0x31, 8);
	forget();
	assert_non_null(w);
	assert_int_equal(mi_pt_start(w, &kernel, &mm, &err), MI_OK);
	walk_to(w, 3 * 2 * MIB + 0x5000, 0x1111175f);
	walk_to(w, 4 * 2 * MIB - 0x1000, 0x2222275f);
	walk_to(w, 1500 * 2 * MIB + 0x100000, 0x3333375f);
	mi_pt_next(w, 1501 * 2 * MIB, 1502 * 2 * MIB, &ext);
	assert_int_equal(ext.kind, MI_EXTENT_HUGE);
	assert_int_equal(decode(ext.entry, ext.level).kind, MI_PTE_UNKNOWN);
	mi_pt_next(w, 4 * 2 * MIB, 1500 * 2 * MIB, &ext);
	assert_int_equal(ext.kind, MI_EXTENT_NONE);
	assert_int_equal(ext.end, 512 * 2 * MIB);
	free(w);
	end_memory(state);
}

static void test_entries(void **state)
{
	struct mi_pte p;

	(void)state;
	start_narrow();
	assert_int_equal(kernel.arm.rdonly, 0x80);
	assert_false(kernel.arm.write_is_hw);
	/* PRESENT, YOUNG, kind 7, DIRTY, USER, SHARED */
	p = decode(0x1234555f, 1);
	assert_int_equal(p.kind, MI_PTE_PRESENT);
	assert_int_equal(p.pfn, 0x12345);
	assert_int_equal(p.bits, MI_PTE_YOUNG | MI_PTE_DIRTY | MI_PTE_WRITE | MI_PTE_EXEC);
	/* RDONLY and XN, not YOUNG */
	p = decode(0xfffff79d, 1);
	assert_int_equal(p.pfn, 0xfffff);
	assert_int_equal(p.bits, 0);
	/* no USER: with L_PTE_NONE, and before it */
	assert_int_equal(decode(0x12345e9f, 1).kind, MI_PTE_PROT_NONE);
	assert_int_equal(decode(0x1234569f, 1).kind, MI_PTE_PROT_NONE);
	/* FILE: the page from bit 3 on */
	p = decode(0x48d1 << 3 | 4, 1);
	assert_int_equal(p.kind, MI_PTE_FILE);
	assert_int_equal(p.swap_offset, 0x48d1);
	/* type from bit 3, offset from 8 */
	p = decode(0x345 << 8 | 2 << 3, 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_type, 2);
	assert_int_equal(p.swap_offset, 0x345);
	p = decode(0x12345 << 8 | 31 << 3, 1);
	assert_int_equal(p.kind, MI_PTE_MIGRATION);
	assert_int_equal(p.pfn, 0x12345);
	assert_int_equal(p.bits, MI_PTE_WRITE);
	kernel.swap.forms = 1U << MI_SWAP_ARM_6;
	p = decode(0x345 << 9 | 2 << 3, 1);
	assert_int_equal(p.swap_type, 2);
	assert_int_equal(p.swap_offset, 0x345);
	kernel.swap.forms |= 1U << MI_SWAP_ARM_5;
	assert_int_equal(decode(0x345 << 9 | 2 << 3, 1).kind, MI_PTE_UNKNOWN);
	/* 4.0: there are no entries of files, and bit 2 is one of the type; 6.3: exclusive */
	make_kernel(&x.of_processes, false, MI_SWAP_ARM_2);
	p = decode(0x345 << 7 | 3 << 2, 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_type, 3);
	assert_int_equal(p.swap_offset, 0x345);
	assert_int_equal(p.bits, 0);
	assert_int_equal(mi_swap_forms(&kernel), 1U << MI_SWAP_ARM_2);
	kernel.l.vma_private_flags = at(0);
	assert_int_equal(mi_swap_forms(&kernel), 1U << MI_SWAP_ARM_E);
	make_kernel(&x.of_processes, false, MI_SWAP_ARM_E);
	p = decode(0x345 << 8 | 1 << 7 | 3 << 2, 1);
	assert_int_equal(p.kind, MI_PTE_SWAP);
	assert_int_equal(p.swap_type, 3);
	assert_int_equal(p.swap_offset, 0x345);
	assert_int_equal(p.bits, MI_PTE_EXCLUSIVE);
	end_memory(state);
}

/* Up to 2.6.37 bits 7 and 9 are rights; what has no such bits is not known. */
static void test_rights(void **state)
{
	(void)state;
	start_narrow();
	assert_null(learn(0x51f, 0x59f, 4)); /* USER alone; WRITE */
	assert_int_equal(kernel.arm.rdonly, 0);
	assert_true(kernel.arm.has_exec);
	assert_int_equal(decode(0x1234559f, 1).bits, MI_PTE_YOUNG | MI_PTE_WRITE);
	assert_int_equal(decode(0x1234571f, 1).bits, MI_PTE_YOUNG | MI_PTE_EXEC);
	assert_non_null(learn(0x51f, 0x51f, 4));
	assert_non_null(learn(0x71f, 0x79f, 4));
	kernel.l.sym_protection_map = AWAY;
	assert_non_null(kernel.pte->learn(&kernel));
	kernel.l.sym_protection_map = 0;
	assert_non_null(kernel.pte->learn(&kernel));
	end_memory(state);
}

#define LPAE_PAGE (0x812345ULL << 12 | 0xf5f) /* page, kind 7, USER, SHARED, AF, nG */
#define RDONLY_58 (1ULL << 58)
#define XN (1ULL << 54)
#define LPAE_DIRTY (1ULL << 55)

static void test_lpae_entries(void **state)
{
	static struct mi_pt_shape shape;
	struct mi_pte p;

	(void)state;
	start_memory();
	mi_pt_shape_regular(&shape, MI_PAGE_SHIFT, 32, 8);
	shape.pa_mask = 0xfffffff000ULL;
	make_kernel(&shape, true, MI_SWAP_ARM_5);
	assert_null(learn(0xfdf | XN, 0xf5f | XN, 8)); /* RDONLY is the hardware's */
	assert_true(kernel.arm.write_is_hw);
	p = decode(LPAE_PAGE | LPAE_DIRTY, 1);
	assert_int_equal(p.kind, MI_PTE_PRESENT);
	assert_int_equal(p.pfn, 0x812345);
	assert_int_equal(p.bits, MI_PTE_YOUNG | MI_PTE_DIRTY | MI_PTE_WRITE | MI_PTE_EXEC);
	p = decode(LPAE_PAGE | 0x80 | XN, 1);
	assert_int_equal(p.bits, MI_PTE_YOUNG);
	/* VALID taken away; USER alone, before there was L_PTE_NONE */
	p = decode((LPAE_PAGE & ~0x41ULL) | 1ULL << 57, 1);
	assert_int_equal(p.kind, MI_PTE_PROT_NONE);
	assert_int_equal(p.pfn, 0x812345);
	assert_int_equal(decode(LPAE_PAGE & ~0x40ULL, 1).kind, MI_PTE_PROT_NONE);
	assert_int_equal(decode(5 << 3 | 4, 1).kind, MI_PTE_FILE);
	assert_int_equal(decode(0x345 << 8 | 2 << 3, 1).swap_offset, 0x345);
	/* no entry of this kind has anything above */
	assert_int_equal(decode(1ULL << 40 | 0x345 << 8, 1).kind, MI_PTE_UNKNOWN);
	/* huge pages: two MiB, whatever lies below */
	p = decode(0x812200ULL << 12 | 0xf5d | 0x80, 2);
	assert_int_equal(p.kind, MI_PTE_PRESENT);
	assert_int_equal(p.pfn, 0x812200);
	assert_int_equal(p.bits, MI_PTE_HUGE | MI_PTE_YOUNG | MI_PTE_EXEC);
	assert_int_equal(decode(0x812200ULL << 12 | 0xf1c | 1ULL << 57, 2).kind, MI_PTE_PROT_NONE);
	assert_int_equal(decode(0x812200ULL << 12 | 0xf1c, 2).kind, MI_PTE_UNKNOWN);
	/* 3.17: a bit of the kernel's own */
	assert_null(learn(0xfdf | XN | RDONLY_58, 0xfdf | XN, 8));
	assert_false(kernel.arm.write_is_hw);
	assert_int_equal(decode(LPAE_PAGE | 0x80, 1).bits,
			 MI_PTE_YOUNG | MI_PTE_WRITE | MI_PTE_EXEC);
	assert_int_equal(decode(LPAE_PAGE | 0x80 | RDONLY_58, 1).bits, MI_PTE_YOUNG | MI_PTE_EXEC);
	assert_non_null(learn(0xf5f, 0xf5f, 8));
	end_memory(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_levels),   cmocka_unit_test(test_other_tables),
		cmocka_unit_test(test_lpae),	     cmocka_unit_test(test_walk),
		cmocka_unit_test(test_entries),	     cmocka_unit_test(test_rights),
		cmocka_unit_test(test_lpae_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
