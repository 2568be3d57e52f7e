/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_WINDOWS_H
#define MI_INSPECT_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../target/error.h"

struct mi_process;

/*
 * Nonlinear windows: a stretch of addresses that shows the pages of one file in an
 * order that is not the file's, made of many mappings. Since Linux 4.0 that is what
 * remap_file_pages(2) leaves behind; mmap(2) with MAP_FIXED makes the same, and the
 * kernel keeps no trace of which it was.
 *
 * A *group* is as many neighbouring VMAs as there are
 *   - without a gap between them,
 *   - of one address_space, which is a regular file's or a block device's (no device
 *     memory, no anonymous inode: what these map at which offset is their own affair),
 *   - shared, as remap_file_pages() demands: libraries are mapped privately,
 *   - with equal permissions,
 *   - none of them nonlinear in itself, as mappings could be before Linux 4.0.
 * Other flags may differ: a remapped piece has lost the madvise(2) of its window, and
 * mlock(2) may be of a part.
 *
 * A *piece* of a group is as many of its VMAs as have one displacement (address minus
 * place in the file): inside it the file's pages go on.
 *
 * A group is a *window* if it has
 *   - at least MI_WINDOW_PIECES pieces, or
 *   - at least three, and two of these have the same displacement: something was put
 *     into the middle of what was there.
 * Mappings that mmap(2) happens to put side by side, as it does with those of one file
 * that are made one after the other, stay below that, unless they are many.
 */
#define MI_WINDOW_PIECES 8

struct mi_window {
	size_t map, n_vmas; /* process.maps[map] is the first */
	size_t file;	    /* index into process.files */
	uint64_t start, end;
	size_t n_pieces;
	uint64_t file_pages;  /* different pages of the file that are to be seen */
	uint64_t first, last; /* the lowest and the highest of them */
	/*
	 * Each piece shows what in the file comes right before the piece below it. So
	 * plain mmap(2) lays out a file that is mapped in pieces from its begin on,
	 * since each goes below the one before.
	 */
	bool falling;
};

struct mi_window_piece {
	uint64_t start; /* address */
	uint64_t pages;
	uint64_t pgoff;
	size_t n_vmas;
};

/*
 * Find the windows of @p among its mappings: of those that a filter left out nothing
 * is known.
 */
enum mi_status mi_windows_find(struct mi_process *p, struct mi_error *err);

/*
 * The pieces of window @w in address order: *@at is 0 at first. False: no more.
 *
 *	for (at = 0; mi_window_next(p, w, &at, &piece); )
 */
bool mi_window_next(const struct mi_process *p, const struct mi_window *w, size_t *at,
		    struct mi_window_piece *ret);

#endif
