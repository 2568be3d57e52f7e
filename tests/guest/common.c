
#include "common.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MPOL_MF_MOVE
#define MPOL_MF_MOVE (1 << 1)
#endif

void fail(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	printf("%s: ", MARK_FAILED);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (%s)\n", strerror(err));
	fflush(stdout);
	exit(1);
}

int try_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

void must_write(const char *path, const char *text)
{
	if (try_write(path, text) < 0)
		fail("cannot write '%s' to %s", text, path);
}

void drain_lru(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	void *addr = page;
	int node = 0, status;

	/*
	 * "Move" one page to the node it is on: nothing moves, but every CPU
	 * is drained first.
	 */
	page[0] = 1;
	syscall(SYS_move_pages, 0, 1UL, &addr, &node, &status, MPOL_MF_MOVE);
}

void nap(int ms)
{
	struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}
