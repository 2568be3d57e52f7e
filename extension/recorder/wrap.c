// SPDX-License-Identifier: GPL-2.0
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "wrap.h"

#ifdef MR_CAN_WRAP

static bool ever;

void notrace mr_wrap_divert(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    mr_wrap_regs *regs, void *to)
{
	if (within_module(parent, THIS_MODULE))
		return;
	mr_called(container_of(ops, struct mr_hook, ops));
	/* Taken here, where detaching waits for us, for there is no place safe in @to itself. */
	if (!try_module_get(THIS_MODULE))
		return;
#if defined(MR_HAVE_FTRACE_REGS_ARGUMENT)
	ftrace_regs_set_instruction_pointer(regs, (unsigned long)to);
#elif defined(MR_HAVE_FTRACE_REGS)
	ftrace_instruction_pointer_set(regs, (unsigned long)to);
#else
	instruction_pointer_set(regs, (unsigned long)to);
#endif
}

void mr_wrap_left(void)
{
	module_put(THIS_MODULE);
}

/* Symbols are not to be asked for; probes know where they would be put. */
static unsigned long address_of(const char *name)
{
	struct kprobe kp = {.symbol_name = name};
	unsigned long address;

	if (register_kprobe(&kp))
		return 0;
	address = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	return address;
}

int mr_wrap_attach(struct mr_hook *hook)
{
	struct ftrace_ops *ops = &hook->ops;
	int err;

	if (!hook->original)
		hook->original = address_of(hook->name);
	if (!hook->original)
		return -ENOENT;
	ops->func = hook->chosen->divert;
	ops->flags |= FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
#ifndef MR_HAVE_FTRACE_REGS
	ops->flags |= FTRACE_OPS_FL_SAVE_REGS;
#endif
#ifdef MR_HAVE_FTRACE_RECURSION_SAFE
	ops->flags |= FTRACE_OPS_FL_RECURSION_SAFE;
#endif
	err = ftrace_set_filter_ip(ops, hook->original, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(ops);
	if (err)
		ftrace_set_filter_ip(ops, hook->original, 1, 0);
	ever |= !err;
	return err;
}

void mr_wrap_detach(struct mr_hook *hook)
{
	unregister_ftrace_function(&hook->ops);
	ftrace_set_filter_ip(&hook->ops, hook->original, 1, 0);
}

/* Between mr_wrap_left() and its return a task may have been preempted. */
void mr_wrap_wait(void)
{
	if (ever)
		synchronize_rcu_tasks();
}

#else

int mr_wrap_attach(struct mr_hook *hook)
{
	return -EOPNOTSUPP;
}

void mr_wrap_detach(struct mr_hook *hook)
{
}

void mr_wrap_wait(void)
{
}

#endif
