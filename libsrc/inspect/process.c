// SPDX-License-Identifier: GPL-2.0-or-later
/* process.c - a process with its mappings, files and totals */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/addrmap.h"
#include "join.h"
#include "live.h"

#define NO_FILE (~(size_t)0)
#define DELETED " (deleted)"

/* While a process is put together. */
struct build {
	struct mi_process *p;
	const struct mi_filter *filter;
	struct mi_addrmap by_file;    /* struct file -> opened[] */
	struct mi_addrmap by_mapping; /* address_space -> p->files[] */
	struct opened {
		struct mi_file file;
		char *path;
		bool ok;
	} * opened;
	size_t n_opened, room_opened, room_files;
};

/* ---- the task and its mm ---- */

static enum mi_status no_memory(const struct mi_task *t, struct mi_error *err)
{
	switch (t->kind) {
	case MI_TASK_KTHREAD:
		return mi_fail(err, MI_ERR_STATE,
			       "PID %d (%s) is a kernel thread: it has no user memory", t->pid,
			       t->comm);
	case MI_TASK_ZOMBIE:
		return mi_fail(err, MI_ERR_STATE,
			       "PID %d (%s) is a zombie: it has exited and given its memory back",
			       t->pid, t->comm);
	default:
		return mi_fail(err, MI_ERR_STATE,
			       "PID %d (%s) is exiting and has already given its memory back",
			       t->pid, t->comm);
	}
}

static enum mi_status load_threads(struct mi_process *p, struct mi_error *err)
{
	struct mi_task leader = p->task;

	if (p->task.pid != p->task.tgid &&
	    mi_task_by_pid(p->k, p->task.tgid, &leader, NULL) != MI_OK)
		leader = p->task;
	return mi_task_threads(p->k, &leader, &p->threads, &p->n_threads, err);
}

/* The thread that holds the mm: the leader may have exited while its threads go on. */
static enum mi_status find_holder(struct mi_process *p, struct mi_task *holder,
				  struct mi_error *err)
{
	uint64_t problems = mi_problem_count(&p->k->problems);

	*holder = p->task;
	if (p->task.kind == MI_TASK_USER)
		return MI_OK;
	if (p->task.kind == MI_TASK_KTHREAD)
		return no_memory(&p->task, err);
	if (mi_task_with_mm(p->k, &p->task, holder))
		return MI_OK;
	if (mi_problem_count(&p->k->problems) == problems)
		return no_memory(&p->task, err);
	return mi_fail(err, MI_ERR_READ,
		       "PID %d (%s) has exited, and not all of its threads could be read: "
		       "none of the others has memory",
		       p->task.pid, p->task.comm);
}

static enum mi_status load_mm(struct mi_process *p, struct mi_error *err)
{
	struct mi_task holder;
	enum mi_status st = find_holder(p, &holder, err);

	if (st)
		return st;
	p->mm_tid = holder.pid;
	st = mi_task_users(p->k, holder.mm, &p->sharers, &p->n_sharers, err);
	if (!st)
		st = mi_mm_load(p->k, holder.mm, p->sharers, p->n_sharers, &p->mm, err);
	if (st) {
		mi_fail_in(err, "PID %d (%s)", p->task.pid, p->task.comm);
		return st;
	}
	if (p->mm.users <= 0)
		return mi_fail(err, MI_ERR_STATE,
			       "the mm of PID %d (%s) is being torn down: mm_users is %lld",
			       p->task.pid, p->task.comm, (long long)p->mm.users);
	return MI_OK;
}

/* ---- files ---- */

/* The struct file at @addr, opened once however many VMAs have it. NULL: out of memory. */
static struct opened *open_file(struct build *b, uint64_t addr)
{
	char path[MI_PATH_MAX];
	struct opened *o;
	size_t i;

	if (mi_addrmap_get(&b->by_file, addr, &i))
		return &b->opened[i];
	if (b->n_opened == b->room_opened) {
		size_t room = b->room_opened ? 2 * b->room_opened : 32;

		o = realloc(b->opened, room * sizeof(*o));
		if (!o)
			return NULL;
		b->opened = o;
		b->room_opened = room;
	}
	o = &b->opened[b->n_opened];
	o->ok = mi_file_settled(b->p->k, addr, &o->file, path) == MI_OK;
	o->path = strdup(path);
	if (!o->path || !mi_addrmap_put(&b->by_file, addr, b->n_opened)) {
		free(o->path);
		return NULL;
	}
	return &b->opened[b->n_opened++];
}

