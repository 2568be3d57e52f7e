// SPDX-License-Identifier: GPL-2.0-or-later
/* image.c - reads the vmlinux, writes the vmcore; contract in image.h */
#include "image.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ram.h"

/*
 * The vmlinux has the words of this program. The dump of a kernel with PAE or LPAE is of 64
 * bits all the same: it may have memory that 32 bits do not reach.
 */
#if defined(K_NARROW) && !defined(K_PAE) && !defined(K_LPAE)
#define CORE(type) Elf32_##type
#define CORE_CLASS ELFCLASS32
#else
#define CORE(type) Elf64_##type
#define CORE_CLASS ELFCLASS64
#endif
#if defined(K_ARM64)
#define CORE_MACHINE EM_AARCH64
#define PRSTATUS_SIZE 392
#elif defined(K_ARM)
#define CORE_MACHINE EM_ARM
#define PRSTATUS_SIZE 148
#elif defined(K_NARROW)
#define CORE_MACHINE EM_386
#define PRSTATUS_SIZE 144
#else
#define CORE_MACHINE EM_X86_64
#define PRSTATUS_SIZE 336
#endif
#define MAX_SEGMENTS 8

static const uint8_t *file;
static const ElfW(Sym) * symbols;
static size_t n_symbols;
static const char *names;
static struct range loaded; /* link addresses */

/* ---- vmlinux ---- */

static void take_symbols(const ElfW(Ehdr) * ehdr)
{
	const ElfW(Shdr) *shdr = (const ElfW(Shdr) *)(file + ehdr->e_shoff);

	for (unsigned int i = 0; i < ehdr->e_shnum; i++) {
		if (shdr[i].sh_type != SHT_SYMTAB)
			continue;
		symbols = (const ElfW(Sym) *)(file + shdr[i].sh_offset);
		n_symbols = shdr[i].sh_size / sizeof(*symbols);
		names = (const char *)file + shdr[shdr[i].sh_link].sh_offset;
	}
	if (!symbols)
		die("the vmlinux has no symbols");
}

static uint64_t image_pa(uint64_t link_address)
{
	return link_address + layout.kaslr - K_LINK_BASE + (uint64_t)layout.phys_base;
}

static void load_segments(const ElfW(Ehdr) * ehdr)
{
	const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)(file + ehdr->e_phoff);

	loaded = (struct range){UINT64_MAX, 0};
	for (unsigned int i = 0; i < ehdr->e_phnum; i++) {
		if (phdr[i].p_type != PT_LOAD || phdr[i].p_vaddr < K_IMAGE_FIRST)
			continue;
		memcpy(ram_at(image_pa(phdr[i].p_vaddr)), file + phdr[i].p_offset,
		       phdr[i].p_filesz);
		if (phdr[i].p_vaddr < loaded.start)
			loaded.start = phdr[i].p_vaddr;
		if (phdr[i].p_vaddr + phdr[i].p_memsz > loaded.end)
			loaded.end = phdr[i].p_vaddr + phdr[i].p_memsz;
	}
	if (!loaded.end)
		die("the vmlinux has nothing to load");
	ram_set_image(image_pa(loaded.start), image_pa(loaded.end));
}

void image_load(const char *vmlinux)
{
	int fd = open(vmlinux, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0)
		die("cannot open %s", vmlinux);
	file = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED || memcmp(file, ELFMAG, SELFMAG))
		die("%s is no ELF file", vmlinux);
	close(fd);
	take_symbols((const ElfW(Ehdr) *)file);
	load_segments((const ElfW(Ehdr) *)file);
}

uint64_t sym_va(const char *name)
{
	for (size_t i = 0; i < n_symbols; i++)
		if (!strcmp(names + symbols[i].st_name, name))
			return symbols[i].st_value + layout.kaslr;
	die("the vmlinux has no symbol %s", name);
}

void *sym_host(const char *name)
{
	return ram_host(sym_va(name));
}

/* ---- vmcore ---- */

static size_t put_note(uint8_t *to, const char *name, uint32_t type, const void *desc, size_t size)
{
	Elf64_Nhdr *note = (Elf64_Nhdr *)to; /* of both classes */
	size_t name_size = strlen(name) + 1;

	note->n_namesz = (uint32_t)name_size;
	note->n_descsz = (uint32_t)size;
	note->n_type = type;
	memcpy(to + sizeof(*note), name, name_size);
	name_size = (name_size + 3) & ~3UL;
	memcpy(to + sizeof(*note) + name_size, desc, size);
	return sizeof(*note) + name_size + ((size + 3) & ~3UL);
}

