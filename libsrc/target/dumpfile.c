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

static bool bytes_of_file(void *arg, uint64_t off, void *buf, size_t len)
{
	return read_at(*(int *)arg, buf, len, off);
}

static struct mi_segments *elf_facts(int fd, struct mi_provider *p)
{
	struct mi_segments *s;
	struct stat st;

	p->dump_format = "elf";
	if (fstat(fd, &st))
		return NULL;
	s = mi_segments_load(bytes_of_file, &fd,
			     S_ISREG(st.st_mode) ? (uint64_t)st.st_size : ~0ULL);
	if (!s)
		return NULL;
	p->incomplete = mi_segments_cut(s);
	p->absent_may_be_zero = mi_segments_may_be_zero(s);
	return s;
}

bool mi_dumpfile_facts(int fd, struct mi_provider *p, struct mi_segments **segments)
{
	char magic[8];

	*segments = NULL;
	if (!read_at(fd, magic, sizeof(magic), 0))
		return false;
	if (!memcmp(magic, ELFMAG, SELFMAG)) {
		*segments = elf_facts(fd, p);
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
