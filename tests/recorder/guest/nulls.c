#include "nulls.h"
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NULLB "/sys/kernel/config/nullb/"

static void config(const char *name, const char *attr, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), NULLB "%s/%s", name, attr);
	must_write(path, value);
}

/* Named after its directory, or by number, as it was up to 5.18. */
static const char *disk_name(const char *name)
{
	char path[96], text[16] = "", *disk;
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s", name);
	if (!access(path, F_OK))
		return name;
	snprintf(path, sizeof(path), NULLB "%s/index", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail("no number of the disk");
	close(fd);
	if (asprintf(&disk, "nullb%d", atoi(text)) < 0)
		fail("memory");
	return disk;
}

void null_attr(const char *disk, const char *attr, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/block/%s/queue/%s", disk, attr);
	must_write(path, value);
}

const char *null_disk(const char *name, const char *mbps)
{
	char path[96];

	if (mount("configfs", "/sys/kernel/config", "configfs", 0, NULL) < 0 && errno != EBUSY)
		fail("no configfs");
	snprintf(path, sizeof(path), NULLB "%s", name);
	if (mkdir(path, 0755) < 0)
		fail("no null_blk");
	config(name, "size", "64");
	if (mbps)
		config(name, "mbps", mbps);
	config(name, "power", "1");
	return disk_name(name);
}
