// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump.c - provider: a vmcore file, read by libkdumpfile
 *
 * Only compressed pages and notes are asked of the library (KDUMP_MACHPHYSADDR
 * needs no translation set-up, so it works on dumps where that fails). Which
 * pages there are is known from the file's own headers, and the library is
 * never asked for what is not there: it takes what lies behind the end of a file
 * for zeroes, and a failed read takes a slot in its cache.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "parts.h"
#include "target.h"

struct kdump {
	struct mi_provider p;
	struct mi_parts parts;
	kdump_ctx_t *ctx;
	bool leak_ctx; /* see kdump_close() */
};

static struct kdump *to_kdump(struct mi_provider *p)
{
	return (struct kdump *)p;
}

static enum mi_read ask_library(struct kdump *k, uint64_t pa, void *page)
{
	size_t len = MI_PAGE_SIZE;

	switch (kdump_read(k->ctx, KDUMP_MACHPHYSADDR, pa, page, &len)) {
	case KDUMP_OK:
		return MI_READ_OK;
	case KDUMP_ERR_EOF:
		return MI_READ_INCOMPLETE;
	case KDUMP_ERR_SYSTEM:
		return MI_READ_IO;
	default:
		return MI_READ_DAMAGED;
	}
}

/*
 * Stored as it is: read it here. libkdumpfile would either map the file, and
 * every chunk ever touched would count as our memory, or go through its own
 * cache, at twice the time. What it knows better is pages at the seam of two
 * segments.
 */
static enum mi_read kdump_read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	struct kdump *k = to_kdump(p);
	struct mi_part *part = mi_parts_find(&k->parts, pa);
	uint64_t offset;
	enum mi_read r = mi_dumpfile_look(&part->file, pa, &offset);

	if (r)
		return r;
	if (offset == MI_NO_OFFSET)
		return ask_library(k, pa, page);
	return part->bytes.read(part->bytes.arg, offset, page, MI_PAGE_SIZE) ? MI_READ_OK
									     : MI_READ_IO;
}

/*
 * Narrow a run of an ELF dump to what the file really holds: where it is sparse
 * there are zeroes, and many a dump is mostly that. False: it holds nothing.
 */
static bool skip_hole(const struct mi_part *part, uint64_t *pa, uint64_t *end)
{
	const uint64_t mask = MI_PAGE_SIZE - 1;
	uint64_t size = *end - *pa, offset;
	int fd = mi_part_fd(part);
	off_t data, hole;

	if (mi_dumpfile_look(&part->file, *pa, &offset) || offset == MI_NO_OFFSET)
		return true;
	data = lseek(fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno != ENXIO;
	hole = lseek(fd, data, SEEK_HOLE);
	if ((uint64_t)data - offset >= size)
		return false;
	if (hole > data && (uint64_t)hole - offset < size)
		*end = *pa + (((uint64_t)hole - offset + mask) & ~mask);
	*pa += ((uint64_t)data - offset) & ~mask;
	return true;
}

static bool next_in_part(const struct mi_part *part, uint64_t *pa, uint64_t *end)
{
	while (mi_dumpfile_next(&part->file, pa, end)) {
		if (skip_hole(part, pa, end))
			return true;
		*pa = *end;
	}
	return false;
}

static bool kdump_next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	struct kdump *k = to_kdump(p);
	size_t i;

	/* Parts are in order of what they hold. */
	for (i = 0; i < k->parts.n; i++)
		if (next_in_part(k->parts.part[i], pa, end))
			return true;
	return false;
}

static enum mi_read kdump_read_part(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	struct kdump *k = to_kdump(p);
	struct mi_part *part = mi_parts_find(&k->parts, pa);
	uint64_t offset, in_page = pa & (MI_PAGE_SIZE - 1);
	unsigned char page[MI_PAGE_SIZE];
	enum mi_read r = mi_dumpfile_look(&part->file, pa - in_page, &offset);

	if (r)
		return r;
	if (offset != MI_NO_OFFSET)
		return part->bytes.read(part->bytes.arg, offset + in_page, buf, len) ? MI_READ_OK
										     : MI_READ_IO;
	r = ask_library(k, pa - in_page, page);
	if (!r)
		memcpy(buf, page + in_page, len);
	return r;
}

/*
 * The raw note, not kdump_vmcoreinfo_raw(): that wants the OS type set, and with
 * it libkdumpfile sets up a translation that is not needed here and may fail.
 */
static enum mi_status kdump_get_vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
					   struct mi_error *err)
{
	kdump_attr_t attr;
	struct kdump *k = to_kdump(p);
	void *data;

