/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_INSPECT_H
#define MI_INSPECT_INSPECT_H

#include "../kernel/fault.h"
#include "../kernel/file.h"
#include "../kernel/kernel.h"
#include "../kernel/mm.h"
#include "../kernel/page.h"
#include "../kernel/pagecache.h"
#include "../kernel/pagetable.h"
#include "../kernel/readahead.h"
#include "../kernel/shadow.h"
#include "../kernel/swap.h"
#include "../kernel/task.h"
#include "../kernel/vma.h"
#include "prefault.h"
#include "stack.h"
#include "windows.h"

/*
 * The joins: a process, its mappings, and the state of every page of them.
 *
 * mi_process_open() gives the process, its mappings and its files,
 * mi_process_count() their totals. The state of single pages is not kept (a mapping may have
 * billions): mi_mapping_pages() walks one mapping and hands its pages up in runs.
 */

/* ---- one page ---- */

/* How the page that the PTE maps stands to the cache slot of that file offset. */
enum mi_relation {
	MI_REL_NONE,	/* no PTE maps a page, or the mapping has no file */
	MI_REL_SAME,	/* the PTE maps the cached page */
	MI_REL_PRIVATE, /* an anonymous copy (CoW), or swapped out copy */
	MI_REL_ZERO,	/* the zero page */
	MI_REL_SPECIAL, /* no struct page behind it: device memory, vdso */
	MI_REL_OTHER,	/* a file page that is not in this slot: truncated, or a mismatch */
	MI_REL_UNKNOWN, /* struct page or the cache is not to be had */
	MI_REL_NR,
};

/* What the cache has at this file offset. */
enum mi_cached {
	MI_CACHED_NONE, /* empty slot, or the mapping has no file */
	MI_CACHED_FOLIO,
	MI_CACHED_SHADOW,
	MI_CACHED_SWAP,
	MI_CACHED_DAX,
	MI_CACHED_UNKNOWN, /* not to be had: slot_why, or the feature is off */
	MI_CACHED_NR,
};

/*
 * The state of @n pages in a row, equal in all members. Of two that follow
 * each other, pfn, slot_pfn, swap_offset and slot_swap_offset may also count
 * up by one per page: then they are those of the first page, and the run's
 * flag MI_RUN_*_CONSECUTIVE is set. va and pgoff do.
 */
struct mi_run {
	uint64_t va;	/* bytes */
	uint64_t pgoff; /* in pages of the file; for memory without file: of the VMA */
	uint64_t n;

	/* The PTE. */
	enum mi_pte_kind pte;
	unsigned int pte_bits; /* MI_PTE_YOUNG ... */
	unsigned int level;
	unsigned int swap_type; /* pte is SWAP or UNKNOWN */
	uint64_t swap_offset;	/* ditto; the value of a MARKER; FILE: the page of the file */
	enum mi_read pte_why;	/* pte is UNREADABLE */

	/* The page that the PTE maps; valid if has_page. */
	bool has_page;
	bool has_pfn; /* pfn alone: the PTE names a frame without struct page */
	uint64_t pfn;
	struct mi_page page; /* head_pfn and index: of the first page */

	/* The cache slot of a mapping with a file. */
	enum mi_cached cached;
	uint64_t slot_pfn;	  /* FOLIO */
	struct mi_page slot_page; /* FOLIO; == page if relation is SAME */
	bool has_slot_page;
	uint64_t slot_value;	 /* SHADOW: changes freely inside a run: of the first page */
	struct mi_shadow shadow; /* the same, decoded */
	unsigned int slot_swap_type;
	uint64_t slot_swap_offset;
	unsigned int marks; /* MI_MARK_* */
	enum mi_read slot_why;

	enum mi_relation relation;
	bool nonlinear;	 /* pgoff is what its PTE or its page says, not what its place does */
	bool beyond_eof; /* an access is SIGBUS: no byte of the file lies here */

	unsigned int flags; /* MI_RUN_* */
};

