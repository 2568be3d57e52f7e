// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task.c - finding tasks
 *
 * By init_task.tasks and the thread lists: the one way that holds in all
 * kernels (the PID hash became an idr in 4.15). Where a list is broken, the hash
 * still leads to single tasks: pidhash.c.
 */
#include <stdlib.h>

#include "pidhash.h"
#include "task.h"

#define PID_LIMIT (4U << 20) /* PID_MAX_LIMIT of 64-bit kernels */

/* include/linux/sched.h; these two never moved */
#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000

static enum mi_read read_field(struct mi_kernel *k, uint64_t addr, const struct mi_member *m,
			       uint64_t *val)
{
	return mi_read_member(k->t, addr, m, val);
}

/*
 * include/linux/sched.h. Bits above TASK_STOPPED/TRACED moved often; letters
 * are given where the numbers of 4.14 and later are sure.
 */
static char state_letter(uint64_t state, uint64_t exit_state)
{
	state &= 0xffffffff;
	if (exit_state)
		return exit_state & 0x30 ? 'Z' : '?';
	if (!state)
		return 'R';
	if (state & 0x1)
		return 'S';
	if (state & 0x2)
		return state & 0x400 ? 'I' : 'D';
	if (state & 0x4)
		return 'T';
	if (state & 0x8)
		return 't';
	if (state & 0x40)
		return 'P';
	return '?';
}

static void decide_kind(struct mi_task *task, uint64_t flags, uint64_t exit_state)
{
	if (flags & PF_KTHREAD)
		task->kind = MI_TASK_KTHREAD;
	else if (task->mm)
		task->kind = MI_TASK_USER;
	else if (exit_state)
		task->kind = MI_TASK_ZOMBIE;
	else if (flags & PF_EXITING)
		task->kind = MI_TASK_EXITING;
	else
		task->kind = MI_TASK_KTHREAD;
}

static enum mi_read load_task(struct mi_kernel *k, uint64_t addr, struct mi_task *task)
{
	const struct mi_layout *l = &k->l;
	uint64_t pid, tgid, flags, state, exit_state, parent, ppid;
	enum mi_read r;

	memset(task, 0, sizeof(*task));
	task->addr = addr;
	r = read_field(k, addr, &l->task_pid, &pid);
	if (!r)
		r = read_field(k, addr, &l->task_tgid, &tgid);
	if (!r)
		r = read_field(k, addr, &l->task_flags, &flags);
	if (!r)
		r = read_field(k, addr, &l->task_mm, &task->mm);
	if (!r)
		r = read_field(k, addr, &l->task_state, &state);
	if (!r)
		r = read_field(k, addr, &l->task_exit_state, &exit_state);
	if (!r)
		r = mi_read_virt(k->t, addr + (uint64_t)l->task_comm.off, task->comm, 16);
	if (r)
		return r;
	task->pid = (int32_t)pid;
	task->tgid = (int32_t)tgid;
	task->ppid = -1;
	if (mi_has(&l->task_real_parent) && !read_field(k, addr, &l->task_real_parent, &parent) &&
	    !read_field(k, parent, &l->task_tgid, &ppid))
		task->ppid = (int32_t)ppid;
	task->state = state_letter(state, exit_state);
	decide_kind(task, flags, exit_state);
	return MI_READ_OK;
}

struct task_array {
	struct mi_task *list;
	size_t n, room;
};

static enum mi_status push(struct task_array *a, const struct mi_task *task, struct mi_error *err)
{
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 64;
		struct mi_task *list = realloc(a->list, room * sizeof(*list));

		if (!list || a->n >= PID_LIMIT) {
			if (list)
				a->list = list;
			return mi_fail(err, MI_ERR_NOMEM, "too many tasks");
		}
		a->list = list;
		a->room = room;
	}
	a->list[a->n++] = *task;
	return MI_OK;
}

static enum mi_status gather(struct mi_kernel *k, uint64_t head, const struct mi_member *link,
			     const char *what, struct task_array *a, struct mi_error *err)
{
	struct mi_task task;
	struct mi_list li;
	enum mi_status st;
	uint64_t node;
	enum mi_read r;

	mi_list_start(&li, k, head, what);
	while (mi_list_next(&li, &node)) {
		r = load_task(k, node - (uint64_t)link->off, &task);
		if (r) {
			mi_problem_read(&k->problems, "task_struct", node - (uint64_t)link->off, r,
					NULL);
			continue;
		}
		st = push(a, &task, err);
		if (st)
			return st;
	}
	return MI_OK;
}

enum mi_status mi_task_leaders(struct mi_kernel *k, struct mi_task **ret, size_t *n,
			       struct mi_error *err)
{
	const struct mi_member *link = &k->l.task_tasks;
	struct task_array a = {0};
	enum mi_status st;

	st = gather(k, k->l.sym_init_task + (uint64_t)link->off, link, "task list", &a, err);
	if (st) {
		free(a.list);
		return st;
	}
	*ret = a.list;
	*n = a.n;
	return MI_OK;
}

static bool has_task(const struct task_array *a, uint64_t addr)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->list[i].addr == addr)
			return true;
	return false;
}

