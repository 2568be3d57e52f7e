/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_VMA_H
#define MI_KERNEL_VMA_H

#include "kernel.h"
#include "mm.h"

/* One vm_area_struct. Addresses are bytes, pgoff is in pages. */
struct mi_vma {
	uint64_t addr;
	uint64_t start, end;
	uint64_t flags; /* VM_*, see mi_vma_flag() */
	uint64_t pgoff;
	uint64_t anon_pgoff; /* page->index of an anonymous page at start */
	uint64_t file;	     /* struct file, 0 if none */
	uint64_t anon_vma;   /* not 0: a private mapping may hold copied pages */
	uint64_t ops;
	uint64_t anon_name; /* of memory without a file: its struct anon_vma_name, or 0 */
};

/* VM_* bits that kept one meaning in all kernels (include/linux/mm.h). */
#define MI_VM_READ 0x1ULL
#define MI_VM_WRITE 0x2ULL
#define MI_VM_EXEC 0x4ULL
#define MI_VM_SHARED 0x8ULL
#define MI_VM_MAYSHARE 0x80ULL /* shared, also where no write can be: what maps calls 's' */
#define MI_VM_PFNMAP 0x400ULL
#define MI_VM_LOCKED 0x2000ULL
#define MI_VM_IO 0x4000ULL
#define MI_VM_SEQ_READ 0x8000ULL
#define MI_VM_RAND_READ 0x10000ULL
#define MI_VM_HUGETLB 0x400000ULL
#define MI_VM_NONLINEAR 0x800000ULL /* before 4.0 alone: mi_vma_nonlinear() */
#define MI_VM_MIXEDMAP 0x10000000ULL
#define MI_VM_HUGEPAGE 0x20000000ULL /* wherever there are huge pages of files */
#define MI_VM_NOHUGEPAGE 0x40000000ULL

/*
 * All VMAs of @mm in address order; free *ret. Maple tree or list, whichever
 * the kernel has. VMAs that cannot be read or do not belong to the mm are
 * left out and reported as problems; then @mm's vmas_whole is false.
 */
enum mi_status mi_vma_gather(struct mi_kernel *k, struct mi_mm *mm, struct mi_vma **ret, size_t *n,
			     struct mi_error *err);

/*
 * The VMA at @addr, and whose it is; nothing of it is checked but that there can be
 * such a range: see *possible.
 */
enum mi_read mi_vma_at(struct mi_kernel *k, uint64_t addr, struct mi_vma *ret, uint64_t *mm,
		       bool *possible);

/*
 * Pages of this mapping may stand for other pages of the file than their place says:
 * remap_file_pages(2) before 4.0. Later kernels use the flag for something else.
 */
bool mi_vma_nonlinear(const struct mi_kernel *k, const struct mi_vma *vma);

/* False if this kernel numbers flags that mi_vma.flags relies on in another way. */
bool mi_vma_flags_init(struct mi_kernel *k);

/*
 * The name of bit @bit of a VMA's flags, lower case ("seq_read"), or NULL if
 * its meaning in this kernel is not sure.
 */
const char *mi_vma_flag(const struct mi_kernel *k, unsigned int bit);

/* The bit that goes by @word in this kernel, -1: not known. */
int mi_vma_flag_bit(const struct mi_kernel *k, const char *word);

/* What VMAs cost in this kernel. */
struct mi_vma_cost {
	bool limit_known;
	uint64_t limit; /* vm.max_map_count: about so many may one mm have */
	uint64_t bytes; /* that one vm_area_struct takes in its slab cache; 0: not known */
};

/* vma_cost.c */
void mi_vma_cost_load(struct mi_kernel *k, struct mi_vma_cost *ret);

/*
 * What /proc/PID/maps prints for a mapping without file: "[heap]", "[stack]",
 * "[vdso]", "[anon:NAME]", or "" for plain anonymous memory.
 */
void mi_vma_special_name(struct mi_kernel *k, const struct mi_mm *mm, const struct mi_vma *vma,
			 char *buf, size_t size);

/* maple.c: call @entry for every non-empty slot [first, last] of a maple tree. */
typedef bool (*mi_maple_fn)(void *arg, uint64_t first, uint64_t last, uint64_t entry);
enum mi_status mi_maple_walk(struct mi_kernel *k, uint64_t tree, mi_maple_fn entry, void *arg,
			     struct mi_error *err);

#endif
