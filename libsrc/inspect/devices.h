/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_DEVICES_H
#define MI_INSPECT_DEVICES_H

#include "../kernel/file.h"
#include "../kernel/holders.h"
#include "../kernel/stacked.h"

/*
 * The block devices as one graph: what each disk is, what it stands on, and which
 * devices a file system stands on; so that a file on dm-0 leads to vdb1, and to vdb.
 */
struct mi_devices {
	struct mi_kernel *k;
	const struct mi_disk *disks; /* the caller's */
	size_t n_disks;
	struct mi_stacked *stacked; /* of each disk */
	struct mi_bdevs bdevs;
};

/* @disks must stay until mi_devices_close(). */
enum mi_status mi_devices_open(struct mi_kernel *k, const struct mi_disk *disks, size_t n_disks,
			       struct mi_devices **ret, struct mi_error *err);
void mi_devices_close(struct mi_devices *d); /* may be NULL */

/* Devices, as indices of bdevs. */
struct mi_tops {
	size_t *list; /* free() it */
	size_t n;
	bool whole; /* these are all that there are */
};

/*
 * The devices on which the file system of @file stands; of a block device itself, that
 * device. A file system without any (tmpfs, NFS) has none, and that is all.
 * False: out of memory.
 */
bool mi_devices_of_file(const struct mi_devices *d, const struct mi_file *file,
			struct mi_tops *ret);

/*
 * The way from one of the devices @tops down to a disk (index): the indices of disks,
 * with their partitions. Returns how many there are, top first, the disk last; 0: there is none, or
 * more than one. @part: that of the disk by which it must come, 0: by none; MI_ANY_PART.
 */
#define MI_ANY_PART UINT32_MAX
#define MI_STEPS_MAX 32
struct mi_step {
	size_t disk;
	uint32_t part; /* 0: the whole disk */
};
size_t mi_devices_way(const struct mi_devices *d, const struct mi_tops *tops, size_t disk,
		      uint32_t part, struct mi_step path[MI_STEPS_MAX]);
void mi_step_name(const struct mi_devices *d, const struct mi_step *s, char buf[MI_DISK_NAME]);

/* Does disk @upper stand on disk @lower, directly or not? */
bool mi_devices_above(const struct mi_devices *d, size_t upper, size_t lower);

/*
 * The first disk from @top down that may do I/O from other pages than those it was
 * given (*known: it does; else it is not known what it does). False: there is none.
 */
bool mi_devices_own_pages(const struct mi_devices *d, size_t top, size_t *disk, bool *known);

#endif