	/* kdump_get_typed_attr() takes other arguments since 0.5.6. */
	if (kdump_get_attr(k->ctx, "linux.vmcoreinfo.raw", &attr) != KDUMP_OK ||
	    attr.type != KDUMP_BLOB)
		return mi_fail(err, MI_ERR_MISSING, "the dump has no VMCOREINFO note");
	data = kdump_blob_pin(attr.val.blob);
	*len = kdump_blob_size(attr.val.blob);
	*text = malloc(*len + 1);
	if (*text)
		memcpy(*text, data, *len);
	kdump_blob_unpin(attr.val.blob);
	/* Of a note that was cut short, libkdumpfile gives zeroes for the rest. */
	if (*text && p->incomplete && memchr(*text, '\0', *len)) {
		free(*text);
		*text = NULL;
		return mi_fail(err, MI_ERR_MISSING, "its VMCOREINFO note is cut short");
	}
	return *text ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

static void kdump_close(struct mi_provider *p)
{
	struct kdump *k = to_kdump(p);

	/*
	 * libkdumpfile before 0.5.2 uses freed memory in kdump_free() (fixed by
	 * its commit 97c716a): leave the context allocated.
	 */
	if (k->ctx && !k->leak_ctx)
		kdump_free(k->ctx);
	mi_parts_close(&k->parts);
	free(k);
}

static const struct mi_provider_ops kdump_ops = {
	.read_page = kdump_read_page,
	.vmcoreinfo = kdump_get_vmcoreinfo,
	.next_run = kdump_next_run,
	.read_part = kdump_read_part,
	.close = kdump_close,
};

/* ---- opening ---- */

static kdump_status open_library(struct kdump *k)
{
	int *fds = calloc(k->parts.n, sizeof(*fds));
	kdump_status st;
	size_t i;

	if (!fds)
		return KDUMP_ERR_SYSTEM;
	for (i = 0; i < k->parts.n; i++)
		fds[i] = mi_part_fd(k->parts.part[i]);
	st = kdump_open_fdset(k->ctx, (unsigned int)k->parts.n, fds);
	free(fds);
	return st;
}

/* Neither ELF nor kdump-compressed: say what it is, if anybody knows. */
static enum mi_status explain_unknown(struct kdump *k, const char *path, struct mi_error *err)
{
	enum mi_status st = mi_parts_explain(&k->parts, path, err);
	const char *format;

	if (st != MI_ERR_NOT_FOUND)
		return st;
	if (open_library(k) == KDUMP_OK &&
	    kdump_get_string_attr(k->ctx, KDUMP_ATTR_FILE_FORMAT, &format) == KDUMP_OK)
		return mi_fail(
			err, MI_ERR_UNSUPPORTED,
			"%s: dump format '%s' is not supported (ELF and kdump-compressed are)",
			path, format);
	return mi_not_a_dump(path, err);
}

/* Without this, each page would look damaged. */
static enum mi_status check_compression(struct kdump *k, const char *path, struct mi_error *err)
{
	struct mi_compressed *c = k->parts.part[0]->file.compressed;
	unsigned char page[MI_PAGE_SIZE];
	size_t len = sizeof(page);
	const char *name;
	uint32_t flags;
	uint64_t pa;

	if (!c || !mi_compressed_sample(c, &pa, &flags))
		return MI_OK;
	name = mi_compression_name(flags);
	if (name && kdump_read(k->ctx, KDUMP_MACHPHYSADDR, pa, page, &len) != KDUMP_ERR_NOTIMPL)
		return MI_OK;
	return mi_fail(err, MI_ERR_UNSUPPORTED,
		       "%s: its pages are compressed by %s (flags 0x%x), which %s; write it anew: "
		       "makedumpfile -c -d 0 OLD NEW",
		       path, name ? name : "an unknown method", flags,
		       name ? "this libkdumpfile was built without" : "nothing here can unpack");
}

/*
 * Pages of a compressed file are of the size that its header says. The library takes that of
 * the kernel instead, which QEMU's dumps of arm64 do not go by.
 */
static void set_page_size(struct kdump *k)
{
	const struct mi_compressed *c = k->parts.part[0]->file.compressed;

	if (c && mi_compressed_facts(c)->page_shift != MI_PAGE_SHIFT)
		kdump_set_number_attr(k->ctx, "arch.page_size",
				      1ULL << mi_compressed_facts(c)->page_shift);
}

static enum mi_status kdump_start(struct kdump *k, const struct mi_kdump_files *files,
				  struct mi_error *err)
{
	const char *path = files->paths[0];
	enum mi_status st;

	k->ctx = kdump_new();
	if (!k->ctx)
		return mi_fail(err, MI_ERR_NOMEM, "%s: out of memory", path);
	/* Of a dump that was cut short, a mapping would raise SIGBUS behind the end. */
	kdump_set_number_attr(k->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	st = mi_parts_open(files, &k->parts, &k->p, err);
	if (st == MI_ERR_NOT_FOUND)
		return explain_unknown(k, path, err);
	if (st)
		return st;
	if (open_library(k) != KDUMP_OK) {
		st = mi_fail(err, MI_ERR_FORMAT, "not a dump, or damaged beyond opening (%s)",
			     kdump_get_err(k->ctx));
		if (k->p.incomplete)
			mi_fail_in(err, "the dump is incomplete: %s", k->p.why_incomplete);
		mi_fail_in(err, "%s", path);
		return st;
	}
	set_page_size(k);
	if (kdump_get_string_attr(k->ctx, KDUMP_ATTR_ARCH_NAME, &k->p.arch) != KDUMP_OK)
		k->p.arch = NULL;
	return check_compression(k, path, err);
}

enum mi_status mi_kdump_open_files(const struct mi_kdump_files *files, struct mi_provider **ret,
				   struct mi_error *err)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum mi_status st;

	if (!k)
		return mi_fail(err, MI_ERR_NOMEM, "%s: out of memory", files->paths[0]);
	k->p.ops = &kdump_ops;
	k->p.name = "libkdumpfile";
	k->p.dump_level = -1;
	k->leak_ctx = KDUMPFILE_VERSION < KDUMPFILE_MKVER(0, 5, 2);
	st = kdump_start(k, files, err);
	if (st) {
		kdump_close(&k->p);
		return st;
	}
	*ret = &k->p;
	return MI_OK;
}

enum mi_status mi_kdump_open(const char *path, struct mi_provider **ret, struct mi_error *err)
{
	struct mi_kdump_files files = {.paths = &path, .n = 1};

	return mi_kdump_open_files(&files, ret, err);
}
