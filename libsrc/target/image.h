/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_IMAGE_H
#define MI_TARGET_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * The kernel's image in its own virtual memory, for those who look for something
 * in it that no pointer leads to. Pages that cannot be read are passed over.
 */
struct mi_image {
	/* False if any byte of the range is not to be had. */
	bool (*read)(void *arg, uint64_t va, void *buf, size_t len);
	/* NULL, or which pages are of interest: others are passed over. */
	bool (*want)(void *arg, uint64_t va);
	void *arg;
	uint64_t start, end; /* multiples of the page size */
};

/*
 * A piece of the image: @len bytes at address @va. What begins in the first
 * @fresh of them is to be looked at, the rest is look-ahead and comes again.
 * False ends the walk.
 */
typedef bool (*mi_image_fn)(void *arg, uint64_t va, const uint8_t *data, size_t fresh, size_t len);

/* So much look-ahead at most. */
#define MI_IMAGE_AHEAD_MAX 4096

/*
 * Show all readable pieces to @fn. A thing of up to @ahead + 1 bytes is seen in
 * one piece unless it touches a page that cannot be read. *@pages: those read.
 */
enum mi_status mi_image_walk(const struct mi_image *image, size_t ahead, mi_image_fn fn, void *arg,
			     size_t *pages, struct mi_error *err);

#endif
