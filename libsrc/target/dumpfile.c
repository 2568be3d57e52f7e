// SPDX-License-Identifier: GPL-2.0-or-later
/* dumpfile.c - facts that the headers of a dump file tell */
#include <elf.h>
#include <stdlib.h>
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

/* ---- ELF ---- */

#define SEGMENTS_MAX (1U << 20)

/* Number of program headers; 0 if this is no 64-bit ELF file. */
static uint64_t elf_header(int fd, Elf64_Ehdr *eh)
{
	Elf64_Shdr sh;

	if (!read_at(fd, eh, sizeof(*eh), 0) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64)
		return 0;
	if (eh->e_phnum != PN_XNUM)
		return eh->e_phnum;
	if (!read_at(fd, &sh, sizeof(sh), eh->e_shoff) || sh.sh_info > SEGMENTS_MAX)
		return 0;
	return sh.sh_info;
}

/*
 * A segment that reaches beyond the end of the file was cut; one with
 * p_memsz > p_filesz is what makedumpfile -E leaves of filtered or zero pages.
 */
static void elf_facts(int fd, uint64_t file_size, struct mi_provider *p)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t i, n = elf_header(fd, &eh);

	p->dump_format = "elf";
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

void mi_elf_map_load(struct mi_elf_map *m, int fd)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t i, n = elf_header(fd, &eh);

	memset(m, 0, sizeof(*m));
	m->seg = n ? calloc(n, sizeof(*m->seg)) : NULL;
	if (!m->seg)
		return;
	for (i = 0; i < n && read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)); i++) {
		if (ph.p_type != PT_LOAD || ph.p_paddr > ~0ULL - ph.p_filesz)
			continue;
		m->seg[m->n].pa = ph.p_paddr;
		m->seg[m->n].size = ph.p_filesz;
		m->seg[m->n++].offset = ph.p_offset;
	}
}

void mi_elf_map_free(struct mi_elf_map *m)
{
	free(m->seg);
}

static bool holds(const struct mi_elf_segment *s, uint64_t pa)
{
	return pa >= s->pa && s->size >= MI_PAGE_SIZE && pa - s->pa <= s->size - MI_PAGE_SIZE;
}

bool mi_elf_read_page(struct mi_elf_map *m, int fd, uint64_t pa, void *page)
{
	size_t i = m->last;

	if (!m->n)
		return false;
	if (!holds(&m->seg[i], pa)) {
		for (i = 0; i < m->n && !holds(&m->seg[i], pa); i++)
			;
		if (i == m->n)
			return false;
		m->last = i;
	}
	return read_at(fd, page, MI_PAGE_SIZE, m->seg[i].offset + (pa - m->seg[i].pa));
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
