/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FAULT_H
#define MI_KERNEL_FAULT_H

#include "kstack.h"
#include "vma.h"

/*
 * The page fault that a task waits in: its struct vm_fault, looked for on the
 * kernel stack. A place counts as one if every member fits: the VMA is one of
 * this mm and holds the address, the file offset is the one of that address, the
 * pointers into page tables have the index of that address, the flags are flags,
 * and a return address into handle_mm_fault() lies beside it. What earlier faults
 * left behind may still pass; so more than one may be found.
 */
enum mi_fault_access {
	MI_ACCESS_UNKNOWN,
	MI_ACCESS_READ,
	MI_ACCESS_WRITE,
	MI_ACCESS_EXEC,
};

/* Whose access it was. While a page is made writable the flag for it is not kept. */
enum mi_fault_from {
	MI_FROM_UNKNOWN,
	MI_FROM_USER,
	MI_FROM_KERNEL, /* a system call that touches user memory, or that of another process */
};

struct mi_fault {
	uint64_t addr;	  /* of the struct vm_fault */
	size_t vma;	  /* index of the VMA */
	uint64_t va;	  /* the page; of hugetlb the huge page */
	uint64_t address; /* the very byte; valid if exact (5.18) */
	bool exact;
	uint64_t pgoff; /* in pages of the file, of hugetlb too */
	uint64_t flags; /* FAULT_FLAG_*, see mi_fault_flag() */
	enum mi_fault_access access;
	enum mi_fault_from from;
	bool copying; /* a page for a private copy has been allocated */
};

#define MI_FAULTS_MAX 4

struct mi_faults {
	/* Those that differ, the nearest to the stack pointer first. */
	struct mi_fault list[MI_FAULTS_MAX];
	size_t n;
	bool more; /* than have room */
	struct mi_user_regs regs;
};

/* Where to look, and what is known of the task whose stack it is. */
struct mi_fault_scan {
	const struct mi_kstack *stack;
	const struct mi_vma *vmas; /* all of its mm, in address order */
	size_t n_vmas;
	uint64_t code, code_end; /* of handle_mm_fault() */
	enum mi_entry entry;
};

/* The scan alone: reads nothing of the target. */
void mi_fault_scan(const struct mi_kernel *k, const struct mi_fault_scan *scan,
		   struct mi_faults *ret);

/*
 * Look for the fault of @task, which does not run. The stack is loaded into @s, which
 * may be used again.
 */
enum mi_kstack_status mi_fault_find(struct mi_kernel *k, const struct mi_task *task,
				    const struct mi_vma *vmas, size_t n_vmas, struct mi_kstack *s,
				    struct mi_faults *ret);

/* Whether the stack has a return address into handle_mm_fault(): else there is no fault on it. */
bool mi_fault_likely(struct mi_kernel *k, const struct mi_kstack *stack);

/* Whether this kernel's flags tell faults from user mode from others. */
bool mi_fault_tells_user(const struct mi_kernel *k);

/* "allow_retry", ...: bit @bit of mi_fault.flags, or NULL if it has no sure name. */
const char *mi_fault_flag(const struct mi_kernel *k, unsigned int bit);

#endif
