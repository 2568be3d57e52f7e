// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings that come, go and change. Of calls that may fail the return is waited for: what is
 * recorded has happened. They are rare beside faults.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <asm/syscall.h>

#include "filter.h"
#include "hooks.h"

#ifdef MR_HAVE_TRACE_EXIT_MMAP
#include <trace/events/mmap.h>
#endif

static void record(const struct mr_hook *hook, const struct mr_e_map *event)
{
	struct mr_record rec;
	struct mr_e_map *e;

	if (!mr_wanted(MMAPREC_CLASS_MAP))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	*e = *event;
	mr_done(&rec, map, hook);
}

/* Begins the record of a call of the running task; true: it is of no interest. */
static bool begin(struct mr_e_map *e, enum mr_map_call call, u64 address, u64 length)
{
	memset(e, 0, sizeof(*e));
	e->mm = (unsigned long)current->mm;
	e->call = call;
	e->address = address;
	e->length = length;
	return !mr_wanted(MMAPREC_CLASS_MAP) || mr_filtered(mr_task_passes());
}

static void leave_if_done(struct mr_hook *hook, void *data, unsigned long result)
{
	if ((int)result >= 0)
		record(hook, data);
}

/* mmap_region(file, addr, len, vm_flags, pgoff, uf): the place has been chosen. */
static int enter_mmap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	const struct file *file = (void *)regs_get_kernel_argument(regs, 0);
	struct mr_e_map *e = data;

	if (begin(e, MR_MAP_MMAP, regs_get_kernel_argument(regs, 1),
		  regs_get_kernel_argument(regs, 2)))
		return 1;
	e->value = regs_get_kernel_argument(regs, 3);
	e->value2 = regs_get_kernel_argument(regs, 4);
	if (file) {
		const struct inode *host = file->f_mapping->host;

		e->mapping = (unsigned long)file->f_mapping;
		e->index = e->value2;
		e->ino = host->i_ino;
		e->dev = host->i_sb->s_dev;
	}
	return mr_filtered(mr_file_passes(e->ino, e->dev));
}

static void leave_mmap(struct mr_hook *hook, void *data, unsigned long result)
{
	struct mr_e_map *e = data;

	if (IS_ERR_VALUE(result))
		return;
	e->address = result;
	record(hook, e);
}

/* __vm_munmap(start, len, unlock) */
static int enter_munmap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	return begin(data, MR_MAP_MUNMAP, regs_get_kernel_argument(regs, 0),
		     regs_get_kernel_argument(regs, 1));
}

/* __mm_populate(start, len, ignore_errors): it fails for a part only; that it began counts. */
static void on_populate(struct mr_hook *hook, struct pt_regs *regs)
{
	struct mr_e_map e;

	if (!begin(&e, MR_MAP_POPULATE, regs_get_kernel_argument(regs, 0),
		   regs_get_kernel_argument(regs, 1)))
		record(hook, &e);
}

/* System calls as such: their arguments are in the registers of user mode. */
static void arguments(struct pt_regs *regs, unsigned long *args)
{
	syscall_get_arguments(current, (struct pt_regs *)regs_get_kernel_argument(regs, 0), args);
}

/* mremap(old_address, old_size, new_size, flags, new_address) */
static int enter_mremap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	unsigned long args[6];
	struct mr_e_map *e = data;

	arguments(regs, args);
	if (begin(e, MR_MAP_MREMAP, args[0], args[1]))
		return 1;
	e->value2 = args[2];
	return 0;
}

static void leave_mremap(struct mr_hook *hook, void *data, unsigned long result)
{
	struct mr_e_map *e = data;

	if (IS_ERR_VALUE(result))
		return;
	e->value = result;
	record(hook, e);
}

/*
 * madvise(start, length, advice). Not do_madvise(): some compilers put a copy of it into the
 * system call, and a probe sees only the other callers of it.
 */
static int enter_madvise(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	unsigned long args[6];
	struct mr_e_map *e = data;

	arguments(regs, args);
	if (begin(e, MR_MAP_MADVISE, args[0], args[1]))
		return 1;
	e->value = (u32)args[2];
	return 0;
}

