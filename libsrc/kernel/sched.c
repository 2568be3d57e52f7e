// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sched.c - since when a task does not run
 *
 * The scheduler adds up a task's run time when it takes it off its CPU, and notes when:
 * se.exec_start. That is the last thing it does to that member while the task sleeps, and
 * later by a time slice than sched_info.last_arrival, when it got the CPU. It counts
 * by clock_task, which lags behind the clock by what interrupts and the hypervisor took.
 */
#include <stdlib.h>

#include "sched.h"

#define CPUS_MAX 8192
/* CPUs do not read their clocks at one moment. */
#define AHEAD_MAX 1000000000ULL

struct mi_clocks {
	bool known;
	uint64_t now;	  /* the latest clock of any CPU */
	uint64_t n;	  /* CPUs */
	uint64_t *behind; /* how much clock_task lags behind, by CPU; ~0: unknown */
};

#define UNKNOWN_LAG (~0ULL)

static bool runqueue(struct mi_kernel *k, uint64_t cpu, uint64_t *rq)
{
	uint64_t offset;

	if (mi_read_ulong(k->t, k->l.sym_per_cpu_offset + mi_word_size(k->t) * cpu, &offset))
		return false;
	*rq = (k->l.sym_runqueues + offset) & mi_word_mask(k->t);
	return true;
}

static void read_clock(struct mi_kernel *k, struct mi_clocks *c, uint64_t cpu)
{
	const struct mi_layout *l = &k->l;
	uint64_t rq, clock, task;

	c->behind[cpu] = UNKNOWN_LAG;
	if (!runqueue(k, cpu, &rq) || mi_read_member(k->t, rq, &l->rq_clock, &clock) ||
	    mi_read_member(k->t, rq, &l->rq_clock_task, &task) || !clock || task > clock)
		return;
	c->behind[cpu] = clock - task;
	if (clock > c->now)
		c->now = clock;
	c->known = true;
}

static bool can_tell(const struct mi_layout *l)
{
	return l->sym_runqueues && l->sym_per_cpu_offset && l->sym_nr_cpu_ids &&
	       mi_has(&l->rq_clock) && mi_has(&l->rq_clock_task) && mi_has(&l->task_exec_start) &&
	       mi_has(&l->task_last_arrival) && mi_has(&l->task_cpu) && mi_has(&l->task_on_cpu);
}

static const struct mi_clocks *clocks(struct mi_kernel *k)
{
	struct mi_clocks *c;
	uint32_t n = 0, i;

	if (k->clocks)
		return k->clocks;
	if (can_tell(&k->l) && mi_read_u32(k->t, k->l.sym_nr_cpu_ids, &n))
		n = 0;
	if (n > CPUS_MAX)
		n = 0;
	c = calloc(1, sizeof(*c) + n * sizeof(*c->behind));
	if (!c)
		return NULL;
	c->behind = (uint64_t *)(c + 1);
	c->n = n;
	for (i = 0; i < n; i++)
		read_clock(k, c, i);
	k->clocks = c;
	return c;
}

bool mi_task_blocked_ns(struct mi_kernel *k, const struct mi_task *task, uint64_t *ns)
{
	const struct mi_clocks *c = clocks(k);
	const struct mi_layout *l = &k->l;
	uint64_t on_cpu, cpu, start, arrival;

	if (!c || !c->known || mi_read_member(k->t, task->addr, &l->task_on_cpu, &on_cpu) ||
	    on_cpu || mi_read_member(k->t, task->addr, &l->task_cpu, &cpu) || cpu >= c->n ||
	    c->behind[cpu] == UNKNOWN_LAG ||
	    mi_read_member(k->t, task->addr, &l->task_exec_start, &start) ||
	    mi_read_member(k->t, task->addr, &l->task_last_arrival, &arrival))
		return false;
	/* 0: moved to another CPU since. What sleeps is, where its dequeuing is delayed (6.12). */
	start += start ? c->behind[cpu] : 0;
	/* It cannot have left its CPU before it came there. */
	if (start < arrival)
		start = arrival;
	if (!start || start > c->now + AHEAD_MAX)
		return false;
	*ns = start < c->now ? c->now - start : 0;
	return true;
}
