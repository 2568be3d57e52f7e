// SPDX-License-Identifier: GPL-2.0-or-later
/* live.c - second looks at VMAs, files and tasks of a running kernel; contract in live.h */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../kernel/locks.h"
#include "live.h"

#define LOOKS_MAX 8
/* Between looks at what somebody is changing, who may need our CPU to come to an end. */
#define PAUSE_NS 1000000

static bool is_live(const struct mi_kernel *k)
{
	return mi_target_facts(k->t)->live;
}

/* ---- VMAs ---- */

struct vmas {
	struct mi_vma *list;
	size_t n;
	bool whole;
	struct mi_problems problems; /* after the look */
};

static enum mi_status gather(struct mi_kernel *k, const struct mi_mm *mm,
			     const struct mi_problems *before, struct vmas *v, struct mi_error *err)
{
	struct mi_mm now = *mm;
	enum mi_status st;

	k->problems = *before;
	/* It counts along with the VMAs. */
	if (is_live(k) && mi_read_member(k->t, mm->addr, &k->l.mm_map_count, &now.map_count))
		now.map_count = mm->map_count;
	st = mi_vma_gather(k, &now, &v->list, &v->n, err);
	v->whole = now.vmas_whole;
	v->problems = k->problems;
	return st;
}

static bool same_vma(const struct mi_vma *a, const struct mi_vma *b)
{
	return a->addr == b->addr && a->start == b->start && a->end == b->end &&
	       a->flags == b->flags && a->pgoff == b->pgoff && a->file == b->file &&
	       a->ops == b->ops && a->anon_name == b->anon_name;
}

/* What cannot be believed is not settled, however often it is seen. */
static bool same_vmas(const struct vmas *a, const struct vmas *b, const struct mi_problems *before)
{
	size_t i;

	if (mi_problem_count(&a->problems) != mi_problem_count(before))
		return false;
	for (i = 0; a->n == b->n && i < a->n; i++)
		if (!same_vma(&a->list[i], &b->list[i]))
			return false;
	return a->n == b->n && mi_problem_count(&a->problems) == mi_problem_count(&b->problems);
}

/* Ranges come in address order, and overlap. */
static void add_range(struct mi_range *list, size_t *n, const struct mi_vma *vma)
{
	if (*n && vma->start <= list[*n - 1].end) {
		if (vma->end > list[*n - 1].end)
			list[*n - 1].end = vma->end;
		return;
	}
	list[*n].start = vma->start;
	list[*n].end = vma->end;
	++*n;
}

/* Keep in @a what @b has as well; the ranges of all else into @list, which has room. */
static void keep_same(struct vmas *a, const struct vmas *b, struct mi_range *list, size_t *n)
{
	size_t i = 0, j = 0, kept = 0;

	while (i < a->n || j < b->n) {
		const struct mi_vma *x = i < a->n ? &a->list[i] : NULL;
		const struct mi_vma *y = j < b->n ? &b->list[j] : NULL;

		if (x && y && same_vma(x, y)) {
			a->list[kept++] = *x;
			i++;
			j++;
		} else if (!y || (x && x->start <= y->start)) {
			add_range(list, n, x);
			i++;
		} else {
			add_range(list, n, y);
			j++;
		}
	}
	a->n = kept;
}

static enum mi_status split_unstable(struct mi_kernel *k, struct vmas *a, const struct vmas *b,
				     struct mi_range **unstable, size_t *n, struct mi_error *err)
{
	size_t i;

	*unstable = calloc(a->n + b->n + 1, sizeof(**unstable));
	if (!*unstable)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	keep_same(a, b, *unstable, n);
	k->problems = a->problems;
	for (i = 0; i < *n; i++)
		mi_problem_read(&k->problems, "mapping", (*unstable)[i].start, MI_READ_UNSTABLE,
				"what was mapped there is not told");
	return MI_OK;
}

/*
 * While somebody has the lock to write, what is there may be half of a change: a mapping at its
 * old and its new place, or at neither. Such a look proves nothing, even if the next one agrees.
 */
static bool is_changing(struct mi_kernel *k, const struct mi_mm *mm)
{
	return is_live(k) && mi_mmap_lock_written(k, mm->addr);
}

static void update_places(struct mi_kernel *k, struct mi_mm *mm)
{
	if (!is_live(k))
		return;
	mi_target_reread(k->t, mm->addr, 2);
	mi_mm_places(k, mm);
}

