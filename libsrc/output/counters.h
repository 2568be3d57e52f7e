/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_COUNTERS_H
#define MI_OUTPUT_COUNTERS_H

#include "../inspect/inspect.h"

/*
 * The members of struct mi_totals, once, with the names they have in tables and
 * in JSON: tables, totals lines and JSON all go through this list, so none can
 * lack what another has.
 */

/* Where a counter can be other than zero. */
#define MI_IN_FILES 1U /* mappings with a file */
#define MI_IN_OTHER 2U /* mappings without */
#define MI_IN_CACHE 4U /* the cache of a whole file */
#define MI_IN_ALL (MI_IN_FILES | MI_IN_OTHER | MI_IN_CACHE)

struct mi_counter {
	const char *json;
	const char *head;	/* of its column */
	const char *text;	/* "%llu dirty" in the totals line */
	size_t offset;		/* in struct mi_totals */
	unsigned int in;	/* MI_IN_* */
	unsigned int always_in; /* MI_IN_*: has a column there even if all are zero */
	unsigned int needs;	/* bits 1 << MI_F_*: without one of them it is not known */
};

extern const struct mi_counter mi_counters[];
extern const size_t mi_n_counters;

static inline uint64_t mi_counter_get(const struct mi_totals *t, const struct mi_counter *c)
{
	uint64_t v;

	memcpy(&v, (const char *)t + c->offset, sizeof(v));
	return v;
}

/* False if a feature that is off keeps the counter at zero. @in: one MI_IN_*. */
bool mi_counter_known(const struct mi_kernel *k, const struct mi_counter *c, unsigned int in);

#endif
