// SPDX-License-Identifier: GPL-2.0
/* Reclaim begins and ends: directly, where memory was asked for, or in kswapd. */
#include <linux/mm.h>
#include <linux/memcontrol.h>
#include <trace/events/vmscan.h>

#include "filter.h"
#include "hooks.h"
#include "state.h"

#define DIRECT (-1)

static bool wanted(void)
{
	return mr_wanted(MMAPREC_CLASS_RECLAIM) && in_task() && !mr_filtered(mr_task_passes());
}

static void begin(const struct mr_hook *hook, u64 gfp, s32 node, u32 order)
{
	struct mr_record rec;
	struct mr_e_reclaim_begin *e;
	struct mr_state *s;

	mr_called(hook);
	if (!wanted())
		return;
	s = mr_state_get();
	/* kswapd may be woken again before it sleeps. */
	if (s && !s->reclaim_begin) {
		s->reclaim_begin = mr_now();
		s->reclaimed = 0;
	}
	mr_state_put(s);
	e = mr_begin(&rec);
	if (!e)
		return;
	e->gfp = gfp;
	e->node = node;
	e->order = order;
	mr_done(&rec, reclaim_begin, hook);
}

static void end(const struct mr_hook *hook, s32 node, u64 reclaimed, bool known)
{
	struct mr_record rec;
	struct mr_e_reclaim_end *e;
	struct mr_state *s;
	u64 since = 0;

	mr_called(hook);
	if (!wanted())
		return;
	s = mr_state_get();
	if (s) {
		since = s->reclaim_begin;
		if (!known)
			reclaimed = s->reclaimed;
		s->reclaim_begin = 0;
		mr_state_put(s);
	}
	/* kswapd went to sleep, and when it woke up was not seen: nothing is known of it. */
	if (!known && !since)
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	e->begin = since;
	e->reclaimed = reclaimed;
	e->node = node;
	e->reserved = 0;
	mr_done(&rec, reclaim_end, hook);
}

static void on_direct_begin(void *hook, int order, gfp_t gfp)
{
	begin(hook, (__force u32)gfp, DIRECT, order);
}

static void on_direct_begin_memcg(void *hook, gfp_t gfp, int order, struct mem_cgroup *memcg)
{
	begin(hook, (__force u32)gfp, DIRECT, order);
}

static void on_direct_end(void *hook, unsigned long reclaimed)
{
	end(hook, DIRECT, reclaimed, true);
}

static void on_direct_end_memcg(void *hook, unsigned long reclaimed, struct mem_cgroup *memcg)
{
	end(hook, DIRECT, reclaimed, true);
}

static void on_kswapd_wake(void *hook, int node, int zone, int order)
{
	begin(hook, 0, node, order);
}

static void on_kswapd_sleep(void *hook, int node)
{
	end(hook, node, 0, false);
}

/* kswapd does not say what it got, each of its steps does. */
static void on_shrink(void *hook, int node, unsigned long scanned, unsigned long reclaimed,
		      struct reclaim_stat *stat, int priority, int file)
{
	struct mr_state *s;

	mr_called(hook);
	if (!mr_wanted(MMAPREC_CLASS_RECLAIM) || !in_task())
		return;
	s = mr_state_get();
	if (s && s->reclaim_begin)
		s->reclaimed += reclaimed;
	mr_state_put(s);
}

static const struct mr_variant direct_begin_is[] = {
	MR_PROBE(mm_vmscan_direct_reclaim_begin, on_direct_begin, int, gfp_t),
	MR_PROBE(mm_vmscan_direct_reclaim_begin, on_direct_begin_memcg, gfp_t, int,
		 struct mem_cgroup *),
	MR_END,
};
static const struct mr_variant direct_end_is[] = {
	MR_PROBE(mm_vmscan_direct_reclaim_end, on_direct_end, long unsigned int),
	MR_PROBE(mm_vmscan_direct_reclaim_end, on_direct_end_memcg, long unsigned int,
		 struct mem_cgroup *),
	MR_END,
};
static const struct mr_variant wake_is[] = {
	MR_PROBE(mm_vmscan_kswapd_wake, on_kswapd_wake, int, int, int),
	MR_END,
};
static const struct mr_variant sleep_is[] = {
	MR_PROBE(mm_vmscan_kswapd_sleep, on_kswapd_sleep, int),
	MR_END,
};
static const struct mr_variant shrink_is[] = {
	MR_PROBE(mm_vmscan_lru_shrink_inactive, on_shrink, int, long unsigned int,
		 long unsigned int, struct reclaim_stat *, int, int),
	MR_END,
};

#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_TRACEPOINT, .klass = MMAPREC_CLASS_RECLAIM,             \
		.variant = is,                                                                     \
	}
struct mr_hook mr_reclaim_hooks[] = {
	HOOK(mm_vmscan_direct_reclaim_begin, direct_begin_is),
	HOOK(mm_vmscan_direct_reclaim_end, direct_end_is),
	HOOK(mm_vmscan_kswapd_wake, wake_is),
	HOOK(mm_vmscan_kswapd_sleep, sleep_is),
	HOOK(mm_vmscan_lru_shrink_inactive, shrink_is),
	MR_END,
};
