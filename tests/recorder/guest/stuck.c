/* A task whose page fault waits for a request that its disk never takes. */
#include "common.h"
#include "scenes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NULLB "/sys/kernel/config/nullb/stuck/"
#define SIZE ((size_t)4 << 20)
#define TOUCHED ((size_t)300)

/* Named after its directory, or by number, as it was up to 5.18. */
static const char *disk_name(void)
{
	char text[16] = "";
	static char name[32];
	int fd;

	if (!access("/sys/block/stuck", F_OK))
		return "stuck";
	fd = open(NULLB "index", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail("no number of the disk");
	close(fd);
	snprintf(name, sizeof(name), "nullb%d", atoi(text));
	return name;
}

static void disk_attr(const char *attr, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/block/%s/queue/%s", disk_name(), attr);
	must_write(path, value);
}

/* 50 KiB every 50 ms: what is larger it never takes, and is asked for again each time. */
static void make_disk(void)
{
	if (mount("configfs", "/sys/kernel/config", "configfs", 0, NULL) < 0)
		fail("no configfs");
	if (mkdir("/sys/kernel/config/nullb/stuck", 0755) < 0)
		fail("no null_blk");
	must_write(NULLB "size", "64");
	must_write(NULLB "mbps", "1");
	must_write(NULLB "power", "1");
	disk_attr("io_timeout", "100000000");
	disk_attr("read_ahead_kb", "128");
}

/* stuck PID ADDRESS NANOSECONDS PAGE DISK: one that is about to touch this page, at this time. */
static void note_stuck(const char *at)
{
	FILE *notes = fopen(NOTES, "ae");
	struct timespec now;

	if (!notes)
		fail("cannot write the notes");
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(notes, "stuck %d %lx %lld %zu %s\n", getpid(), (unsigned long)at,
		now.tv_sec * 1000000000LL + now.tv_nsec, TOUCHED, disk_name());
	fclose(notes);
}

static _Noreturn void stick(void)
{
	char path[64], *map;
	int fd;

	prctl(PR_SET_NAME, "rec-stuck");
	snprintf(path, sizeof(path), "/dev/%s", disk_name());
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

	make_disk();
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
