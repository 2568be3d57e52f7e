// SPDX-License-Identifier: GPL-2.0-or-later
/* wait.c - zones and their wait tables, tasks that wait for pages, swap areas */
#include <stdlib.h>

#include "world.h"

#define WAIT_TABLE_BITS 10
#ifdef K_NARROW
#define GOLDEN_RATIO 0x9e370001UL
#else
#define GOLDEN_RATIO 0x9e37fffffffc0001UL
#endif
#define SWP_USED 1
#define SWP_WRITEOK 2

struct s_waiter *s_waiters;
struct s_swap_area *s_swap_areas;

static struct pglist_data *node;

static void zone_setup(enum zone_type type, const char *name, uint64_t first, uint64_t end)
{
	struct zone *zone = &node->node_zones[type];
	wait_queue_head_t *table;

	for (size_t i = 0; i < sizeof(zone->free_area) / sizeof(*zone->free_area); i++)
		for (size_t j = 0; j < sizeof(zone->free_area[i].free_list) /
					       sizeof(*zone->free_area[i].free_list);
		     j++)
			list_init(&zone->free_area[i].free_list[j]);
	zone->zone_pgdat = K(node);
	zone->name = K(ram_string(name));
	zone->zone_start_pfn = K_FIRST_FRAME + first;
	zone->spanned_pages = end - first;
	zone->present_pages = end - first;
	if (first == end)
		return;
	table = ram_alloc(sizeof(*table) << WAIT_TABLE_BITS);
	zone->wait_table = K(table);
	zone->wait_table_hash_nr_entries = 1UL << WAIT_TABLE_BITS;
	zone->wait_table_bits = WAIT_TABLE_BITS;
	for (unsigned int i = 0; i < 1U << WAIT_TABLE_BITS; i++)
		list_init(&table[i].task_list);
}

/* What is kept is the address of the section's memmap as if it began at frame 0. */
#ifdef K_VMEMMAP
static void sections(void)
{
	struct mem_section **roots = sym_host("mem_section");
	struct mem_section *root = ram_alloc(PAGE_SIZE);
	size_t first = K_FIRST_FRAME / K_SECTION_PAGES;

	root[first].section_mem_map = layout.vmemmap | 3;
	root[first + K_SECTION_OF_ABOVE].section_mem_map = layout.vmemmap | 3;
	roots[0] = K(root);
}
#elif defined(K_SPARSE)
static void section(struct mem_section *s, uint64_t first_pfn)
{
	uint64_t map = ram_kva(ram_struct_page(first_pfn));

	s->section_mem_map = (unsigned long)(map - first_pfn * sizeof(struct page)) | 3;
}

static void sections(void)
{
	struct mem_section *all = sym_host("mem_section");

	section(&all[0], 0);
	section(&all[K_SECTION_OF_ABOVE], K_SECTION_OF_ABOVE * K_SECTION_PAGES);
}
#else
static void sections(void)
{
	*SYM(struct page *, mem_map) = K((struct page *)ram_struct_page(K_FIRST_FRAME));
}
#endif

struct pglist_data *wait_node(void)
{
	return node;
}

static void zones(void)
{
	uint64_t above = K_FRAMES_ABOVE / PAGE_SIZE - K_FIRST_FRAME;

	node->node_start_pfn = (unsigned long)K_FIRST_FRAME;
	node->nr_zones = MAX_NR_ZONES - 1;
	node->node_spanned_pages = (unsigned long)above + 4096;
#ifdef K_ARM64
	zone_setup(K_ZONE_OF_FRAMES, K_ZONE_NAME, 0, (1 << 20) - K_FIRST_FRAME);
	zone_setup(ZONE_NORMAL, "Normal", (1 << 20) - K_FIRST_FRAME, above + 4096);
#elif defined(K_NARROW)
	zone_setup(ZONE_DMA, "DMA", 1, 4096);
	zone_setup(ZONE_NORMAL, "Normal", 4096, 896 << 8);
	zone_setup(ZONE_HIGHMEM, "HighMem", 896 << 8, above + 4096);
#else
	zone_setup(ZONE_DMA, "DMA", 1, 4096);
	zone_setup(ZONE_DMA32, "DMA32", 4096, 1 << 20);
	zone_setup(ZONE_NORMAL, "Normal", 1 << 20, (1 << 20) + 4096);
#endif
	zone_setup(ZONE_MOVABLE, "Movable", 0, 0);
}

