/* What is measured: each is so many times the same, one operation after the other. */
#include "bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd;
static volatile char *at;
static char buffer[PAGE];

static void map(size_t size, int prot, int flags, int file)
{
	void *p = mmap(NULL, size, prot, flags, file, 0);

	if (p == MAP_FAILED)
		fail("cannot map %zu bytes", size);
	at = p;
}

static void read_all(void)
{
	for (size_t i = 0; i < FILE_SIZE / PAGE; i++)
		if (pread(fd, buffer, PAGE, (off_t)(i * PAGE)) != (ssize_t)PAGE)
			fail("cannot read %s", BENCH_FILE);
}

static void drop(void)
{
	if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		fail("cannot drop the pages of %s", BENCH_FILE);
}

static void nothing(void)
{
}

/* How large the folios of its cache are hangs on how it was read: each time the same. */
static void fill_cache(void)
{
	drop();
	read_all();
}

/* ---- anonymous memory ---- */

static void map_anonymous(void)
{
	map(OPS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* Of shared memory: shmem_fault() makes each page. */
static void map_shared(void)
{
	map(OPS * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static void write_pages(void)
{
	for (size_t i = 0; i < OPS; i++)
		at[i * PAGE] = 1;
}

static void unmap_pages(void)
{
	munmap((void *)at, OPS * PAGE);
}

/* ---- a file that is in the page cache ---- */

static void map_cached(void)
{
	read_all();
	map(FILE_SIZE, PROT_READ, MAP_SHARED, fd);
}

/* A fault maps the 16 pages around it. */
static void read_around(void)
{
	for (size_t i = 0; i < OPS; i++)
		(void)at[i * 16 * PAGE];
}

static void unmap_file(void)
{
	munmap((void *)at, FILE_SIZE);
}

/* Its copies are made by filemap_fault(), one page each. */
static void map_for_copies(void)
{
	read_all();
	map(OPS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
}

static void read_cached(void)
{
	for (size_t i = 0; i < OPS; i++)
		if (pread(fd, buffer, PAGE, (off_t)(i * PAGE)) != (ssize_t)PAGE)
			fail("cannot read %s", BENCH_FILE);
}

/* ---- a file that is not; its disk answers at once ---- */

static void map_uncached(void)
{
	drop();
	map(OPS * PAGE, PROT_READ, MAP_SHARED, fd);
	if (madvise((void *)at, OPS * PAGE, MADV_RANDOM) < 0)
		fail("cannot advise");
}

static void read_pages(void)
{
	for (size_t i = 0; i < OPS; i++)
		(void)at[i * PAGE];
}

/* ---- tracepoints only: as little else as can be ---- */

static int direct;

static void read_direct(void)
{
	static char block[PAGE] __attribute__((aligned(4096)));

	for (size_t i = 0; i < OPS; i++)
		if (pread(direct, block, PAGE, (off_t)(i * PAGE)) != (ssize_t)PAGE)
			fail("cannot read %s directly", BENCH_FILE);
}

const struct work works[] = {
	{"minor-anon", nothing, map_anonymous, write_pages, unmap_pages},
	{"minor-shmem", nothing, map_shared, write_pages, unmap_pages},
	{"minor-file", fill_cache, map_cached, read_around, unmap_file},
	{"minor-copy", fill_cache, map_for_copies, write_pages, unmap_pages},
	{"major", nothing, map_uncached, read_pages, unmap_pages},
	{"read", fill_cache, read_all, read_cached, nothing},
	{"direct", nothing, nothing, read_direct, nothing},
};
const size_t work_n = ARRAY_SIZE(works);

void work_open(void)
{
	fd = open(BENCH_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("no %s", BENCH_FILE);
	direct = open(BENCH_FILE, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (direct < 0)
		fail("cannot open %s for direct reading", BENCH_FILE);
}

double work_calibrate(void)
{
	const uint64_t turns = 100000;
	uint64_t best = UINT64_MAX;

	/* Something else may run in one of them. */
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = instructions(), left = turns, took;

		__asm__ volatile("1: dec %0; jnz 1b" : "+r"(left));
		took = instructions() - begin;
		best = took < best ? took : best;
	}
	return (double)best / (double)(2 * turns);
}
