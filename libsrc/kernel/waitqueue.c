// SPDX-License-Identifier: GPL-2.0-or-later
/* waitqueue.c - who is on a wait queue (kernel/sched/wait.c, kernel/sched/wait_bit.c) */
#include "kstack.h"
#include "waitqueue.h"

#define ENTRIES_MAX 131072
#define HEADS_MAX 65536

static void bad(struct mi_kernel *k, uint64_t entry, const char *why)
{
	mi_problem_bad(&k->problems, "wait queue entry", entry, why, "a waiting task is missing");
}

/* The task of the struct wait_queue_entry at @entry. */
static bool load_task(struct mi_kernel *k, uint64_t entry, struct mi_task *task)
{
	const struct mi_layout *l = &k->l;
	uint64_t addr, stack;
	enum mi_read r;

	r = mi_read_member(k->t, entry, &l->wait_private, &addr);
	if (!r)
		r = mi_read_member(k->t, addr, &l->task_stack, &stack);
	if (r) {
		mi_problem_read(&k->problems, "wait queue entry", entry, r,
				"a waiting task is missing");
		return false;
	}
	if (entry < stack || entry - stack >= mi_kstack_size(k)) {
		bad(k, entry, "is not on the stack of its task");
		return false;
	}
	if (!mi_task_at(k, addr, task)) {
		bad(k, entry, "names a task that is none");
		return false;
	}
	return true;
}

void mi_wait_queue(struct mi_kernel *k, uint64_t head, uint64_t object, mi_wait_fn fn, void *arg)
{
	uint64_t node, steps = 0;
	struct mi_task task;
	struct mi_list li;

	if (!mi_feature(k, MI_F_WAIT, NULL))
		return;
	mi_list_start(&li, k, head, "wait queue");
	while (mi_list_next(&li, &node)) {
		if (++steps > ENTRIES_MAX) {
			bad(k, node, "is one of more than can be held");
			return;
		}
		if (load_task(k, node - (uint64_t)k->l.wait_entry.off, &task))
			fn(arg, &task, object);
	}
}

static bool has_bits(const struct mi_layout *l)
{
	return l->sym_bit_wait_table && l->sym_wake_bit_function && mi_has(&l->wait_bit_flags) &&
	       mi_has(&l->wait_bit_wq) && l->size_wait_queue_head;
}

static void bit_entry(struct mi_kernel *k, uint64_t node, mi_wait_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t entry = node - (uint64_t)l->wait_entry.off, func, word;
	uint64_t at = entry - (uint64_t)l->wait_bit_wq.off;
	struct mi_task task;
	enum mi_read r;

	r = mi_read_member(k->t, entry, &l->wait_func, &func);
	if (!r)
		r = mi_read_member(k->t, at, &l->wait_bit_flags, &word);
	if (r)
		mi_problem_read(&k->problems, "wait queue entry", at, r,
				"a waiting task is missing");
	else if (func == l->sym_wake_bit_function && load_task(k, entry, &task))
		fn(arg, &task, word);
}

bool mi_wait_bits(struct mi_kernel *k, mi_wait_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t n, i, node, steps = 0, size = l->size_wait_queue_head;
	struct mi_list li;

	if (!mi_feature(k, MI_F_WAIT, NULL) || !has_bits(l))
		return false;
	n = mi_symbol_room(k->t, l->sym_bit_wait_table) / size;
	/* What follows the table may be aligned: it is a power of two. */
	n = n ? 1ULL << (63 - __builtin_clzll(n)) : 0;
	if (!n || n > HEADS_MAX)
		return false;
	for (i = 0; i < n; i++) {
		mi_list_start(&li, k, l->sym_bit_wait_table + i * size + (uint64_t)l->wait_head.off,
			      "wait queue");
		while (mi_list_next(&li, &node)) {
			if (++steps > ENTRIES_MAX) {
				bad(k, node, "is one of more than can be held");
				return true;
			}
			bit_entry(k, node, fn, arg);
		}
	}
	return true;
}
