/* What NUMA does to page tables: hinting entries, and a migration that is stuck. */
#include "workload.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef MPOL_MF_MOVE_ALL
#define MPOL_MF_MOVE_ALL (1 << 2)
#endif

/* ---- hinting ---- */

#define HINT_PAGES ((size_t)64)

/* Knobs of the scanner moved from sysctl to debugfs in 5.13. */
static void set_scan_knob(const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/kernel/numa_balancing_%s", knob);
	if (try_write(path, value) == 0)
		return;
	snprintf(path, sizeof(path), "/sys/kernel/debug/sched/numa_balancing/%s", knob);
	must_write(path, value);
}

static long vmstat(const char *name)
{
	static char text[16384];
	int fd = must_open("/proc/vmstat", O_RDONLY);
	size_t len = 0;
	char *at;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

static void *second_thread(void *arg)
{
	(void)arg;
	sleep_forever();
}

/* The scanner works in the time slice of the process that it scans. */
static void burn_until_marked(long marks)
{
	long before = vmstat("numa_pte_updates "), rounds = 0;
	volatile unsigned long spin = 0;

	while (vmstat("numa_pte_updates ") - before < marks) {
		for (long i = 0; i < 20000000; i++)
			spin++;
		if (++rounds > 200)
			fail("NUMA balancing has marked %ld pages of %ld",
			     vmstat("numa_pte_updates ") - before, marks);
	}
	/* One pass goes over all of the process. */
	for (long i = 0; i < 100000000; i++)
		spin++;
}

/*
 * Pages that the scanner has marked so that the next access tells where it
 * came from: entries look like those of PROT_NONE, but the mapping is not.
 */
static void hinted_process(void)
{
	char *map = map_anon(2 * HINT_PAGES * PAGE, PROT_RW, MAP_PRIVATE);
	char *file = map_path("/mnt/data/locked.dat", 128 * PAGE, HINT_PAGES * PAGE, PROT_RW,
			      MAP_SHARED);
	char *huge = map_anon_huge(HUGE_PAGE);
	pthread_t thread;

	advise(map, 0, 2 * HINT_PAGES, MADV_NOHUGEPAGE);
	write_pages(map, 0, 2 * HINT_PAGES);
	/* Neither dirty pages of files nor tmpfs are of interest to the scanner. */
	read_pages(file, 0, HINT_PAGES);
	write_pages(huge, 0, 1);
	if (mprotect(map + HINT_PAGES * PAGE, HINT_PAGES * PAGE, PROT_NONE) < 0)
		fail("mprotect");
	/* Pages of a process with one thread are left alone on its own node. */
	if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
		fail("pthread_create");
	burn_until_marked(2 * HINT_PAGES + 512);
	note_entries("numa-hint", map, HINT_PAGES);
	note_entries("prot-none", map + HINT_PAGES * PAGE, HINT_PAGES);
	note_entries("numa-hint", file, HINT_PAGES);
	note_entries("numa-hint", huge, 512);
}

static void numa_hint(void)
{
	struct gate gate;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	set_scan_knob("scan_delay_ms", "10");
	set_scan_knob("scan_period_min_ms", "20");
	must_write("/proc/sys/kernel/numa_balancing", "1");
	gate_init(&gate);
	/* Delays are set when a process is made. */
	if (fork_as("numa-hinted") == 0) {
		hinted_process();
		must_write("/proc/sys/kernel/numa_balancing", "0");
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

const struct scenario numa_scenarios[] = {
	{"numa-hint", numa_hint},
	{NULL, NULL},
};
