/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_16.h - structures of Linux 3.16 for x86-64, as a distribution configures it; and for arm64
 * (k3_16_arm64.h), which lacks what that header says
 *
 * SMP, NUMA with balancing, memory failure, migration, transparent huge pages, cgroups, soft
 * dirty bits, KASLR.
 */
#ifndef SYNTH_K3_16_H
#define SYNTH_K3_16_H

#include "base_3_10.h"
#ifdef K_ARM64
#include "arm64.h"
#else
#include "x86_64.h"
#endif

#ifndef K_RELEASE
#define K_RELEASE "3.16.0-synth"
#endif
#define K_VERSION "#1 SMP Mon Aug 4 07:12:01 UTC 2014"
#define K_BANNER_TOOLS "(build@synth) (gcc version 4.8.4 (GCC) )"

/* what the image's writer has to know of this kernel; see world.h */
#define K_LOG_RECORD printk_log
#define K_RADIX_PATH 1
#define K_RADIX_PARENT 1
#define K_RADIX_TAGS 3
#define K_GFP_BITS 25
#define K_EXCEPTIONAL 1
#define K_SHADOWS 1
#define K_STRUCT_MOUNT 1
#define K_INODE_IN_FILE 1
#define K_RSS_STAT 1
#define K_THP 1
#define K_SWAP_INFO_POINTERS 1
#define K_SWAPPER_SPACES 1
/* of 32: one for memory failure, two for migration */
#ifdef K_ARM64
#define K_MAX_SWAPFILES 30
#else
#define K_MAX_SWAPFILES 29
#define K_SWP_HWPOISON 29
#endif
#define K_SWP_MIGRATION 30
#define K_SLEEP_ON_PAGE sleep_on_page
#define K_THREAD_NODE 1
#define K_BIO_ITER 1
#define K_FLUSH_RQ_POINTER 1
#define K_VM_PREV 1
#define K_PHYS_BASE 0
#ifdef K_ARM64
#define K_KASLR 0
#define K_SPECIAL_VMOPS "legacy_special_mapping_vmops" /* the name is found in another way */
#define K_PAGE_ALIGN
#else
#define K_NUMA_BALANCING 1
#define K_SOFT_DIRTY 1
#define K_SPECIAL_MAPPING 1
#define K_VMCOREINFO_KERNELOFFSET 1
#define K_PAGE_OFFSET 0xffff880000000000UL
#define K_VMEMMAP 0xffffea0000000000UL
#define K_KASLR 0xc00000UL
#define K_PAGE_ALIGN __attribute__((aligned(2 * sizeof(unsigned long))))
#endif
#define K_VMAP_AREA_LIST 1
#define K_VMCOREINFO_MAPCOUNT 1
#define K_FLUSH_QUEUE 1
#define K_PLUG 1
#define K_PLUG_MQ 1
#define K_REQUEST_PART 1
#define K_BIO_MAX(n) ((unsigned short)(n))
#define K_REMAP_PAGES 1
#define K_I_MMAP_RB 1
#define K_NONLINEAR nonlinear

/*
 * Entries that are not present. FILE is bit 6, and the page's offset has the place of
 * an address; the soft dirty bit is set as well. Swap: type in bits 5:1, offset from
 * bit 10, since bit 9 is that of NUMA hints.
 */
#ifndef K_ARM64
#define K_FILE_PTE(index) ((index) << 12 | 0x840)
#define K_SWAP_PTE(type, offset) ((type) << 1 | (offset) << 10)
#define K_NUMA_BIT 0x200
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
	PG_head,
	PG_tail,
	PG_swapcache,
	PG_mappedtodisk,
	PG_reclaim,
	PG_swapbacked,
	PG_unevictable,
	PG_mlocked,
#ifndef K_ARM64
	PG_uncached,
	PG_hwpoison,
