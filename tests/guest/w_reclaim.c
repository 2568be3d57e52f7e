/* Pages that were really reclaimed: shadow entries, swap, swap cache. */
#include "workload.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVICT_PAGES ((size_t)512)
#define SQUEEZE_PAGES ((size_t)3072)
#define SWAP_PAGES ((size_t)512)

/* Writes a note for each run of pages that are no longer cached. */
static void note_evicted(int fd, char *map, size_t pages)
{
	static unsigned char resident[4096];
	size_t first, i = 0;

	if (mincore(map, pages * PAGE, resident) < 0)
		fail("mincore");
	while (i < pages) {
		for (first = i; i < pages && !(resident[i] & 1); i++)
			;
		if (i > first)
			note_pages("shadow", fd, first, i - first);
		else
			i++;
	}
}

/* Evicted from the file by MADV_PAGEOUT, and ten pages read back. */
static void evict_madv(void)
{
	int fd = must_open("/mnt/data/evict.dat", O_RDONLY);
	char *map = map_fd(fd, 0, EVICT_PAGES * PAGE, PROT_READ, MAP_SHARED);

	read_pages(map, 0, EVICT_PAGES);
	page_out(map, 100, 200);
	advise(map, 0, EVICT_PAGES, MADV_RANDOM);
	read_pages(map, 120, 10);
	note_evicted(fd, map, EVICT_PAGES);
	report_ready();
}

static size_t resident_pages(char *map, size_t pages)
{
	static unsigned char resident[4096];
	size_t n = 0;

	if (mincore(map, pages * PAGE, resident) < 0)
		fail("mincore");
	for (size_t i = 0; i < pages; i++)
		n += resident[i] & 1;
	return n;
}

/* Readahead may still be under way, and what it reads is not resident yet. */
static void until_settled(char *map, size_t pages)
{
	size_t last, now = resident_pages(map, pages);

	do {
		last = now;
		nap(500);
		now = resident_pages(map, pages);
	} while (now != last);
}

/* Evicted by the memory limit of a cgroup smaller than the file. */
static void evict_cgroup(void)
{
	int fd = must_open("/mnt/data/squeeze.dat", O_RDONLY);
	char *map;

	enter_cgroup("squeeze", "6M");
	map = map_fd(fd, 0, SQUEEZE_PAGES * PAGE, PROT_READ, MAP_SHARED);
	read_pages(map, 0, SQUEEZE_PAGES);
	read_pages(map, 16, 4);
	/* Nothing more is to be evicted once the notes are written. */
	must_write("/sys/fs/cgroup/squeeze/memory.max", "max");
	until_settled(map, SQUEEZE_PAGES);
	note_evicted(fd, map, SQUEEZE_PAGES);
	report_ready();
}

/*
 * Anonymous pages in swap. What MADV_PAGEOUT wrote stays in the swap cache
 * until reclaim comes again, so the quarters end up as: never swapped;
 * swapped out; swapped out, half read and a quarter written again; swapped
 * out but still in the swap cache.
 */
static void swap_anon(void)
{
	char *map;

	enter_cgroup("swapanon", "max");
	map = map_anon(SWAP_PAGES * PAGE, PROT_RW, MAP_PRIVATE);
	advise(map, 0, SWAP_PAGES, MADV_NOHUGEPAGE);
	advise(map, 0, SWAP_PAGES, MADV_RANDOM);
	write_pages(map, 0, SWAP_PAGES);
	page_out(map, 128, 256);
	nap(200);
	reclaim_cgroup("swapanon", "1M");
	read_pages(map, 256, 64);
	write_pages(map, 256, 32);
	write_pages(map, 0, 128);
	page_out(map, 384, 128);
	nap(200);
	report_ready();
}

