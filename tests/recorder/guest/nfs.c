/*
 * A file of a server: its reads never reach a block device. What the server was asked for is
 * what must have been recorded.
 */
#include "common.h"
#include "nfs_server.h"
#include "scenes.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 1000123 /* not whole pages */
#define READS 512

/* Shared with the server, which is another process. */
static struct reads {
	atomic_uint n;
	struct {
		uint64_t offset;
		uint32_t count;
	} list[READS];
} * reads;

static bool take_read(uint32_t xid, uint64_t offset, uint32_t count)
{
	unsigned int i = atomic_fetch_add(&reads->n, 1);

	(void)xid;
	if (i >= READS)
		fail("too many NFS READs");
	reads->list[i].offset = offset;
	reads->list[i].count = count;
	return true;
}

static void take_lookup(uint32_t xid)
{
	(void)xid;
}

/* Pages by themselves, then all that is left: nfs-read DEV INO OFFSET COUNT */
void scene_nfs(void)
{
	static const size_t pages[] = {200, 7, SIZE / PAGE};
	static char buffer[64 << 10];
	const char *name;
	char *map;
	int fd;

	reads = mmap(NULL, sizeof(*reads), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (reads == MAP_FAILED)
		fail("mmap");
	nfs_serve(&(struct nfs_server){.size = SIZE, .read = take_read, .lookup = take_lookup});
	fd = open("/nfs/file", O_RDONLY | O_CLOEXEC);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail("no file of NFS");
	madvise(map, SIZE, MADV_RANDOM);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		touch(map, pages[i], 'r', fd);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	name = file_name(fd);
	note("read %s %d\n", name, SIZE);
	for (unsigned int i = 0; i < atomic_load(&reads->n); i++)
		note("nfs-read %s %lu %u\n", name, (unsigned long)reads->list[i].offset,
		     reads->list[i].count);
}
