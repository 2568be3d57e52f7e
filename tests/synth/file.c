// SPDX-License-Identifier: GPL-2.0-or-later
/* file.c - file systems, mounts, directories, files */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define S_IFREG 0100000
#define S_IFDIR 0040000
#define FMODE_READ 1
#define FMODE_WRITE 2
#define DCACHE_REFERENCED 0x8
#define RA_PAGES 32
#define DCACHE_UNHASHED 0x10
#define LIST_POISON2 0x200200UL

struct s_file *s_files;

static unsigned long next_ino = 2;
static struct backing_dev_info *tmpfs_bdi;
static struct {
	struct dentry *dentry;
	struct hlist_head bucket;
} * hash;

/* @device: its name in sysfs, NULL: it is not there. */
static struct backing_dev_info *bdi_new(const char *name, unsigned long ra_pages,
					const char *device)
{
	struct backing_dev_info *bdi = ram_alloc(sizeof(*bdi));

	bdi->name = K(ram_string(name));
	bdi->ra_pages = ra_pages;
	list_init(&bdi->bdi_list);
	if (device) {
		struct device *dev = ram_alloc(sizeof(*dev));

		dev->kobj.name = K(ram_string(device));
		bdi->dev = K(dev);
	}
	return bdi;
}

void fs_init(void)
{
	list_init(SYM(struct list_head, super_blocks));
	tmpfs_bdi = bdi_new("tmpfs", 0, NULL);
	/* One bucket of the dentry hash serves all. */
	hash = ram_alloc(sizeof(*hash));
	SYM(struct vm_operations_struct, shmem_vm_ops)->fault = FN(shmem_fault);
	SYM(struct vm_operations_struct, generic_file_vm_ops)->fault = FN(filemap_fault);
	SYM(struct vm_operations_struct, ext4_file_vm_ops)->fault = FN(filemap_fault);
	SYM(struct vm_operations_struct, ext4_file_vm_ops)->page_mkwrite = FN(ext4_page_mkwrite);
	SYM(struct vm_operations_struct, hugetlb_vm_ops)->fault = FN(hugetlb_vm_op_fault);
	SYM(struct vm_operations_struct, special_mapping_vmops)->fault = FN(special_mapping_fault);
#ifdef K_REMAP_PAGES
	SYM(struct vm_operations_struct, shmem_vm_ops)->remap_pages = FN(generic_file_remap_pages);
	SYM(struct vm_operations_struct, ext4_file_vm_ops)->remap_pages =
		FN(generic_file_remap_pages);
	SYM(struct vm_operations_struct, generic_file_vm_ops)->remap_pages =
		FN(generic_file_remap_pages);
#endif
}

/* ---- inodes ---- */

static struct inode *inode_in_container(struct s_fs *fs)
{
	if (!strcmp(fs->type, "tmpfs")) {
		struct shmem_inode_info *info = ram_alloc(sizeof(*info));

		list_init(&info->swaplist);
		return &info->vfs_inode;
	}
	return ram_alloc(sizeof(struct inode));
}

static void mapping_init(struct address_space *as, struct inode *inode, struct s_fs *fs)
{
	as->host = K(inode);
	as->a_ops = K(fs->aops);
	as->page_tree.gfp_mask = 0x20;
	as->flags = 0x200da;
	as->backing_dev_info = fs->sb->s_bdi ? fs->sb->s_bdi : K(tmpfs_bdi);
	list_init(&as->private_list);
	list_init(&as->i_mmap_nonlinear);
}

static struct inode *inode_new(struct s_fs *fs, umode_t mode, uint64_t size)
{
	struct inode *inode = inode_in_container(fs);

	inode->i_mode = mode;
	inode->i_sb = K(fs->sb);
	inode->i_ino = next_ino++;
	inode->i_size = (loff_t)size;
	inode->i_blkbits = 12;
	inode->i_count.counter = 1;
	inode->i_mapping = K(&inode->i_data);
	mapping_init(&inode->i_data, inode, fs);
#ifdef K_DENTRY_LIST
	list_init(&inode->i_dentry);
#endif
	list_add_tail(&inode->i_sb_list, &fs->sb->s_inodes);
	return inode;
}

/* ---- directories ---- */

