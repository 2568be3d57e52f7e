/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rewrite.h - for programs that change a copy of an ELF dump in place */
#ifndef REWRITE_H
#define REWRITE_H

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../libsrc/inspect/inspect.h"

__attribute__((noreturn)) static inline void die(const char *what)
{
	fprintf(stderr, "not changed: %s\n", what);
	exit(1);
}

static inline uint64_t file_offset(int fd, uint64_t pa)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int i;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		die("no ELF header");
	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) != sizeof(ph))
			die("no program header");
		if (ph.p_type == PT_LOAD && pa >= ph.p_paddr && pa - ph.p_paddr < ph.p_filesz)
			return ph.p_offset + pa - ph.p_paddr;
	}
	die("address is not in the dump");
	return 0;
}

static inline void rewrite_physical(const char *dump, uint64_t pa, const void *bytes, size_t size)
{
	int fd = open(dump, O_RDWR);

	if (fd < 0)
		die("cannot write to the dump");
	if (pwrite(fd, bytes, size, (off_t)file_offset(fd, pa)) != (ssize_t)size)
		die("cannot write to the dump");
	close(fd);
}

/* The lowest @size bytes of @value to where the kernel has @va. */
static inline void poke(struct mi_kernel *k, const char *dump, uint64_t va, uint64_t value,
			size_t size)
{
	uint64_t pa;

	if (mi_virt_to_phys(k->t, va, &pa))
		die("address is not mapped");
	rewrite_physical(dump, pa, &value, size);
}

/* The kernel of @dump. */
static inline struct mi_kernel *open_kernel(const char *dump, struct mi_target **t)
{
	struct mi_provider *p;
	struct mi_kernel *k;
	struct mi_error e;

	if (mi_kdump_open(dump, &p, &e) || mi_target_open(p, NULL, t, &e) ||
	    mi_kernel_open(*t, NULL, &k, &e))
		die(e.text);
	return k;
}

#endif
