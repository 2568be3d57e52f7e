/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_LIVE_H
#define MI_INSPECT_LIVE_H

#include "../kernel/addrmap.h"
#include "pending.h"

/*
 * Looking twice at what changes: mi_look_again() of target.h, for things that are read whole. What
 * is equal at two looks that follow each other is told; what still differs after some is not, and
 * is reported. Of a dump, one look is all there is. Internal to inspect/.
 */

/*
 * mi_vma_gather(); ranges in which no two looks agreed go to *@unstable, in address order. Free
 * both. Where heap, stack and the like are (mi_mm_places()) is then of the VMAs' time, too.
 */
enum mi_status mi_vma_settled(struct mi_kernel *k, struct mi_mm *mm, struct mi_vma **ret, size_t *n,
			      struct mi_range **unstable, size_t *n_unstable, struct mi_error *err);

/* mi_file_load() and mi_file_path(). */
enum mi_status mi_file_settled(struct mi_kernel *k, uint64_t addr, struct mi_file *file,
			       char path[MI_PATH_MAX]);

/* Is @task still the one of this PID, and has this mm? MI_ERR_STATE: no. */
enum mi_status mi_task_unchanged(struct mi_kernel *k, const struct mi_task *task,
				 struct mi_error *err);

/*
 * When tasks last left their CPUs. Whoever still sleeps, and has not run in between, slept all the
 * time: its stack, and what its stack leads to, stayed as they were.
 */
struct mi_sleepers {
	struct mi_addrmap by_task;
	uint64_t *since;
};

/* When a task last got its CPU, or its time there was counted; 0 where the kernel does not tell. */
bool mi_left_cpu(struct mi_kernel *k, uint64_t task, uint64_t *when);

/* Of @tasks, or, if NULL, of all. */
enum mi_status mi_sleepers_note(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
				struct mi_sleepers *ret, struct mi_error *err);
void mi_sleepers_free(struct mi_sleepers *s);
/* Of a dump: true. */
bool mi_still_sleeps(struct mi_kernel *k, const struct mi_sleepers *s, const struct mi_task *task);

#endif
