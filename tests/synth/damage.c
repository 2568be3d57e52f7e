// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * damage.c - lies that a dump may tell; contract in damage.h
 *
 * Each breaks one thing of process 700, 710 or 720, in a way that makes a reader who
 * believes it run in circles, off the end, out of memory, or tell something untrue.
 */
#include "damage.h"

#include <stdio.h>
#include <string.h>

#include "entries.h"
#include "printk.h"
#include "world.h"

/* In an entry of the top table that leads to another, and in one that maps a page. */
#if defined(K_PAE)
#define TABLE_BITS 0x1UL
#elif defined(K_LPAE) || defined(K_ARM64)
#define TABLE_BITS 0x3UL
#elif defined(K_ARM)
#define TABLE_BITS 0x11UL
#else
#define TABLE_BITS 0x67UL
#endif

static struct s_task *task_at(int pid)
{
	for (struct s_task *t = s_tasks; t; t = t->next)
		if (t->task->pid == pid)
			return t;
	die("no task %d", pid);
}

static struct s_file *file_at(const char *path)
{
	for (struct s_file *f = s_files; f; f = f->next)
		if (!strcmp(f->path, path))
			return f;
	die("no file %s", path);
}

static struct s_vma *vma_of(int pid, uint64_t start)
{
	struct s_mm *mm = task_at(pid)->mm;

	for (size_t i = 0; i < mm->n_vmas; i++)
		if (mm->vmas[i]->vma->vm_start == start)
			return mm->vmas[i];
	die("no VMA at 0x%llx", (unsigned long long)start);
}

static struct vm_area_struct *window_vma(void)
{
	return vma_of(700, USER(0x7f0000000000ULL))->vma;
}

static struct s_file *window_file(void)
{
	return file_at("/dev/shm/window");
}

static struct radix_tree_node *root_of(struct s_file *f)
{
	return ram_host((uintptr_t)f->mapping->page_tree.rnode & ~1UL);
}

static struct request_queue *queue(void)
{
	return H(s_requests->rq->q);
}

/* ---- VMAs ---- */

static void vma_circle(void)
{
	struct s_mm *mm = task_at(700)->mm;

	mm->vmas[mm->n_vmas - 1]->vma->vm_next = K(mm->vmas[2]->vma);
}

static void vma_nowhere(void)
{
	window_vma()->vm_next = (void *)NOWHERE;
}

static void vma_backwards(void)
{
	window_vma()->vm_end = window_vma()->vm_start - PAGE_SIZE;
}

static void vma_stranger(void)
{
	window_vma()->vm_mm = (void *)NOWHERE;
}

static void vma_odd(void)
{
	window_vma()->vm_start += 123;
}

/* ---- page tables ---- */

static void table_nowhere(void)
{
	map_table(task_at(700)->mm->pgd, USER(0x7f0000000000ULL), K_NO_RAM);
}

/* Elsewhere it is no page. */
#if !defined(K_PAE) && !defined(K_ARM)
static void table_of_itself(void)
{
	k_entry *pgd = task_at(700)->mm->pgd;

	*map_top(pgd, USER(0x7f0000000000ULL)) = (k_entry)(ram_pa(pgd) | TABLE_BITS);
}
#endif

/* Whatever is below, is this table. */
static void all_is(k_entry *pgd, uint64_t from, uint64_t end, uint64_t table)
{
#ifdef K_NARROW
	const uint64_t step = 4UL << 20;

	for (from += step; from + step < end; from += step) {
		map_table(pgd, from & ~(step - 1), table);
		map_table(pgd, (from & ~(step - 1)) + step / 2, table);
	}
#else
	for (; from < end; from += 1UL << 30)
		if (!*map_top(pgd, from))
			*map_top(pgd, from) = table | TABLE_BITS;
#endif
}

/* All that is free in front of the window belongs to it, by one table that is its own next one. */
static void table_of_all(void)
{
	struct s_mm *mm = task_at(700)->mm;
	struct vm_area_struct *window = window_vma();
	uint64_t from = 0, pa = ram_page() * PAGE_SIZE;
	k_entry *table = ram_at(pa);
	size_t i;

	for (i = 0; i < mm->n_vmas; i++)
		if (mm->vmas[i]->vma->vm_end <= window->vm_start && mm->vmas[i]->vma->vm_end > from)
			from = mm->vmas[i]->vma->vm_end;
	for (i = 0; i < PAGE_SIZE / sizeof(*table); i++)
		table[i] = (k_entry)(pa | TABLE_BITS);
	all_is(mm->pgd, from, window->vm_start, pa);
	window->vm_start = (unsigned long)from;
}

