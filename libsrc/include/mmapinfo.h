/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MMAPINFO_H
#define MMAPINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * libmmapinfo: which file pages does a process map, and in what state is each
 * one? Answered from a Linux vmcore or the running kernel, as text or as JSON.
 *
 *	struct mi_session_options opt = {.size = sizeof(opt)};
 *	struct mi_request req = {.size = sizeof(req), .whom = MI_WHOM_PID, .pid = 105,
 *				 .json = true};
 *	struct mi_session *s;
 *	struct mi_error err;
 *
 *	if (mi_session_open("vmcore", &opt, &s, &err)) {
 *		fprintf(stderr, "%s\n", err.text);
 *		return 1;
 *	}
 *	if (mi_session_run(s, &req, stdout, &err))
 *		fprintf(stderr, "%s\n", err.text);
 *	mi_session_close(s);
 *
 * Ownership: strings and structures that are passed in stay the caller's and
 * are not kept after the call returns. A session is the caller's to close.
 *
 * Threads: a session belongs to one thread at a time. Different sessions may
 * be used at the same time. Nothing global is changed: no locale, no signal
 * handler, no output other than to the stream given.
 *
 * Errors: a function that can fail returns enum mi_status and writes the reason
 * as one line of text into *err, which is the caller's. err may be NULL. On
 * failure result pointers are not touched.
 *
 * Growth: structures that the caller fills in begin with their own size. What a
 * later version adds is zero for programs that do not know of it, and zero
 * always means "as before".
 */

#if defined(__GNUC__)
#define MI_API __attribute__((visibility("default")))
#else
#define MI_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum mi_status {
	MI_OK = 0,
	MI_ERR_NOMEM,	    /* out of memory, or a bound on memory was reached */
	MI_ERR_IO,	    /* a file of this machine: cannot open, read, write */
	MI_ERR_FORMAT,	    /* the file is not what it should be, or is damaged */
	MI_ERR_READ,	    /* memory of the target could not be read */
	MI_ERR_MISSING,	    /* symbol, type or member unknown: feature off */
	MI_ERR_NOT_FOUND,   /* the thing asked for does not exist in the target */
	MI_ERR_STATE,	    /* it exists, but is in a state without an answer */
	MI_ERR_MISMATCH,    /* vmlinux and dump do not belong together */
	MI_ERR_UNSUPPORTED, /* known, and not supported: architecture, format */
	MI_ERR_INVALID,	    /* the caller asked for nonsense */
	MI_ERR_INTERRUPTED, /* the user said stop */
	MI_FINDINGS,	    /* no error: the answer is whole, and MI_WHOM_CHECK found something */
};

struct mi_error {
	enum mi_status status;
	char text[640]; /* no newline, no final full stop; cut if too long */
};

/* "0.1.0": of the library that is in use. */
MI_API const char *mi_version(void);

/* ---- sessions ---- */

/* One opened vmcore, or the running kernel. */
struct mi_session;

/* Where types and symbols of the kernel may come from. */
enum mi_types_from {
	MI_TYPES_BEST,	  /* BTF and kallsyms in the dump, else the vmlinux */
	MI_TYPES_DUMP,	  /* the dump alone */
	MI_TYPES_VMLINUX, /* the vmlinux alone: its BTF, else its DWARF */
	MI_TYPES_DWARF,	  /* the DWARF of the vmlinux alone */
};

/* Who reads memory. */
enum mi_via {
	MI_VIA_BEST, /* libkdumpfile; of the running kernel /proc/kcore */
	/*
	 * libdrgn, opened at run time, or the module of Python's drgn from 0.0.31 on. With a
	 * vmlinux, types and symbols are drgn's, too, and stacks are confirmed by it.
	 */
	MI_VIA_DRGN,
};

struct mi_session_options {
	size_t size;	     /* sizeof(struct mi_session_options) */
	const char *vmlinux; /* NULL: none. One of another build is refused. */
	enum mi_types_from types;

	/* Of a dump that makedumpfile split: its other parts, in any order. */
	const char *const *more;
	size_t n_more;

	/*
	 * Called now and then while a flattened dump is re-arranged into a temporary
	 * file; the last time with @done equal to @of. Not at all if it takes no time.
	 */
	void (*progress)(void *arg, uint64_t done, uint64_t of);
	void *progress_arg;

	enum mi_via via;
	const char *library; /* DRGN: its file; NULL: look for it */
};

/*
 * Open the dump at path @vmcore, or, if it is NULL, the running kernel, which needs the right to
 * read /proc/kcore; @opt may be NULL. A dump of an unknown format or architecture is
 * MI_ERR_UNSUPPORTED or MI_ERR_FORMAT, a vmlinux of another kernel MI_ERR_MISMATCH, a kernel in
 * which tasks cannot be found MI_ERR_MISSING.
 */
MI_API enum mi_status mi_session_open(const char *vmcore, const struct mi_session_options *opt,
				      struct mi_session **ret, struct mi_error *err);

/* @s may be NULL. */
MI_API void mi_session_close(struct mi_session *s);

/* ---- requests ---- */

enum mi_whom {
	MI_WHOM_NOBODY,	 /* not filled in: MI_ERR_INVALID */
	MI_WHOM_PID,	 /* process or thread number @pid */
	MI_WHOM_TASK,	 /* the task_struct at @task */
	MI_WHOM_ALL,	 /* one line for every process */
	MI_WHOM_DEVICES, /* no process: the pending requests of block devices */
	MI_WHOM_BLOCKED, /* all tasks that are stuck, by what they wait for */
	MI_WHOM_HISTORY, /* what a recorder kept; of process @pid, or 0: of all */
	MI_WHOM_CHECK,	 /* where the kernel's account of its memory contradicts itself */
	MI_WHOM_LOG,	 /* the kernel's log, and the reason of a panic */
};

