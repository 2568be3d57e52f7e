/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_FLATTENED_H
#define MI_TARGET_FLATTENED_H

#include "bytes.h"
#include "target.h"

/*
 * A flattened dump: written to a pipe, so as records of "these bytes belong at
 * that offset" (makedumpfile -F, QEMU's dump-guest-memory with kdump-zlib and
 * the like, virsh dump --format kdump-zlib). It is re-arranged into a temporary
 * file without a name, in $TMPDIR or /var/tmp, that goes away with its last
 * descriptor.
 *
 * Gaps, and what a file that was cut short does not bring, are remembered: they
 * would read as zeroes.
 */
struct mi_flattened;

bool mi_flattened_is(int fd);

struct mi_flattened_options {
	const char *path;   /* for messages */
	const char *tmpdir; /* NULL: $TMPDIR, /var/tmp */
	mi_progress_fn progress;
	void *progress_arg;
};

/*
 * @size: of the file. Too little room is MI_ERR_IO and the text has the command
 * that does it. A record that cannot be true ends the dump as its end would.
 */
enum mi_status mi_flattened_open(int fd, uint64_t size, const struct mi_flattened_options *opt,
				 struct mi_flattened **ret, struct mi_error *err);
void mi_flattened_close(struct mi_flattened *f);

/* The re-arranged file. */
int mi_flattened_fd(const struct mi_flattened *f);
void mi_flattened_bytes(struct mi_flattened *f, struct mi_bytes *bytes);

/* "cut at 1234 bytes: ...": why it is not whole; NULL if it is. */
const char *mi_flattened_cut(const struct mi_flattened *f);

#endif
