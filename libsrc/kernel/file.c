// SPDX-License-Identifier: GPL-2.0-or-later
/* file.c - from struct file to inode, device, size and cache */
#include "file.h"
#include "tick.h"

#define S_DAX 0x2000 /* inode->i_flags; 1 << 13 since 5.11, and on x86 always with FS_DAX */

/* dev_t inside the kernel: include/linux/kdev_t.h */
#define MINOR_BITS 20

static void fs_name(struct mi_kernel *k, uint64_t sb, char *buf, size_t size)
{
	const struct mi_layout *l = &k->l;
	uint64_t type, name;

	buf[0] = '\0';
	if (!mi_has(&l->sb_type) || !mi_has(&l->fs_type_name))
		return;
	if (!mi_read_member(k->t, sb, &l->sb_type, &type) &&
	    !mi_read_member(k->t, type, &l->fs_type_name, &name))
		mi_read_string(k->t, name, buf, size);
}

static enum mi_read name_inode(struct mi_kernel *k, uint64_t inode, struct mi_inode_name *name)
{
	const struct mi_layout *l = &k->l;
	uint64_t sb, dev;
	enum mi_read r;

	r = mi_read_member(k->t, inode, &l->inode_ino, &name->ino);
	if (!r)
		r = mi_read_member(k->t, inode, &l->inode_sb, &sb);
	if (!r)
		r = mi_read_member(k->t, sb, &l->sb_dev, &dev);
	if (r)
		return r;
	name->dev_major = (uint32_t)(dev >> MINOR_BITS);
	name->dev_minor = (uint32_t)(dev & ((1U << MINOR_BITS) - 1));
	fs_name(k, sb, name->fs, sizeof(name->fs));
	return MI_READ_OK;
}

/*
 * What the user opened may be the inode of another file system than @inode, which
 * the file has: then that one's pages are mapped. maps shows the number of the
 * inode that the user opened only where the kernel keeps his path apart.
 */
static void find_backing(struct mi_kernel *k, uint64_t file, uint64_t inode, struct mi_file *f)
{
	const struct mi_layout *l = &k->l;
	uint64_t dentry, mnt, own, user, sb, user_sb = 0;
	struct mi_inode_name name;
	enum mi_read r;

	if (!mi_has(&l->dentry_inode) || !mi_file_user_path(k, file, &dentry, &mnt))
		return;
	r = mi_read_member(k->t, dentry, &l->dentry_inode, &user);
	if (!r && (!user || user == inode))
		return;
	if (!r)
		r = mi_read_member(k->t, inode, &l->inode_sb, &sb);
	if (!r)
		r = mi_read_member(k->t, user, &l->inode_sb, &user_sb);
	if (!r && sb == user_sb)
		return;
	f->backed = !r;
	f->backing = f->name;
	f->backing_inode = inode;
	if (!r)
		r = mi_read_member(k->t, file, &l->file_dentry, &own);
	if (!r && own != dentry) {
		r = name_inode(k, user, &name);
		if (!r)
			f->name = name;
	}
	if (r)
		mi_problem_read(&k->problems, "inode that was opened", dentry, r,
				"the number and the device may be of the file behind it");
}

static enum mi_read load_inode(struct mi_kernel *k, uint64_t inode, struct mi_file *f)
{
	const struct mi_layout *l = &k->l;
	uint64_t mode, flags;
	enum mi_read r;

	r = name_inode(k, inode, &f->name);
	if (!r)
		r = mi_read_member(k->t, inode, &l->inode_mode, &mode);
	if (r)
		return r;
	f->mode = (uint32_t)mode;
	if (mi_has(&l->inode_flags) && !mi_read_member(k->t, inode, &l->inode_flags, &flags))
		f->dax = flags & S_DAX;
	f->hugetlbfs = !strcmp(f->name.fs, "hugetlbfs");
	return MI_READ_OK;
}