/* Where the list of the threads could be read in part only, the leader is still one. */
static enum mi_status gather_threads(struct mi_kernel *k, const struct mi_task *leader,
				     uint64_t head, struct task_array *a, struct mi_error *err)
{
	uint64_t problems = mi_problem_count(&k->problems);
	enum mi_status st;

	st = gather(k, head, &k->l.task_thread_node, "thread list", a, err);
	if (!st && mi_problem_count(&k->problems) != problems && !has_task(a, leader->addr))
		st = push(a, leader, err);
	return st;
}

enum mi_status mi_task_threads(struct mi_kernel *k, const struct mi_task *leader,
			       struct mi_task **ret, size_t *n, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	struct task_array a = {0};
	enum mi_status st = MI_OK;
	uint64_t signal;
	enum mi_read r;

	if (mi_has(&l->task_thread_node) && mi_has(&l->signal_thread_head)) {
		r = read_field(k, leader->addr, &l->task_signal, &signal);
		if (r || !signal) {
			/* A released task has no signal_struct: it is its own only thread. */
			st = push(&a, leader, err);
		} else {
			st = gather_threads(k, leader, signal + (uint64_t)l->signal_thread_head.off,
					    &a, err);
		}
	} else if (mi_has(&l->task_thread_group)) {
		st = push(&a, leader, err);
		if (!st)
			st = gather(k, leader->addr + (uint64_t)l->task_thread_group.off,
				    &l->task_thread_group, "thread list", &a, err);
	} else {
		mi_problem_bad(&k->problems, "task_struct", leader->addr,
			       "may have threads, to which this kernel's types do not lead",
			       "all but the first are missing");
		st = push(&a, leader, err);
	}
	if (st) {
		free(a.list);
		return st;
	}
	*ret = a.list;
	*n = a.n;
	return MI_OK;
}

bool mi_task_with_mm(struct mi_kernel *k, const struct mi_task *leader, struct mi_task *ret)
{
	struct mi_task *threads;
	bool found = false;
	size_t i, n;

	if (mi_task_threads(k, leader, &threads, &n, NULL))
		return false;
	for (i = 0; i < n && !found; i++) {
		found = threads[i].mm && threads[i].kind == MI_TASK_USER;
		if (found)
			*ret = threads[i];
	}
	free(threads);
	return found;
}

/* What is wanted of all tasks. */
typedef bool (*task_filter)(const struct mi_task *task, uint64_t mm);

static bool is_user(const struct mi_task *task, uint64_t mm)
{
	return task->kind == MI_TASK_USER && (!mm || task->mm == mm);
}

static bool is_any(const struct mi_task *task, uint64_t mm)
{
	(void)task;
	(void)mm;
	return true;
}

static enum mi_status push_threads(struct mi_kernel *k, const struct mi_task *leader,
				   task_filter filter, uint64_t mm, struct task_array *a,
				   struct mi_error *err)
{
	struct mi_task *threads;
	enum mi_status st;
	size_t i, n;

	/* It is its only thread. */
	if (leader->kind == MI_TASK_KTHREAD)
		return filter(leader, mm) ? push(a, leader, err) : MI_OK;
	st = mi_task_threads(k, leader, &threads, &n, err);
	if (st)
		return st;
	for (i = 0; i < n && !st; i++)
		if (filter(&threads[i], mm))
			st = push(a, &threads[i], err);
	free(threads);
	return st;
}

static enum mi_status select_tasks(struct mi_kernel *k, task_filter filter, uint64_t mm,
				   struct mi_task **ret, size_t *n, struct mi_error *err)
{
	struct task_array a = {0};
	struct mi_task *leaders;
	enum mi_status st;
	size_t i, nl;

	st = mi_task_leaders(k, &leaders, &nl, err);
	if (st)
		return st;
	for (i = 0; i < nl && !st; i++)
		st = push_threads(k, &leaders[i], filter, mm, &a, err);
	free(leaders);
	if (st) {
		free(a.list);
		return st;
	}
	*ret = a.list;
	*n = a.n;
	return MI_OK;
}

enum mi_status mi_task_users(struct mi_kernel *k, uint64_t mm, struct mi_task **ret, size_t *n,
			     struct mi_error *err)
{
	return select_tasks(k, is_user, mm, ret, n, err);
}

enum mi_status mi_task_all(struct mi_kernel *k, struct mi_task **ret, size_t *n,
			   struct mi_error *err)
{
	return select_tasks(k, is_any, 0, ret, n, err);
}

/* A thread that is no leader: in one of the groups' thread lists. */
static bool find_thread(struct mi_kernel *k, const struct mi_task *leaders, size_t n, int32_t pid,
			struct mi_task *ret)
{
	struct mi_task *threads;
	size_t i, j, nt;
	bool found = false;

	for (i = 0; i < n && !found; i++) {
		if (leaders[i].kind == MI_TASK_KTHREAD ||
		    mi_task_threads(k, &leaders[i], &threads, &nt, NULL))
			continue;
		for (j = 0; j < nt && !found; j++) {
			found = threads[j].pid == pid;
			if (found)
				*ret = threads[j];
		}
		free(threads);
	}
	return found;
}

