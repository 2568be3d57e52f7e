#include "common.h"
#include "turns.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "/dev/ttyS1"
#define MAX_TURNS 32
/* Of the disk of records, for each scenario. */
#define ROOM (16L << 20)

void turns_init(void)
{
	if (mkdir(TURNS, 0700) < 0)
		fail("mkdir %s", TURNS);
}

/* Whoever opens a FIFO waits until the other side does. */
static int meet(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		fail("cannot open %s", path);
	return fd;
}

static int go_only(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".go");
}

static void give_turn(const char *go, long offset)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", TURNS, go);
	fd = meet(path, O_WRONLY);
	dprintf(fd, "%ld\n", offset);
	close(fd);
	strcpy(strrchr(path, '.'), ".done");
	close(meet(path, O_RDONLY));
}

void turns_give(void)
{
	struct dirent **names;
	char byte;
	int fd = meet(HOST, O_RDONLY | O_NOCTTY), count;

	if (read(fd, &byte, 1) != 1)
		fail("no word from the host");
	close(fd);
	count = scandir(TURNS, &names, go_only, alphasort);
	if (count <= 0)
		fail("nobody wants to touch anything");
	for (int i = 0; i < count; i++)
		give_turn(names[i]->d_name, i * ROOM);
	printf("%s\n", MARK_TOUCHED);
}
