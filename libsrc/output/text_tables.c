// SPDX-License-Identifier: GPL-2.0-or-later
/* text_tables.c - mappings and files, a row each */
#include <inttypes.h>

#include "output.h"
#include "table.h"

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

/* ---- mappings with a file ---- */

static bool has_advice(const struct mi_vma *vma)
{
	return vma->flags & (MI_VM_RAND_READ | MI_VM_SEQ_READ);
}

static void file_row(struct mi_table *t, const struct mi_process *p, const struct mi_mapping *m,
		     uint32_t used, bool advice)
{
	const struct mi_file *f = m->file < p->n_files ? &p->files[m->file].file : NULL;

	mi_table_row(t);
	mi_range_cells(t, m->vma.start, m->vma.end, &m->vma);
	if (advice)
		mi_table_cell(t, "%s", has_advice(&m->vma) ? mi_vma_advice(&m->vma) : ".");
	mi_table_cell(t, "%" PRIu64, m->vma.pgoff);
	if (f) {
		mi_table_cell(t, "%u:%u", f->name.dev_major, f->name.dev_minor);
		mi_table_cell(t, "%" PRIu64, f->name.ino);
	} else {
		mi_table_cell(t, "?");
		mi_table_cell(t, "?");
	}
	mi_table_counter_cells(t, used, p->k, &m->totals, MI_IN_FILES);
	mi_table_name(t, *m->name ? m->name : "?");
}

enum mi_status mi_text_files(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	uint32_t used = 0;
	bool advice = false;
	size_t i, n = 0;

	for (i = 0; i < p->n_maps; i++) {
		if (p->maps[i].kind != MI_MAP_FILE)
			continue;
		n++;
		used = mi_counters_used(used, &p->maps[i].totals, MI_IN_FILES);
		advice |= has_advice(&p->maps[i].vma);
	}
	if (!n)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	mi_range_columns(t);
	if (advice)
		mi_table_left(t, "ADVICE");
	mi_table_right(t, "PGOFF");
	mi_table_right(t, "DEV");
	mi_table_right(t, "INODE");
	mi_table_counter_columns(t, used);
	mi_table_names(t, "FILE");
	for (i = 0; i < p->n_maps; i++)
		if (p->maps[i].kind == MI_MAP_FILE)
			file_row(t, p, &p->maps[i], used, advice);
	return mi_table_put(t, "FILES", out, err);
}

/* ---- mappings without ---- */

static const char *other_name(const struct mi_mapping *m)
{
	if (*m->name)
		return m->name;
	return m->kind == MI_MAP_SPECIAL ? "special" : "anonymous";
}

enum mi_status mi_text_other(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	uint32_t used = 0;
	size_t i, n = 0;

	for (i = 0; i < p->n_maps; i++) {
		if (p->maps[i].kind == MI_MAP_FILE)
			continue;
		n++;
		used = mi_counters_used(used, &p->maps[i].totals, MI_IN_OTHER);
	}
	if (!n)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	mi_range_columns(t);
	mi_table_counter_columns(t, used);
	mi_table_names(t, "NAME");
	for (i = 0; i < p->n_maps; i++) {
		if (p->maps[i].kind == MI_MAP_FILE)
			continue;
		mi_table_row(t);
		mi_range_cells(t, p->maps[i].vma.start, p->maps[i].vma.end, &p->maps[i].vma);
		mi_table_counter_cells(t, used, p->k, &p->maps[i].totals, MI_IN_OTHER);
		mi_table_name(t, other_name(&p->maps[i]));
	}
	return mi_table_put(t, "OTHER MEMORY", out, err);
}

/* ---- files as a whole ---- */

static void whole_row(struct mi_table *t, const struct mi_process *p,
		      const struct mi_mapped_file *f, uint32_t used)
{
	mi_table_row(t);
	mi_table_cell(t, "%" PRIu64, f->n_mappings);
	mi_table_count(t, f->here.mapped, mi_feature(p->k, MI_F_PTE, NULL));
	mi_table_cell(t, "%" PRIu64, f->file.size);
	mi_table_count(t, f->file.nrpages, f->file.nrpages_known);
	if (f->cache_known)
		mi_table_counter_cells(t, used, p->k, &f->cache, MI_IN_CACHE);
	else
		for (; used; used &= used - 1)
			mi_table_cell(t, "?");
	mi_table_bytes(t, *f->file.name.fs ? f->file.name.fs : "?");
	mi_table_name(t, *f->path ? f->path : "?");
}

enum mi_status mi_text_whole_files(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	uint32_t used = 0;
	size_t i;

	if (!t)
		return no_memory(err);
	for (i = 0; i < p->n_files; i++)
		used = mi_counters_used(used, &p->files[i].cache, MI_IN_CACHE);
	mi_table_right(t, "MAPPINGS");
	mi_table_right(t, "MAPPED");
	mi_table_right(t, "BYTES");
	mi_table_right(t, "NRPAGES");
	mi_table_counter_columns(t, used);
	mi_table_left(t, "FS");
	mi_table_names(t, "FILE");
	for (i = 0; i < p->n_files; i++)
		whole_row(t, p, &p->files[i], used);
	return mi_table_put(t, "WHOLE FILES (counts from PAGES on: the cache of the whole file)",
			    out, err);
}

/* ---- files that lie below others ---- */

static void backing_row(struct mi_table *t, const struct mi_mapped_file *f)
{
	const struct mi_inode_name *name = &f->file.backing;

	mi_table_row(t);
	mi_table_cell(t, "%u:%u", name->dev_major, name->dev_minor);
	mi_table_cell(t, "%" PRIu64, name->ino);
	mi_table_bytes(t, *name->fs ? name->fs : "?");
	mi_table_bytes(t, *f->backing_path ? f->backing_path : "?");
	mi_table_name(t, *f->path ? f->path : "?");
}

enum mi_status mi_text_backing(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	size_t i, n = 0;

	for (i = 0; i < p->n_files; i++)
		n += p->files[i].file.backed;
	if (!n)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	mi_table_right(t, "DEV");
	mi_table_right(t, "INODE");
	mi_table_left(t, "FS");
	mi_table_left(t, "FILE THERE");
	mi_table_names(t, "OPENED AS");
	for (i = 0; i < p->n_files; i++)
		if (p->files[i].file.backed)
			backing_row(t, &p->files[i]);
	return mi_table_put(t, "BACKING FILES (whose pages are mapped, in their own file system)",
			    out, err);
}

/* ---- swap areas ---- */

static void swap_row(struct mi_table *t, const struct mi_swap_area *area)
{
	mi_table_row(t);
	mi_table_cell(t, "%u", area->type);
	mi_table_cell(t, "%" PRIu64, area->pages);
	mi_table_cell(t, "%" PRIu64, area->used);
	mi_table_cell(t, "%" PRId64, area->priority);
	mi_table_cell(t, "%s", area->kind ? area->kind : "?");
	mi_table_name(t, *area->path ? area->path : "?");
}

enum mi_status mi_text_swap(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	size_t i;

	if (!p->totals.swapped || !p->swap.n)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	mi_table_right(t, "SWAP");
	mi_table_right(t, "PAGES");
	mi_table_right(t, "USED");
	mi_table_right(t, "PRIORITY");
	mi_table_left(t, "KIND");
	mi_table_names(t, "AREA");
	for (i = 0; i < p->swap.n; i++)
		swap_row(t, &p->swap.list[i]);
	return mi_table_put(t, "SWAP AREAS (SWAP: the number before the colon in swap 0:1a2b)", out,
			    err);
}
