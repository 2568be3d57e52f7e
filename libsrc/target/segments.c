// SPDX-License-Identifier: GPL-2.0-or-later
/* segments.c - the PT_LOAD segments of an ELF dump, by physical address */
#include <stdlib.h>
#include <string.h>

#include "elfhead.h"
#include "segments.h"

/* A dump has one per piece of RAM; makedumpfile -E makes one per run of pages. */
#define SEGMENTS_MAX (1U << 24)
/* Where x86-64 maps its image: arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP 0xffffffff80000000ULL
#define KERNEL_MAP_SIZE (1ULL << 30)

struct segment {
	uint64_t start;	 /* physical */
	uint64_t stored; /* bytes in the file, by the header */
	uint64_t size;	 /* in memory */
	uint64_t offset; /* in the file */
};

/* In order of address, apart from each other. */
struct list {
	struct segment *seg;
	size_t n;
};

struct mi_segments {
	struct mi_bytes bytes;
	uint64_t expected;
	bool may_be_zero, more;
	bool phys_base_told;
	uint64_t phys_base;
	bool headers_missing; /* of other segments nothing is known */
	struct list main;
	struct list second; /* other copies of what main may lack */
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
	struct segment *seg = &s->main.seg[s->main.n];

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
	if (ph->p_vaddr >= START_KERNEL_MAP && ph->p_vaddr - START_KERNEL_MAP < KERNEL_MAP_SIZE) {
		s->phys_base_told = true;
		s->phys_base = ph->p_paddr - (ph->p_vaddr - START_KERNEL_MAP);
	}
	s->main.n++;
}

static enum mi_status check(const Elf64_Ehdr *eh, struct mi_error *err)
{
	unsigned char class = eh->e_ident[EI_CLASS];

	if ((class != ELFCLASS32 && class != ELFCLASS64) || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "not a little-endian ELF file; only such are supported");
	if (eh->e_type != ET_CORE)
		return mi_fail(err, MI_ERR_FORMAT, "not a dump: an ELF file of another kind%s",
			       eh->e_type == ET_EXEC || eh->e_type == ET_DYN
				       ? " (a vmlinux belongs to -s)"
				       : "");
	if (eh->e_phentsize != mi_elf_phdr_size(eh))
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its ELF header cannot be true");
	return MI_OK;
}

static uint64_t end_of(const struct segment *seg)
{
	return seg->start + seg->size;
}

/* As many as go in without overlap: no dump has more than two copies. */
static void add_second(struct list *second, const struct segment *seg)
{
	if (!second->n || seg->start >= end_of(&second->seg[second->n - 1]))
		second->seg[second->n++] = *seg;
}

/* All that @seg has of what @prev covers too is in the file for @prev. */
static bool is_twice(const struct mi_segments *s, const struct segment *prev,
		     const struct segment *seg)
{
	uint64_t off = seg->start - prev->start;
	uint64_t end = seg->stored < prev->size - off ? off + seg->stored : prev->size;

	return end <= prev->stored && mi_bytes_has(&s->bytes, prev->offset + off, end - off);
}

/*
 * Memory may be there twice: the kernel's image in /proc/vmcore, what is mapped
 * twice in QEMU's dumps with "paging". One copy does, so that segments do not
 * overlap; what is not certain to be the same goes into a list of its own.
 */
static void drop_overlaps(struct mi_segments *s)
{
	struct list *main = &s->main, *second = &s->second;
	struct segment *prev, *seg;
	size_t i, kept = 0;
	uint64_t twice;

	for (i = 0; i < main->n; i++) {
		seg = &main->seg[i];
		prev = kept ? &main->seg[kept - 1] : NULL;
		if (!prev || seg->start >= end_of(prev)) {
			main->seg[kept++] = *seg;
			continue;
		}
		/* It has what the other leaves out. */
		if (seg->start - prev->start >= prev->stored && seg->stored) {
			add_second(second, prev);
			prev->size = seg->start - prev->start;
			main->seg[kept++] = *seg;
			continue;
		}
		if (!is_twice(s, prev, seg)) {
			add_second(second, seg);
			continue;
		}
		twice = end_of(prev) - seg->start;
		if (twice >= seg->size)
			continue;
		seg->start += twice;
		seg->offset += twice;
		seg->size -= twice;
		seg->stored -= twice < seg->stored ? twice : seg->stored;
		main->seg[kept++] = *seg;
	}
	main->n = kept;
}

/* What is missing of the program headers is not known; a hostile count costs nothing. */
static enum mi_status read_headers(const struct mi_bytes *bytes, const Elf64_Ehdr *eh,
				   struct mi_segments **ret, struct mi_error *err)
{
	struct mi_segments *s;
	Elf64_Phdr ph;
	uint64_t i, n;
	bool counted = mi_elf_phnum(bytes, eh, &n);

