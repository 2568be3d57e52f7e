/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base_2_6_32.h - structures that 2.6.32 and RHEL 6 have alike
 */
#ifndef SYNTH_BASE_2_6_32_H
#define SYNTH_BASE_2_6_32_H

#include "base.h"

enum zone_type {
	ZONE_DMA,
#ifdef K_NARROW
	ZONE_NORMAL,
	ZONE_HIGHMEM,
#else
	ZONE_DMA32,
	ZONE_NORMAL,
#endif
	ZONE_MOVABLE,
	__MAX_NR_ZONES
};

enum rq_cmd_type_bits {
	REQ_TYPE_FS = 1,
	REQ_TYPE_BLOCK_PC,
	REQ_TYPE_SENSE,
	REQ_TYPE_PM_SUSPEND,
	REQ_TYPE_PM_RESUME,
	REQ_TYPE_PM_SHUTDOWN,
	REQ_TYPE_SPECIAL,
	REQ_TYPE_LINUX_BLOCK,
	REQ_TYPE_ATA_TASKFILE,
	REQ_TYPE_ATA_PC,
};
typedef atomic_long_t mm_counter_t;

typedef struct {
	unsigned long val;
} swp_entry_t;

struct rb_node {
	unsigned long rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __attribute__((aligned(sizeof(long))));

struct uts_namespace {
	struct kref kref;
	struct new_utsname name;
};

/* ---- tasks ---- */

struct pid_namespace {
	struct kref kref;
	struct pidmap pidmap[128];
	int last_pid;
	struct task_struct *child_reaper;
	struct kmem_cache *pid_cachep;
	unsigned int level;
	struct pid_namespace *parent;
	struct vfsmount *proc_mnt;
	void *bacct;
};

struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;
	struct list_head group_node;
	unsigned int on_rq;
	u64 exec_start;
	u64 sum_exec_runtime;
	u64 vruntime;
	u64 prev_sum_exec_runtime;
	u64 last_wakeup;
	u64 avg_overlap;
	u64 nr_migrations;
	u64 start_runtime;
	u64 avg_wakeup;
	u64 avg_running;
	GAP(248);
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
	unsigned long long last_arrival, last_queued;
	unsigned int bkl_count;
};

struct signal_struct {
	atomic_t count;
	atomic_t live;
	GAP(24);
	struct task_struct *curr_target;
	GAP(800);
};

/* ---- address spaces of processes ---- */

typedef struct {
	void *ldt;
	int size;
	struct mutex lock;
	void *vdso;
} mm_context_t;

struct prio_tree_node {
	struct prio_tree_node *left;
	struct prio_tree_node *right;
	struct prio_tree_node *parent;
	unsigned long start;
	unsigned long last;
};

struct raw_prio_tree_node {
	struct prio_tree_node *left;
	struct prio_tree_node *right;
	struct prio_tree_node *parent;
};

struct prio_tree_root {
	struct prio_tree_node *prio_tree_node;
	unsigned short index_bits;
	unsigned short raw;
};

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *area);
	void (*close)(struct vm_area_struct *area);
	int (*fault)(struct vm_area_struct *vma, struct vm_fault *vmf);
	int (*page_mkwrite)(struct vm_area_struct *vma, struct vm_fault *vmf);
	int (*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int wr);
	void *set_policy;
	void *get_policy;
	void *migrate;
};

struct vm_fault {
	unsigned int flags;
	pgoff_t pgoff;
	void *virtual_address;
	struct page *page;
};

/* ---- pages and zones ---- */

struct page {
	unsigned long flags;
	atomic_t _count;
	union {
		atomic_t _mapcount;
		struct {
			u16 inuse;
			u16 objects;
		};
	};
	union {
		struct {
			unsigned long private;
			struct address_space *mapping;
		};
		spinlock_t ptl;
		struct kmem_cache *slab;
		struct page *first_page;
	};
	union {
		pgoff_t index;
		void *freelist;
	};
	struct list_head lru;
};

struct wait_bit_key {
	void *flags;
	int bit_nr;
};

struct wait_bit_queue {
	struct wait_bit_key key;
	wait_queue_t wait;
};

/* ---- files ---- */

struct radix_tree_root {
	unsigned int height;
	gfp_t gfp_mask;
	struct radix_tree_node *rnode;
};

struct address_space {
	struct inode *host;
	struct radix_tree_root page_tree;
	spinlock_t tree_lock;
	unsigned int i_mmap_writable;
	struct prio_tree_root i_mmap;
	struct list_head i_mmap_nonlinear;
	spinlock_t i_mmap_lock;
	unsigned int truncate_count;
	unsigned long nrpages;
	pgoff_t writeback_index;
	const struct address_space_operations *a_ops;
	unsigned long flags;
	struct backing_dev_info *backing_dev_info;
	spinlock_t private_lock;
	struct list_head private_list;
	struct address_space *assoc_mapping;
} __attribute__((aligned(sizeof(long))));

