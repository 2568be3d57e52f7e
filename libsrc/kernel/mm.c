// SPDX-License-Identifier: GPL-2.0-or-later
/* mm.c - mm_struct and its counters */
#include "mm.h"

#define CPUS_MAX 8192 /* the largest NR_CPUS of x86 */

static uint64_t field_or_0(struct mi_kernel *k, uint64_t addr, const struct mi_member *m)
{
	uint64_t v;

	if (!mi_has(m) || mi_read_member(k->t, addr, m, &v))
		return 0;
	return v;
}

/* count + the s32 of every CPU: lib/percpu_counter.c */
static bool percpu_sum(struct mi_kernel *k, uint64_t addr, int64_t *sum)
{
	uint64_t count, counters, cpus, offset;
	uint32_t delta, cpu;

	if (mi_read_member(k->t, addr, &k->l.pcp_count, &count) ||
	    mi_read_member(k->t, addr, &k->l.pcp_counters, &counters))
		return false;
	cpus = 0;
	if (mi_read_virt(k->t, k->l.sym_nr_cpu_ids, &cpus, 4) || !cpus || cpus > CPUS_MAX)
		return false;
	*sum = (int64_t)count;
	for (cpu = 0; cpu < cpus; cpu++) {
		if (mi_read_u64(k->t, k->l.sym_per_cpu_offset + 8ULL * cpu, &offset))
			return false;
		/* A CPU that is possible but was never up may have no area. */
		if (mi_read_u32(k->t, counters + offset, &delta))
			continue;
		*sum += (int32_t)delta;
	}
	return true;
}

/* 6.2 and later: rss_stat[] of percpu_counter */
static bool rss_percpu(struct mi_kernel *k, uint64_t mm, int index, int64_t *val)
{
	const struct mi_layout *l = &k->l;
	uint64_t at = mm + (uint64_t)l->mm_rss_stat.off + (uint64_t)index * l->mm_rss_stat.size;

	if (!mi_has(&l->pcp_count) || !mi_has(&l->pcp_counters) || !l->sym_nr_cpu_ids ||
	    !l->sym_per_cpu_offset)
		return false;
	return percpu_sum(k, at, val);
}

/* before: count[] of atomic_long, and an int per thread that has not been added yet */
static bool rss_struct(struct mi_kernel *k, uint64_t mm, const struct mi_task *tasks, size_t n,
		       int index, int64_t *val)
{
	const struct mi_layout *l = &k->l;
	uint64_t v, at;
	uint32_t delta;
	size_t i;

	if (!mi_has(&l->mm_rss_count) || (uint32_t)index >= l->mm_rss_count.count)
		return false;
	at = mm + (uint64_t)l->mm_rss_stat.off + (uint64_t)l->mm_rss_count.off;
	if (mi_read_u64(k->t, at + 8ULL * (uint64_t)index, &v))
		return false;
	*val = (int64_t)v;
	if (!mi_has(&l->task_rss_stat) || !mi_has(&l->task_rss_count))
		return true;
	for (i = 0; i < n; i++) {
		if (tasks[i].mm != mm)
			continue;
		at = tasks[i].addr + (uint64_t)l->task_rss_stat.off +
		     (uint64_t)l->task_rss_count.off;
		if (mi_read_u32(k->t, at + 4ULL * (uint64_t)index, &delta))
			return false;
		*val += (int32_t)delta;
	}
	return true;
}

static bool rss_one(struct mi_kernel *k, uint64_t mm, const struct mi_task *tasks, size_t n,
		    const struct mi_enumerator *index, int64_t *val)
{
	const struct mi_layout *l = &k->l;

	*val = 0;
	if (!index->known)
		return index == &l->MM_SHMEMPAGES; /* no such counter before 4.5 */
	if (!mi_has(&l->mm_rss_stat) || index->value < 0 || index->value > 7)
		return false;
	if (!strcmp(l->mm_rss_stat.type_name, "percpu_counter"))
		return rss_percpu(k, mm, (int)index->value, val);
	return rss_struct(k, mm, tasks, n, (int)index->value, val);
}

enum mi_status mi_mm_load(struct mi_kernel *k, uint64_t addr, const struct mi_task *tasks,
			  size_t n_tasks, struct mi_mm *ret, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t users;
	enum mi_read r;

	memset(ret, 0, sizeof(*ret));
	ret->addr = addr;
	r = mi_read_member(k->t, addr, &l->mm_map_count, &ret->map_count);
	if (!r)
		r = mi_read_member(k->t, addr, &l->mm_total_vm, &ret->total_vm);
	/* an atomic_t: 4 bytes */
	if (!r)
		r = mi_read_virt(k->t, addr + (uint64_t)l->mm_users.off, &users, 4);
	if (r)
		return mi_fail(err, MI_ERR_READ, "mm_struct %016llx: %s", (unsigned long long)addr,
			       mi_read_text(r));
	ret->users = (int32_t)users;
	ret->pgd = field_or_0(k, addr, &l->mm_pgd);
	ret->locked_vm = field_or_0(k, addr, &l->mm_locked_vm);
	ret->start_brk = field_or_0(k, addr, &l->mm_start_brk);
	ret->brk = field_or_0(k, addr, &l->mm_brk);
	ret->start_stack = field_or_0(k, addr, &l->mm_start_stack);
	ret->rss_known = rss_one(k, addr, tasks, n_tasks, &l->MM_FILEPAGES, &ret->rss_file) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_ANONPAGES, &ret->rss_anon) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_SHMEMPAGES, &ret->rss_shmem) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_SWAPENTS, &ret->swapents);
	return MI_OK;
}
