/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FSREQ_H
#define MI_KERNEL_FSREQ_H

#include "task.h"

/*
 * Requests of file systems that have no block queue: those of FUSE and virtiofs to
 * their server, and the RPC tasks of NFS. Found from the mounted file systems down.
 */
enum mi_fs_state {
	MI_FS_RQ_QUEUED,  /* FUSE: the server has not read it yet. NFS: it is to be sent */
	MI_FS_RQ_SLOT,	  /* it waits for its turn: so many may be under way, no more */
	MI_FS_RQ_COPYING, /* FUSE: the server is reading it, or writing the answer */
	MI_FS_RQ_SENT,	  /* the server has it and has not answered */
	MI_FS_RQ_RUNNING, /* NFS: it waits for nothing: it was just made, or is being finished */
	MI_FS_RQ_OTHER,	  /* NFS: it waits for something else: mi_fs_rq.queue says for what */
	MI_FS_RQ_NR,
};

/* A connection to a FUSE server, or an RPC client of an NFS mount. */
struct mi_fs_conn {
	bool nfs;
	char fs[32];	   /* "fuse", "virtiofs", "nfs4" */
	uint64_t addr;	   /* struct fuse_conn, rpc_clnt */
	uint64_t sb;	   /* struct super_block that led to it */
	uint64_t number;   /* of FUSE: as /sys/fs/fuse/connections has it; of NFS: of its client */
	char server[64];   /* NFS: its name; else "" */
	bool counts_known; /* FUSE: what follows */
	bool connected;
	uint64_t waiting, max_background, background;
};

struct mi_fs_rq {
	uint64_t addr; /* struct fuse_req, rpc_task */
	size_t conn;
	enum mi_fs_state state;
	char queue[32];	    /* NFS: the queue that it waits on, as the kernel names it */
	char operation[32]; /* "READ", "LOOKUP"; "" if the number has no name here */
	uint32_t number;    /* of the operation */
	uint64_t unique;    /* FUSE: the request's number; NFS: the XID, 0: none yet */
	uint64_t nodeid;    /* FUSE */
	int64_t pid;	    /* who asks, as the file system has it; 0: the kernel, -1: unknown */
	int64_t uid;	    /* -1: unknown */
	int64_t status;	    /* NFS: tk_status */
	bool background, interrupted;
	uint64_t start_ns; /* NFS: of the kernel's clock; 0: not known */
	bool age_known;	   /* FUSE of some kernels */
	uint64_t age_ns;
	uint64_t data; /* what has the pages: struct fuse_args, nfs_pgio_header; 0: none */
};

/* A task that waits for an answer, or, without a request yet, for leave to make one. */
struct mi_fs_wait {
	struct mi_task task;
	size_t conn;
	size_t rq; /* index, or SIZE_MAX */
};

struct mi_fs_requests {
	struct mi_fs_conn *conn;
	size_t n_conn;
	struct mi_fs_rq *rq;
	size_t n_rq;
	struct mi_fs_wait *wait;
	size_t n_wait;
	bool no_memory;
};

/*
 * All of them. What cannot be had is a problem, or one of the features FSREQ, FUSE,
 * NFS that is off; these are asked for only if something of the kind is mounted.
 */
enum mi_status mi_fs_requests(struct mi_kernel *k, struct mi_fs_requests *ret,
			      struct mi_error *err);
void mi_fs_requests_free(struct mi_fs_requests *r);

const char *mi_fs_state_word(enum mi_fs_state state);
const char *mi_fs_state_text(enum mi_fs_state state);

/*
 * Calls @fn for the pages of a request: @bytes from @offset on of the struct page at
 * @page. Stops if it says false. False if not all could be read.
 */
typedef bool (*mi_fs_pages_fn)(void *arg, uint64_t page, uint64_t offset, uint64_t bytes);
bool mi_fs_rq_pages(struct mi_kernel *k, const struct mi_fs_requests *r, const struct mi_fs_rq *rq,
		    mi_fs_pages_fn fn, void *arg);

/* ---- between fsreq.c, fuse.c and nfs.c ---- */

#define MI_FS_RQ_MAX 65536    /* of all connections */
#define MI_FS_PAGES_MAX 65536 /* of one request */

struct mi_fs_conn *mi_fs_add_conn(struct mi_kernel *k, struct mi_fs_requests *r,
				  const struct mi_fs_conn *conn);
struct mi_fs_rq *mi_fs_add_rq(struct mi_kernel *k, struct mi_fs_requests *r);
void mi_fs_add_wait(struct mi_kernel *k, struct mi_fs_requests *r, const struct mi_task *task,
		    size_t conn, size_t rq);

/* What a super block of this kind has. */
void mi_fuse_requests(struct mi_kernel *k, struct mi_fs_requests *r, uint64_t sb, const char *fs);
void mi_nfs_requests(struct mi_kernel *k, struct mi_fs_requests *r, uint64_t sb, const char *fs);
/* After all: one look at the table of those that wait for bits. */
void mi_nfs_waits(struct mi_kernel *k, struct mi_fs_requests *r);
bool mi_fuse_pages(struct mi_kernel *k, const struct mi_fs_rq *rq, mi_fs_pages_fn fn, void *arg);
bool mi_nfs_pages(struct mi_kernel *k, const struct mi_fs_rq *rq, mi_fs_pages_fn fn, void *arg);

#endif
