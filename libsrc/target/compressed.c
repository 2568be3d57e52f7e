// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compressed.c - which pages a kdump-compressed file holds
 *
 *	block 0		header: status, sizes
 *	block 1 ...	sub-header: level, range of a split dump, notes
 *	...		bitmap 1: page frames that are RAM
 *	...		bitmap 2: page frames that makedumpfile kept
 *	...		a descriptor for each kept page (of this part): offset, size, how
 *			it is compressed
 *	...		the pages
 *
 * As in makedumpfile's diskdump_mod.h: struct disk_dump_header, struct
 * kdump_sub_header and struct page_desc.
 */
#include <stdlib.h>
#include <string.h>

#include "compressed.h"

/* Places in the header that are the same in all files. */
#define MAGIC "KDUMP   "
#define HEAD_VERSION 8
#define HEAD_MACHINE 272 /* of struct new_utsname */
#define STATUS_CUT 0x8

/*
 * The others are by the rules of the machine that wrote the file: how large a long is, and
 * whether a structure aligns 8 bytes to 4 (i386) or to 8 (arm).
 */
struct form {
	unsigned short word;
	unsigned short status, head_size; /* in the header */

	/* in the sub-header; the address of a note is followed by its size, a word */
	unsigned short level, split, start, end, vmcoreinfo, notes;
	unsigned short start_64, end_64, max_64, sub_size;
};

static const struct form form_64 = {8, 424, 464, 8, 12, 16, 24, 32, 48, 80, 88, 96, 104};
static const struct form form_i386 = {4, 412, 452, 4, 8, 12, 16, 20, 32, 56, 64, 72, 80};
static const struct form form_arm = {4, 412, 452, 4, 8, 12, 16, 24, 40, 72, 80, 88, 96};

#define HEAD_SIZE 464
#define HEAD_SIZE_NARROW 452 /* QEMU's of 32 bits, flattened, has not a byte more */
#define SUB_SIZE 104

/* No machine has more page frames (256 TiB), no dump more notes: what says so lies. */
#define PFN_MAX (1ULL << 36)
#define NOTES_MAX (256U << 20)

/*
 * Bitmaps are read in chunks, so that a terabyte dump costs little more memory
 * than a small one.
 */
#define CHUNK_SHIFT 15 /* page frames in a chunk: a page of bits */
#define CHUNK_PFNS (1U << CHUNK_SHIFT)
#define CHUNK_BYTES (CHUNK_PFNS / 8)
#define CHUNKS 64

struct chunk {
	uint64_t tag; /* number + 1; 0: empty */
	unsigned char ram[CHUNK_BYTES], stored[CHUNK_BYTES];
};

struct descriptor {
	uint64_t offset;
	uint32_t size, flags;
	uint64_t page_flags;
};

struct mi_compressed {
	struct mi_bytes bytes;
	unsigned int shift; /* of its pages, which are its blocks as well */
	const struct form *form;
	struct mi_compressed_facts facts;
	uint64_t ram_at, stored_at, bitmap_bytes;
	uint64_t desc_at, data_at;
	uint64_t first;	 /* stored pages before facts.start */
	uint64_t *rank;	 /* stored pages before each chunk */
	uint64_t n_rank; /* chunks, and one entry more */
	struct chunk *chunks;
};

bool mi_compressed_is(const struct mi_bytes *bytes)
{
	char magic[8];

	return mi_bytes_read(bytes, 0, magic, sizeof(magic)) && !memcmp(magic, MAGIC, 8);
}

const char *mi_compression_name(uint32_t flags)
{
	return flags & MI_COMPRESSION_ZLIB     ? "zlib"
	       : flags & MI_COMPRESSION_LZO    ? "lzo"
	       : flags & MI_COMPRESSION_SNAPPY ? "snappy"
	       : flags & MI_COMPRESSION_ZSTD   ? "zstd"
					       : NULL;
}

const struct mi_compressed_facts *mi_compressed_facts(const struct mi_compressed *c)
{
	return &c->facts;
}

