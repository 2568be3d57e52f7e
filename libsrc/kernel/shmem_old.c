// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shmem_old.c - the swap vector of tmpfs (mm/shmem.c, up to 3.0)
 *
 * The first 16 entries are in the inode. The rest are in pages of words: the first half of
 * the page i_indirect names such pages, the second half pages of such names.
 */
#include "page.h"
#include "shmem_old.h"
#include "swap.h"

#define PER_PAGE_MAX (MI_PAGE_SIZE / 4)
#define DIRECT 16
#define TYPE_BITS 5 /* on top of a word (SWP_TYPE_SHIFT); RHEL 6 leaves two more free */
#define FREE_BITS_RHEL 2

uint64_t mi_shmem_vector(struct mi_kernel *k, uint64_t mapping)
{
	const struct mi_layout *l = &k->l;
	uint64_t inode, swapped;

	if (!mi_has(&l->shmem_direct) || !mi_has(&l->shmem_indirect) || !mi_has(&l->shmem_inode) ||
	    mi_read_member(k->t, mapping, &l->as_host, &inode) || !inode)
		return 0;
	inode -= (uint64_t)l->shmem_inode.off;
	if (mi_has(&l->shmem_swapped) &&
	    !mi_read_member(k->t, inode, &l->shmem_swapped, &swapped) && !swapped)
		return 0;
	return inode;
}

static void unread(struct mi_kernel *k, uint64_t vector, enum mi_read r)
{
	mi_problem_read(&k->problems, "swap vector of tmpfs", vector, r,
			"swapped pages are missing");
}

static void decode(struct mi_kernel *k, uint64_t val, uint64_t index, struct mi_slot *ret)
{
	unsigned int shift = 8 * mi_word_size(k->t) - TYPE_BITS;
	unsigned int rhel = shift - FREE_BITS_RHEL;
	uint64_t area;

	/* An area that is not in use: the other form. */
	if (!mi_swap_area_at(k, (unsigned int)(val >> shift), &area) ||
	    (val & ((1ULL << shift) - 1)) >> rhel)
		shift = rhel;
	memset(ret, 0, sizeof(*ret));
	ret->index = index;
	ret->n = 1;
	ret->kind = MI_SLOT_SWAP;
	ret->value = val;
	ret->swap_type = (unsigned int)(val >> shift);
	ret->swap_offset = val & ((1ULL << shift) - 1);
	ret->marks = MI_MARK_UNKNOWN;
}

/* The first entry of @words, numbers @from to below @n, that is set. */
static bool first_set(const uint64_t *words, uint64_t from, uint64_t n, uint64_t *found)
{
	for (; from < n; from++) {
		if (words[from]) {
			*found = from;
			return true;
		}
	}
	return false;
}

static uint64_t per_page(const struct mi_kernel *k)
{
	return MI_PAGE_SIZE / mi_word_size(k->t);
}

/* All words of a page, which the kernel need not map. */
static enum mi_read read_frame(struct mi_kernel *k, uint64_t pfn, uint64_t *words)
{
	unsigned char raw[MI_PAGE_SIZE];
	enum mi_read r = mi_read_phys(k->t, pfn << MI_PAGE_SHIFT, raw, sizeof(raw));
	size_t i, word = mi_word_size(k->t);

	memset(words, 0, PER_PAGE_MAX * sizeof(*words));
	for (i = 0; !r && i < sizeof(raw) / word; i++)
		words[i] = mi_word_at(k->t, raw + i * word);
	return r;
}

/* The page that a struct page is of; false with a problem. */
static bool read_page(struct mi_kernel *k, uint64_t vector, uint64_t page, uint64_t *words)
{
	enum mi_read r = MI_READ_DAMAGED;
	uint64_t pfn;

	if (mi_page_to_pfn(k, page, &pfn))
		r = read_frame(k, pfn, words);
	if (r)
		unread(k, vector, r);
	return !r;
}

struct search {
	struct mi_kernel *k;
	uint64_t vector, last;
	struct mi_slot *ret;
};

/* In a page of entries, of which the first is for @base. */
static bool in_entries(struct search *s, uint64_t page, uint64_t base, uint64_t index)
{
	uint64_t words[PER_PAGE_MAX], n = per_page(s->k), i;

	if (!page || base > s->last || index >= base + n ||
	    !read_page(s->k, s->vector, page, words) ||
	    !first_set(words, index > base ? index - base : 0, n, &i) || base + i > s->last)
		return false;
	decode(s->k, words[i], base + i, s->ret);
	return true;
}

/* In the pages that @n words of a directory name; the first is for @base. */
static bool in_directory(struct search *s, const uint64_t *words, uint64_t n, uint64_t base,
			 uint64_t index)
{
	uint64_t each = per_page(s->k), i = index > base ? (index - base) / each : 0;

	for (; i < n && base + i * each <= s->last; i++)
		if (in_entries(s, words[i], base + i * each, index))
			return true;
	return false;
}

static bool indirect(struct search *s, uint64_t index)
{
	uint64_t top[PER_PAGE_MAX], dir[PER_PAGE_MAX], n = per_page(s->k), page, base = DIRECT, i;
	enum mi_read r;

	r = mi_read_member(s->k->t, s->vector, &s->k->l.shmem_indirect, &page);
	if (r)
		unread(s->k, s->vector, r);
	if (r || !page || !read_page(s->k, s->vector, page, top))
		return false;
	if (in_directory(s, top, n / 2, base, index))
		return true;
	base += n / 2 * n;
	for (i = n / 2; i < n && base <= s->last; i++, base += n * n)
		if (top[i] && index < base + n * n && read_page(s->k, s->vector, top[i], dir) &&
		    in_directory(s, dir, n, base, index))
			return true;
	return false;
}

bool mi_shmem_next(struct mi_kernel *k, uint64_t vector, uint64_t index, uint64_t last,
		   struct mi_slot *ret)
{
	struct search s = {k, vector, last, ret};
	uint64_t direct[DIRECT], i;
	enum mi_read r;

	if (index < DIRECT) {
		r = mi_read_ulongs(k->t, vector + (uint64_t)k->l.shmem_direct.off, direct, DIRECT);
		if (r)
			unread(k, vector, r);
		else if (first_set(direct, index, DIRECT, &i) && i <= last) {
			decode(k, direct[i], i, ret);
			return true;
		}
	}
	return last >= DIRECT && indirect(&s, index);
}
