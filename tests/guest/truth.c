#include "common.h"
#include "truth.h"
#include "arena.h"
#include "blocks.h"
#include "files.h"
#include "procs.h"
#include "snapshot.h"
#include "tar.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ARENA_SIZE ((size_t)24 << 20)
/* i386 may have frames far above others, and all are counted. */
#define BIG_ARENA_SIZE ((size_t)(sizeof(long) == 8 ? 40 : 72) << 20)
#define BIG_RAM_PAGES (((size_t)384 << 20) / PAGE)
#define HEAP_SIZE (1 << 20)
#define ATTEMPTS 8
#define SETTLE_MS 300

/* The stack must not grow once pages are being recorded. */
static void grow_stack(void)
{
	volatile char pages[32 * 4096];

	for (size_t i = 0; i < sizeof(pages); i += 4096)
		pages[i] = 1;
}

/* Nor may the heap: what the C library takes for files and directories is there already. */
static void grow_heap(void)
{
	char *heap;

	mallopt(M_MMAP_THRESHOLD, 2 * HEAP_SIZE);
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP_SIZE);
	heap = malloc(HEAP_SIZE);
	if (!heap)
		fail("no memory");
	memset(heap, 1, HEAP_SIZE);
	free(heap);
}

static void prepare(void)
{
	struct timespec now;

	/* A large guest has more to tell. */
	arena_init((size_t)sysconf(_SC_PHYS_PAGES) < BIG_RAM_PAGES ? ARENA_SIZE : BIG_ARENA_SIZE);
	grow_stack();
	grow_heap();
	/* The page that it is read from. */
	clock_gettime(CLOCK_MONOTONIC, &now);
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

/* When what was recorded: between the two the rest was. */
static void archive_clock(const char *name)
{
	struct timespec now;
	char text[32];
	int len;

	clock_gettime(CLOCK_MONOTONIC, &now);
	len = snprintf(text, sizeof(text), "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
	tar_add(name, text, (size_t)len);
}

void truth_record(const char *disk, enum truth_of of)
{
	int pages = of == TRUTH_PAGES;

	prepare();
	tar_open(disk);
	if (of != TRUTH_BRIEF) {
		notes_read();
		blocks_init();
	}
	if (pages) {
		files_read();
		snapshot_init();
		files_watch();
		take_snapshot();
	}
	/* Each CPU keeps counts back for a while. */
	must_write("/proc/sys/vm/stat_refresh", "1");
	archive_clock("clock/processes");
	procs_archive(of == TRUTH_BRIEF);
	if (pages) {
		files_archive();
		snapshot_archive();
	}
	if (of != TRUTH_BRIEF) {
		notes_archive();
		blocks_archive();
	}
	archive_clock("clock/end");
	tar_close();
}
