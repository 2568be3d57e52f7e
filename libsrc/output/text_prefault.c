// SPDX-License-Identifier: GPL-2.0-or-later
/* text_prefault.c - locked mappings, and how far each mapping is faulted in */
#include <inttypes.h>

#include "output.h"
#include "table.h"

/* ---- mlock ---- */

static void locked_row(struct mi_table *t, const struct mi_process *p, const struct mi_mapping *m)
{
	const struct mi_prefault *pf = &m->prefault;

	mi_table_row(t);
	mi_range_cells(t, m->vma.start, m->vma.end, &m->vma);
	mi_table_cell(t, "%" PRIu64, m->totals.pages);
	mi_table_count(t, pf->n[MI_PF_POPULATED], true);
	mi_table_count(t, pf->mlocked, !pf->mlock_unknown);
	mi_table_count(t, mi_prefault_holes(pf), true);
	mi_table_count(t, pf->n[MI_PF_BEYOND], true);
	mi_table_count(t, pf->n[MI_PF_UNKNOWN], true);
	mi_table_cell(t, "%s", mi_mlock_text(mi_mlock_state(p->k, &m->vma, pf)));
	mi_table_name(t, *m->name ? m->name : "anonymous");
}

static void locked_columns(struct mi_table *t)
{
	static const char *const right[] = {"PAGES", "POPULATED", "MLOCKED",
					    "HOLES", "EOF",	  "UNKNOWN"};
	size_t i;

	mi_range_columns(t);
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		mi_table_right(t, right[i]);
	mi_table_left(t, "STATE");
	mi_table_names(t, "NAME");
}

enum mi_status mi_text_locked(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	enum mi_status st = MI_OK;
	size_t i, n = 0;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	locked_columns(t);
	for (i = 0; i < p->n_maps; i++) {
		if (!(p->maps[i].vma.flags & MI_VM_LOCKED))
			continue;
		locked_row(t, p, &p->maps[i]);
		n++;
	}
	if (n) {
		fputs("\nLOCKED MEMORY (mlock)\n", out);
		st = mi_table_print(t, out, err);
	}
	mi_table_free(t);
	return st;
}

/* ---- how far it is faulted in ---- */

/* "mlocked" of the populated and "held" of the ready, in brackets. */
static void put_part(const struct mi_prefault *pf, enum mi_prefault_class c, FILE *out)
{
	if (c == MI_PF_POPULATED && pf->mlock_unknown)
		fputs(" (? mlocked)", out);
	else if (c == MI_PF_POPULATED && pf->mlocked)
		fprintf(out, " (%" PRIu64 " mlocked)", pf->mlocked);
	else if (c == MI_PF_READY && pf->held)
		fprintf(out, " (%" PRIu64 " held)", pf->held);
}

static void put_counts(const struct mi_prefault *pf, FILE *out)
{
	const char *sep = "";
	int c;

	for (c = 0; c < MI_PF_NR; c++) {
		if (!pf->n[c])
			continue;
		fprintf(out, "%s%" PRIu64 " %s", sep, pf->n[c],
			mi_prefault_word((enum mi_prefault_class)c));
		put_part(pf, (enum mi_prefault_class)c, out);
		sep = ", ";
	}
	fputc('\n', out);
}

static bool put_run(void *arg, const struct mi_prefault_run *run)
{
	FILE *out = arg;

	fprintf(out, "%16" PRIx64 " %10" PRIu64 " %10" PRIu64 "  %s%s\n", run->va, run->pgoff,
		run->n, mi_prefault_word(run->cls),
		run->mlocked ? " mlocked"
		: run->held  ? " held"
			     : "");
	return !ferror(out);
}

static void put_title(const struct mi_mapping *m, FILE *out)
{
	mi_text_title(m, out);
	fprintf(out, "  %" PRIu64 " page%s: ", m->totals.pages, m->totals.pages == 1 ? "" : "s");
	put_counts(&m->prefault, out);
	fprintf(out, "%16s %10s %10s  STATE\n", "VA", "PGOFF", "PAGES");
}

enum mi_status mi_text_prefault(struct mi_process *p, FILE *out, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	fputs("\nPREFAULT\n", out);
	for (i = 0; i < p->n_maps && !st && !ferror(out); i++) {
		put_title(&p->maps[i], out);
		st = mi_prefault_runs(p, &p->maps[i], put_run, out, err);
	}
	if (st)
		return st;
	fprintf(out, "\nALL  %" PRIu64 " pages: ", p->totals.pages);
	put_counts(&p->prefault, out);
	fputs("What populated a page (MAP_POPULATE, madvise, mlock, a touch of it or of a "
	      "neighbour) the kernel does not keep.\n",
	      out);
	return MI_OK;
}
