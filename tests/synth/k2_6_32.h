/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k2_6_32.h - structures of Linux 2.6.32 for x86-64, as a distribution configures it; and for arm
 * (k2_6_32_arm.h), without NUMA, memory failure and migration
 *
 * SMP, NUMA, memory failure, migration, cgroups, split page table locks.
 */
#ifndef SYNTH_K2_6_32_H
#define SYNTH_K2_6_32_H

#include "base_2_6_32.h"
#ifdef K_ARM
#include "arm.h"
#else
#include "x86_64.h"
#endif

#ifndef K_RELEASE
#define K_RELEASE "2.6.32-synth"
#endif
#define K_VERSION "#1 SMP Thu Dec 3 03:51:21 UTC 2009"
#define K_BANNER_TOOLS "(build@synth) (gcc version 4.4.2 (GCC) )"

/* what the image's writer has to know of this kernel; see world.h */
#define K_LOG_BYTES 1
#define K_RADIX_HEIGHT 1
#define K_RADIX_TAGS 2
#define K_GFP_BITS 22
#define K_SLEEP_ON_PAGE sync_page
#ifndef K_ARM
#define K_PAGE_OFFSET 0xffff880000000000UL
#define K_VMEMMAP 0xffffea0000000000UL
/* loaded 6 MiB below where it is linked, as a relocatable kernel may be */
#define K_PHYS_BASE (-0x600000L)
#define K_KASLR 0
#endif
#define K_REQUEST_REF 1
#define K_BIO_MAX(n) (n)
#define K_NONLINEAR vm_set.list
#define K_ANON_VMA_LIST 1
#define K_RB_PARENT_COLOR 1
#define K_DENTRY_LIST 1
#define K_DENTRY_FLAG_UNHASHED 1
#define K_ELEVATOR_TYPE_MEMBER 1
#define K_ELEVATOR_HASH_POINTER 1

/*
 * Entries that are not present. FILE is bit 6, and the page's offset has the place of
 * an address. Swap: type in bits 5:1, offset from bit 9.
 */
#ifdef K_ARM
#define K_MAX_SWAPFILES 32
#else
#define K_FILE_PTE(index) ((index) << 12 | 0x40)
#define K_SWAP_PTE(type, offset) ((type) << 1 | (offset) << 9)
#define K_MAX_SWAPFILES 29 /* of 32: one for memory failure, two for migration */
#define K_SWP_HWPOISON 29
#define K_SWP_MIGRATION 30
#endif

enum pageflags {
	PG_locked,
	PG_error,
	PG_referenced,
	PG_uptodate,
	PG_dirty,
	PG_lru,
	PG_active,
	PG_slab,
	PG_owner_priv_1,
	PG_arch_1,
	PG_reserved,
	PG_private,
	PG_private_2,
	PG_writeback,
#ifdef K_PG_COMPOUND
	PG_compound,
#else
	PG_head,
	PG_tail,
#endif
	PG_swapcache,
	PG_mappedtodisk,
	PG_reclaim,
	PG_buddy,
	PG_swapbacked,
	PG_unevictable,
	PG_mlocked,
#ifndef K_ARM
	PG_uncached,
	PG_hwpoison,
#endif
	__NR_PAGEFLAGS,
	PG_checked = PG_owner_priv_1,
	PG_fscache = PG_private_2,
	PG_pinned = PG_owner_priv_1,
	PG_savepinned = PG_dirty,
	PG_slob_free = PG_private,
	PG_slub_frozen = PG_active,
	PG_slub_debug = PG_error,
};

#define MAX_NR_ZONES 4

