// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump.c - provider: a vmcore file, read by libkdumpfile
 *
 * Only physical pages are asked of the library (KDUMP_MACHPHYSADDR needs no
 * translation set-up, so it works on dumps where that fails). What it does not
 * export, dumpfile.c reads from the file's own headers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "dumpfile.h"
#include "target.h"

/*
 * The bitmap of stored pages is consulted before each read: a failed read
 * would take a slot in libkdumpfile's cache. It is fetched in chunks, so that
 * a terabyte dump costs no more memory than a small one.
 */
#define CHUNK_SHIFT 15 /* page frames per chunk: 4 KiB of bits */
#define CHUNK_BYTES ((1U << CHUNK_SHIFT) / 8)
#define CHUNKS 64

struct bitmap {
	kdump_bmp_t *bmp;     /* NULL: the format has none */
	uint64_t tag[CHUNKS]; /* chunk number + 1; 0: empty */
	unsigned char (*bits)[CHUNK_BYTES];
};

struct kdump {
	struct mi_provider p;
	int fd;
	kdump_ctx_t *ctx;
	struct bitmap stored, ram;
	struct mi_segments *segments; /* NULL: not ELF */
	bool leak_ctx;		      /* see kdump_close() */
};

static struct kdump *to_kdump(struct mi_provider *p)
{
	return (struct kdump *)p;
}

static void bitmap_open(struct kdump *k, struct bitmap *b, const char *key)
{
	kdump_attr_t attr = {.type = KDUMP_BITMAP};

	if (kdump_get_typed_attr(k->ctx, key, &attr) != KDUMP_OK)
		return;
	b->bits = malloc(CHUNKS * sizeof(*b->bits));
	if (!b->bits)
		return;
	b->bmp = attr.val.bitmap;
	kdump_bmp_incref(b->bmp);
}

static void bitmap_close(struct bitmap *b)
{
	if (b->bmp)
		kdump_bmp_decref(b->bmp);
	free(b->bits);
}

/* 1 or 0, or -1 if there is no bitmap to ask. */
static int bitmap_test(struct bitmap *b, uint64_t pfn)
{
	uint64_t chunk = pfn >> CHUNK_SHIFT, bit = pfn & ((1U << CHUNK_SHIFT) - 1);
	size_t slot = chunk % CHUNKS;

	if (!b->bmp)
		return -1;
	if (b->tag[slot] != chunk + 1) {
		kdump_addr_t first = chunk << CHUNK_SHIFT;
		kdump_addr_t last = first + (1U << CHUNK_SHIFT) - 1;

		b->tag[slot] = 0;
		if (kdump_bmp_get_bits(b->bmp, first, last, b->bits[slot]) != KDUMP_OK)
			return -1;
		b->tag[slot] = chunk + 1;
	}
	return b->bits[slot][bit / 8] >> (bit % 8) & 1;
}

/*
 * Stored as it is: read it here. libkdumpfile would either map the file, and
 * every chunk ever touched would count as our memory, or go through its own
 * cache, at twice the time. What it knows better is pages at the seam of two
 * segments.
 */
static enum mi_read read_segment(struct kdump *k, uint64_t pa, void *page)
{
	uint64_t offset;
	enum mi_read r = mi_segments_look(k->segments, pa, &offset);

	if (!r && pread(k->fd, page, MI_PAGE_SIZE, (off_t)offset) != MI_PAGE_SIZE)
		return MI_READ_IO;
	return r;
}

static enum mi_read kdump_read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	struct kdump *k = to_kdump(p);
	size_t len = MI_PAGE_SIZE;
	uint64_t pfn = pa >> MI_PAGE_SHIFT;
	enum mi_read r;

	if (k->segments) {
		r = read_segment(k, pa, page);
		if (r != MI_READ_EXCLUDED && r != MI_READ_HOLE)
			return r;
	}
	if (!bitmap_test(&k->stored, pfn))
		return bitmap_test(&k->ram, pfn) == 1 ? MI_READ_EXCLUDED : MI_READ_HOLE;

	switch (kdump_read(k->ctx, KDUMP_MACHPHYSADDR, pa, page, &len)) {
	case KDUMP_OK:
		return MI_READ_OK;
	case KDUMP_ERR_NODATA:
		return bitmap_test(&k->ram, pfn) == 1 ? MI_READ_EXCLUDED : MI_READ_HOLE;
	case KDUMP_ERR_EOF:
		return MI_READ_INCOMPLETE;
	case KDUMP_ERR_CORRUPT:
		/* A page that was never written has an empty descriptor. */
		if (k->p.incomplete)
			return MI_READ_INCOMPLETE;
		return MI_READ_DAMAGED;
	case KDUMP_ERR_SYSTEM:
		return MI_READ_IO;
	default:
		return MI_READ_DAMAGED;
	}
}

/*
 * Narrow a run of an ELF dump to what the file really holds: where it is sparse
 * there are zeroes, and many a dump is mostly that. False: it holds nothing.
 */
