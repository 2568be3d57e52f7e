// SPDX-License-Identifier: GPL-2.0-or-later
/* json_windows.c - nonlinear windows with all their pieces, and what VMAs cost */
#include "json_parts.h"

static void put_pieces(struct mi_json *w, const struct mi_process *p, const struct mi_window *win)
{
	struct mi_window_piece piece;
	size_t at;

	mi_json_array(w, "pieces");
	for (at = 0; mi_window_next(p, win, &at, &piece) && !mi_json_failed(w);) {
		mi_json_line_object(w, NULL);
		mi_json_hex(w, "va", piece.start);
		mi_json_u64(w, "pgoff", piece.pgoff);
		mi_json_u64(w, "pages", piece.pages);
		mi_json_u64(w, "vmas", piece.n_vmas);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

static void put_window(struct mi_json *w, const struct mi_process *p, const struct mi_window *win)
{
	char perm[5];

	mi_vma_permissions(&p->maps[win->map].vma, perm);
	mi_json_object(w, NULL);
	mi_json_hex(w, "start", win->start);
	mi_json_hex(w, "end", win->end);
	mi_json_text(w, "permissions", perm);
	mi_json_u64(w, "file", win->file);
	mi_json_u64(w, "pages", (win->end - win->start) >> MI_PAGE_SHIFT);
	mi_json_u64(w, "lowest_pgoff", win->first);
	mi_json_u64(w, "highest_pgoff", win->last);
	mi_json_u64(w, "different_pages", win->file_pages);
	mi_json_text(w, "order", win->falling ? "falling" : "mixed");
	mi_json_u64(w, "vmas", win->n_vmas);
	if (p->vma_cost.bytes)
		mi_json_u64(w, "vma_bytes", win->n_vmas * p->vma_cost.bytes);
	else
		mi_json_null(w, "vma_bytes");
	put_pieces(w, p, win);
	mi_json_object_end(w);
}

void mi_json_windows(struct mi_json *w, const struct mi_process *p)
{
	size_t i;

	mi_json_array(w, "windows");
	for (i = 0; i < p->n_windows; i++)
		put_window(w, p, &p->windows[i]);
	mi_json_array_end(w);
	mi_json_line_object(w, "vma_cost");
	if (p->vma_cost.limit_known)
		mi_json_u64(w, "max_map_count", p->vma_cost.limit);
	else
		mi_json_null(w, "max_map_count");
	if (p->vma_cost.bytes)
		mi_json_u64(w, "vm_area_struct_bytes", p->vma_cost.bytes);
	else
		mi_json_null(w, "vm_area_struct_bytes");
	mi_json_object_end(w);
}
