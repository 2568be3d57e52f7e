// SPDX-License-Identifier: GPL-2.0-or-later
/* image.c - a walk over the readable pieces of the kernel's image */
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define PAGE 4096
/* Pages shown at once: enough that look-ahead is seldom looked at twice. */
#define PIECE ((size_t)64 * PAGE)

struct walk {
	const struct mi_image *image;
	size_t ahead;
	mi_image_fn fn;
	void *arg;
	uint8_t *data;
	uint64_t va; /* of data[0] */
	size_t len;
};

/* Show what there is. Look-ahead is kept back if more may follow. */
static bool show(struct walk *w, bool more)
{
	size_t fresh = w->len;

	if (more)
		fresh = w->len > w->ahead ? w->len - w->ahead : 0;
	if (fresh && !w->fn(w->arg, w->va, w->data, fresh, w->len))
		return false;
	memmove(w->data, w->data + fresh, w->len - fresh);
	w->va += fresh;
	w->len -= fresh;
	return true;
}

static bool read_next(struct walk *w, uint64_t va)
{
	const struct mi_image *image = w->image;

	return (!image->want || image->want(image->arg, va)) &&
	       image->read(image->arg, va, w->data + w->len, PAGE);
}

static size_t walk_pages(struct walk *w)
{
	size_t pages = 0;

	for (uint64_t va = w->image->start; va < w->image->end; va += PAGE) {
		if (!w->len)
			w->va = va;
		if (read_next(w, va)) {
			pages++;
			w->len += PAGE;
			if (w->len >= PIECE && !show(w, true))
				return pages;
		} else if (!show(w, false)) {
			return pages;
		}
	}
	show(w, false);
	return pages;
}

enum mi_status mi_image_walk(const struct mi_image *image, size_t ahead, mi_image_fn fn, void *arg,
			     size_t *pages, struct mi_error *err)
{
	struct walk w = {.image = image, .ahead = ahead, .fn = fn, .arg = arg};

	*pages = 0;
	if (ahead > MI_IMAGE_AHEAD_MAX)
		return mi_fail(err, MI_ERR_INVALID, "look-ahead of %zu bytes", ahead);
	w.data = malloc(PIECE + MI_IMAGE_AHEAD_MAX + PAGE);
	if (!w.data)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	*pages = walk_pages(&w);
	free(w.data);
	return MI_OK;
}
