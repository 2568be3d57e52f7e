/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_SEGMENTS_H
#define MI_TARGET_SEGMENTS_H

#include "target.h"

/*
 * Which pages an ELF dump holds, and where in the file. What crash's reader does
 * not tell: it gives zeroes for what a segment has in memory and not in the file,
 * and for a dump with one segment it reads whatever lies at the computed offset.
 */
struct mi_segments;

/* Read @len bytes of the dump at offset @off. */
typedef bool (*mi_bytes_fn)(void *arg, uint64_t off, void *buf, size_t len);

/*
 * NULL if the file is not 64-bit ELF or if memory is short. @file_size: where a
 * shorter file ends; ~0 if not known.
 */
struct mi_segments *mi_segments_load(mi_bytes_fn bytes, void *arg, uint64_t file_size);
void mi_segments_free(struct mi_segments *s);

/*
 * MI_READ_OK if the page at @pa is in the file as a whole, at *@offset (which may
 * be NULL); else why not.
 */
enum mi_read mi_segments_look(const struct mi_segments *s, uint64_t pa, uint64_t *offset);

/* The run of whole pages in the file that holds *@pa or is the next above it; false: none. */
bool mi_segments_next(const struct mi_segments *s, uint64_t *pa, uint64_t *end);

/* A segment is larger in memory than in the file. */
bool mi_segments_may_be_zero(const struct mi_segments *s);

/* A segment reaches beyond the end of the file, or headers are missing. */
bool mi_segments_cut(const struct mi_segments *s);

#endif