/* What no list leads to may still be in the kernel's hash. */
static bool by_hash(struct mi_kernel *k, int32_t pid, struct mi_task *ret)
{
	uint64_t addr = mi_pid_hash_find(k, pid);

	return addr && !load_task(k, addr, ret) && ret->pid == pid;
}

enum mi_status mi_task_by_pid(struct mi_kernel *k, int32_t pid, struct mi_task *ret,
			      struct mi_error *err)
{
	struct mi_task *leaders;
	enum mi_status st;
	size_t i, n;

	if (pid == 0)
		return mi_fail(err, MI_ERR_STATE, "PID 0 is the idle task: it has no user memory");
	st = mi_task_leaders(k, &leaders, &n, err);
	if (st)
		return st;
	for (i = 0; i < n; i++) {
		if (leaders[i].pid == pid) {
			*ret = leaders[i];
			free(leaders);
			return MI_OK;
		}
	}
	if (!find_thread(k, leaders, n, pid, ret) && !by_hash(k, pid, ret))
		st = mi_fail(err, MI_ERR_NOT_FOUND, "no task with PID %d%s", pid,
			     k->problems.n ? " (the task list could not be read in full)" : "");
	free(leaders);
	return st;
}

/* A neighbour in a list points back to it. */
static bool is_linked(struct mi_kernel *k, uint64_t task, const struct mi_member *link)
{
	const struct mi_member *next = &k->l.list_next, *prev = &k->l.list_prev;
	uint64_t node = task + (uint64_t)link->off, other, back;

	if (!mi_has(link) || !mi_has(prev))
		return false;
	if (!read_field(k, node, next, &other) && !read_field(k, other, prev, &back) &&
	    back == node && other != node)
		return true;
	return !read_field(k, node, prev, &other) && !read_field(k, other, next, &back) &&
	       back == node && other != node;
}

static bool is_in_a_list(struct mi_kernel *k, uint64_t task)
{
	return is_linked(k, task, &k->l.task_thread_node) ||
	       is_linked(k, task, &k->l.task_thread_group) || is_linked(k, task, &k->l.task_tasks);
}

bool mi_task_at(struct mi_kernel *k, uint64_t addr, struct mi_task *ret)
{
	return !load_task(k, addr, ret) && ret->pid > 0 && (uint32_t)ret->pid < PID_LIMIT &&
	       is_in_a_list(k, addr);
}

/*
 * A task is what its own PID leads to. Where the dump has only parts of the task list,
 * it is enough that it stands in a list.
 */
static bool is_task(struct mi_kernel *k, const struct mi_task *task)
{
	struct mi_task found;

	if (task->pid <= 0 || (uint32_t)task->pid >= PID_LIMIT)
		return false;
	if (!mi_task_by_pid(k, task->pid, &found, NULL))
		return found.addr == task->addr;
	return k->problems.n && is_in_a_list(k, task->addr);
}

enum mi_status mi_task_by_addr(struct mi_kernel *k, uint64_t addr, struct mi_task *ret,
			       struct mi_error *err)
{
	enum mi_read r = load_task(k, addr, ret);

	if (r)
		return mi_fail(err, MI_ERR_NOT_FOUND, "no task at %016llx: %s",
			       (unsigned long long)addr, mi_read_text(r));
	if (is_task(k, ret))
		return MI_OK;
	if (k->problems.n)
		return mi_fail(err, MI_ERR_NOT_FOUND,
			       "%016llx is not in that part of the task list that could be read",
			       (unsigned long long)addr);
	return mi_fail(err, MI_ERR_NOT_FOUND, "%016llx is no task_struct of a living task",
		       (unsigned long long)addr);
}

bool mi_task_namespace_pids(struct mi_kernel *k, const struct mi_task *task,
			    int32_t pids[MI_PID_NS_MAX], size_t *n)
{
	const struct mi_layout *l = &k->l;
	uint64_t pid, level, at, i;
	uint32_t nr;

	*n = 0;
	if (!mi_has(&l->task_thread_pid) || !mi_has(&l->pid_level) || !mi_has(&l->pid_numbers) ||
	    !mi_has(&l->upid_nr) || !l->size_upid)
		return false;
	if (read_field(k, task->addr, &l->task_thread_pid, &pid) ||
	    read_field(k, pid, &l->pid_level, &level) || level > MI_PID_NS_MAX)
		return false;
	for (i = 1; i <= level; i++) {
		at = pid + (uint64_t)l->pid_numbers.off + i * l->size_upid;
		if (mi_read_u32(k->t, at + (uint64_t)l->upid_nr.off, &nr))
			return false;
		pids[i - 1] = (int32_t)nr;
	}
	*n = (size_t)level;
	return true;
}

const char *mi_task_kind_text(enum mi_task_kind kind)
{
	switch (kind) {
	case MI_TASK_USER:
		return "user process";
	case MI_TASK_KTHREAD:
		return "kernel thread";
	case MI_TASK_ZOMBIE:
		return "zombie";
	case MI_TASK_EXITING:
		return "exiting";
	}
	return "?";
}
