/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_MEMMODEL_H
#define MI_KERNEL_MEMMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mi_kernel;

/*
 * Where the struct pages lie (include/asm-generic/memory_model.h): one array for all
 * frames (the vmemmap; mem_map of kernels without sections), or one for each section.
 */
struct mi_section {
	uint64_t pages, pfn; /* its first struct page, and its first frame */
};

struct mi_memmodel {
	uint64_t base;	/* struct page of the first frame, there or not */
	uint64_t first; /* that is frame 0 but for arm */

	/* Kernels with sections and without vmemmap: the same for each; 0: no such section. */
	uint64_t section_pages;
	uint64_t *base_of;
	size_t n_bases;
	struct mi_section *section; /* those that exist, by address */
	size_t n_sections;
};

/* False with the reason: struct pages cannot be found. Free with mi_memmodel_free(). */
bool mi_memmodel_init(struct mi_kernel *k, const char **why);
void mi_memmodel_free(struct mi_kernel *k);

/* Frame of the struct page at @addr; false if it is none. */
bool mi_memmodel_pfn(const struct mi_kernel *k, uint64_t addr, uint64_t *pfn);
/* Where the struct page of @pfn is, or would be. */
uint64_t mi_memmodel_page(const struct mi_kernel *k, uint64_t pfn);

#endif