	if (n > SEGMENTS_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its ELF header cannot be true");
	s = calloc(1, sizeof(*s));
	if (s) {
		s->main.seg = calloc(n + 1, sizeof(struct segment));
		s->second.seg = calloc(n + 1, sizeof(struct segment));
	}
	if (!s || !s->main.seg || !s->second.seg) {
		mi_segments_free(s);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	s->bytes = *bytes;
	s->more = s->headers_missing = !counted;
	expect(s, eh->e_phoff, n * mi_elf_phdr_size(eh));
	for (i = 0; i < n; i++) {
		if (!mi_elf_phdr(bytes, eh, i, &ph)) {
			s->more = s->headers_missing = true;
			break;
		}
		/* makedumpfile -E leaves those empty that it had no room to write. */
		if (ph.p_type == PT_NULL)
			s->more = s->headers_missing = true;
		add(s, &ph);
	}
	qsort(s->main.seg, s->main.n, sizeof(struct segment), by_start);
	drop_overlaps(s);
	*ret = s;
	return MI_OK;
}

enum mi_status mi_segments_load(const struct mi_bytes *bytes, struct mi_segments **ret,
				struct mi_error *err)
{
	enum mi_status st;
	Elf64_Ehdr eh;

	if (!mi_elf_header(bytes, &eh))
		return mi_fail(
			err, MI_ERR_FORMAT,
			"the dump is incomplete: it is cut at %llu bytes, within its headers",
			(unsigned long long)bytes->size);
	st = check(&eh, err);
	return st ? st : read_headers(bytes, &eh, ret, err);
}

void mi_segments_free(struct mi_segments *s)
{
	if (!s)
		return;
	free(s->main.seg);
	free(s->second.seg);
	free(s);
}

/* How many start at or below @pa. */
static size_t count_up_to(const struct list *l, uint64_t pa)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->seg[mid].start <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* What is at @pa, and at all of the *@len bytes from there: *@len may become less. */
static enum mi_read look_part(const struct mi_segments *s, const struct list *l, uint64_t pa,
			      uint64_t *len, uint64_t *offset)
{
	size_t i = count_up_to(l, pa);
	enum mi_read r = s->headers_missing ? MI_READ_INCOMPLETE : MI_READ_HOLE;
	uint64_t off, room = i < l->n ? l->seg[i].start - pa : ~0ULL;

	if (i) {
		const struct segment *seg = &l->seg[i - 1];

		off = pa - seg->start;
		*offset = seg->offset + off;
		if (off < seg->stored) {
			r = MI_READ_OK;
			room = seg->stored - off;
		} else if (off < seg->size) {
			r = MI_READ_EXCLUDED;
			room = seg->size - off;
		}
	}
	*len = room < *len ? room : *len;
	if (!r && !mi_bytes_has(&s->bytes, *offset, *len))
		r = MI_READ_INCOMPLETE;
	return r;
}

static enum mi_read look_in(const struct mi_segments *s, const struct list *l, uint64_t pa,
			    uint64_t *offset)
{
	uint64_t left = MI_PAGE_SIZE, len = left, at = 0;
	enum mi_read r = look_part(s, l, pa, &len, &at);

	if (!r && len == left)
		*offset = at;
	/* A page at the seam of segments has them all to be there. */
	while (!r && len < left) {
		pa += len;
		left -= len;
		len = left;
		r = look_part(s, l, pa, &len, &at);
	}
	return r;
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
	enum mi_read r = look_in(s, &s->main, pa, offset), other;

	if (!r || !s->second.n)
		return r;
	other = look_in(s, &s->second, pa, offset);
	return rank[other] > rank[r] ? other : r;
}

static bool next_in(const struct mi_segments *s, const struct list *l, uint64_t *pa, uint64_t *end)
{
	const uint64_t mask = ~(uint64_t)(MI_PAGE_SIZE - 1);
	size_t i = count_up_to(l, *pa);

	for (i -= i > 0; i < l->n; i++) {
		const struct segment *seg = &l->seg[i];
		uint64_t room = seg->offset < s->bytes.size ? s->bytes.size - seg->offset : 0;
		uint64_t present = seg->stored < room ? seg->stored : room;
		uint64_t first = (seg->start + MI_PAGE_SIZE - 1) & mask;
		uint64_t stop = (seg->start + present) & mask;

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

bool mi_segments_next(const struct mi_segments *s, uint64_t *pa, uint64_t *end)
{
	uint64_t other = *pa, other_end;
	bool found = next_in(s, &s->main, pa, end);

	if (next_in(s, &s->second, &other, &other_end) && (!found || other < *pa)) {
		*pa = other;
		*end = other_end;
		found = true;
	}
	return found;
}

bool mi_segments_may_be_zero(const struct mi_segments *s)
{
	return s->may_be_zero;
}

bool mi_segments_phys_base(const struct mi_segments *s, uint64_t *phys_base)
{
	*phys_base = s->phys_base;
	return s->phys_base_told;
}

uint64_t mi_segments_expected(const struct mi_segments *s, bool *more)
{
	*more = s->more;
	return s->expected;
}
