/* Pages that were really reclaimed: shadow entries, swap, swap cache. */
#include "workload.h"

#include <fcntl.h>
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

const struct scenario reclaim_scenarios[] = {
	{"evict-madv", evict_madv}, {"evict-cgroup", evict_cgroup}, {"swap-anon", swap_anon},
	{"swap-shmem", swap_shmem}, {"swap-mixed", swap_mixed},	    {NULL, NULL},
};
