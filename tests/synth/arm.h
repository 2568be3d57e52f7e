/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm.h - what these kernels have of the machine; what the scheduler saves lies at the foot of a
 * task's stack
 */
#ifndef SYNTH_ARM_H
#define SYNTH_ARM_H

#include "base.h"

struct cpu_context_save {
	u32 r4, r5, r6, r7, r8, r9;
	u32 sl, fp, sp, pc;
	u32 extra[2];
};

struct thread_info {
	unsigned long flags;
	int preempt_count;
	unsigned long addr_limit;
	struct task_struct *task;
	struct exec_domain *exec_domain;
	u32 cpu;
	u32 cpu_domain;
	struct cpu_context_save cpu_context;
	u32 syscall;
	u8 used_cp[16];
	unsigned long tp_value;
	GAP(416);
};

struct thread_struct {
	unsigned long address;
	unsigned long trap_no;
	unsigned long error_code;
	GAP(140);
};

#endif