struct inode {
	struct hlist_node i_hash;
	struct list_head i_list;
	struct list_head i_sb_list;
	struct list_head i_dentry;
	unsigned long i_ino;
	atomic_t i_count;
	unsigned int i_nlink;
	unsigned int i_uid;
	unsigned int i_gid;
	dev_t i_rdev;
	u64 i_version;
	loff_t i_size;
	struct timespec i_atime;
	struct timespec i_mtime;
	struct timespec i_ctime;
	unsigned long i_blocks;
	unsigned int i_blkbits;
	unsigned short i_bytes;
	umode_t i_mode;
	spinlock_t i_lock;
	struct mutex i_mutex;
	struct rw_semaphore i_alloc_sem;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	struct super_block *i_sb;
	void *i_flock;
	struct address_space *i_mapping;
	struct address_space i_data;
	void *i_dquot[2];
	struct list_head i_devices;
	union {
		struct pipe_inode_info *i_pipe;
		struct block_device *i_bdev;
		struct cdev *i_cdev;
	};
	__u32 i_generation;
	__u32 i_fsnotify_mask;
	struct hlist_head i_fsnotify_mark_entries;
	struct list_head inotify_watches;
	struct mutex inotify_mutex;
	unsigned long i_state;
	unsigned long dirtied_when;
	unsigned int i_flags;
	atomic_t i_writecount;
	void *i_security;
	void *i_acl;
	void *i_default_acl;
	void *i_private;
};

struct qstr {
	unsigned int hash;
	unsigned int len;
	const unsigned char *name;
};

struct dentry {
	atomic_t d_count;
	unsigned int d_flags;
	spinlock_t d_lock;
	int d_mounted;
	struct inode *d_inode;
	struct hlist_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct list_head d_lru;
	union {
		struct list_head d_child;
		struct rcu_head d_rcu;
	} d_u;
	struct list_head d_subdirs;
	struct list_head d_alias;
	unsigned long d_time;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	void *d_fsdata;
	unsigned char d_iname[32];
};

struct super_block {
	struct list_head s_list;
	dev_t s_dev;
	unsigned long s_blocksize;
	unsigned char s_blocksize_bits;
	unsigned char s_dirt;
	loff_t s_maxbytes;
	struct file_system_type *s_type;
	const struct super_operations *s_op;
	void *dq_op;
	void *s_qcop;
	void *s_export_op;
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
	struct rw_semaphore s_umount;
	struct mutex s_lock;
	int s_count;
	int s_need_sync;
	atomic_t s_active;
	void *s_security;
	void *s_xattr;
	struct list_head s_inodes;
	struct hlist_head s_anon;
	struct list_head s_files;
	struct list_head s_dentry_lru;
	int s_nr_dentry_unused;
	struct block_device *s_bdev;
	struct backing_dev_info *s_bdi;
	struct mtd_info *s_mtd;
	struct list_head s_instances;
	GAP(300);
	int s_frozen;
	wait_queue_head_t s_wait_unfrozen;
	char s_id[32];
	void *s_fs_info;
	fmode_t s_mode;
	struct mutex s_vfs_rename_mutex;
	u32 s_time_gran;
	char *s_subtype;
	char *s_options;
};

struct address_space_operations {
	void *writepage;
	void *readpage;
	void *sync_page;
	void *writepages;
	void *set_page_dirty;
	void *readpages;
	void *write_begin;
	void *write_end;
	void *bmap;
	void *invalidatepage;
	void *releasepage;
	void *direct_IO;
	void *get_xip_mem;
	void *migratepage;
	void *launder_page;
	void *is_partially_uptodate;
	void *error_remove_page;
};

struct file_system_type {
	const char *name;
	int fs_flags;
	void *get_sb;
	void *kill_sb;
	struct module *owner;
	struct file_system_type *next;
	struct list_head fs_supers;
};

struct backing_dev_info {
	struct list_head bdi_list;
	struct rcu_head rcu_head;
	unsigned long ra_pages;
	unsigned long state;
	unsigned int capabilities;
	void *congested_fn;
	void *congested_data;
	void *unplug_io_fn;
	void *unplug_io_data;
	char *name;
	GAP(512);
	struct device *dev;
	GAP(96);
};

/* ---- block devices ---- */

struct elevator_type {
	struct list_head list;
	GAP(144);
	void *elevator_attrs;
	char elevator_name[16];
	struct module *elevator_owner;
};

struct bio {
	sector_t bi_sector;
	struct bio *bi_next;
	struct block_device *bi_bdev;
	unsigned long bi_flags;
	unsigned long bi_rw;
	unsigned short bi_vcnt;
	unsigned short bi_idx;
	unsigned int bi_phys_segments;
	unsigned int bi_size;
	unsigned int bi_seg_front_size;
	unsigned int bi_seg_back_size;
	unsigned int bi_max_vecs;
	unsigned int bi_comp_cpu;
	atomic_t bi_cnt;
	struct bio_vec *bi_io_vec;
	void *bi_end_io;
	void *bi_private;
	void *bi_integrity;
	void *bi_destructor;
	struct bio_vec bi_inline_vecs[0];
};

#endif
