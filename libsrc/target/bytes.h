/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_BYTES_H
#define MI_TARGET_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of a dump file, wherever they come from: a file, a flattened one
 * that was re-arranged and may have gaps, crash.
 */
struct mi_bytes {
	void *arg;
	uint64_t size; /* where the file ends; ~0 if not known */
	/* Read @len bytes at @off. False unless all of them are there. */
	bool (*read)(void *arg, uint64_t off, void *buf, size_t len);
	/* Are they all there? NULL: what lies before @size is. */
	bool (*has)(void *arg, uint64_t off, uint64_t len);
};

static inline bool mi_bytes_has(const struct mi_bytes *b, uint64_t off, uint64_t len)
{
	return off <= b->size && len <= b->size - off && (!b->has || b->has(b->arg, off, len));
}

static inline bool mi_bytes_read(const struct mi_bytes *b, uint64_t off, void *buf, size_t len)
{
	return mi_bytes_has(b, off, len) && b->read(b->arg, off, buf, len);
}

#endif
