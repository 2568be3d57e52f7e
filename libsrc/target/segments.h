/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_SEGMENTS_H
#define MI_TARGET_SEGMENTS_H

#include "bytes.h"
#include "target.h"

/*
 * Which pages an ELF dump holds, and where in the file. What crash's reader does
 * not tell: it gives zeroes for what a segment has in memory and not in the file,
 * and for a dump with one segment it reads whatever lies at the computed offset.
 * libkdumpfile gives zeroes for what lies behind the end of the file.
 */
struct mi_segments;

/*
 * @bytes must stay as long as the result is in use. What is big-endian is
 * MI_ERR_UNSUPPORTED; headers that are not all there are no error, see
 * mi_segments_expected().
 */
enum mi_status mi_segments_load(const struct mi_bytes *bytes, struct mi_segments **ret,
				struct mi_error *err);
void mi_segments_free(struct mi_segments *s);

/*
 * MI_READ_OK if the page at @pa is in the file as a whole; else why not.
 * *@offset: where in the file; left alone if the page lies in several segments.
 */
enum mi_read mi_segments_look(const struct mi_segments *s, uint64_t pa, uint64_t *offset);

/* The run of whole pages in the file that holds *@pa or is the next above it; false: none. */
bool mi_segments_next(const struct mi_segments *s, uint64_t *pa, uint64_t *end);

/* A segment is larger in memory than in the file. */
bool mi_segments_may_be_zero(const struct mi_segments *s);

/*
 * A segment that maps the kernel's image, as in /proc/vmcore, tells where that lies: its
 * address, less the one it was linked to. False: there is none.
 */
bool mi_segments_phys_base(const struct mi_segments *s, uint64_t *phys_base);

/*
 * The file has this many bytes, by its headers. *@more: and more, since headers or
 * parts before its end are missing.
 */
uint64_t mi_segments_expected(const struct mi_segments *s, bool *more);

#endif
