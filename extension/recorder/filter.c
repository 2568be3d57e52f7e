// SPDX-License-Identifier: GPL-2.0
#include <linux/hash.h>
#include <linux/string.h>

#include "filter.h"

unsigned long mr_filter_kinds;
unsigned int mr_sample = 1;

static struct mmaprec_filter filters[MR_FILTERS_MAX];
static unsigned int filter_n;

/*
 * Thread groups that pass, in a table that is searched from a hash on; 0 is a free place,
 * GONE one that was in use.
 */
#define TGID_BITS 12
#define TGID_PROBES 16
#define GONE (~0U)
static u32 tgids[1 << TGID_BITS];

static u32 *tgid_place(u32 tgid, unsigned int i)
{
	return &tgids[(hash_32(tgid, TGID_BITS) + i) & ((1 << TGID_BITS) - 1)];
}

static u32 *find_tgid(u32 tgid)
{
	unsigned int i;

	for (i = 0; i < TGID_PROBES; i++) {
		u32 *place = tgid_place(tgid, i);
		u32 is = READ_ONCE(*place);

		if (is == tgid)
			return place;
		if (!is)
			break;
	}
	return NULL;
}

bool mr_tgid_passes(u32 tgid)
{
	return find_tgid(tgid);
}

static int add_tgid(u32 tgid)
{
	unsigned int i;

	if (find_tgid(tgid))
		return 0;
	for (i = 0; i < TGID_PROBES; i++) {
		u32 *place = tgid_place(tgid, i);
		u32 is = READ_ONCE(*place);

		if ((!is || is == GONE) && cmpxchg(place, is, tgid) == is)
			return 0;
	}
	return -ENOSPC;
}

void mr_filter_forked(u32 parent, u32 child)
{
	/* Without a place it is filtered out, which is counted. */
	if (find_tgid(parent))
		add_tgid(child);
}

void mr_filter_exited(u32 tgid)
{
	u32 *place = find_tgid(tgid);

	if (place)
		WRITE_ONCE(*place, GONE);
}

bool mr_inode_passes(u64 ino, dev_t dev)
{
	unsigned long kinds = READ_ONCE(mr_filter_kinds), found = 0;
	unsigned int i, n = READ_ONCE(filter_n);

	for (i = 0; i < n; i++) {
		const struct mmaprec_filter *f = &filters[i];

		if (f->kind == MMAPREC_F_DEVICE && f->value == dev)
			found |= BIT(MMAPREC_F_DEVICE);
		if (f->kind == MMAPREC_F_INODE && f->value == ino && f->value2 == dev)
			found |= BIT(MMAPREC_F_INODE);
	}
	kinds &= BIT(MMAPREC_F_INODE) | BIT(MMAPREC_F_DEVICE);
	return (found & kinds) == kinds;
}

bool mr_host_passes(const struct inode *host)
{
	return mr_task_passes() && mr_file_passes(host->i_ino, host->i_sb->s_dev);
}

bool mr_disk_passes(dev_t disk, dev_t part)
{
	unsigned int i, n = READ_ONCE(filter_n);

	for (i = 0; i < n; i++)
		if (filters[i].kind == MMAPREC_F_DEVICE &&
		    (filters[i].value == disk || filters[i].value == part))
			return true;
	return false;
}

static struct mmaprec_filter *find(enum mmaprec_filter_kind kind, u64 value, u64 value2)
{
	unsigned int i;

	for (i = 0; i < filter_n; i++)
		if (filters[i].kind == kind && filters[i].value == value &&
		    filters[i].value2 == value2)
			return &filters[i];
	return NULL;
}

static void find_kinds(void)
{
	unsigned long kinds = 0;
	unsigned int i;

	for (i = 0; i < filter_n; i++)
		kinds |= BIT(filters[i].kind);
	WRITE_ONCE(mr_filter_kinds, kinds);
}

int mr_filter_add(enum mmaprec_filter_kind kind, u64 value, u64 value2)
{
	struct mmaprec_filter *f = &filters[filter_n];
	int err;

	if (find(kind, value, value2))
		return -EEXIST;
	if (filter_n == MR_FILTERS_MAX)
		return -ENOSPC;
	if (kind == MMAPREC_F_TGID) {
		err = add_tgid(value);
		if (err)
			return err;
	}
	f->kind = kind;
	f->value = value;
	f->value2 = value2;
	smp_store_release(&filter_n, filter_n + 1);
	find_kinds();
	return 0;
}

int mr_filter_remove(enum mmaprec_filter_kind kind, u64 value, u64 value2)
{
	struct mmaprec_filter *f = find(kind, value, value2);

	if (!f)
		return -ENOENT;
	if (kind == MMAPREC_F_TGID)
		mr_filter_exited(value);
	*f = filters[filter_n - 1];
	WRITE_ONCE(filter_n, filter_n - 1);
	memset(&filters[filter_n], 0, sizeof(*f));
	find_kinds();
	return 0;
}

static struct mmaprec_filter *find_kind(enum mmaprec_filter_kind kind)
{
	unsigned int i;

	for (i = 0; i < filter_n; i++)
		if (filters[i].kind == kind)
			return &filters[i];
	return NULL;
}

int mr_filter_set(enum mmaprec_filter_kind kind, u64 value)
{
	struct mmaprec_filter *f = find_kind(kind);

	if (!value)
		return f ? mr_filter_remove(kind, f->value, 0) : 0;
	if (!f)
		return mr_filter_add(kind, value, 0);
	WRITE_ONCE(f->value, value);
	return 0;
}

void mr_filters_clear(void)
{
	WRITE_ONCE(mr_filter_kinds, 0);
	WRITE_ONCE(filter_n, 0);
	memset(filters, 0, sizeof(filters));
	memset(tgids, 0, sizeof(tgids));
	WRITE_ONCE(mr_sample, 1);
}

void mr_filters_publish(struct mmaprec_filter *to)
{
	memcpy(to, filters, sizeof(filters));
}
