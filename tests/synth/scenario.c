// SPDX-License-Identifier: GPL-2.0-or-later
/* scenario.c - what lives in the machine: one case of each kind that the reader must tell */
#include <string.h>

#include "world.h"

#define SHARED_RW (VM_READ | VM_WRITE | VM_SHARED | VM_MAYSHARE | VM_MAYALL)
#define PRIVATE_R (VM_READ | VM_MAYALL)
#define PRIVATE_RX (VM_READ | VM_EXEC | VM_MAYALL)
#define PRIVATE_RW (VM_READ | VM_WRITE | VM_MAYALL | VM_ACCOUNT)
#define WINDOW USER(0x7f0000000000ULL)
#define PAGES(n) ((n)*PAGE_SIZE)

static struct s_fs *root, *shm, *ram, *huge;
static struct s_task *init, *running;
static struct gendisk *sda;
static struct s_file *window, *small, *mid;
static uint64_t next_slot = 1001; /* of the swap areas */

static void cache_range(struct s_file *f, uint64_t first, uint64_t n, unsigned long flags)
{
	for (uint64_t i = 0; i < n; i++)
		cache_page(f, first + i, flags);
}

/* ---- what every process has ---- */

static void special(struct s_mm *mm, uint64_t at)
{
	struct s_vma *vdso = vma_new(mm, at, 1, PRIVATE_RX | VM_DONTEXPAND, NULL, at >> PAGE_SHIFT);

	mm->mm->context.vdso = (void *)(uintptr_t)at;
	vdso->name = "[vdso]";
	vdso->vma->vm_ops = K((struct vm_operations_struct *)sym_host(K_SPECIAL_VMOPS));
#ifdef K_SPECIAL_MAPPING
	vdso->vma->vm_private_data = K(SYM(struct vm_special_mapping, vdso_mapping));
#else
	/* an array that ends with NULL */
	vdso->vma->vm_private_data = K(ram_alloc(2 * sizeof(struct page *)));
#endif
}

/* The text and data of a program, heap and stack. */
static void program(struct s_mm *mm, struct s_file *exe)
{
	struct s_vma *text = vma_new(mm, 0x400000, 4, PRIVATE_RX, exe, 0);
	struct s_vma *data = vma_new(mm, 0x600000, 2, PRIVATE_RW, exe, 3);
	struct s_vma *heap = vma_new(mm, 0x1400000, 33, PRIVATE_RW, NULL, 0x1400);
	struct s_vma *stack =
		vma_new(mm, USER_STACK, 21, PRIVATE_RW | VM_GROWSDOWN, NULL, 0x7fffffea);

	heap->name = "[heap]";
	stack->name = "[stack]";
	mm->mm->exe_file = K(exe->file);
	mm->mm->start_code = 0x400000;
	mm->mm->start_brk = 0x1400000;
	mm->mm->brk = 0x1420800;
	mm->mm->start_stack = USER_STACK + 0x148a0;
	special(mm, USER_VDSO);
	pte_cached(text, 0, 0);
	pte_cached(text, 2, 2);
	pte_anon(data, 0);
	pte_anon(heap, 0);
	pte_anon(heap, 1);
	pte_zero(heap, 7);
	pte_swap(heap, 10, 0, next_slot++);
	pte_swap(heap, 11, 1, next_slot++);
	pte_swap(heap, 12, 0, next_slot++);
	pte_anon(stack, 20);
}

static struct s_file *executable(const char *path)
{
	struct s_file *exe = file_new(root, path, PAGES(5) - 100);

	cache_range(exe, 0, 5, PG_CLEAN | PG(referenced));
	return exe;
}

/* ---- remap_file_pages() ---- */

/* Every third page of the first 1200 exists, of these every fifth is in a swap area. */
static void fill_window(void)
{
	window = file_new(shm, "window", PAGES(500001));
	for (uint64_t i = 0; i < 400; i++) {
		if (i % 5)
			cache_page(window, i * 3, PG_CLEAN);
		else if (i % 10)
			cache_swap(window, i * 3, 0, 100 + i);
	}
	cache_swap(window, 131087, 1, 77);
	cache_swap(window, 131088, 1, 78);
	cache_swap(window, 500000, 1, 79);
	cache_page_high(window, 4095, PG_CLEAN);
}

