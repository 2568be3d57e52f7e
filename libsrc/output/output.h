/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_OUTPUT_H
#define MI_OUTPUT_OUTPUT_H

#include "../inspect/blocked.h"
#include "../inspect/inspect.h"
#include "../inspect/pending.h"

/*
 * Writing answers. All of it goes to the FILE the caller gives; nothing here
 * reads the target but through inspect/, ends the program or jumps out of it.
 * Whether the stream took everything is asked once, by mi_request_run(); long
 * walks look at ferror() so as to end early.
 */

/* What --all shows. */
struct mi_all {
	struct mi_kernel *k;
	const struct mi_summary *list; /* kernel threads too: they are counted, not shown */
	size_t n;
};

/* text.c; @stuck: its blocked threads, NULL: none. */
enum mi_status mi_text_process(struct mi_process *p, const struct mi_blocked_set *stuck,
			       const struct mi_request *ask, FILE *out, struct mi_error *err);
enum mi_status mi_text_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err);

/* text_notes.c: what is missing from the answer, and where it comes from. */
void mi_text_not_read(const struct mi_kernel *k, FILE *out);
/* Ranges whose mappings changed while they were read. */
void mi_text_unstable(const struct mi_process *p, FILE *out);
enum mi_status mi_text_sources(const struct mi_kernel *k, FILE *out, struct mi_error *err);

