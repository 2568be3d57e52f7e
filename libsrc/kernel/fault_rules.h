/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FAULT_RULES_H
#define MI_KERNEL_FAULT_RULES_H

#include "kernel.h"
#include "vma.h"

/*
 * What this kernel's generation does in a page fault, as far as generations differ. Each is
 * told by a type, an enumerator or a symbol that came with it: docs/kernel-forms.md.
 */

enum mi_known {
	MI_NO,
	MI_YES,
	MI_NOT_KNOWN,
};

struct mi_fault_rules {
	/* Pages that a read fault maps around its own if the cache has them; a power of two. */
	bool around_known;
	uint64_t around_pages;

	/*
	 * A fault that must be tried again, but has read nothing itself, counts as major: 5.9 up
	 * to where faults take the lock of their VMA first. (One that has read always does.)
	 */
	enum mi_known retry_is_major;
	/* A write to a shared page is tried again when all is done: up to 5.19 */
	enum mi_known dirty_retries;

	/* A large folio of a file is mapped as a whole, if all of it fits: 6.18 and later */
	enum mi_known whole_folios;
	/* A hit counts against the misses once a fault, if it is mapped at the first try. */
	bool hits_once;
	/* A NUMA hint in an anonymous page of one owner makes it writable, too: 6.2 and later */
	bool numa_upgrades;

	/*
	 * Does the CPU itself note in an entry that its page was used, or written? Else the kernel
	 * does, in a fault of its own.
	 */
	enum mi_known notes_use, notes_write;
	/* Entries of pages of a folio may be noted together, 16 of them (arm64, 6.9 and later). */
	bool contiguous;

	/* Each pool of hugetlbfs that has pages has one that is neither used nor reserved. */
	bool hugetlb_free;

	/* Which anonymous page may be written in place. */
	enum mi_reuse_rule {
		MI_REUSE_COUNTS,    /* one reference and one mapping: 5.9 to 5.17 */
		MI_REUSE_EXCLUSIVE, /* PG_anon_exclusive: 5.19 and later */
		MI_REUSE_UNKNOWN,   /* others, where counts tell but the clear cases */
	} reuse;

	/* Anonymous memory in huge pages; each is a bit of transparent_hugepage_flags. */
	bool thp_known; /* else nothing below is */
	bool thp_always, thp_madvise, thp_zero;
	uint64_t thp_free; /* free blocks of 2 MiB */
	bool thp_small;	   /* folios of other sizes, too: 6.8 and later, if so configured */
};

void mi_fault_rules_load(struct mi_kernel *k, struct mi_fault_rules *ret);
/* fault_arm.c, fault_arm64.c: what the CPUs note. For mi_fault_rules_load() alone. */
void mi_fault_rules_arm(struct mi_kernel *k, struct mi_fault_rules *ret);
void mi_fault_rules_arm64(struct mi_kernel *k, struct mi_fault_rules *ret);

/* Who handles the faults of a mapping: its vm_ops. */
enum mi_handler {
	MI_HANDLER_ANON,  /* none: anonymous memory */
	MI_HANDLER_CACHE, /* filemap_fault(), or a file system's around it */
	MI_HANDLER_SHMEM, /* tmpfs, shared anonymous memory, System V */
	MI_HANDLER_HUGETLB,
	MI_HANDLER_NOBODY,  /* what is not mapped is SIGBUS */
	MI_HANDLER_OTHER,   /* a driver's, the vdso's */
	MI_HANDLER_UNKNOWN, /* it cannot be read, or has no name */
};

struct mi_vma_handlers {
	enum mi_handler fault;
	char name[64];	       /* of fault, "" if there is none */
	enum mi_known around;  /* it has map_pages: a read fault maps neighbours */
	enum mi_known mkwrite; /* it has page_mkwrite: it is told of writes to shared pages */
};

void mi_vma_handlers_load(struct mi_kernel *k, const struct mi_vma *vma,
			  struct mi_vma_handlers *ret);

#endif
