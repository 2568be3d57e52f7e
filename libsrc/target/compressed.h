/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_COMPRESSED_H
#define MI_TARGET_COMPRESSED_H

#include "bytes.h"
#include "target.h"

/*
 * Which pages a kdump-compressed file holds: its headers, bitmaps and page
 * descriptors. The pages themselves are libkdumpfile's or crash's to read, but
 * neither tells why one is missing, and of a file that was cut short
 * libkdumpfile gives zeroes for what lies behind the end.
 */
struct mi_compressed;

bool mi_compressed_is(const struct mi_bytes *bytes);

/*
 * @bytes must stay as long as the result is in use. Headers that cannot be true
 * are MI_ERR_FORMAT, and so is a file that ends within its bitmaps. A block
 * size that is no page's is another architecture's: MI_ERR_UNSUPPORTED.
 */
enum mi_status mi_compressed_load(const struct mi_bytes *bytes, struct mi_compressed **ret,
				  struct mi_error *err);
void mi_compressed_free(struct mi_compressed *c);

/* MI_READ_OK if the page at @pa is in this file as a whole; else why not. */
enum mi_read mi_compressed_look(struct mi_compressed *c, uint64_t pa);

/*
 * The run of pages of this file that holds *@pa or is the next above it; a longer
 * one may come in pieces. False: none.
 */
bool mi_compressed_next(struct mi_compressed *c, uint64_t *pa, uint64_t *end);

/* How pages may be compressed: flags of a page descriptor. */
enum mi_compression {
	MI_COMPRESSION_ZLIB = 0x1,
	MI_COMPRESSION_LZO = 0x2,
	MI_COMPRESSION_SNAPPY = 0x4,
	MI_COMPRESSION_ZSTD = 0x20,
	MI_COMPRESSION_ALL = 0x27,
};

/* "zlib" ... of the lowest known flag in @flags, NULL if none is known. */
const char *mi_compression_name(uint32_t flags);

/*
 * One page that is there and compressed, and how: to find out whether that
 * method is known. False if none of the first pages is.
 */
bool mi_compressed_sample(struct mi_compressed *c, uint64_t *pa, uint32_t *flags);

struct mi_compressed_facts {
	int level;	   /* of makedumpfile; -1: not known */
	bool says_cut;	   /* the header says that makedumpfile could not write all */
	uint64_t expected; /* bytes that the file must have at least */
	bool more;	   /* ... and it must have more: which, lies behind its end */

	/* makedumpfile --split: this file has the page frames from start to before end. */
	bool split;
	uint64_t start, end;
	uint64_t max_pfn; /* page frames of the machine; page_shift: of how many bytes */
	unsigned int page_shift;
	uint64_t phys_base; /* where the kernel lies, less where it was linked to */
	uint64_t identity;  /* equal for all parts of a dump; of others, most likely not */
};

const struct mi_compressed_facts *mi_compressed_facts(const struct mi_compressed *c);

#endif