#endif
	PG_compound_lock,
	__NR_PAGEFLAGS,
	PG_checked = PG_owner_priv_1,
	PG_fscache = PG_private_2,
	PG_pinned = PG_owner_priv_1,
	PG_savepinned = PG_dirty,
	PG_slob_free = PG_private,
};

enum zone_type {
	ZONE_DMA,
#ifndef K_ARM64
	ZONE_DMA32,
#endif
	ZONE_NORMAL,
	ZONE_MOVABLE,
	__MAX_NR_ZONES
};
#ifdef K_ARM64
#define MAX_NR_ZONES 3
#else
#define MAX_NR_ZONES 4
#endif

enum {
	MM_FILEPAGES,
	MM_ANONPAGES,
	MM_SWAPENTS,
	NR_MM_COUNTERS
};

enum rq_flag_bits {
	__REQ_WRITE,
	__REQ_FAILFAST_DEV,
	__REQ_FAILFAST_TRANSPORT,
	__REQ_FAILFAST_DRIVER,
	__REQ_SYNC,
	__REQ_META,
	__REQ_PRIO,
	__REQ_DISCARD,
	__REQ_SECURE,
	__REQ_WRITE_SAME,
	__REQ_NOIDLE,
	__REQ_FUA,
	__REQ_FLUSH,
	__REQ_RAHEAD,
	__REQ_THROTTLED,
	__REQ_SORTED,
	__REQ_SOFTBARRIER,
	__REQ_NOMERGE,
	__REQ_STARTED,
	__REQ_DONTPREP,
	__REQ_QUEUED,
	__REQ_ELVPRIV,
	__REQ_FAILED,
	__REQ_QUIET,
	__REQ_PREEMPT,
	__REQ_ALLOCED,
	__REQ_COPY_USER,
	__REQ_FLUSH_SEQ,
	__REQ_IO_STAT,
	__REQ_MIXED_MERGE,
	__REQ_KERNEL,
	__REQ_PM,
	__REQ_END,
	__REQ_HASHED,
	__REQ_MQ_INFLIGHT,
	__REQ_NR_BITS,
};

/* ---- tasks ---- */

struct pid_namespace {
	struct kref kref;
	struct pidmap pidmap[128];
	struct rcu_head rcu;
	int last_pid;
	unsigned int nr_hashed;
	struct task_struct *child_reaper;
	struct kmem_cache *pid_cachep;
	unsigned int level;
	struct pid_namespace *parent;
	GAP(72);
};

struct task_rss_stat {
	int events;
	int count[NR_MM_COUNTERS];
};

union thread_union {
	struct thread_info thread_info;
	unsigned long stack[16384 / sizeof(long)];
};

struct signal_struct {
	atomic_t sigcnt;
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	GAP(48);
	struct task_struct *curr_target;
	GAP(800);
};

struct task_struct {
	volatile long state;
	void *stack;
	atomic_t usage;
	unsigned int flags;
	unsigned int ptrace;
	void *wake_entry;
	int on_cpu;
	struct task_struct *last_wakee;
	unsigned long wakee_flips;
	unsigned long wakee_flip_decay_ts;
	int wake_cpu;
	int on_rq;
	int prio, static_prio, normal_prio;
	unsigned int rt_priority;
	const struct sched_class *sched_class;
	struct sched_entity se;
	GAP(72);
	struct task_group *sched_task_group;
	unsigned char dl[160];
	unsigned int btrace_seq;
	unsigned int policy;
	int nr_cpus_allowed;
	unsigned long cpus_allowed[8];
	struct sched_info sched_info;
	struct list_head tasks;
	GAP(40);
	struct mm_struct *mm, *active_mm;
	unsigned brk_randomized : 1;
	u32 vmacache_seqnum;
	struct vm_area_struct *vmacache[4];
	struct task_rss_stat rss_stat;
	int exit_state;
	int exit_code, exit_signal;
	int pdeath_signal;
	unsigned int jobctl;
	unsigned int personality;
	unsigned in_execve : 1;
	unsigned in_iowait : 1;
	unsigned no_new_privs : 1;
	unsigned sched_reset_on_fork : 1;
	unsigned sched_contributes_to_load : 1;
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
	struct pid_link pids[PIDTYPE_MAX];
	struct list_head thread_group;
	struct list_head thread_node;
	GAP(88);
	unsigned long nvcsw, nivcsw;
	struct timespec start_time;
	struct timespec real_start_time;
	unsigned long min_flt, maj_flt;
	GAP(88);
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
	struct bio_list *bio_list;
	struct blk_plug *plug;
	struct reclaim_state *reclaim_state;
	struct backing_dev_info *backing_dev_info;
	struct io_context *io_context;
	GAP(480);
};

