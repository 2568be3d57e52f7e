// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history_names.c - names of what is recorded by number
 *
 * The dump is of a later moment. A task of the same number is the same if it had started
 * when the record was made; a file if its mapping leads to an inode of the recorded number
 * and device, and that back to the mapping.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../kernel/task.h"
#include "history.h"

#define UNKNOWN_START (~0ULL)
/* Beyond that files have no names: records may be made up. */
#define FILES_MAX (1U << 20)
#define SAME_KEY_MAX 64
#define EXIT_NS UINT64_C(1000000000)

/* ---- tasks ---- */

static int by_tid(const void *a, const void *b)
{
	const struct mi_history_task *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static uint64_t start_of(struct mi_kernel *k, uint64_t task)
{
	const struct mi_member *m = &k->l.task_start_time;
	uint64_t start;

	/* A struct timespec before 3.17. */
	if (!mi_has(m) || m->cls != MI_TYPE_INT || m->size != 8 ||
	    mi_read_member(k->t, task, m, &start))
		return UNKNOWN_START;
	return start;
}

static enum mi_status load_tasks(struct mi_history *h, struct mi_error *err)
{
	struct mi_task *all;
	enum mi_status st;
	size_t i, n;

	st = mi_task_all(h->k, &all, &n, err);
	if (st)
		return st;
	h->tasks = calloc(n + 1, sizeof(*h->tasks));
	for (i = 0; h->tasks && i < n; i++) {
		struct mi_history_task *t = &h->tasks[h->n_tasks];

		/* The idle tasks of all CPUs are 0. */
		if (all[i].pid <= 0)
			continue;
		t->tid = (uint32_t)all[i].pid;
		t->start = start_of(h->k, all[i].addr);
		memcpy(t->comm, all[i].comm, sizeof(t->comm));
		h->n_tasks++;
	}
	free(all);
	if (!h->tasks)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	qsort(h->tasks, h->n_tasks, sizeof(*h->tasks), by_tid);
	return MI_OK;
}

/* The recorded names around @raw: the last one before, the first one behind; NULL: none. */
static void names_around(const struct mi_history *h, uint32_t tid, uint64_t raw,
			 const struct mi_history_name **before,
			 const struct mi_history_name **behind)
{
	size_t low = 0, high = h->n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct mi_history_name *n = &h->names[mid];

		if (n->tid < tid || (n->tid == tid && n->raw <= raw))
			low = mid + 1;
		else
			high = mid;
	}
	*before = low && h->names[low - 1].tid == tid ? &h->names[low - 1] : NULL;
	*behind = low < h->n_names && h->names[low].tid == tid ? &h->names[low] : NULL;
}

/* The dump's task of this number, if it was that one already. */
static const char *living(const struct mi_history *h, uint32_t tid, uint64_t raw)
{
	const struct mi_history_task key = {.tid = tid}, *t;
	struct mi_rec_time time;

	t = h->n_tasks ? bsearch(&key, h->tasks, h->n_tasks, sizeof(key), by_tid) : NULL;
	if (!t || t->start == UNKNOWN_START)
		return NULL;
	time = mi_recorder_time(h->rec, raw);
	return time.known && time.mono >= t->start ? t->comm : NULL;
}

/*
 * The exit is recorded as it begins: what the task does last comes after it. Its number is
 * another's only when somebody has waited for it, and it comes round to it.
 */
static bool on_its_way_out(const struct mi_history *h, const struct mi_history_name *end,
			   uint64_t raw)
{
	uint64_t ns;

	return mi_recorder_span(h->rec, end->raw, raw, &ns) && ns < EXIT_NS;
}

/*
 * A task may call itself something else (prctl), which is not recorded. So the last name that
 * is known of the same program counts: at its exit, or in the dump.
 */
const char *mi_history_comm(const struct mi_history *h, uint32_t tid, uint64_t raw)
{
	const struct mi_history_name *before, *behind;
	const char *now;

	if (!tid)
		return "swapper";
	names_around(h, tid, raw, &before, &behind);
	if (before && before->call == MI_NAME_EXIT && !on_its_way_out(h, before, raw))
		before = NULL;
	if (behind && behind->call == MI_NAME_EXIT)
		return behind->comm;
	now = behind ? NULL : living(h, tid, raw);
	return now ? now : before ? before->comm : NULL;
}

/* ---- files ---- */

static uint64_t key_of(uint32_t dev, uint64_t ino, uint64_t mapping)
{
	uint64_t key = (mapping ^ ino * 0x9e3779b97f4a7c15ULL) + ((uint64_t)dev << 40 | dev);

	return key ? key : 1;
}

/* The host of the mapping, if it is what was recorded. */
static bool prove(struct mi_kernel *k, const struct mi_history_file *f, struct mi_file *now)
{
	const struct mi_member *data = &k->l.inode_data;

	if (mi_mapping_load(k, f->mapping, now, NULL) || now->name.ino != f->ino ||
	    now->name.dev_major != mi_dev_major(f->dev) ||
	    now->name.dev_minor != mi_dev_minor(f->dev))
		return false;
	return mi_has(data) && now->inode + (uint64_t)data->off == f->mapping;
}

