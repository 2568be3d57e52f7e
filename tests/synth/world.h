/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.h - what there is in a synthetic machine, and the account of it
 *
 * Each function lays something out in memory, as the kernel does, and notes what
 * it did; truth.c writes these notes down, never looking at page tables or trees.
 * All that is noted lives in the host; "struct s_..." is such a note, and what it
 * points to are the kernel's structures, by host pointers.
 *
 * A kernel's header says which forms it has:
 *
 *   K_RADIX_HEIGHT / K_RADIX_PATH / K_RADIX_SHIFT  how nodes tell their level
 *   K_RADIX_PARENT     nodes know their parents
 *   K_EXCEPTIONAL      slots may hold values: swap entries of shmem, shadows
 *   K_SHADOWS          evicted pages leave a shadow
 *   K_STRUCT_MOUNT     struct mount around struct vfsmount
 *   K_INODE_IN_FILE    struct file has f_inode
 *   K_RSS_STAT         counts of pages in an array; K_SHMEM_RSS: one more outside
 *   K_THP              transparent huge pages
 *   K_LOG_BYTES, K_LOG_RECORD  the form of the log, see printk.h
 *   K_NO_HUGE          neither these nor those of hugetlbfs
 *   K_ANON_VMA_CHAINS, K_SWAP_USAGE, K_SWAP_INFO_POINTERS, K_SWAPPER_SPACES, K_THREAD_NODE,
 * K_BIO_ITER, K_L1TF, K_HMM, K_NUMA_BALANCING, K_RANDOM_BASES, K_SOFT_DIRTY, K_SPECIAL_MAPPING
 */
#ifndef SYNTH_WORLD_H
#define SYNTH_WORLD_H

#include <stdio.h>

#include KERNEL_H
#include "image.h"
#include "ram.h"

/* ---- files ---- */

struct s_entry {
	uint64_t index;
	enum {
		ENTRY_PAGE,
		ENTRY_SWAP,
		ENTRY_SHADOW
	} kind;
	uint64_t pfn;
	unsigned int swap_type;
	uint64_t swap_offset;
	uint64_t shadow;
	unsigned int order; /* of compound pages: index counts in units of it */
};

struct s_fs {
	const char *type;
	struct super_block *sb;
	struct file_system_type *fs_type;
	struct vfsmount *mnt; /* where it is mounted */
	struct dentry *root;
	struct address_space_operations *aops;
	struct vm_operations_struct *vm_ops;
	const char *at; /* "/" or "/dev/shm" */
	unsigned int major, minor;
};

#define FILE_VMAS 16

struct s_file {
	char path[128];
	struct s_fs *fs;
	struct inode *inode;
	struct dentry *dentry;
	struct file *file;
	struct address_space *mapping;
	uint64_t size;
	bool deleted;
	struct s_entry *entries;
	size_t n_entries;
	struct s_vma *vmas[FILE_VMAS];
	size_t n_vmas;
	struct s_file *next;
};
extern struct s_file *s_files;

struct s_fs *fs_mount(const char *type, const char *at, struct s_fs *parent, unsigned int major,
		      unsigned int minor);
/* @path below the root of @fs, without a slash in front; directories are made. */
struct s_file *file_new(struct s_fs *fs, const char *path, uint64_t size);
void file_delete(struct s_file *f);
/* A second open(2) of the same file. */
struct file *file_open_again(struct s_file *f);
void fs_init(void);

/* ---- pages, and the cache of files ---- */

#define PG(name) (1UL << PG_##name)
#ifdef K_PG_COMPOUND /* one flag for both; tails are told by another */
#define PG_OF_HEAD PG(compound)
#define PG_OF_TAIL (PG(compound) | PG(reclaim))
#else
#define PG_OF_HEAD PG(head)
#define PG_OF_TAIL PG(tail)
#endif
/* a page that was read, and is on a list */
#define PG_CLEAN (PG(uptodate) | PG(lru))