/* text_tables.c: the mappings with a file, those without, the files. */
enum mi_status mi_text_files(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_other(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_whole_files(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_swap(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_backing(const struct mi_process *p, FILE *out, struct mi_error *err);

/*
 * text_mapping.c: "START-END rw-p  name" after an empty line, for more to follow; the columns
 * START, END and PERM of tables.
 */
struct mi_table;
void mi_text_title(const struct mi_mapping *m, FILE *out);
void mi_range_columns(struct mi_table *t);
void mi_range_cells(struct mi_table *t, uint64_t start, uint64_t end, const struct mi_vma *vma);

/*
 * text_readahead.c: the open files of which readahead has something to say; @all: each that
 * is read ahead.
 */
void mi_text_readahead(const struct mi_process *p, bool all, FILE *out);

/*
 * text_windows.c: nonlinear windows, a line for each; nothing if there are none. Without
 * @all only the first few. And the pieces of each.
 */
enum mi_status mi_text_windows(const struct mi_process *p, bool all, FILE *out,
			       struct mi_error *err);
void mi_text_window_pieces(const struct mi_process *p, FILE *out);

/* text_prefault.c: locked mappings, if there are any; how far every mapping is faulted in. */
enum mi_status mi_text_locked(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_prefault(struct mi_process *p, FILE *out, struct mi_error *err);

/* text_fault.c: the page faults in which threads wait; nothing if there are none. */
void mi_text_faults(const struct mi_process *p, FILE *out);

/*
 * text_stack.c, json_stack.c: the kernel stacks of threads; and of a task without memory,
 * of which nothing else is told.
 */
void mi_text_frame(const struct mi_frame *f, FILE *out);
void mi_text_stacks(struct mi_kernel *k, const struct mi_task *threads,
		    const struct mi_thread_stack *stacks, size_t n, FILE *out);
enum mi_status mi_text_bare_task(const struct mi_bare_task *t, const struct mi_request *ask,
				 FILE *out, struct mi_error *err);
enum mi_status mi_json_bare_task(const struct mi_bare_task *t, const struct mi_request *ask,
				 FILE *out, struct mi_error *err);

/* rows.c: the pages of every mapping, a line for each run. */
enum mi_status mi_text_pages(struct mi_process *p, bool each, FILE *out, struct mi_error *err);

/* text_next.c: what the next touches of every mapping would do, and what touching all costs. */
enum mi_status mi_text_next(struct mi_process *p, FILE *out, struct mi_error *err);

/*
 * map.c: a map of every file. @width: columns to use, 0: find out. @next: a second one, of what
 * the next read of each page would do.
 */
enum mi_status mi_text_maps(struct mi_process *p, unsigned int width, bool next, FILE *out,
			    struct mi_error *err);

/* json.c */
enum mi_status mi_json_process(struct mi_process *p, const struct mi_blocked_set *stuck,
			       const struct mi_request *ask, FILE *out, struct mi_error *err);
enum mi_status mi_json_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err);

/* text_tags.c: who waits for a tag, and what plugs have in store. Nothing if there is none. */
enum mi_status mi_text_tags(const struct mi_pending *p, FILE *out, struct mi_error *err);

/* text_requests.c, json_requests.c: what is pending on block devices. */
enum mi_status mi_text_requests(const struct mi_pending *p, const struct mi_request *ask, FILE *out,
				struct mi_error *err);
/* text_fs_requests.c: the part of it that file systems have without a block queue. */
enum mi_status mi_text_fs_requests(const struct mi_pending *p, FILE *out, struct mi_error *err);
enum mi_status mi_json_requests(const struct mi_pending *p, const struct mi_request *ask, FILE *out,
				struct mi_error *err);

/* text_blocked.c, json_blocked.c: the chains of some tasks; all tasks that are stuck. */
void mi_text_stuck(const struct mi_blocked_set *set, const struct mi_request *ask, FILE *out);
enum mi_status mi_text_blocked(const struct mi_blocked_set *set, const struct mi_request *ask,
			       FILE *out, struct mi_error *err);
enum mi_status mi_json_blocked(const struct mi_blocked_set *set, const struct mi_request *ask,
			       FILE *out, struct mi_error *err);

/* text_log.c, json_log.c: the kernel's log. */
struct mi_log;
enum mi_status mi_text_log(const struct mi_kernel *k, const struct mi_log *log,
			   const struct mi_request *ask, FILE *out, struct mi_error *err);
enum mi_status mi_json_log(const struct mi_kernel *k, const struct mi_log *log,
			   const struct mi_request *ask, FILE *out, struct mi_error *err);

/*
 * run.c: the answer for a process alone, as if asked for by its number, but of a task that is
 * known. Problems that were met stay: they are told.
 */
enum mi_status mi_run_task(struct mi_kernel *k, const struct mi_task *task,
			   const struct mi_request *ask, FILE *out, struct mi_error *err);

/*
 * run_check.c: MI_FINDINGS: there are some. text_check.c, json_check.c, report_check.c. The
 * expectations may be NULL: none.
 */
struct mi_check;
struct mi_expects;
enum mi_status mi_run_check(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			    struct mi_error *err);
/* The rules of @ids, NULL: all, "none". MI_ERR_INVALID: one of them there is not. */
enum mi_status mi_check_rules(const char *ids, bool errors_only, bool *asked, struct mi_error *err);
void mi_text_check(const struct mi_check *c, const struct mi_expects *set, FILE *out);
enum mi_status mi_json_check(const struct mi_check *c, const struct mi_expects *set,
			     const struct mi_request *ask, FILE *out, struct mi_error *err);
void mi_tap_check(const struct mi_check *c, const struct mi_expects *set, FILE *out);
void mi_junit_check(const struct mi_check *c, const struct mi_expects *set, FILE *out);

/* text_devices.c: the devices that stand on others, or on a file; nothing if there are none. */
enum mi_status mi_text_devices(const struct mi_pending *p, FILE *out, struct mi_error *err);

/*
 * The way from the file of a request to its disk, "dm-0 > vdb1 > vdb"; "" if there is nothing to
 * tell: no file, or the device itself.
 */
#define MI_WAY_TEXT 512
void mi_way_text(const struct mi_pending *p, const struct mi_pending_rq *r, char buf[MI_WAY_TEXT]);

/* text_requests.c: the flags of a request, "SYNC,META"; "." if it has none. */
#define MI_FLAGS_TEXT 400
void mi_flags_text(const struct mi_kernel *k, const struct mi_rq *rq, char buf[MI_FLAGS_TEXT]);

/* vma_words.c: "rw-p" into @buf; "random", "sequential" or "normal". */
void mi_vma_permissions(const struct mi_vma *vma, char buf[5]);
const char *mi_vma_advice(const struct mi_vma *vma);

/*
 * problems.c: counts of problems must not depend on how much is printed. The
 * walks that print pages meet again what the inspection met before; what they
 * add to its counts is taken back. New kinds of problems stay.
 */
struct mi_met {
	size_t n;
	uint64_t count[MI_PROBLEMS_MAX], dropped;
};

void mi_met_keep(struct mi_met *met, const struct mi_problems *p);
void mi_met_restore(const struct mi_met *met, struct mi_problems *p);

/* Pages of 4 KiB that @bytes need. */
static inline uint64_t mi_bytes_to_pages(uint64_t bytes)
{
	return bytes / MI_PAGE_SIZE + (bytes % MI_PAGE_SIZE != 0);
}

#endif
