// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flattened.c - re-arranging a flattened dump
 *
 *	0	"makedumpfile", zeroes up to 16; type 1, version 1
 *	4096	records: offset, size (64 bits, big-endian, signed), that many bytes
 *	...	offset -1, size -1: the end
 *
 * Later records win over earlier ones, as they do for makedumpfile -R, which
 * so writes its header anew when the disk is full.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "flattened.h"

#define MAGIC "makedumpfile"
#define FIRST_RECORD 4096
#define RECORD_SIZE 16
#define BUFFER_SIZE (1U << 20)
#define PROGRESS_EVERY (16U << 20)

/* Physical addresses have 52 bits: no dump is larger. */
#define END_MAX (1LL << 52)

/*
 * A writer has a few places at which it writes on: headers, bitmaps,
 * descriptors, pages.
 */
#define EXTENTS_MAX 1024

struct extent {
	uint64_t start, end;
};

struct mi_flattened {
	int fd;
	char why_cut[120]; /* empty: whole */
	uint64_t size;
	size_t n;
	struct extent ext[EXTENTS_MAX]; /* in order, apart from each other */
};

/* The flattened file, read from front to back. */
struct stream {
	int fd;
	uint64_t size;
	uint64_t at; /* of the next byte to take */
	unsigned char *buf;
	size_t have, used;
};

bool mi_flattened_is(int fd)
{
	char magic[sizeof(MAGIC)];

	/* With its NUL: a text that begins with this word is none. */
	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       !memcmp(magic, MAGIC, sizeof(magic));
}

/* ---- what was there ---- */

/* The first extent that ends at or behind @off. */
static size_t find(const struct mi_flattened *f, uint64_t off)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->ext[mid].end < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool add(struct mi_flattened *f, uint64_t start, uint64_t end)
{
	size_t first = find(f, start), last = first;

	/* Those from first to before last touch the new one: all become one. */
	while (last < f->n && f->ext[last].start <= end) {
		start = f->ext[last].start < start ? f->ext[last].start : start;
		end = f->ext[last].end > end ? f->ext[last].end : end;
		last++;
	}
	if (last == first && f->n == EXTENTS_MAX)
		return false;
	memmove(&f->ext[first + 1], &f->ext[last], (f->n - last) * sizeof(f->ext[0]));
	f->n += 1 - (last - first);
	f->ext[first] = (struct extent){start, end};
	f->size = end > f->size ? end : f->size;
	return true;
}

static void insert(struct mi_flattened *f, size_t at, uint64_t start, uint64_t end)
{
	if (f->n == EXTENTS_MAX)
		return; /* then that much more counts as missing */
	memmove(&f->ext[at + 1], &f->ext[at], (f->n - at) * sizeof(f->ext[0]));
	f->ext[at] = (struct extent){start, end};
	f->n++;
}

/* What was written there is no longer what should be. */
static void forget(struct mi_flattened *f, uint64_t start, uint64_t end)
{
	size_t i = 0;

	while (i < f->n) {
		struct extent *e = &f->ext[i];
		uint64_t stop = e->end;

		if (e->end <= start || e->start >= end) {
			i++;
		} else if (e->start < start) {
			e->end = start;
			if (stop > end)
				insert(f, i + 1, end, stop);
			i++;
		} else if (e->end > end) {
			e->start = end;
			i++;
		} else {
			f->n--;
			memmove(e, e + 1, (f->n - i) * sizeof(*e));
		}
	}
}

static bool has(void *arg, uint64_t off, uint64_t len)
{
	struct mi_flattened *f = arg;
	size_t i = find(f, off + len);

	return i < f->n && f->ext[i].start <= off;
}

static bool read_bytes(void *arg, uint64_t off, void *buf, size_t len)
{
	struct mi_flattened *f = arg;

	return pread(f->fd, buf, len, (off_t)off) == (ssize_t)len;
}

/* ---- the temporary file ---- */

