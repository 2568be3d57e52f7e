// SPDX-License-Identifier: GPL-2.0
/*
 * filemap_fault() and the readahead it decides on. The functions that decide are inlined, so
 * it is told by what happens between begin and end: page_cache_async_ra() was called: async;
 * page_cache_sync_ra(): sequential; none of both, but readahead: around the page.
 *
 * What is read ahead is told by the functions that do it, whoever asked. By then the window
 * has been chosen and is in file_ra_state.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "fault.h"
#include "filter.h"
#include "page.h"
#include "state.h"
#include "wrap.h"

struct filemap_call {
	struct mr_hold hold;
	bool recorded;
	u64 begin;
	struct mr_fault fault; /* only with "majors on" */
	u64 mm, address, mapping, index, ino;
	u32 dev;
};

static u16 order_of(const struct file_ra_state *ra)
{
#ifdef MR_HAVE_RA_ORDER
	return ra->order;
#else
	return 0;
#endif
}

static void note_window(struct mr_state *s, const struct file_ra_state *ra, u16 order)
{
	s->window_start = ra->start;
	s->window_size = ra->size;
	s->window_async = ra->async_size;
	s->ra_pages = ra->ra_pages;
	s->mmap_miss = ra->mmap_miss;
	s->order = order;
}

/* ---- filemap_fault() ---- */

static void describe(struct filemap_call *call, const struct vm_fault *vmf)
{
	const struct address_space *mapping = vmf->vma->vm_file->f_mapping;

	call->begin = mr_now();
	call->mm = (unsigned long)vmf->vma->vm_mm;
	call->address = vmf->address;
	call->mapping = (unsigned long)mapping;
	call->index = vmf->pgoff;
	call->ino = mapping->host->i_ino;
	call->dev = mapping->host->i_sb->s_dev;
}

/* Is its end of interest? */
static bool begin_filemap(const struct mr_hook *hook, struct filemap_call *call,
			  const struct vm_fault *vmf)
{
	struct mr_state *s;
	bool slow;

	slow = mr_slow_fault_begin(hook, &call->fault, vmf);
	describe(call, vmf);
	call->recorded = mr_wanted(MMAPREC_CLASS_READAHEAD) &&
			 !mr_filtered(mr_task_passes() && mr_file_passes(call->ino, call->dev));
	mr_hold_begin(&call->hold);
	s = call->hold.state;
	if (!s)
		return call->recorded || slow;
	s->in_filemap = true;
	s->decision = MR_RA_NONE;
	s->reads = 0;
	s->ra_control = s->told_control = NULL;
	note_window(s, &vmf->vma->vm_file->f_ra, order_of(&vmf->vma->vm_file->f_ra));
	return true;
}

static void record_filemap(const struct mr_hook *hook, const struct filemap_call *call,
			   const struct mr_state *s, u32 result)
{
	struct mr_record rec;
	struct mr_e_filemap_fault *e = mr_begin(&rec);

	if (!e)
		return;
	e->mm = call->mm;
	e->address = call->address;
	e->mapping = call->mapping;
	e->index = call->index;
	e->ino = call->ino;
	e->begin = call->begin;
	e->dev = call->dev;
	e->window_start = s->window_start;
	e->window_size = s->window_size;
	e->window_async = s->window_async;
	e->ra_pages = s->ra_pages;
	e->mmap_miss = s->mmap_miss;
	e->result = result;
	e->decision = s->decision;
	e->order = s->order;
	e->reads = s->reads;
	mr_done(&rec, filemap_fault, hook);
}

static void end_filemap(const struct mr_hook *hook, const struct filemap_call *call, u32 result)
{
	struct mr_state *s = mr_hold_state(&call->hold);

	/* Without a place to remember what was decided, there is nothing to tell. */
	if (s) {
		if (call->recorded && mr_wanted(MMAPREC_CLASS_READAHEAD))
			record_filemap(hook, call, s, result);
		s->in_filemap = false;
		mr_state_put(s);
	}
	mr_slow_fault_end(hook, &call->fault, result);
}

static int enter_filemap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	return !begin_filemap(hook, data, (void *)regs_get_kernel_argument(regs, 0));
}

static void leave_filemap(struct mr_hook *hook, void *data, unsigned long result)
{
	end_filemap(hook, data, result);
}

