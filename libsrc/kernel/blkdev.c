// SPDX-License-Identifier: GPL-2.0-or-later
/* blkdev.c - disks and their queues */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "blkdev.h"
#include "single.h"
#include "xarray.h"

#define DISKS_MAX 16384 /* far more than any machine has; a list that lies ends here */
#define INODES_MAX 65536
#define MINOR_MAX 0xfffff /* 20 bits */
#define PARTNO_BITS 0xff  /* BD_PARTNO, include/linux/blk_types.h */

/* ---- names ---- */

static bool plain(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isgraph((unsigned char)*c))
			return false;
	return c != name;
}

static bool disk_name(struct mi_kernel *k, uint64_t disk, char buf[MI_DISK_NAME])
{
	const struct mi_member *m = &k->l.disk_name;
	uint32_t size = m->count < 33 ? m->count : 33;

	memset(buf, 0, MI_DISK_NAME);
	if (mi_read_virt(k->t, disk + (uint64_t)m->off, buf, size))
		return false;
	buf[32] = '\0';
	return plain(buf);
}

void mi_part_name(const char *disk, uint32_t part, char buf[MI_DISK_NAME])
{
	size_t n = strlen(disk);
	bool digit = n && isdigit((unsigned char)disk[n - 1]);

	if (part)
		snprintf(buf, MI_DISK_NAME, "%.32s%s%u", disk, digit ? "p" : "", part);
	else
		snprintf(buf, MI_DISK_NAME, "%.32s", disk);
}

bool mi_part_number(struct mi_kernel *k, uint64_t part, uint32_t *ret)
{
	const struct mi_layout *l = &k->l;
	uint64_t v = 0;
	enum mi_read r;

	if (!strcmp(l->rq_part.type_name, "hd_struct")) {
		if (!mi_has(&l->hd_partno) || mi_read_member(k->t, part, &l->hd_partno, &v))
			return false;
	} else {
		if (mi_has(&l->bdev_partno))
			r = mi_read_member(k->t, part, &l->bdev_partno, &v);
		else if (mi_has(&l->bdev_flags))
			r = mi_read_member(k->t, part, &l->bdev_flags, &v);
		else
			return false;
		if (r)
			return false;
		v &= PARTNO_BITS;
	}
	*ret = (uint32_t)v;
	return v < 65536;
}

uint64_t mi_inode_bdev(const struct mi_kernel *k, uint64_t inode)
{
	return inode - (uint64_t)k->l.bdev_inode_inode.off + (uint64_t)k->l.bdev_inode_bdev.off;
}

bool mi_bdev_name(struct mi_kernel *k, uint64_t bdev, char buf[MI_DISK_NAME], uint32_t *part)
{
	const struct mi_layout *l = &k->l;
	uint64_t disk, v = 0;
	char name[MI_DISK_NAME];

	if (mi_read_member(k->t, bdev, &l->bdev_disk, &disk) || !disk || !disk_name(k, disk, name))
		return false;
	if (mi_has(&l->bdev_partno)
		    ? mi_read_member(k->t, bdev, &l->bdev_partno, &v)
		    : !mi_has(&l->bdev_flags) || mi_read_member(k->t, bdev, &l->bdev_flags, &v))
		return false;
	*part = (uint32_t)v & PARTNO_BITS;
	mi_part_name(name, *part, buf);
	return true;
}

bool mi_bdev_inode_name(struct mi_kernel *k, uint64_t inode, char buf[MI_DISK_NAME])
{
	uint32_t part;

	return mi_feature(k, MI_F_BLOCK, NULL) &&
	       mi_bdev_name(k, mi_inode_bdev(k, inode), buf, &part);
}

/* ---- disks ---- */

static void scheduler_name(struct mi_kernel *k, struct mi_disk *d)
{
	const struct mi_layout *l = &k->l;
	uint64_t type, at;

	if (!d->elevator || !mi_has(&l->elevator_type) || !mi_has(&l->elevator_name) ||
	    mi_read_member(k->t, d->elevator, &l->elevator_type, &type) || !type)
		return;
	at = type + (uint64_t)l->elevator_name.off;
	if (l->elevator_name.cls == MI_TYPE_POINTER && mi_read_ulong(k->t, at, &at))
		return;
	if (mi_read_string(k->t, at, d->scheduler, sizeof(d->scheduler)) || !plain(d->scheduler))
		d->scheduler[0] = '\0';
}

static enum mi_read load_queue(struct mi_kernel *k, struct mi_disk *d)
{
	const struct mi_layout *l = &k->l;
	uint64_t ops = 0, n = 0, fn = 0;
	enum mi_read r = MI_READ_OK;

	if (mi_has(&l->queue_mq_ops))
		r = mi_read_member(k->t, d->queue, &l->queue_mq_ops, &ops);
	if (!r)
		r = mi_read_member(k->t, d->queue, &l->queue_elevator, &d->elevator);
	if (!r && mi_has(&l->queue_nr_hctx))
		r = mi_read_member(k->t, d->queue, &l->queue_nr_hctx, &n);
	if (!r && mi_single_known(l))
		r = mi_read_member(k->t, d->queue, &l->queue_request_fn, &fn);
	if (r)
		return r;
	d->mq = ops != 0;
	d->single = fn && !d->mq;
	d->n_hctx = d->mq ? (uint32_t)n : 0;
	scheduler_name(k, d);
	return MI_READ_OK;
}