/* ---- headers ---- */

static enum mi_status cut(const struct mi_compressed *c, const char *where, struct mi_error *err)
{
	return mi_fail(err, MI_ERR_FORMAT,
		       "the dump is incomplete: it is cut at %llu bytes, within its %s",
		       (unsigned long long)c->bytes.size, where);
}

static uint32_t u32_at(const unsigned char *from, size_t off)
{
	uint32_t v;

	memcpy(&v, from + off, sizeof(v));
	return v;
}

static uint64_t u64_at(const unsigned char *from, size_t off)
{
	uint64_t v;

	memcpy(&v, from + off, sizeof(v));
	return v;
}

/* A long of the machine that wrote the file. */
static uint64_t word_at(const struct form *f, const unsigned char *from, size_t off)
{
	return f->word == 4 ? u32_at(from, off) : u64_at(from, off);
}

static uint64_t hash(const void *from, size_t len)
{
	const unsigned char *p = from;
	uint64_t h = 0xcbf29ce484222325ULL;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

/* libkdumpfile takes sizes as they are: these are the ones it would stumble over. */
static bool notes_fit(const struct form *f, const unsigned char *sub, uint32_t version)
{
	return version < 3 || (word_at(f, sub, f->vmcoreinfo + 8U) <= NOTES_MAX &&
			       (version < 4 || word_at(f, sub, f->notes + 8U) <= NOTES_MAX));
}

static uint64_t block_size(const struct mi_compressed *c)
{
	return 1ULL << c->shift;
}

static enum mi_status read_sub_header(struct mi_compressed *c, uint32_t version,
				      struct mi_error *err)
{
	struct mi_compressed_facts *f = &c->facts;
	const struct form *form = c->form;
	unsigned char sub[SUB_SIZE];

	if (!mi_bytes_read(&c->bytes, block_size(c), sub, form->sub_size))
		return cut(c, "headers", err);
	f->level = version >= 1 ? (int)u32_at(sub, form->level) : -1;
	if (f->level < 0 || f->level >= 64)
		f->level = -1;
	f->phys_base = word_at(form, sub, 0);
	f->split = version >= 2 && u32_at(sub, form->split);
	if (version >= 6)
		f->max_pfn = u64_at(sub, form->max_64);
	f->end = f->max_pfn;
	if (f->split) {
		f->start = version >= 6 ? u64_at(sub, form->start_64)
					: word_at(form, sub, form->start);
		f->end = version >= 6 ? u64_at(sub, form->end_64) : word_at(form, sub, form->end);
	}
	f->identity ^= hash(sub, form->split);
	if (!notes_fit(form, sub, version) || f->max_pfn > PFN_MAX || f->start > f->end ||
	    f->end > f->max_pfn)
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its sub-header cannot be true");
	return MI_OK;
}

/*
 * Pages of the file: those of the kernel, but QEMU takes the largest that the architecture has.
 * Whether the kernel's are of the size that is read here, is for others to ask.
 */
static enum mi_status set_shift(struct mi_compressed *c, const unsigned char *head,
				struct mi_error *err)
{
	uint64_t block = u32_at(head, c->form->status + 4U);

	c->shift = (unsigned int)__builtin_ctzll(block | 1ULL << 63);
	if (block == 4096 || block == 16384 || block == 65536)
		return MI_OK;
	if (block >= 1024 && block <= 65536 && !(block & (block - 1)))
		return mi_fail(
			err, MI_ERR_UNSUPPORTED,
			"a dump with pages of %llu bytes, which no supported architecture has",
			(unsigned long long)block);
	return mi_fail(err, MI_ERR_FORMAT, "damaged: its header cannot be true");
}

/* The sizes that follow: of sub-header, bitmaps; page frames. */
static enum mi_status place_parts(struct mi_compressed *c, const unsigned char *head,
				  struct mi_error *err)
{
	size_t status = c->form->status;
	uint64_t sub = u32_at(head, status + 8), blocks = u32_at(head, status + 12);
	uint64_t bitmaps = blocks << c->shift;

	if (!sub || bitmaps * 8 < c->facts.max_pfn)
		return mi_fail(err, MI_ERR_FORMAT, "damaged: its header cannot be true");
	c->ram_at = (1 + sub) << c->shift;
	c->desc_at = c->ram_at + bitmaps;
	/* Very old ones have a single bitmap. */
	c->bitmap_bytes = bitmaps * 4 >= c->facts.max_pfn ? bitmaps / 2 : bitmaps;
	c->stored_at = c->desc_at - c->bitmap_bytes;
	c->facts.identity ^= hash(head + status + 4, 16);
	return MI_OK;
}

/*
 * Where one form has the size of a block and of the sub-header, the other has the number of
 * page frames and 0, or microseconds and the status.
 */
static const struct form *form_of(const unsigned char *head)
{
	const struct form *narrow = memcmp(head + HEAD_MACHINE, "arm", 3) ? &form_i386 : &form_arm;

	if (u32_at(head, form_64.status + 4U) == MI_PAGE_SIZE && u32_at(head, form_64.status + 8U))
		return &form_64;
	return u32_at(head, narrow->status + 4U) == MI_PAGE_SIZE &&
			       u32_at(head, narrow->status + 8U)
		       ? narrow
		       : &form_64;
}

static enum mi_status read_header(struct mi_compressed *c, struct mi_error *err)
{
	unsigned char head[HEAD_SIZE] = {0};
	enum mi_status st;

	if (!mi_bytes_read(&c->bytes, 0, head, sizeof(head)) &&
	    !mi_bytes_read(&c->bytes, 0, head, HEAD_SIZE_NARROW))
		return cut(c, "headers", err);
	c->form = form_of(head);
	c->facts.says_cut = u32_at(head, c->form->status) & STATUS_CUT;
	c->facts.max_pfn = u32_at(head, c->form->status + 16U);
	/* Version, names and time. */
	c->facts.identity = hash(head, c->form->status);
	st = set_shift(c, head, err);
	if (!st)
		st = read_sub_header(c, u32_at(head, HEAD_VERSION), err);
	c->facts.page_shift = c->shift;
	return st ? st : place_parts(c, head, err);
}

/* ---- bitmaps ---- */

static unsigned int count_bits(const unsigned char *bits, unsigned int n)
{
	unsigned int count = 0, i;
	uint64_t word;

	for (i = 0; i + 64 <= n; i += 64) {
		memcpy(&word, bits + i / 8, sizeof(word));
		count += (unsigned int)__builtin_popcountll(word);
	}
	for (; i < n; i++)
		count += bits[i / 8] >> (i % 8) & 1;
	return count;
}

/* A bitmap of whole blocks ends in a whole chunk or in half of one. */
static bool read_bits(struct mi_compressed *c, uint64_t at, uint64_t number, unsigned char *bits)
{
	uint64_t off = number * CHUNK_BYTES, len = c->bitmap_bytes - off;

	if (off >= c->bitmap_bytes)
		return false;
	if (len > CHUNK_BYTES)
		len = CHUNK_BYTES;
	memset(bits + len, 0, CHUNK_BYTES - len);
	return mi_bytes_read(&c->bytes, at + off, bits, len);
}

static struct chunk *get_chunk(struct mi_compressed *c, uint64_t pfn)
{
	uint64_t number = pfn >> CHUNK_SHIFT;
	struct chunk *chunk = &c->chunks[number % CHUNKS];

	if (chunk->tag == number + 1)
		return chunk;
	chunk->tag = 0;
	if (!read_bits(c, c->ram_at, number, chunk->ram) ||
	    !read_bits(c, c->stored_at, number, chunk->stored))
		return NULL;
	chunk->tag = number + 1;
	return chunk;
}

static bool bit(const unsigned char *bits, uint64_t pfn)
{
	return bits[pfn % CHUNK_PFNS / 8] >> (pfn % 8) & 1;
}

/* Stored pages below @pfn, in all parts of the dump. */
static bool rank_of(struct mi_compressed *c, uint64_t pfn, uint64_t *rank)
{
	struct chunk *chunk;

	*rank = c->rank[pfn >> CHUNK_SHIFT];
	if (pfn % CHUNK_PFNS == 0)
		return true;
	chunk = get_chunk(c, pfn);
	if (!chunk)
		return false;
	*rank += count_bits(chunk->stored, pfn % CHUNK_PFNS);
	return true;
}

static enum mi_status count_pages(struct mi_compressed *c, struct mi_error *err)
{
	unsigned char bits[CHUNK_BYTES];
	uint64_t i, left, last;

	if (!mi_bytes_has(&c->bytes, c->ram_at, c->desc_at - c->ram_at))
		return cut(c, "bitmaps", err);
	c->n_rank = (c->facts.max_pfn + CHUNK_PFNS - 1) / CHUNK_PFNS + 1;
	c->rank = calloc(c->n_rank, sizeof(*c->rank));
	c->chunks = calloc(CHUNKS, sizeof(*c->chunks));
	if (!c->rank || !c->chunks)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i + 1 < c->n_rank; i++) {
		left = c->facts.max_pfn - i * CHUNK_PFNS;
		if (!read_bits(c, c->stored_at, i, bits))
			return mi_fail(err, MI_ERR_IO, "its bitmaps cannot be read");
		c->rank[i + 1] =
			c->rank[i] +
			count_bits(bits, left < CHUNK_PFNS ? (unsigned int)left : CHUNK_PFNS);
	}
	if (!rank_of(c, c->facts.start, &c->first) || !rank_of(c, c->facts.end, &last))
		return mi_fail(err, MI_ERR_IO, "its bitmaps cannot be read");
	c->data_at = c->desc_at + (last - c->first) * sizeof(struct descriptor);
	return MI_OK;
}

