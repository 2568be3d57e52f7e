/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FSKIND_H
#define MI_KERNEL_FSKIND_H

#include "kernel.h"

/*
 * Where the reads of a file system go. Only those of BLOCK reach a block queue as
 * its own; a task that waits for a page of another waits for something else than a
 * block request, whatever else the disks may do.
 */
enum mi_fs_way {
	MI_FS_UNKNOWN, /* its kind is not known here, and it has no block device */
	MI_FS_BLOCK,
	MI_FS_NETWORK, /* to another machine: NFS, CIFS, Ceph, 9p, AFS */
	MI_FS_SERVER,  /* to a process, or to the hypervisor: FUSE, virtiofs */
	MI_FS_LOWER,   /* to the file systems below it: overlay */
	MI_FS_MEMORY,  /* nowhere; pages come from memory, or from swap */
	MI_FS_WAY_NR,
};

/* By the name of its type, and whether super_block @sb (0: unknown) has a block device. */
enum mi_fs_way mi_fs_way(struct mi_kernel *k, const char *type, uint64_t sb);

/* False: its reads never reach a block queue. True as well if that is not known. */
bool mi_fs_may_use_queue(enum mi_fs_way way);

/* "network", ... for JSON; "unknown" if it is. And for people: "a server on the network". */
const char *mi_fs_way_word(enum mi_fs_way way);
const char *mi_fs_way_text(enum mi_fs_way way);

#endif