/* Linear, shuffled, told by entries, never touched, in more than one page table. */
static void map_window(struct s_mm *mm)
{
	struct s_vma *v = vma_new(mm, WINDOW, 1100, SHARED_RW | VM_NONLINEAR, window, 16);
	uint64_t nr;

	for (nr = 0; nr < 60; nr++)
		if (cache_find(window, nr + 16) && cache_find(window, nr + 16)->kind == ENTRY_PAGE)
			pte_cached(v, nr, nr + 16);
	for (nr = 100; nr < 160; nr++)
		if (cache_find(window, 1100 - nr) &&
		    cache_find(window, 1100 - nr)->kind == ENTRY_PAGE)
			pte_cached(v, nr, 1100 - nr);
	/* of these some are cached, some swapped, some were never there */
	for (nr = 500; nr < 540; nr++)
		pte_file(v, nr, 3 * (nr - 500));
	for (nr = 540; nr < 560; nr++)
		pte_file(v, nr, 2000 + nr);
	/* it may name the linear page, too */
	pte_file(v, 560, 576);
	/* a page that is mapped twice, and behind the end of the file */
	pte_cached(v, 600, 6);
	pte_cached(v, 601, 6);
	pte_file(v, 602, 500001);
	pte_file(v, 603, 600000);
	/* far away, and not there */
	pte_file(v, 604, 131087);
	pte_file(v, 605, 131088);
	pte_file(v, 606, 500000);
	/* NUMA balancing takes the right of access, not the place in the file */
#ifdef K_NUMA_BALANCING
	pte_numa(v, 610, 9);
#endif
	/* a page in its linear place is migrated, or found to be broken, as elsewhere */
#ifdef K_SWP_MIGRATION
	pte_migration(v, 620, cache_find(window, 636)->pfn, true);
#endif
#ifdef K_SWP_HWPOISON
	pte_poison(v, 623, cache_find(window, 639)->pfn);
#endif
	pte_file(v, 1098, 0);
	pte_cached(v, 1099, 4095);
	/* a second mapping of the file, where each page is where it should be */
	v = vma_new(mm, WINDOW + PAGES(2000), 64, SHARED_RW, window, 0);
	pte_cached(v, 3, 3);
	pte_cached(v, 6, 6);
}

/* All the bits that an entry has for the page of a file. */
static void map_large(struct s_mm *mm)
{
	struct s_file *f = file_new(ram, "large", PAGES(K_FILE_PAGES));
	struct s_vma *v =
		vma_new(mm, WINDOW + PAGES(4096), K_FILE_BITS + 8, SHARED_RW | VM_NONLINEAR, f, 0);
	uint64_t nr = 0;

	cache_page(f, 0, PG_CLEAN);
	cache_page(f, K_FILE_PAGES - 1, PG_CLEAN);
	cache_page(f, K_ODD_BITS, PG_CLEAN);
	cache_page(f, K_EVEN_BITS, PG_CLEAN);
	pte_cached(v, nr++, K_ODD_BITS);
	for (unsigned int bit = 0; bit < K_FILE_BITS; bit++)
		pte_file(v, nr++, 1ULL << bit);
	pte_file(v, nr++, (1ULL << K_FILE_BITS) - 1);
	pte_file(v, nr++, K_EVEN_BITS);
	pte_file(v, nr++, 0);
}

static void nonlinear(void)
{
	struct s_mm *mm = mm_new();
	struct s_task *t;

	program(mm, executable("usr/bin/nonlinear"));
	map_window(mm);
	map_large(mm);
	mm_finish(mm);
	t = task_new(700, "nonlinear", init, NULL, mm, TASK_INTERRUPTIBLE);
	running = task_new(701, "nonlinear-1", init, t, mm, TASK_RUNNING);
	task_new(702, "nonlinear-2", init, t, mm, TASK_INTERRUPTIBLE);
}

/* ---- files of a disk ---- */

/* A page read, dirty, under writeback, read just now; and what of it is mapped. */
static void map_small(struct s_mm *mm)
{
	struct s_vma *v;

	small = file_new(root, "data/small", PAGES(20) + 1);
	cache_range(small, 0, 4, PG_CLEAN);
	cache_page(small, 4, PG_CLEAN | PG(dirty));
	cache_page(small, 5, PG_CLEAN | PG(writeback) | PG(active));
	cache_page(small, 6, PG_CLEAN | PG(dirty) | PG(writeback));
	cache_page(small, 7, PG_CLEAN | PG(reclaim));
	cache_range(small, 8, 4, PG(locked) | PG(lru));
	cache_page_high(small, 20, PG_CLEAN);
	v = vma_new(mm, USER(0x7f1000000000ULL), 24, SHARED_RW, small, 0);
	for (uint64_t nr = 0; nr < 7; nr++)
		pte_cached(v, nr, nr);
	pte_cached(v, 20, 20);
#ifdef K_NUMA_BALANCING
	pte_numa(v, 7, 7);
#endif
	/* Who notes that these are used, or written? */
	v = vma_new(mm, USER(0x7f1000100000ULL), 8, SHARED_RW, small, 0);
	pte_aged(v, 0, 0, LACKS_YOUNG);
	pte_aged(v, 1, 1, LACKS_DIRTY);
	pte_aged(v, 2, 2, LACKS_YOUNG | LACKS_DIRTY);
	pte_cached(v, 3, 3);
}

