// SPDX-License-Identifier: GPL-2.0-or-later
/* segments.c - the PT_LOAD segments of an ELF dump, by physical address */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "segments.h"

/* A dump has one per piece of RAM; makedumpfile -E makes one per run of pages. */
#define SEGMENTS_MAX (1U << 24)

struct segment {
	uint64_t start;	  /* physical */
	uint64_t stored;  /* bytes in the file, by the header */
	uint64_t present; /* of these, before the end of the file */
	uint64_t size;	  /* in memory */
	uint64_t offset;  /* in the file */
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
	return s;
}

void mi_segments_free(struct mi_segments *s)
{
	free(s);
}

/* How many start at or below @pa. */
static size_t upto(const struct mi_segments *s, uint64_t pa)
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
	const struct segment *seg;
	size_t n = upto(s, pa);
	uint64_t off;

	if (!n)
		return MI_READ_HOLE;
	seg = &s->seg[n - 1];
	off = pa - seg->start;
	if (offset)
		*offset = seg->offset + off;
	if (off + MI_PAGE_SIZE <= seg->present)
		return MI_READ_OK;
	if (off + MI_PAGE_SIZE <= seg->stored)
		return MI_READ_INCOMPLETE;
	return off < seg->size ? MI_READ_EXCLUDED : MI_READ_HOLE;
}

bool mi_segments_next(const struct mi_segments *s, uint64_t *pa, uint64_t *end)
{
	const uint64_t mask = ~(uint64_t)(MI_PAGE_SIZE - 1);
	size_t i = upto(s, *pa);

	for (i -= i > 0; i < s->n; i++) {
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
