// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults, all architectures and ways: handle_mm_fault() begins and ends each attempt. Its
 * return is needed: that is where it shows whether there was I/O.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/task_stack.h>

#include "fault.h"
#include "filter.h"
#include "page.h"
#include "wrap.h"

static DEFINE_PER_CPU(u32, minors);

static u32 access_of(unsigned int flags)
{
	u32 access = 0;

	if (flags & FAULT_FLAG_WRITE)
		access |= MR_WRITE;
	if (flags & FAULT_FLAG_INSTRUCTION)
		access |= MR_EXEC;
	if (flags & FAULT_FLAG_USER)
		access |= MR_USER;
	if (flags & FAULT_FLAG_REMOTE)
		access |= MR_REMOTE;
	if (flags & FAULT_FLAG_TRIED)
		access |= MR_TRIED;
	if (flags & FAULT_FLAG_KILLABLE)
		access |= MR_KILLABLE;
#ifdef MR_HAVE_FAULT_VMA_LOCK
	if (flags & FAULT_FLAG_VMA_LOCK)
		access |= MR_VMA_LOCK;
#endif
#ifdef MR_HAVE_FAULT_UNSHARE
	if (flags & FAULT_FLAG_UNSHARE)
		access |= MR_UNSHARE;
#endif
	return access;
}

/* The VMA is locked here, and holds its file. Later it may be gone. */
static void describe(struct mr_e_fault_end *e, struct vm_area_struct *vma, unsigned long address,
		     unsigned int flags)
{
	const struct file *file = vma->vm_file;

	e->mm = (unsigned long)vma->vm_mm;
	e->address = address;
	e->index = linear_page_index(vma, address);
	e->access = access_of(flags);
	e->mapping = e->ino = e->dev = 0;
	if (file) {
		const struct inode *host = file->f_mapping->host;

		e->mapping = (unsigned long)file->f_mapping;
		e->ino = host->i_ino;
		e->dev = host->i_sb->s_dev;
	}
}

/* As the kernel counts them: what was retried after I/O is a major fault. */
static enum mr_fault_class class_of(unsigned int access, vm_fault_t result)
{
	if (result & VM_FAULT_ERROR)
		return MR_FAILED;
	if (result & VM_FAULT_RETRY)
		return MR_RETRIED;
	return (result & VM_FAULT_MAJOR) || (access & MR_TRIED) ? MR_MAJOR : MR_MINOR;
}

static void record_begin(const struct mr_hook *hook, const struct mr_e_fault_end *end,
			 struct vm_area_struct *vma, unsigned int flags, u64 ip)
{
	struct mr_record rec;
	struct mr_e_fault_begin *e = mr_begin(&rec);

	if (!e)
		return;
	e->mm = end->mm;
	e->address = end->address;
	e->vma = (unsigned long)vma;
	e->vm_flags = vma->vm_flags;
	e->mapping = end->mapping;
	e->index = end->index;
	e->ip = ip;
	e->ino = end->ino;
	e->dev = end->dev;
	e->access = end->access;
	e->flags = flags;
	e->attempt = end->attempt;
	mr_done(&rec, fault_begin, hook);
}

static void record_end(const struct mr_hook *hook, const struct mr_e_fault_end *end)
{
	struct mr_record rec;
	struct mr_e_fault_end *e = mr_begin(&rec);

	if (!e)
		return;
	*e = *end;
	mr_done(&rec, fault_end, hook);
}

/* ---- every fault ---- */

static void count_attempt(struct mr_fault *f)
{
	struct mr_state *s = f->hold.state;

	f->end.attempt = 1;
	f->end.first = f->end.begin;
	if (!s)
		return;
	if (s->attempts && s->address == f->end.address) {
		f->end.attempt = s->attempts + 1;
		f->end.first = s->first;
	}
	s->faults++;
}

static bool fault_passes(const struct mr_e_fault_end *e)
{
	return mr_task_passes() && mr_file_passes(e->ino, e->dev);
}

static int enter(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	struct vm_area_struct *vma = (void *)regs_get_kernel_argument(regs, 0);
	unsigned long address = regs_get_kernel_argument(regs, 1);
	unsigned int flags = regs_get_kernel_argument(regs, 2);
	struct pt_regs *at = (void *)regs_get_kernel_argument(regs, 3);
	struct mr_fault *f = data;

	describe(&f->end, vma, address, flags);
	f->recorded = mr_wanted(MMAPREC_CLASS_FAULT) && !mr_filtered(fault_passes(&f->end));
	f->end.begin = mr_now();
	mr_hold_begin(&f->hold);
	count_attempt(f);
	if (f->recorded && READ_ONCE(mr_sample) == 1)
		record_begin(hook, &f->end, vma, flags, at ? instruction_pointer(at) : 0);
	return !f->recorded && !f->hold.state;
}

/* How many this one stands for; 0: it is left out. */
static u32 weight_of(enum mr_fault_class class)
{
	u32 sample = READ_ONCE(mr_sample);

	if (class != MR_MINOR || sample == 1)
		return 1;
	if (this_cpu_inc_return(minors) % sample)
		return 0;
	return sample;
}

static void end_attempt(struct mr_state *s, const struct mr_e_fault_end *e)
{
	if (!s)
		return;
	s->faults--;
	s->attempts = e->fault_class == MR_RETRIED ? e->attempt : 0;
	s->address = e->address;
	s->first = e->first;
	mr_state_put(s);
}

