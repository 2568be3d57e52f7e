// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorder_file.c - the recorder's device, or a copy of what that has
 *
 * The directory lies at the start, the ring of a CPU at its mmap_offset. A device is mapped,
 * for it need not be readable; a file is read, for it may end anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder.h"

struct file_pages {
	int fd;
	bool device;
	uint64_t size;
	/* Of a device: what is mapped, all of a ring or of the directory. */
	unsigned char *map;
	uint64_t map_at, map_size;
};

static void unmap(struct file_pages *f)
{
	if (f->map)
		munmap(f->map, f->map_size);
	f->map = NULL;
	f->map_size = 0;
}

/* @area: how much may be mapped at once, from @start on. */
static enum mi_read read_device(struct file_pages *f, uint64_t start, uint64_t area, uint64_t off,
				void *buf, size_t len)
{
	void *map;

	if (!f->map || f->map_at != start || f->map_size != area) {
		unmap(f);
		map = mmap(NULL, area, PROT_READ, MAP_SHARED, f->fd, (off_t)start);
		if (map == MAP_FAILED)
			return MI_READ_IO;
		f->map = map;
		f->map_at = start;
		f->map_size = area;
	}
	memcpy(buf, f->map + off, len);
	return MI_READ_OK;
}

static enum mi_read read_file(struct file_pages *f, uint64_t off, void *buf, size_t len)
{
	ssize_t n;

	if (off > f->size || len > f->size - off)
		return MI_READ_INCOMPLETE;
	do
		n = pread(f->fd, buf, len, (off_t)off);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? MI_READ_OK : MI_READ_IO;
}

static enum mi_read read_directory(void *arg, const struct mmaprec_header *h, uint32_t page,
				   void *buf, size_t len)
{
	struct file_pages *f = arg;
	uint64_t size = h ? h->page_size : MI_PAGE_SIZE;

	if (f->device)
		return read_device(f, 0, h ? size * h->dir_pages : size, page * size, buf, len);
	return read_file(f, page * size, buf, len);
}

static enum mi_read read_ring(void *arg, const struct mi_recorder *rec, size_t cpu, uint64_t off,
			      void *buf, size_t len)
{
	struct file_pages *f = arg;
	uint64_t start = rec->cpus[cpu].own.mmap_offset;

	if (f->device)
		return read_device(f, start, rec->head.ring_bytes, off, buf, len);
	if (start > UINT64_MAX - off)
		return MI_READ_DAMAGED;
	return read_file(f, start + off, buf, len);
}

static void close_file(void *arg)
{
	struct file_pages *f = arg;

	unmap(f);
	close(f->fd);
	free(f);
}

enum mi_status mi_recorder_file(const char *path, struct mi_problems *problems,
				struct mi_recorder **ret, struct mi_error *err)
{
	struct mi_recorder_io io = {.name = "file",
				    .directory = read_directory,
				    .ring = read_ring,
				    .close = close_file};
	struct file_pages *f = calloc(1, sizeof(*f));
	enum mi_status st;
	struct stat sb;

	if (!f)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &sb)) {
		/* A device goes away with its module. */
		st = mi_fail(err, errno == ENOENT ? MI_ERR_NOT_FOUND : MI_ERR_IO, "%s: %s", path,
			     strerror(errno));
		if (f->fd >= 0)
			close(f->fd);
		free(f);
		return st;
	}
	f->device = S_ISCHR(sb.st_mode);
	f->size = (uint64_t)sb.st_size;
	io.arg = f;
	st = mi_recorder_open(&io, problems, ret, err);
	return st ? mi_fail_in(err, "%s", path) : MI_OK;
}
