// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * locks.c - the locks that tasks in state D wait for, one line for each wait
 *
 *     locks DUMP
 *
 * WAITER MODE KIND ADDRESS NAME OWNER, the owner as TID, "?", or "readers" or
 * "readers:TID". Exits with 1 if something was missing. For tests/dumps/locks.py.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../libsrc/kernel/file.h"
#include "../../libsrc/kernel/locks.h"

static void put_name(struct mi_kernel *k, const struct mi_lock *lock)
{
	char path[MI_PATH_MAX] = "?";

	switch (lock->of) {
	case MI_LOCK_OF_MM:
		printf("mmap_lock:%d", lock->pid);
		break;
	case MI_LOCK_OF_INODE:
		mi_inode_path(k, lock->object, path);
		printf("i_rwsem:%s", path);
		break;
	default:
		printf("%s", lock->symbol ? lock->symbol : mi_lock_kind_word(lock->kind));
	}
}

static void put_owner(const struct mi_lock *lock)
{
	if (lock->owned == MI_OWNED_BY)
		printf(" %d\n", lock->owner.pid);
	else if (lock->owned == MI_OWNED_READERS && lock->hint)
		printf(" readers:%d\n", lock->owner.pid);
	else
		printf(" %s\n", lock->owned == MI_OWNED_READERS ? "readers" : "?");
}

static void look_at(struct mi_kernel *k, struct mi_lock_search *s, const struct mi_task *task)
{
	static struct mi_kstack stack;
	static struct mi_trace trace;
	enum mi_lock_mode mode;
	size_t lock, n;

	if (task->state != 'D')
		return;
	mi_trace_task(k, task, &stack, &trace);
	if (!mi_lock_wait(s, task, &stack, &trace, &lock, &mode))
		return;
	printf("%d %s %s %" PRIx64 " ", task->pid, mi_lock_mode_word(mode),
	       mi_lock_kind_word(mi_locks(s, &n)[lock].kind), mi_locks(s, &n)[lock].addr);
	put_name(k, &mi_locks(s, &n)[lock]);
	put_owner(&mi_locks(s, &n)[lock]);
}

static bool look_at_all(struct mi_kernel *k, struct mi_error *err)
{
	struct mi_task *leaders, *threads;
	struct mi_lock_search *s;
	size_t i, j, n, m;

	if (mi_lock_search_new(k, &s, err) || mi_task_leaders(k, &leaders, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		if (mi_task_threads(k, &leaders[i], &threads, &m, err))
			return false;
		for (j = 0; j < m; j++)
			look_at(k, s, &threads[j]);
		free(threads);
	}
	free(leaders);
	mi_lock_search_free(s);
	return true;
}

int main(int argc, char **argv)
{
	struct mi_error err = {0};
	struct mi_provider *prov;
	struct mi_target *t;
	struct mi_kernel *k;
	size_t i;

	if (argc != 2 || mi_kdump_open(argv[1], &prov, &err) ||
	    mi_target_open(prov, NULL, &t, &err) || mi_kernel_open(t, NULL, &k, &err) ||
	    !look_at_all(k, &err)) {
		fprintf(stderr, "locks: %s\n", err.text);
		return 1;
	}
	for (i = 0; i < k->problems.n; i++)
		fprintf(stderr, "locks: %s: %s\n", k->problems.list[i].what,
			k->problems.list[i].why);
	return k->problems.n != 0;
}