/* In a run of more than one page, the numbers count up; else they are scattered (or n is 1). */
#define MI_RUN_PFN_CONSECUTIVE 0x1
#define MI_RUN_SLOT_PFN_CONSECUTIVE 0x2
#define MI_RUN_SWAP_CONSECUTIVE 0x4
#define MI_RUN_SLOT_SWAP_CONSECUTIVE 0x8
#define MI_RUN_PFN_SAME 0x10 /* all pages map one frame: the zero page, KSM */

/* Words for people and JSON; stable, lower case. */
const char *mi_pte_word(enum mi_pte_kind kind);
const char *mi_relation_word(enum mi_relation rel);
const char *mi_cached_word(enum mi_cached cached);

/*
 * The state of a run in words, most telling first, separated by blanks:
 * "mapped dirty", "cached readahead", "private-copy dirty", "evicted",
 * "absent". The words and their meaning: mmapinfo(1).
 */
void mi_run_words(const struct mi_run *run, char *buf, size_t size);

/* ---- totals ---- */

/* Counts of 4 KiB pages. A page may count in several. */
struct mi_totals {
	uint64_t pages;		 /* of the mapping */
	uint64_t mapped;	 /* a PTE maps a page, those without access included */
	uint64_t cached;	 /* the file's page cache has a page for this offset */
	uint64_t dirty;		 /* of the cached: PG_dirty, or a dirty PTE of this mapping */
	uint64_t writeback;	 /* of the cached */
	uint64_t locked;	 /* of the cached: PG_locked: being read, or worked on */
	uint64_t not_uptodate;	 /* of the cached */
	uint64_t readahead;	 /* of the cached: marker pages of readahead */
	uint64_t evicted;	 /* a shadow entry remembers the page */
	uint64_t swapped;	 /* in a swap area, by PTE or (shmem) by the cache slot */
	uint64_t private_copies; /* anonymous pages in a file mapping, swapped ones too */
	uint64_t anon;		 /* PTE maps an anonymous page */
	uint64_t zero;		 /* PTE maps the zero page */
	uint64_t huge;		 /* mapped by a PMD or PUD entry */
	uint64_t large;		 /* mapped page belongs to a folio of more than one page */
	uint64_t prot_none;	 /* of the mapped: the mapping is PROT_NONE */
	uint64_t numa_hint;	 /* of the mapped: marked by NUMA balancing */
	uint64_t other_special;	 /* migration, hwpoison, device, marker, unknown entries */
	uint64_t nonlinear;	 /* stand for another page of the file than their place says */
	uint64_t file_entries;	 /* PTEs that name a page of the file (before 4.0) */
	uint64_t mismatch;	 /* relation is OTHER */
	uint64_t beyond_eof;
	uint64_t pte_unreadable;   /* pages whose page table is not to be had */
	uint64_t cache_unreadable; /* offsets whose cache slot is not to be had */
	uint64_t page_unreadable;  /* struct page not to be had */
};

void mi_totals_add(struct mi_totals *to, const struct mi_totals *from);

/* ---- the process ---- */

/* A file that the process maps; one entry per address_space. */
struct mi_mapped_file {
	struct mi_file file;
	char *path;	       /* bytes; "" if unknown; of its first mapping */
	char *backing_path;    /* of file.backing, inside its file system; "" if unknown */
	struct mi_totals here; /* sum over this process's mappings of it */
	/* The whole file's cache, mapped here or not. */
	struct mi_totals cache; /* pages: of i_size, rounded up; mapped etc. unused */
	bool cache_known;
	uint64_t n_mappings;
};

/* ---- readahead ---- */

#define MI_RA_MARKERS 4

/* What the cache has of the pages that readahead read last. */
struct mi_ra_window {
	bool known;	/* false: no window yet, or startless, or nothing is known of it */
	bool startless; /* where it begins is not known: mi_readahead_startless() */
	uint64_t pages; /* of it that have a byte of the file; the sum of the next six */
	uint64_t uptodate;
	uint64_t reading;      /* locked and without data: in flight */
	uint64_t not_uptodate; /* without data, and nobody has the lock */
	uint64_t evicted;
	uint64_t absent;
	uint64_t unknown;
	/* The folios with the mark at which readahead goes on; the first page of each. */
	uint64_t n_markers, markers[MI_RA_MARKERS];
};