static void pause_for(bool changing)
{
	struct timespec ts = {.tv_nsec = PAUSE_NS};

	if (changing)
		nanosleep(&ts, NULL);
}

enum mi_status mi_vma_settled(struct mi_kernel *k, struct mi_mm *mm, struct mi_vma **ret, size_t *n,
			      struct mi_range **unstable, size_t *n_unstable, struct mi_error *err)
{
	const struct mi_problems before = k->problems;
	struct vmas a = {0}, b = {0};
	bool same, changing = is_changing(k, mm), was;
	unsigned int looks = 0;
	enum mi_status st;

	*unstable = NULL;
	*n_unstable = 0;
	st = gather(k, mm, &before, &a, err);
	while (!st && is_live(k)) {
		pause_for(changing);
		mi_look_again(k->t);
		was = changing;
		changing = is_changing(k, mm);
		st = gather(k, mm, &before, &b, err);
		same = !st && !was && !changing && same_vmas(&a, &b, &before);
		mi_look_end(k->t, !same);
		if (st || same || ++looks == LOOKS_MAX)
			break;
		free(a.list);
		a = b;
		b.list = NULL;
	}
	if (!st && looks == LOOKS_MAX)
		st = split_unstable(k, &a, &b, unstable, n_unstable, err);
	if (!st && changing)
		mi_problem_read(&k->problems, "mmap_lock", mm->addr, MI_READ_UNSTABLE,
				"mappings are being changed: one may be told twice, or not at all");
	free(b.list);
	if (st) {
		free(a.list);
		return st;
	}
	update_places(k, mm);
	mm->vmas_whole = a.whole;
	*ret = a.list;
	*n = a.n;
	return MI_OK;
}

/* ---- files ---- */

static enum mi_status load_file(struct mi_kernel *k, uint64_t addr, struct mi_file *file,
				char path[MI_PATH_MAX])
{
	enum mi_status st = mi_file_load(k, addr, file, NULL);

	mi_file_path(k, addr, path);
	return st;
}

enum mi_status mi_file_settled(struct mi_kernel *k, uint64_t addr, struct mi_file *file,
			       char path[MI_PATH_MAX])
{
	const struct mi_problems before = k->problems;
	enum mi_status st = load_file(k, addr, file, path), again;
	char other_path[MI_PATH_MAX];
	struct mi_file other;
	unsigned int looks;
	bool same;

	for (looks = 0; is_live(k) && looks < LOOKS_MAX; looks++) {
		const struct mi_problems first = k->problems;

		k->problems = before;
		mi_look_again(k->t);
		again = load_file(k, addr, &other, other_path);
		/* Its size may grow without end. */
		other.size = file->size;
		same = st == again && !strcmp(path, other_path) &&
		       (st || (other.mapping == file->mapping && other.inode == file->inode &&
			       other.mode == file->mode));
		mi_look_end(k->t, !same);
		if (same) {
			k->problems = first;
			return st;
		}
		st = load_file(k, addr, file, path);
	}
	if (is_live(k))
		mi_problem_read(&k->problems, "struct file", addr, MI_READ_UNSTABLE,
				"its name may be wrong");
	return st;
}

/* ---- tasks ---- */

enum mi_status mi_task_unchanged(struct mi_kernel *k, const struct mi_task *task,
				 struct mi_error *err)
{
	const struct mi_problems before = k->problems;
	struct mi_task now;
	bool same;

	if (!is_live(k))
		return MI_OK;
	mi_look_again(k->t);
	same = mi_task_by_pid(k, task->pid, &now, NULL) == MI_OK && now.addr == task->addr &&
	       now.mm == task->mm;
	mi_look_end(k->t, !same);
	k->problems = before;
	if (same)
		return MI_OK;
	return mi_fail(err, MI_ERR_STATE,
		       "PID %d (%s) exited, or runs another program, while it was read", task->pid,
		       task->comm);
}

/* ---- tasks that sleep ---- */

bool mi_left_cpu(struct mi_kernel *k, uint64_t task, uint64_t *when)
{
	*when = 0;
	return !mi_has(&k->l.task_exec_start) ||
	       !mi_read_member(k->t, task, &k->l.task_exec_start, when);
}

