/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_FILE_H
#define MI_KERNEL_FILE_H

#include "kernel.h"

#define MI_PATH_MAX 4096

/* How an inode is named to people. */
struct mi_inode_name {
	uint64_t ino;
	uint32_t dev_major, dev_minor;
	char fs[32]; /* "ext4", "tmpfs"; "" if not known */
};

/* What is behind a struct file: inode, device, size, page cache. */
struct mi_file {
	uint64_t addr;		   /* struct file */
	uint64_t mapping;	   /* f_mapping: where its pages are cached */
	uint64_t inode;		   /* the host of the mapping: for a block device its bdev inode */
	struct mi_inode_name name; /* as /proc/PID/maps has it */
	/*
	 * overlayfs and FUSE passthrough map a file of another file system:
	 * that is where the pages are, and its number and device are here.
	 */
	bool backed;
	struct mi_inode_name backing;
	uint64_t backing_inode;
	uint32_t mode;
	uint64_t size;	  /* i_size in bytes */
	uint64_t nrpages; /* pages in the cache, as the kernel counts them */
	bool nrpages_known;
	/*
	 * Since the inode became dirty the last time, or writeback put it off; false: it never
	 * did, or that is not known. It may be clean again.
	 */
	bool dirtied_known;
	uint64_t dirtied_ago_ns;
	bool dax;
	bool hugetlbfs;
};

/* MI_ERR_MISSING if the feature is off, MI_ERR_READ if it cannot be read. */
enum mi_status mi_file_load(struct mi_kernel *k, uint64_t file, struct mi_file *ret,
			    struct mi_error *err);

/* The same from a page's mapping, where no struct file is at hand: addr is 0. */
enum mi_status mi_mapping_load(struct mi_kernel *k, uint64_t mapping, struct mi_file *ret,
			       struct mi_error *err);

/*
 * The path of @file as /proc/PID/maps shows it, from the root of its mount
 * namespace, bytes unescaped; " (deleted)" is appended for unlinked files. At
 * most MI_PATH_MAX - 1 bytes. What could not be read stands as "?" in the path.
 * False if nothing at all could be found (*buf is then "").
 */
bool mi_file_path(struct mi_kernel *k, uint64_t file, char buf[MI_PATH_MAX]);

/*
 * One of the names of an inode, from the root of its file system: where that is
 * mounted does not show. In other respects as mi_file_path().
 */
bool mi_inode_path(struct mi_kernel *k, uint64_t inode, char buf[MI_PATH_MAX]);

/* The dentry and the vfsmount that the user opened. False: cannot be read. */
bool mi_file_user_path(struct mi_kernel *k, uint64_t file, uint64_t *dentry, uint64_t *mnt);

#endif
