// SPDX-License-Identifier: GPL-2.0-or-later
/* text_windows.c - nonlinear windows: a line for each, and the pieces of each */
#include <inttypes.h>

#include "escape.h"
#include "output.h"
#include "table.h"

#define WINDOWS_SHOWN 40 /* of a summary */
#define PIECES_SHOWN 64	 /* of each window */

static void columns(struct mi_table *t)
{
	static const char *const right[] = {"PAGES", "PIECES", "VMAS",	  "LIMIT",
					    "BYTES", "LOWEST", "HIGHEST", "DIFFERENT"};
	size_t i;

	mi_range_columns(t);
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		mi_table_right(t, right[i]);
	mi_table_left(t, "ORDER");
	mi_table_names(t, "FILE");
}

static void share(struct mi_table *t, const struct mi_vma_cost *cost, uint64_t vmas)
{
	if (cost->limit_known && cost->limit)
		mi_table_cell(t, "%.2f%%", 100.0 * (double)vmas / (double)cost->limit);
	else
		mi_table_cell(t, "?");
}

static void row(struct mi_table *t, const struct mi_process *p, const struct mi_window *w)
{
	mi_table_row(t);
	mi_range_cells(t, w->start, w->end, &p->maps[w->map].vma);
	mi_table_cell(t, "%" PRIu64, (w->end - w->start) >> MI_PAGE_SHIFT);
	mi_table_cell(t, "%zu", w->n_pieces);
	mi_table_cell(t, "%zu", w->n_vmas);
	share(t, &p->vma_cost, w->n_vmas);
	mi_table_count(t, w->n_vmas * p->vma_cost.bytes, p->vma_cost.bytes);
	mi_table_cell(t, "%" PRIu64, w->first);
	mi_table_cell(t, "%" PRIu64, w->last);
	mi_table_cell(t, "%" PRIu64, w->file_pages);
	mi_table_cell(t, "%s", w->falling ? "falling" : "mixed");
	mi_table_name(t, p->maps[w->map].name);
}

static void put_cost(const struct mi_process *p, FILE *out)
{
	uint64_t vmas = 0;
	size_t i;

	for (i = 0; i < p->n_windows; i++)
		vmas += p->windows[i].n_vmas;
	fprintf(out,
		"%" PRIu64 " of the process's %" PRIu64 " VMAs are in windows, where %zu would do "
		"if they were linear",
		vmas, p->mm.map_count, p->n_windows);
	if (p->vma_cost.limit_known)
		fprintf(out, "; vm.max_map_count is %" PRIu64, p->vma_cost.limit);
	fputs(".\n", out);
}

static void put_why(const struct mi_process *p, FILE *out)
{
	bool falling = false;
	size_t i;

	fprintf(out,
		"remap_file_pages(2) leaves these %s; mmap(2) with MAP_FIXED makes the same, and "
		"the "
		"kernel does not keep which it was.\n",
		p->k->nonlinear ? "of files that are written back" : "since Linux 4.0");
	for (i = 0; i < p->n_windows; i++)
		falling |= p->windows[i].falling;
	if (falling)
		fputs("falling: each piece shows what comes right before the one below it; so "
		      "mmap(2) "
		      "also lays out a file that is mapped piece after piece.\n",
		      out);
}

enum mi_status mi_text_windows(const struct mi_process *p, bool all, FILE *out,
			       struct mi_error *err)
{
	size_t i, n = p->n_windows;
	struct mi_table *t;
	enum mi_status st;

	if (!n)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	if (!all && n > WINDOWS_SHOWN)
		n = WINDOWS_SHOWN;
	columns(t);
	for (i = 0; i < n; i++)
		row(t, p, &p->windows[i]);
	st = mi_table_put(t,
			  "NONLINEAR WINDOWS (mappings side by side that show one file out of its "
			  "order)",
			  out, err);
	if (st)
		return st;
	if (n < p->n_windows)
		fprintf(out, "... and %zu more: --windows has all\n", p->n_windows - n);
	put_cost(p, out);
	put_why(p, out);
	return MI_OK;
}

static void put_pieces(const struct mi_process *p, const struct mi_window *w, FILE *out)
{
	struct mi_window_piece piece;
	size_t at = 0, n;

	fprintf(out, "\n%" PRIx64 "-%" PRIx64 "  ", w->start, w->end);
	mi_put_escaped(out, p->maps[w->map].name);
	fprintf(out, "\n%16s %10s %8s\n", "VA", "PGOFF", "PAGES");
	for (n = 0; n < PIECES_SHOWN && mi_window_next(p, w, &at, &piece); n++)
		fprintf(out, "%16" PRIx64 " %10" PRIu64 " %8" PRIu64 "\n", piece.start, piece.pgoff,
			piece.pages);
	if (n < w->n_pieces)
		fprintf(out, "... and %zu more pieces: --json has all\n", w->n_pieces - n);
}

void mi_text_window_pieces(const struct mi_process *p, FILE *out)
{
	size_t i;

	fputs("\nPIECES\n", out);
	if (!p->n_windows)
		fputs("No nonlinear window.\n", out);
	for (i = 0; i < p->n_windows && !ferror(out); i++)
		put_pieces(p, &p->windows[i], out);
}
