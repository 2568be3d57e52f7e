// SPDX-License-Identifier: GPL-2.0-or-later
/* cache.c - the page cache: pages, entries of shmem that are swapped out, shadows */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define ENTRIES_MAX 4096

static struct s_entry *note_entry(struct s_file *f, uint64_t index, int kind)
{
	struct s_entry *e;

	if (!f->entries)
		f->entries = note_alloc(ENTRIES_MAX * sizeof(*f->entries));
	if (f->n_entries == ENTRIES_MAX)
		die("too many entries in the cache of %s", f->path);
	e = &f->entries[f->n_entries++];
	e->index = index;
	e->kind = kind;
	return e;
}

struct s_entry *cache_find(struct s_file *f, uint64_t index)
{
	for (size_t i = 0; i < f->n_entries; i++)
		if (f->entries[i].index == index)
			return &f->entries[i];
	return NULL;
}

static unsigned int tags_of(unsigned long flags)
{
	unsigned int tags = 0;

	if (flags & PG(dirty))
		tags |= 1U << TAG_DIRTY;
	if (flags & PG(writeback))
		tags |= 1U << TAG_WRITEBACK;
	return tags;
}

static uint64_t add_page(struct s_file *f, uint64_t index, unsigned long flags, uint64_t pfn)
{
	struct s_entry *e = note_entry(f, index, ENTRY_PAGE);

	/* What has no place on a disk is dirty for ever, and never tagged so. */
	if (!f->fs->major && flags & PG(uptodate))
		flags |= PG(dirty);
	if (!strcmp(f->fs->type, "tmpfs"))
		flags |= PG(swapbacked);
	e->pfn = pfn;
	page_set(pfn, flags, K(f->mapping), index);
	page_of(pfn)->_count.counter++; /* the cache's own */
	tree_insert(f->mapping, index, K(page_of(pfn)), f->fs->major ? tags_of(flags) : 0);
	f->mapping->nrpages++;
	return pfn;
}

uint64_t cache_page(struct s_file *f, uint64_t index, unsigned long flags)
{
	return add_page(f, index, flags, ram_page());
}

uint64_t cache_page_high(struct s_file *f, uint64_t index, unsigned long flags)
{
	return add_page(f, index, flags, ram_page_high());
}

uint64_t cache_huge(struct s_file *f, uint64_t index, unsigned int order)
{
	struct s_entry *e = note_entry(f, index, ENTRY_PAGE);

	e->pfn = ram_pages(order);
	e->order = order;
	page_set(e->pfn, PG(uptodate) | PG(dirty), K(f->mapping), index);
	page_compound(e->pfn, order);
	page_of(e->pfn + 1)->lru.next = FN(free_huge_page);
	tree_insert(f->mapping, index, K(page_of(e->pfn)), 0);
	f->mapping->nrpages++;
	return e->pfn;
}

#ifndef K_EXCEPTIONAL
#define DIRECT 16
#define ENTRIES (PAGE_SIZE / sizeof(long))

/* What an entry of a directory points to, a page made now if it has to be. */
static void *below(struct page **entry)
{
	if (!*entry)
		*entry = K(page_of(ram_page()));
	return ram_at(ram_pfn_of(H(*entry)) * PAGE_SIZE);
}

/*
 * Before 3.1 shmem keeps its swap entries in a vector: some in the inode, then pages of
 * them; the first half of their directory points to such, the second to directories.
 */
static swp_entry_t *swap_slot(struct shmem_inode_info *info, uint64_t index)
{
	struct page **dir;
	uint64_t page;

	if (index < DIRECT)
		return &info->i_direct[index];
	page = (index - DIRECT) / ENTRIES;
	dir = below(&info->i_indirect);
	if (page >= ENTRIES / 2) {
		page -= ENTRIES / 2;
		dir = below(&dir[ENTRIES / 2 + page / ENTRIES]);
		page %= ENTRIES;
	}
	return (swp_entry_t *)below(&dir[page]) + (index - DIRECT) % ENTRIES;
}
#endif

#ifdef K_EXCEPTIONAL
/* Values have bits 1:0 = 2; type and offset as the kernel's swp_entry() packs them. */
static void *swap_value(unsigned int type, uint64_t offset)
{
	unsigned int bits = 8 * sizeof(long) - 7;

	return (void *)(uintptr_t)(((uint64_t)type << bits | offset) << 2 | 2);
}
#endif

void cache_swap(struct s_file *f, uint64_t index, unsigned int type, uint64_t offset)
{
	struct shmem_inode_info *info =
		(struct shmem_inode_info *)((char *)f->inode -
					    offsetof(struct shmem_inode_info, vfs_inode));
	struct s_entry *e = note_entry(f, index, ENTRY_SWAP);

	if (strcmp(f->fs->type, "tmpfs"))
		die("%s is not shmem's", f->path);
	e->swap_type = type;
	e->swap_offset = offset;
	info->swapped++;
	swap_use(type, offset);
#ifdef K_EXCEPTIONAL
	tree_insert(f->mapping, index, swap_value(type, offset), 0);
#ifdef K_NREXCEPTIONAL
	f->mapping->nrexceptional++;
#endif
#else
	swap_slot(info, index)->val =
		(unsigned long)type << (8 * sizeof(long) - 5) | (unsigned long)offset;
#endif
}

#ifdef K_SHADOWS
/* The form of 3.14 to 4.4: node and zone below the counter of evictions. */
void cache_shadow(struct s_file *f, uint64_t index, uint64_t eviction)
{
	struct s_entry *e = note_entry(f, index, ENTRY_SHADOW);

	e->shadow = eviction << K_NODES_SHIFT << 2 | K_ZONE_OF_FRAMES;
	tree_insert(f->mapping, index, (void *)(e->shadow << 2 | 2), 0);
#ifdef K_NREXCEPTIONAL
	f->mapping->nrexceptional++;
#else
	f->mapping->nrshadows++;
#endif
}
#endif
