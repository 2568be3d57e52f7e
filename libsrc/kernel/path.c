// SPDX-License-Identifier: GPL-2.0-or-later
/* path.c - the path name of a file, up through dentries and mounts */
#include "file.h"

#define STEPS_MAX 2048 /* components and mounts: no path has so many */
#define NAME_BYTES_MAX 255

/* The path is built from its end, as fs/d_path.c does. */
struct builder {
	struct mi_kernel *k;
	char *buf;
	size_t at; /* first used byte */
	bool cut;
};

static void prepend(struct builder *b, const char *s, size_t n)
{
	if (b->cut || n > b->at) {
		b->cut = true;
		return;
	}
	b->at -= n;
	memcpy(b->buf + b->at, s, n);
}

static bool dentry_name(struct mi_kernel *k, uint64_t dentry, char *buf, size_t *len)
{
	const struct mi_layout *l = &k->l;
	uint64_t name, n;

	if (mi_read_member(k->t, dentry, &l->dentry_name, &name) ||
	    mi_read_member(k->t, dentry, &l->dentry_len, &n) || !n || n > NAME_BYTES_MAX)
		return false;
	*len = n;
	return mi_read_virt(k->t, name, buf, n) == MI_READ_OK;
}

/* What is above cannot be read: the path is not whole, and shows it. */
static void prepend_unread(struct builder *b, const char *what, uint64_t addr, enum mi_read why)
{
	mi_problem_read(&b->k->problems, what, addr, why, "paths are not whole");
	prepend(b, "/?", 2);
}

static void prepend_component(struct builder *b, uint64_t dentry)
{
	char name[NAME_BYTES_MAX];
	size_t n;

	if (dentry_name(b->k, dentry, name, &n))
		prepend(b, name, n);
	else
		prepend(b, "?", 1);
	prepend(b, "/", 1);
}

struct place {
	uint64_t dentry;
	uint64_t mnt; /* struct vfsmount */
};

/* From the root of a mount to where it is mounted; at the top nothing changes. */
static enum mi_read cross_mount(struct mi_kernel *k, struct place *p, bool *top)
{
	const struct mi_layout *l = &k->l;
	const struct mi_member *up = &l->vfsmount_parent, *at = &l->vfsmount_mountpoint;
	uint64_t parent, point, mnt = 0; /* struct vfsmount within what has the members */
	enum mi_read r;

	*top = true;
	if (mi_has(&l->mount_mnt) && mi_has(&l->mount_parent) && mi_has(&l->mount_mountpoint)) {
		up = &l->mount_parent;
		at = &l->mount_mountpoint;
		mnt = (uint64_t)l->mount_mnt.off;
	}
	if (!mi_has(up) || !mi_has(at))
		return MI_READ_OK;
	r = mi_read_member(k->t, p->mnt - mnt, up, &parent);
	if (!r)
		r = mi_read_member(k->t, p->mnt - mnt, at, &point);
	if (r || parent == p->mnt - mnt)
		return r;
	p->mnt = parent + mnt;
	p->dentry = point;
	*top = false;
	return MI_READ_OK;
}

static void climb(struct builder *b, struct place p)
{
	const struct mi_layout *l = &b->k->l;
	uint64_t root, parent;
	enum mi_read mount, r;
	bool top;
	int step;

	for (step = 0; step < STEPS_MAX && !b->cut; step++) {
		mount = p.mnt ? mi_read_member(b->k->t, p.mnt, &l->vfsmount_root, &root)
			      : MI_READ_OK;
		if (p.mnt && !mount && p.dentry == root) {
			mount = cross_mount(b->k, &p, &top);
			if (!mount && !top)
				continue;
			if (mount)
				prepend_unread(b, "mount", p.mnt, mount);
			return;
		}
		r = mi_read_member(b->k->t, p.dentry, &l->dentry_parent, &parent);
		if (r) {
			prepend_unread(b, "dentry", p.dentry, r);
			return;
		}
		if (parent == p.dentry) {
			/* The root of the file system, which is mounted somewhere. */
			if (mount)
				prepend_unread(b, "mount", p.mnt, mount);
			return;
		}
		prepend_component(b, p.dentry);
		p.dentry = parent;
	}
	b->cut = true;
}

/* Up to 2.6.37 by a flag: what is taken out of the hash keeps its links. */
#define DCACHE_UNHASHED 0x10

static bool flagged_unhashed(struct mi_kernel *k, uint64_t dentry)
{
	uint64_t flags;

	return mi_has(&k->l.dentry_flags) &&
	       !mi_read_member(k->t, dentry, &k->l.dentry_flags, &flags) && flags & DCACHE_UNHASHED;
}

static bool unlinked(struct mi_kernel *k, uint64_t dentry)
{
	const struct mi_layout *l = &k->l;
	uint64_t pprev, parent;

	if (!strcmp(l->dentry_hash.type_name, "hlist_node"))
		return flagged_unhashed(k, dentry) &&
		       !mi_read_member(k->t, dentry, &l->dentry_parent, &parent) &&
		       parent != dentry;
	return mi_has(&l->dentry_hash_pprev) &&
	       !mi_read_member(k->t, dentry, &l->dentry_hash_pprev, &pprev) && !pprev &&
	       !mi_read_member(k->t, dentry, &l->dentry_parent, &parent) && parent != dentry;
}

