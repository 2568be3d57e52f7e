/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DUMPFILE_H
#define MI_TARGET_DUMPFILE_H

#include "target.h"

/*
 * What a dump file's own headers tell and no reader library exports: format,
 * makedumpfile's level, whether it was cut short, whether a missing page may
 * have been zero. Used by every provider that reads a file, so that all
 * report the same.
 *
 * Fills those members of @p; what the file does not tell stays as it is.
 * False if the file is neither ELF nor kdump-compressed.
 */
bool mi_dumpfile_facts(int fd, struct mi_provider *p);

/*
 * The segments of an ELF dump, for reading whole pages without a library. A
 * page that is not wholly inside one segment's file data is not found here:
 * why, is then a question for somebody else.
 */
struct mi_elf_map {
	struct mi_elf_segment {
		uint64_t pa, size, offset;
	} * seg;
	size_t n, last; /* last: the one that was right last time */
};

/* Leaves the map empty if the file is no ELF dump, or out of memory. */
void mi_elf_map_load(struct mi_elf_map *m, int fd);
void mi_elf_map_free(struct mi_elf_map *m);
bool mi_elf_read_page(struct mi_elf_map *m, int fd, uint64_t pa, void *page);

/* A flattened dump (makedumpfile -F, QEMU's kdump-zlib) that must be re-arranged first. */
bool mi_dumpfile_flattened(int fd);

#endif
