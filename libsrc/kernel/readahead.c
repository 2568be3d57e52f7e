// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * readahead.c - file->f_ra, the limits of its device, and the rules of do_sync_mmap_readahead()
 *
 * Generations of the rules, told apart by what came with them:
 *
 *   - up to 3.0: the page behind that of prev_pos is read as under MADV_SEQUENTIAL. Nothing in
 *     types tells these kernels from those up to 3.6 (address_space.i_mmap is a prio_tree).
 *   - 3.1 to 5.17: MADV_RANDOM, no ra_pages, MADV_SEQUENTIAL, too many misses, read-around
 *   - 5.18 on (page_cache_ra_order): before all else VM_HUGEPAGE reads huge pages
 *   - 6.16 or so on (file_ra_state.order; mmap_miss has two bytes): code is read from the
 *     fault on inside its mapping, and also under MADV_RANDOM
 *   - later, and nothing in types or symbols tells: misses count for VM_HUGEPAGE, too, which
 *     needs a file system that can have huge folios; and they stop no code
 */
#include <sys/stat.h>

#include "readahead.h"

#define FMODE_RANDOM 0x1000    /* file->f_mode: include/linux/fs.h, all versions */
#define MAX_INDEX (1ULL << 52) /* pages of the largest file */
#define SANE_PAGES (1U << 20)  /* 4 GiB: nobody lets more be read ahead */

/*
 * Callback heads and list nodes lie over the window of a file that is being freed,
 * so pointers are what must not be taken for numbers of pages.
 */
static const char *implausible(const struct mi_readahead *ra)
{
	if (ra->start >= MAX_INDEX)
		return "the window begins beyond the end of any file";
	if (ra->size > SANE_PAGES)
		return "the window is larger than 4 GiB";
	if (ra->async_size > ra->size)
		return "the marker lies before the window";
	if (ra->ra_pages > SANE_PAGES)
		return "the limit is larger than 4 GiB";
	if (ra->has_prev_pos && ra->prev_pos < -1)
		return "the last read ends before the file";
	return NULL;
}

void mi_readahead_decode(const struct mi_layout *l, const void *raw, struct mi_readahead *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->start = mi_get(raw, &l->ra_start);
	ret->size = (uint32_t)mi_get(raw, &l->ra_size);
	ret->async_size = (uint32_t)mi_get(raw, &l->ra_async_size);
	ret->ra_pages = (uint32_t)mi_get(raw, &l->ra_ra_pages);
	ret->mmap_miss = (uint32_t)mi_get(raw, &l->ra_mmap_miss);
	ret->has_order = mi_has(&l->ra_order);
	if (ret->has_order)
		ret->order = (uint32_t)mi_get(raw, &l->ra_order);
	ret->has_prev_pos = mi_has(&l->ra_prev_pos);
	if (ret->has_prev_pos)
		ret->prev_pos = (int64_t)mi_get(raw, &l->ra_prev_pos);
	ret->wrong = implausible(ret);
}

void mi_readahead_load(struct mi_kernel *k, uint64_t file, struct mi_readahead *ret)
{
	const struct mi_layout *l = &k->l;
	unsigned char raw[64];
	uint64_t addr = file + (uint64_t)l->file_ra.off, mode;
	enum mi_read r = mi_read_virt(k->t, addr, raw, l->size_ra);

	if (r) {
		memset(ret, 0, sizeof(*ret));
		ret->why = r;
		mi_problem_read(&k->problems, "file_ra_state", addr, r,
				"what readahead has decided is unknown");
		return;
	}
	mi_readahead_decode(l, raw, ret);
	if (ret->wrong)
		mi_problem_bad(&k->problems, "file_ra_state", addr, ret->wrong,
			       "what readahead has decided is unknown");
	if (mi_has(&l->file_mode) && !mi_read_member(k->t, file, &l->file_mode, &mode)) {
		ret->random_known = true;
		ret->random = mode & FMODE_RANDOM;
	}
}

static bool has_folios(const struct mi_layout *l)
{
	return mi_has(&l->folio_order) || mi_has(&l->folio_flags_1);
}

bool mi_readahead_startless(const struct mi_layout *l, const struct mi_readahead *ra, bool advised)
{
	uint32_t huge = 1U << mi_huge_order(l);

	return (l->sym_page_cache_ra_order || has_folios(l)) && ra->async_size == huge &&
	       (ra->size == huge || ra->size == 2 * huge) && (advised || ra->size > ra->ra_pages);
}

