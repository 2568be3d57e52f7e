// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "ring.h"
#include "state.h"

#define HELD 1UL

/* Owners by themselves: most looks are by tasks that have no entry, and cost one cache line. */
struct bucket {
	unsigned long owner[MR_BUCKET_SIZE];
	struct mr_state state[MR_BUCKET_SIZE];
} ____cacheline_aligned;

static struct bucket *table;
static unsigned int forgets;
atomic_t mr_states_held[1 << MR_BUCKET_BITS];
bool mr_faults_known;
static DEFINE_PER_CPU(u64, full);

int mr_states_create(void)
{
	unsigned int i, j;

	table = vzalloc(sizeof(*table) << MR_BUCKET_BITS);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < 1U << MR_BUCKET_BITS; i++)
		for (j = 0; j < MR_BUCKET_SIZE; j++)
			table[i].state[j].owner = &table[i].owner[j];
	return 0;
}

void mr_states_destroy(void)
{
	vfree(table);
}

void mr_states_forget(void)
{
	WRITE_ONCE(forgets, forgets + 1);
}

u64 mr_states_full(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu) sum += READ_ONCE(per_cpu(full, cpu));
	return sum;
}

static struct bucket *bucket_of(unsigned long task)
{
	return &table[mr_state_hash(task)];
}

/* No loop: it runs for many of the records that say whether they are part of a fault. */
static __always_inline int place_of(const struct bucket *b, unsigned long held)
{
#define FOUND_AT(i)                                                                                \
	if (READ_ONCE(b->owner[i]) == held)                                                        \
	return i
	BUILD_BUG_ON(MR_BUCKET_SIZE != 8);
	FOUND_AT(0);
	FOUND_AT(1);
	FOUND_AT(2);
	FOUND_AT(3);
	FOUND_AT(4);
	FOUND_AT(5);
	FOUND_AT(6);
	FOUND_AT(7);
#undef FOUND_AT
	return -1;
}

/* The first place that has the task's name is the one that mr_state_get() takes. */
bool mr_state_in_fault(void)
{
	unsigned long held = (unsigned long)current | HELD;
	const struct bucket *b = bucket_of(held & ~HELD);
	int i = place_of(b, held);

	return i >= 0 && b->state[i].forgets == READ_ONCE(forgets) &&
	       (b->state[i].faults || b->state[i].in_filemap);
}

/* One that is ours, free, of times that are void, or of a task that has let it go. */
static bool take(struct mr_state *s, unsigned long task)
{
	unsigned long owner = READ_ONCE(*s->owner);

	if ((owner & HELD) && owner != (task | HELD) && s->forgets == READ_ONCE(forgets))
		return false;
	if (cmpxchg(s->owner, owner, task | HELD) != owner)
		return false;
	if (!(owner & HELD))
		atomic_inc(&mr_states_held[mr_state_hash(task)]);
	return true;
}

static struct mr_state *start(struct mr_state *s)
{
	memset((char *)s + sizeof(s->owner), 0, sizeof(*s) - sizeof(s->owner));
	s->forgets = READ_ONCE(forgets);
	return s;
}

struct mr_state *mr_state_get(void)
{
	unsigned long task = (unsigned long)current;
	struct bucket *b = bucket_of(task);
	struct mr_state *s = b->state;
	unsigned int i;

	for (i = 0; i < MR_BUCKET_SIZE; i++)
		if ((READ_ONCE(b->owner[i]) & ~HELD) == task && take(&s[i], task))
			return s[i].forgets == READ_ONCE(forgets) ? &s[i] : start(&s[i]);
	for (i = 0; i < MR_BUCKET_SIZE; i++)
		if (!READ_ONCE(b->owner[i]) && take(&s[i], task))
			return start(&s[i]);
	for (i = 0; i < MR_BUCKET_SIZE; i++)
		if (take(&s[i], task))
			return start(&s[i]);
	this_cpu_inc(full);
	return NULL;
}

struct mr_state *mr_hold_state(const struct mr_hold *hold)
{
	struct mr_state *s = hold->state;

	if (!s || READ_ONCE(*s->owner) != ((unsigned long)current | HELD) ||
	    s->forgets != hold->forgets || s->forgets != READ_ONCE(forgets))
		return NULL;
	return s;
}

void mr_state_put(struct mr_state *s)
{
	unsigned long task = (unsigned long)current;

	if (!s || s->faults || s->in_filemap || s->reclaim_begin)
		return;
	/* What was made void may be another's by now. */
	if (cmpxchg(s->owner, task | HELD, task) == (task | HELD))
		atomic_dec(&mr_states_held[mr_state_hash(task)]);
}
