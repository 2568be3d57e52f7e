// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json.c - the whole answer as JSON
 *
 * docs/json.md and docs/mmapinfo.schema.json describe it. Problems come last:
 * walking the pages finds more of them.
 */
#include "counters.h"
#include "history.h"
#include "json_parts.h"

struct stream {
	struct mi_json *w;
	bool in_file;
};

static bool put_run(void *arg, const struct mi_run *run)
{
	const struct stream *s = arg;

	mi_json_run(s->w, run, s->in_file);
	return !mi_json_failed(s->w);
}

/* ---- the process ---- */

static void put_threads(struct mi_json *w, const struct mi_process *p)
{
	size_t i;

	mi_json_array(w, "threads");
	for (i = 0; i < p->n_threads; i++) {
		const struct mi_task *t = &p->threads[i];
		char state[2] = {t->state, '\0'};

		mi_json_line_object(w, NULL);
		mi_json_i64(w, "tid", t->pid);
		mi_json_bytes(w, "comm", t->comm);
		mi_json_text(w, "state", state);
		mi_json_hex(w, "task", t->addr);
		mi_json_thread_fault(w, p->k, p->faults ? &p->faults[i] : NULL);
		if (p->stacks)
			mi_json_thread_stack(w, &p->stacks[i]);
		if (p->stacks && t->state == 'D')
			mi_json_sleeps_for(w, &p->stacks[i]);
		if (p->stacks)
			mi_json_second_stack(w, p->k, &p->stacks[i].second);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

static void put_namespace_pids(struct mi_json *w, const struct mi_process *p)
{
	size_t i;

	if (!p->ns_pids_known) {
		mi_json_null(w, "namespace_pids");
		return;
	}
	mi_json_line_array(w, "namespace_pids");
	for (i = 0; i < p->n_ns_pids; i++)
		mi_json_i64(w, NULL, p->ns_pids[i]);
	mi_json_array_end(w);
}

static void put_process(struct mi_json *w, const struct mi_process *p)
{
	mi_json_object(w, "process");
	mi_json_task(w, &p->task);
	put_namespace_pids(w, p);
	mi_json_i64(w, "mm_tid", p->mm_tid);
	mi_json_mm(w, &p->mm);
	mi_json_u64(w, "mappings_found", p->n_maps);
	mi_json_bool(w, "selected", p->selected);
	put_threads(w, p);
	mi_json_object_end(w);
}

/* ---- mappings ---- */

static void put_vma_flags(struct mi_json *w, const struct mi_kernel *k, uint64_t flags)
{
	const char *name;
	char unknown[16];
	unsigned int bit;

	mi_json_line_array(w, "flags");
	for (bit = 0; bit < 64; bit++) {
		if (!(flags >> bit & 1))
			continue;
		name = mi_vma_flag(k, bit);
		if (!name)
			snprintf(unknown, sizeof(unknown), "bit_%u", bit);
		mi_json_text(w, NULL, name ? name : unknown);
	}
	mi_json_array_end(w);
}

static const char *kind_word(enum mi_mapping_kind kind)
{
	switch (kind) {
	case MI_MAP_FILE:
		return "file";
	case MI_MAP_ANON:
		return "anonymous";
	case MI_MAP_SPECIAL:
		return "special";
	}
	return "special";
}

static void put_vma(struct mi_json *w, const struct mi_process *p, const struct mi_mapping *m)
{
	char perm[5];

	mi_vma_permissions(&m->vma, perm);
	mi_json_hex(w, "start", m->vma.start);
	mi_json_hex(w, "end", m->vma.end);
	mi_json_text(w, "permissions", perm);
	put_vma_flags(w, p->k, m->vma.flags);
	mi_json_text(w, "advice", mi_vma_advice(&m->vma));
	mi_json_text(w, "kind", kind_word(m->kind));
	mi_json_bytes(w, "name", m->name);
	if (m->file < p->n_files)
		mi_json_u64(w, "file", m->file);
	else
		mi_json_null(w, "file");
	if (m->file_unreadable)
		mi_json_bool(w, "file_unreadable", true);
	mi_json_u64(w, "pgoff", m->vma.pgoff);
	if (m->vma.file)
		mi_json_u64(w, "offset_bytes", m->vma.pgoff * MI_PAGE_SIZE);
	mi_json_u64(w, "anon_pgoff", m->vma.anon_pgoff);
	mi_json_hex(w, "vma", m->vma.addr);
	mi_json_bool(w, "anon_vma", m->vma.anon_vma != 0);
}

static enum mi_status put_mappings(struct mi_json *w, struct mi_process *p,
				   const struct mi_request *ask, struct mi_error *err)
{
	bool pages = ask->pages || ask->each || ask->map;
	struct stream s = {w, false};
	enum mi_status st = MI_OK;
	size_t i;

	mi_json_array(w, "mappings");
	for (i = 0; i < p->n_maps && !st; i++) {
		const struct mi_mapping *m = &p->maps[i];

		mi_json_object(w, NULL);
		put_vma(w, p, m);
		mi_json_totals(w, "totals", p->k, &m->totals,
			       m->vma.file ? MI_IN_FILES : MI_IN_OTHER);
		mi_json_next_miss(w, p, m);
		mi_json_mapping_prefault(w, p, m);
		if (p->recorded)
			mi_json_mapping_history(w, p->history, &p->recorded[i]);
		if (ask->prefault)
			st = mi_json_prefault_runs(w, p, m, err);
		if (pages && !st) {
			mi_json_array(w, "pages");
			st = mi_mapping_pages(p, m, ask->each, put_run, &s, err);
			mi_json_array_end(w);
		}
		if (ask->next && !st)
			st = mi_json_next(w, p, m, err);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	return st;
}

/* ---- files ---- */

static void put_inode_name(struct mi_json *w, const struct mi_inode_name *name)
{
	char device[32];

	snprintf(device, sizeof(device), "%u:%u", name->dev_major, name->dev_minor);
	mi_json_u64(w, "inode_number", name->ino);
	mi_json_text(w, "device", device);
	mi_json_bytes(w, "filesystem", name->fs);
}

static void put_file(struct mi_json *w, const struct mi_mapped_file *f)
{
	const struct mi_file *file = &f->file;

	mi_json_bytes(w, "path", f->path);
	mi_json_hex(w, "mapping", file->mapping);
	mi_json_hex(w, "inode", file->inode);
	put_inode_name(w, &file->name);
	if (file->backed) {
		mi_json_object(w, "backing");
		mi_json_bytes(w, "path", f->backing_path);
		put_inode_name(w, &file->backing);
		mi_json_object_end(w);
	}
	mi_json_bool(w, "dax", file->dax);
	mi_json_u64(w, "size_bytes", file->size);
	mi_json_u64(w, "size_pages", mi_bytes_to_pages(file->size));
	if (file->nrpages_known)
		mi_json_u64(w, "nrpages", file->nrpages);
	else
		mi_json_null(w, "nrpages");
	if (file->dirtied_known)
		mi_json_u64(w, "dirtied_ago_ns", file->dirtied_ago_ns);
	else
		mi_json_null(w, "dirtied_ago_ns");
	mi_json_u64(w, "mappings", f->n_mappings);
}

static enum mi_status put_files(struct mi_json *w, struct mi_process *p, bool pages, bool each,
				struct mi_error *err)
{
	struct stream s = {w, true};
	enum mi_status st = MI_OK;
	size_t i;

	mi_json_array(w, "files");
	for (i = 0; i < p->n_files && !st; i++) {
		const struct mi_mapped_file *f = &p->files[i];

		mi_json_object(w, NULL);
		put_file(w, f);
		mi_json_totals(w, "totals_here", p->k, &f->here, MI_IN_FILES);
		if (f->cache_known)
			mi_json_totals(w, "cache", p->k, &f->cache, MI_IN_CACHE);
		else
			mi_json_null(w, "cache");
		if (pages && f->cache_known) {
			mi_json_array(w, "pages");
			st = mi_file_pages(p, f, each, put_run, &s, err);
			mi_json_array_end(w);
		}
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	return st;
}

/* ---- swap areas ---- */

static void put_swap_areas(struct mi_json *w, const struct mi_swap_areas *areas)
{
	size_t i;

	if (!areas->known) {
		mi_json_null(w, "swap_areas");
		return;
	}
	mi_json_array(w, "swap_areas");
	for (i = 0; i < areas->n; i++) {
		const struct mi_swap_area *area = &areas->list[i];

		mi_json_line_object(w, NULL);
		mi_json_u64(w, "swap_type", area->type);
		mi_json_bytes(w, "path", area->path);
		mi_json_text(w, "kind", area->kind);
		mi_json_u64(w, "size_pages", area->pages);
		mi_json_u64(w, "used_pages", area->used);
		mi_json_i64(w, "priority", area->priority);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

/* ---- documents ---- */

/* Close the document, also after a failure: what came out so far stays readable. */
static enum mi_status finish(struct mi_json *w, const struct mi_kernel *k,
			     const struct mi_request *ask, enum mi_status st, struct mi_error *err)
{
	enum mi_status end;

	mi_json_tail(w, k, ask->sources, st ? err : NULL);
	end = mi_json_end(w, st ? NULL : err);
	return st ? st : end;
}

/* Counting broke off: half a count is none. */
static void put_nothing(struct mi_json *w)
{
	mi_json_array(w, "mappings");
	mi_json_array_end(w);
	mi_json_array(w, "files");
	mi_json_array_end(w);
	mi_json_null(w, "open_files");
	mi_json_null(w, "totals");
	mi_json_null(w, "file_totals");
	mi_json_null(w, "swap_areas");
	mi_json_null(w, "prefault");
}

static void put_unstable(struct mi_json *w, const struct mi_process *p)
{
	size_t i;

	if (!p->n_unstable)
		return;
	mi_json_array(w, "unstable");
	for (i = 0; i < p->n_unstable; i++) {
		mi_json_object(w, NULL);
		mi_json_hex(w, "start", p->unstable[i].start);
		mi_json_hex(w, "end", p->unstable[i].end);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
}

enum mi_status mi_json_process(struct mi_process *p, const struct mi_blocked_set *stuck,
			       const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	bool pages = ask->pages || ask->each || ask->map;
	struct mi_error own;
	struct mi_met met;
	struct mi_json *w;
	enum mi_status st;

	err = err ? err : &own;
	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, p->k);
	mi_json_stuck(w, stuck);
	put_process(w, p);
	st = mi_process_count(p, err);
	if (st) {
		put_nothing(w);
		mi_json_windows(w, p);
		return finish(w, p->k, ask, st, err);
	}
	mi_met_keep(&met, &p->k->problems);
	st = put_mappings(w, p, ask, err);
	/* After a failure only what needs no walk: the document keeps its shape. */
	if (st)
		put_files(w, p, false, false, NULL);
	else
		st = put_files(w, p, pages, ask->each, err);
	mi_met_restore(&met, &p->k->problems);
	mi_json_open_files(w, p);
	mi_json_totals(w, "totals", p->k, &p->totals, MI_IN_FILES);
	mi_json_totals(w, "file_totals", p->k, &p->file_totals, MI_IN_FILES);
	put_swap_areas(w, &p->swap);
	mi_json_prefault(w, "prefault", &p->prefault);
	mi_json_windows(w, p);
	put_unstable(w, p);
	if (p->history)
		mi_json_recorder(w, "recorder", p->history);
	return finish(w, p->k, ask, st, err);
}

enum mi_status mi_json_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err)
{
	uint64_t kernel_threads = 0;
	struct mi_json *w;
	enum mi_status st;
	size_t i;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, all->k);
	mi_json_array(w, "processes");
	for (i = 0; i < all->n; i++) {
		const struct mi_summary *s = &all->list[i];

		if (s->task.kind == MI_TASK_KTHREAD) {
			kernel_threads++;
			continue;
		}
		mi_json_object(w, NULL);
		mi_json_task(w, &s->task);
		mi_json_u64(w, "threads", s->n_threads);
		if (s->has_mm)
			mi_json_mm(w, &s->mm);
		else
			mi_json_null(w, "mm");
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	mi_json_u64(w, "kernel_threads", kernel_threads);
	return finish(w, all->k, ask, MI_OK, err);
}