/* ---- the same with "majors on": only where the page is not there, ready ---- */

static __always_inline bool is_minor(const struct vm_fault *vmf)
{
	return mr_page_is_ready(vmf->vma->vm_file->f_mapping, vmf->pgoff);
}

#ifdef MR_CAN_WRAP
/* The place in the table. */
#define FILEMAP_FAULT_SLOW 1

static vm_fault_t instead_of_filemap_fault(struct vm_fault *vmf)
{
	const struct mr_hook *hook = &mr_readahead_hooks[FILEMAP_FAULT_SLOW];
	struct filemap_call call;
	bool wanted = begin_filemap(hook, &call, vmf);
	vm_fault_t result = mr_wrap_call(hook, vmf);

	if (wanted)
		end_filemap(hook, &call, result);
	mr_wrap_left();
	return result;
}

static void notrace on_filemap_fault(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				     mr_wrap_regs *regs)
{
	if (!is_minor(mr_wrap_argument(regs)))
		mr_wrap_divert(ip, parent, ops, regs, instead_of_filemap_fault);
}
#else
#define on_filemap_fault NULL
#endif

static int enter_slow_filemap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	const struct vm_fault *vmf = (void *)regs_get_kernel_argument(regs, 0);

	return is_minor(vmf) || !begin_filemap(hook, data, vmf);
}

/* ---- who asked ---- */

static void asked(struct pt_regs *regs, enum mr_decision via)
{
	struct mr_state *s = in_task() ? mr_state_get() : NULL;

	if (!s)
		return;
	s->ra_control = (void *)regs_get_kernel_argument(regs, 0);
	s->ra_via = via;
	s->told_control = NULL;
	if (s->in_filemap)
		s->decision = s->decision && s->decision != via ? MR_RA_BOTH : via;
	mr_state_put(s);
}

static void on_sync(struct mr_hook *hook, struct pt_regs *regs)
{
	asked(regs, MR_RA_SEQUENTIAL);
}

static void on_async(struct mr_hook *hook, struct pt_regs *regs)
{
	asked(regs, MR_RA_ASYNC);
}

/* ---- what is read ahead ---- */

static const struct file_ra_state *state_of(const struct readahead_control *control)
{
#ifdef MR_HAVE_RACTL_RA
	return control->ra;
#else
	return control->file ? &control->file->f_ra : NULL;
#endif
}

/* Who asked for this; in a fault nobody but the fault itself can have. */
static enum mr_decision decision_of(struct mr_state *s, const struct readahead_control *control)
{
	enum mr_decision via = MR_RA_NONE;

	if (s->ra_control == control)
		via = s->ra_via;
	else if (s->in_filemap)
		via = MR_RA_AROUND;
	s->ra_control = NULL;
	if (s->in_filemap && s->decision == MR_RA_NONE)
		s->decision = via;
	return via;
}

static void record_readahead(const struct mr_hook *hook, const struct readahead_control *control,
			     u64 pages, enum mr_decision decision)
{
	const struct inode *host = control->mapping->host;
	const struct file_ra_state *ra = state_of(control);
	struct mr_record rec;
	struct mr_e_readahead *e;

	if (!mr_wanted(MMAPREC_CLASS_READAHEAD) || mr_filtered(mr_passes(host)))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	e->mapping = (unsigned long)control->mapping;
	e->index = control->_index;
	e->ino = host->i_ino;
	e->dev = host->i_sb->s_dev;
	e->window_start = ra ? ra->start : 0;
	e->window_size = ra ? ra->size : 0;
	e->window_async = ra ? ra->async_size : 0;
	e->mmap_miss = ra ? ra->mmap_miss : 0;
	e->pages = min_t(u64, pages, U32_MAX);
	e->decision = decision;
	e->in_fault = mr_in_fault();
	mr_done(&rec, readahead, hook);
}

/* The same readahead goes on by pages where page_cache_ra_order() cannot have folios. */
static bool told_already(const struct mr_state *s, const struct readahead_control *control,
			 const struct file_ra_state *ra)
{
	return s->told_control == control && ra && control->_index >= s->told_index &&
	       control->_index - s->told_index <= ra->size;
}