static int open_unnamed(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	/* A file system that cannot have files without a name. */
	if (snprintf(path, sizeof(path), "%s/mmapinfo-XXXXXX", dir) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum mi_status open_temporary(struct mi_flattened *f, uint64_t need,
				     const struct mi_flattened_options *opt, struct mi_error *err)
{
	const char *dir = opt->tmpdir ? opt->tmpdir : getenv("TMPDIR");
	struct statvfs fs;
	uint64_t room;

	if (!dir || !*dir)
		dir = "/var/tmp";
	f->fd = open_unnamed(dir);
	if (f->fd < 0 || fstatvfs(f->fd, &fs))
		return mi_fail(err, MI_ERR_IO,
			       "%s: a flattened dump, and no temporary file can be made in %s "
			       "(%s): set TMPDIR, or re-arrange it: makedumpfile -R NEW < %s",
			       opt->path, dir, strerror(errno), opt->path);
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room < need)
		return mi_fail(err, MI_ERR_IO,
			       "%s: a flattened dump: re-arranging it takes %llu MiB in %s, and "
			       "%llu are free: set TMPDIR, or do it: makedumpfile -R NEW < %s",
			       opt->path, (unsigned long long)(need >> 20) + 1, dir,
			       (unsigned long long)room >> 20, opt->path);
	return MI_OK;
}

/* ---- records ---- */

/* What of the stream is in the buffer; 0: it has ended, -1: it cannot be read. */
static ssize_t peek(struct stream *s, const unsigned char **data)
{
	ssize_t got;

	if (s->used == s->have) {
		got = pread(s->fd, s->buf, BUFFER_SIZE, (off_t)s->at);
		if (got <= 0)
			return got;
		s->have = (size_t)got;
		s->used = 0;
	}
	*data = s->buf + s->used;
	return (ssize_t)(s->have - s->used);
}

static void taken(struct stream *s, size_t len)
{
	s->used += len;
	s->at += len;
}

static bool write_all(int fd, const unsigned char *from, size_t len, uint64_t off)
{
	ssize_t done;

	for (; len; from += done, len -= (size_t)done, off += (uint64_t)done) {
		done = pwrite(fd, from, len, (off_t)off);
		if (done <= 0)
			return false;
	}
	return true;
}

/* 1: a header was read; 0: the stream ended; -1: it cannot be read. */
static int next_header(struct stream *s, int64_t *off, int64_t *len)
{
	unsigned char raw[RECORD_SIZE];
	const unsigned char *data;
	size_t n, part;
	ssize_t got;
	uint64_t v;

	for (n = 0; n < sizeof(raw); n += part) {
		got = peek(s, &data);
		if (got <= 0)
			return (int)got;
		part = (size_t)got < sizeof(raw) - n ? (size_t)got : sizeof(raw) - n;
		memcpy(raw + n, data, part);
		taken(s, part);
	}
	memcpy(&v, raw, sizeof(v));
	*off = (int64_t)be64toh(v);
	memcpy(&v, raw + 8, sizeof(v));
	*len = (int64_t)be64toh(v);
	return 1;
}

static void end_early(struct mi_flattened *f, uint64_t at, const char *why)
{
	snprintf(f->why_cut, sizeof(f->why_cut), "%s %llu bytes of the flattened file", why,
		 (unsigned long long)at);
}

static const char cut_at[] = "it is cut at";
static const char damaged_at[] = "what follows is lost: a damaged record at";

static enum mi_status failed(const char *what, const char *path, struct mi_error *err)
{
	return mi_fail(err, MI_ERR_IO, "%s: re-arranging the flattened dump: %s: %s", path, what,
		       strerror(errno ? errno : EIO));
}

static enum mi_status copy_record(struct mi_flattened *f, struct stream *s, uint64_t off,
				  uint64_t len, const char *path, struct mi_error *err)
{
	const unsigned char *data;
	size_t part;
	ssize_t got;

	for (; len; off += part, len -= part) {
		got = peek(s, &data);
		if (got < 0)
			return failed("reading it", path, err);
		if (got == 0) {
			/* Headers are written twice: the first ones say less. */
			forget(f, off, off + len);
			end_early(f, s->size, cut_at);
			return MI_OK;
		}
		part = (uint64_t)got < len ? (size_t)got : (size_t)len;
		if (!write_all(f->fd, data, part, off)) {
			/* Beyond what the file system takes: no such place in a dump. */
			if (errno != EFBIG)
				return failed("writing the temporary file", path, err);
			end_early(f, s->at, damaged_at);
			return MI_OK;
		}
		if (!add(f, off, off + part)) {
			end_early(f, s->at, damaged_at);
			return MI_OK;
		}
		taken(s, part);
	}
	return MI_OK;
}

static enum mi_status copy_records(struct mi_flattened *f, struct stream *s,
				   const struct mi_flattened_options *opt, struct mi_error *err)
{
	uint64_t told = 0, start;
	enum mi_status st = MI_OK;
	int64_t off = 0, len = 0;
	int got;

	while (!st && !f->why_cut[0]) {
		start = s->at;
		got = next_header(s, &off, &len);
		if (got < 0)
			return failed("reading it", opt->path, err);
		if (got == 0) {
			end_early(f, s->size, cut_at);
			break;
		}
		if (off == -1 && len == -1)
			break;
		if (off < 0 || len <= 0 || off > END_MAX || len > END_MAX - off) {
			end_early(f, start, damaged_at);
			break;
		}
		st = copy_record(f, s, (uint64_t)off, (uint64_t)len, opt->path, err);
		if (opt->progress && s->at - told >= PROGRESS_EVERY) {
			told = s->at;
			opt->progress(opt->progress_arg, told, s->size);
		}
	}
	if (opt->progress && told)
		opt->progress(opt->progress_arg, s->size, s->size);
	return st;
}

enum mi_status mi_flattened_open(int fd, uint64_t size, const struct mi_flattened_options *opt,
				 struct mi_flattened **ret, struct mi_error *err)
{
	struct stream s = {.fd = fd, .size = size, .at = FIRST_RECORD, .buf = malloc(BUFFER_SIZE)};
	struct mi_flattened *f = calloc(1, sizeof(*f));
	enum mi_status st;

	if (f)
		f->fd = -1;
	if (!f || !s.buf)
		st = mi_fail(err, MI_ERR_NOMEM, "%s: out of memory", opt->path);
	else
		st = open_temporary(f, size, opt, err);
	if (!st)
		st = copy_records(f, &s, opt, err);
	free(s.buf);
	if (st)
		mi_flattened_close(f);
	else
		*ret = f;
	return st;
}

void mi_flattened_close(struct mi_flattened *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

int mi_flattened_fd(const struct mi_flattened *f)
{
	return f->fd;
}

void mi_flattened_bytes(struct mi_flattened *f, struct mi_bytes *bytes)
{
	*bytes = (struct mi_bytes){.arg = f, .size = f->size, .read = read_bytes, .has = has};
}

const char *mi_flattened_cut(const struct mi_flattened *f)
{
	return f->why_cut[0] ? f->why_cut : NULL;
}