static enum mi_status note_sleepers(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
				    struct mi_sleepers *ret, struct mi_error *err)
{
	size_t i, seen;

	ret->since = calloc(n ? n : 1, sizeof(*ret->since));
	for (i = 0; i < n && ret->since; i++) {
		if (mi_addrmap_get(&ret->by_task, tasks[i].addr, &seen) ||
		    !mi_left_cpu(k, tasks[i].addr, &ret->since[i]))
			continue;
		if (!mi_addrmap_put(&ret->by_task, tasks[i].addr, i))
			break;
	}
	return i == n && ret->since ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

enum mi_status mi_sleepers_note(struct mi_kernel *k, const struct mi_task *tasks, size_t n,
				struct mi_sleepers *ret, struct mi_error *err)
{
	struct mi_task *all = NULL;
	enum mi_status st = MI_OK;

	memset(ret, 0, sizeof(*ret));
	if (!is_live(k))
		return MI_OK;
	if (!tasks)
		st = mi_task_all(k, &all, &n, err);
	if (!st)
		st = note_sleepers(k, tasks ? tasks : all, n, ret, err);
	free(all);
	/* What is read now must be of after this. */
	mi_target_refresh(k->t);
	return st;
}

void mi_sleepers_free(struct mi_sleepers *s)
{
	mi_addrmap_free(&s->by_task);
	free(s->since);
}

bool mi_still_sleeps(struct mi_kernel *k, const struct mi_sleepers *s, const struct mi_task *task)
{
	const struct mi_problems before = k->problems;
	struct mi_task now;
	uint64_t when;
	size_t i;
	bool same;

	if (!is_live(k))
		return true;
	mi_look_again(k->t);
	same = mi_addrmap_get(&s->by_task, task->addr, &i) && mi_task_at(k, task->addr, &now) &&
	       now.pid == task->pid && now.state == task->state &&
	       mi_left_cpu(k, task->addr, &when) && when == s->since[i];
	mi_look_end(k->t, false);
	k->problems = before;
	return same;
}

/* ---- requests ---- */

static bool same_request(const struct mi_rq *a, const struct mi_rq *b)
{
	return a->state == b->state && a->tag == b->tag && a->sched_tag == b->sched_tag &&
	       a->sector == b->sector && a->bytes == b->bytes && a->bio == b->bio &&
	       a->flags == b->flags;
}

/* Marks requests of @p that @later has not, or has otherwise; false: out of memory. */
static bool compare_requests(struct mi_pending *p, const struct mi_pending *later, size_t *changed)
{
	struct mi_addrmap by_addr = {0};
	bool ok = true;
	size_t i, at;

	*changed = 0;
	for (i = 0; i < later->n_rq && ok; i++)
		if (!mi_addrmap_get(&by_addr, later->rq[i].rq.addr, &at))
			ok = mi_addrmap_put(&by_addr, later->rq[i].rq.addr, i);
	for (i = 0; i < p->n_rq && ok; i++) {
		p->rq[i].unstable = !mi_addrmap_get(&by_addr, p->rq[i].rq.addr, &at) ||
				    !same_request(&p->rq[i].rq, &later->rq[at].rq);
		*changed += p->rq[i].unstable;
	}
	mi_addrmap_free(&by_addr);
	return ok;
}

enum mi_status mi_pending_settled(struct mi_kernel *k, const char *device, struct mi_pending **ret,
				  struct mi_error *err)
{
	const struct mi_problems before = k->problems;
	struct mi_pending *p, *later;
	struct mi_problems first;
	unsigned int looks = 0;
	enum mi_status st;
	size_t changed;

	st = mi_pending_open(k, device, &p, err);
	while (!st && is_live(k)) {
		first = k->problems;
		k->problems = before;
		mi_look_again(k->t);
		st = mi_pending_open(k, device, &later, err);
		if (!st && !compare_requests(p, later, &changed)) {
			mi_pending_close(later);
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
		}
		changed = st || changed || mi_problem_count(&first) != mi_problem_count(&before);
		mi_look_end(k->t, changed);
		if (st) {
			mi_pending_close(p);
			break;
		}
		/* What is told is of the first of the two looks. */
		if (!changed || ++looks == LOOKS_MAX) {
			k->problems = first;
			mi_pending_close(later);
			break;
		}
		mi_pending_close(p);
		p = later;
	}
	if (!st)
		*ret = p;
	return st;
}