static bool skip_hole(struct kdump *k, uint64_t *pa, uint64_t *end)
{
	const uint64_t mask = MI_PAGE_SIZE - 1;
	uint64_t size = *end - *pa, offset;
	off_t data, hole;

	if (mi_segments_look(k->segments, *pa, &offset))
		return true;
	data = lseek(k->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno != ENXIO;
	hole = lseek(k->fd, data, SEEK_HOLE);
	if ((uint64_t)data - offset >= size)
		return false;
	if (hole > data && (uint64_t)hole - offset < size)
		*end = *pa + (((uint64_t)hole - offset + mask) & ~mask);
	*pa += ((uint64_t)data - offset) & ~mask;
	return true;
}

static bool kdump_next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	struct kdump *k = to_kdump(p);
	kdump_addr_t first = *pa >> MI_PAGE_SHIFT, last;

	if (k->segments) {
		while (mi_segments_next(k->segments, pa, end)) {
			if (skip_hole(k, pa, end))
				return true;
			*pa = *end;
		}
		return false;
	}
	if (!k->stored.bmp || kdump_bmp_find_set(k->stored.bmp, &first) != KDUMP_OK)
		return false;
	last = first;
	if (kdump_bmp_find_clear(k->stored.bmp, &last) != KDUMP_OK)
		return false;
	*pa = first << MI_PAGE_SHIFT;
	*end = last << MI_PAGE_SHIFT;
	return *end > *pa;
}

static enum mi_read kdump_read_head(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	struct kdump *k = to_kdump(p);
	unsigned char page[MI_PAGE_SIZE];
	uint64_t offset;
	enum mi_read r;

	if (k->segments && !mi_segments_look(k->segments, pa, &offset))
		return pread(k->fd, buf, len, (off_t)offset) == (ssize_t)len ? MI_READ_OK
									     : MI_READ_IO;
	r = kdump_read_page(p, pa, page);
	if (!r)
		memcpy(buf, page, len);
	return r;
}

/*
 * The raw note, not kdump_vmcoreinfo_raw(): that wants the OS type set, and with
 * it libkdumpfile sets up a translation that is not needed here and may fail.
 */
static enum mi_status kdump_get_vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
					   struct mi_error *err)
{
	kdump_attr_t attr = {.type = KDUMP_BLOB};
	struct kdump *k = to_kdump(p);
	void *data;

	if (kdump_get_typed_attr(k->ctx, "linux.vmcoreinfo.raw", &attr) != KDUMP_OK)
		return mi_fail(err, MI_ERR_MISSING, "the dump has no VMCOREINFO note");
	data = kdump_blob_pin(attr.val.blob);
	*len = kdump_blob_size(attr.val.blob);
	*text = malloc(*len + 1);
	if (*text)
		memcpy(*text, data, *len);
	kdump_blob_unpin(attr.val.blob);
	return *text ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

static void kdump_close(struct mi_provider *p)
{
	struct kdump *k = to_kdump(p);

	bitmap_close(&k->stored);
	bitmap_close(&k->ram);
	mi_segments_free(k->segments);
	/*
	 * libkdumpfile before 0.5.2 uses freed memory in kdump_free() (fixed by
	 * its commit 97c716a): leave the context allocated.
	 */
	if (k->ctx && !k->leak_ctx)
		kdump_free(k->ctx);
	if (k->fd >= 0)
		close(k->fd);
	free(k);
}

static const struct mi_provider_ops kdump_ops = {
	.read_page = kdump_read_page,
	.vmcoreinfo = kdump_get_vmcoreinfo,
	.next_run = kdump_next_run,
	.read_head = kdump_read_head,
	.close = kdump_close,
};

static enum mi_status explain_open_failure(struct kdump *k, const char *path, uint64_t size,
					   struct mi_error *err)
{
	if (size == 0)
		return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump: the file is empty", path);
	if (mi_dumpfile_flattened(k->fd))
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "%s: a flattened dump, which this libkdumpfile cannot open; "
			       "repair it with: makedumpfile -R NEW < %s",
			       path, path);
	return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump, or damaged beyond opening (%s)", path,
		       kdump_get_err(k->ctx));
}

static enum mi_status kdump_start(struct kdump *k, const char *path, struct mi_error *err)
{
	const char *format;
	struct stat st;

	k->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (k->fd < 0 || fstat(k->fd, &st))
		return mi_fail(err, MI_ERR_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump: no regular file", path);
	k->leak_ctx = KDUMPFILE_VERSION < KDUMPFILE_MKVER(0, 5, 2);
	k->ctx = kdump_new();
	if (!k->ctx)
		return mi_fail(err, MI_ERR_NOMEM, "%s: out of memory", path);
	/* Of a dump that was cut short, a mapping would raise SIGBUS behind the end. */
	kdump_set_number_attr(k->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (kdump_open_fd(k->ctx, k->fd) != KDUMP_OK)
		return explain_open_failure(k, path, (uint64_t)st.st_size, err);
	if (!mi_dumpfile_facts(k->fd, &k->p, &k->segments)) {
		if (kdump_get_string_attr(k->ctx, KDUMP_ATTR_FILE_FORMAT, &format) != KDUMP_OK)
			format = "?";
		return mi_fail(
			err, MI_ERR_UNSUPPORTED,
			"%s: dump format '%s' is not supported (ELF and kdump-compressed are)",
			path, format);
	}
	if (kdump_get_string_attr(k->ctx, KDUMP_ATTR_ARCH_NAME, &k->p.arch) != KDUMP_OK)
		k->p.arch = NULL;
	bitmap_open(k, &k->stored, KDUMP_ATTR_FILE_PAGEMAP);
	bitmap_open(k, &k->ram, KDUMP_ATTR_MEMORY_PAGEMAP);
	return MI_OK;
}

enum mi_status mi_kdump_open(const char *path, struct mi_provider **ret, struct mi_error *err)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum mi_status st;

	if (!k)
		return mi_fail(err, MI_ERR_NOMEM, "%s: out of memory", path);
	k->p.ops = &kdump_ops;
	k->p.name = "libkdumpfile";
	k->p.dump_level = -1;
	k->fd = -1;
	st = kdump_start(k, path, err);
	if (st) {
		kdump_close(&k->p);
		return st;
	}
	*ret = &k->p;
	return MI_OK;
}
