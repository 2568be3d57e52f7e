/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_JSON_PARTS_H
#define MI_OUTPUT_JSON_PARTS_H

#include "json_writer.h"
#include "output.h"

/* Pieces of the document; docs/json.md describes all of it. */

/* json_page.c: one run of pages, on a line of its own. @in_file: there is no PTE. */
void mi_json_run(struct mi_json *w, const struct mi_run *run, bool in_file);
/* The same as member @key of an object. */
void mi_json_run_as(struct mi_json *w, const char *key, const struct mi_run *run);

/* json_fault.c: members of a thread. @t: NULL if faults cannot be had in this kernel. */
void mi_json_thread_fault(struct mi_json *w, const struct mi_kernel *k,
			  const struct mi_thread_faults *t);
/* The two parts of that: of a fault there must be at least one. */
void mi_json_faults(struct mi_json *w, const struct mi_kernel *k, const struct mi_thread_faults *t);
void mi_json_entry(struct mi_json *w, const struct mi_user_regs *regs);

/* json_requests.c: members of a request, without its pages; of a wait; a file. */
void mi_json_request(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_rq *r);
void mi_json_wait(struct mi_json *w, const struct mi_wait *wait);
void mi_json_pending_file(struct mi_json *w, const char *key, const struct mi_pending *p,
			  const struct mi_pending_file *f);

/* json_tags.c: members of a wait for a tag; all of them, and what plugs have in store. */
void mi_json_tag_wait(struct mi_json *w, const struct mi_pending *p,
		      const struct mi_tag_wait *wait);
void mi_json_tags(struct mi_json *w, const struct mi_pending *p);
/* Pages of a request, on a line of their own. */
void mi_json_rq_pages(struct mi_json *w, const struct mi_pending *p, const struct mi_rq_pages *r);

/* json_fs_requests.c: members of file systems that have no block queue. */
void mi_json_fs_requests(struct mi_json *w, const struct mi_pending *p);
/* One of them, and a connection; without their indexes. */
void mi_json_fs_conn(struct mi_json *w, const char *key, const struct mi_fs_conn *c);
void mi_json_fs_request(struct mi_json *w, const char *key, const struct mi_pending *p, size_t i);

/* json_blocked.c: member "blocked": the tasks of @set, which may be NULL: none. */
void mi_json_stuck(struct mi_json *w, const struct mi_blocked_set *set);

/* json_stack.c: members of a thread, with --stack. */
void mi_json_thread_stack(struct mi_json *w, const struct mi_thread_stack *t);
/* What the functions tell of an uninterruptible sleep. */
void mi_json_sleeps_for(struct mi_json *w, const struct mi_thread_stack *t);
void mi_json_second_stack(struct mi_json *w, struct mi_kernel *k, const struct mi_second_stack *s);

/* json_readahead.c: all open files; and what a mapping's next miss does, if it is read ahead. */
void mi_json_open_files(struct mi_json *w, const struct mi_process *p);
void mi_json_next_miss(struct mi_json *w, const struct mi_process *p, const struct mi_mapping *m);

/* json_next.c: member "next" of a mapping: what its next touches do. */
enum mi_status mi_json_next(struct mi_json *w, struct mi_process *p, const struct mi_mapping *m,
			    struct mi_error *err);
/* json_windows.c: nonlinear windows, and what VMAs cost. */
void mi_json_windows(struct mi_json *w, const struct mi_process *p);

/*
 * json_prefault.c: how far pages are faulted in; the same of a mapping, and what mlock has come
 * to there; with --prefault its pages in runs.
 */
void mi_json_prefault(struct mi_json *w, const char *key, const struct mi_prefault *pf);
void mi_json_mapping_prefault(struct mi_json *w, const struct mi_process *p,
			      const struct mi_mapping *m);
enum mi_status mi_json_prefault_runs(struct mi_json *w, struct mi_process *p,
				     const struct mi_mapping *m, struct mi_error *err);

/*
 * json_devices.c: members of a disk, of a request and of a file: what stands on what, who holds
 * a bio back, the way from the file to the disk, the devices below a file system.
 */
void mi_json_stacked(struct mi_json *w, const struct mi_pending *p, size_t disk);
void mi_json_way(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_rq *r);
void mi_json_tops(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_file *f);

/* json_common.c: what every document has, and members of several objects. */
void mi_json_head(struct mi_json *w, const struct mi_kernel *k);
void mi_json_problems(struct mi_json *w, const struct mi_problems *p);
void mi_json_tail(struct mi_json *w, const struct mi_kernel *k, bool sources,
		  const struct mi_error *failed);
/* Counters that exist in @in (one MI_IN_*); null where a feature is off. */
void mi_json_totals(struct mi_json *w, const char *key, const struct mi_kernel *k,
		    const struct mi_totals *t, unsigned int in);
void mi_json_task(struct mi_json *w, const struct mi_task *task);
void mi_json_mm(struct mi_json *w, const struct mi_mm *mm);

#endif
