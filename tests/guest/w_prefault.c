/*
 * What of a mapping is in the page tables, in the cache, locked: brought about by
 * MAP_POPULATE, mlock(2), madvise(2) and by touching. All of it is in pagemap, mincore
 * and smaps.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

#define READ_AHEAD_KB 64

/* 64 pages of the file for each user. */
#define BEGIN_OF(n) ((size_t)(n)*64 * PAGE)

static void read_part(int fd, size_t from, size_t pages)
{
	static char block[4096];

	for (size_t i = 0; i < pages; i++)
		if (pread(fd, block, sizeof(block), (off_t)(from + i * PAGE)) != sizeof(block))
			fail("pread");
}

/* Advice that a kernel may not know yet: then nothing happens, which is a state as well. */
static void try_advice(char *map, size_t first, size_t count, int advice)
{
	if (madvise(map + first * PAGE, count * PAGE, advice) < 0)
		printf("prefault: madvise %d: error %d\n", advice, errno);
}

static void populated(int fd)
{
	/* Half of it is in the cache; nothing is mapped since Linux 2.6.23. */
	read_part(fd, BEGIN_OF(1), 32);
	map_fd(fd, BEGIN_OF(1), 64 * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE | MAP_NONBLOCK);
	/* Something between the two, so that the kernel does not join them. */
	map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE | MAP_POPULATE);
	map_fd(fd, BEGIN_OF(0), 64 * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE);
	map_fd(fd, BEGIN_OF(0), 32 * PAGE, PROT_RW, MAP_PRIVATE | MAP_POPULATE);
}

static void advised(int fd)
{
	char *map = map_fd(fd, BEGIN_OF(2), 64 * PAGE, PROT_READ, MAP_SHARED);
	unsigned char resident[64];
	size_t n = 0;

	advise(map, 0, 48, MADV_WILLNEED);
	while (n < 48) {
		if (mincore(map, 64 * PAGE, resident) < 0)
			fail("mincore");
		for (n = 0; n < 48 && resident[n] & 1; n++)
			;
		nap(10);
	}
	map = map_fd(fd, BEGIN_OF(3), 64 * PAGE, PROT_RW, MAP_PRIVATE);
	advise(map, 0, 64, MADV_RANDOM);
	try_advice(map, 0, 32, MADV_POPULATE_READ);
	try_advice(map, 16, 24, MADV_POPULATE_WRITE);
}

static void touched(int fd)
{
	char *map = map_fd(fd, BEGIN_OF(4), 64 * PAGE, PROT_READ, MAP_SHARED);

	advise(map, 0, 64, MADV_RANDOM);
	read_part(fd, BEGIN_OF(4) + 40 * PAGE, 8);
	read_pages(map, 0, 10);
	read_pages(map, 30, 1);
	read_pages(map, 44, 1);
}

static void locked(int fd)
{
	char *map = map_fd(fd, BEGIN_OF(5), 48 * PAGE, PROT_READ, MAP_SHARED);

	/* The rest of the mapping goes its own way. */
	if (mlock(map, 24 * PAGE) < 0)
		fail("mlock");
	map = map_fd(fd, BEGIN_OF(6), 64 * PAGE, PROT_READ, MAP_SHARED);
	advise(map, 0, 64, MADV_RANDOM);
	if (syscall(SYS_mlock2, map, 64 * PAGE, MLOCK_ONFAULT) < 0)
		fail("mlock2");
	read_pages(map, 0, 8);
	map = map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE | MAP_LOCKED);
	write_pages(map, 3, 2);
	map = map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE);
	advise(map, 0, 32, MADV_NOHUGEPAGE);
	if (syscall(SYS_mlock2, map, 32 * PAGE, MLOCK_ONFAULT) < 0)
		fail("mlock2");
	write_pages(map, 5, 9);
	read_pages(map, 20, 2);
}

/* Locked, and yet not all there: nothing to access, no file any more, given back. */
static void locked_with_holes(int fd)
{
	char *map = map_anon(16 * PAGE, PROT_NONE, MAP_PRIVATE);
	int end = make_file("/mnt/ends.dat", 10 * PAGE + 1);

	if (mlock(map, 16 * PAGE) == 0 || errno != ENOMEM)
		fail("mlock of what cannot be accessed");
	map = map_fd(end, 0, 20 * PAGE, PROT_READ, MAP_SHARED);
	if (mlock(map, 20 * PAGE) == 0)
		fail("mlock beyond the end of a file");
	map = map_fd(fd, BEGIN_OF(7), 32 * PAGE, PROT_READ, MAP_SHARED);
	advise(map, 0, 32, MADV_RANDOM);
	if (mlock(map, 32 * PAGE) < 0)
		fail("mlock");
	try_advice(map, 8, 16, MADV_DONTNEED_LOCKED);
}

/* No page, and nothing to read: holes of tmpfs, fresh memory. */
static void fresh(void)
{
	int fd = make_file("/shm/fresh.dat", 40 * PAGE);
	char *map = map_fd(fd, 0, 40 * PAGE, PROT_RW, MAP_SHARED);
	char *other = map_fd(fd, 0, 40 * PAGE, PROT_READ, MAP_SHARED);

	advise(other, 0, 40, MADV_RANDOM);
	write_pages(map, 10, 8);
	read_pages(other, 12, 1);
	map_anon((size_t)8 << 20, PROT_RW, MAP_PRIVATE | MAP_NORESERVE);
}

static void prefault(void)
{
	/* On the disk, and nothing of it in memory; nor shall much be that is not asked for. */
	int was = set_read_ahead("/mnt", READ_AHEAD_KB);
	int fd = must_open("/mnt/data/prefault.dat", O_RDONLY);

	set_read_ahead("/mnt", was);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	populated(fd);
	advised(fd);
	touched(fd);
	locked(fd);
	locked_with_holes(fd);
	fresh();
	report_ready();
}

const struct scenario prefault_scenarios[] = {
	{"prefault", prefault},
	{NULL, NULL},
};
