/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_BLKDEV_H
#define MI_KERNEL_BLKDEV_H

#include "kernel.h"

/*
 * Block devices: the disks that somebody has open or that the kernel knows,
 * by the inodes of the block device file system. Before 5.11 a disk that
 * nobody has open has none; it has no requests either.
 */
#define MI_DISK_NAME 48 /* DISK_NAME_LEN is 32; and a partition */

struct mi_disk {
	uint64_t addr;	/* struct gendisk */
	uint64_t queue; /* struct request_queue */
	char name[MI_DISK_NAME];
	uint32_t major, minor;
	/* It has a request queue, of one of two kinds; else it passes bios on (dm, md, zram). */
	bool mq;     /* hardware queues (blk-mq) */
	bool single; /* the one queue of kernels up to 4.20 */
	uint32_t n_hctx;
	uint64_t elevator;  /* struct elevator_queue; 0: no scheduler */
	char scheduler[17]; /* "mq-deadline"; "" if there is none or it has no name */
};

/* All disks, sorted by device number. Free *ret. MI_ERR_MISSING: the feature is off. */
enum mi_status mi_disks(struct mi_kernel *k, struct mi_disk **ret, size_t *n, struct mi_error *err);

/* The hardware queue (struct blk_mq_hw_ctx) number @i of a disk; 0 if there is none. */
enum mi_read mi_hctx_at(struct mi_kernel *k, const struct mi_disk *d, uint32_t i, uint64_t *hctx);

/* The partition's number of a struct block_device (before 5.11: hd_struct); 0: the whole disk. */
bool mi_part_number(struct mi_kernel *k, uint64_t part, uint32_t *ret);

/* "vda", "vda1", "nvme0n1p1". */
void mi_part_name(const char *disk, uint32_t part, char buf[MI_DISK_NAME]);

/* Calls @fn for each inode of the block device file system. @fn: false if out of memory. */
typedef bool (*mi_inode_fn)(void *arg, struct mi_kernel *k, uint64_t inode);
enum mi_status mi_bdev_inodes(struct mi_kernel *k, mi_inode_fn fn, void *arg, struct mi_error *err);

/* The struct block_device that is in one piece with such an inode. */
uint64_t mi_inode_bdev(const struct mi_kernel *k, uint64_t inode);

/* "vda1" and 1, of a struct block_device. False: it has no disk, or cannot be read. */
bool mi_bdev_name(struct mi_kernel *k, uint64_t bdev, char buf[MI_DISK_NAME], uint32_t *part);

/* The name of the block device whose inode, in the block device file system, is @inode. */
bool mi_bdev_inode_name(struct mi_kernel *k, uint64_t inode, char buf[MI_DISK_NAME]);

#endif
