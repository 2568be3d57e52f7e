// SPDX-License-Identifier: GPL-2.0
/*
 * Calls into file systems to read pages, whatever the file system: read_pages() for readahead,
 * filemap_read_folio() for single pages and folios.
 */
#include <linux/fs.h>
#include <linux/pagemap.h>

#include "filter.h"
#include "hooks.h"
#include "page.h"
#include "state.h"

static void count_read(void)
{
	struct mr_state *s = mr_state_get();

	if (s && s->in_filemap)
		s->reads++;
	mr_state_put(s);
}

static void record(const struct mr_hook *hook, const struct file *file,
		   const struct address_space *mapping, pgoff_t index, u32 pages,
		   enum mr_reader reader)
{
	const struct inode *host = mapping->host;
	u64 size = i_size_read(host), begin = (u64)index << PAGE_SHIFT, end;
	struct mr_record rec;
	struct mr_e_read *e;

	if (in_task())
		count_read();
	if (!mr_wanted(MMAPREC_CLASS_READ) || mr_filtered(mr_passes(host)))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	end = min_t(u64, size, begin + ((u64)pages << PAGE_SHIFT));
	e->mapping = (unsigned long)mapping;
	e->ino = host->i_ino;
	e->index = index;
	e->offset = begin;
	e->length = end > begin ? end - begin : 0;
	e->i_size = size;
	e->file = (unsigned long)file;
	e->dev = host->i_sb->s_dev;
	e->pages = pages;
	e->reader = reader;
	e->in_fault = mr_in_fault();
	mr_done(&rec, read, hook);
}

static void on_read_pages(struct mr_hook *hook, struct pt_regs *regs)
{
	const struct readahead_control *control = (void *)regs_get_kernel_argument(regs, 0);

	/* It is called without pages, too, and returns at once. */
	if (control->_nr_pages)
		record(hook, control->file, control->mapping, control->_index, control->_nr_pages,
		       MR_READ_PAGES);
}

#ifdef MR_HAVE_FOLIO
static void on_read_folio(struct mr_hook *hook, struct pt_regs *regs)
{
	const struct file *file = (void *)regs_get_kernel_argument(regs, 0);
	struct mr_page p = mr_page_of_folio((void *)regs_get_kernel_argument(regs, 2));

	/* It is locked, but it may have been truncated just before. */
	if (p.mapping)
		record(hook, file, p.mapping, p.index, p.pages, MR_READ_FOLIO);
}
#else
static void on_readpage(struct mr_hook *hook, struct pt_regs *regs)
{
	const struct file *file = (void *)regs_get_kernel_argument(regs, 0);
	struct mr_page p = mr_page_of_cached((void *)regs_get_kernel_argument(regs, 1));

	if (p.mapping)
		record(hook, file, p.mapping, p.index, p.pages, MR_READ_FOLIO);
}
#endif

static const struct mr_variant read_pages_is[] = {
	{.proto = "void(struct readahead_control *)", .entry = on_read_pages},
	{.proto = "void(struct readahead_control *, struct list_head *, bool)",
	 .entry = on_read_pages},
	MR_END,
};

#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_ENTRY, .klass = MMAPREC_CLASS_READ,                     \
		.serves = BIT(MMAPREC_CLASS_READAHEAD), .variant = is,                             \
	}

#ifdef MR_HAVE_FOLIO
static const struct mr_variant read_folio_is[] = {
	{.proto = "int(struct file *, filler_t *, struct folio *)", .entry = on_read_folio},
	MR_END,
};
struct mr_hook mr_read_hooks[] = {
	HOOK(read_pages, read_pages_is),
	HOOK(filemap_read_folio, read_folio_is),
	MR_END,
};
#else
/* Before folios the page cache calls the file system's own function from many places. */
static const struct mr_variant readpage_is[] = {
	{.proto = "int(struct file *, struct page *)", .entry = on_readpage},
	MR_END,
};
#define READPAGE(name_)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_ENTRY, .klass = MMAPREC_CLASS_READ,                     \
		.serves = BIT(MMAPREC_CLASS_READAHEAD), .variant = readpage_is,                    \
		.of = "address_space_operations", .member = "readpage",                            \
	}
struct mr_hook mr_read_hooks[] = {
	HOOK(read_pages, read_pages_is), READPAGE(ext4_readpage),
	READPAGE(blkdev_readpage),	 READPAGE(xfs_vm_readpage),
	READPAGE(btrfs_readpage),	 READPAGE(nfs_readpage),
	READPAGE(fuse_readpage),	 MR_END,
};
#endif
