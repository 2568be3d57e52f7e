// SPDX-License-Identifier: GPL-2.0-or-later
/* mm.c - memory of processes: VMAs, their list and tree, page table entries */
#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "old_ptes.h"
#include "world.h"

#define PAGE_MAPPING_ANON 1UL

#define PTES_MAX 8192

struct s_mm *mm_new(void)
{
	struct s_mm *m = note_alloc(sizeof(*m));

	m->mm = ram_alloc(sizeof(*m->mm));
	m->pgd = map_process();
	m->mm->pgd = K((pgd_t *)m->pgd);
	m->mm->mm_count.counter = 1;
	list_init(&m->mm->mmlist);
	return m;
}

#ifdef K_ANON_VMA_LIST
static struct anon_vma *anon_vma_new(struct vm_area_struct *vma)
{
	struct anon_vma *av = ram_alloc(sizeof(*av));

	list_init(&av->head);
	list_add_tail(&vma->anon_vma_node, &av->head);
	vma->anon_vma = K(av);
	return av;
}
#else
static struct anon_vma *anon_vma_new(struct vm_area_struct *vma)
{
	struct anon_vma *av = ram_alloc(sizeof(*av));
	struct anon_vma_chain *avc = ram_alloc(sizeof(*avc));

	avc->vma = K(vma);
	avc->anon_vma = K(av);
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	av->root = K(av);
#ifdef K_ANON_VMA_CHAINS
	list_init(&av->head);
	list_add_tail(&avc->same_anon_vma, &av->head);
#else
	struct rb_node *node = &avc->rb;

	rb_build(&av->rb_root, &node, 1);
#endif
	vma->anon_vma = K(av);
	return av;
}
#endif

/* The file has trees of the linear ones (rmap.c), and a list of those that are not. */
static void link_file(struct s_vma *v)
{
	struct address_space *as = v->file->mapping;
	struct vm_area_struct *vma = v->vma;

	if (v->file->n_vmas == FILE_VMAS)
		die("too many mappings of %s", v->file->path);
	v->file->vmas[v->file->n_vmas++] = v;
	if (vma->vm_flags & VM_NONLINEAR)
		list_add_tail(&vma->shared.K_NONLINEAR, &as->i_mmap_nonlinear);
	if (vma->vm_flags & VM_SHARED)
#ifdef K_WRITABLE_ATOMIC
		as->i_mmap_writable.counter++;
#else
		as->i_mmap_writable++;
#endif
}

struct s_vma *vma_new(struct s_mm *mm, uint64_t start, uint64_t pages, unsigned long flags,
		      struct s_file *file, uint64_t pgoff)
{
	struct s_vma *v = note_alloc(sizeof(*v));
	struct vm_area_struct *vma = ram_alloc(sizeof(*vma));

	if (mm->n_vmas == sizeof(mm->vmas) / sizeof(*mm->vmas))
		die("too many VMAs");
	mm->vmas[mm->n_vmas++] = v;
	v->vma = vma;
	v->mm = mm;
	v->file = file;
	v->name = file ? file->path : "";
	v->ptes = note_alloc(PTES_MAX * sizeof(*v->ptes));
	vma->vm_start = start;
	vma->vm_end = start + pages * PAGE_SIZE;
	vma->vm_mm = K(mm->mm);
	vma->vm_flags = flags;
	vma->vm_pgoff = pgoff;
#ifdef K_ANON_VMA_LIST
	list_init(&vma->anon_vma_node);
#else
	list_init(&vma->anon_vma_chain);
#endif
	if (file) {
		vma->vm_file = K(file->file);
		vma->vm_ops = K(file->fs->vm_ops);
		file->file->f_count.counter++;
		link_file(v);
	}
	mm->mm->total_vm += pages;
	return v;
}

static int by_address(const void *a, const void *b)
{
	const struct s_vma *x = *(struct s_vma *const *)a, *y = *(struct s_vma *const *)b;

	return x->vma->vm_start < y->vma->vm_start ? -1 : 1;
}

