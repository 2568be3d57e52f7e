// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recompress.c - write a kdump-compressed dump anew with another compression
 *
 *     recompress zlib|lzo|snappy|zstd|none|unknown IN OUT
 *
 * For methods that the makedumpfile at hand was built without. IN must be whole
 * and compressed by zlib or not at all. Pages that a method makes no smaller are
 * stored as they are, as makedumpfile does; equal descriptors stay equal, so
 * that zero pages go on sharing one. "unknown" sets a flag that no method has.
 */
#include <fcntl.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define PAGE 4096
#define STATUS 424 /* in the header; sizes follow it */
#define STATUS_METHODS 0x27U
#define ROOM (2 * PAGE + 1024)

struct descriptor {
	uint64_t offset;
	uint32_t size, flags;
	uint64_t page_flags;
};

static unsigned char lzo_work[LZO1X_1_MEM_COMPRESS];

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "recompress: %s\n", what);
	exit(1);
}

static size_t pack_zlib(const unsigned char *page, unsigned char *out)
{
	uLongf len = ROOM;

	return compress2(out, &len, page, PAGE, Z_BEST_SPEED) == Z_OK ? len : 0;
}

static size_t pack_lzo(const unsigned char *page, unsigned char *out)
{
	lzo_uint len = ROOM;

	return lzo1x_1_compress(page, PAGE, out, &len, lzo_work) == LZO_E_OK ? len : 0;
}

static size_t pack_snappy(const unsigned char *page, unsigned char *out)
{
	size_t len = ROOM;

	return snappy_compress((const char *)page, PAGE, (char *)out, &len) == SNAPPY_OK ? len : 0;
}

static size_t pack_zstd(const unsigned char *page, unsigned char *out)
{
	size_t len = ZSTD_compress(out, ROOM, page, PAGE, 1);

	return ZSTD_isError(len) ? 0 : len;
}

static size_t pack_none(const unsigned char *page, unsigned char *out)
{
	(void)page;
	(void)out;
	return PAGE;
}

static const struct method {
	const char *name;
	uint32_t flag;
	size_t (*pack)(const unsigned char *page, unsigned char *out);
} methods[] = {
	{"zlib", 0x1, pack_zlib},  {"lzo", 0x2, pack_lzo}, {"snappy", 0x4, pack_snappy},
	{"zstd", 0x20, pack_zstd}, {"none", 0, pack_none}, {"unknown", 0x400, pack_zlib},
};

static const struct method *method_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	die("no such method");
}

static void read_at(int fd, void *buf, size_t len, uint64_t off)
{
	if (pread(fd, buf, len, (off_t)off) != (ssize_t)len)
		die("IN is cut short");
}

static void write_at(int fd, const void *buf, size_t len, uint64_t off)
{
	if (pwrite(fd, buf, len, (off_t)off) != (ssize_t)len)
		die("cannot write OUT");
}

static void read_page(int fd, const struct descriptor *d, unsigned char *page)
{
	unsigned char packed[ROOM];
	uLongf len = PAGE;

	if (!d->size || d->size > PAGE || d->flags & ~1U)
		die("a page of IN is not compressed by zlib");
	read_at(fd, packed, d->size, d->offset);
	if (!d->flags)
		memcpy(page, packed, PAGE);
	else if (uncompress(page, &len, packed, d->size) != Z_OK || len != PAGE)
		die("a page of IN is damaged");
}

/* Descriptors come right behind the bitmaps: copy all in front of them. */
static uint64_t copy_headers(int in, int out, uint32_t flag, uint64_t *n)
{
	uint32_t head[5]; /* status, sizes of block, sub-header and bitmaps, page frames */
	unsigned char *bytes;
	uint64_t len, i;

	read_at(in, head, sizeof(head), STATUS);
	if (head[1] != PAGE)
		die("IN is no dump of x86_64");
	len = (1ULL + head[2] + head[3]) * PAGE;
	bytes = malloc(len);
	if (!bytes)
		die("out of memory");
	read_at(in, bytes, len, 0);
	for (*n = 0, i = len - head[3] / 2 * PAGE; i < len; i++)
		*n += (uint64_t)__builtin_popcount(bytes[i]);
	head[0] = (head[0] & ~STATUS_METHODS) | (flag & STATUS_METHODS);
	memcpy(bytes + STATUS, head, sizeof(head));
	write_at(out, bytes, len, 0);
	free(bytes);
	return len;
}

static void repack(const struct method *m, int in, int out)
{
	uint64_t n, i, old = 0, descs = copy_headers(in, out, m->flag, &n);
	uint64_t at = descs + n * sizeof(struct descriptor);
	unsigned char page[PAGE], packed[ROOM];
	struct descriptor d, zero = {0};

	for (i = 0; i < n; i++) {
		read_at(in, &d, sizeof(d), descs + i * sizeof(d));
		/* The one that is shared is the first of the pages. */
		if (zero.size && d.offset == old) {
			write_at(out, &zero, sizeof(zero), descs + i * sizeof(d));
			continue;
		}
		if (!zero.size)
			old = d.offset;
		read_page(in, &d, page);
		d.flags = m->flag;
		d.size = (uint32_t)m->pack(page, packed);
		if (!d.size)
			die("a page cannot be compressed");
		if (d.size >= PAGE) {
			memcpy(packed, page, PAGE);
			d.size = PAGE;
			d.flags = 0;
		}
		d.offset = at;
		write_at(out, packed, d.size, at);
		write_at(out, &d, sizeof(d), descs + i * sizeof(d));
		at += d.size;
		if (!zero.size)
			zero = d;
	}
}

int main(int argc, char **argv)
{
	int in, out;

	if (argc != 4)
		die("usage: recompress METHOD IN OUT");
	in = open(argv[2], O_RDONLY);
	out = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (in < 0 || out < 0 || lzo_init() != LZO_E_OK)
		die("cannot open the files");
	repack(method_of(argv[1]), in, out);
	return close(out) ? 1 : 0;
}
