// SPDX-License-Identifier: GPL-2.0
/*
 * hurt - what a test cannot wait for: an allocation of mmaprec.ko that fails, a kernel that dies
 * in a page fault, a record that is never finished. Debian's kernels have no fault injection of
 * their own. Calls of the kernel's functions are sent to functions here by probes at their entry;
 * x86-64 only.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#define VICTIM "[mmaprec]"

/* The nth call of the victim, from when it was set, fails. */
static atomic_t calls = ATOMIC_INIT(0), hits = ATOMIC_INIT(0);
static unsigned int nth;

static int set_nth(const char *text, const struct kernel_param *param)
{
	atomic_set(&calls, 0);
	atomic_set(&hits, 0);
	return param_set_uint(text, param);
}

static const struct kernel_param_ops nth_ops = {.set = set_nth, .get = param_get_uint};
module_param_cb(nth, &nth_ops, &nth, 0644);
MODULE_PARM_DESC(nth, "which call of mmaprec's to what takes memory fails; 0: none");

static int get_hits(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%d\n", atomic_read(&hits));
}

static const struct kernel_param_ops hits_ops = {.get = get_hits};
module_param_cb(hits, &hits_ops, NULL, 0444);
MODULE_PARM_DESC(hits, "calls that failed since nth was set");

static char *oops;
module_param(oops, charp, 0444);
MODULE_PARM_DESC(oops, "a task of this name dies where ext4 reads a page");

static bool hang;
module_param(hang, bool, 0444);
MODULE_PARM_DESC(hang, "the next record on the first CPU is never finished, if its clock is mono");

static atomic_t hung = ATOMIC_INIT(0);

static int get_hung(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%d\n", atomic_read(&hung));
}

static const struct kernel_param_ops hung_ops = {.get = get_hung};
module_param_cb(hung, &hung_ops, NULL, 0444);
MODULE_PARM_DESC(hung, "the task that writes it; 0: none yet");

/* ---- what is called instead ---- */

static noinline void *nothing(void)
{
	return NULL;
}

static noinline long no_memory(void)
{
	return -ENOMEM;
}

static noinline void die_here(void)
{
	BUG();
}

/* With preemption off, as the recorder has it; interrupts come. */
static noinline void hang_here(void)
{
	for (;;)
		cpu_relax();
}

/* ---- probes ---- */

static int on_call(struct kprobe *kp, struct pt_regs *regs);
static int on_read(struct kprobe *kp, struct pt_regs *regs);
static int on_time(struct kprobe *kp, struct pt_regs *regs);

struct target {
	const char *name;
	void *instead;
	struct kprobe kp;
	bool attached;
};

/* As far as this kernel has them. */
static struct target targets[] = {
	{"__alloc_pages", nothing},
	{"__alloc_pages_nodemask", nothing},
	{"__alloc_pages_noprof", nothing},
	{"alloc_pages_node_noprof", nothing},
	{"kvmalloc_node", nothing},
	{"__kvmalloc_node_noprof", nothing},
	{"vmap", nothing},
	{"vmalloc", nothing},
	{"vmalloc_noprof", nothing},
	{"vzalloc", nothing},
	{"vzalloc_noprof", nothing},
	{"proc_create_single_data", nothing},
	{"misc_register", no_memory},
	{"__cpuhp_setup_state", no_memory},
};
static struct target readers[] = {{"ext4_read_folio", die_here}, {"ext4_readpage", die_here}};

/* What the recorder asks between beginning a record and finishing it. */
static struct target clocks[] = {{"ktime_get_mono_fast_ns", hang_here}};

static bool of_victim(unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];

	if (caller < MODULES_VADDR || caller >= MODULES_END)
		return false;
	sprint_symbol(name, caller);
	return strstr(name, VICTIM);
}

static int on_call(struct kprobe *kp, struct pt_regs *regs)
{
	const struct target *t = container_of(kp, struct target, kp);

	if (!READ_ONCE(nth) || !of_victim(*(unsigned long *)regs->sp))
		return 0;
	if (atomic_inc_return(&calls) != nth)
		return 0;
	atomic_inc(&hits);
	regs->ip = (unsigned long)t->instead;
	return 1;
}

static int on_read(struct kprobe *kp, struct pt_regs *regs)
{
	const struct target *t = container_of(kp, struct target, kp);

	if (strcmp(current->comm, oops))
		return 0;
	regs->ip = (unsigned long)t->instead;
	return 1;
}

/* Of a task, with interrupts on: else the guest might not get to saying that it hangs. */
static int on_time(struct kprobe *kp, struct pt_regs *regs)
{
	const struct target *t = container_of(kp, struct target, kp);

	if (raw_smp_processor_id() || !(regs->flags & X86_EFLAGS_IF) || current->pid == 1 ||
	    current->flags & PF_KTHREAD || preempt_count() & SOFTIRQ_MASK ||
	    !of_victim(*(unsigned long *)regs->sp) || atomic_cmpxchg(&hung, 0, current->pid))
		return 0;
	regs->ip = (unsigned long)t->instead;
	return 1;
}

static unsigned int attach(struct target *t, unsigned int n, kprobe_pre_handler_t handler)
{
	unsigned int i, attached = 0;

	for (i = 0; i < n; i++) {
		t[i].kp.symbol_name = t[i].name;
		t[i].kp.pre_handler = handler;
		t[i].attached = !register_kprobe(&t[i].kp);
		attached += t[i].attached;
	}
	return attached;
}

static void detach(struct target *t, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (t[i].attached)
			unregister_kprobe(&t[i].kp);
}

static void detach_all(void)
{
	detach(readers, ARRAY_SIZE(readers));
	detach(clocks, ARRAY_SIZE(clocks));
	detach(targets, ARRAY_SIZE(targets));
}

/* A kernel that names these otherwise would be tested for nothing. */
static int __init load(void)
{
	unsigned int n;

	n = oops   ? attach(readers, ARRAY_SIZE(readers), on_read)
	    : hang ? attach(clocks, ARRAY_SIZE(clocks), on_time)
		   : attach(targets, ARRAY_SIZE(targets), on_call);
	if (n >= (oops || hang ? 1 : 8))
		return 0;
	detach_all();
	pr_err("only %u of the functions are there\n", n);
	return -ENOENT;
}

static void __exit unload(void)
{
	detach_all();
}

module_init(load);
module_exit(unload);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mmapinfo authors");
MODULE_DESCRIPTION("Makes allocations of mmaprec.ko fail, and tasks die in page faults, for tests");