/* Forms of what a check says, beside JSON. */
enum mi_report {
	MI_REPORT_TEXT,
	MI_REPORT_TAP,
	MI_REPORT_JUNIT,
};

struct mi_request {
	size_t size; /* sizeof(struct mi_request) */

	enum mi_whom whom;
	int32_t pid;   /* PID or TID in the initial namespace */
	uint64_t task; /* kernel virtual address */

	bool json;    /* JSON, as docs/json.md says; else text */
	bool pages;   /* the state of the pages, in runs of equal state */
	bool each;    /* the same, but every page by itself */
	bool map;     /* a map of each file: one character for some pages */
	bool sources; /* where types and symbols came from, and how long it took */

	unsigned int width; /* columns for the map; 0: of the terminal, or 80 */

	bool by_vma; /* only the mapping that holds address @vma */
	uint64_t vma;
	const char *file; /* only files of this path, or glob; NULL: all */

	bool evidence; /* text: each link of a stuck task's chain with its addresses */

	const char *device; /* DEVICES: only this one, "vda", "sda1"; NULL: all */

	/*
	 * The kernel stack of each thread; then a task without memory is told of, too, unless
	 * something of its memory is asked for.
	 */
	bool stack;

	bool next;     /* what the next read and write of each page would do, and cost */
	bool windows;  /* text: the pieces of each nonlinear window */
	bool prefault; /* what of each mapping is faulted in, in runs */

	/* HISTORY: also @file, @device, @by_vma (the story of that page), @json. */
	const char *recorder; /* its device, or a copy of that; NULL: look in memory */
	bool latency;	      /* histograms instead of records */
	bool perfetto;	      /* a trace in JSON, as ui.perfetto.dev opens it */
	const char *kinds;    /* "fault,block": classes or names of events; NULL: all */
	const char *since;    /* "2.5": seconds before the end, "@12.5": of CLOCK_MONOTONIC; */
	const char *until;    /* NULL: from the first, to the last */
	uint64_t limit;	      /* so many records, the last; 0: all */
	const char *page;     /* "/data/db:300": the story of this page of a file; NULL: no */

	/*
	 * @pid is of a PID namespace: that of process @ns_pid, or the one with inode number
	 * @ns_inode, as the link /proc/PID/ns/pid has it. Both 0: of the initial one.
	 */
	int32_t ns_pid;
	uint64_t ns_inode;

	/* CHECK: also @json. The rules: docs/checks. */
	const char *rules; /* "rss,mapcount": these alone; NULL: all */
	bool errors_only;  /* no warnings */
	uint64_t older_s;  /* requests from so many seconds on are old; 0: 30 */
	enum mi_report report;

	/* LOG: also @json. */
	uint64_t log_records; /* so many, the last; 0: all */

	/* CHECK. */
	uint64_t dirty_mib; /* of a file's dirty pages so many MiB are much; 0: 64 */
	/*
	 * The caller's own conditions: the text of a file as docs/checks/expectations.md says;
	 * NULL: none. MI_ERR_FORMAT: it is not one. With these, @rules may be "none".
	 */
	const char *expect;
};

/*
 * Answer @req on @out, which is flushed. Nothing is written if the process
 * cannot be found or has no memory (MI_ERR_NOT_FOUND, MI_ERR_STATE). MI_FINDINGS is no failure. A
 * walk that breaks off later fails as well; JSON is then complete JSON that holds the reason as
 * "error". What merely could not be read is no error: the answer says it itself.
 */
MI_API enum mi_status mi_session_run(struct mi_session *s, const struct mi_request *req, FILE *out,
				     struct mi_error *err);

/* The number in the initial PID namespace of the task that @req->pid means. */
MI_API enum mi_status mi_session_pid(struct mi_session *s, const struct mi_request *req,
				     int32_t *ret, struct mi_error *err);

/*
 * Answer a request of MI_WHOM_HISTORY from @req->recorder alone: there is no dump, so tasks
 * and files are named as far as they were recorded.
 */
MI_API enum mi_status mi_recorder_run(const struct mi_request *req, FILE *out,
				      struct mi_error *err);

/* ---- history as it comes ---- */

/* A recorder that runs, and how far one has come with its records. */
struct mi_follow;

/*
 * Follow what is recorded: @s is of the running kernel, or NULL for @req->recorder alone. @req is
 * of MI_WHOM_HISTORY, with what chooses records but no @until; its strings must stay until the end.
 */
MI_API enum mi_status mi_follow_open(struct mi_session *s, const struct mi_request *req,
				     struct mi_follow **ret, struct mi_error *err);

/*
 * Write what has been recorded since the last call, if anything: rows, or a JSON document. The
 * first time what @since and @limit leave of the records that are there; without these, none.
 * Between two calls is the caller's to wait. MI_ERR_NOT_FOUND: the recorder is not loaded.
 */
MI_API enum mi_status mi_follow_next(struct mi_follow *f, FILE *out, struct mi_error *err);

/* @f may be NULL. Before its session is closed. */
MI_API void mi_follow_close(struct mi_follow *f);

#ifdef __cplusplus
}
#endif

#endif
