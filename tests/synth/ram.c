// SPDX-License-Identifier: GPL-2.0-or-later
/* ram.c - physical memory, allocation, addresses; contract in ram.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* After the system's: the kernel has other types by the same names. */
#include "ram.h"

struct layout layout;

#define RAM(n) (K_RAM_BASE + MB(n))
#define LOW_END RAM(128ULL)
#define HIGH K_FRAMES_ABOVE
#define HIGH_END (HIGH + MB(16ULL))

/* 640 KiB of a PC, 128 MiB with a hole for the crash kernel, and 16 MiB far away. */
const struct range ram_ranges[] = {
#if K_RAM_BASE
	{K_RAM_BASE, RAM(96ULL)},
#else
	{0x1000, 0x9f000},
	{MB(1ULL), MB(96ULL)},
#endif
	{RAM(112ULL), LOW_END},
	{HIGH, HIGH_END},
};
const size_t n_ram_ranges = sizeof(ram_ranges) / sizeof(*ram_ranges);

/* Objects, then page frames; the image lies below, at 16 MiB and a bit, of arm at 32 KiB, of arm64
 * at 512. */
#define OBJECTS RAM(48ULL)
#define OBJECTS_END RAM(64ULL)
#define FRAMES RAM(64ULL)
#define BLOCKS RAM(80ULL)
#define BLOCKS_END RAM(96ULL)
/* where the array of struct page is, a piece for each section that has RAM */
#define MEMMAP RAM(112ULL)

static uint8_t *low, *high;
static int memory_fd;
static uint64_t next_object = OBJECTS, next_block = BLOCKS;
static unsigned int n_frames, n_high;
static struct range image;

