/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_HISTORY_H
#define MI_INSPECT_HISTORY_H

#include "../kernel/blkdev.h"
#include "../kernel/recorder.h"
#include "../kernel/addrmap.h"
#include "blocked.h"
#include "inspect.h"

/*
 * What a recorder kept, joined with itself and with the state in the dump: ends with their
 * begins, requests with the bios and tasks they came from, files and tasks with their names.
 *
 * Records come as a stream and are not kept, so a history of any length needs little memory;
 * what is kept is one entry for each task, file, request and bio met.
 *
 * A recorded pointer is of the past: what it points to now is believed only if it proves to
 * be the same. Else a file is its device and inode number, a task its number.
 */

/* ---- names ---- */

struct mi_history_file {
	uint64_t mapping, ino;
	uint32_t dev;
	uint64_t inode; /* it is still there; 0: it is gone, or does not prove to be the same */
	bool device;	/* a block device */
	char *path;	/* inside its file system; "": not known */
};

/* A recorded name of a task: from then on. */
struct mi_history_name {
	uint32_t tid;
	uint64_t raw;
	enum {
		MI_NAME_FORK = 1,
		MI_NAME_EXEC,
		MI_NAME_EXIT
	} call; /* as set task_call of the recorder has it */
	char comm[17];
};

struct mi_history_part {
	uint32_t dev;
	char name[MI_DISK_NAME];
};
struct mi_history_task {
	uint32_t tid;
	uint64_t start; /* CLOCK_MONOTONIC, ns; ~0: not known */
	char comm[17];
};

/* A record, by its place. */
struct mi_record_at {
	size_t cpu; /* index */
	uint64_t seq;
};

/* The latest fault of a task, while the end of it is not recorded. */
struct mi_open_fault {
	uint32_t tid;
	bool open;
	bool retried; /* its last attempt ended, and was to be tried again */
	bool first_known;
	struct mi_record_at at; /* of the latest begin */
	uint64_t first, begin;	/* raw: of the first attempt, of this one */
	uint64_t mm, address, attempt;
};

struct mi_open_faults {
	struct mi_addrmap by_tid; /* tid + 1 */
	struct mi_open_fault *list;
	size_t n;
};

/* ---- the life of a request ---- */

struct mi_history_bio {
	uint64_t queued; /* raw */
	uint32_t tid, tgid;
	size_t file; /* of files[]; MI_NO_INDEX */
	uint64_t index;
	bool whole_pages; /* it began with a page, and so do its parts where their sector says so */
	uint32_t disk;
	uint64_t sector, bytes;
	uint64_t start, first; /* sector and index when it was queued */
};

struct mi_history_rq {
	bool in_flight;
	struct mi_record_at at; /* of the issue */
	uint64_t queued;	/* raw: of its first bio; 0: not recorded */
	uint64_t inserted, issued;
	uint64_t left;	    /* bytes that are not completed */
	uint32_t tid, tgid; /* of the task that queued its first bio */
	bool owner_known;
	size_t file; /* of its first bio's first page; MI_NO_INDEX */
	uint64_t index;
	uint32_t disk;
};

#define MI_RECENT_BIOS 64
struct mi_history_block {
	struct mi_addrmap by_bio, by_rq;
	struct mi_history_bio *bio;
	struct mi_history_rq *rq;
	size_t n_bio, n_rq;
	size_t recent[MI_RECENT_BIOS]; /* of bio[]: a ring of those queued last */
	uint64_t n_recent;
};

/* ---- the history ---- */

struct mi_history {
	struct mi_kernel *k; /* NULL: there is no dump, a recorder's file alone */
	struct mi_recorder_found found;
	struct mi_recorder *rec;

	struct mi_history_task *tasks; /* of the dump, by tid */
	size_t n_tasks;
	struct mi_history_name *names; /* by tid, then time */
	size_t n_names;
	struct mi_history_file *files;
	size_t n_files;
	struct mi_addrmap by_key; /* hash of device, inode number, mapping -> the first such */
	size_t *next_file;	  /* of the same hash; MI_NO_INDEX */
	struct mi_disk *disks;
	size_t n_disks;
	struct mi_history_part *parts; /* partitions that are there */
	size_t n_parts;

