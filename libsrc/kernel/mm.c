// SPDX-License-Identifier: GPL-2.0-or-later
/* mm.c - mm_struct and its counters */
#include "mm.h"

#define CPUS_MAX 8192 /* the largest NR_CPUS of x86 */

/* A counter goes below zero for moments. */
static int64_t as_long(const struct mi_kernel *k, uint64_t word)
{
	return mi_word_size(k->t) == 4 ? (int32_t)word : (int64_t)word;
}

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
		if (mi_read_ulong(k->t,
				  k->l.sym_per_cpu_offset + (uint64_t)mi_word_size(k->t) * cpu,
				  &offset))
			return false;
		/* A CPU that is possible but was never up may have no area. */
		if (mi_read_u32(k->t, (counters + offset) & mi_word_mask(k->t), &delta))
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
	if (mi_read_ulong(k->t, at + mi_word_size(k->t) * (uint64_t)index, &v))
		return false;
	*val = as_long(k, v);
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

/* RHEL 7's counter of shmem */
static bool rss_apart(struct mi_kernel *k, uint64_t mm, const struct mi_task *tasks, size_t n,
		      int64_t *val)
{
	const struct mi_layout *l = &k->l;
	uint64_t v, delta;
	size_t i;

	if (l->mm_shmempages.size != mi_word_size(k->t) ||
	    mi_read_member(k->t, mm, &l->mm_shmempages, &v))
		return false;
	*val = (int64_t)v;
	for (i = 0; i < n && mi_has(&l->task_shmempages); i++) {
		if (tasks[i].mm != mm)
			continue;
		if (mi_read_member(k->t, tasks[i].addr, &l->task_shmempages, &delta))
			return false;
		*val += (int32_t)delta;
	}
	return true;
}

/* before 2.6.34: two counters, and none of what is swapped out */
static bool rss_two(struct mi_kernel *k, uint64_t mm, const struct mi_enumerator *index,
		    int64_t *val)
{
	const struct mi_layout *l = &k->l;
	const struct mi_member *m = index == &l->MM_FILEPAGES	? &l->mm_file_rss
				    : index == &l->MM_ANONPAGES ? &l->mm_anon_rss
				    : index == &l->MM_SWAPENTS	? &l->mm_swap_usage
								: NULL;
	uint64_t v;

	if (!m || (m == &l->mm_swap_usage && !mi_has(m)))
		return true;
	if (!mi_has(m) || m->size != mi_word_size(k->t) || mi_read_member(k->t, mm, m, &v))
		return false;
	*val = (int64_t)v;
	return true;
}

static bool rss_one(struct mi_kernel *k, uint64_t mm, const struct mi_task *tasks, size_t n,
		    const struct mi_enumerator *index, int64_t *val)
{
	const struct mi_layout *l = &k->l;

	*val = 0;
	if (mi_has(&l->mm_file_rss))
		return rss_two(k, mm, index, val);
	if (!index->known)
		return index == &l->MM_SHMEMPAGES; /* no such counter before 4.5 */
	if (index == &l->MM_SHMEMPAGES && mi_has(&l->mm_shmempages))
		return rss_apart(k, mm, tasks, n, val);
	if (!mi_has(&l->mm_rss_stat) || index->value < 0 || index->value > 7)
		return false;
	if (!strcmp(l->mm_rss_stat.type_name, "percpu_counter"))
		return rss_percpu(k, mm, (int)index->value, val);
	return rss_struct(k, mm, tasks, n, (int)index->value, val);
}

void mi_mm_places(struct mi_kernel *k, struct mi_mm *mm)
{
	const struct mi_layout *l = &k->l;

	mm->start_brk = field_or_0(k, mm->addr, &l->mm_start_brk);
	mm->brk = field_or_0(k, mm->addr, &l->mm_brk);
	mm->start_stack = field_or_0(k, mm->addr, &l->mm_start_stack);
}

enum mi_status mi_mm_load(struct mi_kernel *k, uint64_t addr, const struct mi_task *tasks,
			  size_t n_tasks, struct mi_mm *ret, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t users;
	enum mi_read r;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->addr = addr;
	for (i = 0; i < n_tasks && !ret->task; i++)
		ret->task = tasks[i].mm == addr ? tasks[i].addr : 0;
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
	mi_mm_places(k, ret);
	ret->no_shmem = !l->MM_SHMEMPAGES.known;
	ret->no_swapents = !l->MM_SWAPENTS.known && !mi_has(&l->mm_swap_usage);
	ret->rss_known = rss_one(k, addr, tasks, n_tasks, &l->MM_FILEPAGES, &ret->rss_file) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_ANONPAGES, &ret->rss_anon) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_SHMEMPAGES, &ret->rss_shmem) &&
			 rss_one(k, addr, tasks, n_tasks, &l->MM_SWAPENTS, &ret->swapents);
	return MI_OK;
}
