// SPDX-License-Identifier: GPL-2.0
/* Writeback of files that somebody has mapped. */
#include <linux/fs.h>
#include <linux/pagemap.h>

#include "filter.h"
#include "hooks.h"
#include "page.h"

static void fill(struct mr_e_writeback_begin *e, const struct mr_page *p)
{
	const struct inode *host = p->mapping->host;

	e->mapping = (unsigned long)p->mapping;
	e->ino = host->i_ino;
	e->index = p->index;
	e->pfn = p->pfn;
	e->dev = host->i_sb->s_dev;
	e->pages = p->pages;
}

/* Who writes back is not who wrote: filters of tasks do not apply. */
static void record(const struct mr_hook *hook, struct mr_page p, bool begins)
{
	const struct inode *host;
	struct mr_record rec;
	struct mr_e_writeback_begin *e;

	if (!mr_wanted(MMAPREC_CLASS_WRITEBACK) || !p.mapping || !mapping_mapped(p.mapping))
		return;
	host = p.mapping->host;
	if (mr_filtered(mr_file_passes(host->i_ino, host->i_sb->s_dev)))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	BUILD_BUG_ON(sizeof(*e) != sizeof(struct mr_e_writeback_end));
	fill(e, &p);
	mr_commit(&rec, begins ? MR_EV_writeback_begin : MR_EV_writeback_end, sizeof(*e), hook->id);
}

#ifdef MR_HAVE_FOLIO
static struct mr_page page_of(struct pt_regs *regs)
{
	struct folio *folio = (void *)regs_get_kernel_argument(regs, 0);
	struct mr_page p = mr_page_of_folio(folio);

	/* Of anonymous memory, of the swap cache. */
	if (((unsigned long)p.mapping & 3) || folio_test_swapcache(folio))
		p.mapping = NULL;
	return p;
}
#else
static struct mr_page page_of(struct pt_regs *regs)
{
	return mr_page_of_cached((void *)regs_get_kernel_argument(regs, 0));
}
#endif

static void on_start(struct mr_hook *hook, struct pt_regs *regs)
{
	record(hook, page_of(regs), true);
}

static void on_end(struct mr_hook *hook, struct pt_regs *regs)
{
	record(hook, page_of(regs), false);
}

static const struct mr_variant start_is[] = {
	{.proto = "void(" MR_CACHED ", bool)", .entry = on_start},
	{.proto = "bool(" MR_CACHED ", bool)", .entry = on_start},
	{.proto = "int(" MR_CACHED ", bool)", .entry = on_start},
	MR_END,
};
static const struct mr_variant end_is[] = {
	{.proto = "void(" MR_CACHED ")", .entry = on_end},
	MR_END,
};

#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_ENTRY, .klass = MMAPREC_CLASS_WRITEBACK, .variant = is, \
	}
struct mr_hook mr_writeback_hooks[] = {
#ifdef MR_HAVE_FOLIO
	HOOK(__folio_start_writeback, start_is),
	HOOK(folio_end_writeback, end_is),
#else
	HOOK(__test_set_page_writeback, start_is),
	HOOK(end_page_writeback, end_is),
#endif
	MR_END,
};