/* ---- address spaces of processes ---- */

struct mm_rss_stat {
	atomic_long_t count[NR_MM_COUNTERS];
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct vm_area_struct *vm_next, *vm_prev;
	struct rb_node vm_rb;
	unsigned long rb_subtree_gap;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	unsigned long vm_flags;
	union {
		struct {
			struct rb_node rb;
			unsigned long rb_subtree_last;
		} linear;
		struct list_head nonlinear;
	} shared;
	struct list_head anon_vma_chain;
	struct anon_vma *anon_vma;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;
	struct file *vm_file;
	void *vm_private_data;
#ifdef K_NUMA_BALANCING
	struct mempolicy *vm_policy;
#endif
};

struct mm_struct {
	struct vm_area_struct *mmap;
	struct rb_root mm_rb;
	u32 vmacache_seqnum;
	void *get_unmapped_area;
	unsigned long mmap_base;
	unsigned long mmap_legacy_base;
	unsigned long task_size;
	unsigned long highest_vm_end;
	pgd_t *pgd;
	atomic_t mm_users;
	atomic_t mm_count;
	atomic_long_t nr_ptes;
	int map_count;
	spinlock_t page_table_lock;
	struct rw_semaphore mmap_sem;
	struct list_head mmlist;
	unsigned long hiwater_rss;
	unsigned long hiwater_vm;
	unsigned long total_vm;
	unsigned long locked_vm;
	unsigned long pinned_vm;
	unsigned long shared_vm;
	unsigned long exec_vm;
	unsigned long stack_vm;
	unsigned long def_flags;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[46];
	struct mm_rss_stat rss_stat;
	struct linux_binfmt *binfmt;
	void *cpu_vm_mask_var;
	mm_context_t context;
	unsigned long flags;
	GAP(24);
	struct task_struct *owner;
	struct file *exe_file;
	GAP(16);
#ifdef K_NUMA_BALANCING
	unsigned long numa_next_scan;
	unsigned long numa_scan_offset;
	int numa_scan_seq;
#endif
	GAP(16);
};

struct vm_special_mapping {
	const char *name;
	struct page **pages;
};

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *area);
	void (*close)(struct vm_area_struct *area);
	int (*fault)(struct vm_area_struct *vma, struct vm_fault *vmf);
	void (*map_pages)(struct vm_area_struct *vma, struct vm_fault *vmf);
	int (*page_mkwrite)(struct vm_area_struct *vma, struct vm_fault *vmf);
	int (*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int wr);
#ifdef K_NUMA_BALANCING
	void *set_policy;
	void *get_policy;
	void *migrate;
#endif
	int (*remap_pages)(struct vm_area_struct *vma, unsigned long addr, unsigned long size,
			   pgoff_t pgoff);
};

struct vm_fault {
	unsigned int flags;
	pgoff_t pgoff;
	void *virtual_address;
	struct page *page;
	pgoff_t max_pgoff;
	void *pte;
};

struct anon_vma {
	struct anon_vma *root;
	struct rw_semaphore rwsem;
	atomic_t refcount;
	struct rb_root rb_root;
};

/* ---- pages and zones ---- */

