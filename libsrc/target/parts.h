/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_PARTS_H
#define MI_TARGET_PARTS_H

#include "dumpfile.h"
#include "flattened.h"

/*
 * The files that make up one dump: a single one mostly, several if makedumpfile
 * split it. Flattened ones are re-arranged first.
 */
struct mi_part {
	int fd; /* of the file given */
	struct mi_flattened *flat;
	struct mi_bytes bytes;
	struct mi_dumpfile file;
};

struct mi_parts {
	size_t n;
	struct mi_part **part; /* by the page frames they hold */
};

/*
 * Files that do not go together are MI_ERR_INVALID. A single file of another
 * format is MI_ERR_NOT_FOUND, without a text; @parts then has it open.
 * What is missing of the dump is told to @p. Close @parts also after a failure.
 */
enum mi_status mi_parts_open(const struct mi_kdump_files *files, struct mi_parts *parts,
			     struct mi_provider *p, struct mi_error *err);
void mi_parts_close(struct mi_parts *parts);

/*
 * What a first part is that is no dump of a known format. MI_ERR_NOT_FOUND, without a text: nobody
 * knows.
 */
enum mi_status mi_parts_explain(const struct mi_parts *parts, const char *path,
				struct mi_error *err);
enum mi_status mi_not_a_dump(const char *path, struct mi_error *err);

/* The descriptor whose bytes are those of the dump. */
int mi_part_fd(const struct mi_part *part);

/* The part that should hold @pa; any, if none does: it then says why not. */
struct mi_part *mi_parts_find(const struct mi_parts *parts, uint64_t pa);

#endif
