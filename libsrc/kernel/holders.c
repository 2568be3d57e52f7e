// SPDX-License-Identifier: GPL-2.0-or-later
/* holders.c - block devices that stand on others */
#include <stdio.h>
#include <stdlib.h>

#include "holders.h"

#define STANDS_MAX 65536

struct disk_at {
	uint64_t addr;
	size_t disk;
};

struct load {
	struct mi_kernel *k;
	struct mi_bdevs *b;
	struct disk_at *at; /* disks by address */
	size_t n_disks;
	bool no_memory, full;
};

static int by_disk_address(const void *a, const void *b)
{
	const struct disk_at *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_address(const void *a, const void *b)
{
	const struct mi_bdev *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_above(const void *a, const void *b, void *arg)
{
	const struct mi_stands *x = a, *y = b;
	const struct mi_bdev *bdev = arg, *below = &bdev[x->below], *other = &bdev[y->below];

	if (x->above != y->above)
		return x->above < y->above ? -1 : 1;
	if (below->disk != other->disk)
		return below->disk < other->disk ? -1 : 1;
	return below->part < other->part ? -1 : below->part > other->part;
}

static bool find_disk(const struct load *w, uint64_t addr, size_t *disk)
{
	struct disk_at key = {.addr = addr}, *found;

	found = w->n_disks ? bsearch(&key, w->at, w->n_disks, sizeof(*w->at), by_disk_address)
			   : NULL;
	if (found)
		*disk = found->disk;
	return found != NULL;
}

/* Room doubles at each power of two. */
static bool room_for(void **list, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return true;
	more = realloc(*list, (n ? 2 * n : 1) * size);
	if (more)
		*list = more;
	return more != NULL;
}

/* ---- all block devices ---- */

static bool take(void *arg, struct mi_kernel *k, uint64_t inode)
{
	struct load *w = arg;
	struct mi_bdev one = {.addr = mi_inode_bdev(k, inode)};
	char name[MI_DISK_NAME];
	uint64_t disk;

	/* What cannot be read is a problem of mi_disks() already. */
	if (mi_read_member(k->t, one.addr, &k->l.bdev_disk, &disk) ||
	    !find_disk(w, disk, &one.disk) || !mi_bdev_name(k, one.addr, name, &one.part))
		return true;
	if (mi_has(&k->l.bdev_holder) &&
	    mi_read_member(k->t, one.addr, &k->l.bdev_holder, &one.holder))
		one.holder = 0;
	if (!room_for((void **)&w->b->bdev, w->b->n, sizeof(one)))
		return false;
	w->b->bdev[w->b->n++] = one;
	return true;
}

size_t mi_bdevs_find(const struct mi_bdevs *b, uint64_t addr)
{
	struct mi_bdev key = {.addr = addr}, *found;

	found = b->n ? bsearch(&key, b->bdev, b->n, sizeof(*b->bdev), by_address) : NULL;
	return found ? (size_t)(found - b->bdev) : b->n;
}

size_t mi_bdevs_below(const struct mi_bdevs *b, size_t above, size_t *n)
{
	size_t lo = 0, hi = b->n_stands;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->stands[mid].above < above)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < b->n_stands && b->stands[lo + *n].above == above; ++*n)
		;
	return lo;
}

/* ---- what stands on what ---- */

static void add(struct load *w, size_t above, size_t below)
{
	if (w->b->n_stands == STANDS_MAX) {
		if (!w->full)
			mi_problem_bad(&w->k->problems, "bd_holder_disk", w->b->bdev[below].addr,
				       "are more than can be", "what a disk stands on is missing");
		w->full = true;
		return;
	}
	w->no_memory |= !room_for((void **)&w->b->stands, w->b->n_stands, sizeof(*w->b->stands));
	if (!w->no_memory)
		w->b->stands[w->b->n_stands++] = (struct mi_stands){above, below};
}

static void unknown(struct load *w, uint64_t addr)
{
	mi_problem_bad(&w->k->problems, "bd_holder_disk", addr, "names no known block device",
		       "what a disk stands on is missing");
}