/* The same for tmpfs: the file's slots hold swap entries. */
static void swap_shmem(void)
{
	int fd = make_file("/shm/swapped.dat", SWAP_PAGES * PAGE);
	char *map;

	enter_cgroup("swapshmem", "max");
	map = map_fd(fd, 0, SWAP_PAGES * PAGE, PROT_RW, MAP_SHARED);
	advise(map, 0, SWAP_PAGES, MADV_RANDOM);
	write_pages(map, 0, SWAP_PAGES);
	page_out(map, 128, 256);
	nap(200);
	reclaim_cgroup("swapshmem", "1M");
	read_pages(map, 256, 64);
	write_pages(map, 0, 128);
	page_out(map, 384, 128);
	nap(200);
	note_pages("swapped", fd, 128, 128);
	note_pages("swapped", fd, 320, 192);
	report_ready();
}

/* A private copy of a file page in swap, and a memfd in swap. */
static void swap_mixed(void)
{
	char *copy = map_path("/mnt/data/base.dat", 0, 64 * PAGE, PROT_RW, MAP_PRIVATE);
	int fd = memfd_create("swapped-memfd", MFD_CLOEXEC);
	char *map;

	if (fd < 0 || ftruncate(fd, 64 * PAGE) < 0)
		fail("memfd");
	map = map_fd(fd, 0, 64 * PAGE, PROT_RW, MAP_SHARED);
	write_pages(copy, 0, 32);
	write_pages(map, 0, 64);
	page_out(copy, 0, 16);
	page_out(map, 16, 32);
	nap(200);
	note_pages("swapped", fd, 16, 32);
	report_ready();
}

#define ORDER_PAGES ((size_t)512)

/* What a cgroup has counted; fields that this kernel lacks are 0. */
static size_t count_of(const char *cgroup, const char *field)
{
	char path[96], name[64];
	size_t value, found = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/memory.stat", cgroup);
	stat = fopen(path, "re");
	if (!stat)
		fail("no %s", path);
	while (fscanf(stat, "%63s %zu", name, &value) == 2)
		if (!strcmp(name, field))
			found = value;
	fclose(stat);
	return found;
}

/* Reads pages into the cache, and has the cgroup give up what it can. */
static void read_and_evict(int fd)
{
	read_bytes(fd, ORDER_PAGES / 2 * PAGE);
	drain_lru();
	must_write("/sys/fs/cgroup/evictorder/memory.max", "128K");
	must_write("/sys/fs/cgroup/evictorder/memory.max", "max");
}

/*
 * Half of a file is evicted, then the other half, by the limit of a cgroup in
 * which nothing else is evicted: the order, and the most that can have been
 * evicted since, are known.
 */
static void evict_order(void)
{
	int fd = must_open("/mnt/order.dat", O_RDWR | O_CREAT);
	char *map;

	enter_cgroup("evictorder", "max");
	if (fallocate(fd, 0, 0, (off_t)(ORDER_PAGES * PAGE)) < 0)
		fail("fallocate");
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	map = map_fd(fd, 0, ORDER_PAGES * PAGE, PROT_READ, MAP_SHARED);
	advise(map, 0, ORDER_PAGES, MADV_RANDOM);
	/* Nodes of the cache's tree that hold nothing but shadows may be freed. */
	for (size_t i = 0; i < ORDER_PAGES; i += 64)
		if (mlock(map + i * PAGE, PAGE) < 0)
			fail("mlock");
	read_and_evict(fd);
	read_and_evict(fd);
	note_evicted(fd, map, ORDER_PAGES);
	note_pages("evicted-first", fd, 0, ORDER_PAGES / 2);
	note_pages("evicted-later", fd, ORDER_PAGES / 2, ORDER_PAGES / 2);
	note_pages("aged", fd, 0,
		   count_of("evictorder", "pgsteal") + count_of("evictorder", "pgactivate") +
			   count_of("evictorder", "workingset_refault_file") +
			   count_of("evictorder", "workingset_refault_anon"));
	report_ready();
}

const struct scenario aging_scenarios[] = {
	{"evict-order", evict_order},
	{NULL, NULL},
};

const struct scenario reclaim_scenarios[] = {
	{"evict-madv", evict_madv}, {"evict-cgroup", evict_cgroup}, {"swap-anon", swap_anon},
	{"swap-shmem", swap_shmem}, {"swap-mixed", swap_mixed},	    {NULL, NULL},
};
