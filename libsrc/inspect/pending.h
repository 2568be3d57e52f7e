/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_PENDING_H
#define MI_INSPECT_PENDING_H

#include "../kernel/fskind.h"
#include "../kernel/fsreq.h"
#include "../kernel/held.h"
#include "../kernel/tagwait.h"
#include "../kernel/waiters.h"
#include "devices.h"
#include "inhand.h"
#include "inspect.h"
#include "mapped.h"

/*
 * What is pending: the requests of the block devices, the pages of their bios,
 * the files these belong to, and the tasks that wait for the pages.
 */

#define MI_NO_INDEX ((size_t)-1) /* SIZE_MAX */

/* A file, or a block device, some of whose pages are named in the answer. */
struct mi_pending_file {
	bool known; /* else only file.mapping */
	struct mi_file file;
	bool device; /* pages of a block device: metadata of a file system, or its raw blocks */
	char *path;  /* inside its file system; of a device its name, "vda1"; "" if unknown */
	struct mi_tops tops; /* the devices that its file system stands on, or the device itself */
};

/* Pages of a request, in a row in their file, or (without a file) in memory. */
struct mi_rq_pages {
	enum mi_read why; /* of struct page: not OK, then only pfn and n are known */
	enum mi_page_owner owner;
	bool swapcache;
	size_t file;	/* index of an owner FILE */
	uint64_t index; /* first, in pages of the file */
	uint64_t pfn;	/* of the first; the others lie anywhere, if it has a file */
	uint64_t n;
	uint64_t locked, writeback, uptodate; /* how many of them are so */
	size_t mapped_by; /* of mapped.sets[]: who maps them; MI_NO_INDEX: not known */
};

struct mi_pending_rq {
	struct mi_rq rq;
	size_t first, n; /* of pages[] */
	uint64_t bios;
	bool whole;    /* all of its bios could be read */
	bool unstable; /* of a running kernel: it came, went on, or ended meanwhile */
	size_t first_wait, n_waits;
};

/* What is odd about a wait. */
enum mi_finding {
	MI_FINDING_NONE,
	MI_FINDING_PAGE_UNREADABLE, /* the page's state is not to be had */
	MI_FINDING_BIT_CLEAR,	    /* the page, or buffer, is not locked, not under writeback */
	MI_FINDING_NO_REQUEST,	    /* it is, but no request that was found has it */
	MI_FINDING_OWN_PAGES,	  /* the same, below a device that does I/O from pages of its own */
	MI_FINDING_UNTOLD_DEVICE, /* the same, below one of which is not known what it does */
	MI_FINDING_NO_QUEUE,	  /* the same, where reads never reach a block queue */
	MI_FINDING_IN_HAND,	  /* the same, and a task seems to work on the page */
	MI_FINDING_NR,
};

struct mi_wait {
	struct mi_waiter waiter;
	struct mi_page page;
	size_t file;		    /* MI_NO_INDEX: the page belongs to none */
	size_t request;		    /* that has this page: index; MI_NO_INDEX: none */
	bool elsewhere;		    /* that request is not one of the device asked for */
	char through[MI_DISK_NAME]; /* OWN_PAGES, UNTOLD_DEVICE: which device */
	size_t fs_request;	    /* of fs.rq[] that has this page; MI_NO_INDEX: none */
	enum mi_fs_way way;	    /* where reads of its file go; UNKNOWN without a file */
	enum mi_finding finding;
	/* IN_HAND: who works on it, how that shows, and where on his stack */
	struct mi_task hand;
	enum mi_inhand_how hand_how;
	uint64_t hand_at;
};

/* The file behind a loop device. */
struct mi_backing {
	size_t file; /* of files[]; MI_NO_INDEX: none, or unknown */
	char *path;  /* as it was opened; "" if unknown, NULL if there is none */
};

struct mi_pending_fs_rq {
	size_t first, n; /* of fs.pages[] */
	bool whole;	 /* all of its pages could be read */
	size_t n_waits;	 /* for its pages, and for its end */
};

/* File systems without a block queue: what they have asked their servers for. */
struct mi_fs_pending {
	bool known; /* else they were not looked at: one device is asked for */
	struct mi_fs_requests all;
	struct mi_pending_fs_rq *rq; /* of all.rq[] */
	struct mi_rq_pages *pages;
	size_t n_pages;
};

