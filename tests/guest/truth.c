#include "common.h"
#include "truth.h"
#include "arena.h"
#include "files.h"
#include "procs.h"
#include "snapshot.h"
#include "tar.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA_SIZE ((size_t)24 << 20)
#define BIG_ARENA_SIZE ((size_t)40 << 20)
#define BIG_RAM_PAGES (((size_t)384 << 20) / PAGE)
#define ATTEMPTS 8
#define SETTLE_MS 300

/* The stack must not grow once pages are being recorded. */
static void grow_stack(void)
{
	volatile char pages[32 * 4096];

	for (size_t i = 0; i < sizeof(pages); i += 4096)
		pages[i] = 1;
}

static void prepare(void)
{
	/* A large guest has more to tell. */
	arena_init((size_t)sysconf(_SC_PHYS_PAGES) < BIG_RAM_PAGES ? ARENA_SIZE : BIG_ARENA_SIZE);
	grow_stack();
	mlockall(MCL_CURRENT);
	procs_find();
}

static void watch_processes(void)
{
	for (size_t i = 0; i < proc_count; i++)
		watch_pagemap((const uint64_t *)procs[i].pagemap.data,
			      procs[i].pagemap.len / sizeof(uint64_t));
}

/* Takes everything twice, some time apart: the same both times? */
static int hold_still(void)
{
	procs_find();
	if (procs_read() < 0)
		return -1;
	watch_processes();
	snapshot_read();
	nap(SETTLE_MS);
	if (procs_compare() < 0)
		return -1;
	return snapshot_compare();
}

static void take_snapshot(void)
{
	size_t mark = arena_mark();

	for (int i = 0; i < ATTEMPTS; i++) {
		drain_lru();
		if (hold_still() == 0)
			return;
		arena_reset(mark);
	}
	fail("the pages do not hold still");
}

void truth_record(const char *disk, int brief)
{
	prepare();
	tar_open(disk);
	if (!brief) {
		files_read();
		snapshot_init();
		files_watch();
		take_snapshot();
	}
	/* Each CPU keeps counts back for a while. */
	must_write("/proc/sys/vm/stat_refresh", "1");
	procs_archive(brief);
	if (!brief) {
		files_archive();
		snapshot_archive();
	}
	tar_close();
}
