// SPDX-License-Identifier: GPL-2.0-or-later
/* test_fault.c - struct vm_fault on stacks made by hand */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fault.h"

#define WORDS 2048
#define STACK 0xffffc90000100000ULL
#define CODE 0xffffffff81252c20ULL
#define CODE_END (CODE + 0x1c00)
#define TABLE 0xffff888000123000ULL
#define START 0x7f0000000000ULL

/* As 6.1 lays it out. */
struct vm_fault {
	uint64_t vma;
	uint32_t gfp_mask, pad;
	uint64_t pgoff, address, real_address;
	uint32_t flags, pad2;
	uint64_t pmd, pud, orig_pte, cow_page, page, pte, ptl, prealloc;
};

static struct mi_kernel kernel;
static uint64_t words[WORDS];
static struct mi_kstack stack;
static struct mi_vma vmas[3];
static struct mi_fault_scan scan;
static struct mi_faults found;

static struct mi_member member(size_t off, uint32_t size)
{
	struct mi_member m = {.off = (int32_t)off, .size = size, .count = 1, .cls = MI_TYPE_INT};

	return m;
}

static void enumerate(struct mi_enumerator *e, int64_t value)
{
	e->known = true;
	e->value = value;
}

#define MEMBER(name) member(offsetof(struct vm_fault, name), sizeof(((struct vm_fault *)0)->name))

static void make_layout(void)
{
	struct mi_layout *l = &kernel.l;

	memset(&kernel, 0, sizeof(kernel));
	l->size_vm_fault = sizeof(struct vm_fault);
	l->vmf_vma = MEMBER(vma);
	l->vmf_pgoff = MEMBER(pgoff);
	l->vmf_address = MEMBER(address);
	l->vmf_real_address = MEMBER(real_address);
	l->vmf_flags = MEMBER(flags);
	l->vmf_pmd = MEMBER(pmd);
	l->vmf_pud = MEMBER(pud);
	l->vmf_pte = MEMBER(pte);
	l->vmf_cow_page = MEMBER(cow_page);
	l->mm_mmap_lock.off = -1;
	enumerate(&l->FAULT_FLAG_WRITE, 0x1);
	enumerate(&l->FAULT_FLAG_MKWRITE, 0x2);
	enumerate(&l->FAULT_FLAG_ALLOW_RETRY, 0x4);
	enumerate(&l->FAULT_FLAG_USER, 0x40);
	enumerate(&l->FAULT_FLAG_INSTRUCTION, 0x100);
	enumerate(&l->FAULT_FLAG_VMA_LOCK, 0x1000);
}

/* A file from page 16 on, a hole, a hugetlb file from its third huge page on. */
static int make_all(void **state)
{
	(void)state;
	make_layout();
	memset(words, 0, sizeof(words));
	memset(vmas, 0, sizeof(vmas));
	vmas[0] = (struct mi_vma){.addr = 0xffff888000010000,
				  .start = START,
				  .end = START + 256 * MI_PAGE_SIZE,
				  .pgoff = 16,
				  .anon_pgoff = 7,
				  .file = 0xffff888000020000};
	vmas[1] = (struct mi_vma){.addr = 0xffff888000010100,
				  .start = START + 0x40000000,
				  .end = START + 0x40800000,
				  .pgoff = 1024,
				  .flags = MI_VM_HUGETLB,
				  .file = 0xffff888000020100};
	vmas[2] = (struct mi_vma){.addr = 0xffff888000010200,
				  .start = START + 0x50000000,
				  .end = START + 0x50004000,
				  .pgoff = (START + 0x50000000) / MI_PAGE_SIZE,
				  .anon_pgoff = 99};
	stack = (struct mi_kstack){
		.sp = STACK, .end = STACK + sizeof(words), .words = words, .n = WORDS};
	scan = (struct mi_fault_scan){.stack = &stack,
				      .vmas = vmas,
				      .n_vmas = 3,
				      .code = CODE,
				      .code_end = CODE_END,
				      .entry = MI_ENTRY_EXCEPTION};
	return 0;
}

static uint64_t entry_for(uint64_t va, unsigned int shift)
{
	return TABLE + (va >> shift & 511) * 8;
}

/* A fault at word @at, with the return address behind it. */
static struct vm_fault *put(size_t at, const struct mi_vma *vma, uint64_t va, uint32_t flags)
{
	struct vm_fault *f = (struct vm_fault *)&words[at];

	memset(f, 0, sizeof(*f));
	f->vma = vma->addr;
	f->pgoff = vma->pgoff + (va - vma->start) / MI_PAGE_SIZE;
	f->address = va & ~0xfffULL;
	f->real_address = va;
	f->flags = flags;
	f->pmd = entry_for(va, 21);
	f->pud = entry_for(va, 30);
	words[at + sizeof(*f) / 8 + 6] = CODE + 0xdb;
	return f;
}

static size_t look(void)
{
	mi_fault_scan(&kernel, &scan, &found);
	return found.n;
}

