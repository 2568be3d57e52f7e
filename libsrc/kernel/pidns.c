// SPDX-License-Identifier: GPL-2.0-or-later
/* pidns.c - PID namespaces, by the struct pid of the tasks in them */
#include <stdlib.h>

#include "pidns.h"

static enum mi_status check(const struct mi_kernel *k, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;

	if (mi_has(&l->task_thread_pid) && mi_has(&l->pid_level) && mi_has(&l->pid_numbers) &&
	    mi_has(&l->upid_nr) && mi_has(&l->upid_ns) && l->size_upid)
		return MI_OK;
	return mi_fail(err, MI_ERR_MISSING,
		       "no PID namespaces: this kernel's types do not have struct upid");
}

/* The number of a task in the namespace at @level, and that namespace. */
static bool read_upid(struct mi_kernel *k, uint64_t pid, uint64_t level, int32_t *nr, uint64_t *ns)
{
	const struct mi_layout *l = &k->l;
	uint64_t at = pid + (uint64_t)l->pid_numbers.off + level * l->size_upid;
	uint32_t n;

	if (mi_read_u32(k->t, at + (uint64_t)l->upid_nr.off, &n) ||
	    mi_read_member(k->t, at, &l->upid_ns, ns))
		return false;
	*nr = (int32_t)n;
	return true;
}

/* Its struct pid, and in how many levels it has numbers. */
static bool read_pid(struct mi_kernel *k, const struct mi_task *task, uint64_t *pid,
		     uint64_t *level)
{
	return !mi_read_member(k->t, task->addr, &k->l.task_thread_pid, pid) && *pid &&
	       !mi_read_member(k->t, *pid, &k->l.pid_level, level) && *level <= MI_PID_NS_MAX;
}

static uint64_t inode_of(struct mi_kernel *k, uint64_t ns)
{
	uint64_t inode;

	return mi_has(&k->l.pidns_inum) && !mi_read_member(k->t, ns, &k->l.pidns_inum, &inode)
		       ? inode
		       : 0;
}

static enum mi_status of_task(struct mi_kernel *k, int32_t of, struct mi_pidns *ret,
			      struct mi_error *err)
{
	struct mi_task task;
	uint64_t pid, level;
	enum mi_status st;
	int32_t nr;

	st = mi_task_by_pid(k, of, &task, err);
	if (st)
		return st;
	if (!read_pid(k, &task, &pid, &level) || !read_upid(k, pid, level, &nr, &ret->addr))
		return mi_fail(err, MI_ERR_READ, "the PID namespace of PID %d cannot be read%s", of,
			       task.kind == MI_TASK_ZOMBIE ? ": it has exited" : "");
	ret->inode = inode_of(k, ret->addr);
	return MI_OK;
}

/* In one of the levels in which the task has a number. */
static bool is_seen_in(struct mi_kernel *k, const struct mi_task *task, const struct mi_pidns *ns,
		       int32_t *nr)
{
	uint64_t pid, levels, at, i;

	if (!read_pid(k, task, &pid, &levels))
		return false;
	for (i = 0; i <= levels; i++)
		if (read_upid(k, pid, i, nr, &at) && at == ns->addr)
			return true;
	return false;
}

static bool has_inode(struct mi_kernel *k, const struct mi_task *task, struct mi_pidns *ns)
{
	uint64_t pid, levels, i;
	int32_t nr;

	if (!read_pid(k, task, &pid, &levels))
		return false;
	for (i = 0; i <= levels; i++)
		if (read_upid(k, pid, i, &nr, &ns->addr) && inode_of(k, ns->addr) == ns->inode)
			return true;
	return false;
}

enum mi_status mi_pidns_find(struct mi_kernel *k, int32_t of, uint64_t inode, struct mi_pidns *ret,
			     struct mi_error *err)
{
	enum mi_status st = check(k, err);
	struct mi_task *tasks;
	bool found = false;
	size_t i, n;

	if (st)
		return st;
	if (of)
		return of_task(k, of, ret, err);
	if (!mi_has(&k->l.pidns_inum))
		return mi_fail(err, MI_ERR_MISSING,
			       "this kernel does not number its PID namespaces: name one by a PID");
	st = mi_task_all(k, &tasks, &n, err);
	if (st)
		return st;
	ret->inode = inode;
	for (i = 0; i < n && !found; i++)
		found = has_inode(k, &tasks[i], ret);
	free(tasks);
	return found ? MI_OK
		     : mi_fail(err, MI_ERR_NOT_FOUND, "no task is in PID namespace %llu",
			       (unsigned long long)inode);
}

enum mi_status mi_pidns_task(struct mi_kernel *k, const struct mi_pidns *ns, int32_t pid,
			     struct mi_task *ret, struct mi_error *err)
{
	struct mi_task *tasks;
	bool found = false;
	enum mi_status st;
	int32_t nr = 0;
	size_t i, n;

	st = mi_task_all(k, &tasks, &n, err);
	if (st)
		return st;
	for (i = 0; i < n && !found; i++) {
		found = is_seen_in(k, &tasks[i], ns, &nr) && nr == pid;
		if (found)
			*ret = tasks[i];
	}
	free(tasks);
	return found ? MI_OK
		     : mi_fail(err, MI_ERR_NOT_FOUND, "no task has PID %d in PID namespace %llu%s",
			       pid, (unsigned long long)ns->inode,
			       k->problems.n ? " (the task list could not be read in full)" : "");
}