void die(const char *format, ...)
{
	va_list args;

	fputs("synth: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static uint8_t *map_file(uint64_t start, uint64_t end)
{
	void *at = mmap(NULL, (size_t)(end - start), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd,
			(off_t)start);

	if (at == MAP_FAILED)
		die("no address space for the machine's memory");
	return at;
}

void ram_init(void)
{
	memory_fd = memfd_create("memory", 0);
	if (memory_fd < 0 || ftruncate(memory_fd, (off_t)HIGH_END))
		die("no file for the machine's memory");
	low = map_file(K_RAM_BASE, LOW_END);
	high = map_file(HIGH, HIGH_END);
}

bool ram_next(uint64_t pa, struct range *used)
{
	off_t start = lseek(memory_fd, (off_t)pa, SEEK_DATA), end;

	if (start < 0)
		return false;
	end = lseek(memory_fd, start, SEEK_HOLE);
	*used = (struct range){(uint64_t)start, (uint64_t)end};
	return end > start;
}

void *ram_at(uint64_t pa)
{
	if (pa - K_RAM_BASE < LOW_END - K_RAM_BASE)
		return low + (pa - K_RAM_BASE);
	if (pa < HIGH || pa >= HIGH_END)
		die("no physical address: 0x%llx", (unsigned long long)pa);
	return high + (pa - HIGH);
}

uint64_t ram_pa(const void *host)
{
	const uint8_t *p = host;

	if (p >= low && p < low + (LOW_END - K_RAM_BASE))
		return K_RAM_BASE + (uint64_t)(p - low);
	if (p < high || p >= high + (HIGH_END - HIGH))
		die("no pointer into the machine's memory: %p", host);
	return HIGH + (uint64_t)(p - high);
}

/* ---- allocation ---- */

void *ram_alloc(size_t size)
{
	uint64_t pa = (next_object + 63) & ~63ULL;

	if (size <= PAGE_SIZE && pa / PAGE_SIZE != (pa + size - 1) / PAGE_SIZE)
		pa = (pa + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	next_object = pa + size;
	if (next_object > OBJECTS_END)
		die("out of memory for objects");
	return ram_at(pa);
}

char *ram_string(const char *text)
{
	char *copy = ram_alloc(strlen(text) + 1);

	strcpy(copy, text);
	return copy;
}

/* Multiplying by an odd number permutes the numbers below a power of two. */
static uint64_t scattered(unsigned int i, uint64_t frames)
{
	return i * 2654435761ULL % frames;
}

uint64_t ram_page(void)
{
	if (n_frames == 4096)
		die("out of page frames");
	return FRAMES / PAGE_SIZE + scattered(n_frames++, 4096);
}

uint64_t ram_page_high(void)
{
	if (n_high == 4096)
		die("out of page frames far away");
	return HIGH / PAGE_SIZE + scattered(n_high++, 4096);
}

uint64_t ram_pages(unsigned int order)
{
	uint64_t size = PAGE_SIZE << order;
	uint64_t pa = (next_block + size - 1) & ~(size - 1);

	next_block = pa + size;
	if (next_block > BLOCKS_END)
		die("out of large pages");
	return pa / PAGE_SIZE;
}

/* ---- machine addresses ---- */

void ram_set_image(uint64_t pa, uint64_t end)
{
	if (end > OBJECTS)
		die("the kernel's image is too large");
	image = (struct range){pa, end};
}

/* The n-th piece of the memmap holds the struct pages of one section. */
static uint64_t section_of(unsigned int piece)
{
	return piece ? K_SECTION_OF_ABOVE : 0;
}

#ifdef K_VMEMMAP
static uint64_t memmap_va(unsigned int piece)
{
	return layout.vmemmap +
	       (K_FIRST_FRAME + section_of(piece) * K_SECTION_PAGES) * layout.page_size;
}

static bool in_memmap(uint64_t pa)
{
	return pa >= MEMMAP && pa < MEMMAP + 2 * K_PIECE_SIZE;
}
#endif

uint64_t ram_kva(const void *host)
{
	uint64_t pa;

	if (!host)
		return 0;
	pa = ram_pa(host);
	if (pa >= image.start && pa < image.end)
		return pa - (uint64_t)layout.phys_base + K_LINK_BASE;
#ifdef K_VMEMMAP
	if (in_memmap(pa))
		return memmap_va(pa >= MEMMAP + K_PIECE_SIZE) + (pa - MEMMAP) % K_PIECE_SIZE;
#else
	if (pa >= LOW_END)
		die("the kernel does not map 0x%llx", (unsigned long long)pa);
#endif
	return layout.page_offset + (pa - K_RAM_BASE);
}

void *ram_host(uint64_t kva)
{
	if (!kva)
		return NULL;
#ifdef K_VMEMMAP
	if (kva >= K_LINK_BASE)
		return ram_at(kva - K_LINK_BASE + (uint64_t)layout.phys_base);
	for (unsigned int piece = 0; piece < 2; piece++)
		if (kva >= memmap_va(piece) && kva < memmap_va(piece) + K_PIECE_SIZE)
			return ram_at(MEMMAP + piece * K_PIECE_SIZE + (kva - memmap_va(piece)));
#endif
	if (kva < layout.page_offset)
		die("no address of the kernel: 0x%llx", (unsigned long long)kva);
	return ram_at(kva - layout.page_offset + K_RAM_BASE);
}

void *ram_struct_page(uint64_t pfn)
{
	for (unsigned int piece = 0; piece < 2; piece++) {
		uint64_t first = K_FIRST_FRAME + section_of(piece) * K_SECTION_PAGES;

		if (pfn >= first && pfn < first + K_SECTION_PAGES)
			return ram_at(MEMMAP + piece * K_PIECE_SIZE +
				      (pfn - first) * layout.page_size);
	}
	die("page frame 0x%llx has no struct page", (unsigned long long)pfn);
}

uint64_t ram_pfn_of(const void *struct_page)
{
	uint64_t at = ram_pa(struct_page) - MEMMAP;

	return K_FIRST_FRAME + section_of(at >= K_PIECE_SIZE) * K_SECTION_PAGES +
	       at % K_PIECE_SIZE / layout.page_size;
}

struct range ram_image(void)
{
	return image;
}

struct range ram_memmap(void)
{
	return (struct range){MEMMAP, MEMMAP + 2 * K_PIECE_SIZE};
}
