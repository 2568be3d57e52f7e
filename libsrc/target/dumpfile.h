/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DUMPFILE_H
#define MI_TARGET_DUMPFILE_H

#include "bytes.h"
#include "compressed.h"
#include "segments.h"
#include "target.h"

/*
 * What a dump file's own headers tell and no reader library exports: format,
 * makedumpfile's level, whether it was cut short and where, which pages it
 * holds and why it lacks the others. Used by every provider that reads a file,
 * so that all report the same.
 */
struct mi_dumpfile {
	const struct mi_bytes *bytes;
	struct mi_segments *segments;	  /* ELF; NULL: kdump-compressed */
	struct mi_compressed *compressed; /* kdump-compressed; NULL: ELF */
};

/* Bytes of an open file, which must stay open; *@fd is what is read. */
enum mi_status mi_dumpfile_bytes(const int *fd, struct mi_bytes *bytes, struct mi_error *err);

/*
 * @bytes must stay as long as *@df is in use. What is neither ELF nor
 * kdump-compressed is MI_ERR_NOT_FOUND, without a text.
 */
enum mi_status mi_dumpfile_open(const struct mi_bytes *bytes, struct mi_dumpfile *df,
				struct mi_error *err);
/* May be called twice. */
void mi_dumpfile_close(struct mi_dumpfile *df);

/* Fills in those members of @p; what the file does not tell stays as it is. */
void mi_dumpfile_facts(const struct mi_dumpfile *df, struct mi_provider *p);

/* The dump lacks something, for this reason: the first to say so is heard. */
void mi_provider_lacks(struct mi_provider *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define MI_NO_OFFSET (~0ULL)

/*
 * MI_READ_OK if all bytes of the page at @pa are in the file, else why not.
 * *@offset: where they lie as they are, MI_NO_OFFSET if nowhere in one piece.
 */
enum mi_read mi_dumpfile_look(const struct mi_dumpfile *df, uint64_t pa, uint64_t *offset);

/*
 * The run of whole pages in the file that holds *@pa or is the next above it; a
 * longer one may come in pieces. False: none.
 */
bool mi_dumpfile_next(const struct mi_dumpfile *df, uint64_t *pa, uint64_t *end);

#endif
