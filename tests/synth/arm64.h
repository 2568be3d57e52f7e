/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64.h - what these kernels have of the machine; what the scheduler saves lies in the task,
 * other than on arm
 */
#ifndef SYNTH_ARM64_H
#define SYNTH_ARM64_H

#include "base.h"

struct restart_block {
	long (*fn)(struct restart_block *block);
	GAP(40);
};

struct thread_info {
	unsigned long flags;
	unsigned long addr_limit;
	struct task_struct *task;
	struct exec_domain *exec_domain;
	struct restart_block restart_block;
	int preempt_count;
	int cpu;
};

struct cpu_context {
	unsigned long x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
	unsigned long fp, sp, pc;
};

struct thread_struct {
	struct cpu_context cpu_context;
	unsigned long tp_value;
	GAP(528);
	unsigned long fault_address;
	GAP(288);
};

typedef struct {
	unsigned int id;
	spinlock_t id_lock;
	void *vdso;
} mm_context_t;

#endif
