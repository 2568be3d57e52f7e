/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_MM_H
#define MI_KERNEL_MM_H

#include "kernel.h"
#include "task.h"

/* An mm_struct: the head of a process's memory. Sizes are in pages. */
struct mi_mm {
	uint64_t addr;
	uint64_t task; /* a task that has it; 0: unknown */
	uint64_t pgd;  /* kernel virtual address of the top page table; 0: feature off */
	int64_t users; /* mm_users: 0 means that it is being torn down */
	uint64_t map_count, total_vm, locked_vm;
	uint64_t start_brk, brk, start_stack;
	bool vmas_whole; /* mi_vma_gather(): each VMA could be read and believed */

	/*
	 * The kernel's own count, with what threads and CPUs have not yet
	 * added to it. False if this kernel's form is unknown. Kernels before
	 * 4.5 count shmem as file, those before 2.6.34 nothing that is swapped.
	 */
	bool rss_known;
	bool no_shmem, no_swapents; /* the kernel does not count these: they are 0 here */
	int64_t rss_file, rss_anon, rss_shmem, swapents;
};

/* Where heap and stack are, as of now: mi_vma_special_name() goes by that. */
void mi_mm_places(struct mi_kernel *k, struct mi_mm *mm);

/*
 * @tasks: all that share the mm (mi_task_sharing()); each may hold private RSS
 * counts on kernels before 6.2.
 */
enum mi_status mi_mm_load(struct mi_kernel *k, uint64_t addr, const struct mi_task *tasks,
			  size_t n_tasks, struct mi_mm *ret, struct mi_error *err);

#endif