static void dentry_hash(struct dentry *d)
{
	/* All that is looked at is whether it is in a hash: pprev. */
	struct hlist_node *node = (struct hlist_node *)&d->d_hash;

	hlist_add_head(node, &hash->bucket);
}

static struct dentry *dentry_new(struct dentry *parent, const char *name, size_t len,
				 struct inode *inode)
{
	struct dentry *d = ram_alloc(sizeof(*d));
	char *text = (char *)d->d_iname;

	/* What does not fit is allocated. */
	if (len >= sizeof(d->d_iname))
		text = ram_alloc(len + 1);
	memcpy(text, name, len);
	d->d_name.name = K((unsigned char *)text);
	d->d_name.len = (unsigned int)len;
	d->d_parent = K(parent ? parent : d);
	d->d_inode = K(inode);
	d->d_sb = inode->i_sb;
	d->d_flags = DCACHE_REFERENCED;
	list_init(&d->d_subdirs);
#ifdef K_DENTRY_LIST
	list_add(&d->d_alias, &inode->i_dentry);
#else
	hlist_add_head(&d->d_alias, &inode->i_dentry);
#endif
	if (parent) {
		list_add(&d->d_u.d_child, &parent->d_subdirs);
		dentry_hash(d);
	}
	return d;
}

static struct dentry *find_child(struct dentry *parent, const char *name, size_t len)
{
	struct list_head *at;

	for (at = H(parent->d_subdirs.next); at != &parent->d_subdirs; at = H(at->next)) {
		struct dentry *d =
			(struct dentry *)((char *)at - offsetof(struct dentry, d_u.d_child));

		if (d->d_name.len == len && !memcmp(H(d->d_name.name), name, len))
			return d;
	}
	return NULL;
}

/* The directory of @path, made if it has to be; *@base: the last component. */
static struct dentry *directory_of(struct s_fs *fs, const char *path, const char **base)
{
	struct dentry *dir = fs->root, *child;
	const char *slash;

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		size_t len = (size_t)(slash - path);

		child = find_child(dir, path, len);
		dir = child ? child
			    : dentry_new(dir, path, len, inode_new(fs, S_IFDIR | 0755, 4096));
	}
	*base = path;
	return dir;
}

/* ---- mounts ---- */

static struct super_block *sb_new(struct s_fs *fs, unsigned int major, unsigned int minor)
{
	struct super_block *sb = ram_alloc(sizeof(*sb));

	fs->fs_type = ram_alloc(sizeof(*fs->fs_type));
	fs->fs_type->name = K(ram_string(fs->type));
	sb->s_type = K(fs->fs_type);
	sb->s_dev = major << 20 | minor;
	sb->s_blocksize_bits =
		strcmp(fs->type, "hugetlbfs") ? PAGE_SHIFT : PAGE_SHIFT + K_HUGE_ORDER;
	sb->s_blocksize = 1UL << sb->s_blocksize_bits;
	strcpy(sb->s_id, fs->type);
	list_init(&sb->s_inodes);
	if (major) {
		char device[32];

		snprintf(device, sizeof(device), "%u:%u", major, minor);
		sb->s_bdi = K(bdi_new("block", RA_PAGES, device));
	}
	list_add_tail(&sb->s_list, SYM(struct list_head, super_blocks));
	return sb;
}

static struct dentry *mountpoint_in(struct s_fs *parent, const char *at)
{
	char path[128];
	const char *base;

	snprintf(path, sizeof(path), "%s/", at + 1);
	return directory_of(parent, path, &base);
}

static struct vfsmount *mount_new(struct s_fs *fs, const char *at, struct s_fs *parent)
{
#ifdef K_STRUCT_MOUNT
	struct mount *m = ram_alloc(sizeof(*m));
	struct vfsmount *mnt = &m->mnt;

	m->mnt_devname = K(ram_string(fs->type));
	m->mnt_parent =
		K(parent ? (struct mount *)((char *)parent->mnt - offsetof(struct mount, mnt)) : m);
	m->mnt_mountpoint = K(parent ? mountpoint_in(parent, at) : fs->root);
#else
	struct vfsmount *mnt = ram_alloc(sizeof(*mnt));