enum mi_read mi_hctx_at(struct mi_kernel *k, const struct mi_disk *d, uint32_t i, uint64_t *hctx)
{
	const struct mi_layout *l = &k->l;
	uint64_t array;
	enum mi_read r;

	*hctx = 0;
	if (mi_has(&l->queue_hctx_table))
		return mi_xa_load(k, d->queue + (uint64_t)l->queue_hctx_table.off, i, hctx);
	if (!mi_has(&l->queue_hctx_array))
		return MI_READ_DAMAGED;
	r = mi_read_member(k->t, d->queue, &l->queue_hctx_array, &array);
	return r ? r : mi_read_ulong(k->t, array + (uint64_t)mi_word_size(k->t) * i, hctx);
}

static enum mi_read load_disk(struct mi_kernel *k, uint64_t addr, struct mi_disk *d)
{
	const struct mi_layout *l = &k->l;
	uint64_t major, minor;
	enum mi_read r;

	memset(d, 0, sizeof(*d));
	d->addr = addr;
	r = mi_read_member(k->t, addr, &l->disk_queue, &d->queue);
	if (!r)
		r = mi_read_member(k->t, addr, &l->disk_major, &major);
	if (!r)
		r = mi_read_member(k->t, addr, &l->disk_first_minor, &minor);
	if (r)
		return r;
	d->major = (uint32_t)major;
	d->minor = (uint32_t)minor;
	if (!disk_name(k, addr, d->name) || minor > MINOR_MAX || !d->queue)
		return MI_READ_DAMAGED;
	return load_queue(k, d);
}

struct list {
	struct mi_disk *disk;
	size_t n, room;
};

static bool known(const struct list *list, uint64_t addr)
{
	size_t i;

	/* Partitions follow their disk, mostly. */
	for (i = list->n; i > 0; i--)
		if (list->disk[i - 1].addr == addr)
			return true;
	return false;
}

static bool add(struct mi_kernel *k, struct list *list, uint64_t addr)
{
	struct mi_disk *more;
	enum mi_read r;

	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		more = realloc(list->disk, list->room * sizeof(*more));
		if (!more)
			return false;
		list->disk = more;
	}
	r = load_disk(k, addr, &list->disk[list->n]);
	if (!r)
		list->n++;
	else if (r == MI_READ_DAMAGED)
		mi_problem_bad(&k->problems, "gendisk", addr, "is none",
			       "the requests of a disk are missing");
	else
		mi_problem_read(&k->problems, "gendisk", addr, r,
				"the requests of a disk are missing");
	return true;
}

/* One inode of the block device file system: its disk, if there is one, into the list. */
static bool visit(void *arg, struct mi_kernel *k, uint64_t inode)
{
	const struct mi_layout *l = &k->l;
	struct list *list = arg;
	uint64_t bdev, disk;
	enum mi_read r;

	bdev = mi_inode_bdev(k, inode);
	r = mi_read_member(k->t, bdev, &l->bdev_disk, &disk);
	if (r) {
		mi_problem_read(&k->problems, "block_device", bdev, r, "a disk may be missing");
		return true;
	}
	/* The root directory of that file system, and devices that nobody has open. */
	if (!disk || known(list, disk))
		return true;
	if (list->n >= DISKS_MAX) {
		mi_problem_bad(&k->problems, "gendisk", disk, "is one of more than there can be",
			       "disks are missing");
		return true;
	}
	return add(k, list, disk);
}

static int by_number(const void *a, const void *b)
{
	const struct mi_disk *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

enum mi_status mi_bdev_inodes(struct mi_kernel *k, mi_inode_fn fn, void *arg, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t sb, node, steps = 0;
	struct mi_list li;
	const char *why;
	enum mi_read r;

	if (!mi_feature(k, MI_F_BLOCK, &why))
		return mi_fail(err, MI_ERR_MISSING, "no block requests: %s", why);
	r = mi_read_ulong(k->t, l->sym_blockdev_superblock, &sb);
	if (r || !sb)
		return mi_fail(err, MI_ERR_READ, "blockdev_superblock: %s",
			       r ? mi_read_text(r) : "is not set");
	mi_list_start(&li, k, sb + (uint64_t)l->sb_inodes.off, "list of block devices");
	while (mi_list_next(&li, &node)) {
		if (++steps > INODES_MAX) {
			mi_problem_bad(&k->problems, "list of block devices", node,
				       "is longer than it can be", "disks are missing");
			break;
		}
		if (!fn(arg, k, node - (uint64_t)l->inode_sb_list.off))
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	return MI_OK;
}

enum mi_status mi_disks(struct mi_kernel *k, struct mi_disk **ret, size_t *n, struct mi_error *err)
{
	struct list list = {0};
	enum mi_status st = mi_bdev_inodes(k, visit, &list, err);

	if (st) {
		free(list.disk);
		return st;
	}
	if (list.n)
		qsort(list.disk, list.n, sizeof(*list.disk), by_number);
	*ret = list.disk;
	*n = list.n;
	return MI_OK;
}
