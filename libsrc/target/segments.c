// SPDX-License-Identifier: GPL-2.0-or-later
/* segments.c - the PT_LOAD segments of an ELF dump, by physical address */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "segments.h"

/* A dump has one per piece of RAM; makedumpfile -E makes one per run of pages. */
#define SEGMENTS_MAX (1U << 24)

/*
 * /proc/vmcore has the kernel's image twice: once at the addresses it is linked for, and as
 * part of RAM. No more than two segments hold the same page, but runs of -E in the image
 * may begin at other places than those in RAM: a look goes back this far at most, so that a
 * dump that lies costs no time.
 */
#define LOOK_BACK 64

struct segment {
	uint64_t start;	  /* physical */
	uint64_t stored;  /* bytes in the file, by the header */
	uint64_t present; /* of these, before the end of the file */
	uint64_t size;	  /* in memory */
	uint64_t offset;  /* in the file */
	uint64_t reach;	  /* highest end of this and all before it */
};

struct mi_segments {
	size_t n;
	bool may_be_zero, cut;
	struct segment seg[];
};

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* After sorting: how far back a look may have to go. */
static void set_reach(struct mi_segments *s)
{
	uint64_t reach = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->seg[i].start + s->seg[i].size > reach)
			reach = s->seg[i].start + s->seg[i].size;
		s->seg[i].reach = reach;
	}
}

static void add(struct mi_segments *s, const Elf64_Phdr *ph, uint64_t file_size)
{
	struct segment *seg = &s->seg[s->n];
	uint64_t room = ph->p_offset < file_size ? file_size - ph->p_offset : 0;

	/* Addresses that wrap are no segment. */
	if (ph->p_type != PT_LOAD || ph->p_paddr + ph->p_memsz < ph->p_paddr ||
	    ph->p_filesz > ph->p_memsz)
		return;
	seg->start = ph->p_paddr;
	seg->stored = ph->p_filesz;
	seg->present = ph->p_filesz < room ? ph->p_filesz : room;
	seg->size = ph->p_memsz;
	seg->offset = ph->p_offset;
	if (seg->size > seg->stored)
		s->may_be_zero = true;
	if (seg->present < seg->stored)
		s->cut = true;
	s->n++;
}

static uint64_t count(mi_bytes_fn bytes, void *arg, const Elf64_Ehdr *eh)
{
	Elf64_Shdr sh;

	if (eh->e_phnum != PN_XNUM)
		return eh->e_phnum;
	return bytes(arg, eh->e_shoff, &sh, sizeof(sh)) ? sh.sh_info : 0;
}

struct mi_segments *mi_segments_load(mi_bytes_fn bytes, void *arg, uint64_t file_size)
{
	struct mi_segments *s;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t i, n;

	if (!bytes(arg, 0, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_phentsize != sizeof(ph))
		return NULL;
	n = count(bytes, arg, &eh);
	if (n > SEGMENTS_MAX)
		return NULL;
	s = calloc(1, sizeof(*s) + n * sizeof(s->seg[0]));
	if (!s)
		return NULL;
	for (i = 0; i < n && bytes(arg, eh.e_phoff + i * sizeof(ph), &ph, sizeof(ph)); i++)
		add(s, &ph, file_size);
	s->cut |= i < n;
	qsort(s->seg, s->n, sizeof(s->seg[0]), by_start);
	set_reach(s);
	return s;
}

void mi_segments_free(struct mi_segments *s)
{
	free(s);
}

static enum mi_read look_in(const struct segment *seg, uint64_t pa)
{
	uint64_t off = pa - seg->start;

	if (off + MI_PAGE_SIZE <= seg->present)
		return MI_READ_OK;
	if (off + MI_PAGE_SIZE <= seg->stored)
		return MI_READ_INCOMPLETE;
	return off < seg->size ? MI_READ_EXCLUDED : MI_READ_HOLE;
}

/* How many start at or below @pa. */
static size_t count_up_to(const struct mi_segments *s, uint64_t pa)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->seg[mid].start <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum mi_read mi_segments_look(const struct mi_segments *s, uint64_t pa, uint64_t *offset)
{
	/* The better the answer, the higher. */
	static const unsigned char rank[] = {
		[MI_READ_HOLE] = 0,
		[MI_READ_EXCLUDED] = 1,
		[MI_READ_INCOMPLETE] = 2,
		[MI_READ_OK] = 3,
	};
	enum mi_read best = MI_READ_HOLE, r;
	size_t i = count_up_to(s, pa);
	size_t stop = i > LOOK_BACK ? i - LOOK_BACK : 0;

	while (best != MI_READ_OK && i-- > stop && s->seg[i].reach > pa) {
		r = look_in(&s->seg[i], pa);
		if (rank[r] <= rank[best])
			continue;
		best = r;
		if (offset)
			*offset = s->seg[i].offset + (pa - s->seg[i].start);
	}
	return best;
}

bool mi_segments_next(const struct mi_segments *s, uint64_t *pa, uint64_t *end)
{
	const uint64_t mask = ~(uint64_t)(MI_PAGE_SIZE - 1);
	size_t i = count_up_to(s, *pa);
	size_t stop_at = i > LOOK_BACK ? i - LOOK_BACK : 0;

	while (i > stop_at && s->seg[i - 1].reach > *pa)
		i--;
	for (; i < s->n; i++) {
		const struct segment *seg = &s->seg[i];
		uint64_t first = (seg->start + MI_PAGE_SIZE - 1) & mask;
		uint64_t stop = (seg->start + seg->present) & mask;

		if (first < *pa)
			first = *pa;
		if (first >= stop)
			continue;
		*pa = first;
		*end = stop;
		return true;
	}
	return false;
}

bool mi_segments_cut(const struct mi_segments *s)
{
	return s->cut;
}

bool mi_segments_may_be_zero(const struct mi_segments *s)
{
	return s->may_be_zero;
}