static void frame_nowhere(void)
{
	*map_pte(task_at(700)->mm->pgd, USER(0x7f0000000000ULL) + 2 * PAGE_SIZE) =
		(k_entry)((K_NO_RAM + PAGE_SIZE) | PTE_PAGE | PTE_DIRTY);
}

/* ---- the page cache ---- */

static void slot_nowhere(void)
{
	root_of(window_file())->slots[0] = (void *)(NOWHERE & ~3UL);
}

static void slot_of_itself(void)
{
	struct radix_tree_node *node = root_of(window_file());
	void *self = window_file()->mapping->page_tree.rnode;

#ifdef K_RADIX_SHIFT
	node->slots[1] = self;
#else
	node->slots[1] = (void *)((uintptr_t)self & ~1UL);
#endif
}

static void tree_too_high(void)
{
	struct radix_tree_node *node = root_of(window_file());

#if defined(K_RADIX_SHIFT)
	node->shift = 240;
#elif defined(K_RADIX_PATH)
	node->path = 0xfff;
	window_file()->mapping->page_tree.height = 0xfff;
#else
	node->height = 0x7fffffff;
	window_file()->mapping->page_tree.height = 0x7fffffff;
#endif
}

static void tree_nowhere(void)
{
	window_file()->mapping->page_tree.rnode = (void *)(NOWHERE | 1);
}

static void slot_no_page(void)
{
	struct radix_tree_node *leaf = root_of(file_at("/data/small"));

	leaf->slots[2] = (void *)(NOWHERE & ~3UL);
}

static void page_of_another(void)
{
	page_of(cache_find(file_at("/data/small"), 3)->pfn)->mapping = K(window_file()->mapping);
}

static void mapping_nowhere(void)
{
	window_file()->file->f_mapping = (void *)NOWHERE;
}

static void size_negative(void)
{
	window_file()->inode->i_size = -4096;
}

/* ---- struct page ---- */

static void index_absurd(void)
{
	page_of(cache_find(window_file(), 18)->pfn)->index = ~0UL;
}

#ifndef K_NO_HUGE
static void tail_nowhere(void)
{
	page_of(cache_find(file_at("/dev/hugepages/pool"), 0)->pfn + 5)->first_page =
		(void *)NOWHERE;
}

static void order_absurd(void)
{
	page_of(cache_find(file_at("/dev/hugepages/pool"), 0)->pfn + 1)->lru.prev = (void *)60UL;
}
#endif

/* ---- tasks ---- */

static void task_circle(void)
{
	struct task_struct *task = task_at(700)->task;

	task->tasks.next = K(&task->tasks);
}

static void task_nowhere(void)
{
	task_at(710)->task->tasks.next = (void *)NOWHERE;
}

static void thread_circle(void)
{
	struct task_struct *second = task_at(701)->task;

	second->thread_group.next = K(&second->thread_group);
#ifdef K_THREAD_NODE
	second->thread_node.next = K(&second->thread_node);
#endif
}

/* ---- paths ---- */

static void directory_circle(void)
{
	struct dentry *d = file_at("/data/small")->dentry;

	H(d->d_parent)->d_parent = K(d);
}

static void name_endless(void)
{
	file_at("/data/small")->dentry->d_name.len = 0x7fffffff;
}

static void name_nowhere(void)
{
	file_at("/data/small")->dentry->d_name.name = (void *)NOWHERE;
}

static void mount_circle(void)
{
	struct vfsmount *one = H(window_file()->file->f_path.mnt);
	struct vfsmount *other = H(file_at("/mnt/ram/large")->file->f_path.mnt);
#ifdef K_STRUCT_MOUNT
	size_t in_mount = offsetof(struct mount, mnt);
	struct mount *m = (struct mount *)((char *)one - in_mount);
	struct mount *parent = (struct mount *)((char *)other - in_mount);
#else
	struct vfsmount *m = one, *parent = other;
#endif

	m->mnt_parent = K(parent);
	parent->mnt_parent = K(m);
	m->mnt_mountpoint = other->mnt_root;
	parent->mnt_mountpoint = one->mnt_root;
}

/* ---- requests and waits ---- */

static void queue_circle(void)
{
	struct list_head *first = H(queue()->queue_head.next);

	first->next = K(first);
}

static void timeout_nowhere(void)
{
	queue()->timeout_list.next = (void *)NOWHERE;
}

static void bio_circle(void)
{
	struct bio *bio = H(s_requests->rq->bio);

	bio->bi_next = K(bio);
}