static void leave(struct mr_hook *hook, void *data, unsigned long result)
{
	struct mr_fault *f = data;

	f->end.result = result;
	f->end.fault_class = class_of(f->end.access, result);
	end_attempt(mr_hold_state(&f->hold), &f->end);
	if (!f->recorded || !mr_wanted(MMAPREC_CLASS_FAULT))
		return;
	f->end.weight = weight_of(f->end.fault_class);
	if (f->end.weight)
		record_end(hook, &f->end);
	else
		this_cpu_inc(mr_ring.sampled_out);
}

/* ---- only those that may have to read ---- */

bool mr_slow_fault_begin(const struct mr_hook *hook, struct mr_fault *f, const struct vm_fault *vmf)
{
	u64 ip = 0;

	f->recorded = false;
	if (!mr_majors_only || !mr_wanted(MMAPREC_CLASS_FAULT))
		return false;
	describe(&f->end, vmf->vma, vmf->address, vmf->flags);
	if (mr_filtered(fault_passes(&f->end)))
		return false;
	f->end.begin = f->end.first = mr_now();
	f->end.attempt = 1;
	f->end.weight = 1;
	f->recorded = true;
	if (vmf->flags & FAULT_FLAG_USER)
		ip = instruction_pointer(task_pt_regs(current));
	record_begin(hook, &f->end, vmf->vma, vmf->flags, ip);
	return true;
}

/* The attempt that waits for I/O is the one that is seen here, so it counts as the major. */
void mr_slow_fault_end(const struct mr_hook *hook, const struct mr_fault *f, vm_fault_t result)
{
	struct mr_e_fault_end end;

	if (!f->recorded || !mr_wanted(MMAPREC_CLASS_FAULT))
		return;
	end = f->end;
	end.result = result;
	end.fault_class = (result & VM_FAULT_MAJOR) && !(result & VM_FAULT_ERROR)
				  ? MR_MAJOR
				  : class_of(0, result);
	record_end(hook, &end);
}

static int enter_slow(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	return !mr_slow_fault_begin(hook, data, (void *)regs_get_kernel_argument(regs, 0));
}

static void leave_slow(struct mr_hook *hook, void *data, unsigned long result)
{
	mr_slow_fault_end(hook, data, result);
}

/* Places in the table. */
enum {
	HANDLE_MM_FAULT,
	DO_SWAP_PAGE,
	SHMEM_FAULT
};

#ifdef MR_CAN_WRAP
static vm_fault_t instead_of_shmem_fault(struct vm_fault *vmf)
{
	struct mr_hook *hook = &mr_fault_hooks[SHMEM_FAULT];
	struct mr_fault fault;
	vm_fault_t result;

	mr_slow_fault_begin(hook, &fault, vmf);
	result = mr_wrap_call(hook, vmf);
	mr_slow_fault_end(hook, &fault, result);
	mr_wrap_left();
	return result;
}

static void notrace on_shmem_fault(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   mr_wrap_regs *regs)
{
	const struct vm_fault *vmf = mr_wrap_argument(regs);

	if (!mr_page_needs_no_swap(vmf->vma->vm_file->f_mapping, vmf->pgoff))
		mr_wrap_divert(ip, parent, ops, regs, instead_of_shmem_fault);
}
#else
#define on_shmem_fault NULL
#endif

/* Without a way to divert it, the same by its return. */
static int enter_shmem(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	struct vm_fault *vmf = (void *)regs_get_kernel_argument(regs, 0);

	if (mr_page_needs_no_swap(vmf->vma->vm_file->f_mapping, vmf->pgoff))
		return 1;
	return !mr_slow_fault_begin(hook, data, vmf);
}

static const struct mr_variant handle_mm_fault_is[] = {
	{
		.proto = "vm_fault_t(struct vm_area_struct *, long unsigned int, unsigned int, "
			 "struct pt_regs *)",
		.enter = enter,
		.leave = leave,
		.data = sizeof(struct mr_fault),
	},
	MR_END,
};

static const struct mr_variant swap_is[] = {
	{
		.proto = "vm_fault_t(struct vm_fault *)",
		.enter = enter_slow,
		.leave = leave_slow,
		.data = sizeof(struct mr_fault),
	},
	MR_END,
};

static const struct mr_variant shmem_is[] = {
	{
		.proto = "vm_fault_t(struct vm_fault *)",
		.enter = enter_shmem,
		.leave = leave_slow,
		.data = sizeof(struct mr_fault),
		.divert = on_shmem_fault,
	},
	MR_END,
};

struct mr_hook mr_fault_hooks[] = {
	[HANDLE_MM_FAULT] =
		{
			.name = "handle_mm_fault",
			.tells_faults = true,
			.kind = MR_RETURN,
			.klass = MMAPREC_CLASS_FAULT,
			.majors = MR_MAJORS_OFF,
			.variant = handle_mm_fault_is,
		},
	[DO_SWAP_PAGE] =
		{
			.name = "do_swap_page",
			.kind = MR_RETURN,
			.klass = MMAPREC_CLASS_FAULT,
			.majors = MR_MAJORS_ON,
			.variant = swap_is,
		},
	[SHMEM_FAULT] =
		{
			.name = "shmem_fault",
			.kind = MR_RETURN,
			.klass = MMAPREC_CLASS_FAULT,
			.majors = MR_MAJORS_ON,
			.variant = shmem_is,
		},
	MR_END,
};
