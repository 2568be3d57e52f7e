/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_STACKED_H
#define MI_KERNEL_STACKED_H

#include "blkdev.h"

/*
 * Disks that are made of others, or of a file. Their structures belong to modules:
 * of a kernel that keeps no types of these, only the driver is known. What is said of
 * a disk is proved by a pointer of that structure back to the disk.
 */
enum mi_stack_kind {
	MI_STACK_NONE, /* none of these: a disk of its own, as far as is known */
	MI_STACK_DM,
	MI_STACK_MD,
	MI_STACK_LOOP,
	MI_STACK_NR,
};

/* Whether what is written to, or read from, the devices below lies in the pages of the bio above.
 */
enum mi_stack_pages {
	MI_STACK_SAME_PAGES,
	MI_STACK_OWN_PAGES,	/* some or all I/O: it is encrypted, computed, cached */
	MI_STACK_PAGES_UNKNOWN, /* what the disk does is not known */
};

#define MI_STACK_TEXT 136 /* DM_NAME_LEN is 128 */
#define MI_STACK_DRIVER 56

struct mi_stacked {
	enum mi_stack_kind kind;
	char driver[MI_STACK_DRIVER]; /* module of the disk's driver; "": built in, or unknown */
	bool known;		      /* its structure was found: what follows is valid */
	uint64_t addr;		      /* mapped_device, mddev, loop_device */
	char what[MI_STACK_TEXT];     /* dm: kinds of its targets, "linear,crypt"; md: "raid1" */
	char name[MI_STACK_TEXT];     /* dm: as dmsetup has it; "": unknown */
	bool suspended;		      /* dm */
	enum mi_stack_pages pages;
	uint64_t table, n_targets; /* dm: struct dm_table; 0: none is loaded */
	uint64_t file, offset;	   /* loop: struct file, where in it the disk begins; 0: none */
};

/* "dm", "md", "loop"; NULL for NONE. */
const char *mi_stack_word(enum mi_stack_kind kind);

/* What @d is. Something that cannot be read is a problem. */
void mi_stacked_load(struct mi_kernel *k, const struct mi_disk *d, struct mi_stacked *ret);

/*
 * Calls @fn for each target of a dm device: struct dm_target at @addr, of which @raw is a
 * copy, of the kind @type ("" if unknown).
 */
typedef void (*mi_dm_target_fn)(void *arg, uint64_t addr, const void *raw, const char *type);
void mi_dm_targets(struct mi_kernel *k, const struct mi_stacked *s, mi_dm_target_fn fn, void *arg);

#endif
