// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * poke.c - change one member of a structure in a copy of an ELF dump
 *
 *     poke DUMP mm_users|exit_mm|map_count|task_cycle PID
 *
 * For tests of states that no guest can be dumped in at the right moment.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../libsrc/inspect/inspect.h"

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "poke: %s\n", what);
	exit(1);
}

static uint64_t file_offset(int fd, uint64_t pa)
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

static void poke(struct mi_kernel *k, const char *dump, uint64_t va, uint64_t value, size_t size)
{
	int fd = open(dump, O_RDWR);
	uint64_t pa;

	if (fd < 0)
		die("cannot write to the dump");
	if (mi_virt_to_phys(k->t, va, &pa))
		die("address is not mapped");
	if (pwrite(fd, &value, size, (off_t)file_offset(fd, pa)) != (ssize_t)size)
		die("cannot write to the dump");
	close(fd);
}

int main(int argc, char **argv)
{
	struct mi_provider *p;
	struct mi_target *t;
	struct mi_kernel *k;
	struct mi_task task;
	struct mi_error e;
	const struct mi_layout *l;

	if (argc != 4)
		die("usage: poke DUMP WHAT PID");
	if (mi_kdump_open(argv[1], &p, &e) || mi_target_open(p, NULL, &t, &e) ||
	    mi_kernel_open(t, NULL, &k, &e) || mi_task_by_pid(k, atoi(argv[3]), &task, &e))
		die(e.text);
	l = &k->l;
	if (!strcmp(argv[2], "mm_users")) {
		poke(k, argv[1], task.mm + (uint64_t)l->mm_users.off, 0, 4);
	} else if (!strcmp(argv[2], "map_count")) {
		poke(k, argv[1], task.mm + (uint64_t)l->mm_map_count.off, 3, 4);
	} else if (!strcmp(argv[2], "exit_mm")) {
		/* PF_EXITING set and the mm gone: between exit_mm() and exit_notify() */
		poke(k, argv[1], task.addr + (uint64_t)l->task_mm.off, 0, 8);
		poke(k, argv[1], task.addr + (uint64_t)l->task_flags.off, 0x404004, 4);
	} else if (!strcmp(argv[2], "task_cycle")) {
		poke(k, argv[1], task.addr + (uint64_t)l->task_tasks.off,
		     task.addr + (uint64_t)l->task_tasks.off, 8);
	} else {
		die("no such thing to change");
	}
	mi_kernel_close(k);
	mi_target_close(t);
	return 0;
}