/*
 * Files of internal mounts print their names themselves (d_dname): memfd and
 * shared anonymous memory by simple_dname(), anonymous inodes by their own.
 */
static bool own_name(struct mi_kernel *k, uint64_t dentry, char *buf)
{
	const struct mi_layout *l = &k->l;
	uint64_t ops, fn, offset;
	const char *sym;
	size_t n;

	if (!mi_has(&l->dentry_op) || !mi_has(&l->dop_dname) ||
	    mi_read_member(k->t, dentry, &l->dentry_op, &ops) || !ops ||
	    mi_read_member(k->t, ops, &l->dop_dname, &fn) || !fn)
		return false;
	sym = mi_symbol_name(k->t, fn, &offset);
	if (sym && !offset && !strcmp(sym, "simple_dname")) {
		buf[0] = '/';
		if (!dentry_name(k, dentry, buf + 1, &n))
			return false;
		memcpy(buf + 1 + n, " (deleted)", sizeof(" (deleted)"));
		return true;
	}
	/* anon_inodefs_dname and its like */
	memcpy(buf, "anon_inode:", 11);
	if (!dentry_name(k, dentry, buf + 11, &n))
		return false;
	buf[11 + n] = '\0';
	return true;
}

/* FMODE_BACKING: 1 << 25 when it came, 1 << 24 later; the macro is in no type data. */
#define MODES_BACKING (3ULL << 24)

/*
 * The path behind struct file, if it is a struct backing_file. Neither bit of
 * the mode alone means that in all kernels: the mount and the dentry behind it
 * must also agree on their super_block.
 */
static bool backing_path(struct mi_kernel *k, uint64_t file, uint64_t *dentry, uint64_t *mnt)
{
	const struct mi_layout *l = &k->l;
	uint64_t mode, of_mnt, of_dentry;
	enum mi_read r;

	if (!mi_has(&l->backing_dentry) || !mi_has(&l->backing_mnt) || !mi_has(&l->dentry_sb) ||
	    !mi_has(&l->vfsmount_sb) || !mi_has(&l->file_mode) ||
	    mi_read_member(k->t, file, &l->file_mode, &mode) || !(mode & MODES_BACKING))
		return false;
	r = mi_read_member(k->t, file, &l->backing_dentry, dentry);
	if (!r)
		r = mi_read_member(k->t, file, &l->backing_mnt, mnt);
	if (!r && (!*dentry || !*mnt))
		return false;
	if (!r)
		r = mi_read_member(k->t, *mnt, &l->vfsmount_sb, &of_mnt);
	if (!r)
		r = mi_read_member(k->t, *dentry, &l->dentry_sb, &of_dentry);
	/* Of another struct file the words behind it are no pointers. */
	if (r && r != MI_READ_UNMAPPED)
		mi_problem_read(&k->problems, "struct backing_file", file, r,
				"the path and the inode may be of the file behind it");
	return !r && of_mnt && of_mnt == of_dentry;
}

bool mi_file_user_path(struct mi_kernel *k, uint64_t file, uint64_t *dentry, uint64_t *mnt)
{
	const struct mi_layout *l = &k->l;

	if (!mi_feature(k, MI_F_PATH, NULL))
		return false;
	return backing_path(k, file, dentry, mnt) ||
	       (!mi_read_member(k->t, file, &l->file_dentry, dentry) &&
		!mi_read_member(k->t, file, &l->file_mnt, mnt));
}

/* @p's mnt 0: up to the root of the file system, not further. */
static void build_path(struct mi_kernel *k, struct place p, char buf[MI_PATH_MAX])
{
	struct builder b = {.k = k, .buf = buf, .at = MI_PATH_MAX - 1};
	size_t n;

	buf[b.at] = '\0';
	if (unlinked(k, p.dentry))
		prepend(&b, " (deleted)", 10);
	climb(&b, p);
	if (b.at == MI_PATH_MAX - 1)
		prepend(&b, "/", 1);
	if (b.cut && b.at >= 3)
		memcpy(buf + (b.at -= 3), "...", 3);
	n = MI_PATH_MAX - b.at;
	memmove(buf, buf + b.at, n);
}

bool mi_file_path(struct mi_kernel *k, uint64_t file, char buf[MI_PATH_MAX])
{
	struct place p;

	buf[0] = '\0';
	if (!mi_file_user_path(k, file, &p.dentry, &p.mnt))
		return false;
	if (!own_name(k, p.dentry, buf))
		build_path(k, p, buf);
	return true;
}

bool mi_inode_path(struct mi_kernel *k, uint64_t inode, char buf[MI_PATH_MAX])
{
	const struct mi_layout *l = &k->l;
	struct place p = {0, 0};
	uint64_t alias;

	buf[0] = '\0';
	if (!mi_feature(k, MI_F_PATH, NULL) || !mi_has(&l->inode_first_alias) ||
	    !mi_has(&l->dentry_alias) ||
	    mi_read_member(k->t, inode, &l->inode_first_alias, &alias) || !alias)
		return false;
	/* A list, before 3.6, ends where it begins. */
	if (!mi_has(&l->inode_aliases) || alias == inode + (uint64_t)l->inode_aliases.off)
		return false;
	p.dentry = alias - (uint64_t)l->dentry_alias.off;
	build_path(k, p, buf);
	return true;
}
