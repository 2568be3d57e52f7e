/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_FILTER_H
#define MMAPREC_FILTER_H

#include <linux/fs.h>

#include "ring.h"

#define MR_FILTERS_MAX 64

/* Bits of enum mmaprec_filter_kind: which kinds have entries. Tested before anything else. */
extern unsigned long mr_filter_kinds;
/* Of minor faults every so many are recorded; 1: all. */
extern unsigned int mr_sample;

/*
 * Under mr_lock. -ENOSPC: there are too many; -EEXIST, -ENOENT. Who runs meanwhile goes by
 * the old or the new filters.
 */
int mr_filter_add(enum mmaprec_filter_kind kind, u64 value, u64 value2);
int mr_filter_remove(enum mmaprec_filter_kind kind, u64 value, u64 value2);
/* Kinds that have one value: 0 takes it away. */
int mr_filter_set(enum mmaprec_filter_kind kind, u64 value);
void mr_filters_clear(void);
/* Copies all of them, MR_FILTERS_MAX entries. */
void mr_filters_publish(struct mmaprec_filter *to);

/* Thread groups that descend from those asked for. */
void mr_filter_forked(u32 parent, u32 child);
void mr_filter_exited(u32 tgid);

bool mr_tgid_passes(u32 tgid);
bool mr_inode_passes(u64 ino, dev_t dev);
bool mr_disk_passes(dev_t disk, dev_t part);

static __always_inline bool mr_filtered(bool passes)
{
	if (passes)
		return false;
	this_cpu_inc(mr_ring.filtered);
	return true;
}

/* Does the running task pass? */
static __always_inline bool mr_task_passes(void)
{
	return likely(!(READ_ONCE(mr_filter_kinds) & BIT(MMAPREC_F_TGID))) ||
	       mr_tgid_passes(current->tgid);
}

/* What is about a file; without one it passes only where files are not asked for. */
static __always_inline bool mr_file_passes(u64 ino, dev_t dev)
{
	return likely(!(READ_ONCE(mr_filter_kinds) &
			(BIT(MMAPREC_F_INODE) | BIT(MMAPREC_F_DEVICE)))) ||
	       mr_inode_passes(ino, dev);
}

/* Both for what is about a file: one look, as long as nobody asks. */
bool mr_host_passes(const struct inode *host);

static __always_inline bool mr_passes(const struct inode *host)
{
	return likely(!(READ_ONCE(mr_filter_kinds) &
			(BIT(MMAPREC_F_TGID) | BIT(MMAPREC_F_INODE) | BIT(MMAPREC_F_DEVICE)))) ||
	       mr_host_passes(host);
}

/*
 * What is about a block device: it may be of any file, and happen in any task. Which device it
 * is costs three looks into memory: only if somebody asks.
 */
#define mr_block_passes(disk, part)                                                                \
	(likely(!(READ_ONCE(mr_filter_kinds) & BIT(MMAPREC_F_DEVICE))) ||                          \
	 mr_disk_passes(disk, part))

#endif