/* ---- where it should end ---- */

#define TAIL_DESCS 2048
#define TAIL_BLOCKS_MAX 64

/*
 * Pages are written in the order of their descriptors, so the last ones tell
 * where the file ends. Zero pages all share the first page of data.
 */
static uint64_t end_of_data(struct mi_compressed *c)
{
	uint64_t at = c->data_at, end = c->data_at;
	struct descriptor *d = malloc(TAIL_DESCS * sizeof(*d));
	size_t i, n, block;

	for (block = 0; d && block < TAIL_BLOCKS_MAX && at > c->desc_at; block++) {
		n = (at - c->desc_at) / sizeof(*d);
		n = n < TAIL_DESCS ? n : TAIL_DESCS;
		at -= n * sizeof(*d);
		if (!mi_bytes_read(&c->bytes, at, d, n * sizeof(*d)))
			break;
		for (i = 0; i < n; i++)
			if (d[i].size && d[i].size <= block_size(c) &&
			    d[i].offset + d[i].size > end)
				end = d[i].offset + d[i].size;
		if (end > c->data_at + block_size(c))
			break;
	}
	free(d);
	return end;
}

static void find_expected(struct mi_compressed *c)
{
	struct mi_compressed_facts *f = &c->facts;

	f->more = !mi_bytes_has(&c->bytes, c->desc_at, c->data_at - c->desc_at);
	f->expected = f->more ? c->data_at : end_of_data(c);
}