/* ---- the device ---- */

static bool read_pointer(struct mi_kernel *k, uint64_t addr, const struct mi_member *m,
			 uint64_t *val)
{
	return mi_has(m) && m->cls == MI_TYPE_POINTER && !mi_read_member(k->t, addr, m, val) &&
	       *val;
}

static bool find_bdi(struct mi_kernel *k, const struct mi_file *f, uint64_t *bdi)
{
	const struct mi_layout *l = &k->l;
	uint64_t bdev, disk, sb;

	if (mi_has(&l->bdi_of_mapping))
		return read_pointer(k, f->mapping, &l->bdi_of_mapping, bdi);
	if (!S_ISBLK(f->mode))
		return read_pointer(k, f->inode, &l->inode_sb, &sb) &&
		       read_pointer(k, sb, &l->bdi_of_sb, bdi);
	/* The mapping of a device node is its disk's, whose inode lies beside the block_device. */
	if (!mi_has(&l->bdi_bdev) || !mi_has(&l->bdi_bdev_inode))
		return false;
	bdev = f->inode - (uint64_t)l->bdi_bdev_inode.off + (uint64_t)l->bdi_bdev.off;
	if (read_pointer(k, bdev, &l->bdi_of_bdev, bdi))
		return true;
	return read_pointer(k, bdev, &l->bdi_bdev_disk, &disk) &&
	       read_pointer(k, disk, &l->bdi_of_disk, bdi);
}

/* An array: 5.7 (68f23b89067f) and later. Before, its struct device has the name. */
static void read_name(struct mi_kernel *k, uint64_t bdi, struct mi_bdi *ret)
{
	const struct mi_member *name = &k->l.bdi_name;
	size_t room = sizeof(ret->name);
	uint64_t at = 0, dev;

	if (mi_has(name) && name->size == 1 && name->count > 1) {
		at = bdi + (uint64_t)name->off;
		room = name->count < room ? name->count : room;
	} else if (!read_pointer(k, bdi, &k->l.bdi_dev, &dev) ||
		   !read_pointer(k, dev, &k->l.device_name, &at)) {
		return;
	}
	if (mi_read_string(k->t, at, ret->name, room))
		ret->name[0] = '\0';
}

void mi_bdi_load(struct mi_kernel *k, const struct mi_file *file, struct mi_bdi *ret)
{
	const struct mi_layout *l = &k->l;
	uint64_t bdi;

	memset(ret, 0, sizeof(*ret));
	if (!mi_has(&l->bdi_ra_pages) || !find_bdi(k, file, &bdi) ||
	    mi_read_member(k->t, bdi, &l->bdi_ra_pages, &ret->ra_pages))
		return;
	ret->known = true;
	if (mi_has(&l->bdi_io_pages))
		ret->has_io_pages = !mi_read_member(k->t, bdi, &l->bdi_io_pages, &ret->io_pages);
	read_name(k, bdi, ret);
}

/* ---- the next miss ---- */

bool mi_readahead_applies(struct mi_kernel *k, const struct mi_file *file, const struct mi_vma *vma)
{
	uint64_t fault, off = 0;
	const char *name;
	enum mi_read r;

	if (file->dax || file->hugetlbfs || (!S_ISREG(file->mode) && !S_ISBLK(file->mode)))
		return false;
	if (!vma->ops)
		return false;
	r = mi_read_member(k->t, vma->ops, &k->l.vmops_fault, &fault);
	if (r)
		mi_problem_read(&k->problems, "vm_operations_struct", vma->ops, r,
				"whether a mapping is read ahead is unknown");
	if (r || !fault)
		return false;
	/* Handlers of modules have no name here; those of file systems call filemap_fault(). */
	name = mi_symbol_name(k->t, fault, &off);
	return !name || off || strstr(name, "filemap_fault");
}

static void set_miss(struct mi_next_miss *m, enum mi_miss_kind kind, const char *why,
		     uint64_t pages, uint64_t before)
{
	m->kind = kind;
	m->why = why;
	m->pages = pages;
	m->before = before;
}

