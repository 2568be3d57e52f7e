#include "common.h"
#include "tar.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)512)
#define CHUNK ((size_t)256 << 10)

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char chksum[8], typeflag, linkname[100], magic[6], version[2];
	char rest[247];
};

_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

static char chunk[CHUNK] __attribute__((aligned(4096)));
static size_t fill;
static int disk_fd = -1;

static void flush_chunk(size_t len)
{
	if (len && write(disk_fd, chunk, len) != (ssize_t)len)
		fail("cannot write %zu bytes of the truth", len);
	fill = 0;
}

static void put(const void *data, size_t len)
{
	const char *from = data;
	size_t part;

	while (len) {
		part = CHUNK - fill < len ? CHUNK - fill : len;
		memcpy(chunk + fill, from, part);
		fill += part;
		from += part;
		len -= part;
		if (fill == CHUNK)
			flush_chunk(CHUNK);
	}
}

static void pad(size_t align)
{
	static const char zeros[4096];

	put(zeros, (align - fill % align) % align);
}

void tar_open(const char *disk)
{
	tar_open_at(disk, 0);
}

void tar_open_at(const char *disk, long offset)
{
	disk_fd = open(disk, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (disk_fd < 0)
		fail("cannot open %s for the truth", disk);
	memset(chunk, 0, sizeof(chunk));
	if (lseek(disk_fd, offset, SEEK_SET) < 0)
		fail("cannot go to %ld of %s", offset, disk);
	/* A first write marks the chunk's pages as used: not later, by the truth itself. */
	flush_chunk(CHUNK);
	if (lseek(disk_fd, offset, SEEK_SET) < 0)
		fail("cannot rewind %s", disk);
}

void tar_add(const char *name, const void *data, size_t len)
{
	struct header h = {.mode = "0000644",
			   .uid = "0000000",
			   .gid = "0000000",
			   .mtime = "00000000000",
			   .typeflag = '0',
			   .magic = "ustar",
			   .version = {'0', '0'}};
	const unsigned char *bytes = (const unsigned char *)&h;
	unsigned int sum = 0;

	if (strlen(name) >= sizeof(h.name))
		fail("name too long for tar: %s", name);
	strcpy(h.name, name);
	snprintf(h.size, sizeof(h.size), "%011zo", len);
	memset(h.chksum, ' ', sizeof(h.chksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += bytes[i];
	snprintf(h.chksum, sizeof(h.chksum), "%06o", sum & 0777777);
	put(&h, sizeof(h));
	put(data, len);
	pad(BLOCK);
}

void tar_close(void)
{
	static const char end[2 * BLOCK];

	put(end, sizeof(end));
	pad(4096);
	flush_chunk(fill);
	fsync(disk_fd);
	close(disk_fd);
	disk_fd = -1;
}
