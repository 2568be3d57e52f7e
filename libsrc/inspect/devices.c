// SPDX-License-Identifier: GPL-2.0-or-later
/* devices.c - ways through block devices that stand on others */
#include <stdlib.h>
#include <string.h>

#include "devices.h"

#define LOOKS_MAX 4096 /* of one search: what stands on itself, or too often, ends here */

enum mi_status mi_devices_open(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			       struct mi_devices **ret, struct mi_error *err)
{
	struct mi_devices *d = calloc(1, sizeof(*d));
	enum mi_status st;
	size_t i;

	if (d)
		d->stacked = calloc(n_disks + 1, sizeof(*d->stacked));
	if (!d || !d->stacked) {
		free(d);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	d->k = k;
	d->disks = disks;
	d->n_disks = n_disks;
	st = mi_bdevs_load(k, disks, n_disks, &d->bdevs, err);
	if (st) {
		mi_devices_close(d);
		return st;
	}
	for (i = 0; i < n_disks; i++)
		mi_stacked_load(k, &disks[i], &d->stacked[i]);
	*ret = d;
	return MI_OK;
}

void mi_devices_close(struct mi_devices *d)
{
	if (!d)
		return;
	mi_bdevs_free(&d->bdevs);
	free(d->stacked);
	free(d);
}

/* ---- from a file ---- */

static bool add_top(struct mi_tops *t, size_t bdev)
{
	size_t i, *more;

	for (i = 0; i < t->n; i++)
		if (t->list[i] == bdev)
			return true;
	more = realloc(t->list, (t->n + 1) * sizeof(*more));
	if (!more)
		return false;
	t->list = more;
	t->list[t->n++] = bdev;
	return true;
}

/* Is @sb the only super block of its type? */
static bool only_one(struct mi_kernel *k, uint64_t sb, uint64_t type)
{
	const struct mi_layout *l = &k->l;
	uint64_t first, next;

	return mi_has(&l->fs_type_supers) && mi_has(&l->sb_instances) && mi_has(&l->hlist_next) &&
	       !mi_read_member(k->t, type, &l->fs_type_supers, &first) &&
	       first == sb + (uint64_t)l->sb_instances.off &&
	       !mi_read_member(k->t, first, &l->hlist_next, &next) && !next;
}

/*
 * Devices know who has them: a super block since 6.5 (btrfs: 6.17), the type of a file
 * system before. That is one super block if there is only one of the type.
 */
static bool add_held(const struct mi_devices *d, uint64_t sb, struct mi_tops *t)
{
	struct mi_kernel *k = d->k;
	bool of_type = false, sole;
	uint64_t type;
	size_t i;

	if (!mi_has(&k->l.bdev_holder) || mi_read_member(k->t, sb, &k->l.sb_type, &type)) {
		t->whole = t->n > 0;
		return true;
	}
	sole = only_one(k, sb, type);
	for (i = 0; i < d->bdevs.n; i++) {
		uint64_t holder = d->bdevs.bdev[i].holder;

		if (!holder || (holder != sb && holder != type))
			continue;
		of_type |= holder == type && !sole;
		if ((holder == sb || sole) && !add_top(t, i))
			return false;
	}
	if (of_type && !t->n)
		t->whole = false;
	return true;
}

bool mi_devices_of_file(const struct mi_devices *d, const struct mi_file *file, struct mi_tops *ret)
{
	const struct mi_layout *l = &d->k->l;
	uint64_t sb, bdev = 0;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	if (!strcmp(file->name.fs, "bdev")) {
		i = mi_bdevs_find(&d->bdevs, mi_inode_bdev(d->k, file->inode));
		ret->whole = i < d->bdevs.n;
		return i == d->bdevs.n || add_top(ret, i);
	}
	if (mi_read_member(d->k->t, file->inode, &l->inode_sb, &sb) || !mi_has(&l->sb_bdev) ||
	    mi_read_member(d->k->t, sb, &l->sb_bdev, &bdev))
		return true;
	ret->whole = true;
	i = bdev ? mi_bdevs_find(&d->bdevs, bdev) : d->bdevs.n;
	if (i < d->bdevs.n && !add_top(ret, i))
		return false;
	ret->whole = !bdev || ret->n;
	return add_held(d, sb, ret);
}

/* ---- down ---- */

struct search {
	const struct mi_devices *d;
	size_t disk;
	uint32_t part;
	struct mi_step *found; /* the first way; NULL: it does not matter */
	size_t n;	       /* its length */
	size_t ways, enough;   /* how many there are, and at how many to stop */
	size_t looks;
};

static size_t put(struct mi_step *path, size_t n, size_t disk, uint32_t part)
{
	if (part)
		path[n++] = (struct mi_step){disk, part};
	path[n++] = (struct mi_step){disk, 0};
	return n;
}

/* From @bdev on, with the first @n steps of @path made. */
static void descend(struct search *s, size_t bdev, struct mi_step *path, size_t n)
{
	const struct mi_bdevs *b = &s->d->bdevs;
	const struct mi_bdev *at = &b->bdev[bdev];
	size_t first, count, i;

	if (n + 2 > MI_STEPS_MAX || ++s->looks > LOOKS_MAX)
		return;
	n = put(path, n, at->disk, at->part);
	if (at->disk == s->disk) {
		if (s->part != MI_ANY_PART && at->part != s->part)
			return;
		if (!s->ways++ && s->found) {
			memcpy(s->found, path, n * sizeof(*path));
			s->n = n;
		}
		return;
	}
	first = mi_bdevs_below(b, at->disk, &count);
	for (i = 0; i < count && s->ways < s->enough; i++)
		descend(s, b->stands[first + i].below, path, n);
}

size_t mi_devices_way(const struct mi_devices *d, const struct mi_tops *tops, size_t disk,
		      uint32_t part, struct mi_step path[MI_STEPS_MAX])
{
	struct search s = {.d = d, .disk = disk, .part = part, .found = path, .enough = 2};
	struct mi_step made[MI_STEPS_MAX];
	size_t i;

	for (i = 0; i < tops->n && s.ways < s.enough; i++)
		descend(&s, tops->list[i], made, 0);
	return s.ways == 1 && s.looks <= LOOKS_MAX ? s.n : 0;
}

void mi_step_name(const struct mi_devices *d, const struct mi_step *s, char buf[MI_DISK_NAME])
{
	mi_part_name(d->disks[s->disk].name, s->part, buf);
}

bool mi_devices_above(const struct mi_devices *d, size_t upper, size_t lower)
{
	struct search s = {.d = d, .disk = lower, .part = MI_ANY_PART, .enough = 1};
	struct mi_step made[MI_STEPS_MAX];
	size_t first, n, i;

	first = mi_bdevs_below(&d->bdevs, upper, &n);
	for (i = 0; i < n && !s.ways; i++)
		descend(&s, d->bdevs.stands[first + i].below, made, 0);
	return s.ways > 0;
}

static bool own_pages(const struct mi_devices *d, size_t bdev, size_t depth, size_t *looks,
		      size_t *disk)
{
	const struct mi_bdevs *b = &d->bdevs;
	size_t at = b->bdev[bdev].disk, first, n, i;

	if (depth > MI_STEPS_MAX || ++*looks > LOOKS_MAX)
		return false;
	if (d->stacked[at].kind != MI_STACK_NONE && d->stacked[at].pages != MI_STACK_SAME_PAGES) {
		*disk = at;
		return true;
	}
	first = mi_bdevs_below(b, at, &n);
	for (i = 0; i < n; i++)
		if (own_pages(d, b->stands[first + i].below, depth + 1, looks, disk))
			return true;
	return false;
}

bool mi_devices_own_pages(const struct mi_devices *d, size_t top, size_t *disk, bool *known)
{
	size_t looks = 0;

	if (!own_pages(d, top, 0, &looks, disk))
		return false;
	*known = d->stacked[*disk].pages == MI_STACK_OWN_PAGES;
	return true;
}
