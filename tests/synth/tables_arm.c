// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tables_arm.c - page tables of arm and arm64; contract in ram.h
 *
 * Two levels: the hardware's top table has an entry for each MiB, and tables of 256 entries below.
 * Linux takes two of each for one, and keeps entries of its own for the 512 pages in the lower half
 * of the page that has the hardware's two tables. With LPAE there are three levels and one kind
 * of entries; with arm64 as well, and there the kernel has tables of its own.
 */
#include <string.h>

#include "entries.h"
#include "image.h"
#include "ram.h"

#if defined(K_ARM) || defined(K_ARM64)

#define MODULES (layout.page_offset - MB(16ULL)) /* here the kernel's part begins */
#define HUGE_SIZE (1ULL << K_HUGE_SHIFT)

/* With K_HIGHPTE every second table of the lowest level lies where the kernel maps nothing. */
static uint64_t frame_for_ptes(void)
{
#ifdef K_HIGHPTE
	static unsigned int n;

	if (n++ % 2)
		return ram_page_high();
#endif
	return ram_page();
}

#if defined(K_LPAE) || defined(K_ARM64)

#define TABLE 0x3ULL
#define BLOCK 0x1ULL
#define TABLE_ADDR 0x000000fffffff000ULL
/* kind, shared, accessed; of arm64: not for processes to execute, dirty, to be written */
#ifdef K_ARM64
#define KERNEL_PAGE (0x4ULL << 2 | 0x3ULL << 8 | 1ULL << 10 | 1ULL << 54 | 1ULL << 55 | 1ULL << 57)
#else
#define KERNEL_PAGE (0x7ULL << 2 | 0x3ULL << 8 | 1ULL << 10)
#endif
#define ENTRIES 512

static k_entry *down(k_entry *entry, uint64_t frame)
{
	if (!*entry)
		*entry = frame * PAGE_SIZE | TABLE;
	if ((*entry & 0x3) != TABLE)
		die("a large page is in the way");
	return ram_at(*entry & TABLE_ADDR);
}

k_entry *map_top(k_entry *pgd, uint64_t va)
{
	return &pgd[va >> 30 & (ENTRIES - 1)];
}

k_entry *map_pmd(k_entry *pgd, uint64_t va)
{
	k_entry *entry = map_top(pgd, va);

	return &down(entry, *entry ? 0 : ram_page())[va >> 21 & (ENTRIES - 1)];
}

k_entry *map_pte(k_entry *pgd, uint64_t va)
{
	k_entry *entry = map_pmd(pgd, va);

	return &down(entry, *entry ? 0 : frame_for_ptes())[va >> 12 & (ENTRIES - 1)];
}

void map_page(k_entry *pgd, uint64_t va, uint64_t entry)
{
	*map_pte(pgd, va) = entry;
}

void map_huge(k_entry *pgd, uint64_t va, uint64_t entry)
{
	*map_pmd(pgd, va) = entry;
}

void map_table(k_entry *pgd, uint64_t va, uint64_t table)
{
	*map_pmd(pgd, va) = table | TABLE;
}

static void map_section(k_entry *pgd, uint64_t va, uint64_t pa)
{
	map_huge(pgd, va, pa | BLOCK | KERNEL_PAGE);
}

static void map_kernel_page(k_entry *pgd, uint64_t va, uint64_t pa)
{
	map_page(pgd, va, pa | TABLE | KERNEL_PAGE);
}

#ifdef K_ARM64
k_entry *map_process(void)
{
	return ram_at(ram_page() * PAGE_SIZE);
}
#else
k_entry *map_process(void)
{
	k_entry *kernel = sym_host(K_TOP_TABLE), *pgd = ram_alloc(4 * sizeof(*pgd));

	*map_top(pgd, layout.page_offset) = *map_top(kernel, layout.page_offset);
	return pgd;
}
#endif

#else

#define TABLE 0x11ULL /* of the kernel: domain 0 */
#define USER_TABLE 0x31ULL
#define SECTION 0x1140eULL /* kind, shared, to be written by the kernel */
#define HW_TABLE 1024
/* Of a page of tables: where the hardware's two are, and the kernel's. */
#ifdef K_ARM_ALLOWS
#define HW_HALF 0
#define OWN_HALF 2048
#else
#define HW_HALF 2048
#define OWN_HALF 0
#endif
#define ENTRIES 512

static void set_tables(k_entry *pair, uint64_t page, uint64_t bits)
{
	pair[0] = (k_entry)(page + HW_HALF + bits);
	pair[1] = (k_entry)(page + HW_HALF + HW_TABLE + bits);
}

k_entry *map_top(k_entry *pgd, uint64_t va)
{
	return &pgd[2 * (va >> 21)];
}

k_entry *map_pmd(k_entry *pgd, uint64_t va)
{
	return map_top(pgd, va);
}

