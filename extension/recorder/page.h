/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_PAGE_H
#define MMAPREC_PAGE_H

#include <linux/mm.h>
#include <linux/pagemap.h>

/*
 * A page of a file, or a folio of them: what the handlers want to know of it, whichever of the
 * two this kernel has.
 */
struct mr_page {
	struct address_space *mapping; /* NULL: of no file */
	pgoff_t index;
	u64 pfn;
	u32 pages;
};

#ifdef MR_HAVE_FOLIO
static inline struct mr_page mr_page_of_folio(struct folio *folio)
{
	struct mr_page p = {
		.mapping = READ_ONCE(folio->mapping),
		.index = folio->index,
		.pfn = folio_pfn(folio),
		.pages = folio_nr_pages(folio),
	};

	return p;
}
#endif

static inline struct mr_page mr_page_of_page(struct page *page)
{
#ifdef MR_HAVE_FOLIO
	struct folio *folio = page_folio(page);
	struct mr_page p = mr_page_of_folio(folio);

	if (folio_test_slab(folio) || folio_test_swapcache(folio))
		p.mapping = NULL;
	p.pfn = page_to_pfn(page);
	p.index += p.pfn - folio_pfn(folio);
	p.pages = 1;
#else
	struct page *head = compound_head(page);
	struct mr_page p = {
		.mapping = READ_ONCE(head->mapping),
		.index = head->index + (page - head),
		.pfn = page_to_pfn(page),
		.pages = 1,
	};

	if (PageSlab(head) || PageSwapCache(head))
		p.mapping = NULL;
#endif
	/* Low bits: anonymous, movable; no file's. */
	if ((unsigned long)p.mapping & 3)
		p.mapping = NULL;
	return p;
}

/*
 * What the page cache has at this index. It may go away at any time, which only makes an answer
 * old: nobody holds it for us, and preemption that is off keeps but the tree's nodes.
 */
static __always_inline const void *mr_look_up(const struct address_space *mapping, pgoff_t index)
{
	const void *entry = READ_ONCE(mapping->i_pages.xa_head);
	const struct xa_node *node;

	if (!xa_is_node(entry))
		return index ? NULL : entry;
	node = xa_to_node(entry);
	if (index >> node->shift > XA_CHUNK_MASK)
		return NULL;
	/* As xa_load() does, which costs three times as much on the way of minor faults. */
	for (;;) {
		entry = READ_ONCE(node->slots[(index >> node->shift) & XA_CHUNK_MASK]);
		if (!xa_is_node(entry))
			break;
		node = xa_to_node(entry);
	}
	return xa_is_sibling(entry) ? READ_ONCE(node->slots[xa_to_sibling(entry)]) : entry;
}

/* Read, and nobody is at it. Flags are looked at as bits, whatever it is by now. */
static __always_inline bool mr_is_whole(const struct page *page, unsigned long unwanted)
{
	unsigned long flags = READ_ONCE(*(const unsigned long *)&page->flags);

	return (flags & (BIT(PG_uptodate) | BIT(PG_locked) | unwanted)) == BIT(PG_uptodate);
}

/*
 * Is this page of a file cached, read, and not marked to start readahead (of what is read,
 * PG_reclaim is PG_readahead)? Then a fault does no I/O for it.
 */
static __always_inline bool mr_page_is_ready(const struct address_space *mapping, pgoff_t index)
{
	const void *page;
	bool ready;

	preempt_disable_notrace();
	page = mr_look_up(mapping, index);
	/* Neither a value, nor what the tree has for itself. */
	ready = page && !((unsigned long)page & 3) && mr_is_whole(page, BIT(PG_reclaim));
	preempt_enable_notrace();
	return ready;
}

/* Of shared memory: a page that is not there is a new one, unless it was swapped out. */
static __always_inline bool mr_page_needs_no_swap(const struct address_space *mapping,
						  pgoff_t index)
{
	const void *page;
	bool ready;

	preempt_disable_notrace();
	page = mr_look_up(mapping, index);
	ready = !page || (!((unsigned long)page & 3) && mr_is_whole(page, 0));
	preempt_enable_notrace();
	return ready;
}

/* What the kernel's functions and tracepoints have of the page cache: folios, or heads of pages. */
#ifdef MR_HAVE_FOLIO
typedef struct folio mr_cached;
#define MR_CACHED "struct folio *"

static inline struct mr_page mr_page_of_cached(mr_cached *folio)
{
	return mr_page_of_folio(folio);
}

static inline bool mr_cached_is_active(mr_cached *folio)
{
	return folio_test_active(folio);
}
#else
typedef struct page mr_cached;
#define MR_CACHED "struct page *"

static inline struct mr_page mr_page_of_cached(mr_cached *page)
{
	struct mr_page p = mr_page_of_page(page);

	p.pages = compound_nr(page);
	return p;
}

static inline bool mr_cached_is_active(mr_cached *page)
{
	return PageActive(page);
}
#endif

#endif
