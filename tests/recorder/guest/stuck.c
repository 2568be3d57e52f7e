/* A task whose page fault waits for a request that its disk never takes. */
#include "common.h"
#include "nulls.h"
#include "scenes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SIZE ((size_t)4 << 20)
#define TOUCHED ((size_t)300)

/* 50 KiB every 50 ms: what is larger it never takes, and is asked for again each time. */
static const char *disk;

/* stuck PID ADDRESS NANOSECONDS PAGE DISK: one that is about to touch this page, at this time. */
static void note_stuck(const char *at)
{
	FILE *notes = fopen(NOTES, "ae");
	struct timespec now;

	if (!notes)
		fail("cannot write the notes");
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(notes, "stuck %d %lx %lld %zu %s\n", getpid(), (unsigned long)at,
		now.tv_sec * 1000000000LL + now.tv_nsec, TOUCHED, disk);
	fclose(notes);
}

static _Noreturn void stick(void)
{
	char path[64], *map;
	int fd;

	prctl(PR_SET_NAME, "rec-stuck");
	snprintf(path, sizeof(path), "/dev/%s", disk);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (fd < 0 || map == MAP_FAILED)
		fail("cannot map %s", path);
	note_stuck(map + TOUCHED * PAGE);
	(void)*(volatile char *)(map + TOUCHED * PAGE);
	fail("the fault came to its end");
}

static char state_of(pid_t pid)
{
	char path[32], text[128] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail("no %s", path);
	close(fd);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

void scene_stuck(void)
{
	pid_t pid;
	int i;

	disk = null_disk("stuck", "1");
	null_attr(disk, "io_timeout", "100000000");
	null_attr(disk, "read_ahead_kb", "128");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		stick();
	for (i = 0; i < 200 && state_of(pid) != 'D'; i++)
		nap(50);
	if (i == 200)
		fail("the fault does not wait");
	/* Its request has been asked for some times. */
	nap(500);
}
