/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base_3_10.h - structures that 3.10, RHEL 7 and 3.16 have alike
 */
#ifndef SYNTH_BASE_3_10_H
#define SYNTH_BASE_3_10_H

#define rcu_head callback_head
#include "base.h"

enum rq_cmd_type_bits {
	REQ_TYPE_FS = 1,
	REQ_TYPE_BLOCK_PC,
	REQ_TYPE_SENSE,
	REQ_TYPE_PM_SUSPEND,
	REQ_TYPE_PM_RESUME,
	REQ_TYPE_PM_SHUTDOWN,
	REQ_TYPE_SPECIAL,
	REQ_TYPE_ATA_TASKFILE,
	REQ_TYPE_ATA_PC,
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __attribute__((aligned(sizeof(long))));

struct uts_namespace {
	struct kref kref;
	struct new_utsname name;
	struct user_namespace *user_ns;
	unsigned int proc_inum;
};

/* ---- tasks ---- */

struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;
	struct list_head group_node;
	unsigned int on_rq;
	u64 exec_start;
	u64 sum_exec_runtime;
	u64 vruntime;
	u64 prev_sum_exec_runtime;
	u64 nr_migrations;
	GAP(256);
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
	unsigned long long last_arrival, last_queued;
};

/* ---- address spaces of processes ---- */

#ifndef K_ARM64
typedef struct {
	void *ldt;
	int size;
	unsigned short ia32_compat;
	struct mutex lock;
	void *vdso;
} mm_context_t;
#endif

struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list_head same_vma;
	struct rb_node rb;
	unsigned long rb_subtree_last;
};

/* ---- files ---- */

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct dentry_operations {
	void *d_revalidate;
	void *d_weak_revalidate;
	void *d_hash;
	void *d_compare;
	void *d_delete;
	void *d_release;
	void *d_prune;
	void *d_iput;
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);
	void *d_automount;
	void *d_manage;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct address_space_operations {
	void *writepage;
	void *readpage;
	void *writepages;
	void *set_page_dirty;
	void *readpages;
	void *write_begin;
	void *write_end;
	void *bmap;
	void *invalidatepage;
	void *releasepage;
	void *freepage;
	void *direct_IO;
	void *get_xip_mem;
	void *migratepage;
	void *launder_page;
	void *is_partially_uptodate;
	void *error_remove_page;
	void *swap_activate;
	void *swap_deactivate;
};

struct file_system_type {
	const char *name;
	int fs_flags;
	void *mount;
	void *kill_sb;
	struct module *owner;
	struct file_system_type *next;
	struct hlist_head fs_supers;
};

struct backing_dev_info {
	struct list_head bdi_list;
	unsigned long ra_pages;
	unsigned long state;
	unsigned int capabilities;
	void *congested_fn;
	void *congested_data;
	char *name;
	GAP(512);
	struct device *dev;
	GAP(96);
};

/* ---- block devices ---- */

struct block_device {
	dev_t bd_dev;
	int bd_openers;
	struct inode *bd_inode;
	struct super_block *bd_super;
	struct mutex bd_mutex;
	struct list_head bd_inodes;
	void *bd_claiming;
	void *bd_holder;
	int bd_holders;
	bool bd_write_holder;
	struct list_head bd_holder_disks;
	struct block_device *bd_contains;
	unsigned bd_block_size;
	struct hd_struct *bd_part;
	unsigned bd_part_count;
	int bd_invalidated;
	struct gendisk *bd_disk;
	struct request_queue *bd_queue;
	struct list_head bd_list;
	unsigned long bd_private;
	int bd_fsfreeze_count;
	struct mutex bd_fsfreeze_mutex;
};

struct hd_struct {
	sector_t start_sect;
	sector_t nr_sects;
	unsigned int nr_sects_seq;
	sector_t alignment_offset;
	unsigned int discard_alignment;
	GAP(640);
	struct kobject *holder_dir;
	int policy, partno;
	void *info;
	unsigned long stamp;
	atomic_t in_flight[2];
	void *dkstats;
	atomic_t ref;
	struct rcu_head rcu_head;
};

struct gendisk {
	int major;
	int first_minor;
	int minors;
	char disk_name[32];
	void *devnode;
	unsigned int events;
	unsigned int async_events;
	struct disk_part_tbl *part_tbl;
	struct hd_struct part0;
	const struct block_device_operations *fops;
	struct request_queue *queue;
	void *private_data;
	int flags;
	void *driverfs_dev;
	struct kobject *slave_dir;
	void *random;
	atomic_t sync_io;
	void *ev;
	void *integrity;
	int node_id;
};

struct elevator_type {
	void *icq_cache;
	GAP(152);
	size_t icq_size;
	size_t icq_align;
	void *elevator_attrs;
	char elevator_name[16];
	struct module *elevator_owner;
	char icq_cache_name[21];
	struct list_head list;
};

#endif