static void set_rss(struct s_mm *m)
{
#ifdef K_RSS_STAT
	m->mm->rss_stat.count[MM_FILEPAGES].counter = m->file_pages;
	m->mm->rss_stat.count[MM_ANONPAGES].counter = m->anon_pages;
	m->mm->rss_stat.count[MM_SWAPENTS].counter = m->swap_pages;
#ifdef K_SHMEM_RSS
	/* What lies behind the array is no counter. */
	m->mm->mm_shmempages.counter = m->shmem_pages;
	m->mm->binfmt = FN(elf_format);
#endif
#else
	m->mm->_file_rss.counter = m->file_pages;
	m->mm->_anon_rss.counter = m->anon_pages;
#ifdef K_SWAP_USAGE
	m->mm->_swap_usage.counter = m->swap_pages;
#endif
#endif
}

void mm_finish(struct s_mm *m)
{
	struct rb_node *nodes[64];

	qsort(m->vmas, m->n_vmas, sizeof(*m->vmas), by_address);
	for (size_t i = 0; i < m->n_vmas; i++) {
		struct vm_area_struct *vma = m->vmas[i]->vma;

		vma->vm_next = i + 1 < m->n_vmas ? K(m->vmas[i + 1]->vma) : NULL;
#ifdef K_VM_PREV
		vma->vm_prev = i ? K(m->vmas[i - 1]->vma) : NULL;
#endif
		nodes[i] = &vma->vm_rb;
	}
	m->mm->mmap = K(m->vmas[0]->vma);
	rb_build(&m->mm->mm_rb, nodes, m->n_vmas);
	m->mm->map_count = (int)m->n_vmas;
	set_rss(m);
}

/* ---- entries of page tables ---- */

static struct s_pte *note_pte(struct s_vma *v, uint64_t nr, const char *kind, unsigned int level)
{
	struct s_pte *p = &v->ptes[v->n_ptes++];

	if (v->n_ptes == PTES_MAX)
		die("too many entries in one VMA");
	p->va = v->vma->vm_start + nr * PAGE_SIZE;
	p->kind = kind;
	p->level = level;
	return p;
}

/* A page of a file is copied before a private mapping may write it. */
static bool may_write(const struct s_vma *v, const struct s_pte *p)
{
	bool cached = p->relation && !strcmp(p->relation, "same");

	return v->vma->vm_flags & VM_WRITE && (v->vma->vm_flags & VM_SHARED || !cached);
}

static uint64_t bits_of(const struct s_vma *v, struct s_pte *p)
{
	bool write = may_write(v, p);
	uint64_t bits = PTE_PAGE | (write ? PTE_WRITE : PTE_READ_ONLY);

	p->young = true;
	if (write) {
		p->write = p->dirty = true;
		bits |= PTE_DIRTY;
#ifdef K_SOFT_DIRTY
		p->soft_dirty = true;
		bits |= PTE_SOFT_DIRTY;
#endif
	}
	/* Without a bit to forbid it everything can be executed. */
	p->exec = v->vma->vm_flags & VM_EXEC || !(PTE_NX | PTE_EXEC);
	return bits | (p->exec ? PTE_EXEC : PTE_NX);
}

static void set_pte(struct s_vma *v, const struct s_pte *p, uint64_t entry)
{
	if (*map_pte(v->mm->pgd, p->va))
		die("two entries for 0x%llx", (unsigned long long)p->va);
	map_page(v->mm->pgd, p->va, entry);
}

static uint64_t linear(const struct s_vma *v, uint64_t nr)
{
	return v->vma->vm_pgoff + nr;
}

static void note_index(struct s_vma *v, struct s_pte *p, uint64_t nr, uint64_t index)
{
	if (index != linear(v, nr) && !(v->vma->vm_flags & VM_NONLINEAR))
		die("page %llu is not where it belongs", (unsigned long long)index);
	p->has_index = true;
	p->index = index;
}

