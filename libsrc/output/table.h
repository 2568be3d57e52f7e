/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_TABLE_H
#define MI_OUTPUT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "counters.h"

/*
 * A table for people, by libsmartcols: as wide as it must be, nothing cut,
 * whether or not the output is a terminal. Cells are set from left to right.
 * Running out of memory is kept in mind and told by mi_table_print().
 */
struct mi_table;

struct mi_table *mi_table_new(void); /* NULL: out of memory */
void mi_table_free(struct mi_table *t);

void mi_table_left(struct mi_table *t, const char *head);
void mi_table_right(struct mi_table *t, const char *head);
/* The last column: names from the kernel, which may be long. Every row must have one. */
void mi_table_names(struct mi_table *t, const char *head);

void mi_table_row(struct mi_table *t);
void mi_table_cell(struct mi_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void mi_table_bytes(struct mi_table *t, const char *bytes); /* escaped, all ASCII */
void mi_table_name(struct mi_table *t, const char *name);   /* must last until printed */
/* Zero is ".", so that what is there catches the eye; what is not known is "?". */
void mi_table_count(struct mi_table *t, uint64_t v, bool known);

enum mi_status mi_table_print(struct mi_table *t, FILE *out, struct mi_error *err);
/* An empty line, the title, and the table, which is freed. */
enum mi_status mi_table_put(struct mi_table *t, const char *title, FILE *out, struct mi_error *err);

/* ---- counters in tables ---- */

/*
 * Which counters get a column: those that always have one in @in (one MI_IN_*)
 * and those that are not zero in some row. Bit i stands for mi_counters[i].
 */
uint32_t mi_counters_used(uint32_t used, const struct mi_totals *t, unsigned int in);
void mi_table_counter_columns(struct mi_table *t, uint32_t used);
void mi_table_counter_cells(struct mi_table *t, uint32_t used, const struct mi_kernel *k,
			    const struct mi_totals *totals, unsigned int in);

#endif
