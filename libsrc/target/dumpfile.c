// SPDX-License-Identifier: GPL-2.0-or-later
/* dumpfile.c - facts that the headers of a dump file tell */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dumpfile.h"

static bool read_at(int fd, void *buf, size_t len, uint64_t off)
{
	return pread(fd, buf, len, (off_t)off) == (ssize_t)len;
}

/*
 * kdump-compressed: status word of the header, level in the sub-header one
 * block behind it (makedumpfile's diskdump_mod.h: struct disk_dump_header,
 * struct kdump_sub_header).
 */
#define DISKDUMP_STATUS_OFF 424
#define DISKDUMP_BLOCK_SIZE_OFF 428
#define DISKDUMP_SUB_LEVEL_OFF 8
#define DISKDUMP_INCOMPLETE 0x8

static void diskdump_facts(int fd, struct mi_provider *p)
{
	uint32_t status, block;
	int32_t level;

	p->dump_format = "kdump-compressed";
	if (!read_at(fd, &status, sizeof(status), DISKDUMP_STATUS_OFF) ||
	    !read_at(fd, &block, sizeof(block), DISKDUMP_BLOCK_SIZE_OFF))
		return;
	p->incomplete = status & DISKDUMP_INCOMPLETE;
	if (read_at(fd, &level, sizeof(level), (uint64_t)block + DISKDUMP_SUB_LEVEL_OFF) &&
	    level >= 0 && level < 64)
		p->dump_level = level;
}

/*
 * ELF: a segment that reaches beyond the end of the file was cut; one with
 * p_memsz > p_filesz is what makedumpfile -E leaves of filtered or zero pages.
 */
static void elf_facts(int fd, uint64_t file_size, struct mi_provider *p)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;
	Elf64_Phdr ph;
	uint64_t i, n;

	p->dump_format = "elf";
	if (!read_at(fd, &eh, sizeof(eh), 0) || eh.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	n = eh.e_phnum;
	if (n == PN_XNUM && read_at(fd, &sh, sizeof(sh), eh.e_shoff))
		n = sh.sh_info;
	for (i = 0; i < n; i++) {
		if (!read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph))) {
			p->incomplete = true;
			return;
		}
		if (ph.p_type != PT_LOAD)
			continue;
		if (ph.p_offset > file_size || ph.p_filesz > file_size - ph.p_offset)
			p->incomplete = true;
		if (ph.p_memsz > ph.p_filesz)
			p->absent_may_be_zero = true;
	}
}

bool mi_dumpfile_facts(int fd, struct mi_provider *p)
{
	char magic[8];
	struct stat st;

	if (fstat(fd, &st) || !read_at(fd, magic, sizeof(magic), 0))
		return false;
	if (!memcmp(magic, ELFMAG, SELFMAG)) {
		elf_facts(fd, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : ~0ULL, p);
		return true;
	}
	if (!memcmp(magic, "KDUMP   ", 8) || !memcmp(magic, "DISKDUMP", 8)) {
		diskdump_facts(fd, p);
		return true;
	}
	return false;
}

bool mi_dumpfile_flattened(int fd)
{
	char magic[12];

	return read_at(fd, magic, sizeof(magic), 0) && !memcmp(magic, "makedumpfile", 12);
}
