// SPDX-License-Identifier: GPL-2.0
/*
 * Pages entering and leaving the page cache. The tracepoint does not say why one leaves:
 * __remove_mapping() is the way of reclaim; what goes another way is truncated. And a page
 * comes before the kernel looks whether it was evicted a while ago: that is added to its record.
 */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <trace/events/filemap.h>

#include "filter.h"
#include "hooks.h"
#include "page.h"
#include "state.h"

/* The latest page that came in on this CPU: its record may still be told more. */
struct added {
	const void *page;
	u64 seq;
};
static DEFINE_PER_CPU(struct added, added);

static void record_add(const struct mr_hook *hook, const void *page, struct mr_page p)
{
	const struct inode *host = p.mapping->host;
	struct mr_record rec;
	struct mr_e_cache_add *e;

	if (mr_filtered(mr_passes(host)))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	e->mapping = (unsigned long)p.mapping;
	e->ino = host->i_ino;
	e->dev = host->i_sb->s_dev;
	e->index = p.index;
	e->pfn = p.pfn;
	e->pages = p.pages;
	e->refault = MR_NO_REFAULT;
	e->in_fault = mr_in_fault();
	this_cpu_write(added.page, page);
	this_cpu_write(added.seq, rec.seq);
	mr_done(&rec, cache_add, hook);
}

/* What __remove_mapping() said of this page just before, in the same task. */
static u32 why_left(const void *page)
{
	struct mr_state *s = in_task() ? mr_state_get() : NULL;
	u32 why = MR_TRUNCATED;

	if (s && s->removing == page) {
		why = s->why_left;
		s->removing = NULL;
	}
	mr_state_put(s);
	return why;
}

static void record_delete(const struct mr_hook *hook, const void *page, struct mr_page p)
{
	const struct inode *host = p.mapping->host;
	u32 why = why_left(page);
	struct mr_record rec;
	struct mr_e_cache_delete *e;

	if (mr_filtered(mr_passes(host)))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	e->mapping = (unsigned long)p.mapping;
	e->ino = host->i_ino;
	e->dev = host->i_sb->s_dev;
	e->index = p.index;
	e->pfn = p.pfn;
	e->pages = p.pages;
	e->why_left = why;
	e->reserved = 0;
	mr_done(&rec, cache_delete, hook);
}

static void on_remove(struct mr_hook *hook, struct pt_regs *regs)
{
	const void *page = (void *)regs_get_kernel_argument(regs, 1);
	bool reclaimed = regs_get_kernel_argument(regs, 2) & 1;
	struct mr_state *s;

	if (!in_task() || !mr_wanted(MMAPREC_CLASS_CACHE))
		return;
	s = mr_state_get();
	if (!s)
		return;
	s->removing = page;
	s->why_left = reclaimed ? MR_RECLAIMED : MR_LEFT_OTHERWISE;
	mr_state_put(s);
}

/* A record that is complete is opened, told more and closed, as when it was written. */
static void amend(struct mmaprec_slot *slot, u64 seq, enum mr_refault refault)
{
	struct mr_e_cache_add *e = (void *)slot->payload;

	WRITE_ONCE(slot->seq_end, 0);
	smp_wmb();
	e->refault = refault;
	slot->check = mmaprec_check(slot);
	smp_wmb();
	WRITE_ONCE(slot->seq_end, seq);
}

static int on_refault(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	const void **page = data;

	*page = (void *)regs_get_kernel_argument(regs, 0);
	return !mr_wanted(MMAPREC_CLASS_CACHE);
}

static void told(const void *page, enum mr_refault refault)
{
	struct mr_ring *ring;
	struct mmaprec_slot *slot;
	u64 seq;

	preempt_disable_notrace();
	ring = this_cpu_ptr(&mr_ring);
	seq = this_cpu_read(added.seq);
	slot = &ring->slots[seq & ring->mask];
	if (seq && this_cpu_read(added.page) == page && READ_ONCE(slot->seq_end) == seq &&
	    slot->event == MR_EV_cache_add && ring->seq - seq < ring->mask / 2)
		amend(slot, seq, refault);
	preempt_enable_notrace();
}

static void on_add(void *hook, mr_cached *page)
{
	mr_called(hook);
	if (mr_wanted(MMAPREC_CLASS_CACHE))
		record_add(hook, page, mr_page_of_cached(page));
}

static void on_delete(void *hook, mr_cached *page)
{
	mr_called(hook);
	if (mr_wanted(MMAPREC_CLASS_CACHE))
		record_delete(hook, page, mr_page_of_cached(page));
}

/* It is called for what was evicted; what was in the working set it makes active. */
static void on_refaulted(struct mr_hook *hook, void *data, unsigned long result)
{
	mr_cached *page = *(void **)data;

	told(page, mr_cached_is_active(page) ? MR_ACTIVATED : MR_REFAULTED);
}

/* A prototype is compared as it is spelled here. */
#ifdef MR_HAVE_FOLIO
#define PROBE(tp, fn) MR_PROBE(tp, fn, struct folio *)
#else
#define PROBE(tp, fn) MR_PROBE(tp, fn, struct page *)
#endif

static const struct mr_variant add_is[] = {
	PROBE(mm_filemap_add_to_page_cache, on_add),
	MR_END,
};
static const struct mr_variant delete_is[] = {
	PROBE(mm_filemap_delete_from_page_cache, on_delete),
	MR_END,
};
static const struct mr_variant remove_is[] = {
	{
		.proto = "int(struct address_space *, " MR_CACHED ", bool, struct mem_cgroup *)",
		.entry = on_remove,
	},
	MR_END,
};
static const struct mr_variant refault_is[] = {
	{
		.proto = "void(" MR_CACHED ", void *)",
		.enter = on_refault,
		.leave = on_refaulted,
		.data = sizeof(void *),
	},
	MR_END,
};

struct mr_hook mr_cache_hooks[] = {
	{
		.name = "mm_filemap_add_to_page_cache",
		.kind = MR_TRACEPOINT,
		.klass = MMAPREC_CLASS_CACHE,
		.variant = add_is,
	},
	{
		.name = "mm_filemap_delete_from_page_cache",
		.kind = MR_TRACEPOINT,
		.klass = MMAPREC_CLASS_CACHE,
		.variant = delete_is,
	},
	{
		.name = "__remove_mapping",
		.kind = MR_ENTRY,
		.klass = MMAPREC_CLASS_CACHE,
		.variant = remove_is,
	},
	{
		.name = "workingset_refault",
		.kind = MR_RETURN,
		.klass = MMAPREC_CLASS_CACHE,
		.variant = refault_is,
	},
	MR_END,
};
