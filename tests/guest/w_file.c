/* Mapped and cached pages of files on ext4. */
#include "workload.h"

#include <fcntl.h>
#include <unistd.h>

#define BASE "/mnt/data/base.dat"

static void file_shared(void)
{
	char *map = map_path(BASE, 0, 1024 * PAGE, PROT_RW, MAP_SHARED);
	char *tail = map_path(BASE, 256 * PAGE, 64 * PAGE, PROT_RW, MAP_SHARED);

	advise(map, 0, 1024, MADV_RANDOM);
	/* Written and written back: clean, write protected. */
	write_pages(map, 200, 20);
	if (msync(map, 1024 * PAGE, MS_SYNC) < 0)
		fail("msync");
	advise(map, 0, 1024, MADV_NORMAL);
	read_pages(map, 0, 64);
	write_pages(map, 100, 50);
	for (size_t i = 0; i < 64; i += 2)
		read_pages(tail, i, 1);
	report_ready();
}

static void file_private(void)
{
	char *map = map_path(BASE, 0, 512 * PAGE, PROT_RW, MAP_PRIVATE);

	read_pages(map, 0, 128);
	write_pages(map, 16, 16);
	write_pages(map, 300, 10);
	report_ready();
}

static void file_readonly(void)
{
	char *map = map_path(BASE, 512 * PAGE, 512 * PAGE, PROT_READ, MAP_SHARED);

	read_pages(map, 0, 200);
	report_ready();
}

static void madv_random(void)
{
	char *map = map_path("/mnt/data/random.dat", 0, 512 * PAGE, PROT_READ, MAP_SHARED);

	advise(map, 0, 512, MADV_RANDOM);
	for (size_t i = 0; i < 512; i += 16)
		read_pages(map, i, 1);
	report_ready();
}

static void madv_sequential(void)
{
	char *map = map_path("/mnt/data/seq.dat", 0, 512 * PAGE, PROT_READ, MAP_SHARED);

	advise(map, 0, 512, MADV_SEQUENTIAL);
	read_pages(map, 0, 40);
	report_ready();
}

static void sparse_1g(void)
{
	static const size_t pages[] = {1, 1000, 65535, 131072, 262143};
	int fd = make_file("/mnt/sparse.dat", (size_t)1 << 30);
	char *map = map_fd(fd, 0, (size_t)1 << 30, PROT_RW, MAP_SHARED);

	advise(map, 0, 262144, MADV_RANDOM);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		read_pages(map, pages[i], 1);
	write_pages(map, 0, 1);
	write_pages(map, 65536, 1);
	report_ready();
}

/* Cached but mapped by nobody: one file open, one closed again. */
static void cached_only(void)
{
	int fd = must_open("/mnt/data/cached.dat", O_RDONLY);
	int closed = must_open("/mnt/data/closed.dat", O_RDONLY);

	read_bytes(fd, 256 * PAGE);
	drain_lru();
	posix_fadvise(fd, 64 * PAGE, 64 * PAGE, POSIX_FADV_DONTNEED);
	read_bytes(closed, 32 * PAGE);
	close(closed);
	report_ready();
}

/* A reader amid its readahead; the same file mapped, some pages touched. */
static void readahead_marker(void)
{
	int fd = must_open("/mnt/data/ahead.dat", O_RDONLY);
	char *map = map_fd(fd, 0, 2048 * PAGE, PROT_READ, MAP_SHARED);

	read_bytes(fd, 24 * PAGE);
	read_pages(map, 4, 1);
	read_pages(map, 1024, 2);
	report_ready();
}

/* The file ends amid page 10; the mapping goes on to page 20. */
static void beyond_eof(void)
{
	int fd = make_file("/mnt/short.dat", 10 * PAGE + 100);
	char *map = map_fd(fd, 0, 20 * PAGE, PROT_RW, MAP_SHARED);

	write_pages(map, 8, 3);
	read_pages(map, 0, 8);
	report_ready();
}

/* Cut down while mapped, shared and private with copies. */
static void truncated(void)
{
	int fd = make_file("/mnt/cut.dat", 32 * PAGE);
	char *map = map_fd(fd, 0, 32 * PAGE, PROT_RW, MAP_SHARED);
	char *copy = map_fd(fd, 0, 32 * PAGE, PROT_RW, MAP_PRIVATE);

	write_pages(map, 0, 32);
	read_pages(copy, 0, 16);
	write_pages(copy, 4, 20);
	if (ftruncate(fd, 8 * PAGE) < 0)
		fail("ftruncate");
	report_ready();
}

/* Pages of a disk itself: the page cache of a block device. */
static void block_device(void)
{
	char *map = map_path("/dev/vda", 0, 256 * PAGE, PROT_READ, MAP_SHARED);

	read_pages(map, 0, 8);
	read_pages(map, 100, 1);
	report_ready();
}

/* Memory without struct page behind: the BIOS, through /dev/mem. */
static void pfnmap(void)
{
	char *map = map_path("/dev/mem", 0xf0000, 16 * PAGE, PROT_READ, MAP_SHARED);

	read_pages(map, 0, 16);
	report_ready();
}

/* 1,048,576 pages of one file, all cached and all mapped. */
static void bench(void)
{
	size_t pages = (size_t)1 << 20;
	int fd = make_file("/mnt/bench.dat", pages * PAGE);
	char *map = map_fd(fd, 0, pages * PAGE, PROT_READ, MAP_SHARED);

	read_pages(map, 0, pages);
	report_ready();
}

const struct scenario file_scenarios[] = {
	{"file-shared", file_shared},
	{"file-private", file_private},
	{"file-ro", file_readonly},
	{"madv-random", madv_random},
	{"madv-seq", madv_sequential},
	{"sparse-1g", sparse_1g},
	{"cached-only", cached_only},
	{"readahead", readahead_marker},
	{"beyond-eof", beyond_eof},
	{"truncated", truncated},
	{"block-device", block_device},
	{"pfnmap", pfnmap},
	{"bench", bench},
	{NULL, NULL},
};