enum rq_flag_bits {
	__REQ_RW,
	__REQ_FAILFAST_DEV,
	__REQ_FAILFAST_TRANSPORT,
	__REQ_FAILFAST_DRIVER,
	__REQ_DISCARD,
	__REQ_SORTED,
	__REQ_SOFTBARRIER,
	__REQ_HARDBARRIER,
	__REQ_FUA,
	__REQ_NOMERGE,
	__REQ_STARTED,
	__REQ_DONTPREP,
	__REQ_QUEUED,
	__REQ_ELVPRIV,
	__REQ_FAILED,
	__REQ_QUIET,
	__REQ_PREEMPT,
	__REQ_ORDERED_COLOR,
	__REQ_RW_SYNC,
	__REQ_ALLOCED,
	__REQ_RW_META,
	__REQ_COPY_USER,
	__REQ_INTEGRITY,
	__REQ_NOIDLE,
	__REQ_IO_STAT,
	__REQ_MIXED_MERGE,
	__REQ_NR_BITS,
};

enum bio_rw_flags {
	BIO_RW,
	BIO_RW_FAILFAST_DEV,
	BIO_RW_FAILFAST_TRANSPORT,
	BIO_RW_FAILFAST_DRIVER,
	BIO_RW_AHEAD,
	BIO_RW_BARRIER,
	BIO_RW_SYNCIO,
	BIO_RW_UNPLUG,
	BIO_RW_META,
	BIO_RW_DISCARD,
	BIO_RW_NOIDLE,
};

/* ---- tasks ---- */

union thread_union {
	struct thread_info thread_info;
	unsigned long stack[8192 / sizeof(long)];
};

struct task_struct {
	volatile long state;
	void *stack;
	atomic_t usage;
	unsigned int flags;
	unsigned int ptrace;
	int lock_depth;
	int prio, static_prio, normal_prio;
	unsigned int rt_priority;
	const struct sched_class *sched_class;
	struct sched_entity se;
	GAP(72);
	void *preempt_notifiers;
	unsigned char fpu_counter;
	unsigned int btrace_seq;
	unsigned int policy;
	unsigned long cpus_allowed[8];
	struct sched_info sched_info;
	struct list_head tasks;
	GAP(40);
	struct mm_struct *mm, *active_mm;
	int exit_state;
	int exit_code, exit_signal;
	int pdeath_signal;
	unsigned int personality;
	unsigned did_exec : 1;
	unsigned in_execve : 1;
	unsigned in_iowait : 1;
	unsigned sched_reset_on_fork : 1;
	pid_t pid;
	pid_t tgid;
	unsigned long stack_canary;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct list_head sibling;
	struct task_struct *group_leader;
	struct list_head ptraced;
	struct list_head ptrace_entry;
	void *bts;
	struct pid_link pids[PIDTYPE_MAX];
	struct list_head thread_group;
	GAP(88);
	unsigned long nvcsw, nivcsw;
	struct timespec start_time;
	struct timespec real_start_time;
	unsigned long min_flt, maj_flt;
	GAP(136);
	char comm[16];
	int link_count, total_link_count;
	GAP(16);
	struct thread_struct thread;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	GAP(176);
	void *journal_info;
	struct bio *bio_list, **bio_tail;
	struct reclaim_state *reclaim_state;
	struct backing_dev_info *backing_dev_info;
	struct io_context *io_context;
	GAP(480);
};

/* ---- address spaces of processes ---- */

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_start;
	unsigned long vm_end;
	struct vm_area_struct *vm_next;
	pgprot_t vm_page_prot;
	unsigned long vm_flags;
	struct rb_node vm_rb;
	union {
		struct {
			struct list_head list;
			void *parent;
			struct vm_area_struct *head;
		} vm_set;
		struct raw_prio_tree_node prio_tree_node;
	} shared;
	struct list_head anon_vma_node;
	struct anon_vma *anon_vma;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;
	struct file *vm_file;
	void *vm_private_data;
	unsigned long vm_truncate_count;
#ifndef K_ARM
	struct mempolicy *vm_policy;
#endif
};

