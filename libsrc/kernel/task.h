/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_TASK_H
#define MI_KERNEL_TASK_H

#include "kernel.h"

/* What a task is, as far as its memory matters. */
enum mi_task_kind {
	MI_TASK_USER,	 /* has an mm of its own */
	MI_TASK_KTHREAD, /* kernel thread: no mm, or a borrowed one */
	MI_TASK_ZOMBIE,	 /* exited; nobody has waited for it */
	MI_TASK_EXITING, /* in do_exit(), mm already given up */
};

struct mi_task {
	uint64_t addr;		 /* of task_struct */
	int32_t pid, tgid, ppid; /* in the initial PID namespace; ppid -1: unknown */
	char comm[17];		 /* bytes as the kernel has them; may be torn */
	char state;		 /* as ps(1): R S D T t X Z P I, or ? */
	enum mi_task_kind kind;
	uint64_t mm; /* 0 if none */
};

/* By PID or TID; MI_ERR_NOT_FOUND. */
enum mi_status mi_task_by_pid(struct mi_kernel *k, int32_t pid, struct mi_task *ret,
			      struct mi_error *err);

/* By address of a task_struct, which must be one: its list links and PID are checked. */
enum mi_status mi_task_by_addr(struct mi_kernel *k, uint64_t addr, struct mi_task *ret,
			       struct mi_error *err);

/*
 * The same where many are asked for: it is believed if its neighbours in a list of
 * tasks point back to it, and the list is not walked. False: it is none.
 */
bool mi_task_at(struct mi_kernel *k, uint64_t addr, struct mi_task *ret);

/* Every task: threads and kernel threads, in the order of the task list. Free *ret. */
enum mi_status mi_task_all(struct mi_kernel *k, struct mi_task **ret, size_t *n,
			   struct mi_error *err);

/* All thread group leaders, in the order of the task list. Free *ret. */
enum mi_status mi_task_leaders(struct mi_kernel *k, struct mi_task **ret, size_t *n,
			       struct mi_error *err);

/* Threads of the group of @leader, itself included. Free *ret. */
enum mi_status mi_task_threads(struct mi_kernel *k, const struct mi_task *leader,
			       struct mi_task **ret, size_t *n, struct mi_error *err);

/*
 * All tasks with user memory, threads included; with @mm not 0 those alone
 * whose mm it is: vfork() and clone(CLONE_VM) share one between processes.
 * Free *ret.
 */
enum mi_status mi_task_users(struct mi_kernel *k, uint64_t mm, struct mi_task **ret, size_t *n,
			     struct mi_error *err);

/*
 * The mm of a task that has none (a zombie leader) may live on in another
 * thread of its group: that thread into *ret. False if there is none.
 */
bool mi_task_with_mm(struct mi_kernel *k, const struct mi_task *leader, struct mi_task *ret);

/*
 * The PIDs of @task in the PID namespaces below the initial one, outermost first;
 * *n is 0 for most tasks. False if they are not to be had.
 */
#define MI_PID_NS_MAX 32 /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
bool mi_task_namespace_pids(struct mi_kernel *k, const struct mi_task *task,
			    int32_t pids[MI_PID_NS_MAX], size_t *n);

const char *mi_task_kind_text(enum mi_task_kind kind);

#endif