/* False: VM_HUGEPAGE means nothing to readahead in this kernel. */
static bool huge_rule(const struct mi_layout *l, const struct mi_readahead *ra, uint64_t flags,
		      int max_order, struct mi_next_miss *ret)
{
	bool folios = has_folios(l);
	bool late = l->ra_mmap_miss.size == 2;
	const char *why = NULL;

	if (!l->sym_page_cache_ra_order && !folios)
		return false;
	if (!l->sym_page_cache_ra_order)
		why = "VM_HUGEPAGE, and this kernel has no symbol page_cache_ra_order";
	else if (late && max_order < (int)mi_huge_order(l))
		why = "VM_HUGEPAGE, and kernels of this form differ where a file cannot have "
		      "huge folios";
	else if (late && !(flags & MI_VM_SEQ_READ) && ra->mmap_miss >= MI_RA_MISSES)
		why = "VM_HUGEPAGE, and kernels of this form differ where mmap_miss is above 100";
	if (why)
		set_miss(ret, MI_MISS_UNKNOWN, why, 0, 0);
	else
		set_miss(ret, MI_MISS_HUGE, "VM_HUGEPAGE",
			 1U << mi_huge_order(l) << !(flags & MI_VM_RAND_READ), 0);
	return true;
}

void mi_readahead_rule(const struct mi_layout *l, const struct mi_readahead *ra, uint64_t vm_flags,
		       int max_order, struct mi_next_miss *ret)
{
	bool code = vm_flags & MI_VM_EXEC && l->ra_mmap_miss.size == 2;

	if (vm_flags & MI_VM_HUGEPAGE && huge_rule(l, ra, vm_flags, max_order, ret))
		return;
	if (vm_flags & MI_VM_RAND_READ && !code)
		set_miss(ret, MI_MISS_NONE, "MADV_RANDOM", 0, 0);
	else if (!ra->ra_pages)
		set_miss(ret, MI_MISS_NONE, "ra_pages is 0", 0, 0);
	else if (vm_flags & MI_VM_SEQ_READ)
		set_miss(ret, MI_MISS_SEQUENTIAL, "VM_SEQ_READ", ra->ra_pages, 0);
	else if (mi_has(&l->as_prio_root))
		set_miss(ret, MI_MISS_UNKNOWN,
			 "kernels of this form differ at the page behind the last one read", 0, 0);
	else if (!mi_has(&l->as_i_mmap)) /* so it may be of that form */
		set_miss(ret, MI_MISS_UNKNOWN,
			 "struct address_space has no i_mmap of a form known here", 0, 0);
	else if (ra->mmap_miss >= MI_RA_MISSES && code)
		set_miss(ret, MI_MISS_UNKNOWN,
			 "VM_EXEC, and kernels of this form differ where mmap_miss is above 100", 0,
			 0);
	else if (ra->mmap_miss >= MI_RA_MISSES)
		set_miss(ret, MI_MISS_NONE, "mmap_miss", 0, 0);
	else if (code)
		set_miss(ret, MI_MISS_CODE, "VM_EXEC", ra->ra_pages, 0);
	else
		set_miss(ret, MI_MISS_AROUND, NULL, ra->ra_pages, ra->ra_pages / 2);
}

/* The largest folio that @mapping may have, -1: not known. */
static int largest_folio(struct mi_kernel *k, uint64_t mapping)
{
	const struct mi_layout *l = &k->l;
	uint64_t flags;

	if (!l->AS_FOLIO_ORDER_MAX.known || !l->AS_FOLIO_ORDER_BITS.known ||
	    !mi_has(&l->as_flags) || (uint64_t)l->AS_FOLIO_ORDER_MAX.value > 63 ||
	    (uint64_t)l->AS_FOLIO_ORDER_BITS.value > 8 ||
	    mi_read_member(k->t, mapping, &l->as_flags, &flags))
		return -1;
	return (int)(flags >> l->AS_FOLIO_ORDER_MAX.value &
		     ((1U << l->AS_FOLIO_ORDER_BITS.value) - 1));
}

void mi_readahead_next(struct mi_kernel *k, const struct mi_readahead *ra,
		       const struct mi_file *file, const struct mi_vma *vma,
		       struct mi_next_miss *ret)
{
	if (ra->why || ra->wrong) {
		set_miss(ret, MI_MISS_UNKNOWN,
			 ra->why ? mi_read_text(ra->why) : "f_ra cannot be right", 0, 0);
		return;
	}
	mi_readahead_rule(&k->l, ra, vma->flags, largest_folio(k, file->mapping), ret);
}
