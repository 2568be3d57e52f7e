/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_OUTPUT_H
#define MI_OUTPUT_OUTPUT_H

#include "../inspect/inspect.h"

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

/* text.c */
enum mi_status mi_text_process(struct mi_process *p, const struct mi_request *ask, FILE *out,
			       struct mi_error *err);
enum mi_status mi_text_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err);

/* text_notes.c: what is missing from the answer, and where it comes from. */
void mi_text_not_read(const struct mi_kernel *k, FILE *out);
enum mi_status mi_text_sources(const struct mi_kernel *k, FILE *out, struct mi_error *err);

/* text_tables.c: the mappings with a file, those without, the files. */
enum mi_status mi_text_files(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_other(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_whole_files(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_swap(const struct mi_process *p, FILE *out, struct mi_error *err);
enum mi_status mi_text_backing(const struct mi_process *p, FILE *out, struct mi_error *err);

/* rows.c: the pages of every mapping, a line for each run. */
enum mi_status mi_text_pages(struct mi_process *p, bool each, FILE *out, struct mi_error *err);

/* map.c: a map of every file. @width: columns to use, 0: find out. */
enum mi_status mi_text_maps(struct mi_process *p, unsigned int width, FILE *out,
			    struct mi_error *err);

/* json.c */
enum mi_status mi_json_process(struct mi_process *p, const struct mi_request *ask, FILE *out,
			       struct mi_error *err);
enum mi_status mi_json_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err);

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