void page_init_all(void);
struct page *page_of(uint64_t pfn);
/* The page that is mapped where nothing was written; of arm the kernel points to it. */
uint64_t page_of_zeroes(void);
void page_set(uint64_t pfn, unsigned long flags, void *mapping, uint64_t index);
void page_map(uint64_t pfn); /* one more PTE */
void page_compound(uint64_t pfn, unsigned int order);

uint64_t cache_page(struct s_file *f, uint64_t index, unsigned long flags);
/* A page far away: ram_page_high(). */
uint64_t cache_page_high(struct s_file *f, uint64_t index, unsigned long flags);
/* hugetlbfs: the index counts huge pages. */
uint64_t cache_huge(struct s_file *f, uint64_t index, unsigned int order);
void cache_swap(struct s_file *f, uint64_t index, unsigned int type, uint64_t offset);
void cache_shadow(struct s_file *f, uint64_t index, uint64_t eviction);
struct s_entry *cache_find(struct s_file *f, uint64_t index);

enum {
	TAG_DIRTY,
	TAG_WRITEBACK,
	TAG_TOWRITE
};
void tree_insert(struct address_space *as, uint64_t index, void *entry, unsigned int tags);

/* ---- processes ---- */

struct s_pte {
	uint64_t va;
	const char *kind;
	uint64_t pfn;
	bool has_index;
	uint64_t index; /* of the file, where it is not the linear one, or is told by the entry */
	unsigned int swap_type;
	uint64_t swap_offset;
	const char *relation; /* of what is mapped to the file's cache */
	unsigned int level;
	bool write, dirty, young, exec, soft_dirty, special;
};

struct s_vma {
	struct vm_area_struct *vma;
	struct s_mm *mm;
	struct s_file *file;
	const char *name;
	struct s_pte *ptes;
	size_t n_ptes;
	struct anon_vma *anon_vma;
};

struct s_mm {
	struct mm_struct *mm;
	k_entry *pgd;
	struct s_vma *vmas[64];
	size_t n_vmas;
	long file_pages, anon_pages, swap_pages, shmem_pages;
};

struct s_task {
	struct task_struct *task;
	struct s_mm *mm;
	struct s_task *leader;
	struct s_task *parent;
	char state;
	int ns_pid; /* in a namespace of its own; 0: none */
	struct s_task *next;
};
extern struct s_task *s_tasks;

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define EXIT_ZOMBIE 16
#define PF_KTHREAD 0x00200000

void task_init(void);
/* A process, if @leader is NULL, else a thread of it. */
struct s_task *task_new(int pid, const char *comm, struct s_task *parent, struct s_task *leader,
			struct s_mm *mm, long state);
struct s_task *task_new_in_ns(int pid, int ns_pid, const char *comm, struct s_task *parent,
			      struct s_mm *mm);
void task_zombie(struct s_task *t);
/* Room on the kernel stack, from its top down; @depth in bytes. */
void *task_stack_at(struct s_task *t, size_t depth);

#define VM_READ 0x1UL
#define VM_WRITE 0x2UL
#define VM_EXEC 0x4UL
#define VM_SHARED 0x8UL
#define VM_MAYREAD 0x10UL
#define VM_MAYWRITE 0x20UL
#define VM_MAYEXEC 0x40UL
#define VM_MAYSHARE 0x80UL
#define VM_GROWSDOWN 0x100UL
#define VM_PFNMAP 0x400UL
#define VM_RAND_READ 0x10000UL
#define VM_DONTEXPAND 0x40000UL
#define VM_ACCOUNT 0x100000UL
#define VM_HUGETLB 0x400000UL
#define VM_NONLINEAR 0x800000UL
#define VM_MAYALL (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

struct s_mm *mm_new(void);
struct s_vma *vma_new(struct s_mm *mm, uint64_t start, uint64_t pages, unsigned long flags,
		      struct s_file *file, uint64_t pgoff);
/* All VMAs are there: their list, tree and counts. */
void mm_finish(struct s_mm *mm);
/* All mappings of all files are there: the trees in which files find them. */
void rmap_finish(void);

