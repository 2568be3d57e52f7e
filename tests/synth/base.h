/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base.h - types that all kernels of these tests have in common
 *
 * Names, order and types are the kernels', since a reader finds members by their
 * names in DWARF. What nobody reads is left out; GAP() keeps its place, so that
 * offsets are about those of a distribution's kernel.
 */
#ifndef SYNTH_BASE_H
#define SYNTH_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_(a, b)
#define GAP(bytes) unsigned char GLUE(gap_, __LINE__)[bytes]

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t __u32;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef unsigned long pgoff_t;
typedef u64 sector_t; /* CONFIG_LBDAF */
typedef unsigned short umode_t;

/* names that the C library has for other types */
#define dev_t k_dev_t
#define loff_t k_loff_t
#define pid_t k_pid_t
#define timespec k_timespec
typedef u32 dev_t;
typedef long long loff_t;
typedef int pid_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

#if defined(K_PAE) || defined(K_LPAE)
typedef u64 pgprotval_t;
#else
typedef unsigned long pgprotval_t;
#endif

typedef struct {
	pgprotval_t pgprot;
} pgprot_t;

#if defined(K_ARM) && !defined(K_LPAE)
typedef pgprotval_t pgd_t[2];
#else
typedef struct {
	pgprotval_t pgd;
} pgd_t;
#endif

typedef struct spinlock {
	unsigned int slock;
} spinlock_t;

struct list_head {
	struct list_head *next, *prev;
};

struct kobject {
	const char *name;
	struct list_head entry;
	struct kobject *parent;
	void *kset, *ktype, *sd;
	int kref;
	unsigned int state;
};

struct device {
	struct device *parent;
	void *p;
	struct kobject kobj;
	const char *init_name;
	void *type;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct kref {
	atomic_t refcount;
};

struct rw_semaphore {
	long count;
	spinlock_t wait_lock;
	struct list_head wait_list;
};

struct mutex {
	atomic_t count;
	spinlock_t wait_lock;
	struct list_head wait_list;
	struct task_struct *owner;
	void *spin_mlock;
};

struct new_utsname {
	char sysname[65];
	char nodename[65];
	char release[65];
	char version[65];
	char machine[65];
	char domainname[65];
};

struct timespec {
	long tv_sec;
	long tv_nsec;
};

struct load_weight {
	unsigned long weight, inv_weight;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_PGID,
	PIDTYPE_SID,
	PIDTYPE_MAX
};

enum bh_state_bits {
	BH_Uptodate,
	BH_Dirty,
	BH_Lock,
	BH_Req,
	BH_Uptodate_Lock,
	BH_Mapped,
	BH_New,
	BH_Async_Read,
	BH_Async_Write,
	BH_Delay,
	BH_Boundary,
};

/* Since 3.2 it is a name for struct callback_head: their headers define it so before. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

/* ---- tasks ---- */

struct upid {
	int nr;
	struct pid_namespace *ns;
	struct hlist_node pid_chain;
};

struct pid {
	atomic_t count;
	unsigned int level;
	struct hlist_head tasks[PIDTYPE_MAX];
	struct rcu_head rcu;
	struct upid numbers[1];
};

struct pid_link {
	struct hlist_node node;
	struct pid *pid;
};

struct pidmap {
	atomic_t nr_free;
	void *page;
};

/* ---- address spaces of processes ---- */

struct vm_area_struct;
struct vm_fault;

/* ---- pages and zones ---- */

struct __wait_queue {
	unsigned int flags;
	void *private;
	void *func;
	struct list_head task_list;
};
typedef struct __wait_queue wait_queue_t;

struct __wait_queue_head {
	spinlock_t lock;
	struct list_head task_list;
};
typedef struct __wait_queue_head wait_queue_head_t;

struct free_area {
	struct list_head free_list[5];
	unsigned long nr_free;
};

typedef struct {
	unsigned long bits[1];
} nodemask_t;

struct page_cgroup;

struct mem_section {
	unsigned long section_mem_map;
	unsigned long *pageblock_flags;
	struct page_cgroup *page_cgroup;
	unsigned long pad;
};

/* ---- files ---- */

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file_ra_state {
	pgoff_t start;
	unsigned int size;
	unsigned int async_size;
	unsigned int ra_pages;
	unsigned int mmap_miss;
	loff_t prev_pos;
};

/* ---- block devices ---- */

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct blk_queue_tag {
	struct request **tag_index;
	unsigned long *tag_map;
	int busy;
	int max_depth;
	int real_max_depth;
	atomic_t refcnt;
};

struct buffer_head {
	unsigned long b_state;
	struct buffer_head *b_this_page;
	struct page *b_page;
	sector_t b_blocknr;
	size_t b_size;
	char *b_data;
	struct block_device *b_bdev;
	void *b_end_io;
	void *b_private;
	struct list_head b_assoc_buffers;
	struct address_space *b_assoc_map;
	atomic_t b_count;
};

#if !defined(K_ARM) && !defined(K_ARM64)
struct thread_info {
	struct task_struct *task;
	struct exec_domain *exec_domain;
	__u32 flags;
	__u32 status;
	__u32 cpu;
	int preempt_count;
	unsigned long addr_limit;
	GAP(48);
};
#endif

#endif