/* remap_file_pages(start, size, prot, pgoff, flags) */
static int enter_remap(struct mr_hook *hook, void *data, struct pt_regs *regs)
{
	unsigned long args[6];
	struct mr_e_map *e = data;

	arguments(regs, args);
	if (begin(e, MR_MAP_REMAP_FILE_PAGES, args[0], args[1]))
		return 1;
	e->value2 = args[3];
	e->value = args[4];
	return 0;
}

static void exits(const struct mr_hook *hook, const struct mm_struct *mm)
{
	struct mr_e_map e;

	if (begin(&e, MR_MAP_EXIT, 0, 0))
		return;
	e.mm = (unsigned long)mm;
	record(hook, &e);
}

#ifdef MR_HAVE_TRACE_EXIT_MMAP
static void on_exit_mmap(void *hook, struct mm_struct *mm)
{
	mr_called(hook);
	exits(hook, mm);
}
#else
static void on_exit_mmap(struct mr_hook *hook, struct pt_regs *regs)
{
	exits(hook, (void *)regs_get_kernel_argument(regs, 0));
}
#endif

/* ---- the table ---- */

#define RETURN(proto_, enter_, leave_)                                                             \
	{                                                                                          \
		.proto = proto_, .enter = enter_, .leave = leave_, .data = sizeof(struct mr_e_map) \
	}
#define REGION(flags)                                                                              \
	"long unsigned int(struct file *, long unsigned int, long unsigned int, " flags            \
	", long unsigned int, struct list_head *)"

static const struct mr_variant mmap_is[] = {
	RETURN(REGION("vm_flags_t"), enter_mmap, leave_mmap),
	RETURN(REGION("vma_flags_t"), enter_mmap, leave_mmap),
	MR_END,
};
static const struct mr_variant munmap_is[] = {
	RETURN("int(long unsigned int, size_t, bool)", enter_munmap, leave_if_done),
	MR_END,
};
static const struct mr_variant madvise_is[] = {
	RETURN("long int(const struct pt_regs *)", enter_madvise, leave_if_done),
	MR_END,
};
static const struct mr_variant mremap_is[] = {
	RETURN("long int(const struct pt_regs *)", enter_mremap, leave_mremap),
	MR_END,
};
static const struct mr_variant remap_is[] = {
	RETURN("long int(const struct pt_regs *)", enter_remap, leave_if_done),
	MR_END,
};
static const struct mr_variant populate_is[] = {
	{.proto = "int(long unsigned int, long unsigned int, int)", .entry = on_populate},
	MR_END,
};
static const struct mr_variant exit_is[] = {
#ifdef MR_HAVE_TRACE_EXIT_MMAP
	MR_PROBE(exit_mmap, on_exit_mmap, struct mm_struct *),
#else
	{.proto = "void(struct mm_struct *)", .entry = on_exit_mmap},
#endif
	MR_END,
};

#ifdef CONFIG_X86_64
#define SYSCALL(name) "__x64_sys_" name
#else
#define SYSCALL(name) "__" __stringify(ARCH) "_sys_" name
#endif

#define HOOK(name_, kind_, is)                                                                     \
	{                                                                                          \
		.name = name_, .kind = kind_, .klass = MMAPREC_CLASS_MAP, .variant = is,           \
	}
struct mr_hook mr_map_hooks[] = {
	HOOK("mmap_region", MR_RETURN, mmap_is),
	HOOK("__vm_munmap", MR_RETURN, munmap_is),
	HOOK(SYSCALL("mremap"), MR_RETURN, mremap_is),
	HOOK(SYSCALL("madvise"), MR_RETURN, madvise_is),
	HOOK(SYSCALL("remap_file_pages"), MR_RETURN, remap_is),
	HOOK("__mm_populate", MR_ENTRY, populate_is),
#ifdef MR_HAVE_TRACE_EXIT_MMAP
	HOOK("exit_mmap", MR_TRACEPOINT, exit_is),
#else
	HOOK("exit_mmap", MR_ENTRY, exit_is),
#endif
	MR_END,
};