/* One open file (struct file) that readahead is done for, however many mappings have it. */
struct mi_open_file {
	uint64_t addr;
	size_t file; /* index into files */
	uint64_t n_mappings;
	bool huge_advice; /* a mapping has VM_HUGEPAGE */
	struct mi_readahead ra;
	struct mi_bdi bdi;
	struct mi_ra_window window;
};

/* "read-around", ... one word, stable. */
const char *mi_miss_word(enum mi_miss_kind kind);
/* "read-around: 32 pages from 16 before the fault", "none: MADV_RANDOM". */
void mi_miss_text(const struct mi_next_miss *next, const struct mi_readahead *ra, char *buf,
		  size_t size);

/* What kind of memory a mapping without file is. */
enum mi_mapping_kind {
	MI_MAP_FILE,
	MI_MAP_ANON,	/* anonymous, heap, stack */
	MI_MAP_SPECIAL, /* vdso, device memory: PFNMAP, MIXEDMAP or special pages */
};

struct mi_mapping {
	struct mi_vma vma;
	enum mi_mapping_kind kind;
	size_t file;	      /* index into files; ~0: none */
	char *name;	      /* of the file, or "[heap]" ...; never NULL; bytes */
	bool file_unreadable; /* vm_file is set, but nothing is known of it */
	struct mi_totals totals;
	struct mi_prefault prefault; /* with mi_process_count() */
	/* What the next access to a page that is not cached reads; with mi_process_count(). */
	size_t open_file; /* index into open_files, if has_readahead */
	bool has_readahead;
	struct mi_next_miss next;
};

/* ---- page faults in progress ---- */

/* Why something that reads as a page fault in progress may be none. */
#define MI_DOUBT_SEVERAL 0x1  /* there are others that differ: some are left over */
#define MI_DOUBT_ANSWERED 0x2 /* its PTE allows the access already */
#define MI_DOUBT_ORIGIN 0x4   /* how the thread came into the kernel is not known */

struct mi_fault_seen {
	struct mi_fault fault;
	struct mi_vma vma;
	char *name;	     /* as mi_mapping.name, also if a filter left the mapping out */
	struct mi_run page;  /* the page as it is now ... */
	bool page_known;     /* ... if page tables and cache could be asked */
	unsigned int doubts; /* MI_DOUBT_*; 0: it is sure */
};

struct mi_thread_faults {
	enum mi_kstack_status status; /* OK: it was looked for */
	struct mi_user_regs regs;
	struct mi_fault_seen *list; /* if it is sure, one; else candidates, or none at all */
	size_t n;
	bool more; /* candidates than are listed */
};

/*
 * The page fault in which @task waits, which does not run; @vmas: all of its @mm, in
 * address order. @stack: as of mi_kstack_load(). False: out of memory. Free with
 * mi_thread_faults_free().
 */
bool mi_thread_faults_load(struct mi_kernel *k, const struct mi_mm *mm, const struct mi_task *task,
			   const struct mi_vma *vmas, size_t n, struct mi_kstack *stack,
			   struct mi_thread_faults *ret);
void mi_thread_faults_free(struct mi_thread_faults *t);

/* "read", "write", "exec"; NULL: not known. */
const char *mi_fault_access_word(enum mi_fault_access access);
/* "user", "kernel"; NULL: not known. */
const char *mi_fault_from_word(enum mi_fault_from from);

/* Addresses, bytes. */
struct mi_range {
	uint64_t start, end;
};

struct mi_history;
struct mi_mapping_history;