	/* From a first look at all records. */
	struct mi_open_faults faults; /* in progress when the recorder stopped */
	struct mi_record_at *open;    /* begins whose end is not recorded: sorted */
	size_t n_open;
	uint64_t first_raw, last_raw; /* of records */
	uint64_t end_raw;	      /* the latest that is known of */
	uint64_t by_event[MI_E_NR];
	uint64_t undescribed; /* records of events that are not described */
};

/*
 * @file: of a recorder, instead of memory; NULL: look in the memory of @k, at every page if
 * @scan is set. MI_ERR_NOT_FOUND: there is no recorder.
 */
enum mi_status mi_history_open(struct mi_kernel *k, const char *file, bool scan,
			       struct mi_problems *problems, struct mi_history **ret,
			       struct mi_error *err);
void mi_history_close(struct mi_history *h);

/* ---- history_names.c ---- */

enum mi_status mi_history_load_names(struct mi_history *h, struct mi_error *err);
/* The file of a record; MI_NO_INDEX: of none. False: out of memory. */
bool mi_history_file(struct mi_history *h, uint32_t dev, uint64_t ino, uint64_t mapping,
		     size_t *ret);
/* The name of a task at a time; NULL: not known. */
const char *mi_history_comm(const struct mi_history *h, uint32_t tid, uint64_t raw);
/* "vda", "vda1"; NULL: nothing in the dump has this number. */
const char *mi_history_disk(const struct mi_history *h, uint32_t dev);
void mi_history_free_names(struct mi_history *h);

/* A recorded number of a device, as the kernel has it. */
static inline uint32_t mi_dev_major(uint32_t dev)
{
	return dev >> 20;
}

static inline uint32_t mi_dev_minor(uint32_t dev)
{
	return dev & 0xfffff;
}

/* ---- what happened: history_walk.c ---- */

struct mi_happening {
	struct mi_record r;
	enum mi_rec_kind kind;
	struct mi_rec_time time;
	/* Of files[]; of a request: of its first bio's first page, which is page @index. */
	size_t file;
	uint64_t index;
	/*
	 * Whose doing it is: the task that ran; of a request the one that queued its first bio.
	 * Not known of what an interrupt did.
	 */
	bool task_known;
	uint32_t tid, tgid;
	const char *comm; /* of @tid; NULL: not known */
	/* Of an end: since its begin; of a completion: since the issue. */
	bool took_known;
	uint64_t began, took_ns;
	/* Of a request: since its first bio was queued. */
	bool waited_known;
	uint64_t waited_ns;
	bool open; /* a begin, or an issue: its end is not recorded */
	/* In the story of a page: it is back in the cache, so long after it left. */
	bool again;
	uint64_t again_ns;
};

/* A page whose story is told. */
struct mi_history_page {
	bool by_file;
	size_t file_n; /* of the files that are meant, by path */
	const char *file;
	uint32_t dev;
	uint64_t ino; /* if file is NULL */
	uint64_t index;
	bool by_address; /* or faults at this address of a process */
	uint32_t tgid;
	uint64_t address;
};

/* Sequence numbers of a CPU: @from to before @to. */
struct mi_history_span {
	uint64_t from, to;
};

struct mi_history_filter {
	bool by_pid; /* process or thread */
	uint32_t pid;
	const char *file; /* glob of a path, or MAJOR:MINOR:INODE; NULL: all */
	bool by_disk;
	uint32_t disk;
	bool *events;	  /* which of rec->events[] are wanted; NULL: all ... */
	bool undescribed; /* ... and whether those that are not described are */
	bool by_since, by_until;
	uint64_t since, until;	      /* CLOCK_MONOTONIC, ns */
	struct mi_history_page *page; /* NULL: no story */
	/* Of each CPU only these; NULL: all. What others tell of them is known all the same. */
	const struct mi_history_span *spans;
};

struct mi_history_walk;

enum mi_status mi_history_start(struct mi_history *h, const struct mi_history_filter *filter,
				struct mi_history_walk **ret, struct mi_error *err);
/* The next that passes the filter. MI_ERR_NOT_FOUND: there is no more. */
enum mi_status mi_history_next(struct mi_history_walk *w, struct mi_happening *ret,
			       struct mi_error *err);
void mi_history_end(struct mi_history_walk *w);

/* history_filter.c */
bool mi_history_passes(const struct mi_history *h, const struct mi_history_filter *f,
		       const struct mi_happening *e);
/* Whether a record tells of page @index of its file; the file is right. */
bool mi_history_covers(const struct mi_record *r, enum mi_rec_kind kind, uint64_t index,
		       uint32_t page_size);
