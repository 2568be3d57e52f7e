/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ram.h - the physical memory of a synthetic machine, and how its kernel maps it
 *
 * Memory is a file in memory, in which a physical address is an offset; what is RAM is
 * mapped, and only what was touched takes memory. Structures are built
 * in place by plain C, for host and machine have the same words. A pointer stored in
 * them must be one of the machine's: K() makes it from a host pointer, H() leads
 * back. The kernel reaches its memory in three places, and K() knows which one
 * it uses: its own image, the array of struct page, the direct map.
 */
#ifndef SYNTH_RAM_H
#define SYNTH_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

#define PAGE_SIZE 4096ULL
#define PAGE_SHIFT 12

/* what the kernel's addresses are made of; set before ram_init() */
struct layout {
	uint64_t page_offset; /* the direct map */
	uint64_t vmemmap;     /* with words of 8 bytes */
	int64_t phys_base;
	uint64_t kaslr;	  /* added to all link addresses of the image */
	size_t page_size; /* of struct page */
};
extern struct layout layout;

struct range {
	uint64_t start, end; /* physical; end is the first behind */
};

/* RAM as the firmware tells it, without what the crash kernel reserves. */
extern const struct range ram_ranges[];
extern const size_t n_ram_ranges;

void ram_init(void);
/* The next stretch that was written to, from @pa on; all else is zero. */
bool ram_next(uint64_t pa, struct range *used);
void *ram_at(uint64_t pa);
uint64_t ram_pa(const void *host);

/* Zeroed; as from slab, never across more pages than necessary. */
void *ram_alloc(size_t size);
/* A page frame, neighbours in time are none in space. */
uint64_t ram_page(void);
/* One that words of 32 bits do not reach, or that the kernel does not map. */
uint64_t ram_page_high(void);
/* 2^@order frames in a row, aligned. */
uint64_t ram_pages(unsigned int order);
char *ram_string(const char *text);

/* Machine addresses. The image and the vmemmap must be declared first. */
void ram_set_image(uint64_t pa, uint64_t end);
uint64_t ram_kva(const void *host);
void *ram_host(uint64_t kva);
void *ram_struct_page(uint64_t pfn);
uint64_t ram_pfn_of(const void *struct_page);
struct range ram_image(void);
struct range ram_memmap(void);

#define K(p) ((__typeof__(p))(uintptr_t)ram_kva(p))
#define H(p) ((__typeof__(p))ram_host((uint64_t)(uintptr_t)(p)))

/* Page tables; all levels are allocated as needed. */
void map_page(k_entry *pgd, uint64_t va, uint64_t entry);
void map_huge(k_entry *pgd, uint64_t va, uint64_t entry);
k_entry *map_pte(k_entry *pgd, uint64_t va);
k_entry *map_pmd(k_entry *pgd, uint64_t va);
/* The entry of the top table. */
k_entry *map_top(k_entry *pgd, uint64_t va);
/* The kernel's own: direct map, image, vmemmap. */
void map_kernel(k_entry *pgd);
/* A top table for a process, with the kernel's part in it. */
k_entry *map_process(void);
/* The entry that leads to the table at @table, wherever that is. */
void map_table(k_entry *pgd, uint64_t va, uint64_t table);
#ifdef K_PROTECTIONS
/* What VMAs of all rights have in their entries. */
void map_protections(void *protection_map);
#endif

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

#endif