/* The entry of the process's files[] that @o caches its pages in. */
static bool file_entry(struct build *b, const struct opened *o, size_t *index)
{
	struct mi_process *p = b->p;
	struct mi_mapped_file *f;
	char path[MI_PATH_MAX];

	if (mi_addrmap_get(&b->by_mapping, o->file.mapping, index))
		return true;
	if (p->n_files == b->room_files) {
		size_t room = b->room_files ? 2 * b->room_files : 32;

		f = realloc(p->files, room * sizeof(*f));
		if (!f)
			return false;
		p->files = f;
		b->room_files = room;
	}
	f = &p->files[p->n_files];
	memset(f, 0, sizeof(*f));
	f->file = o->file;
	path[0] = '\0';
	if (o->file.backed)
		mi_inode_path(p->k, o->file.backing_inode, path);
	f->path = strdup(o->path);
	f->backing_path = strdup(path);
	if (!f->path || !f->backing_path ||
	    !mi_addrmap_put(&b->by_mapping, o->file.mapping, p->n_files)) {
		free(f->path);
		free(f->backing_path);
		return false;
	}
	*index = p->n_files++;
	return true;
}

/* ---- mappings ---- */

static bool wanted_vma(const struct mi_filter *f, const struct mi_vma *vma)
{
	return !f || !f->by_vma || (f->vma >= vma->start && f->vma < vma->end);
}

/* The whole name, with or without what the kernel appends to unlinked files. */
static bool wanted_path(const struct mi_filter *f, const char *path)
{
	char stem[MI_PATH_MAX];
	size_t n = strlen(path), d = sizeof(DELETED) - 1;

	if (!f || !f->file)
		return true;
	if (!strcmp(f->file, path) || !fnmatch(f->file, path, 0))
		return true;
	if (n <= d || n >= sizeof(stem) || strcmp(path + n - d, DELETED))
		return false;
	memcpy(stem, path, n - d);
	stem[n - d] = '\0';
	return !strcmp(f->file, stem) || !fnmatch(f->file, stem, 0);
}

static bool is_special(const struct mi_vma *vma, const char *name)
{
	return vma->flags & (MI_VM_PFNMAP | MI_VM_IO | MI_VM_MIXEDMAP) || !strcmp(name, "[vdso]") ||
	       !strcmp(name, "[vvar]");
}

/* Fill @m from @vma. 1: take it, 0: filtered out, -1: out of memory. */
static int make_mapping(struct build *b, const struct mi_vma *vma, struct mi_mapping *m)
{
	struct opened *o = NULL;
	char special[128];

	memset(m, 0, sizeof(*m));
	m->vma = *vma;
	m->file = NO_FILE;
	m->kind = vma->file ? MI_MAP_FILE : MI_MAP_ANON;
	if (vma->file) {
		o = open_file(b, vma->file);
		if (!o)
			return -1;
		if (!wanted_path(b->filter, o->path))
			return 0;
		m->file_unreadable = !o->ok;
		if (o->ok && !file_entry(b, o, &m->file))
			return -1;
		if (o->ok)
			b->p->files[m->file].n_mappings++;
		m->name = strdup(o->path);
	} else {
		if (b->filter && b->filter->file)
			return 0;
		mi_vma_special_name(b->p->k, &b->p->mm, vma, special, sizeof(special));
		m->name = strdup(special);
	}
	if (!m->name)
		return -1;
	/* A regular file with mixed or raw frames (DAX) stays a file. */
	if (!vma->file && is_special(vma, m->name))
		m->kind = MI_MAP_SPECIAL;
	return 1;
}

static enum mi_status load_mappings(struct build *b, struct mi_error *err)
{
	struct mi_process *p = b->p;
	struct mi_vma *vmas;
	enum mi_status st;
	size_t i, n;
	int r;

	st = mi_vma_settled(p->k, &p->mm, &vmas, &n, &p->unstable, &p->n_unstable, err);
	if (st)
		return st;
	p->maps = calloc(n ? n : 1, sizeof(*p->maps));
	if (!p->maps)
		st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < n && !st; i++) {
		if (!wanted_vma(b->filter, &vmas[i])) {
			p->selected = true;
			continue;
		}
		r = make_mapping(b, &vmas[i], &p->maps[p->n_maps]);
		if (r < 0)
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
		p->selected |= !r;
		p->n_maps += r > 0;
	}
	if (!st)
		st = mi_process_faults(p, vmas, n, err);
	free(vmas);
	if (!st && !p->n_maps && p->selected)
		st = mi_fail(err, MI_ERR_NOT_FOUND, "PID %d (%s) has no mapping that matches",
			     p->task.pid, p->task.comm);
	return st;
}

/* ---- totals ---- */

struct counter {
	struct mi_totals *map, *cache; /* either may be NULL */
	const struct mi_process *p;
	struct mi_mapping *m;
};

static bool count_cells(void *arg, const struct mi_run *cells, size_t n)
{
	struct counter *c = arg;

	if (c->map)
		mi_totals_count(c->map, cells, n);
	if (c->cache)
		mi_totals_count_file(c->cache, cells, n);
	mi_prefault_count(c->p, c->m, &c->m->prefault, cells, n);
	return true;
}

static bool count_file_cells(void *arg, const struct mi_run *cells, size_t n)
{
	mi_totals_count(arg, cells, n);
	return true;
}

