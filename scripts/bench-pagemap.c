// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-pagemap.c - what the kernel itself tells of the pages of a mapping, and what holds them
 *
 *   bench-pagemap hold FILE PAGES     maps so many pages of a file, all of them; prints address
 *                                     and PID, and stays
 *   bench-pagemap read PID ADDRESS PAGES  reads /proc/PID/pagemap and, of the frames in there,
 *                                     /proc/kpageflags; prints how many have which state
 *
 * Frames that follow each other are asked for in one read: it is as fast as can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define CHUNK 65536
#define PRESENT (1ULL << 63)
#define PFN ((1ULL << 55) - 1)
/* include/uapi/linux/kernel-page-flags.h */
#define KPF_DIRTY 4

static void die(const char *what)
{
	fprintf(stderr, "bench-pagemap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void __attribute__((noreturn)) hold(const char *path, size_t pages)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	char *map;

	if (fd < 0 || ftruncate(fd, (off_t)(pages * PAGE)))
		die(path);
	map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < pages; i++)
		map[i * PAGE] = 1;
	printf("%" PRIuPTR " %d\n", (uintptr_t)map, (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}

static void read_all(int fd, uint64_t *to, size_t n, uint64_t first)
{
	if (pread(fd, to, n * 8, (off_t)(first * 8)) != (ssize_t)(n * 8))
		die("read");
}

/* Of the frames of @n pages their flags. */
static void read_flags(int fd, const uint64_t *map, uint64_t *flags, size_t n)
{
	size_t i, run;

	for (i = 0; i < n; i += run) {
		run = 1;
		if (!(map[i] & PRESENT))
			continue;
		while (i + run < n && (map[i + run] & PRESENT) &&
		       (map[i + run] & PFN) == (map[i] & PFN) + run)
			run++;
		read_all(fd, flags + i, run, map[i] & PFN);
	}
}

static int count(const char *pid, uint64_t address, size_t pages)
{
	static uint64_t map[CHUNK], flags[CHUNK];
	uint64_t present = 0, dirty = 0;
	char path[64];
	int pagemap, kpageflags;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	pagemap = open(path, O_RDONLY);
	kpageflags = open("/proc/kpageflags", O_RDONLY);
	if (pagemap < 0 || kpageflags < 0)
		die(pagemap < 0 ? path : "/proc/kpageflags");
	for (size_t i = 0, n; i < pages; i += n) {
		n = pages - i < CHUNK ? pages - i : CHUNK;
		read_all(pagemap, map, n, address / PAGE + i);
		memset(flags, 0, n * sizeof(*flags));
		read_flags(kpageflags, map, flags, n);
		for (size_t j = 0; j < n; j++) {
			present += map[j] >> 63;
			dirty += flags[j] >> KPF_DIRTY & 1;
		}
	}
	printf("%zu pages, %" PRIu64 " present, %" PRIu64 " dirty\n", pages, present, dirty);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "hold"))
		hold(argv[2], strtoull(argv[3], NULL, 0));
	if (argc == 5 && !strcmp(argv[1], "read"))
		return count(argv[2], strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	fprintf(stderr, "usage: bench-pagemap hold FILE PAGES | read PID ADDRESS PAGES\n");
	return 2;
}
