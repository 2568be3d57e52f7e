/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_RING_H
#define MMAPREC_RING_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>

#include "mmaprec.h"

/*
 * Records, from any context, NMIs included: no lock, no loop, no allocation. Each takes the
 * next slot of its CPU's ring by one instruction that nothing interrupts, so what interrupts
 * a writer gets a slot of its own.
 */
struct mr_ring {
	u64 seq; /* latest taken */
	struct mmaprec_slot *slots;
	u64 mask;
	u64 stop_at; /* the brake: no more than up to here until the next second */
	u32 depth;   /* writers that interrupt each other */
	u64 lost_nested, lost_torn, lost_overload, filtered, sampled_out;
	u64 overload_told;
	struct mr_area area;
};

DECLARE_PER_CPU(struct mr_ring, mr_ring);

/* Bits of classes that are recorded now: none of them while paused or frozen. */
extern unsigned long mr_recording;
DECLARE_STATIC_KEY_FALSE(mr_clock_is_tsc);

/* Rings of all possible CPUs, of 1 << @order slots. Says what it cannot have. */
int mr_rings_create(unsigned int order);
void mr_rings_destroy(void);
/* Parameter: records per second and CPU. */
extern unsigned long mr_brake;
/* Each second: lets @rate more records of each CPU pass; 0: no limit. */
void mr_rings_brake(unsigned long rate);

/* A record that says what the recorder itself does. */
void mr_control(enum mr_control_what what, u64 value, u64 value2, u32 kind);

static __always_inline bool mr_wanted(enum mmaprec_class klass)
{
	return READ_ONCE(mr_recording) & BIT(klass);
}

static __always_inline u64 mr_now(void)
{
	return static_branch_unlikely(&mr_clock_is_tsc) ? get_cycles() : ktime_get_mono_fast_ns();
}

struct mr_record {
	struct mmaprec_slot *slot;
	u64 seq;
};

/* Returns the payload to be filled in, or NULL. From here to mr_commit() nothing may sleep. */
static __always_inline void *mr_begin(struct mr_record *rec)
{
	struct mmaprec_slot *slot;
	void *payload;
	u64 seq;

	preempt_disable_notrace();
	if (unlikely(raw_cpu_read(mr_ring.depth) >= MMAPREC_NESTING)) {
		this_cpu_inc(mr_ring.lost_nested);
		goto out;
	}
	if (unlikely(raw_cpu_read(mr_ring.seq) >= raw_cpu_read(mr_ring.stop_at))) {
		this_cpu_inc(mr_ring.lost_overload);
		goto out;
	}
	this_cpu_inc(mr_ring.depth);
	barrier();
	seq = this_cpu_inc_return(mr_ring.seq);
	slot = raw_cpu_read(mr_ring.slots) + (seq & raw_cpu_read(mr_ring.mask));
	WRITE_ONCE(slot->seq_end, 0);
	smp_wmb();
	WRITE_ONCE(slot->seq_begin, seq);
	smp_wmb();
	rec->slot = slot;
	rec->seq = seq;
	payload = slot->payload;
	/* It is one: what callers ask of it costs nothing. */
	if (!payload)
		__builtin_unreachable();
	return payload;
out:
	preempt_enable_notrace();
	return NULL;
}

static __always_inline u32 mr_context(const struct task_struct *task)
{
	u32 context = task->flags & PF_KTHREAD ? MMAPREC_IN_KTHREAD : 0;

	/* Most records are of tasks: they are asked once. */
	if (likely(in_task()))
		return context;
	if (in_serving_softirq())
		context |= MMAPREC_IN_SOFTIRQ;
	if (hardirq_count())
		context |= MMAPREC_IN_HARDIRQ;
	if (in_nmi())
		context |= MMAPREC_IN_NMI;
	return context;
}

/* Counts of each hook by its id, in hooks.c; id 0: the recorder itself. */
struct mr_counts {
	u64 events;
	u64 calls;
};
#define MR_HOOKS_MAX 64
DECLARE_PER_CPU(struct mr_counts[MR_HOOKS_MAX + 1], mr_counts);

/* Both numbers at once where they lie as in a slot. */
static __always_inline u64 mr_ids(const struct task_struct *task)
{
#ifdef __LITTLE_ENDIAN
	if (offsetof(struct task_struct, pid) % 8 == 0 &&
	    offsetof(struct task_struct, tgid) == offsetof(struct task_struct, pid) + 4)
		return *(const u64 *)&task->pid;
#endif
	return (u32)task->pid | (u64)task->tgid << 32;
}

/* What is in front of the payload, and the sum of all: in three words where that can be. */
static __always_inline void mr_fill(struct mmaprec_slot *slot, u64 seq, u16 event, u8 length)
{
	const struct task_struct *task = current;
	u64 time = mr_now(), ids = mr_ids(task);
	u32 what = event | (u32)length << 24 | (u32)mr_context(task) << 16;
	u64 sum = mmaprec_sum(slot, seq ^ time ^ what ^ ids, length);

	slot->time = time;
#ifdef __LITTLE_ENDIAN
	BUILD_BUG_ON(offsetof(struct mmaprec_slot, event) % 8 ||
		     offsetof(struct mmaprec_slot, tid) % 8);
	*(u64 *)&slot->event = what | sum << 32;
	*(u64 *)&slot->tid = ids;
#else
	slot->event = event;
	slot->context = what >> 16;
	slot->length = length;
	slot->check = sum;
	slot->tid = ids;
	slot->tgid = ids >> 32;
#endif
}

static __always_inline void mr_commit(struct mr_record *rec, u16 event, u8 length,
				      unsigned int hook)
{
	struct mmaprec_slot *slot = rec->slot;

	mr_fill(slot, rec->seq, event, length);
	smp_wmb();
	if (likely(READ_ONCE(slot->seq_begin) == rec->seq)) {
		WRITE_ONCE(slot->seq_end, rec->seq);
		this_cpu_inc(mr_counts[hook].events);
	} else {
		/* What interrupted us went round the whole ring. */
		this_cpu_inc(mr_ring.lost_torn);
	}
	barrier();
	this_cpu_dec(mr_ring.depth);
	preempt_enable_notrace();
}

#define mr_done(rec, name, hook)                                                                   \
	mr_commit(rec, MR_EV_##name, sizeof(struct mr_e_##name), (hook)->id)

#endif