bool mi_history_file_matches(const struct mi_history *h, size_t file, const char *glob);

/* ---- history_block.c ---- */

/* Enters what a record says of bios and requests; joins a completion with its issue. */
bool mi_history_block(struct mi_history *h, struct mi_history_block *b, struct mi_happening *e);
void mi_history_block_free(struct mi_history_block *b);

/* history_faults.c: begins and ends of faults, by task. False: out of memory. */
bool mi_history_fault(struct mi_open_faults *all, const struct mi_record *r);
const struct mi_open_fault *mi_history_open_fault(const struct mi_history *h, uint32_t tid);

/* ---- as it comes: history_follow.c ---- */

/* How far one has come with the records of a recorder that runs. */
struct mi_history_reader {
	struct mi_history_span *span; /* of each CPU: what is to be shown now */
	uint64_t *waited;	      /* of each CPU: a gap that was met the last time; 0: none */
	size_t n_cpus;
	uint64_t loaded; /* when the recorder was loaded, which tells one from the next */
	bool fresh;	 /* the recorder is not the one of the last time */
	uint64_t lost;	 /* records that were overwritten before they were read */
	uint64_t n;	 /* in all spans */
};

/*
 * What has been recorded since the last time, into r->span. The first time: all, or with @from_now
 * nothing. A record that is being written is waited for until the next time.
 */
enum mi_status mi_history_advance(struct mi_history_reader *r, const struct mi_history *h,
				  bool from_now, struct mi_error *err);
void mi_history_reader_free(struct mi_history_reader *r);

/* ---- latency: history_latency.c ---- */

#define MI_LATENCY_BUCKETS 48 /* the last: 2^47 ns and more, some 39 hours */

struct mi_latency {
	enum {
		MI_LAT_FAULT,	/* by class */
		MI_LAT_FILE,	/* major faults by file */
		MI_LAT_REQUEST, /* from issue to completion, by disk and operation */
		MI_LAT_QUEUE,	/* from the first bio to completion, ditto */
		MI_LAT_RECLAIM,
	} what;
	uint64_t key;  /* class; operation; 0 */
	uint32_t disk; /* REQUEST, QUEUE */
	size_t file;   /* FILE */
	uint64_t n, sum, max;
	uint64_t bucket[MI_LATENCY_BUCKETS]; /* [i]: from 2^i ns to less than 2^(i + 1) */
};

struct mi_latencies {
	struct mi_latency *list; /* by what, then the longest sum first */
	size_t n;
	uint64_t unknown; /* ends whose begin is not recorded */
};

enum mi_status mi_history_latency(struct mi_history *h, const struct mi_history_filter *filter,
				  struct mi_latencies *ret, struct mi_error *err);
void mi_history_latency_free(struct mi_latencies *l);

/* ---- joins with the state: history_process.c ---- */

/* Faults that were recorded of one mapping of a process. */
struct mi_mapping_history {
	uint64_t n, minor, major, failed;
	uint64_t stands_for; /* where minor faults were sampled: more than n */
	uint64_t last_raw, last_class, last_address;
	bool last_took_known;
	uint64_t last_took_ns;
	uint64_t max_took_ns;
};

/* @ret: one for each mapping of @p; free it. */
enum mi_status mi_history_mappings(struct mi_history *h, const struct mi_process *p,
				   struct mi_mapping_history **ret, struct mi_error *err);

#define MI_STUCK_REQUESTS 4

/* What was recorded of a stuck task since its fault began. */
struct mi_stuck_history {
	bool fault; /* a begin of its latest fault is recorded, and no end */
	bool other; /* ... but it is at another address than the fault on its stack */
	struct mi_open_fault begin;
	bool has_readahead, has_read;
	struct mi_happening readahead, read; /* the last */
	/* As it was first issued; of one that was not, as it is first met. */
	struct mi_happening request[MI_STUCK_REQUESTS];
	bool done[MI_STUCK_REQUESTS];		/* its completion is recorded */
	uint64_t given_back[MI_STUCK_REQUESTS]; /* times, by its driver, to be issued again */
	size_t n_requests;
	bool more_requests; /* than are kept */
};

/* @ret: one for each of set->tasks[], the first set->n; free it. */
enum mi_status mi_history_stuck(struct mi_history *h, const struct mi_blocked_set *set,
				struct mi_stuck_history **ret, struct mi_error *err);

#endif
