/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_IDENTITY_H
#define MMAPREC_IDENTITY_H

#include "mmaprec.h"

/* Reads all of a file, or its first @size bytes; returns how many, or an error. */
ssize_t mr_read_file(const char *path, void *to, size_t size);

/* boot_id, build_id, module, text_start, text_end: what cannot be had stays 0. */
void mr_identify(struct mmaprec_header *h);

#endif
