// SPDX-License-Identifier: GPL-2.0-or-later
/* tables.c - page tables of x86-64 and i386; contract in ram.h */
#include <string.h>

#include "image.h"
#include "ram.h"

#if !defined(K_ARM) && !defined(K_ARM64)

#define HUGE_SIZE (1ULL << K_HUGE_SHIFT)

#define PRESENT 0x1ULL
#define WRITE 0x2ULL
#define ALLOW_USER 0x4ULL
#define ACCESSED 0x20ULL
#define DIRTY 0x40ULL
#define PSE 0x80ULL
#define GLOBAL 0x100ULL
#define KERNEL_PAGE (PRESENT | WRITE | ACCESSED | DIRTY | GLOBAL)
#define TABLE (PRESENT | WRITE | ALLOW_USER | ACCESSED | DIRTY)
#if defined(K_NARROW) && !defined(K_PAE)
#define NX 0
#define TABLE_ADDR 0xfffff000ULL
#else
#define NX (1ULL << 63)
#define TABLE_ADDR 0x000ffffffffff000ULL
#endif

/* Entries of one table, and of the one on top. */
#define ENTRIES (PAGE_SIZE / sizeof(k_entry))
#ifdef K_PAE
#define TOP_ENTRIES 4
#define TOP_TABLE PRESENT /* other bits are reserved there */
#else
#define TOP_ENTRIES ENTRIES
#define TOP_TABLE TABLE
#endif

static k_entry *below(k_entry *entry, uint64_t frame, uint64_t bits)
{
	if (!*entry)
		*entry = (k_entry)(frame * PAGE_SIZE | bits);
	if (*entry & PSE)
		die("a large page is in the way");
	return ram_at(*entry & TABLE_ADDR);
}

static k_entry *down(k_entry *entry, uint64_t bits)
{
	return below(entry, *entry ? 0 : ram_page(), bits);
}

/* With K_HIGHPTE every second table of the lowest level lies where the kernel maps nothing. */
static k_entry *down_to_ptes(k_entry *entry)
{
#ifdef K_HIGHPTE
	static unsigned int n;

	if (!*entry && n++ % 2)
		return below(entry, ram_page_high(), TABLE);
#endif
	return down(entry, TABLE);
}

k_entry *map_top(k_entry *pgd, uint64_t va)
{
#if !defined(K_NARROW)
	return &pgd[va >> 39 & (ENTRIES - 1)];
#elif defined(K_PAE)
	return &pgd[va >> 30 & (TOP_ENTRIES - 1)];
#else
	return &pgd[va >> K_HUGE_SHIFT & (ENTRIES - 1)];
#endif
}

k_entry *map_pmd(k_entry *pgd, uint64_t va)
{
	k_entry *entry = map_top(pgd, va);

#if !defined(K_NARROW)
	entry = &down(entry, TOP_TABLE)[va >> 30 & (ENTRIES - 1)];
	entry = &down(entry, TABLE)[va >> K_HUGE_SHIFT & (ENTRIES - 1)];
#elif defined(K_PAE)
	entry = &down(entry, TOP_TABLE)[va >> K_HUGE_SHIFT & (ENTRIES - 1)];
#endif
	return entry;
}

k_entry *map_pte(k_entry *pgd, uint64_t va)
{
	return &down_to_ptes(map_pmd(pgd, va))[va >> 12 & (ENTRIES - 1)];
}

void map_table(k_entry *pgd, uint64_t va, uint64_t table)
{
	*map_pmd(pgd, va) = (k_entry)(table | TABLE);
}

void map_page(k_entry *pgd, uint64_t va, uint64_t entry)
{
	*map_pte(pgd, va) = (k_entry)entry;
}

void map_huge(k_entry *pgd, uint64_t va, uint64_t entry)
{
	*map_pmd(pgd, va) = (k_entry)entry;
}

static void map_range(k_entry *pgd, uint64_t va, uint64_t pa, uint64_t end, uint64_t nx)
{
	for (pa &= ~(HUGE_SIZE - 1), va &= ~(HUGE_SIZE - 1); pa < end;
	     pa += HUGE_SIZE, va += HUGE_SIZE)
		map_huge(pgd, va, pa | KERNEL_PAGE | PSE | nx);
}

/* The direct map does not stop for the crash kernel's reservation. */
void map_kernel(k_entry *pgd)
{
	struct range image = ram_image();

	map_range(pgd, layout.page_offset, 0, MB(128ULL), NX);
	map_range(pgd, image.start - (uint64_t)layout.phys_base + K_LINK_BASE, image.start,
		  image.end, 0);
#ifdef K_VMEMMAP
	struct range memmap = ram_memmap();

	map_range(pgd, layout.page_offset + K_FRAMES_ABOVE, K_FRAMES_ABOVE,
		  K_FRAMES_ABOVE + MB(16ULL), NX);
	for (uint64_t pa = memmap.start; pa < memmap.end; pa += K_PIECE_SIZE)
		map_range(pgd, ram_kva(ram_at(pa)), pa, pa + K_PIECE_SIZE, NX);
#endif
}

k_entry *map_process(void)
{
	k_entry *kernel = sym_host(K_TOP_TABLE), *pgd;
	size_t first = (size_t)(map_top(kernel, layout.page_offset) - kernel);

#ifdef K_PAE
	/* 32 bytes of a page that has others'. */
	pgd = ram_alloc(TOP_ENTRIES * sizeof(*pgd));
#else
	pgd = ram_at(ram_page() * PAGE_SIZE);
#endif
#ifndef K_NARROW
	first = TOP_ENTRIES / 2;
#endif
	memcpy(pgd + first, kernel + first, (TOP_ENTRIES - first) * sizeof(*kernel));
	return pgd;
}

#endif
