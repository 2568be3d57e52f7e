// SPDX-License-Identifier: GPL-2.0
#include <linux/crc32.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>
#include <linux/workqueue.h>

#include "filter.h"
#include "hooks.h"
#include "identity.h"

#define CLOCK_SAMPLES 64

struct mr_area mr_directory;
struct mmaprec_header *mr_header;
/* The same, by the name that a reader of a dump looks for: MMAPREC_SYMBOL. */
struct mmaprec_header *mmaprec_directory;
static struct mr_area second;
static struct mr_area frame_lists;
static unsigned int lists_per_cpu;

static struct mmaprec_section *section(enum mmaprec_section_id id)
{
	return &mr_header->section[id - 1];
}

static void *entry(enum mmaprec_section_id id, unsigned int i)
{
	const struct mmaprec_section *s = section(id);

	return (char *)mr_directory.va + s->offset + (size_t)i * s->entry_size;
}

/* ---- what never changes ---- */

/* Sections one behind the other; returns the bytes of all. */
static size_t lay_out(struct mmaprec_section *sections)
{
	const struct {
		unsigned int n, entry_size;
	} of[] = {
		[MMAPREC_S_EVENTS] = {mr_event_desc_n, sizeof(struct mmaprec_event_desc)},
		[MMAPREC_S_FIELDS] = {mr_field_desc_n, sizeof(struct mmaprec_field_desc)},
		[MMAPREC_S_VALUES] = {mr_value_desc_n, sizeof(struct mmaprec_value_desc)},
		[MMAPREC_S_HOOKS] = {mr_hook_n, sizeof(struct mmaprec_hook)},
		[MMAPREC_S_CPUS] = {num_possible_cpus(), sizeof(struct mmaprec_cpu)},
		[MMAPREC_S_FRAMES] = {num_possible_cpus() * lists_per_cpu, sizeof(__u64)},
		[MMAPREC_S_CLOCK] = {CLOCK_SAMPLES, sizeof(struct mmaprec_clock_sample)},
		[MMAPREC_S_FILTERS] = {MR_FILTERS_MAX, sizeof(struct mmaprec_filter)},
	};
	size_t at = ALIGN(sizeof(struct mmaprec_header), 64);
	unsigned int i;

	for (i = MMAPREC_S_EVENTS; i < ARRAY_SIZE(of); i++) {
		sections[i - 1].offset = at;
		sections[i - 1].n = of[i].n;
		sections[i - 1].entry_size = of[i].entry_size;
		at += ALIGN((size_t)of[i].n * of[i].entry_size, 8);
	}
	return at;
}

static void fill_descriptions(void)
{
	memcpy(entry(MMAPREC_S_EVENTS, 0), mr_event_descs,
	       mr_event_desc_n * sizeof(*mr_event_descs));
	memcpy(entry(MMAPREC_S_FIELDS, 0), mr_field_descs,
	       mr_field_desc_n * sizeof(*mr_field_descs));
	memcpy(entry(MMAPREC_S_VALUES, 0), mr_value_descs,
	       mr_value_desc_n * sizeof(*mr_value_descs));
}

static void fill_cpu(struct mmaprec_cpu *to, unsigned int cpu, unsigned int nth)
{
	const struct mr_area *ring = &per_cpu_ptr(&mr_ring, cpu)->area;
	const unsigned int per_page = PAGE_SIZE / sizeof(u64);
	u64 *list = (u64 *)frame_lists.va + (size_t)nth * lists_per_cpu * per_page;
	unsigned int i;

	to->cpu = cpu;
	to->ring_va = (unsigned long)ring->va;
	to->mmap_offset = mr_dev_offset(cpu);
	to->first_frame = nth * lists_per_cpu;
	to->n_frames = lists_per_cpu;
	for (i = 0; i < ring->pages; i++)
		list[i] = page_to_pfn(ring->page[i]);
}

static void fill_cpus(void)
{
	u64 *frame = entry(MMAPREC_S_FRAMES, 0);
	unsigned int cpu, nth = 0, i;

	for_each_possible_cpu(cpu)
	{
		fill_cpu(entry(MMAPREC_S_CPUS, nth), cpu, nth);
		nth++;
	}
	for (i = 0; i < frame_lists.pages; i++)
		frame[i] = page_to_pfn(frame_lists.page[i]);
}

static void fill_hooks(void)
{
	unsigned int id;

	for (id = 1; id <= mr_hook_n; id++) {
		struct mmaprec_hook *to = entry(MMAPREC_S_HOOKS, id - 1);
		const struct mr_hook *hook = mr_hook_of(id);

		strscpy(to->name, hook->name, sizeof(to->name));
		to->klass = hook->klass;
	}
}

