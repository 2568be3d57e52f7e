/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_PREFAULT_H
#define MI_INSPECT_PREFAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../target/error.h"

struct mi_process;
struct mi_mapping;
struct mi_run;
struct mi_vma;
struct mi_kernel;

/*
 * How far a mapping is faulted in: what of it the page tables have, what could be
 * mapped without reading, what must be read first. Each page is of one class.
 *
 * These are facts of now. What brought a page in (MAP_POPULATE, madvise(2), mlock(2),
 * fault-around or a touch) the kernel does not keep.
 */
enum mi_prefault_class {
	MI_PF_POPULATED, /* a PTE maps a page, without access or not */
	MI_PF_READY,	 /* no PTE; in the cache and uptodate: it can be mapped without I/O,
			  * as fault-around does, and as MAP_NONBLOCK once did */
	MI_PF_READING,	 /* no PTE; in the cache, being read: who touches it waits */
	MI_PF_TO_READ,	 /* no PTE; not in the cache, or without data there */
	MI_PF_SWAPPED,	 /* in a swap area, by PTE or by the cache slot */
	MI_PF_FRESH,	 /* nothing there, nor anywhere to read it from: anonymous memory, holes
			  * of tmpfs, DAX */
	MI_PF_OTHER,	 /* migration, memory failure, a marker, device memory: see --pages */
	MI_PF_BEYOND,	 /* behind the end of the file: cannot be populated */
	MI_PF_UNKNOWN,	 /* page table, cache or struct page are not to be had */
	MI_PF_NR,
};

/* Counts of 4 KiB pages. */
struct mi_prefault {
	uint64_t n[MI_PF_NR];
	uint64_t mlocked;	/* of the populated: PG_mlocked */
	uint64_t mlock_unknown; /* of the populated: struct page is not to be had */
	uint64_t held;		/* of the ready: locked, or with the mark of readahead: fault-around
				 * leaves them out */
};

/* What an mlock(2) has come to: of mappings with VM_LOCKED alone. */
enum mi_mlock_state {
	MI_MLOCK_NONE,	    /* no VM_LOCKED */
	MI_MLOCK_WHOLE,	    /* every page that can be there is */
	MI_MLOCK_ON_FAULT,  /* there are holes, as MLOCK_ONFAULT leaves them */
	MI_MLOCK_NO_ACCESS, /* there are holes: PROT_NONE cannot be populated */
	MI_MLOCK_HOLES,	    /* there are holes: populating failed, or pages went since */
	MI_MLOCK_UNSURE,    /* there are holes; whether VM_LOCKONFAULT is set is not known */
	MI_MLOCK_UNKNOWN,   /* of some pages nothing is known */
};

/* The class of a cell of mapping @m, or of its run. */
enum mi_prefault_class mi_prefault_class(const struct mi_process *p, const struct mi_mapping *m,
					 const struct mi_run *c);
/* Count cells of @m. */
void mi_prefault_count(const struct mi_process *p, const struct mi_mapping *m,
		       struct mi_prefault *to, const struct mi_run *cells, size_t n);
void mi_prefault_add(struct mi_prefault *to, const struct mi_prefault *from);

/* The pages of @m that are not populated and could be. */
uint64_t mi_prefault_holes(const struct mi_prefault *pf);
enum mi_mlock_state mi_mlock_state(const struct mi_kernel *k, const struct mi_vma *vma,
				   const struct mi_prefault *pf);

/* Words for people and JSON; stable, lower case. */
const char *mi_prefault_word(enum mi_prefault_class c);
const char *mi_mlock_word(enum mi_mlock_state s);
/* A sentence without full stop; MI_MLOCK_NONE: "". */
const char *mi_mlock_text(enum mi_mlock_state s);

/* Neighbouring pages of one state. */
struct mi_prefault_run {
	uint64_t va, pgoff, n;
	enum mi_prefault_class cls;
	bool mlocked, held;
};

/* Return false to stop the walk. */
typedef bool (*mi_prefault_fn)(void *arg, const struct mi_prefault_run *run);

/* The pages of @m in address order. MI_ERR_INTERRUPTED if the user said stop. */
enum mi_status mi_prefault_runs(struct mi_process *p, const struct mi_mapping *m, mi_prefault_fn fn,
				void *arg, struct mi_error *err);

#endif
