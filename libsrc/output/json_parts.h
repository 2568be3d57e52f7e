/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_JSON_PARTS_H
#define MI_OUTPUT_JSON_PARTS_H

#include "json_writer.h"
#include "output.h"

/* Pieces of the document; docs/json.md describes all of it. */

/* json_page.c: one run of pages, on a line of its own. @in_file: there is no PTE. */
void mi_json_run(struct mi_json *w, const struct mi_run *run, bool in_file);

/* json_common.c: what every document has, and members of several objects. */
void mi_json_head(struct mi_json *w, const struct mi_kernel *k);
void mi_json_tail(struct mi_json *w, const struct mi_kernel *k, bool sources,
		  const struct mi_error *failed);
/* Counters that exist in @in (one MI_IN_*); null where a feature is off. */
void mi_json_totals(struct mi_json *w, const char *key, const struct mi_kernel *k,
		    const struct mi_totals *t, unsigned int in);
void mi_json_task(struct mi_json *w, const struct mi_task *task);
void mi_json_mm(struct mi_json *w, const struct mi_mm *mm);

#endif
