/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DUMPFILE_H
#define MI_TARGET_DUMPFILE_H

#include "segments.h"
#include "target.h"

/*
 * What a dump file's own headers tell and no reader library exports: format,
 * makedumpfile's level, whether it was cut short, whether a missing page may
 * have been zero. Used by every provider that reads a file, so that all
 * report the same.
 *
 * Fills those members of @p; what the file does not tell stays as it is.
 * *@segments becomes the caller's: those of an ELF dump, NULL if it is none or
 * if memory is short. False if the file is neither ELF nor kdump-compressed.
 */
bool mi_dumpfile_facts(int fd, struct mi_provider *p, struct mi_segments **segments);

/* A flattened dump (makedumpfile -F, QEMU's kdump-zlib) that must be re-arranged first. */
bool mi_dumpfile_flattened(int fd);

#endif
