/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_H
#define MMAPREC_H

/*
 * Shared by the files of mmaprec.ko:
 *
 *	main.c		loading and unloading, parameters
 *	ring.h ring.c	slots; what every record goes through
 *	directory.c	what explains the rings to a reader; clock samples
 *	events.c	descriptions of events, from mmaprec_events.def
 *	hooks.c		attaching and detaching, the table of all hooks
 *	wrap.c		functions of ours in the place of the kernel's
 *	hook_*.c	handlers, by subsystem
 *	state.c		what is remembered of a task between two handlers
 *	filter.c	what passes
 *	btf.c		prototypes of the running kernel
 *	dev.c		/dev/mmaprec; command.c: what is written to it
 *	status.c	/proc/mmaprec
 */

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/mutex.h>

#include "mmaprec_abi.h"
#include "mmaprec_config.h"

#define MR_NAME "mmaprec"
#define MR_VERSION "0.1.0"

/* Ids: MR_EV_fault_begin and so on; the payload of each: struct mr_e_fault_begin. */
#define MMAPREC_EVENT(id, name, klass) MR_EV_##name = id,
enum mr_event_id {
#include "mmaprec_events.def"
};
#define MMAPREC_EVENT(id, name, klass) struct mr_e_##name {
#define MMAPREC_FIELD(event, ctype, name, type, unit, set) ctype name;
#define MMAPREC_TEXT(event, size, name) char name[size];
#define MMAPREC_END(event)                                                                         \
	}                                                                                          \
	;
#include "mmaprec_events.def"

/* Sets of values, as mmaprec_events.def has them. */
enum mr_access {
	MR_WRITE = 0x01,
	MR_EXEC = 0x02,
	MR_USER = 0x04,
	MR_REMOTE = 0x08,
	MR_TRIED = 0x10,
	MR_VMA_LOCK = 0x20,
	MR_KILLABLE = 0x40,
	MR_UNSHARE = 0x80,
};
enum mr_fault_class {
	MR_MINOR = 1,
	MR_MAJOR,
	MR_RETRIED,
	MR_FAILED
};
enum mr_in_fault {
	MR_NO,
	MR_YES,
	MR_NOT_KNOWN
};
enum mr_decision {
	MR_RA_NONE,
	MR_RA_AROUND,
	MR_RA_SEQUENTIAL,
	MR_RA_ASYNC,
	MR_RA_BOTH
};
enum mr_reader {
	MR_READ_PAGES = 1,
	MR_READ_FOLIO
};
enum mr_why_left {
	MR_TRUNCATED = 1,
	MR_RECLAIMED,
	MR_LEFT_OTHERWISE
};
enum mr_refault {
	MR_NO_REFAULT,
	MR_ACTIVATED,
	MR_REFAULTED
};
enum mr_map_call {
	MR_MAP_MMAP = 1,
	MR_MAP_MUNMAP,
	MR_MAP_MREMAP,
	MR_MAP_MADVISE,
	MR_MAP_REMAP_FILE_PAGES,
	MR_MAP_POPULATE,
	MR_MAP_EXIT,
};
enum mr_task_call {
	MR_TASK_FORK = 1,
	MR_TASK_EXEC,
	MR_TASK_EXIT
};
enum mr_control_what {
	MR_LOADED = 1,
	MR_FILTER,
	MR_PAUSED,
	MR_RESUMED,
	MR_CPU_ONLINE,
	MR_CPU_OFFLINE,
	MR_PANIC,
	MR_OVERLOAD,
	MR_MARK,
};

/* Loading, unloading, commands and the clock take it: whatever changes, changes under it. */
extern struct mutex mr_lock;

/* ---- directory.c ---- */

/* Pages of their own, mapped as one piece. */
struct mr_area {
	void *va;
	struct page **page;
	unsigned int pages;
};

int mr_area_alloc(struct mr_area *area, unsigned int pages, int node);
void mr_area_free(struct mr_area *area);

/* The rings must be there, and the hooks numbered. */
int mr_directory_create(unsigned int clock);
void mr_directory_destroy(void);
/* Counters, hooks, filters, and the second copy; @sample: a clock sample, too. */
void mr_directory_update(bool sample);
void mr_directory_state(enum mmaprec_state state);
void mr_directory_freeze(void);
extern struct mr_area mr_directory;
extern struct mmaprec_header *mr_header;
extern struct mmaprec_header *mmaprec_directory;
void mr_directory_start_clock(void);
void mr_directory_stop_clock(void);

/* ---- events.c ---- */

extern const struct mmaprec_event_desc mr_event_descs[];
extern const unsigned int mr_event_desc_n;
extern const struct mmaprec_field_desc mr_field_descs[];
extern const unsigned int mr_field_desc_n;
extern const struct mmaprec_value_desc mr_value_descs[];
extern const unsigned int mr_value_desc_n;

/* ---- dev.c, status.c ---- */

int mr_dev_create(void);
void mr_dev_destroy(void);
/* Where the ring of a CPU begins in /dev/mmaprec. */
u64 mr_dev_offset(unsigned int cpu);
int mr_status_create(void);
void mr_status_destroy(void);

#endif
