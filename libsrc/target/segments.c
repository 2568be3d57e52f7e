// SPDX-License-Identifier: GPL-2.0-or-later
/* segments.c - the PT_LOAD segments of an ELF dump, by physical address */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "segments.h"

/* A dump has one per piece of RAM; makedumpfile -E makes one per run of pages. */
#define SEGMENTS_MAX (1U << 24)

struct segment {
	uint64_t start;	 /* physical */
	uint64_t stored; /* bytes in the file, by the header */
	uint64_t size;	 /* in memory */
	uint64_t offset; /* in the file */
};

struct mi_segments {
	struct mi_bytes bytes;
	uint64_t expected;
	size_t n;
	bool may_be_zero, more;
	bool headers_missing; /* of other segments nothing is known */
	struct segment seg[];
};

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The file reaches to @end at least. */
static void expect(struct mi_segments *s, uint64_t off, uint64_t len)
{
	if (!len)
		return;
	if (len > ~off) {
		s->more = true;
		return;
	}
	if (off + len > s->expected)
		s->expected = off + len;
	if (off + len <= s->bytes.size && !mi_bytes_has(&s->bytes, off, len))
		s->more = true;
}

static void add(struct mi_segments *s, const Elf64_Phdr *ph)
{
	struct segment *seg = &s->seg[s->n];

	if (ph->p_type == PT_LOAD || ph->p_type == PT_NOTE)
		expect(s, ph->p_offset, ph->p_filesz);
	/* Addresses that wrap are no segment. */
	if (ph->p_type != PT_LOAD || ph->p_paddr + ph->p_memsz < ph->p_paddr ||
	    ph->p_filesz > ph->p_memsz || ph->p_filesz > ~ph->p_offset)
		return;
	seg->start = ph->p_paddr;
	seg->stored = ph->p_filesz;
	seg->size = ph->p_memsz;
	seg->offset = ph->p_offset;
	if (seg->size > seg->stored)
		s->may_be_zero = true;
	s->n++;
}

static bool count(const struct mi_bytes *bytes, const Elf64_Ehdr *eh, uint64_t *n)
{
	Elf64_Shdr sh;

	*n = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM)
		return true;
	if (!mi_bytes_read(bytes, eh->e_shoff, &sh, sizeof(sh)))
		return false;
	*n = sh.sh_info;
	return true;
}

static enum mi_status check(const Elf64_Ehdr *eh, struct mi_error *err)
{
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "not an ELF file of x86_64, which is the only one supported");
	if (eh->e_type != ET_CORE)
		return mi_fail(err, MI_ERR_FORMAT, "not a dump: an ELF file of another kind%s",
			       eh->e_type == ET_EXEC || eh->e_type == ET_DYN
				       ? " (a vmlinux belongs to -s)"
				       : "");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its ELF header cannot be true");
	return MI_OK;
}

/*
 * QEMU's dumps with "paging" have memory that is mapped twice twice. One of the
 * copies does, so that segments do not overlap.
 */
static void drop_overlaps(struct mi_segments *s)
{
	struct segment *prev, *seg;
	size_t i, kept = 0;
	uint64_t twice;

	for (i = 0; i < s->n; i++) {
		seg = &s->seg[i];
		prev = kept ? &s->seg[kept - 1] : NULL;
		if (prev && seg->start - prev->start < prev->size) {
			twice = prev->size - (seg->start - prev->start);
			if (seg->start - prev->start >= prev->stored && seg->stored) {
				prev->size -= twice;
			} else if (twice >= seg->size) {
				continue;
			} else {
				seg->start += twice;
				seg->offset += twice;
				seg->size -= twice;
				seg->stored -= twice < seg->stored ? twice : seg->stored;
			}
		}
		s->seg[kept++] = *seg;
	}
	s->n = kept;
}

/* What is missing of the program headers is not known; a hostile count costs nothing. */
static enum mi_status read_headers(const struct mi_bytes *bytes, const Elf64_Ehdr *eh,
				   struct mi_segments **ret, struct mi_error *err)
{
	struct mi_segments *s;
	Elf64_Phdr ph;
	uint64_t i, n;
	bool counted = count(bytes, eh, &n);

	if (n > SEGMENTS_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its ELF header cannot be true");
	s = calloc(1, sizeof(*s) + n * sizeof(s->seg[0]));
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	s->bytes = *bytes;
	s->more = s->headers_missing = !counted;
	expect(s, eh->e_phoff, n * sizeof(ph));
	for (i = 0; i < n; i++) {
		if (!mi_bytes_read(bytes, eh->e_phoff + i * sizeof(ph), &ph, sizeof(ph))) {
			s->more = s->headers_missing = true;
			break;
		}
		/* makedumpfile -E leaves those empty that it had no room to write. */
		if (ph.p_type == PT_NULL)
			s->more = s->headers_missing = true;
		add(s, &ph);
	}
	qsort(s->seg, s->n, sizeof(s->seg[0]), by_start);
	drop_overlaps(s);
	*ret = s;
	return MI_OK;
}

enum mi_status mi_segments_load(const struct mi_bytes *bytes, struct mi_segments **ret,
				struct mi_error *err)
{
	enum mi_status st;
	Elf64_Ehdr eh;

	if (!mi_bytes_read(bytes, 0, &eh, sizeof(eh)))
		return mi_fail(
			err, MI_ERR_FORMAT,
			"the dump is incomplete: it is cut at %llu bytes, within its headers",
			(unsigned long long)bytes->size);
	st = check(&eh, err);
	return st ? st : read_headers(bytes, &eh, ret, err);
}

void mi_segments_free(struct mi_segments *s)
{
	free(s);
}

/* The last one that starts at or below @pa; NULL: none does. */
static const struct segment *find(const struct mi_segments *s, uint64_t pa)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->seg[mid].start <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &s->seg[low - 1] : NULL;
}

/*
 * What of the page is in the segment of address @pa: *@len bytes are alike, up to
 * @len that are asked for.
 */
static enum mi_read look_part(const struct mi_segments *s, uint64_t pa, uint64_t *len,
			      uint64_t *offset)
{
	const struct segment *seg = find(s, pa), *next = seg ? seg + 1 : s->seg;
	enum mi_read r = s->headers_missing ? MI_READ_INCOMPLETE : MI_READ_HOLE;
	uint64_t off, room = ~0ULL;

	if (next < s->seg + s->n)
		room = next->start - pa;
	if (seg) {
		off = pa - seg->start;
		*offset = seg->offset + off;
		if (off < seg->stored) {
			r = MI_READ_OK;
			room = seg->stored - off;
		} else if (off < seg->size) {
			r = MI_READ_EXCLUDED;
			room = seg->size - off < room ? seg->size - off : room;
		}
	}
	*len = room < *len ? room : *len;
	if (!r && !mi_bytes_has(&s->bytes, *offset, *len))
		r = MI_READ_INCOMPLETE;
	return r;
}

enum mi_read mi_segments_look(const struct mi_segments *s, uint64_t pa, uint64_t *offset)
{
	uint64_t left = MI_PAGE_SIZE, len = left, at = 0;
	enum mi_read r = look_part(s, pa, &len, &at);

	if (!r && len == left)
		*offset = at;
	/* A page at the seam of segments has them all to be there. */
	while (!r && len < left) {
		pa += len;
		left -= len;
		len = left;
		r = look_part(s, pa, &len, &at);
	}
	return r;
}

bool mi_segments_may_be_zero(const struct mi_segments *s)
{
	return s->may_be_zero;
}

uint64_t mi_segments_expected(const struct mi_segments *s, bool *more)
{
	*more = s->more;
	return s->expected;
}