struct mi_pending {
	struct mi_kernel *k;
	struct mi_disk *disks;
	size_t n_disks;
	struct mi_devices *devices; /* what these are, and what stands on what */
	struct mi_backing *backing; /* of each disk */
	struct mi_pending_rq *rq;   /* of the device asked for, or all; bios held back are last */
	size_t n_rq;
	size_t n_held; /* of these */
	struct mi_rq_pages *pages;
	size_t n_pages;
	struct mi_pending_file *files;
	size_t n_files;
	bool waits_known;
	struct mi_wait *waits; /* by request; those without one are last */
	size_t n_waits;
	uint64_t other_waits; /* entries that are no task's */
	/* What plugs keep in store, of the device asked for: stored and with a disk. */
	struct mi_plugged *stored;
	size_t n_stored;
	bool tag_waits_known;
	char why_no_tag_waits[160];
	struct mi_tag_wait *tag_waits;
	size_t n_tag_waits;
	uint64_t queues_waiting; /* hardware queues that wait for a tag: of all devices */
	struct mi_fs_pending fs;
	struct mi_mapped mapped;
	bool clock_known;
	uint64_t clock_ns;
	uint64_t pages_looked_at; /* bounded */
};

/*
 * @device: "vda", "vda1", also with /dev/ in front; NULL: all. MI_ERR_NOT_FOUND:
 * there is none. Waits for pages of other devices' requests are left out then.
 */
enum mi_status mi_pending_open(struct mi_kernel *k, const char *device, struct mi_pending **ret,
			       struct mi_error *err);
void mi_pending_close(struct mi_pending *p);
/* The same; requests of a running kernel that no two looks agreed on are marked. */
enum mi_status mi_pending_settled(struct mi_kernel *k, const char *device, struct mi_pending **ret,
				  struct mi_error *err);

/*
 * Calls @fn for each bio of the requests in rq[], with the request's index; see
 * mi_rq_bios(). False if @fn was.
 */
typedef bool (*mi_pending_bio_fn)(void *arg, size_t rq, uint64_t bio, uint64_t private);
bool mi_pending_bios(const struct mi_pending *p, mi_pending_bio_fn fn, void *arg);

/*
 * The way from the file (or device) of @rq's first page with one, by all devices in
 * between, to its disk, which is last. 0: there is no file, or not one way.
 */
size_t mi_pending_path(const struct mi_pending *p, const struct mi_pending_rq *rq,
		       struct mi_step path[MI_STEPS_MAX]);

/* "bit_clear", ... for JSON; NULL for NONE. And for people. */
const char *mi_finding_word(enum mi_finding finding);
void mi_finding_text(const struct mi_wait *w, char *buf, size_t size);

/*
 * A page that is locked or under writeback: does a request have it, or what else explains it, as
 * for a wait: mi_finding. NONE: one has it. False: out of memory.
 */
bool mi_pending_page(struct mi_pending *p, const struct mi_page *page, enum mi_finding *ret);

/* ---- between pending.c and pending_fs.c ---- */

/* After the waits are loaded: requests of file systems, and which of the waits are for these. */
enum mi_status mi_fs_pending_load(struct mi_pending *p, struct mi_error *err);
void mi_fs_pending_free(struct mi_fs_pending *fs);
/* Where reads of the file go. */
enum mi_fs_way mi_pending_way(struct mi_kernel *k, const struct mi_pending_file *f);
/* The file of @mapping, entered if it is new. False: out of memory. */
bool mi_pending_file(struct mi_pending *p, uint64_t mapping, size_t *ret);
/* @n pages of a folio from @pg on; the file is not set. */
struct mi_rq_pages mi_rq_pages_of(const struct mi_page *pg, uint64_t n);
/*
 * Calls @fn for each folio, and how many pages of it, in @bytes from byte @offset of the frame
 * @pfn on. *looked_at counts pages, over all calls that share it, and is bounded; @rq is for the
 * problem. False: it ended early.
 */
struct mi_frames {
	uint64_t rq, pfn, offset, bytes;
};
bool mi_pending_folios(struct mi_kernel *k, const struct mi_frames *f, uint64_t *looked_at,
		       bool (*fn)(void *arg, const struct mi_page *pg, uint64_t n), void *arg);
/* Pages that follow those of @last, in the same state of knowledge. */
bool mi_rq_pages_follow(const struct mi_rq_pages *last, const struct mi_rq_pages *next);
/* Calls @fn for each wait for one of these pages; while they are sorted by frame. */
void mi_pending_waits_for(struct mi_pending *p, const struct mi_page *pg, uint64_t n,
			  void (*fn)(void *arg, struct mi_wait *w), void *arg);

#endif
