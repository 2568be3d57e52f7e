// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pidhash.c - from a PID to its task by pid_hash[] (kernel/pid.c, up to 4.14)
 *
 * pid_hash points to an array of 1 << pidhash_shift chains of struct upid. How a PID is
 * hashed changed; as the chains hold each PID there is, all of them are looked through.
 */
#include "pidhash.h"

#define SHIFT_MAX 18
#define ENTRIES_MAX (8U << 20) /* of all chains: what lies ends here */
#define NOT_HERE 0

/* The struct pid whose first number is the struct upid at @upid. */
static uint64_t pid_of(const struct mi_kernel *k, uint64_t upid)
{
	return upid - (uint64_t)k->l.pid_numbers.off;
}

/* The task that the struct pid names, if that names it back. */
static uint64_t task_of(struct mi_kernel *k, uint64_t pid)
{
	const struct mi_layout *l = &k->l;
	uint64_t node, task, back;

	if (mi_read_ulong(k->t, pid + (uint64_t)l->pid_tasks.off, &node) || !node)
		return NOT_HERE;
	task = node - (uint64_t)l->task_pid_node.off;
	if (mi_read_member(k->t, task, &l->task_thread_pid, &back) || back != pid)
		return NOT_HERE;
	return task;
}

/* The number of a struct upid counts if it is that of the initial namespace: level 0. */
static bool is_wanted(struct mi_kernel *k, uint64_t upid, int32_t pid, uint64_t *task)
{
	uint32_t nr;

	if (mi_read_u32(k->t, upid + (uint64_t)k->l.upid_nr.off, &nr) || (int32_t)nr != pid)
		return false;
	*task = task_of(k, pid_of(k, upid));
	return *task != NOT_HERE;
}

static bool has_hash(const struct mi_layout *l)
{
	return l->sym_pid_hash && l->sym_pidhash_shift && mi_has(&l->upid_chain) &&
	       mi_has(&l->upid_nr) && mi_has(&l->pid_numbers) && mi_has(&l->pid_tasks) &&
	       mi_has(&l->task_pid_node) && mi_has(&l->task_thread_pid) && mi_has(&l->hlist_next);
}

uint64_t mi_pid_hash_find(struct mi_kernel *k, int32_t pid)
{
	const struct mi_layout *l = &k->l;
	uint64_t table, node, task, i, steps = 0, word = mi_word_size(k->t);
	uint32_t shift;

	if (!has_hash(l) || mi_read_ulong(k->t, l->sym_pid_hash, &table) ||
	    mi_read_u32(k->t, l->sym_pidhash_shift, &shift) || shift > SHIFT_MAX)
		return NOT_HERE;
	for (i = 0; i < 1ULL << shift; i++) {
		if (mi_read_ulong(k->t, table + word * i, &node))
			continue;
		while (node && ++steps < ENTRIES_MAX) {
			if (is_wanted(k, node - (uint64_t)l->upid_chain.off, pid, &task))
				return task;
			if (mi_read_member(k->t, node, &l->hlist_next, &node))
				break;
		}
	}
	return NOT_HERE;
}
