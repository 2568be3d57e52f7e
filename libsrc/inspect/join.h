/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_JOIN_H
#define MI_INSPECT_JOIN_H

#include "inspect.h"

/*
 * Joins page tables, page cache and struct pages of one mapping, or the cache
 * of one file, into page states. Internal to inspect/.
 *
 * Pages come in batches of at most MI_JOIN_BATCH cells of one page each;
 * stretches of which nothing is known but that they are empty come as a single
 * cell of any length, so a terabyte of reserved address space costs nothing.
 */
#define MI_JOIN_BATCH 64

typedef bool (*mi_cells_fn)(void *arg, const struct mi_run *cells, size_t n);

struct mi_join;

/* For several walks in a row: the buffers are large. */
enum mi_status mi_join_new(struct mi_kernel *k, struct mi_join **ret, struct mi_error *err);
void mi_join_free(struct mi_join *j);
/*
 * Pages of a mapping that are in one state may come as one cell from now on: of many pages, with
 * MI_RUN_*_CONSECUTIVE and _SAME in its flags, or without if it is only their number that
 * is known. What is said of a single page, frames among it, is said of the first.
 */
enum mi_status mi_join_take_stretches(struct mi_join *j, struct mi_error *err);

/* @file: of the mapping, NULL if it has none or nothing is known of it. */
enum mi_status mi_join_mapping(struct mi_join *j, const struct mi_mm *mm,
			       const struct mi_mapping *m, const struct mi_file *file,
			       mi_cells_fn fn, void *arg, struct mi_error *err);

/* The cache of a file, from page @from up to i_size and what lies beyond. */
enum mi_status mi_join_file(struct mi_join *j, const struct mi_file *file, uint64_t from,
			    mi_cells_fn fn, void *arg, struct mi_error *err);

/* The cache of pages [@from, @from + @n) of a file. */
enum mi_status mi_join_range(struct mi_join *j, const struct mi_file *file, uint64_t from,
			     uint64_t n, mi_cells_fn fn, void *arg, struct mi_error *err);

/* readahead.c: open_files[] of @p, and what its mappings' next misses do. */
enum mi_status mi_process_readahead(struct mi_process *p, struct mi_join *j, struct mi_error *err);

/* fault.c: the page faults in which threads wait; @vmas: all of the mm. */
enum mi_status mi_process_faults(struct mi_process *p, const struct mi_vma *vmas, size_t n,
				 struct mi_error *err);
void mi_process_faults_free(struct mi_process *p);

/* Count cells into totals. */
void mi_totals_count(struct mi_totals *t, const struct mi_run *cells, size_t n);

/*
 * Count what the cells of a mapping say of the file's cache up to i_size, as
 * mi_join_file() would have: it need not read the same pages again.
 */
void mi_totals_count_file(struct mi_totals *t, const struct mi_run *cells, size_t n);

#endif
