// SPDX-License-Identifier: GPL-2.0-or-later
/* bench-copy.c - copy pages of a file's mapping: what the bytes alone cost */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE 4096

static int failed(const char *what)
{
	fprintf(stderr, "bench-copy: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Every piece lands in the same small buffer: only the reading costs anything. */
static void copy(const char *from, size_t bytes)
{
	static char to[PIECE];
	size_t at;

	for (at = 0; at < bytes; at += PIECE) {
		memcpy(to, from + at, PIECE);
		/* The compiler must believe that somebody looks at it. */
		__asm__ volatile("" : : "r"(to) : "memory");
	}
}

int main(int argc, char **argv)
{
	size_t pages = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, bytes = pages * PIECE;
	struct stat st;
	double start;
	char *map;
	int fd;

	if (!pages) {
		fputs("usage: bench-copy FILE PAGES\n", stderr);
		return EXIT_FAILURE;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return failed(argv[1]);
	if (pages > (size_t)st.st_size / PIECE) {
		fprintf(stderr, "bench-copy: %s has no %zu pages\n", argv[1], pages);
		return EXIT_FAILURE;
	}
	map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return failed("mmap");
	start = now();
	copy(map, bytes);
	printf("%zu pages of %d bytes in %.6f s\n", pages, PIECE, now() - start);
	return EXIT_SUCCESS;
}