struct mm_struct {
	struct vm_area_struct *mmap;
	struct rb_root mm_rb;
	struct vm_area_struct *mmap_cache;
	void *get_unmapped_area;
	void *unmap_area;
	unsigned long mmap_base;
	unsigned long task_size;
	unsigned long cached_hole_size;
	unsigned long free_area_cache;
	pgd_t *pgd;
	atomic_t mm_users;
	atomic_t mm_count;
	int map_count;
	struct rw_semaphore mmap_sem;
	spinlock_t page_table_lock;
	struct list_head mmlist;
	mm_counter_t _file_rss;
	mm_counter_t _anon_rss;
	unsigned long hiwater_rss;
	unsigned long hiwater_vm;
	unsigned long total_vm, locked_vm, shared_vm, exec_vm;
	unsigned long stack_vm, reserved_vm, def_flags, nr_ptes;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[42];
	struct linux_binfmt *binfmt;
	unsigned long cpu_vm_mask[8];
	mm_context_t context;
	unsigned int faultstamp;
	unsigned int token_priority;
	unsigned int last_interval;
	unsigned long flags;
	GAP(24);
	struct task_struct *owner;
	struct file *exe_file;
	unsigned long num_exe_file_vmas;
	void *mmu_notifier_mm;
};

struct anon_vma {
	spinlock_t lock;
	struct list_head head;
};

/* ---- pages and zones ---- */

struct zone {
	unsigned long watermark[3];
	unsigned long lowmem_reserve[MAX_NR_ZONES];
#ifndef K_ARM
	int node;
	unsigned long min_unmapped_pages;
	unsigned long min_slab_pages;
#endif
	void *pageset[512];
	spinlock_t lock;
	struct free_area free_area[11];
	GAP(128);
	unsigned long vm_stat[22];
	int prev_priority;
	unsigned int inactive_ratio;
	wait_queue_head_t *wait_table __attribute__((aligned(64)));
	unsigned long wait_table_hash_nr_entries;
	unsigned long wait_table_bits;
	struct pglist_data *zone_pgdat;
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	const char *name;
} __attribute__((aligned(4096)));

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	GAP(4096);
	int nr_zones;
	spinlock_t node_size_lock;
	unsigned long node_start_pfn;
	unsigned long node_present_pages;
	unsigned long node_spanned_pages;
	int node_id;
	wait_queue_head_t kswapd_wait;
	struct task_struct *kswapd;
	int kswapd_max_order;
} pg_data_t;

/* ---- files ---- */

struct radix_tree_node {
	unsigned int height;
	unsigned int count;
	struct rcu_head rcu_head;
	void *slots[64];
	unsigned long tags[2][64 / (8 * sizeof(long))];
};

struct shmem_inode_info {
	spinlock_t lock;
	unsigned long flags;
	unsigned long alloced;
	unsigned long swapped;
	unsigned long next_index;
	GAP(16);
	struct page *i_indirect;
	swp_entry_t i_direct[16];
	struct list_head swaplist;
	struct inode vfs_inode;
};

struct file {
	union {
		struct list_head fu_list;
		struct rcu_head fu_rcuhead;
	} f_u;
	struct path f_path;
	const struct file_operations *f_op;
	spinlock_t f_lock;
	atomic_long_t f_count;
	unsigned int f_flags;
	fmode_t f_mode;
	loff_t f_pos;
	GAP(32);
	const struct cred *f_cred;
	struct file_ra_state f_ra;
	u64 f_version;
	void *f_security;
	void *private_data;
	struct list_head f_ep_links;
	struct address_space *f_mapping;
};

struct dentry_operations {
	void *d_revalidate;
	void *d_hash;
	void *d_compare;
	void *d_delete;
	void *d_release;
	void *d_iput;
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);
};

struct vfsmount {
	struct list_head mnt_hash;
	struct vfsmount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	struct list_head mnt_mounts;
	struct list_head mnt_child;
	int mnt_flags;
	const char *mnt_devname;
	struct list_head mnt_list;
	struct list_head mnt_expire;
	struct list_head mnt_share;
	struct list_head mnt_slave_list;
	struct list_head mnt_slave;
	struct vfsmount *mnt_master;
	struct mnt_namespace *mnt_ns;
	int mnt_id;
	int mnt_group_id;
	atomic_t mnt_count;
	int mnt_expiry_mark;
	int mnt_pinned;
	int mnt_ghosts;
	int *mnt_writers;
};