static void count_file_page(struct s_vma *v)
{
#ifdef K_SHMEM_RSS
	if (!strcmp(v->file->fs->type, "tmpfs")) {
		v->mm->shmem_pages++;
		return;
	}
#endif
	v->mm->file_pages++;
}

/* What bits_of() says, less what the kernel has forgotten since, or never knew. */
static uint64_t aged(struct s_pte *p, uint64_t bits, unsigned int lacks)
{
	if (lacks & LACKS_YOUNG) {
		bits &= ~PTE_YOUNG;
		p->young = false;
	}
	if (lacks & LACKS_DIRTY && p->dirty) {
		bits = (bits & ~PTE_DIRTY) | PTE_CLEAN;
		p->dirty = false;
		/* Unless a bit says so, being clean is to be read-only. */
		p->write = PTE_WRITE || !PTE_CLEAN;
	}
	return bits;
}

void pte_cached(struct s_vma *v, uint64_t nr, uint64_t index)
{
	pte_aged(v, nr, index, 0);
}

void pte_aged(struct s_vma *v, uint64_t nr, uint64_t index, unsigned int lacks)
{
	struct s_pte *p = note_pte(v, nr, "present", 1);
	struct s_entry *e = cache_find(v->file, index);

	if (!e || e->kind != ENTRY_PAGE)
		die("page %llu of %s is not cached", (unsigned long long)index, v->file->path);
	note_index(v, p, nr, index);
	p->pfn = e->pfn;
	p->relation = "same";
	count_file_page(v);
	page_map(p->pfn);
	set_pte(v, p, p->pfn * PAGE_SIZE | aged(p, bits_of(v, p), lacks));
}

void pte_file(struct s_vma *v, uint64_t nr, uint64_t index)
{
	struct s_pte *p = note_pte(v, nr, "file", 1);

	note_index(v, p, nr, index);
#ifdef K_SOFT_DIRTY
	p->soft_dirty = true;
#endif
	set_pte(v, p, K_FILE_PTE(index));
}

static uint64_t anon_page(struct s_vma *v, uint64_t nr, struct s_pte *p)
{
	if (!v->anon_vma)
		v->anon_vma = anon_vma_new(v->vma);
	p->pfn = ram_page();
	p->relation = v->file ? "private" : NULL;
	page_set(p->pfn, PG_CLEAN | PG(swapbacked) | PG(active),
		 (void *)(uintptr_t)(ram_kva(v->anon_vma) | PAGE_MAPPING_ANON), linear(v, nr));
	page_map(p->pfn);
	v->mm->anon_pages++;
	return p->pfn;
}

void pte_anon(struct s_vma *v, uint64_t nr)
{
	struct s_pte *p = note_pte(v, nr, "present", 1);

	set_pte(v, p, anon_page(v, nr, p) * PAGE_SIZE | bits_of(v, p));
}

void pte_zero(struct s_vma *v, uint64_t nr)
{
	struct s_pte *p = note_pte(v, nr, "present", 1);

	p->pfn = page_of_zeroes();
	p->relation = "zero";
	p->young = true;
	p->exec = !(PTE_NX | PTE_EXEC);
	p->special = PTE_SPECIAL;
	set_pte(v, p, p->pfn * PAGE_SIZE | PTE_PAGE | PTE_READ_ONLY | PTE_NX | PTE_SPECIAL);
}

static void set_swap(struct s_vma *v, uint64_t nr, const char *kind, unsigned int type,
		     uint64_t offset)
{
	struct s_pte *p = note_pte(v, nr, kind, 1);

	p->swap_type = type;
	p->swap_offset = offset;
#ifdef K_SWP_MIGRATION
	p->write = type == K_SWP_MIGRATION + 1;
#endif
	set_pte(v, p, K_SWAP_PTE((uint64_t)type, offset));
}

void pte_swap(struct s_vma *v, uint64_t nr, unsigned int type, uint64_t offset)
{
	if (!v->anon_vma)
		v->anon_vma = anon_vma_new(v->vma);
	v->mm->swap_pages++;
	swap_use(type, offset);
	set_swap(v, nr, "swap", type, offset);
	v->ptes[v->n_ptes - 1].relation = v->file ? "private" : NULL;
}