static void readahead(struct mr_hook *hook, struct readahead_control *control,
		      const struct file_ra_state *ra, u64 pages, int order)
{
	struct mr_state *s = in_task() ? mr_state_get() : NULL;
	enum mr_decision decision;

	if (!s)
		return;
	if (order < 0 && told_already(s, control, ra)) {
		s->told_control = NULL;
		mr_state_put(s);
		return;
	}
	decision = decision_of(s, control);
	if (s->in_filemap && ra)
		note_window(s, ra, max(order, 0));
	s->told_control = order < 0 ? NULL : control;
	s->told_index = control->_index;
	record_readahead(hook, control, pages, decision);
	mr_state_put(s);
}

static void on_unbounded(struct mr_hook *hook, struct pt_regs *regs)
{
	struct readahead_control *control = (void *)regs_get_kernel_argument(regs, 0);

	readahead(hook, control, state_of(control), regs_get_kernel_argument(regs, 1), -1);
}

static void on_order(struct mr_hook *hook, struct pt_regs *regs)
{
	struct readahead_control *control = (void *)regs_get_kernel_argument(regs, 0);
	const struct file_ra_state *ra = (void *)regs_get_kernel_argument(regs, 1);

	readahead(hook, control, ra, ra->size, (u16)regs_get_kernel_argument(regs, 2));
}

static void on_order_of_state(struct mr_hook *hook, struct pt_regs *regs)
{
	struct readahead_control *control = (void *)regs_get_kernel_argument(regs, 0);
	const struct file_ra_state *ra = (void *)regs_get_kernel_argument(regs, 1);

	readahead(hook, control, ra, ra->size, order_of(ra));
}

/* ---- the table ---- */

#define CONTROL "struct readahead_control *"

static const struct mr_variant filemap_is[] = {
	{
		.proto = "vm_fault_t(struct vm_fault *)",
		.enter = enter_filemap,
		.leave = leave_filemap,
		.data = sizeof(struct filemap_call),
	},
	MR_END,
};
static const struct mr_variant slow_filemap_is[] = {
	{
		.proto = "vm_fault_t(struct vm_fault *)",
		.enter = enter_slow_filemap,
		.leave = leave_filemap,
		.data = sizeof(struct filemap_call),
		.divert = on_filemap_fault,
	},
	MR_END,
};
static const struct mr_variant sync_is[] = {
	{.proto = "void(" CONTROL ", long unsigned int)", .entry = on_sync},
	{.proto = "void(" CONTROL ", struct file_ra_state *, long unsigned int)", .entry = on_sync},
	MR_END,
};
static const struct mr_variant async_is[] = {
	{.proto = "void(" CONTROL ", struct folio *, long unsigned int)", .entry = on_async},
	{.proto = "void(" CONTROL ", struct file_ra_state *, struct page *, long unsigned int)",
	 .entry = on_async},
	MR_END,
};
static const struct mr_variant unbounded_is[] = {
	{.proto = "void(" CONTROL ", long unsigned int, long unsigned int)", .entry = on_unbounded},
	MR_END,
};
static const struct mr_variant order_is[] = {
	{.proto = "void(" CONTROL ", struct file_ra_state *)", .entry = on_order_of_state},
	{.proto = "void(" CONTROL ", struct file_ra_state *, unsigned int)", .entry = on_order},
	MR_END,
};

#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_ENTRY, .klass = MMAPREC_CLASS_READAHEAD, .variant = is, \
	}
struct mr_hook mr_readahead_hooks[] = {
	{
		.name = "filemap_fault",
		.kind = MR_RETURN,
		.klass = MMAPREC_CLASS_READAHEAD,
		.majors = MR_MAJORS_OFF,
		.variant = filemap_is,
	},
	{
		.name = "filemap_fault",
		.kind = MR_RETURN,
		.klass = MMAPREC_CLASS_FAULT,
		.serves = BIT(MMAPREC_CLASS_READAHEAD),
		.majors = MR_MAJORS_ON,
		.variant = slow_filemap_is,
	},
	HOOK(page_cache_sync_ra, sync_is),
	HOOK(page_cache_async_ra, async_is),
	HOOK(page_cache_ra_unbounded, unbounded_is),
	HOOK(page_cache_ra_order, order_is),
	MR_END,
};