static void fill_header(unsigned int clock)
{
	struct mmaprec_header *h = mr_header;
	unsigned int i;

	h->magic0 = ~MMAPREC_NOT_MAGIC0;
	h->magic1 = ~MMAPREC_NOT_MAGIC1;
	h->byte_order = MMAPREC_BYTE_ORDER;
	h->abi_major = MMAPREC_ABI_MAJOR;
	h->abi_minor = MMAPREC_ABI_MINOR;
	h->header_size = sizeof(*h);
	h->page_size = PAGE_SIZE;
	h->dir_pages = mr_directory.pages;
	strscpy(h->release, init_utsname()->release, sizeof(h->release));
	strscpy(h->version, MR_VERSION, sizeof(h->version));
	mr_identify(h);
	h->clock = clock;
	h->loaded_mono = ktime_get_ns();
	h->loaded_real = ktime_get_real_ns();
	h->slot_size = MMAPREC_SLOT_SIZE;
	h->ring_order = ilog2(this_cpu_read(mr_ring.mask) + 1);
	h->ring_bytes = (u64)MMAPREC_SLOT_SIZE << h->ring_order;
	h->n_cpus = num_possible_cpus();
	h->dir_va = (unsigned long)mr_directory.va;
	h->other_va = (unsigned long)second.va;
	for (i = 0; i < mr_directory.pages; i++) {
		h->dir_frame[i] = page_to_pfn(mr_directory.page[i]);
		h->other_frame[i] = page_to_pfn(second.page[i]);
	}
	h->fixed_end = MMAPREC_NOT_MAGIC0;
	h->state = MMAPREC_LOADING;
}

static u32 crc_of_section(u32 crc, const void *dir, enum mmaprec_section_id id)
{
	const struct mmaprec_section *s = section(id);

	return crc32_le(crc, dir + s->offset, (size_t)s->n * s->entry_size);
}

/* Its member for the sum is 0 yet. */
static u32 crc_of(const void *dir)
{
	const size_t from = offsetof(struct mmaprec_header, abi_major);
	u32 crc = ~0U;

	crc = crc_of_section(crc, dir, MMAPREC_S_EVENTS);
	crc = crc_of_section(crc, dir, MMAPREC_S_FIELDS);
	crc = crc_of_section(crc, dir, MMAPREC_S_VALUES);
	crc = crc_of_section(crc, dir, MMAPREC_S_FRAMES);
	crc = crc32_le(crc, dir + from, offsetofend(struct mmaprec_header, fixed_end) - from);
	return ~crc;
}

/* The second copy knows itself as the directory, and the first as the other. */
static void fill_second(void)
{
	struct mmaprec_header *h = second.va;

	memcpy(second.va, mr_directory.va, (size_t)second.pages << PAGE_SHIFT);
	h->copy = 1;
	h->dir_va = mr_header->other_va;
	h->other_va = mr_header->dir_va;
	memcpy(h->dir_frame, mr_header->other_frame, sizeof(h->dir_frame));
	memcpy(h->other_frame, mr_header->dir_frame, sizeof(h->other_frame));
	h->crc = 0;
	h->crc = crc_of(h);
}

static int allocate(size_t bytes)
{
	unsigned int pages = DIV_ROUND_UP(bytes, PAGE_SIZE);
	int err;

	if (pages > MMAPREC_DIR_PAGES_MAX)
		return -E2BIG;
	err = mr_area_alloc(&frame_lists, lists_per_cpu * num_possible_cpus(), NUMA_NO_NODE);
	if (!err)
		err = mr_area_alloc(&mr_directory, pages, NUMA_NO_NODE);
	if (!err)
		err = mr_area_alloc(&second, pages, NUMA_NO_NODE);
	if (err)
		mr_directory_destroy();
	return err;
}

int mr_directory_create(unsigned int clock)
{
	struct mmaprec_section sections[MMAPREC_SECTIONS] = {};
	int err;

	lists_per_cpu = DIV_ROUND_UP(this_cpu_read(mr_ring.area.pages) * sizeof(u64), PAGE_SIZE);
	err = allocate(lay_out(sections));
	if (err)
		return err;
	mr_header = mr_directory.va;
	mmaprec_directory = mr_header;
	memcpy(mr_header->section, sections, sizeof(sections));
	fill_descriptions();
	fill_hooks();
	fill_cpus();
	fill_header(clock);
	mr_header->crc = crc_of(mr_header);
	fill_second();
	mr_directory_update(true);
	return 0;
}

