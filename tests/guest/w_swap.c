/* Several swap areas: beside the disk of all guests a compressed one, and a file. */
#include "workload.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#define AREA_PAGES ((size_t)2048)
#define EACH ((size_t)768)
#define KEPT ((size_t)256)

/* pagemap */
#define PAGEMAP_SWAPPED (1ULL << 62)
#define PAGEMAP_TYPE 31

/* The first page of a swap area; include/linux/swap.h: union swap_header. */
static void make_area(int fd, size_t pages)
{
	static char page[4096];
	uint32_t info[2] = {1, (uint32_t)pages - 1};

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + sizeof(page) - 10, "SWAPSPACE2", 10);
	if (pwrite(fd, page, sizeof(page), 0) != (ssize_t)sizeof(page) || fsync(fd) < 0)
		fail("cannot write a swap header");
}

static void swap_onto(const char *path, int priority)
{
	if (swapon(path, SWAP_FLAG_PREFER | priority) < 0)
		fail("swapon %s", path);
}

/* How many of the pages have a swap entry of this type? */
static size_t count_type(const char *map, size_t pages, unsigned int type)
{
	int fd = must_open("/proc/self/pagemap", O_RDONLY);
	size_t i, found = 0;
	uint64_t entry;

	for (i = 0; i < pages; i++) {
		off_t at = (off_t)(((uintptr_t)map / PAGE + i) * sizeof(entry));

		if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
			fail("pagemap");
		found += (entry & PAGEMAP_SWAPPED) && (entry & PAGEMAP_TYPE) == type;
	}
	close(fd);
	return found;
}

static void swap_out_to(char *map, size_t first, unsigned int type)
{
	page_out(map, first, EACH);
	nap(200);
	/* A CPU goes on with the cluster of 512 places that it has. */
	if (count_type(map + first * PAGE, EACH, type) < EACH - 512)
		fail("swap area %u was not used", type);
}

static void swap_areas(void)
{
	cpu_set_t one;
	char *map = map_anon((2 * EACH + KEPT) * PAGE, PROT_RW, MAP_PRIVATE);
	int fd;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	enter_cgroup("swapareas", "max");
	advise(map, 0, 2 * EACH + KEPT, MADV_NOHUGEPAGE);
	write_pages(map, 0, 2 * EACH + KEPT);
	must_write("/sys/block/zram0/disksize", "8M");
	make_area(must_open("/dev/zram0", O_RDWR), AREA_PAGES);
	swap_onto("/dev/zram0", 30);
	swap_out_to(map, 0, 1);
	fd = must_open("/mnt/swap file", O_RDWR | O_CREAT);
	if (fallocate(fd, 0, 0, (off_t)(AREA_PAGES * PAGE)) < 0)
		fail("fallocate");
	make_area(fd, AREA_PAGES);
	swap_onto("/mnt/swap file", 40);
	swap_out_to(map, EACH, 2);
	reclaim_cgroup("swapareas", "1M");
	read_pages(map, 16, 16);
	write_pages(map, EACH + 16, 8);
	report_ready();
}

const struct scenario swap_scenarios[] = {
	{"swap-areas", swap_areas},
	{NULL, NULL},
};