k_entry *map_pte(k_entry *pgd, uint64_t va)
{
	k_entry *pair = map_pmd(pgd, va);

	if (!*pair)
		set_tables(pair, frame_for_ptes() * PAGE_SIZE,
			   va < layout.page_offset ? USER_TABLE : TABLE);
	if ((*pair & 0x3) != 0x1)
		die("a section is in the way");
	return (k_entry *)ram_at((*pair & 0xfffff000) + OWN_HALF) + (va >> 12 & (ENTRIES - 1));
}

/* What the CPU's code makes of the kernel's entry (cpu_v7_set_pte_ext()). */
static uint32_t hardware_entry(uint64_t entry)
{
	uint32_t hw = (uint32_t)(entry & 0xfffff000) | 0x2 | 0x4c | 0x400 | 0x10;

	if ((entry & PTE_PAGE & 0x3) != 0x3 || entry & 0x800)
		return 0;
	hw |= entry & 0x100 ? 0x820 : 0; /* of processes */
	hw |= (entry ^ PTE_WRITE) & (PTE_READ_ONLY | PTE_WRITE) || !(entry & PTE_DIRTY) ? 0x200 : 0;
	return hw | ((entry ^ PTE_EXEC) & (PTE_NX | PTE_EXEC) ? 0x1 : 0);
}

void map_page(k_entry *pgd, uint64_t va, uint64_t entry)
{
	uint64_t own = ram_pa(map_pte(pgd, va));

	*(k_entry *)ram_at(own) = (k_entry)entry;
	*(k_entry *)ram_at(own - OWN_HALF + HW_HALF) = entry & 0x1 ? hardware_entry(entry) : 0;
}

void map_table(k_entry *pgd, uint64_t va, uint64_t table)
{
	set_tables(map_pmd(pgd, va), table, USER_TABLE);
}

/* Two sections have the place of two tables. */
static void map_section(k_entry *pgd, uint64_t va, uint64_t pa)
{
	k_entry *pair = map_pmd(pgd, va);

	pair[0] = (k_entry)(pa | SECTION);
	pair[1] = (k_entry)((pa + MB(1)) | SECTION);
}

static void map_kernel_page(k_entry *pgd, uint64_t va, uint64_t pa)
{
	map_page(pgd, va, pa | 0x1 | PTE_YOUNG | PTE_KIND | PTE_DIRTY | PTE_WRITE | PTE_EXEC);
}

k_entry *map_process(void)
{
	k_entry *kernel = sym_host(K_TOP_TABLE), *pgd = ram_at(ram_pages(2) * PAGE_SIZE);
	size_t first = (size_t)(map_top(kernel, MODULES) - kernel);

	memcpy(pgd + first, kernel + first, (4096 - first) * sizeof(*kernel));
	return pgd;
}

#endif

/* All in large pieces, but for the middle of it: as kernels do that protect parts of themselves. */
void map_kernel(k_entry *pgd)
{
	for (uint64_t at = 0; at < MB(128ULL); at += HUGE_SIZE) {
		uint64_t va = layout.page_offset + at, pa = K_RAM_BASE + at;

		if (at != MB(48ULL)) {
			map_section(pgd, va, pa);
			continue;
		}
		for (uint64_t page = 0; page < HUGE_SIZE; page += PAGE_SIZE)
			map_kernel_page(pgd, va + page, pa + page);
	}
#ifdef K_VMEMMAP
	struct range memmap = ram_memmap();

	for (uint64_t pa = K_FRAMES_ABOVE; pa < K_FRAMES_ABOVE + MB(16ULL); pa += HUGE_SIZE)
		map_section(pgd, layout.page_offset + (pa - K_RAM_BASE), pa);
	for (uint64_t pa = memmap.start; pa < memmap.end; pa += HUGE_SIZE)
		map_section(pgd, ram_kva(ram_at(pa)), pa);
#endif
}

#if defined(K_ARM64) && !defined(K_WRITE_UNMARKED)
#define WITHOUT_WRITE 0 /* set_pte_at() adds the hardware's bit */
#else
#define WITHOUT_WRITE PTE_READ_ONLY
#endif

/* By VM_READ, VM_WRITE, VM_EXEC and VM_SHARED: only shared ones may be written at once. */
void map_protections(void *protection_map)
{
	k_entry *map = protection_map;

	for (unsigned int rights = 0; rights < 16; rights++) {
		uint64_t entry = PTE_PAGE | ((rights & 0xa) == 0xa ? PTE_WRITE : WITHOUT_WRITE) |
				 (rights & 0x4 ? PTE_EXEC : PTE_NX);

		map[rights] = (k_entry)(rights & 0x7 ? entry : PTE_NO_ACCESS);
	}
}

#endif