/* @nr: page of the VMA. A page of the cache where it belongs, or where remap_file_pages put it. */
void pte_cached(struct s_vma *v, uint64_t nr, uint64_t index);
#define LACKS_YOUNG 1U
#define LACKS_DIRTY 2U
/* The same; but it was not used, or not written, since the kernel last looked. */
void pte_aged(struct s_vma *v, uint64_t nr, uint64_t index, unsigned int lacks);
void pte_file(struct s_vma *v, uint64_t nr, uint64_t index);
void pte_anon(struct s_vma *v, uint64_t nr);
void pte_zero(struct s_vma *v, uint64_t nr);
void pte_swap(struct s_vma *v, uint64_t nr, unsigned int type, uint64_t offset);
void pte_migration(struct s_vma *v, uint64_t nr, uint64_t pfn, bool write);
void pte_poison(struct s_vma *v, uint64_t nr, uint64_t pfn);
/* mprotect(PROT_NONE), or a hint of NUMA balancing: what is mapped stays. */
void pte_anon_no_access(struct s_vma *v, uint64_t nr);
void pte_numa(struct s_vma *v, uint64_t nr, uint64_t index);
void pmd_anon(struct s_vma *v, uint64_t nr);
void pmd_hugetlb(struct s_vma *v, uint64_t nr, uint64_t index);

/* ---- block devices ---- */

struct s_request {
	struct request *rq;
	const char *disk, *state;
	bool write;
	uint64_t sector;
	struct s_file *file;
	uint64_t index;
	unsigned int pages;
	struct s_request *next;
};
extern struct s_request *s_requests;

struct gendisk *disk_new(const char *name, unsigned int major, unsigned int minor);
struct block_device *disk_bdev(struct gendisk *disk);
enum where {
	IN_PLUG,  /* of a task that runs, in @plug */
	IN_QUEUE, /* the scheduler handed it on, the driver did not take it yet */
	IN_DRIVER /* started, under the driver's timer */
};
void request_new(struct gendisk *disk, enum where where, bool write, uint64_t sector,
		 struct s_file *f, uint64_t index, unsigned int pages);
#ifdef K_PLUG
/* The next requests IN_PLUG are in that of this task. */
void plug_start(struct s_task *t);
#endif
void block_init(void);

/* ---- waiting ---- */

struct s_waiter {
	struct s_task *task;
	uint64_t pfn;
	unsigned int bit;
	struct s_file *file;
	uint64_t index;
	struct s_waiter *next;
};
extern struct s_waiter *s_waiters;

void zone_init(void);
/* The one node there is. */
struct pglist_data *wait_node(void);
void wait_for_page(struct s_task *t, struct s_file *f, uint64_t index, unsigned int bit);

/* ---- swap areas ---- */

struct s_swap_area {
	unsigned int type, pages, used;
	void *map;
	int priority;
	struct s_file *file;
	struct s_swap_area *next;
};
extern struct s_swap_area *s_swap_areas;

void swap_area(unsigned int type, struct s_file *f, unsigned int pages, unsigned int used,
	       int priority);
/* One more user of a slot. */
void swap_use(unsigned int type, uint64_t offset);

/* ---- the kernel's log ---- */

#define S_PANIC "Fatal exception"
#define S_TROUBLE "BUG: unable to handle kernel NULL pointer dereference at 0000000000000010"

/* Of those that are still there whole, the oldest first. */
struct s_log_record {
	uint64_t seq; /* not of bytes */
	uint64_t time_ns;
	unsigned int facility, level;
	char text[160];
	unsigned int at; /* of bytes: log_end before it */
	struct s_log_record *next;
};
extern struct s_log_record *s_log;
extern uint64_t s_log_gone;

void log_write(void);

/* ---- the rest ---- */

/* Lists, by host pointers; what is stored are the machine's. */
void list_init(struct list_head *head);
void list_add_tail(struct list_head *entry, struct list_head *head);
void list_add(struct list_head *entry, struct list_head *head);
void hlist_add_head(struct hlist_node *node, struct hlist_head *head);
void rb_build(struct rb_root *root, struct rb_node **nodes, size_t n);

const char *vmcoreinfo_text(void);
void truth_write(const char *path);
void *note_alloc(size_t size); /* host memory, zeroed */

/* scenario.c */
void scenario(void);

#endif