struct page {
	unsigned long flags;
	union {
		struct address_space *mapping;
		void *s_mem;
	};
	struct {
		union {
			pgoff_t index;
			void *freelist;
			bool pfmemalloc;
		};
		union {
			unsigned long counters;
			struct {
				union {
					atomic_t _mapcount;
					struct {
						unsigned inuse : 16;
						unsigned objects : 15;
						unsigned frozen : 1;
					};
					int units;
				};
				atomic_t _count;
			};
			unsigned int active;
		};
	};
	union {
		struct list_head lru;
		struct {
			struct page *next;
			int pages;
			int pobjects;
		};
		struct slab *slab_page;
		struct rcu_head rcu_head;
		struct page *pmd_huge_pte;
	};
	union {
		unsigned long private;
		spinlock_t *ptl;
		struct kmem_cache *slab_cache;
		struct page *first_page;
	};
} K_PAGE_ALIGN;

struct wait_bit_key {
	void *flags;
	int bit_nr;
};

struct wait_bit_queue {
	struct wait_bit_key key;
	wait_queue_t wait;
};

struct zone {
	unsigned long watermark[3];
	unsigned long percpu_drift_mark;
	unsigned long lowmem_reserve[MAX_NR_ZONES];
	unsigned long dirty_balance_reserve;
#ifdef K_NUMA_BALANCING
	int node;
#endif
	GAP(40);
	spinlock_t lock;
	GAP(40);
	struct free_area free_area[11];
	GAP(120);
	atomic_long_t inactive_age;
	unsigned long vm_stat[35];
	unsigned int inactive_ratio;
	wait_queue_head_t *wait_table __attribute__((aligned(64)));
	unsigned long wait_table_hash_nr_entries;
	unsigned long wait_table_bits;
	struct pglist_data *zone_pgdat;
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	unsigned long managed_pages;
	int nr_migrate_reserve_block;
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
	wait_queue_head_t pfmemalloc_wait;
	struct task_struct *kswapd;
	int kswapd_max_order;
	enum zone_type classzone_idx;
} pg_data_t;

/* ---- files ---- */

struct radix_tree_root {
	unsigned int height;
	gfp_t gfp_mask;
	struct radix_tree_node *rnode;
};

struct radix_tree_node {
	unsigned int path;
	unsigned int count;
	union {
		struct {
			struct radix_tree_node *parent;
			void *private_data;
		};
		struct rcu_head rcu_head;
	};
	struct list_head private_list;
	void *slots[64];
	unsigned long tags[3][1];
};

struct address_space {
	struct inode *host;
	struct radix_tree_root page_tree;
	spinlock_t tree_lock;
	unsigned int i_mmap_writable;
	struct rb_root i_mmap;
	struct list_head i_mmap_nonlinear;
	struct mutex i_mmap_mutex;
	unsigned long nrpages;
	unsigned long nrshadows;
	pgoff_t writeback_index;
	const struct address_space_operations *a_ops;
	unsigned long flags;
	struct backing_dev_info *backing_dev_info;
	spinlock_t private_lock;
	struct list_head private_list;
	void *private_data;
} __attribute__((aligned(sizeof(long))));

struct inode {
	umode_t i_mode;
	unsigned short i_opflags;
	unsigned int i_uid;
	unsigned int i_gid;
	unsigned int i_flags;
	void *i_acl;
	void *i_default_acl;
	const struct inode_operations *i_op;
	struct super_block *i_sb;
	struct address_space *i_mapping;
	void *i_security;
	unsigned long i_ino;
	union {
		const unsigned int i_nlink;
		unsigned int __i_nlink;
	};
	dev_t i_rdev;
	loff_t i_size;
	struct timespec i_atime;
	struct timespec i_mtime;
	struct timespec i_ctime;
	spinlock_t i_lock;
	unsigned short i_bytes;
	unsigned int i_blkbits;
	unsigned long i_blocks;
	unsigned long i_state;
	struct mutex i_mutex;
	unsigned long dirtied_when;
	struct hlist_node i_hash;
	struct list_head i_wb_list;
	struct list_head i_lru;
	struct list_head i_sb_list;
	union {
		struct hlist_head i_dentry;
		struct rcu_head i_rcu;
	};
	u64 i_version;
	atomic_t i_count;
	atomic_t i_dio_count;
	atomic_t i_writecount;
	const struct file_operations *i_fop;
	void *i_flock;
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
	struct hlist_head i_fsnotify_marks;
	void *i_private;
};

