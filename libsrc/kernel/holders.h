/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_HOLDERS_H
#define MI_KERNEL_HOLDERS_H

#include "blkdev.h"

/*
 * Which block devices a disk stands on, as /sys/block/DISK/slaves has it: what device
 * mapper, md and bcache tell the kernel. Of loop devices and file systems the kernel
 * keeps no such list.
 */

/* A disk, or a partition of one. */
struct mi_bdev {
	uint64_t addr;	 /* struct block_device */
	size_t disk;	 /* index */
	uint32_t part;	 /* 0: the whole disk */
	uint64_t holder; /* who has it for himself: what that points to is his affair; 0: nobody */
};

/* Disk @above (index) stands on the block device @below (index). */
struct mi_stands {
	size_t above, below;
};

struct mi_bdevs {
	struct mi_bdev *bdev; /* those with a disk, sorted by address */
	size_t n;
	struct mi_stands *stands; /* sorted by @above, then by disk and partition below */
	size_t n_stands;
	bool stands_known; /* else MI_F_HOLDERS says why not */
};

/* Zeroes and fills *ret; mi_bdevs_free() it, also after an error. */
enum mi_status mi_bdevs_load(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			     struct mi_bdevs *ret, struct mi_error *err);
void mi_bdevs_free(struct mi_bdevs *b);

/* The index of the struct block_device at @addr; b->n: it is none that has a disk. */
size_t mi_bdevs_find(const struct mi_bdevs *b, uint64_t addr);

/* The first of the devices that disk @above stands on, as index of stands[]; how many: *n. */
size_t mi_bdevs_below(const struct mi_bdevs *b, size_t above, size_t *n);

#endif
