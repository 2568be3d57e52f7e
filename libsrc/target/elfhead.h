/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_ELFHEAD_H
#define MI_TARGET_ELFHEAD_H

#include <elf.h>

#include "bytes.h"

/*
 * The headers of an ELF dump of either class, as those of 64 bits. Little-endian, like the
 * host: what is not is told by e_ident, which is as it is in the file.
 */

/* False: the file ends before the header does. */
bool mi_elf_header(const struct mi_bytes *bytes, Elf64_Ehdr *eh);
/* Bytes of a program header in a file of this class. */
uint64_t mi_elf_phdr_size(const Elf64_Ehdr *eh);
/* Program header @i. */
bool mi_elf_phdr(const struct mi_bytes *bytes, const Elf64_Ehdr *eh, uint64_t i, Elf64_Phdr *ph);
/* How many there are, which may stand in the first section header. */
bool mi_elf_phnum(const struct mi_bytes *bytes, const Elf64_Ehdr *eh, uint64_t *n);

#endif
