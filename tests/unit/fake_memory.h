/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_memory.h - a kernel with some pages of memory and a layout in which nothing is
 * known but what a test puts there; for unit tests, included once by each
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../libsrc/kernel/kernel.h"
#include "../../libsrc/target/internal.h"

#ifndef PAGES
#define PAGES 32
#endif
#define BASE 0xffff888000000000ULL
#ifndef PHYS
#define PHYS 0x100000ULL
#endif
#define AWAY (BASE + PAGES * MI_PAGE_SIZE) /* not mapped */

static unsigned char memory[PAGES * MI_PAGE_SIZE];
static struct mi_target target;
static struct mi_kernel kernel;

static enum mi_read read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	(void)p;
	if (pa < PHYS || pa - PHYS >= sizeof(memory))
		return MI_READ_HOLE;
	memcpy(page, memory + (pa - PHYS), MI_PAGE_SIZE);
	return MI_READ_OK;
}

static inline void put64(uint64_t va, uint64_t value)
{
	assert_true(va - BASE <= sizeof(memory) - sizeof(value));
	memcpy(memory + (va - BASE), &value, sizeof(value));
}

static inline struct mi_member at(int32_t off)
{
	return (struct mi_member){.off = off, .size = 8, .count = 1, .cls = MI_TYPE_INT};
}

static void map_memory(void)
{
	uint64_t vpn, i;

	for (i = 0; i < PAGES; i++) {
		vpn = (BASE >> MI_PAGE_SHIFT) + i;
		target.first.tlb[(vpn ^ vpn >> 12) & (MI_TLB_SIZE - 1)] = (struct mi_tlb_entry){
			.vpn = vpn + 1, .pa = PHYS + i * MI_PAGE_SIZE, .epoch = 1};
	}
}

/* Page tables of four levels in the last pages of the memory, which map it. */
static inline void make_tables(void)
{
	uint64_t table = PHYS + (PAGES - 4) * MI_PAGE_SIZE, i;
	unsigned int level;

	mi_pt_shape_regular(&target.xlat.shape, MI_PAGE_SHIFT, 48, 8);
	target.xlat.shape.pa_mask = 0x000ffffffffff000ULL;
	target.xlat.arch = &mi_arch_x86_64;
	target.xlat.root = table;
	for (level = 4; level > 1; level--, table += MI_PAGE_SIZE)
		put64(BASE + (table - PHYS) + mi_entry_index(&target.xlat.shape, level, BASE) * 8,
		      (table + MI_PAGE_SIZE) | 3);
	for (i = 0; i < PAGES; i++)
		put64(BASE + (table - PHYS) + i * 8, (PHYS + i * MI_PAGE_SIZE) | 3);
	target.xlat_ready = true;
}

/* Nothing is remembered of memory that has changed. */
static inline void forget(void)
{
	struct mi_error err;

	mi_memory_free(&target);
	assert_int_equal(mi_memory_init(&target, &err), MI_OK);
	map_memory();
}

/* A kernel of which nothing is known. */
static void forget_kernel(void)
{
	struct mi_layout *l = &kernel.l;

	memset(&kernel, 0, sizeof(kernel));
	kernel.t = &target;
#define MI_STRUCT(key, tag, max, feature)
#define MI_MEMBER(key, tag, names, feature) l->key.off = -1;
#define MI_ENUM(key, names, feature)
#define MI_SYMBOL(key, names, feature)
#include "../../libsrc/kernel/layout.def"
#undef MI_STRUCT
#undef MI_MEMBER
#undef MI_ENUM
#undef MI_SYMBOL
}

/* And empty memory. */
static void start_memory(void)
{
	static struct mi_provider_ops ops = {.read_page = read_page};
	static struct mi_provider provider = {.ops = &ops};
	struct mi_error err;

	memset(&target, 0, sizeof(target));
	memset(memory, 0, sizeof(memory));
	target.provider = &provider;
	assert_int_equal(mi_memory_init(&target, &err), MI_OK);
	map_memory();
	forget_kernel();
}

static int end_memory(void **state)
{
	(void)state;
	mi_memory_free(&target);
	mi_addrmap_free(&kernel.pt_met.at);
	return 0;
}