enum mi_status mi_compressed_load(const struct mi_bytes *bytes, struct mi_compressed **ret,
				  struct mi_error *err)
{
	struct mi_compressed *c = calloc(1, sizeof(*c));
	enum mi_status st;

	if (!c)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	c->bytes = *bytes;
	st = read_header(c, err);
	if (!st)
		st = count_pages(c, err);
	if (st) {
		mi_compressed_free(c);
		return st;
	}
	find_expected(c);
	*ret = c;
	return MI_OK;
}

void mi_compressed_free(struct mi_compressed *c)
{
	if (!c)
		return;
	free(c->rank);
	free(c->chunks);
	free(c);
}

/* ---- pages ---- */

static enum mi_read look_at(struct mi_compressed *c, uint64_t pfn, struct descriptor *d)
{
	uint64_t rank;

	if (!rank_of(c, pfn, &rank))
		return MI_READ_IO;
	if (!mi_bytes_read(&c->bytes, c->desc_at + (rank - c->first) * sizeof(*d), d, sizeof(*d)))
		return MI_READ_INCOMPLETE;
	/* Room was left for the descriptor, and nothing came. */
	if (!d->offset && !d->size)
		return MI_READ_INCOMPLETE;
	if (d->offset < c->data_at || !d->size || d->size > block_size(c) ||
	    (!(d->flags & MI_COMPRESSION_ALL) && d->size != block_size(c)))
		return MI_READ_DAMAGED;
	return mi_bytes_has(&c->bytes, d->offset, d->size) ? MI_READ_OK : MI_READ_INCOMPLETE;
}

