// SPDX-License-Identifier: GPL-2.0-or-later
/* summary.c - one line for every process */
#include <stdlib.h>

#include "inspect.h"

static int by_mm(const void *a, const void *b)
{
	const struct mi_task *x = a, *y = b;

	return x->mm < y->mm ? -1 : x->mm > y->mm;
}

/* The tasks of @mm in @users, which is sorted by mm. */
static const struct mi_task *users_of(const struct mi_task *users, size_t n, uint64_t mm,
				      size_t *count)
{
	size_t lo = 0, hi = n, mid, end;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (users[mid].mm < mm)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < n && users[end].mm == mm; end++)
		;
	*count = end - lo;
	return users + lo;
}

static enum mi_status summarise(struct mi_kernel *k, const struct mi_task *leader,
				const struct mi_task *users, size_t n_users, struct mi_summary *s,
				struct mi_error *err)
{
	struct mi_task *threads, holder = *leader;
	const struct mi_task *sharers;
	enum mi_status st;
	size_t n;

	s->task = *leader;
	s->n_threads = 1;
	if (leader->kind == MI_TASK_KTHREAD)
		return MI_OK;
	st = mi_task_threads(k, leader, &threads, &s->n_threads, err);
	if (st)
		return st;
	free(threads);
	if (leader->kind != MI_TASK_USER && !mi_task_with_mm(k, leader, &holder))
		return MI_OK;
	sharers = users_of(users, n_users, holder.mm, &n);
	s->has_mm = mi_mm_load(k, holder.mm, sharers, n, &s->mm, NULL) == MI_OK;
	return MI_OK;
}

enum mi_status mi_summaries(struct mi_kernel *k, struct mi_summary **ret, size_t *n,
			    struct mi_error *err)
{
	struct mi_task *leaders = NULL, *users = NULL;
	struct mi_summary *list = NULL;
	enum mi_status st;
	size_t i, n_users;

	st = mi_task_leaders(k, &leaders, n, err);
	if (!st)
		st = mi_task_users(k, 0, &users, &n_users, err);
	if (!st) {
		list = calloc(*n ? *n : 1, sizeof(*list));
		if (!list)
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	if (!st && n_users)
		qsort(users, n_users, sizeof(*users), by_mm);
	for (i = 0; !st && i < *n; i++)
		st = summarise(k, &leaders[i], users, n_users, &list[i], err);
	free(leaders);
	free(users);
	if (st) {
		free(list);
		return st;
	}
	*ret = list;
	return MI_OK;
}