static void bio_endless(void)
{
	struct bio *bio = H(s_requests->rq->bio);

#ifdef K_BIO_ITER
	bio->bi_iter.bi_size = 0xfffff000;
#else
	bio->bi_size = 0xfffff000;
	bio->bi_vcnt = 0xffff;
#endif
}

static void bio_nowhere(void)
{
	((struct bio *)H(s_requests->rq->bio))->bi_io_vec = (void *)NOWHERE;
}

static void wait_circle(void)
{
	struct wait_bit_queue *q = task_stack_at(s_waiters->task, 600);

	q->wait.task_list.next = K(&q->wait.task_list);
}

static void wait_table_endless(void)
{
	struct zone *zone = &wait_node()->node_zones[K_ZONE_OF_FRAMES];
	unsigned int bits = 8 * sizeof(long) - 4;

	zone->wait_table_hash_nr_entries = 1UL << bits;
	zone->wait_table_bits = bits;
}

/* ---- the kernel's log ---- */

static void log_nowhere(void)
{
	*SYM(char *, log_buf) = (char *)NOWHERE;
}

static void log_endless(void)
{
	*SYM(unsigned int, log_buf_len) = 1U << 31;
}

static void log_of_no_size(void)
{
	*SYM(unsigned int, log_buf_len) = K_LOG_BUF_LEN - 1;
}

#ifndef K_LOG_BYTES
/* The oldest says that it is shorter than its head. */
static void log_short(void)
{
	((struct K_LOG_RECORD *)((char *)SYM(char, __log_buf) + *SYM(u32, log_first_idx)))->len = 3;
}

/* Where no record ends. */
static void log_circle(void)
{
	*SYM(u32, log_next_idx) += 2;
}
#endif

static const struct {
	const char *name;
	void (*apply)(void);
	const char *ask;
} damages[] = {
	{"vma_circle", vma_circle, "700"},
	{"vma_nowhere", vma_nowhere, "700"},
	{"vma_backwards", vma_backwards, "700"},
	{"vma_stranger", vma_stranger, "700"},
	{"vma_odd", vma_odd, "700"},
	{"table_nowhere", table_nowhere, "700"},
#if !defined(K_PAE) && !defined(K_ARM)
	{"table_of_itself", table_of_itself, "700"},
#endif
	{"table_of_all", table_of_all, "700"},
	{"frame_nowhere", frame_nowhere, "700"},
	{"slot_nowhere", slot_nowhere, "700"},
	{"slot_of_itself", slot_of_itself, "700"},
	{"tree_too_high", tree_too_high, "700"},
	{"tree_nowhere", tree_nowhere, "700"},
	{"slot_no_page", slot_no_page, "710"},
	{"page_of_another", page_of_another, "710"},
	{"mapping_nowhere", mapping_nowhere, "700"},
	{"size_negative", size_negative, "700"},
	{"index_absurd", index_absurd, "700"},
#ifndef K_NO_HUGE
	{"tail_nowhere", tail_nowhere, "710"},
	{"order_absurd", order_absurd, "710"},
#endif
	{"task_circle", task_circle, "--all"},
	{"task_nowhere", task_nowhere, "--all"},
	{"thread_circle", thread_circle, "700"},
	{"directory_circle", directory_circle, "710"},
	{"name_endless", name_endless, "710"},
	{"name_nowhere", name_nowhere, "710"},
	{"mount_circle", mount_circle, "700"},
	{"queue_circle", queue_circle, "--requests"},
	{"timeout_nowhere", timeout_nowhere, "--requests"},
	{"bio_circle", bio_circle, "--requests"},
	{"bio_endless", bio_endless, "--requests"},
	{"bio_nowhere", bio_nowhere, "--requests"},
	{"wait_circle", wait_circle, "--requests"},
	{"wait_table_endless", wait_table_endless, "--requests"},
	{"log_nowhere", log_nowhere, "--log"},
	{"log_endless", log_endless, "--log"},
	{"log_of_no_size", log_of_no_size, "--log"},
#ifndef K_LOG_BYTES
	{"log_short", log_short, "--log"},
	{"log_circle", log_circle, "--log"},
#endif
};
#define N_DAMAGES (sizeof(damages) / sizeof(*damages))

void damage_list(void)
{
	for (size_t i = 0; i < N_DAMAGES; i++)
		printf("%s %s\n", damages[i].name, damages[i].ask);
}

void damage(const char *name)
{
	for (size_t i = 0; i < N_DAMAGES; i++) {
		if (strcmp(damages[i].name, name))
			continue;
		damages[i].apply();
		return;
	}
	die("no such damage: %s", name);
}
