/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_REQUEST_H
#define MI_KERNEL_REQUEST_H

#include "blkdev.h"
#include "plug.h"

/*
 * The pending requests of blk-mq queues. A request counts if a tag is taken
 * for it, or a list of the queue holds it, and if it says itself that it has
 * this tag, belongs to a known queue, is referenced, and has something to do:
 * the tables of requests keep pointers to finished ones. What a plug keeps
 * in store (no bio, idle) is none.
 */
enum mi_rq_state {
	MI_RQ_SUBMITTED,  /* it has a tag and is in no queue yet: a task is handing it on */
	MI_RQ_PLUGGED,	  /* in the plug of a task that runs: it collects some to hand on */
	MI_RQ_SOFTWARE,	  /* in a queue of a CPU: no scheduler, and not dispatched yet */
	MI_RQ_SCHEDULER,  /* in the scheduler */
	MI_RQ_DISPATCH,	  /* dispatched, but the driver could not take it yet */
	MI_RQ_REQUEUED,	  /* the driver gave it back */
	MI_RQ_FLUSH,	  /* waits for a flush of the disk's cache */
	MI_RQ_DRIVER,	  /* the driver has it: it, or the device, works on it */
	MI_RQ_COMPLETING, /* the device has answered; its completion is under way */
	MI_RQ_HELD,	  /* no request: a bio that is held back; see held.h */
	MI_RQ_NR,
};

/* "in driver", ... for people; "in_driver", ... for JSON. */
const char *mi_rq_state_text(enum mi_rq_state state);
const char *mi_rq_state_word(enum mi_rq_state state);

/* The kernel's own flush of a disk's cache is about no place of it. */
#define MI_RQ_NO_SECTOR (~0ULL)

enum mi_held_by {
	MI_HELD_NOT,
	MI_HELD_DM_DELAY,     /* the target "delay" of device mapper */
	MI_HELD_DM_SUSPENDED, /* a suspended device of device mapper */
	MI_HELD_THROTTLE,     /* the limit (io.max) of a cgroup */
	MI_HELD_NR,
};

struct mi_rq {
	uint64_t addr;
	size_t disk; /* index */
	enum mi_rq_state state;
	int32_t tag, sched_tag; /* -1: none */
	int64_t hctx;		/* number of the hardware queue; -1: unknown */
	uint64_t flags;		/* cmd_flags: operation and flags */
	uint64_t sector;	/* of 512 bytes, from the start of the disk; see NO_SECTOR */
	uint64_t bytes;
	uint64_t bio;		      /* the first; 0: none */
	int32_t plug_pid;	      /* PLUGGED: of the task */
	uint32_t part;		      /* partition; 0: the whole disk */
	bool part_known;	      /* the kernel keeps it only if it counts statistics */
	uint64_t start_ns, issue_ns;  /* of the kernel's clock; 0: not known or not yet */
	enum mi_held_by held;	      /* HELD: by what of the disk */
	char bound_for[MI_DISK_NAME]; /* HELD: the device it is addressed to; "": unknown */
};

/*
 * The requests of all disks, in the order of disks, then the oldest first. Free
 * *ret. Something that cannot be read costs these requests and is a problem.
 * @plugged: what mi_plugs() has found.
 */
enum mi_status mi_requests(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			   struct mi_plugged *plugged, size_t n_plugged, struct mi_rq **ret,
			   size_t *n, struct mi_error *err);

/* "READ"; NULL if the number has no name. MI_RQ_NO_NUMBER: nor is it known which it is. */
#define MI_RQ_NO_NUMBER (~0U)
const char *mi_rq_operation(const struct mi_kernel *k, const struct mi_rq *rq);
unsigned int mi_rq_operation_number(const struct mi_kernel *k, const struct mi_rq *rq);

/* Calls @fn for each flag that is set, "SYNC"; NULL once for all bits without a name. */
void mi_rq_flags(const struct mi_kernel *k, const struct mi_rq *rq,
		 void (*fn)(void *arg, const char *name, uint64_t bits), void *arg);

/* Whether its operation moves data of the pages in its bios: not so a discard. */
bool mi_rq_has_data(const struct mi_kernel *k, const struct mi_rq *rq);

/*
 * Calls @fn for what is left to do of each vector of its bios: @bytes from @offset
 * on of the struct page at @page. Stops if @fn says false. *bios: how many bios
 * there are, one more than were merged. False if not all could be read.
 */
typedef bool (*mi_bvec_fn)(void *arg, uint64_t bio, uint64_t page, uint32_t offset, uint32_t bytes);
bool mi_rq_bvecs(struct mi_kernel *k, const struct mi_rq *rq, mi_bvec_fn fn, void *arg,
		 uint64_t *bios);

/*
 * What may be a bio at @addr that nobody has begun to work off: the same for each of its vectors.
 * False, without a problem: it is none, or not to be read.
 */
bool mi_bio_filled(struct mi_kernel *k, uint64_t addr, mi_bvec_fn fn, void *arg);

/*
 * Calls @fn for each of its bios, those without data as well; @private: what the bio's
 * completion is given, 0 if that is not known. Stops, and is false, if @fn says false.
 */
typedef bool (*mi_bio_fn)(void *arg, uint64_t bio, uint64_t private);
bool mi_rq_bios(struct mi_kernel *k, const struct mi_rq *rq, mi_bio_fn fn, void *arg);

/*
 * The clock that start_ns counts by, as of the kernel's last tick, which may be
 * some seconds ago where all CPUs idle. False if this kernel's is not to be had.
 */
bool mi_clock_ns(struct mi_kernel *k, uint64_t *ns);

#endif