static size_t put_notes(uint8_t *to, const char *vmcoreinfo, unsigned int cpus)
{
	uint8_t status[PRSTATUS_SIZE] = {0};
	size_t at = 0;

	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		at += put_note(to + at, "CORE", NT_PRSTATUS, status, sizeof(status));
	return at + put_note(to + at, "VMCOREINFO", 0, vmcoreinfo, strlen(vmcoreinfo));
}

static void put_load(CORE(Phdr) * phdr, uint64_t va, uint64_t pa, uint64_t size, uint64_t *offset)
{
	*phdr = (CORE(Phdr)){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = (CORE(Off)) * offset,
		.p_vaddr = (CORE(Addr))va,
		.p_paddr = (CORE(Addr))pa,
		.p_filesz = (CORE(Addr))size,
		.p_memsz = (CORE(Addr))size,
	};
	*offset += size;
}

/* Where words are narrow the kernel does not map all of its memory. */
static uint64_t core_va(uint64_t pa)
{
#ifdef K_NARROW
	if (pa - K_RAM_BASE >= MB(896ULL))
		return UINT64_MAX;
#endif
	return layout.page_offset + (pa - K_RAM_BASE);
}

static unsigned int put_segments(CORE(Phdr) * phdr, uint64_t *offset)
{
	unsigned int n = 0;

#ifndef K_NARROW
	uint64_t start = loaded.start & ~(PAGE_SIZE - 1);
	uint64_t end = (loaded.end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

	put_load(&phdr[n++], start + layout.kaslr, image_pa(start), end - start, offset);
#endif
	for (size_t i = 0; i < n_ram_ranges; i++)
		put_load(&phdr[n++], core_va(ram_ranges[i].start), ram_ranges[i].start,
			 ram_ranges[i].end - ram_ranges[i].start, offset);
	return n;
}

static void put(int fd, const void *buf, size_t size, uint64_t offset)
{
	if (pwrite(fd, buf, size, (off_t)offset) != (ssize_t)size)
		die("cannot write the vmcore");
}

/* What was never touched becomes a hole of the file. */
static void put_memory(int fd, const CORE(Phdr) * phdr)
{
	uint64_t start = phdr->p_paddr, end = start + phdr->p_filesz, at;
	struct range used;

	for (at = start; ram_next(at, &used) && used.start < end; at = used.end) {
		uint64_t last = used.end < end ? used.end : end;

		put(fd, ram_at(used.start), last - used.start,
		    phdr->p_offset + (used.start - start));
	}
}

static const CORE(Ehdr) core_header = {
	.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, CORE_CLASS, ELFDATA2LSB, EV_CURRENT},
	.e_type = ET_CORE,
	.e_machine = CORE_MACHINE,
	.e_version = EV_CURRENT,
	.e_phoff = sizeof(CORE(Ehdr)),
	.e_ehsize = sizeof(CORE(Ehdr)),
	.e_phentsize = sizeof(CORE(Phdr)),
};

void core_write(const char *path, const char *vmcoreinfo, unsigned int cpus)
{
	CORE(Phdr) phdr[1 + MAX_SEGMENTS] = {{.p_type = PT_NOTE}};
	size_t room = strlen(vmcoreinfo) + 64 + (PRSTATUS_SIZE + 32) * cpus;
	uint8_t *notes = calloc(1, room);
	CORE(Ehdr) ehdr = core_header;
	uint64_t offset;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || !notes)
		die("cannot write %s", path);
	phdr[0].p_offset = sizeof(ehdr) + sizeof(phdr);
	phdr[0].p_filesz = phdr[0].p_memsz = put_notes(notes, vmcoreinfo, cpus);
	offset = (phdr[0].p_offset + phdr[0].p_filesz + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	ehdr.e_phnum = (uint16_t)(1 + put_segments(phdr + 1, &offset));
	put(fd, &ehdr, sizeof(ehdr), 0);
	put(fd, phdr, sizeof(phdr), sizeof(ehdr));
	put(fd, notes, phdr[0].p_filesz, phdr[0].p_offset);
	for (unsigned int i = 1; i < ehdr.e_phnum; i++)
		put_memory(fd, &phdr[i]);
	if (ftruncate(fd, (off_t)offset) || close(fd))
		die("cannot write %s", path);
	free(notes);
}