struct mi_process {
	struct mi_kernel *k;
	struct mi_task task; /* the one asked for */
	bool ns_pids_known;  /* see mi_task_namespace_pids() */
	int32_t ns_pids[MI_PID_NS_MAX];
	size_t n_ns_pids;
	int32_t mm_tid;		 /* the thread whose mm this is: another than task.pid if
				  * the leader has exited and its group lives on */
	struct mi_task *threads; /* of its group */
	size_t n_threads;
	struct mi_thread_faults *faults; /* of each of threads; NULL: feature off */
	struct mi_thread_stack *stacks;	 /* of each of threads, if mi_process_stacks() was asked */
	struct mi_task *sharers;	 /* tasks with this mm, other processes' included */
	size_t n_sharers;
	struct mi_mm mm;
	struct mi_mapping *maps;
	size_t n_maps;
	struct mi_mapped_file *files;
	size_t n_files;
	struct mi_open_file *open_files; /* in the order of their first mappings */
	size_t n_open_files;
	struct mi_swap_areas swap;
	struct mi_window *windows; /* nonlinear ones, in address order */
	size_t n_windows;
	struct mi_range *unstable; /* of a running kernel: where no two looks agreed on VMAs */
	size_t n_unstable;
	struct mi_vma_cost vma_cost;
	struct mi_prefault prefault;  /* of all mappings */
	struct mi_totals totals;      /* of all mappings */
	struct mi_totals file_totals; /* of those with a file */
	/* The caller's: what was recorded of each of maps; NULL: there is no recorder. */
	const struct mi_history *history;
	const struct mi_mapping_history *recorded;
	bool counted;  /* the totals of all mappings and files are there */
	bool selected; /* filters left something out: totals are of what is shown */
};

struct mi_filter {
	bool by_vma;
	uint64_t vma;	  /* an address inside the mapping */
	const char *file; /* path or glob (fnmatch), matched as a whole; NULL: all */
};

/*
 * Inspect the process of @task: mappings that pass @filter (NULL: all), and
 * their files; totals come with mi_process_count(). A task without mm is MI_ERR_STATE with the
 * reason. Nothing that passes the filter is MI_ERR_NOT_FOUND.
 */
enum mi_status mi_process_open(struct mi_kernel *k, const struct mi_task *task,
			       const struct mi_filter *filter, struct mi_process **ret,
			       struct mi_error *err);
void mi_process_close(struct mi_process *p);

/*
 * Count the totals: walks all page tables and caches, which is what takes time.
 * Does nothing the second time. MI_ERR_INTERRUPTED if the user said stop.
 */
enum mi_status mi_process_count(struct mi_process *p, struct mi_error *err);

/* Unwind the kernel stack of each thread. */
enum mi_status mi_process_stacks(struct mi_process *p, struct mi_error *err);

/* Return false to stop the walk. */
typedef bool (*mi_run_fn)(void *arg, const struct mi_run *run);

/*
 * The pages of mapping @m in address order, merged into runs; with @each, one
 * run per page (so n is 1 always). MI_ERR_INTERRUPTED if the user said stop.
 */
enum mi_status mi_mapping_pages(struct mi_process *p, const struct mi_mapping *m, bool each,
				mi_run_fn fn, void *arg, struct mi_error *err);

/*
 * Every page by itself, but a stretch of which neither page tables nor the cache know anything is
 * one run: a mapping may be of terabytes.
 */
enum mi_status mi_mapping_known_pages(struct mi_process *p, const struct mi_mapping *m,
				      mi_run_fn fn, void *arg, struct mi_error *err);

/*
 * The cache of a whole file in index order, the same way: PTE members are
 * those of an unmapped page, va is 0. Pages of i_size and what lies beyond.
 * Even with @each, a stretch of which the cache knows nothing is one run.
 */
enum mi_status mi_file_pages(struct mi_process *p, const struct mi_mapped_file *f, bool each,
			     mi_run_fn fn, void *arg, struct mi_error *err);

/* ---- all processes ---- */

struct mi_summary {
	struct mi_task task;
	bool has_mm;
	struct mi_mm mm;
	size_t n_threads;
};

/* One entry per thread group, in task-list order. Free *ret. */
enum mi_status mi_summaries(struct mi_kernel *k, struct mi_summary **ret, size_t *n,
			    struct mi_error *err);

#endif