static uint64_t size_in_pages(const struct mi_file *f)
{
	return (f->size >> MI_PAGE_SHIFT) + ((f->size & (MI_PAGE_SIZE - 1)) != 0);
}

/* The mapping shows every page of the file: its walk tells the file's cache, too. */
static bool covers(const struct mi_kernel *k, const struct mi_mapping *m,
		   const struct mi_mapped_file *f)
{
	uint64_t pages = (m->vma.end - m->vma.start) >> MI_PAGE_SHIFT;

	return f && !f->cache_known && !m->vma.pgoff && size_in_pages(&f->file) <= pages &&
	       !mi_vma_nonlinear(k, &m->vma);
}

static enum mi_status count_mapping(struct mi_process *p, struct mi_join *j, struct mi_mapping *m,
				    struct mi_error *err)
{
	struct mi_mapped_file *f = m->file != NO_FILE ? &p->files[m->file] : NULL;
	struct counter c = {.map = &m->totals, .p = p, .m = m};
	enum mi_status st;

	if (covers(p->k, m, f))
		c.cache = &f->cache;
	st = mi_join_mapping(j, &p->mm, m, f ? &f->file : NULL, count_cells, &c, err);
	if (st)
		return st;
	mi_totals_add(&p->totals, &m->totals);
	mi_prefault_add(&p->prefault, &m->prefault);
	if (m->kind == MI_MAP_FILE)
		mi_totals_add(&p->file_totals, &m->totals);
	if (f)
		mi_totals_add(&f->here, &m->totals);
	if (c.cache)
		f->cache_known = true;
	return MI_OK;
}

/* What no mapping has told of the file's cache. */
static enum mi_status count_file(struct mi_join *j, struct mi_mapped_file *f, struct mi_error *err)
{
	uint64_t from = f->cache_known ? size_in_pages(&f->file) : 0;
	struct mi_error e;

	f->cache_known = !mi_join_file(j, &f->file, from, count_file_cells, &f->cache, &e);
	if (!f->cache_known && e.status == MI_ERR_INTERRUPTED)
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	return MI_OK;
}

enum mi_status mi_process_count(struct mi_process *p, struct mi_error *err)
{
	struct mi_join *j;
	enum mi_status st;
	size_t i;

	if (p->counted)
		return MI_OK;
	/* Of a running kernel: page tables and caches are of one moment with their struct pages. */
	mi_target_refresh(p->k->t);
	st = mi_join_new(p->k, &j, err);
	if (st)
		return st;
	st = mi_join_take_stretches(j, err);
	for (i = 0; i < p->n_maps && !st; i++)
		st = count_mapping(p, j, &p->maps[i], err);
	for (i = 0; i < p->n_files && !st; i++)
		st = count_file(j, &p->files[i], err);
	if (!st)
		st = mi_process_readahead(p, j, err);
	mi_join_free(j);
	p->counted = !st;
	return st;
}

/* ---- all together ---- */

static void build_free(struct build *b)
{
	size_t i;

	for (i = 0; i < b->n_opened; i++)
		free(b->opened[i].path);
	free(b->opened);
	mi_addrmap_free(&b->by_file);
	mi_addrmap_free(&b->by_mapping);
}

enum mi_status mi_process_open(struct mi_kernel *k, const struct mi_task *task,
			       const struct mi_filter *filter, struct mi_process **ret,
			       struct mi_error *err)
{
	struct build b = {.filter = filter};
	struct mi_process *p = calloc(1, sizeof(*p));
	enum mi_status st;

	if (!p)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	p->k = k;
	p->task = *task;
	b.p = p;
	p->ns_pids_known = mi_task_namespace_pids(k, task, p->ns_pids, &p->n_ns_pids);
	st = load_threads(p, err);
	if (!st)
		st = load_mm(p, err);
	if (!st)
		st = load_mappings(&b, err);
	if (!st)
		st = mi_windows_find(p, err);
	if (!st)
		st = mi_swap_areas_load(k, &p->swap, err);
	if (!st)
		mi_vma_cost_load(k, &p->vma_cost);
	/* What was read in vain, too, may come of that. */
	if (st != MI_ERR_NOMEM && st != MI_ERR_INTERRUPTED && mi_task_unchanged(k, task, err))
		st = MI_ERR_STATE;
	build_free(&b);
	if (st) {
		mi_process_close(p);
		return st;
	}
	*ret = p;
	return MI_OK;
}

void mi_process_close(struct mi_process *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_maps; i++)
		free(p->maps[i].name);
	for (i = 0; i < p->n_files; i++) {
		free(p->files[i].path);
		free(p->files[i].backing_path);
	}
	mi_swap_areas_free(&p->swap);
	mi_process_faults_free(p);
	mi_stacks_free(p->stacks, p->n_threads);
	free(p->maps);
	free(p->files);
	free(p->open_files);
	free(p->unstable);
	free(p->windows);
	free(p->threads);
	free(p->sharers);
	free(p);
}
