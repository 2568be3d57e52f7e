// SPDX-License-Identifier: GPL-2.0-or-later
/* text_notes.c - what the answer lacks, and what it was made from */
#include <inttypes.h>

#include "escape.h"
#include "output.h"
#include "table.h"

static void put_problem(const struct mi_problem *p, FILE *out)
{
	fprintf(out, "  %s: %s", p->what, p->why);
	if (p->count > 1)
		fprintf(out, " (%" PRIu64 " times, first at %" PRIx64 ")", p->count, p->first);
	else
		fprintf(out, " (at %" PRIx64 ")", p->first);
	if (p->effect)
		fprintf(out, ": %s", p->effect);
	fputc('\n', out);
}

static bool all_features(const struct mi_kernel *k)
{
	int f;

	for (f = MI_F_NONE + 1; f < MI_F_NR; f++)
		if (mi_feature_missed(k, (enum mi_feature)f, NULL))
			return false;
	return true;
}

static void put_features(const struct mi_kernel *k, FILE *out)
{
	const char *why;
	int f;

	for (f = MI_F_NONE + 1; f < MI_F_NR; f++) {
		if (!mi_feature_missed(k, (enum mi_feature)f, &why))
			continue;
		fprintf(out, "  %s: cannot be had in this kernel: ",
			mi_feature_text((enum mi_feature)f));
		mi_put_escaped(out, why);
		fputc('\n', out);
	}
}

void mi_text_unstable(const struct mi_process *p, FILE *out)
{
	size_t i;

	if (!p->n_unstable)
		return;
	fputs("\nUNSTABLE (mappings that changed while they were read are not shown)\n", out);
	for (i = 0; i < p->n_unstable; i++)
		fprintf(out, "  %" PRIx64 "-%" PRIx64 "\n", p->unstable[i].start,
			p->unstable[i].end);
}

void mi_text_not_read(const struct mi_kernel *k, FILE *out)
{
	const struct mi_target_facts *facts = mi_target_facts(k->t);
	const struct mi_problems *p = &k->problems;
	size_t i;

	if (!p->n && !p->dropped && all_features(k) && !facts->incomplete &&
	    !facts->absent_may_be_zero)
		return;
	fputs("\nNOT READ\n", out);
	for (i = 0; i < p->n; i++)
		put_problem(&p->list[i], out);
	if (p->dropped)
		fprintf(out, "  and %" PRIu64 " more of other kinds\n", p->dropped);
	put_features(k, out);
	if (facts->incomplete)
		fprintf(out, "  the dump is incomplete: %s\n", facts->why_incomplete);
	if (facts->absent_may_be_zero)
		fputs("  this dump format cannot tell pages that were filtered out from zeroes: "
		      "what reads as empty may be missing\n",
		      out);
}

enum mi_status mi_text_sources(const struct mi_kernel *k, FILE *out, struct mi_error *err)
{
	const struct mi_source *src;
	size_t i, n = mi_target_sources(k->t, &src);
	struct mi_table *t = mi_table_new();
	enum mi_status st;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_left(t, "WHAT");
	mi_table_left(t, "OK");
	mi_table_right(t, "MS");
	mi_table_left(t, "DETAIL");
	mi_table_names(t, "WHERE");
	for (i = 0; i < n; i++) {
		mi_table_row(t);
		mi_table_bytes(t, src[i].what);
		mi_table_cell(t, src[i].ok ? "yes" : "no");
		mi_table_cell(t, "%.1f", src[i].ms);
		mi_table_bytes(t, src[i].detail);
		mi_table_name(t, src[i].where);
	}
	fprintf(out, "\nSOURCES (memory: %s)\n", mi_target_facts(k->t)->provider);
	st = mi_table_print(t, out, err);
	mi_table_free(t);
	fprintf(out, "%" PRIu64 " pages of 4 KiB were read from it.\n",
		mi_target_stats(k->t)->pages_read);
	return st;
}