static void one_fault(void **state)
{
	const struct mi_fault *f = &found.list[0];

	(void)state;
	put(300, &vmas[0], START + 112 * MI_PAGE_SIZE + 5, 0x44);
	assert_int_equal(look(), 1);
	assert_int_equal(f->addr, STACK + 300 * 8);
	assert_int_equal(f->vma, 0);
	assert_int_equal(f->va, START + 112 * MI_PAGE_SIZE);
	assert_true(f->exact);
	assert_int_equal(f->address, START + 112 * MI_PAGE_SIZE + 5);
	assert_int_equal(f->pgoff, 128);
	assert_int_equal(f->access, MI_ACCESS_READ);
	assert_int_equal(f->from, MI_FROM_USER);
	assert_false(f->copying);
}

static void empty_stack(void **state)
{
	(void)state;
	assert_int_equal(look(), 0);
	stack.n = 3;
	assert_int_equal(look(), 0);
	stack.n = 0;
	assert_int_equal(look(), 0);
	scan.n_vmas = 0;
	stack.n = WORDS;
	put(300, &vmas[0], START, 0x44);
	assert_int_equal(look(), 0);
}

/* The last place that has room for all of it, and the first. */
static void at_the_ends(void **state)
{
	(void)state;
	put(0, &vmas[0], START, 0x44);
	assert_int_equal(look(), 1);
	stack.n = sizeof(struct vm_fault) / 8;
	words[stack.n] = 0;
	assert_int_equal(look(), 0); /* no return address is left */
	words[3 + sizeof(struct vm_fault) / 8] = CODE + 1;
	stack.n += 4;
	assert_int_equal(look(), 1);
	stack.n = sizeof(struct vm_fault) / 8 - 1;
	assert_int_equal(look(), 0);
}

/* Each member that does not fit makes it something else. */
static void misfits(void **state)
{
	struct vm_fault *f = put(300, &vmas[0], START + 0x5000, 0x44), good = *f;
	const struct {
		size_t off;
		uint64_t value;
	} bad[] = {
		{offsetof(struct vm_fault, vma), vmas[1].addr},
		{offsetof(struct vm_fault, vma), vmas[0].addr + 8},
		{offsetof(struct vm_fault, vma), 0},
		{offsetof(struct vm_fault, pgoff), 22},
		{offsetof(struct vm_fault, pgoff), 5},
		{offsetof(struct vm_fault, address), START + 0x5008},
		{offsetof(struct vm_fault, address), START + 0x6000},
		{offsetof(struct vm_fault, address), START - 0x1000},
		{offsetof(struct vm_fault, address), 0},
		{offsetof(struct vm_fault, address), ~0xfffULL},
		{offsetof(struct vm_fault, real_address), START + 0x4fff},
		{offsetof(struct vm_fault, real_address), START + 0x6000},
		{offsetof(struct vm_fault, real_address), 0},
		{offsetof(struct vm_fault, flags), 0x80000000},
		{offsetof(struct vm_fault, pmd), 0x1000},
		{offsetof(struct vm_fault, pmd), entry_for(START, 21) + 8},
		{offsetof(struct vm_fault, pmd), entry_for(START, 21) + 1},
		{offsetof(struct vm_fault, pud), entry_for(START, 30) - 8},
		{offsetof(struct vm_fault, pte), entry_for(START, 12)},
	};
	size_t i;

	(void)state;
	assert_int_equal(look(), 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*f = good;
		memcpy((char *)f + bad[i].off, &bad[i].value, 8);
		assert_int_equal(look(), 0);
	}
	*f = good;
	f->pmd = f->pud = 0;
	assert_int_equal(look(), 1);
	f->pte = entry_for(START + 0x5000, 12);
	assert_int_equal(look(), 1);
}

static void needs_the_code(void **state)
{
	size_t ret = 300 + sizeof(struct vm_fault) / 8 + 6;

	(void)state;
	put(300, &vmas[0], START, 0x44);
	words[ret] = CODE; /* where it begins: a pointer to it, no return address */
	assert_int_equal(look(), 0);
	words[ret] = CODE_END;
	assert_int_equal(look(), 0);
	words[ret] = CODE_END - 1;
	assert_int_equal(look(), 1);
	/* Before it, as where all is inlined; but not far off. */
	words[ret] = 0;
	words[280] = CODE + 0x124f;
	assert_int_equal(look(), 1);
	words[280] = 0;
	words[300 - 129] = CODE + 0x124f;
	assert_int_equal(look(), 0);
	scan.code = scan.code_end = 0;
	assert_int_equal(look(), 0);
}

/* What an earlier fault from user mode left cannot be what a system call waits in. */
static void left_over_in_a_system_call(void **state)
{
	(void)state;
	put(300, &vmas[0], START, 0x44);
	scan.entry = MI_ENTRY_SYSCALL;
	assert_int_equal(look(), 0);
	put(300, &vmas[0], START, 0x5);
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].access, MI_ACCESS_WRITE);
	assert_int_equal(found.list[0].from, MI_FROM_KERNEL);
	/* Making a page writable hides whose access it is. */
	put(300, &vmas[0], START, 0x3);
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].from, MI_FROM_KERNEL);
	scan.entry = MI_ENTRY_EXCEPTION;
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].from, MI_FROM_UNKNOWN);
}