static bool name_file(struct mi_history *h, struct mi_history_file *f)
{
	struct mi_problems before;
	char path[MI_PATH_MAX] = "";
	struct mi_file now;

	if (h->k && f->mapping && f->ino) {
		/* That what was there once is there no more is nothing that the dump lacks. */
		before = h->k->problems;
		if (prove(h->k, f, &now)) {
			f->inode = now.inode;
			f->device = S_ISBLK(now.mode);
			if (!f->device)
				mi_inode_path(h->k, now.inode, path);
			else if (!mi_bdev_inode_name(h->k, now.inode, path))
				*path = '\0';
		}
		h->k->problems = before;
	}
	f->path = strdup(path);
	return f->path;
}

static bool grow_files(struct mi_history *h)
{
	size_t room = h->n_files ? 2 * h->n_files : 16;
	struct mi_history_file *files;
	size_t *next;

	if (h->n_files & (h->n_files - 1) || (h->n_files && h->n_files < 16))
		return true;
	files = realloc(h->files, room * sizeof(*files));
	if (files)
		h->files = files;
	next = realloc(h->next_file, room * sizeof(*next));
	if (next)
		h->next_file = next;
	return files && next;
}

bool mi_history_file(struct mi_history *h, uint32_t dev, uint64_t ino, uint64_t mapping,
		     size_t *ret)
{
	uint64_t key = key_of(dev, ino, mapping);
	size_t first = MI_NO_INDEX, i, same = 0;
	struct mi_history_file f = {.mapping = mapping, .ino = ino, .dev = dev};

	*ret = MI_NO_INDEX;
	if (!ino && !mapping)
		return true;
	if (mi_addrmap_get(&h->by_key, key, &first))
		for (i = first; i != MI_NO_INDEX; i = h->next_file[i], same++)
			if (h->files[i].dev == dev && h->files[i].ino == ino &&
			    h->files[i].mapping == mapping) {
				*ret = i;
				return true;
			}
	if (same >= SAME_KEY_MAX || h->n_files >= FILES_MAX)
		return true;
	if (!grow_files(h) || !name_file(h, &f))
		return false;
	i = h->n_files++;
	h->files[i] = f;
	h->next_file[i] = MI_NO_INDEX;
	*ret = i;
	if (first == MI_NO_INDEX)
		return mi_addrmap_put(&h->by_key, key, i);
	h->next_file[i] = h->next_file[first];
	h->next_file[first] = i;
	return true;
}

/* ---- disks ---- */

const char *mi_history_disk(const struct mi_history *h, uint32_t dev)
{
	size_t i;

	for (i = 0; i < h->n_disks; i++)
		if (h->disks[i].major == mi_dev_major(dev) &&
		    h->disks[i].minor == mi_dev_minor(dev))
			return h->disks[i].name;
	for (i = 0; i < h->n_parts; i++)
		if (h->parts[i].dev == dev)
			return h->parts[i].name;
	return NULL;
}

static bool add_part(void *arg, struct mi_kernel *k, uint64_t inode)
{
	uint64_t bdev = mi_inode_bdev(k, inode), dev;
	struct mi_history *h = arg;
	struct mi_history_part *p;
	uint32_t nr;

	if (!(h->n_parts & (h->n_parts - 1))) {
		p = realloc(h->parts, (h->n_parts ? 2 * h->n_parts : 1) * sizeof(*p));
		if (!p)
			return false;
		h->parts = p;
	}
	p = &h->parts[h->n_parts];
	if (!mi_has(&k->l.bdev_dev) || mi_read_member(k->t, bdev, &k->l.bdev_dev, &dev) ||
	    !mi_bdev_name(k, bdev, p->name, &nr) || !nr)
		return true;
	p->dev = (uint32_t)dev;
	h->n_parts++;
	return true;
}

/* Without them there are numbers. */
static enum mi_status load_disks(struct mi_history *h, struct mi_error *err)
{
	enum mi_status st = mi_disks(h->k, &h->disks, &h->n_disks, err);

	if (!st)
		st = mi_bdev_inodes(h->k, add_part, h, err);
	return st == MI_ERR_NOMEM ? st : MI_OK;
}

enum mi_status mi_history_load_names(struct mi_history *h, struct mi_error *err)
{
	enum mi_status st;

	if (!h->k || h->tasks)
		return MI_OK;
	st = load_tasks(h, err);
	return st ? st : load_disks(h, err);
}

void mi_history_free_names(struct mi_history *h)
{
	size_t i;

	for (i = 0; i < h->n_files; i++)
		free(h->files[i].path);
	free(h->files);
	free(h->next_file);
	free(h->tasks);
	free(h->names);
	free(h->disks);
	free(h->parts);
	mi_addrmap_free(&h->by_key);
}
