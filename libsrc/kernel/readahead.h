/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_READAHEAD_H
#define MI_KERNEL_READAHEAD_H

#include "file.h"
#include "kernel.h"
#include "vma.h"

/*
 * Readahead: what the kernel has decided for an open file (file->f_ra), what the
 * device allows (backing_dev_info), and what the rules of mm/filemap.c make of
 * both when a page fault finds nothing in the cache.
 *
 * f_ra belongs to the struct file: mappings of one open(2) share it, and so do
 * their read(2)s; another open of the same file has its own.
 */
struct mi_readahead {
	enum mi_read why;  /* MI_READ_OK, or why f_ra is not to be had */
	const char *wrong; /* not NULL: what was read cannot be right, and this is why */

	/* The window: pages [start, start + size) were read last, or are being read. */
	uint64_t start;
	uint32_t size; /* 0: none yet */
	uint32_t
		async_size; /* so many before its end the marker page was to be set; 0: no marker */
	uint32_t ra_pages;  /* the most that is read ahead; from the device when it was opened */
	uint32_t mmap_miss; /* faults that found nothing, less those that found something */
	uint32_t order;	    /* of the folios; only if has_order */
	bool has_order;
	int64_t prev_pos; /* byte behind the last read(2), -1: none yet; only if has_prev_pos */
	bool has_prev_pos;

	/* posix_fadvise(POSIX_FADV_RANDOM), which page faults do not heed. */
	bool random, random_known;
};

/* A fault counts as a miss first; above this many there is no read-around any more. */
#define MI_RA_MISSES 100

void mi_readahead_load(struct mi_kernel *k, uint64_t file, struct mi_readahead *ret);
/* The same from a copy of file_ra_state, without what is told by the file's mode. */
void mi_readahead_decode(const struct mi_layout *l, const void *raw, struct mi_readahead *ret);

/* The page of the marker; false if none was to be set. */
static inline bool mi_readahead_marker(const struct mi_readahead *ra, uint64_t *index)
{
	*index = ra->start + ra->size - ra->async_size;
	return ra->size && ra->async_size;
}

/*
 * Where huge pages were read for VM_HUGEPAGE, size and async_size are of that window,
 * and start is still that of the one before. @advised: a mapping has the flag.
 */
bool mi_readahead_startless(const struct mi_layout *l, const struct mi_readahead *ra, bool advised);

/* What the device behind a file allows. */
struct mi_bdi {
	bool known;
	char name[64];	   /* "254:0", "btrfs-1"; "" if not known */
	uint64_t ra_pages; /* what a file gets when it is opened now */
	uint64_t io_pages; /* the most that one request takes; only if has_io_pages */
	bool has_io_pages;
};

void mi_bdi_load(struct mi_kernel *k, const struct mi_file *file, struct mi_bdi *ret);

/* ---- the next miss ---- */

/* What a page fault will do that finds nothing in the cache. */
enum mi_miss_kind {
	MI_MISS_NONE,	    /* reads its page alone */
	MI_MISS_SEQUENTIAL, /* up to @pages from the fault on */
	MI_MISS_AROUND,	    /* @pages, of which @before lie before the fault */
	MI_MISS_CODE,	    /* up to @pages from the fault on, not beyond the mapping */
	MI_MISS_HUGE,	    /* @pages from the boundary of a huge page before the fault */
	MI_MISS_UNKNOWN,    /* cannot be told */
	MI_MISS_KINDS,
};

struct mi_next_miss {
	enum mi_miss_kind kind;
	const char *why; /* NONE, UNKNOWN: the reason, a literal; HUGE ...: the advice; or NULL */
	uint64_t pages, before;
};

/*
 * Does a fault in @vma, a mapping of @file, go through the page cache's own fault
 * handler? tmpfs, hugetlbfs, DAX and devices have handlers without readahead.
 */
bool mi_readahead_applies(struct mi_kernel *k, const struct mi_file *file,
			  const struct mi_vma *vma);

/* @vma maps the open file of @ra, whose pages are cached in @file. */
void mi_readahead_next(struct mi_kernel *k, const struct mi_readahead *ra,
		       const struct mi_file *file, const struct mi_vma *vma,
		       struct mi_next_miss *ret);
/* The rule alone. @max_order: of the mapping's folios, -1: not known. */
void mi_readahead_rule(const struct mi_layout *l, const struct mi_readahead *ra, uint64_t vm_flags,
		       int max_order, struct mi_next_miss *ret);

#endif
