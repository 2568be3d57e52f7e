// SPDX-License-Identifier: GPL-2.0
/* Tasks that come and go: the names of those that a dump does not have any more. */
#include <linux/binfmts.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <trace/events/sched.h>

#include "filter.h"
#include "hooks.h"

static void record(const struct mr_hook *hook, const struct task_struct *task, u32 other,
		   enum mr_task_call call)
{
	struct mr_record rec;
	struct mr_e_task *e;

	if (!mr_wanted(MMAPREC_CLASS_TASK) || mr_filtered(mr_task_passes()))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	e->mm = (unsigned long)READ_ONCE(task->mm);
	e->other = other;
	e->call = call;
	memcpy(e->comm, task->comm, sizeof(e->comm));
	mr_done(&rec, task, hook);
}

static void on_fork(void *hook, struct task_struct *parent, struct task_struct *child)
{
	mr_called(hook);
	if (child->tgid != parent->tgid)
		mr_filter_forked(parent->tgid, child->tgid);
	record(hook, child, child->pid, MR_TASK_FORK);
}

static void on_exec(void *hook, struct task_struct *task, pid_t old, struct linux_binprm *bprm)
{
	mr_called(hook);
	record(hook, task, 0, MR_TASK_EXEC);
}

static void exits(const struct mr_hook *hook, struct task_struct *task)
{
	mr_called(hook);
	record(hook, task, 0, MR_TASK_EXIT);
	if (thread_group_empty(task))
		mr_filter_exited(task->tgid);
}

static void on_exit(void *hook, struct task_struct *task)
{
	exits(hook, task);
}

static void on_exit_group(void *hook, struct task_struct *task, bool group_dead)
{
	exits(hook, task);
}

static const struct mr_variant fork_is[] = {
	MR_PROBE(sched_process_fork, on_fork, struct task_struct *, struct task_struct *),
	MR_END,
};
static const struct mr_variant exec_is[] = {
	MR_PROBE(sched_process_exec, on_exec, struct task_struct *, pid_t, struct linux_binprm *),
	MR_END,
};
static const struct mr_variant exit_is[] = {
	MR_PROBE(sched_process_exit, on_exit, struct task_struct *),
	MR_PROBE(sched_process_exit, on_exit_group, struct task_struct *, bool),
	MR_END,
};

/* Filters of tasks need them whatever is recorded: children are found by fork. */
#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_TRACEPOINT, .klass = MMAPREC_CLASS_TASK,                \
		.serves_tgids = true, .variant = is,                                               \
	}
struct mr_hook mr_task_hooks[] = {
	HOOK(sched_process_fork, fork_is),
	HOOK(sched_process_exec, exec_is),
	HOOK(sched_process_exit, exit_is),
	MR_END,
};