	mnt->mnt_devname = K(ram_string(fs->type));
	mnt->mnt_parent = K(parent ? parent->mnt : mnt);
	mnt->mnt_mountpoint = K(parent ? mountpoint_in(parent, at) : fs->root);
#endif
	mnt->mnt_root = K(fs->root);
	mnt->mnt_sb = K(fs->sb);
	return mnt;
}

static void choose_operations(struct s_fs *fs)
{
	if (!strcmp(fs->type, "tmpfs")) {
		fs->aops = SYM(struct address_space_operations, shmem_aops);
		fs->vm_ops = SYM(struct vm_operations_struct, shmem_vm_ops);
	} else if (!strcmp(fs->type, "hugetlbfs")) {
		fs->aops = SYM(struct address_space_operations, hugetlbfs_aops);
		fs->vm_ops = SYM(struct vm_operations_struct, hugetlb_vm_ops);
	} else if (!strcmp(fs->type, "ramfs")) {
		fs->aops = SYM(struct address_space_operations, ramfs_aops);
		fs->vm_ops = SYM(struct vm_operations_struct, generic_file_vm_ops);
	} else if (!strcmp(fs->type, "bdev")) {
		fs->aops = SYM(struct address_space_operations, def_blk_aops);
	} else {
		fs->aops = SYM(struct address_space_operations, ext4_da_aops);
		fs->vm_ops = SYM(struct vm_operations_struct, ext4_file_vm_ops);
	}
}

struct s_fs *fs_mount(const char *type, const char *at, struct s_fs *parent, unsigned int major,
		      unsigned int minor)
{
	struct s_fs *fs = note_alloc(sizeof(*fs));

	fs->type = type;
	fs->at = at;
	fs->major = major;
	fs->minor = minor;
	choose_operations(fs);
	fs->sb = sb_new(fs, major, minor);
	fs->root = dentry_new(NULL, "/", 1, inode_new(fs, S_IFDIR | 0755, 4096));
	fs->sb->s_root = K(fs->root);
	fs->mnt = mount_new(fs, at, parent);
	return fs;
}

/* ---- files ---- */

static struct file *open_file(struct s_file *f)
{
	struct file *file = ram_alloc(sizeof(*file));

	file->f_path.mnt = K(f->fs->mnt);
	file->f_path.dentry = K(f->dentry);
#ifdef K_INODE_IN_FILE
	file->f_inode = K(f->inode);
#endif
	file->f_count.counter = 1;
	file->f_mode = FMODE_READ | FMODE_WRITE;
	file->f_mapping = K(f->mapping);
	file->f_ra.ra_pages = f->fs->major ? RA_PAGES : 0;
	file->f_ra.prev_pos = -1;
	return file;
}

struct file *file_open_again(struct s_file *f)
{
	return open_file(f);
}

struct s_file *file_new(struct s_fs *fs, const char *path, uint64_t size)
{
	struct s_file *f = note_alloc(sizeof(*f));
	struct dentry *dir;
	const char *base;

	snprintf(f->path, sizeof(f->path), "%s/%s", strcmp(fs->at, "/") ? fs->at : "", path);
	f->fs = fs;
	f->size = size;
	dir = directory_of(fs, path, &base);
	f->inode = inode_new(fs, S_IFREG | 0644, size);
	f->mapping = &f->inode->i_data;
	f->dentry = dentry_new(dir, base, strlen(base), f->inode);
	f->file = open_file(f);
	f->next = s_files;
	s_files = f;
	return f;
}

/* d_delete() of an open file: out of the hash, and nothing more. */
void file_delete(struct s_file *f)
{
	struct hlist_node *node = (struct hlist_node *)&f->dentry->d_hash;
	struct hlist_node *next = H(node->next), **pprev = H(node->pprev);

	*pprev = node->next;
	if (next)
		next->pprev = node->pprev;
#ifdef K_DENTRY_FLAG_UNHASHED
	/* A flag tells it; the node is poisoned, not cleared. */
	f->dentry->d_flags |= DCACHE_UNHASHED;
	node->pprev = (struct hlist_node **)LIST_POISON2;
#else
	node->pprev = NULL;
#endif
	f->deleted = true;
	strcat(f->path, " (deleted)");
}