/* Two levels; and two neighbours that do not continue each other. */
static void map_mid(struct s_mm *mm)
{
	struct s_vma *v;

	mid = file_new(root, "data/mid", PAGES(4096));
	cache_range(mid, 60, 10, PG_CLEAN);
	cache_range(mid, 1000, 2, PG_CLEAN | PG(writeback));
	cache_page(mid, 4095, PG_CLEAN | PG(dirty));
	v = vma_new(mm, USER(0x7f1100000000ULL), 16, SHARED_RW, mid, 56);
	pte_cached(v, 4, 60);
	pte_cached(v, 8, 64);
	vma_new(mm, USER(0x7f1100000000ULL) + PAGES(16), 4, SHARED_RW, mid, 1000);
	v = vma_new(mm, USER(0x7f1100000000ULL) + PAGES(20), 16, SHARED_RW | VM_RAND_READ, mid,
		    4080);
	pte_cached(v, 15, 4095);
}

/* Three levels, far apart; private: copied, copied and swapped, only read. */
static void map_tall(struct s_mm *mm)
{
	struct s_file *f = file_new(root, "data/tall", PAGES(262144));
	struct s_vma *v;

	cache_page(f, 0, PG_CLEAN);
	cache_page(f, 63, PG_CLEAN);
	cache_page(f, 64, PG_CLEAN);
	cache_page(f, 4096, PG_CLEAN | PG(dirty));
	cache_range(f, 200000, 20, PG_CLEAN);
	cache_page(f, 262143, PG_CLEAN);
	v = vma_new(mm, USER(0x7f1200000000ULL), 40, PRIVATE_RW, f, 199990);
	pte_anon(v, 0);
	pte_anon(v, 12);
	pte_swap(v, 1, 0, 3);
	pte_swap(v, 13, 1, 0x3fff);
	pte_cached(v, 14, 200004);
	pte_aged(v, 15, 200005, LACKS_YOUNG);
	v = vma_new(mm, USER(0x7f1200100000ULL), 40, PRIVATE_R, f, 199990);
	pte_cached(v, 14, 200004);
	pte_cached(v, 15, 200005);
	pte_aged(v, 16, 200006, LACKS_YOUNG);
}

static void map_others(struct s_mm *mm)
{
	struct s_file *one = file_new(root, "data/one", 10);
	struct s_file *empty = file_new(root, "data/empty", PAGES(8));
	struct s_file *gone =
		file_new(root, "data/a name that is longer than what fits inline", PAGES(3));
	struct s_vma *v;

	/* the tree is nothing but its one page */
	cache_page(one, 0, PG_CLEAN | PG(dirty));
	v = vma_new(mm, USER(0x7f1300000000ULL), 2, SHARED_RW, one, 0);
	pte_cached(v, 0, 0);
	vma_new(mm, USER(0x7f1300010000ULL), 8, PRIVATE_R, empty, 0);
	cache_range(gone, 0, 3, PG_CLEAN);
	file_delete(gone);
	v = vma_new(mm, USER(0x7f1300020000ULL), 3, PRIVATE_R, gone, 0);
	pte_cached(v, 1, 1);
#ifdef K_SHADOWS
	struct s_file *evicted = file_new(root, "data/evicted", PAGES(200));

	cache_page(evicted, 70, PG_CLEAN);
	for (uint64_t i = 0; i < 40; i++)
		cache_shadow(evicted, i, 1000 + i);
	vma_new(mm, USER(0x7f1300030000ULL), 200, PRIVATE_R, evicted, 0);
#endif
}

/* PROT_NONE, swapped, huge: what anonymous memory may be. */
static void map_anonymous(struct s_mm *mm)
{
	struct s_vma *v = vma_new(mm, USER(0x7f1400000000ULL), 16, VM_MAYALL | VM_ACCOUNT, NULL,
				  USER(0x7f1400000000ULL) >> PAGE_SHIFT);

	pte_anon_no_access(v, 0);
	pte_anon_no_access(v, 5);
	v = vma_new(mm, USER(0x7f1400100000ULL), 64, PRIVATE_RW, NULL,
		    USER(0x7f1400100000ULL) >> PAGE_SHIFT);
	pte_anon(v, 0);
	pte_swap(v, 1, 0, 1);
	pte_swap(v, 2, 0, 2);
	pte_swap(v, 3, 1, 999);
	/* enough of them, with odd offsets among, to tell the form of entries by them alone */
	for (uint64_t nr = 10; nr < 50; nr++)
		pte_swap(v, nr, nr & 1, 200 + 7 * nr);
#ifdef K_SWP_MIGRATION
	pte_migration(v, 4, ram_page(), false);
#endif
#ifdef K_SWP_HWPOISON
	pte_poison(v, 5, ram_page());
#endif
#ifdef K_THP
	v = vma_new(mm, USER(0x7f1400200000ULL), 1024, PRIVATE_RW, NULL,
		    USER(0x7f1400200000ULL) >> PAGE_SHIFT);
	pmd_anon(v, 0);
	pte_anon(v, 600);
#endif
}