enum mi_read mi_compressed_look(struct mi_compressed *c, uint64_t pa)
{
	uint64_t pfn = pa >> c->shift;
	struct descriptor d;
	struct chunk *chunk;

	if (pfn >= c->facts.max_pfn)
		return MI_READ_HOLE;
	chunk = get_chunk(c, pfn);
	if (!chunk)
		return MI_READ_IO;
	if (!bit(chunk->stored, pfn))
		return bit(chunk->ram, pfn) ? MI_READ_EXCLUDED : MI_READ_HOLE;
	/* Another part of the dump has it. */
	if (pfn < c->facts.start || pfn >= c->facts.end)
		return MI_READ_INCOMPLETE;
	return look_at(c, pfn, &d);
}

/* The first stored page frame at or above @pfn, of this part; its end if there is none. */
static uint64_t next_stored(struct mi_compressed *c, uint64_t pfn)
{
	struct chunk *chunk;

	for (pfn = pfn < c->facts.start ? c->facts.start : pfn; pfn < c->facts.end; pfn++) {
		if (c->rank[pfn >> CHUNK_SHIFT] == c->rank[(pfn >> CHUNK_SHIFT) + 1]) {
			pfn |= CHUNK_PFNS - 1;
			continue;
		}
		chunk = get_chunk(c, pfn);
		if (!chunk)
			return c->facts.end;
		if (bit(chunk->stored, pfn))
			return pfn;
	}
	return c->facts.end;
}

bool mi_compressed_next(struct mi_compressed *c, uint64_t *pa, uint64_t *end)
{
	uint64_t first = next_stored(c, *pa >> c->shift), last = first + 1;
	struct chunk *chunk;

	if (first >= c->facts.end)
		return false;
	chunk = get_chunk(c, first);
	while (chunk && last < c->facts.end && last % CHUNK_PFNS && bit(chunk->stored, last))
		last++;
	/* Of a page that holds *pa, what is from there on. */
	if (*pa < first << c->shift)
		*pa = first << c->shift;
	*end = last << c->shift;
	return true;
}

#define SAMPLES_MAX 4096

bool mi_compressed_sample(struct mi_compressed *c, uint64_t *pa, uint32_t *flags)
{
	unsigned int tried;
	struct descriptor d;
	uint64_t pfn = next_stored(c, 0);

	for (tried = 0; pfn < c->facts.end && tried < SAMPLES_MAX; tried++) {
		enum mi_read r = look_at(c, pfn, &d);

		/* What is not known and not raw looks damaged. */
		if ((r == MI_READ_OK && d.flags) ||
		    (r == MI_READ_DAMAGED && d.flags & ~(uint32_t)MI_COMPRESSION_ALL)) {
			*pa = pfn << c->shift;
			*flags = d.flags;
			return true;
		}
		pfn = next_stored(c, pfn + 1);
	}
	return false;
}