static void several(void **state)
{
	size_t i;

	(void)state;
	put(700, &vmas[0], START + 0x8000, 0x44);
	put(300, &vmas[0], START + 0x5000, 0x45)->cow_page = TABLE;
	assert_int_equal(look(), 2);
	assert_int_equal(found.list[0].va, START + 0x5000);
	assert_true(found.list[0].copying);
	assert_int_equal(found.list[1].va, START + 0x8000);
	/* A copy of one is no other one. */
	put(500, &vmas[0], START + 0x8000, 0x44);
	assert_int_equal(look(), 2);
	assert_false(found.more);
	for (i = 0; i < 6; i++)
		put(900 + 40 * i, &vmas[0], START + 0x10000 + i * 0x1000, 0x44);
	assert_int_equal(look(), MI_FAULTS_MAX);
	assert_true(found.more);
}

static void huge_pages(void **state)
{
	struct vm_fault *f = put(300, &vmas[1], vmas[1].start + 0x200000, 0x44);

	(void)state;
	f->real_address += 0x12345;
	f->pmd = f->pud = 0;
	f->pte = entry_for(vmas[1].start, 21) + 8;
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].pgoff, 1024 + 512);
	assert_int_equal(found.list[0].address, vmas[1].start + 0x212345);
	f->pgoff = 3; /* in huge pages */
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].pgoff, 1024 + 512);
	f->pgoff = 4;
	assert_int_equal(look(), 0);
}

static void memory_without_file(void **state)
{
	struct vm_fault *f = put(300, &vmas[2], vmas[2].start + 0x1000, 0x44);

	(void)state;
	assert_int_equal(look(), 1);
	f->pgoff = 100; /* as 7.3 may count anonymous pages */
	assert_int_equal(look(), 1);
	f->pgoff = 101;
	assert_int_equal(look(), 0);
}

/* As 5.10: no exact address, flags that are macros. */
static void older_form(void **state)
{
	struct vm_fault *f = put(300, &vmas[0], START + 0x5000, 0x355);

	(void)state;
	kernel.l.vmf_real_address.off = -1;
	kernel.l.FAULT_FLAG_WRITE.known = false;
	kernel.l.FAULT_FLAG_MKWRITE.known = false;
	kernel.l.FAULT_FLAG_ALLOW_RETRY.known = false;
	kernel.l.FAULT_FLAG_USER.known = false;
	kernel.l.FAULT_FLAG_INSTRUCTION.known = false;
	kernel.l.FAULT_FLAG_VMA_LOCK.known = false;
	f->real_address = 0x123;
	assert_int_equal(look(), 1);
	assert_false(found.list[0].exact);
	assert_int_equal(found.list[0].access, MI_ACCESS_EXEC);
	assert_int_equal(found.list[0].from, MI_FROM_USER);
	assert_string_equal(mi_fault_flag(&kernel, 4), "killable");
	assert_null(mi_fault_flag(&kernel, 9));
	kernel.l.mm_mmap_lock.off = 8;
	assert_string_equal(mi_fault_flag(&kernel, 9), "interruptible");
	assert_null(mi_fault_flag(&kernel, 10));
}

static void unknown_flags(void **state)
{
	(void)state;
	assert_string_equal(mi_fault_flag(&kernel, 12), "vma_lock");
	assert_null(mi_fault_flag(&kernel, 3));
	kernel.l.FAULT_FLAG_WRITE.known = false;
	put(300, &vmas[0], START, 0x44);
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].access, MI_ACCESS_UNKNOWN);
	kernel.l.FAULT_FLAG_USER.known = false;
	assert_int_equal(look(), 1);
	assert_int_equal(found.list[0].from, MI_FROM_UNKNOWN);
}

static uint64_t random_word(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed ^ *seed >> 29;
}

/* Stacks full of pointers to VMAs, of addresses and of return addresses. */
static void garbage(void **state)
{
	uint64_t seed = 1;
	size_t round, i;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < WORDS; i++) {
			uint64_t r = random_word(&seed);

			words[i] = r % 4 == 0	? vmas[r >> 8 & 1].addr
				   : r % 4 == 1 ? START + (r >> 8) % 256 * MI_PAGE_SIZE
				   : r % 4 == 2 ? CODE + (r >> 8) % 0x1000
						: r;
		}
		assert_int_equal(look(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_fault, make_all),
		cmocka_unit_test_setup(empty_stack, make_all),
		cmocka_unit_test_setup(at_the_ends, make_all),
		cmocka_unit_test_setup(misfits, make_all),
		cmocka_unit_test_setup(needs_the_code, make_all),
		cmocka_unit_test_setup(left_over_in_a_system_call, make_all),
		cmocka_unit_test_setup(several, make_all),
		cmocka_unit_test_setup(huge_pages, make_all),
		cmocka_unit_test_setup(memory_without_file, make_all),
		cmocka_unit_test_setup(older_form, make_all),
		cmocka_unit_test_setup(unknown_flags, make_all),
		cmocka_unit_test_setup(garbage, make_all),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