void zone_init(void)
{
#ifdef K_ONE_NODE
	node = SYM(struct pglist_data, contig_page_data);
#else
	struct pglist_data **nodes = sym_host("node_data");

	node = ram_alloc(sizeof(*node));
	nodes[0] = K(node);
#endif
	zones();
	SYM(nodemask_t, node_online_map)->bits[0] = 1;
	sections();
}

static struct zone *zone_of(const struct page *page)
{
	unsigned int at = 8 * sizeof(long) - K_SECTIONS_SHIFT - K_NODES_SHIFT - 2;

	return &node->node_zones[page->flags >> at & 3];
}

/* __wait_on_bit(): the entry lies on the waiter's stack, in the table of the page's zone. */
void wait_for_page(struct s_task *t, struct s_file *f, uint64_t index, unsigned int bit)
{
	struct wait_bit_queue *q = task_stack_at(t, 600);
	struct s_waiter *w = note_alloc(sizeof(*w));
	struct page *page = page_of(cache_find(f, index)->pfn);
	wait_queue_head_t *table = H(zone_of(page)->wait_table);
	unsigned long hash =
		(unsigned long)ram_kva(page) * GOLDEN_RATIO >> (8 * sizeof(long) - WAIT_TABLE_BITS);

	q->key.flags = K(&page->flags);
	q->key.bit_nr = (int)bit;
	q->wait.private = K(t->task);
	q->wait.func = FN(wake_bit_function);
	list_add(&q->wait.task_list, &table[hash].task_list);
	w->task = t;
	w->pfn = ram_pfn_of(page);
	w->bit = bit;
	w->file = f;
	w->index = index;
	w->next = s_waiters;
	s_waiters = w;
}

void swap_area(unsigned int type, struct s_file *f, unsigned int pages, unsigned int used,
	       int priority)
{
#ifdef K_SWAP_INFO_POINTERS
	struct swap_info_struct **areas = sym_host("swap_info");
	struct swap_info_struct *area = ram_alloc(sizeof(*area));

	areas[type] = K(area);
	area->type = (signed char)type;
#else
	struct swap_info_struct *area = (struct swap_info_struct *)sym_host("swap_info") + type;
#endif
	struct s_swap_area *note = note_alloc(sizeof(*note));

	area->flags = SWP_USED | SWP_WRITEOK;
	area->prio = (short)priority;
	area->max = pages + 1;
	area->pages = pages;
	area->inuse_pages = used;
	area->swap_file = K(f->file);
	area->swap_map =
		K((__typeof__(H(area->swap_map)))ram_alloc((pages + 1) * sizeof(*area->swap_map)));
	*note = (struct s_swap_area){.type = type,
				     .map = H(area->swap_map),
				     .pages = pages,
				     .used = used,
				     .priority = priority,
				     .file = f,
				     .next = s_swap_areas};
	s_swap_areas = note;
}

void swap_use(unsigned int type, uint64_t offset)
{
	for (struct s_swap_area *a = s_swap_areas; a; a = a->next) {
		if (a->type != type)
			continue;
		if (!offset || offset > a->pages)
			die("no slot %llu in swap area %u", (unsigned long long)offset, type);
		((__typeof__(((struct swap_info_struct *)0)->swap_map))a->map)[offset]++;
		return;
	}
	die("no swap area %u", type);
}