#ifdef K_SWP_MIGRATION
void pte_migration(struct s_vma *v, uint64_t nr, uint64_t pfn, bool write)
{
	set_swap(v, nr, "migration", K_SWP_MIGRATION + write, pfn);
	v->ptes[v->n_ptes - 1].pfn = pfn;
	v->ptes[v->n_ptes - 1].relation = v->file ? "same" : NULL;
}

#endif

#ifdef K_SWP_HWPOISON
void pte_poison(struct s_vma *v, uint64_t nr, uint64_t pfn)
{
	set_swap(v, nr, "hwpoison", K_SWP_HWPOISON, pfn);
	v->ptes[v->n_ptes - 1].pfn = pfn;
	v->ptes[v->n_ptes - 1].relation = v->file ? "same" : NULL;
}

#endif

/* Present for the kernel, not for the CPU. */
static uint64_t no_access(uint64_t pfn)
{
	uint64_t address = pfn * PAGE_SIZE;

#ifdef K_L1TF
	address = ~address & PFN_MASK;
#endif
	return address | PTE_NO_ACCESS;
}

void pte_anon_no_access(struct s_vma *v, uint64_t nr)
{
	struct s_pte *p = note_pte(v, nr, "prot-none", 1);

	/* PAGE_NONE of x86 does not forbid to execute: that it is not present does. */
	p->young = true;
	p->exec = !(PTE_NO_ACCESS & PTE_NX) && !PTE_EXEC;
	p->write = PTE_NO_ACCESS & PTE_WRITE;
	set_pte(v, p, no_access(anon_page(v, nr, p)));
}

#ifdef K_NUMA_BALANCING
void pte_numa(struct s_vma *v, uint64_t nr, uint64_t index)
{
	struct s_entry *e = cache_find(v->file, index);
	struct s_pte *p = note_pte(v, nr, "numa-hint", 1);

	p->pfn = e->pfn;
	p->relation = "same";
	p->young = true;
	note_index(v, p, nr, index);
	count_file_page(v);
	page_map(p->pfn);
#ifdef K_NUMA_BIT
	/* The rest of the entry stays as it was. */
	set_pte(v, p, (p->pfn * PAGE_SIZE | (bits_of(v, p) & ~PTE_PRESENT)) | K_NUMA_BIT);
#else
	p->exec = true;
	set_pte(v, p, no_access(p->pfn));
#endif
}

#endif

#ifndef K_NO_HUGE
static uint64_t huge_bits_of(const struct s_vma *v, struct s_pte *p)
{
	return (bits_of(v, p) & ~PTE_NOT_HUGE) | PTE_HUGE;
}
#endif

#ifdef K_THP
void pmd_anon(struct s_vma *v, uint64_t nr)
{
	struct s_pte *p = note_pte(v, nr, "present", 2);

	if (!v->anon_vma)
		v->anon_vma = anon_vma_new(v->vma);
	p->pfn = ram_pages(K_HUGE_ORDER);
	page_set(p->pfn, PG_CLEAN | PG(swapbacked),
		 (void *)(uintptr_t)(ram_kva(v->anon_vma) | PAGE_MAPPING_ANON), linear(v, nr));
	page_compound(p->pfn, K_HUGE_ORDER);
	page_map(p->pfn);
	v->mm->anon_pages += 1U << K_HUGE_ORDER;
	map_huge(v->mm->pgd, p->va, p->pfn * PAGE_SIZE | huge_bits_of(v, p));
}

#endif

#ifndef K_NO_HUGE
void pmd_hugetlb(struct s_vma *v, uint64_t nr, uint64_t index)
{
	struct s_entry *e = cache_find(v->file, index);
	struct s_pte *p = note_pte(v, nr, "present", 2);

	p->pfn = e->pfn;
	p->relation = "same";
	page_map(p->pfn);
	map_huge(v->mm->pgd, p->va, p->pfn * PAGE_SIZE | huge_bits_of(v, p));
}

#endif