struct shmem_inode_info {
	spinlock_t lock;
	unsigned long flags;
	unsigned long alloced;
	union {
		unsigned long swapped;
		char *symlink;
	};
	GAP(16);
	struct list_head swaplist;
	GAP(24);
	struct inode vfs_inode;
};

struct file {
	union {
		void *fu_llist;
		struct rcu_head fu_rcuhead;
	} f_u;
	struct path f_path;
	struct inode *f_inode;
	const struct file_operations *f_op;
	spinlock_t f_lock;
	atomic_long_t f_count;
	unsigned int f_flags;
	fmode_t f_mode;
	struct mutex f_pos_lock;
	loff_t f_pos;
	GAP(32);
	const struct cred *f_cred;
	struct file_ra_state f_ra;
	u64 f_version;
	void *f_security;
	void *private_data;
	struct list_head f_ep_links;
	struct list_head f_tfile_llink;
	struct address_space *f_mapping;
};

struct dentry {
	unsigned int d_flags;
	unsigned int d_seq;
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	unsigned char d_iname[32];
	struct {
		union {
			u64 lock_count;
			struct {
				spinlock_t lock;
				int count;
			};
		};
	} d_lockref;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	unsigned long d_time;
	void *d_fsdata;
	struct list_head d_lru;
	union {
		struct list_head d_child;
		struct rcu_head d_rcu;
	} d_u;
	struct list_head d_subdirs;
	struct hlist_node d_alias;
};

struct mount {
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct rcu_head mnt_rcu;
	void *mnt_pcp;
	struct list_head mnt_mounts;
	struct list_head mnt_child;
	struct list_head mnt_instance;
	const char *mnt_devname;
	struct list_head mnt_list;
	struct list_head mnt_expire;
	struct list_head mnt_share;
	struct list_head mnt_slave_list;
	struct list_head mnt_slave;
	struct mount *mnt_master;
	struct mnt_namespace *mnt_ns;
	GAP(24);
	int mnt_id;
	int mnt_group_id;
	int mnt_expiry_mark;
	int mnt_pinned;
	struct path mnt_ex_mountpoint;
};

struct super_block {
	struct list_head s_list;
	dev_t s_dev;
	unsigned char s_blocksize_bits;
	unsigned long s_blocksize;
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
	int s_count;
	atomic_t s_active;
	void *s_security;
	void *s_xattr;
	struct list_head s_inodes;
	struct hlist_head s_anon;
	struct list_head s_mounts;
	struct block_device *s_bdev;
	struct backing_dev_info *s_bdi;
	struct mtd_info *s_mtd;
	struct hlist_node s_instances;
	GAP(480);
	char s_id[32];
	u8 s_uuid[16];
	void *s_fs_info;
	unsigned int s_max_links;
	fmode_t s_mode;
	GAP(168);
};

struct swap_info_struct {
	unsigned long flags;
	signed short prio;
	unsigned char list[40];
	unsigned char avail_list[40];
	signed char type;
	unsigned int max;
	unsigned char *swap_map;
	unsigned int lowest_bit;
	unsigned int highest_bit;
	unsigned int pages;
	unsigned int inuse_pages;
	unsigned int cluster_next;
	unsigned int cluster_nr;
	void *percpu_cluster;
	void *curr_swap_extent;
	GAP(40);
	struct block_device *bdev;
	struct file *swap_file;
	unsigned int old_block_size;
	unsigned long *frontswap_map;
	atomic_t frontswap_pages;
	spinlock_t lock;
};

/* ---- block devices ---- */

struct bdev_inode {
	struct block_device bdev;
	struct inode vfs_inode;
};

