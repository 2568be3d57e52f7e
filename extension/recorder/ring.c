// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "ring.h"

DEFINE_PER_CPU(struct mr_ring, mr_ring);
unsigned long mr_recording;
DEFINE_STATIC_KEY_FALSE(mr_clock_is_tsc);

/*
 * Single pages, not what vmalloc() would take: each has a frame number of its own for the
 * reader, is on the CPU's node, and is no user page in a dump.
 */
int mr_area_alloc(struct mr_area *area, unsigned int pages, int node)
{
	unsigned int i;

	area->pages = 0;
	area->va = NULL;
	area->page = kvcalloc(pages, sizeof(*area->page), GFP_KERNEL | __GFP_NOWARN);
	if (!area->page)
		return -ENOMEM;
	for (i = 0; i < pages; i++) {
		area->page[i] = alloc_pages_node(
			node, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_NORETRY, 0);
		if (!area->page[i])
			break;
		area->pages++;
	}
	if (area->pages == pages)
		area->va = vmap(area->page, pages, VM_MAP, PAGE_KERNEL);
	if (area->va)
		return 0;
	mr_area_free(area);
	return -ENOMEM;
}

void mr_area_free(struct mr_area *area)
{
	unsigned int i;

	if (area->va)
		vunmap(area->va);
	for (i = 0; i < area->pages; i++)
		__free_page(area->page[i]);
	kvfree(area->page);
	memset(area, 0, sizeof(*area));
}

int mr_rings_create(unsigned int order)
{
	unsigned int pages = (MMAPREC_SLOT_SIZE << order) >> PAGE_SHIFT;
	unsigned int cpu;
	int err;

	for_each_possible_cpu(cpu)
	{
		struct mr_ring *ring = per_cpu_ptr(&mr_ring, cpu);

		err = mr_area_alloc(&ring->area, pages, cpu_to_node(cpu));
		if (err) {
			mr_rings_destroy();
			return err;
		}
		ring->slots = ring->area.va;
		ring->mask = (1ULL << order) - 1;
		ring->stop_at = U64_MAX;
	}
	return 0;
}

void mr_rings_destroy(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) mr_area_free(&per_cpu_ptr(&mr_ring, cpu)->area);
}

void mr_rings_brake(unsigned long rate)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
	{
		struct mr_ring *ring = per_cpu_ptr(&mr_ring, cpu);
		u64 seq = READ_ONCE(ring->seq), lost = READ_ONCE(ring->lost_overload);

		WRITE_ONCE(ring->stop_at, rate ? seq + rate : U64_MAX);
		if (lost != ring->overload_told && mr_recording)
			mr_control(MR_OVERLOAD, cpu, lost - ring->overload_told, 0);
		ring->overload_told = lost;
	}
}

void mr_control(enum mr_control_what what, u64 value, u64 value2, u32 kind)
{
	struct mr_record rec;
	struct mr_e_control *e = mr_begin(&rec);

	if (!e)
		return;
	e->value = value;
	e->value2 = value2;
	e->what = what;
	e->kind = kind;
	mr_commit(&rec, MR_EV_control, sizeof(*e), 0);
}
