/* Very many mappings; PID namespaces; processes that share an mm. */
#include "workload.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MANY ((size_t)100000)

/* Every other page has another protection, so no two mappings can be joined. */
static void vmas_100k(void)
{
	char *map;

	must_write("/proc/sys/vm/max_map_count", "200000");
	map = map_anon(MANY * PAGE, PROT_READ, MAP_PRIVATE | MAP_NORESERVE);
	for (size_t i = 0; i < MANY; i += 2)
		if (mprotect(map + i * PAGE, PAGE, PROT_RW) < 0)
			fail("mprotect %zu", i);
	for (size_t i = 0; i < MANY; i += 256) {
		write_pages(map, i, 1);
		read_pages(map, i + 1, 1);
	}
	report_ready();
}

/* A namespace within a namespace: the inner process has three PIDs. */
static void pid_namespaces(void)
{
	struct gate gate;

	gate_init(&gate);
	if (unshare(CLONE_NEWPID) < 0)
		fail("unshare");
	if (fork_as("pidns-outer") == 0) {
		if (unshare(CLONE_NEWPID) < 0)
			fail("unshare");
		if (fork_as("pidns-inner") == 0)
			gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

static int sharer(void *map)
{
	prctl(PR_SET_NAME, "vm-sharer");
	write_pages(map, 8, 8);
	report_ready();
	sleep_forever();
}

/* A process of its own, but no memory of its own. */
static void clone_vm(void)
{
	static char stack[8 * 4096] __attribute__((aligned(16)));
	char *map = map_anon(16 * PAGE, PROT_RW, MAP_PRIVATE);

	advise(map, 0, 16, MADV_NOHUGEPAGE);
	write_pages(map, 0, 8);
	if (clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, map) < 0)
		fail("clone");
}

const struct scenario many_scenarios[] = {
	{"vmas-100k", vmas_100k},
	{"pidns", pid_namespaces},
	{"clone-vm", clone_vm},
	{NULL, NULL},
};
