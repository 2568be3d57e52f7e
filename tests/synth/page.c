// SPDX-License-Identifier: GPL-2.0-or-later
/* page.c - struct page of all frames, and compound pages as they were before 4.x */
#include "world.h"

#define ZONES_SHIFT 2
#define NODE_AT (8 * sizeof(long) - K_SECTIONS_SHIFT - K_NODES_SHIFT)
#define ZONE_AT (NODE_AT - ZONES_SHIFT)

static enum zone_type zone_of(uint64_t pfn)
{
#ifdef K_ARM64
	return pfn < (4ULL << 30) / PAGE_SIZE ? K_ZONE_OF_FRAMES : ZONE_NORMAL;
#else
	pfn -= K_FIRST_FRAME;
	if (pfn < (16ULL << 20) / PAGE_SIZE)
		return ZONE_DMA;
#ifdef K_NARROW
	return pfn < (896ULL << 20) / PAGE_SIZE ? ZONE_NORMAL : ZONE_HIGHMEM;
#else
	return pfn < (4ULL << 30) / PAGE_SIZE ? ZONE_DMA32 : ZONE_NORMAL;
#endif
#endif
}

/* The zone, and where struct pages do not tell it otherwise the section. */
static unsigned long zone_bits(uint64_t pfn)
{
	unsigned long bits = (unsigned long)zone_of(pfn) << ZONE_AT;

	if (K_SECTIONS_SHIFT)
		bits |= (unsigned long)(pfn / K_SECTION_PAGES) << (NODE_AT % (8 * sizeof(long)));
	return bits;
}

uint64_t page_of_zeroes(void)
{
#ifdef K_ZERO_PAGE_POINTER
	static uint64_t pfn;

	if (!pfn) {
		pfn = ram_page();
		page_set(pfn, PG(reserved), NULL, 0);
		*SYM(struct page *, empty_zero_page) = K(page_of(pfn));
	}
	return pfn;
#else
	return ram_pa(sym_host("empty_zero_page")) / PAGE_SIZE;
#endif
}

struct page *page_of(uint64_t pfn)
{
	return ram_struct_page(pfn);
}

static bool is_ram(uint64_t pfn)
{
	for (size_t i = 0; i < n_ram_ranges; i++)
		if (pfn >= ram_ranges[i].start / PAGE_SIZE && pfn < ram_ranges[i].end / PAGE_SIZE)
			return true;
	return false;
}

static void init_section(uint64_t first)
{
	for (uint64_t pfn = first; pfn < first + K_SECTION_PAGES; pfn++) {
		struct page *page;

#ifdef K_RAM_PAGES_ONLY
		if (!is_ram(pfn))
			continue;
#endif
		page = page_of(pfn);
		page->flags = zone_bits(pfn) | (is_ram(pfn) ? 0 : PG(reserved));
		page->_mapcount.counter = -1;
		page->_count.counter = is_ram(pfn) ? 0 : 1;
	}
}

void page_init_all(void)
{
	init_section(K_FIRST_FRAME);
	if (K_SECTION_OF_ABOVE)
		init_section(K_FIRST_FRAME + K_SECTION_OF_ABOVE * K_SECTION_PAGES);
}

void page_set(uint64_t pfn, unsigned long flags, void *mapping, uint64_t index)
{
	struct page *page = page_of(pfn);

	page->flags = zone_bits(pfn) | flags;
	page->mapping = mapping;
	page->index = index;
	page->_count.counter = 1;
	page->_mapcount.counter = -1;
}

void page_map(uint64_t pfn)
{
	struct page *page = page_of(pfn);

	page->_mapcount.counter++;
	page->_count.counter++;
}

/* The order is kept in lru of the first tail; tails point to the head. */
void page_compound(uint64_t pfn, unsigned int order)
{
	struct page *head = page_of(pfn);

	head->flags |= PG_OF_HEAD;
	for (uint64_t i = 1; i < 1ULL << order; i++) {
		struct page *tail = page_of(pfn + i);

		tail->flags |= PG_OF_TAIL;
		tail->first_page = K(head);
	}
	page_of(pfn + 1)->lru.next = FN(free_compound_page);
	page_of(pfn + 1)->lru.prev = (void *)(unsigned long)order;
}