/* The block device below, as an entry of the upper disk's list names it. */
static enum mi_read below_of(struct load *w, uint64_t entry, size_t *below)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t addr, dir, back;
	enum mi_read r;

	if (mi_has(&l->holder_bdev)) {
		r = mi_read_member(w->k->t, entry, &l->holder_bdev, &addr);
		*below = r ? w->b->n : mi_bdevs_find(w->b, addr);
		return r;
	}
	/* A directory of the lower one's in sysfs: its parent is the device itself. */
	r = mi_read_member(w->k->t, entry, &l->holder_dir, &dir);
	if (!r)
		r = mi_read_member(w->k->t, dir, &l->kobj_parent, &addr);
	if (r)
		return r;
	addr -= (uint64_t)l->bdev_kobj.off;
	*below = mi_bdevs_find(w->b, addr);
	if (*below < w->b->n) {
		r = mi_read_member(w->k->t, addr, &l->bdev_holder_dir, &back);
		if (!r && back != dir)
			*below = w->b->n;
	}
	return r;
}

/* From above: a list of each disk. */
static void list_of_disk(struct load *w, uint64_t disk, size_t above)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t node, entry;
	struct mi_list li;
	size_t below = 0;
	enum mi_read r;

	mi_list_start(&li, w->k, disk + (uint64_t)l->disk_slaves.off, "list of lower devices");
	while (!w->no_memory && !w->full && mi_list_next(&li, &node)) {
		entry = node - (uint64_t)l->holder_list.off;
		r = below_of(w, entry, &below);
		if (r)
			mi_problem_read(&w->k->problems, "bd_holder_disk", entry, r,
					"what a disk stands on is missing");
		else if (below == w->b->n)
			unknown(w, entry);
		else
			add(w, above, below);
	}
}

/* From below: a list of each block device. */
static void list_of_bdev(struct load *w, uint64_t bdev, size_t below)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t node, entry, disk;
	struct mi_list li;
	size_t above;
	enum mi_read r;

	mi_list_start(&li, w->k, bdev + (uint64_t)l->bdev_holders_list.off,
		      "list of upper devices");
	while (!w->no_memory && !w->full && mi_list_next(&li, &node)) {
		entry = node - (uint64_t)l->holder_list.off;
		r = mi_read_member(w->k->t, entry, &l->holder_disk, &disk);
		if (r)
			mi_problem_read(&w->k->problems, "bd_holder_disk", entry, r,
					"what a disk stands on is missing");
		else if (!find_disk(w, disk, &above))
			unknown(w, entry);
		else
			add(w, above, below);
	}
}

static void load_stands(struct load *w, const struct mi_disk *disks)
{
	const struct mi_layout *l = &w->k->l;
	bool dirs = mi_has(&l->holder_dir) && mi_has(&l->kobj_parent) && mi_has(&l->bdev_kobj) &&
		    mi_has(&l->bdev_holder_dir);
	size_t i;

	w->b->stands_known = mi_has(&l->holder_list) &&
			     (mi_has(&l->disk_slaves)
				      ? mi_has(&l->holder_bdev) || dirs
				      : mi_has(&l->bdev_holders_list) && mi_has(&l->holder_disk));
	if (!w->b->stands_known) {
		w->k->l.off[MI_F_HOLDERS] = true;
		snprintf(w->k->l.why[MI_F_HOLDERS], sizeof(w->k->l.why[0]),
			 "struct bd_holder_disk or a list of such is of an unknown form");
		return;
	}
	if (mi_has(&l->disk_slaves))
		for (i = 0; i < w->n_disks; i++)
			list_of_disk(w, disks[i].addr, i);
	else
		for (i = 0; i < w->b->n; i++)
			list_of_bdev(w, w->b->bdev[i].addr, i);
	if (w->b->n_stands)
		qsort_r(w->b->stands, w->b->n_stands, sizeof(*w->b->stands), by_above, w->b->bdev);
}

enum mi_status mi_bdevs_load(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			     struct mi_bdevs *ret, struct mi_error *err)
{
	struct load w = {.k = k, .b = ret, .n_disks = n_disks};
	enum mi_status st;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	w.at = calloc(n_disks + 1, sizeof(*w.at));
	if (!w.at)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < n_disks; i++)
		w.at[i] = (struct disk_at){disks[i].addr, i};
	qsort(w.at, n_disks, sizeof(*w.at), by_disk_address);
	st = mi_bdev_inodes(k, take, &w, err);
	if (!st) {
		if (ret->n)
			qsort(ret->bdev, ret->n, sizeof(*ret->bdev), by_address);
		load_stands(&w, disks);
		if (w.no_memory)
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	free(w.at);
	return st;
}

void mi_bdevs_free(struct mi_bdevs *b)
{
	free(b->bdev);
	free(b->stands);
}