struct swap_info_struct {
	unsigned long flags;
	int prio;
	int next;
	struct file *swap_file;
	struct block_device *bdev;
	struct list_head extent_list;
	void *curr_swap_extent;
	unsigned short *swap_map;
	unsigned int lowest_bit;
	unsigned int highest_bit;
	unsigned int lowest_alloc;
	unsigned int highest_alloc;
	unsigned int cluster_next;
	unsigned int cluster_nr;
	unsigned int pages;
	unsigned int max;
	unsigned int inuse_pages;
	unsigned int old_block_size;
};

/* ---- block devices ---- */

struct block_device {
	dev_t bd_dev;
	struct inode *bd_inode;
	struct super_block *bd_super;
	int bd_openers;
	struct mutex bd_mutex;
	struct list_head bd_inodes;
	void *bd_holder;
	int bd_holders;
	struct list_head bd_holder_list;
	struct block_device *bd_contains;
	unsigned bd_block_size;
	struct hd_struct *bd_part;
	unsigned bd_part_count;
	int bd_invalidated;
	struct gendisk *bd_disk;
	struct list_head bd_list;
	unsigned long bd_private;
	int bd_fsfreeze_count;
	struct mutex bd_fsfreeze_mutex;
};

struct bdev_inode {
	struct block_device bdev;
	struct inode vfs_inode;
};

struct hd_struct {
	sector_t start_sect;
	sector_t nr_sects;
	sector_t alignment_offset;
	GAP(640);
	struct kobject *holder_dir;
	int policy, partno;
	unsigned long stamp;
	int in_flight[2];
	void *dkstats;
	struct rcu_head rcu_head;
};

struct gendisk {
	int major;
	int first_minor;
	int minors;
	char disk_name[32];
	void *devnode;
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
	unsigned char async_notify[32];
	void *integrity;
	int node_id;
};

struct elevator_queue {
	void *ops;
	void *elevator_data;
	GAP(64);
	struct elevator_type *elevator_type;
	struct mutex sysfs_lock;
	struct hlist_head *hash;
};

struct request {
	struct list_head queuelist;
	GAP(32);
	int cpu;
	struct request_queue *q;
	unsigned int cmd_flags;
	enum rq_cmd_type_bits cmd_type;
	unsigned long atomic_flags;
	sector_t __sector;
	unsigned int __data_len;
	struct bio *bio;
	struct bio *biotail;
	struct hlist_node hash;
	union {
		struct rb_node rb_node;
		void *completion_data;
	};
	void *elevator_private;
	void *elevator_private2;
	struct gendisk *rq_disk;
	unsigned long start_time;
	unsigned short nr_phys_segments;
	unsigned short ioprio;
	void *special;
	char *buffer;
	int tag;
	int errors;
	int ref_count;
	unsigned short cmd_len;
	unsigned char __cmd[16];
	unsigned char *cmd;
	unsigned int extra_len;
	unsigned int sense_len;
	unsigned int resid_len;
	void *sense;
	unsigned long deadline;
	struct list_head timeout_list;
	unsigned int timeout;
	int retries;
	void *end_io;
	void *end_io_data;
	struct request *next_rq;
};

struct request_queue {
	struct list_head queue_head;
	struct request *last_merge;
	struct elevator_queue *elevator;
	GAP(88);
	void *request_fn;
	void *make_request_fn;
	GAP(232);
	struct backing_dev_info backing_dev_info;
	void *queuedata;
	gfp_t bounce_gfp;
	unsigned long queue_flags;
	spinlock_t __queue_lock;
	spinlock_t *queue_lock;
	GAP(64);
	unsigned long nr_requests;
	GAP(40);
	struct blk_queue_tag *queue_tags;
	struct list_head tag_busy_list;
	unsigned int nr_sorted;
	unsigned int in_flight[2];
	unsigned int rq_timeout;
	GAP(80);
	struct list_head timeout_list;
	GAP(176);
	unsigned int ordered, next_ordered, ordseq;
	int orderr, ordcolor;
	struct request pre_flush_rq, bar_rq, post_flush_rq;
	struct request *orig_bar_rq;
	struct mutex sysfs_lock;
};

#endif