/* Pages that are given back are not found again by their magic. */
static void forget(const struct mr_area *area)
{
	struct mmaprec_header *h = area->va;

	if (h)
		h->magic0 = h->magic1 = 0;
}

void mr_directory_destroy(void)
{
	forget(&second);
	forget(&mr_directory);
	mr_header = NULL;
	mmaprec_directory = NULL;
	mr_area_free(&second);
	mr_area_free(&mr_directory);
	mr_area_free(&frame_lists);
}

/* ---- what changes ---- */

static void update_cpus(void)
{
	unsigned int cpu, nth = 0;

	for_each_possible_cpu(cpu)
	{
		const struct mr_ring *ring = per_cpu_ptr(&mr_ring, cpu);
		struct mmaprec_cpu *to = entry(MMAPREC_S_CPUS, nth++);

		to->online = cpu_online(cpu);
		to->head = READ_ONCE(ring->seq);
		to->lost_nested = READ_ONCE(ring->lost_nested);
		to->lost_torn = READ_ONCE(ring->lost_torn);
		to->lost_overload = READ_ONCE(ring->lost_overload);
		to->filtered = READ_ONCE(ring->filtered);
		to->sampled_out = READ_ONCE(ring->sampled_out);
	}
}

static void update_hooks(void)
{
	unsigned int id;

	for (id = 1; id <= mr_hook_n; id++) {
		struct mmaprec_hook *to = entry(MMAPREC_S_HOOKS, id - 1);
		const struct mr_hook *hook = mr_hook_of(id);

		to->mechanism = hook->attached;
		memset(to->reason, 0, sizeof(to->reason));
		if (hook->attached == MMAPREC_M_ABSENT && hook->why)
			strscpy(to->reason, hook->why, sizeof(to->reason));
		to->missed = mr_hook_missed(hook);
		to->events = mr_hook_events(hook);
		to->calls = mr_hook_calls(hook);
	}
}

static void sample_clocks(void)
{
	struct mmaprec_clock_sample *to;
	unsigned long flags;

	to = entry(MMAPREC_S_CLOCK, mr_header->clock_count % CLOCK_SAMPLES);
	local_irq_save(flags);
	to->raw = mr_now();
	to->mono = ktime_get_mono_fast_ns();
	to->real = ktime_get_real_fast_ns();
	to->sched = sched_clock();
	local_irq_restore(flags);
	mr_header->clock_count++;
}

static void copy_section(enum mmaprec_section_id id)
{
	const struct mmaprec_section *s = section(id);

	memcpy(second.va + s->offset, mr_directory.va + s->offset, (size_t)s->n * s->entry_size);
}

static void copy_to_second(void)
{
	const size_t from = offsetofend(struct mmaprec_header, fixed_end);

	copy_section(MMAPREC_S_HOOKS);
	copy_section(MMAPREC_S_CPUS);
	copy_section(MMAPREC_S_CLOCK);
	copy_section(MMAPREC_S_FILTERS);
	memcpy(second.va + from, mr_directory.va + from, sizeof(*mr_header) - from);
}

void mr_directory_update(bool sample)
{
	if (sample)
		sample_clocks();
	update_cpus();
	update_hooks();
	mr_filters_publish(entry(MMAPREC_S_FILTERS, 0));
	mr_header->events_enabled = READ_ONCE(mr_recording) | BIT(MMAPREC_CLASS_CONTROL);
	mr_header->updated = mr_now();
	copy_to_second();
}

void mr_directory_state(enum mmaprec_state state)
{
	mr_header->state = state;
	mr_directory_update(false);
}

/* In a panic: nothing may wait here, whoever holds the lock. */
void mr_directory_freeze(void)
{
	mr_header->frozen = mr_now();
	mr_header->state = MMAPREC_FROZEN;
	sample_clocks();
	update_cpus();
	mr_header->events_enabled = 0;
	mr_header->updated = mr_header->frozen;
	copy_to_second();
}

/* ---- each second ---- */

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(ticker, tick);

static void tick(struct work_struct *work)
{
	mutex_lock(&mr_lock);
	mr_rings_brake(mr_brake);
	mr_directory_update(true);
	mutex_unlock(&mr_lock);
	schedule_delayed_work(&ticker, HZ);
}

void mr_directory_start_clock(void)
{
	schedule_delayed_work(&ticker, HZ);
}

void mr_directory_stop_clock(void)
{
	cancel_delayed_work_sync(&ticker);
}
