// SPDX-License-Identifier: GPL-2.0-or-later
/* windows.c - neighbouring mappings of one file that show it out of order */
#include <stdlib.h>
#include <sys/stat.h>

#include "inspect.h"

#define EQUAL_FLAGS (MI_VM_READ | MI_VM_WRITE | MI_VM_EXEC | MI_VM_MAYSHARE)
#define FOREIGN_FLAGS (MI_VM_PFNMAP | MI_VM_IO)

static uint64_t pages_of(const struct mi_mapping *m)
{
	return (m->vma.end - m->vma.start) >> MI_PAGE_SHIFT;
}

/* In pages, modulo 2^64. */
static uint64_t displacement(const struct mi_mapping *m)
{
	return (m->vma.start >> MI_PAGE_SHIFT) - m->vma.pgoff;
}

static bool may_be_part(const struct mi_process *p, const struct mi_mapping *m)
{
	const struct mi_file *f;

	if (m->kind != MI_MAP_FILE || m->file >= p->n_files || !(m->vma.flags & MI_VM_MAYSHARE) ||
	    m->vma.flags & FOREIGN_FLAGS)
		return false;
	/* Its page table alone tells which page is where. */
	if (mi_vma_nonlinear(p->k, &m->vma))
		return false;
	f = &p->files[m->file].file;
	return (S_ISREG(f->mode) || S_ISBLK(f->mode)) && strcmp(f->name.fs, "anon_inodefs") != 0;
}

static bool goes_on(const struct mi_mapping *a, const struct mi_mapping *b)
{
	return a->vma.end == b->vma.start && a->file == b->file &&
	       !((a->vma.flags ^ b->vma.flags) & EQUAL_FLAGS);
}

/* ---- pieces ---- */

bool mi_window_next(const struct mi_process *p, const struct mi_window *w, size_t *at,
		    struct mi_window_piece *ret)
{
	const struct mi_mapping *m = &p->maps[w->map];
	uint64_t where;
	size_t i = *at;

	if (i >= w->n_vmas)
		return false;
	where = displacement(&m[i]);
	ret->start = m[i].vma.start;
	ret->pgoff = m[i].vma.pgoff;
	ret->pages = 0;
	for (; i < w->n_vmas && displacement(&m[i]) == where; i++)
		ret->pages += pages_of(&m[i]);
	ret->n_vmas = i - *at;
	*at = i;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int by_pgoff(const void *a, const void *b)
{
	const struct mi_window_piece *x = a, *y = b;

	return x->pgoff < y->pgoff ? -1 : x->pgoff > y->pgoff;
}

/* Whether something lies between two parts of what could be one linear mapping. */
static enum mi_status comes_back(const struct mi_window_piece *list, size_t n, bool *ret,
				 struct mi_error *err)
{
	uint64_t *at = malloc(n * sizeof(*at));
	size_t i;

	if (!at)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < n; i++)
		at[i] = (list[i].start >> MI_PAGE_SHIFT) - list[i].pgoff;
	qsort(at, n, sizeof(*at), by_number);
	*ret = false;
	for (i = 1; i < n; i++)
		*ret |= at[i] == at[i - 1];
	free(at);
	return MI_OK;
}

static bool all_falling(const struct mi_window_piece *list, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (list[i].pgoff + list[i].pages != list[i - 1].pgoff)
			return false;
	return true;
}

/* Sorts the pieces by their place in the file. */
static void count_pages(struct mi_window *w, struct mi_window_piece *list, size_t n)
{
	uint64_t seen, end;
	size_t i;

	qsort(list, n, sizeof(*list), by_pgoff);
	seen = w->first = list[0].pgoff;
	for (i = 0; i < n; i++) {
		end = list[i].pgoff + list[i].pages;
		if (end <= seen)
			continue;
		w->file_pages += end - (list[i].pgoff > seen ? list[i].pgoff : seen);
		seen = end;
	}
	w->last = seen - 1;
}

/* ---- windows ---- */

/* Is the group @w one? Then the rest of it is filled in. */
static enum mi_status judge(const struct mi_process *p, struct mi_window *w, bool *ret,
			    struct mi_error *err)
{
	struct mi_window_piece *list = malloc(w->n_vmas * sizeof(*list));
	enum mi_status st = MI_OK;
	size_t at = 0, n = 0;

	if (!list)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	while (mi_window_next(p, w, &at, &list[n]))
		n++;
	*ret = n >= MI_WINDOW_PIECES;
	if (!*ret && n >= 3)
		st = comes_back(list, n, ret, err);
	if (!st && *ret) {
		w->n_pieces = n;
		w->falling = all_falling(list, n);
		count_pages(w, list, n);
	}
	free(list);
	return st;
}

static enum mi_status keep(struct mi_process *p, const struct mi_window *w, size_t *room,
			   struct mi_error *err)
{
	struct mi_window *list = p->windows;

	if (p->n_windows == *room) {
		*room = *room ? 2 * *room : 8;
		list = realloc(list, *room * sizeof(*list));
		if (!list)
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		p->windows = list;
	}
	list[p->n_windows++] = *w;
	return MI_OK;
}

/* The mappings from @from on that belong together. */
static struct mi_window group_at(const struct mi_process *p, size_t from)
{
	struct mi_window w = {.map = from, .n_vmas = 1, .file = p->maps[from].file};
	size_t i;

	if (!may_be_part(p, &p->maps[from]))
		return w;
	for (i = from + 1;
	     i < p->n_maps && may_be_part(p, &p->maps[i]) && goes_on(&p->maps[i - 1], &p->maps[i]);
	     i++)
		w.n_vmas++;
	w.start = p->maps[from].vma.start;
	w.end = p->maps[from + w.n_vmas - 1].vma.end;
	return w;
}

enum mi_status mi_windows_find(struct mi_process *p, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	struct mi_window w;
	size_t i, room = 0;
	bool is_one;

	for (i = 0; i < p->n_maps && !st; i += w.n_vmas) {
		w = group_at(p, i);
		is_one = false;
		if (w.n_vmas >= 3)
			st = judge(p, &w, &is_one, err);
		if (!st && is_one)
			st = keep(p, &w, &room, err);
	}
	return st;
}