struct elevator_queue {
	struct elevator_type *type;
	void *elevator_data;
	GAP(64);
	struct mutex sysfs_lock;
	unsigned int registered : 1;
	struct hlist_head hash[64];
};

struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
	unsigned int bi_idx;
	unsigned int bi_bvec_done;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	unsigned long bi_flags;
	unsigned long bi_rw;
	struct bvec_iter bi_iter;
	unsigned int bi_phys_segments;
	unsigned int bi_seg_front_size;
	unsigned int bi_seg_back_size;
	atomic_t bi_remaining;
	void *bi_end_io;
	void *bi_private;
	void *bi_ioc;
	void *bi_css;
	void *bi_integrity;
	unsigned short bi_vcnt;
	unsigned short bi_max_vecs;
	atomic_t bi_cnt;
	struct bio_vec *bi_io_vec;
	struct bio_set *bi_pool;
	struct bio_vec bi_inline_vecs[0];
};

struct request {
	struct list_head queuelist;
	union {
		unsigned char csd[40];
		unsigned long fifo_time;
	};
	struct request_queue *q;
	struct blk_mq_ctx *mq_ctx;
	u64 cmd_flags;
	enum rq_cmd_type_bits cmd_type;
	unsigned long atomic_flags;
	int cpu;
	unsigned int __data_len;
	sector_t __sector;
	struct bio *bio;
	struct bio *biotail;
	union {
		struct hlist_node hash;
		struct list_head ipi_list;
	};
	union {
		struct rb_node rb_node;
		void *completion_data;
	};
	union {
		struct {
			struct io_cq *icq;
			void *priv[2];
		} elv;
		struct {
			unsigned int seq;
			struct list_head list;
			void *saved_end_io;
		} flush;
	};
	struct gendisk *rq_disk;
	struct hd_struct *part;
	unsigned long start_time;
	struct request_list *rl;
	unsigned long long start_time_ns;
	unsigned long long io_start_time_ns;
	unsigned short nr_phys_segments;
	unsigned short nr_integrity_segments;
	unsigned short ioprio;
	void *special;
	int tag;
	int errors;
	unsigned char __cmd[16];
	unsigned char *cmd;
	unsigned short cmd_len;
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
	int nr_rqs[2];
	int nr_rqs_elvpriv;
	GAP(80);
	void *request_fn;
	void *make_request_fn;
	GAP(48);
	struct blk_mq_ops *mq_ops;
	unsigned int *mq_map;
	struct blk_mq_ctx *queue_ctx;
	unsigned int nr_queues;
	struct blk_mq_hw_ctx **queue_hw_ctx;
	unsigned int nr_hw_queues;
	GAP(104);
	struct backing_dev_info backing_dev_info;
	void *queuedata;
	unsigned long queue_flags;
	int id;
	gfp_t bounce_gfp;
	spinlock_t __queue_lock;
	spinlock_t *queue_lock;
	GAP(64);
	unsigned long nr_requests;
	GAP(48);
	struct blk_queue_tag *queue_tags;
	struct list_head tag_busy_list;
	unsigned int nr_sorted;
	unsigned int in_flight[2];
	unsigned int request_fn_active;
	unsigned int rq_timeout;
	GAP(80);
	struct list_head timeout_list;
	struct list_head icq_list;
	GAP(192);
	unsigned int flush_flags;
	unsigned int flush_not_queueable : 1;
	unsigned int flush_queue_delayed : 1;
	unsigned int flush_pending_idx : 1;
	unsigned int flush_running_idx : 1;
	unsigned long flush_pending_since;
	struct list_head flush_queue[2];
	struct list_head flush_data_in_flight;
	struct request *flush_rq;
	spinlock_t mq_flush_lock;
	struct list_head requeue_list;
	spinlock_t requeue_lock;
	GAP(128);
};

struct blk_plug {
	struct list_head list;
	struct list_head mq_list;
	struct list_head cb_list;
};

#endif
