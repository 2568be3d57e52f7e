// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * poke.c - change one member of a structure in a copy of an ELF dump
 *
 *     poke DUMP mm_users|exit_mm|map_count|task_cycle PID
 *
 * For tests of states that no guest can be dumped in at the right moment.
 */
#include "rewrite.h"

int main(int argc, char **argv)
{
	struct mi_target *t;
	struct mi_kernel *k;
	struct mi_task task;
	struct mi_error e;
	const struct mi_layout *l;

	if (argc != 4)
		die("usage: poke DUMP WHAT PID");
	k = open_kernel(argv[1], &t);
	if (mi_task_by_pid(k, atoi(argv[3]), &task, &e))
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
