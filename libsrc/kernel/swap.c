// SPDX-License-Identifier: GPL-2.0-or-later
/* swap.c - swap_info[]: the swap areas by type */
#include <stdlib.h>
#include <sys/stat.h>

#include "file.h"
#include "swap.h"

/* In inuse_pages since it is atomic: the area is off the list of those with room. */
#define OFF_LIST (1ULL << 30)

static enum mi_read load_counts(struct mi_kernel *k, uint64_t at, struct mi_swap_area *area)
{
	const struct mi_layout *l = &k->l;
	uint64_t prio;
	enum mi_read r;

	r = mi_read_member(k->t, at, &l->swap_pages, &area->pages);
	if (!r)
		r = mi_read_member(k->t, at, &l->swap_inuse, &area->used);
	if (!r)
		r = mi_read_member(k->t, at, &l->swap_prio, &prio);
	if (r)
		return r;
	if (l->swap_inuse.size == 8 || mi_word_size(k->t) == 4)
		area->used &= ~OFF_LIST;
	area->priority = (int64_t)prio;
	return MI_READ_OK;
}

/* The area at @at; *in_use false: a place that an area once had. */
static enum mi_read load_area(struct mi_kernel *k, uint64_t at, struct mi_swap_area *area,
			      bool *in_use)
{
	uint64_t file;
	char path[MI_PATH_MAX];
	struct mi_file f;
	struct mi_error e;
	enum mi_read r;

	r = mi_read_member(k->t, at, &k->l.swap_file, &file);
	*in_use = !r && file;
	if (!*in_use)
		return r;
	r = load_counts(k, at, area);
	if (r)
		return r;
	if (mi_file_load(k, file, &f, &e) == MI_OK)
		area->kind = S_ISBLK(f.mode) ? "partition" : "file";
	mi_file_path(k, file, path);
	area->path = strdup(path);
	return MI_READ_OK;
}

/* What swap_info[] has for @type: 0 where there never was an area. */
static enum mi_read area_at(struct mi_kernel *k, unsigned int type, uint64_t *at)
{
	uint64_t place = k->l.sym_swap_info + (uint64_t)k->swap.element * type;

	*at = place;
	return k->swap.element == mi_word_size(k->t) ? mi_read_ulong(k->t, place, at) : MI_READ_OK;
}

bool mi_swap_area_at(struct mi_kernel *k, unsigned int type, uint64_t *at)
{
	uint64_t file;

	return k->l.sym_swap_info && type < k->swap.nr_files && !area_at(k, type, at) && *at &&
	       mi_has(&k->l.swap_file) && !mi_read_member(k->t, *at, &k->l.swap_file, &file) &&
	       file;
}

enum mi_status mi_swap_areas_load(struct mi_kernel *k, struct mi_swap_areas *ret,
				  struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	struct mi_swap_area *area;
	unsigned int type;
	uint64_t at;
	enum mi_read r;
	bool in_use;

	memset(ret, 0, sizeof(*ret));
	if (!l->sym_swap_info || !k->swap.nr_files || !mi_has(&l->swap_file) ||
	    !mi_has(&l->swap_pages) || !mi_has(&l->swap_inuse) || !mi_has(&l->swap_prio))
		return MI_OK;
	ret->list = calloc(k->swap.nr_files, sizeof(*ret->list));
	if (!ret->list)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	ret->known = true;
	for (type = 0; type < k->swap.nr_files; type++) {
		area = &ret->list[ret->n];
		area->type = type;
		in_use = false;
		r = area_at(k, type, &at);
		if (!r && at)
			r = load_area(k, at, area, &in_use);
		if (r) {
			mi_problem_read(&k->problems, "swap area",
					l->sym_swap_info + (uint64_t)k->swap.element * type, r,
					"its name is missing");
			continue;
		}
		if (!in_use)
			continue;
		if (!area->path) {
			mi_swap_areas_free(ret);
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		}
		ret->n++;
	}
	return MI_OK;
}

void mi_swap_areas_free(struct mi_swap_areas *areas)
{
	size_t i;

	for (i = 0; i < areas->n; i++)
		free(areas->list[i].path);
	free(areas->list);
	memset(areas, 0, sizeof(*areas));
}