static enum mi_status unreadable(struct mi_kernel *k, const char *what, uint64_t addr,
				 enum mi_read r, struct mi_error *err)
{
	mi_problem_read(&k->problems, what, addr, r, "the file is unknown");
	return mi_fail(err, MI_ERR_READ, "%s %016llx: %s", what, (unsigned long long)addr,
		       mi_read_text(r));
}

static enum mi_read inode_of(struct mi_kernel *k, uint64_t file, uint64_t *inode)
{
	const struct mi_layout *l = &k->l;
	uint64_t dentry;
	enum mi_read r;

	if (mi_has(&l->file_inode))
		return mi_read_member(k->t, file, &l->file_inode, inode);
	r = mi_read_member(k->t, file, &l->file_dentry, &dentry);
	return r ? r : mi_read_member(k->t, dentry, &l->dentry_inode, inode);
}

/* Pages and size are the host's: a block device's node has none of its own. */
static enum mi_read host_of(struct mi_kernel *k, uint64_t mapping, uint64_t own, uint64_t *host)
{
	const struct mi_layout *l = &k->l;
	enum mi_read r = MI_READ_DAMAGED;

	if (mi_has(&l->as_host))
		r = mi_read_member(k->t, mapping, &l->as_host, host);
	if (!r && *host)
		return MI_READ_OK;
	*host = own;
	if (mi_has(&l->inode_data) && mapping == own + (uint64_t)l->inode_data.off)
		return MI_READ_OK;
	return r ? r : MI_READ_DAMAGED;
}

/* The kernel's first tick is not 0: that is an inode that was never dirty. */
static void load_dirtied(struct mi_kernel *k, struct mi_file *f)
{
	const struct mi_member *m = &k->l.inode_dirtied;
	uint64_t since;

	f->dirtied_known = mi_has(m) && !mi_read_member(k->t, f->inode, m, &since) && since &&
			   mi_ticks_ago(k, since, m->size, &f->dirtied_ago_ns);
}

enum mi_status mi_file_load(struct mi_kernel *k, uint64_t file, struct mi_file *ret,
			    struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	uint64_t inode;
	const char *why;
	enum mi_read r;

	memset(ret, 0, sizeof(*ret));
	ret->addr = file;
	if (!mi_feature(k, MI_F_FILE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no files: %s", why);
	r = inode_of(k, file, &inode);
	if (!r)
		r = mi_read_member(k->t, file, &l->file_mapping, &ret->mapping);
	if (!r)
		r = load_inode(k, inode, ret);
	if (r)
		return unreadable(k, "struct file", file, r, err);
	find_backing(k, file, inode, ret);
	r = host_of(k, ret->mapping, inode, &ret->inode);
	if (r)
		return unreadable(k, "address_space", ret->mapping, r, err);
	r = mi_read_member(k->t, ret->inode, &l->inode_size, &ret->size);
	if (r)
		return unreadable(k, "inode", ret->inode, r, err);
	if (mi_has(&l->as_nrpages))
		ret->nrpages_known =
			!mi_read_member(k->t, ret->mapping, &l->as_nrpages, &ret->nrpages);
	load_dirtied(k, ret);
	return MI_OK;
}

enum mi_status mi_mapping_load(struct mi_kernel *k, uint64_t mapping, struct mi_file *ret,
			       struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	const char *why;
	enum mi_read r;

	memset(ret, 0, sizeof(*ret));
	ret->mapping = mapping;
	if (!mi_feature(k, MI_F_FILE, &why) || !mi_feature(k, MI_F_CACHE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no files: %s", why);
	r = mi_read_member(k->t, mapping, &l->as_host, &ret->inode);
	if (!r && !ret->inode)
		r = MI_READ_DAMAGED;
	if (!r)
		r = load_inode(k, ret->inode, ret);
	if (!r)
		r = mi_read_member(k->t, ret->inode, &l->inode_size, &ret->size);
	return r ? unreadable(k, "address_space", mapping, r, err) : MI_OK;
}