#ifndef K_NO_HUGE
/* The cache of hugetlbfs counts huge pages. */
static void map_huge_file(struct s_mm *mm)
{
	struct s_file *f = file_new(huge, "pool", PAGES(4 << K_HUGE_ORDER));
	struct s_vma *v;

	cache_huge(f, 0, K_HUGE_ORDER);
	cache_huge(f, 1, K_HUGE_ORDER);
	v = vma_new(mm, USER(0x7f1500000000ULL), 3ULL << K_HUGE_ORDER, SHARED_RW | VM_HUGETLB, f,
		    0);
	pmd_hugetlb(v, 0, 0);
}
#endif

static void linear(void)
{
	struct s_mm *mm = mm_new();

	program(mm, executable("usr/bin/linear"));
	map_small(mm);
	map_mid(mm);
	map_tall(mm);
	map_others(mm);
	map_anonymous(mm);
#ifndef K_NO_HUGE
	map_huge_file(mm);
#endif
	mm_finish(mm);
	task_new(710, "linear", init, NULL, mm, TASK_INTERRUPTIBLE);
}

/* ---- requests, and who waits for them ---- */

static void waiting(void)
{
	struct s_mm *mm = mm_new();
	struct s_task *t;

	program(mm, executable("usr/bin/reader"));
	vma_new(mm, USER(0x7f1000000000ULL), 21, PRIVATE_R, small, 0);
	/* the same pages as another process has, twice; pages below and above */
	vma_new(mm, USER(0x7f1100000000ULL), 4, PRIVATE_R, mid, 1000);
	vma_new(mm, USER(0x7f1100010000ULL), 4, PRIVATE_R, mid, 1000);
	vma_new(mm, USER(0x7f1100020000ULL), 16, PRIVATE_R, mid, 990);
	vma_new(mm, USER(0x7f1100030000ULL), 1, PRIVATE_R, mid, 1001);
	vma_new(mm, USER(0x7f1100040000ULL), 2048, PRIVATE_R, mid, 0);
	mm_finish(mm);
	t = task_new(720, "reader", init, NULL, mm, TASK_UNINTERRUPTIBLE);
	request_new(sda, IN_DRIVER, false, 4096, small, 8, 4);
	request_new(sda, IN_QUEUE, true, 80000, mid, 1000, 2);
	wait_for_page(t, small, 9, PG_locked);
	t = task_new(721, "writer", init, t, mm, TASK_UNINTERRUPTIBLE);
	wait_for_page(t, mid, 1001, PG_writeback);
#ifdef K_PLUG
	plug_start(running);
	request_new(sda, IN_PLUG, true, 90000, mid, 4095, 1);
#endif
}

static void others(void)
{
	struct s_mm *mm = mm_new();
	struct s_task *kthreadd;

	kthreadd = task_new(2, "kthreadd", NULL, NULL, NULL, TASK_INTERRUPTIBLE);
	task_new(3, "ksoftirqd/0", kthreadd, NULL, NULL, TASK_INTERRUPTIBLE);
	task_zombie(task_new(730, "zombie", init, NULL, NULL, TASK_RUNNING));
	program(mm, executable("usr/bin/contained"));
	mm_finish(mm);
	task_new_in_ns(740, 5, "contained", init, mm);
}

void scenario(void)
{
	struct s_mm *mm = mm_new();

	root = fs_mount("ext4", "/", NULL, 8, 1);
	shm = fs_mount("tmpfs", "/dev/shm", root, 0, 17);
	ram = fs_mount("ramfs", "/mnt/ram", root, 0, 19);
	huge = fs_mount("hugetlbfs", "/dev/hugepages", root, 0, 18);
	sda = disk_new("sda", 8, 0);
	swap_area(0, file_new(root, "swap/first", PAGES(2048)), 2047, 12, -1);
	swap_area(1, file_new(root, "swap/second", PAGES(32768)), 32767, 3, -2);
	program(mm, executable("sbin/init"));
	mm_finish(mm);
	init = task_new(1, "init", NULL, NULL, mm, TASK_INTERRUPTIBLE);
	fill_window();
	nonlinear();
	linear();
	waiting();
	others();
	rmap_finish();
}
