// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drgn.c - provider: a vmcore or the running kernel, read by libdrgn
 *
 * drgn says of a page that it could not be read, not why, and takes what an ELF dump leaves out for
 * zeroes. So it is only asked for pages that the dump's own headers say are there.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drgn.h"

#define VMCOREINFO_MAX (4U << 20)
#define LOG_NONE 5 /* DRGN_LOG_NONE: above the highest level */

static struct mi_drgn *to_drgn(struct mi_provider *p)
{
	return (struct mi_drgn *)p;
}

/* ---- memory ---- */

static bool is_there(struct mi_drgn *d, uint64_t pa, enum mi_read *why)
{
	uint64_t offset;

	*why = MI_READ_OK;
	if (d->parts.n)
		*why = mi_dumpfile_look(&mi_parts_find(&d->parts, pa)->file, pa, &offset);
	return *why == MI_READ_OK;
}

/* A fault where the headers promise a page: it does not decompress. Else nothing is there. */
static enum mi_read why_not(struct mi_drgn *d, struct drgn_error *e)
{
	enum mi_drgn_error code = mi_drgn_code(&d->api, e);

	d->api.error_destroy(e);
	if (code == MI_DRGN_OS)
		return MI_READ_IO;
	return d->p.live ? MI_READ_HOLE : MI_READ_DAMAGED;
}

static enum mi_read read_bytes(struct mi_drgn *d, uint64_t pa, void *buf, size_t len)
{
	struct drgn_error *e = d->api.program_read_memory(d->prog, buf, pa, len, true);

	return e ? why_not(d, e) : MI_READ_OK;
}

static enum mi_read drgn_read_part(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	struct mi_drgn *d = to_drgn(p);
	enum mi_read r;

	return is_there(d, pa & ~(uint64_t)(MI_PAGE_SIZE - 1), &r) ? read_bytes(d, pa, buf, len)
								   : r;
}

static enum mi_read drgn_read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	return drgn_read_part(p, pa, page, MI_PAGE_SIZE);
}

static enum mi_read drgn_read_run(struct mi_provider *p, uint64_t pa, const struct iovec *iov,
				  size_t n)
{
	struct mi_drgn *d = to_drgn(p);
	enum mi_read r;
	size_t i;

	for (i = 0; i < n; i++)
		if (!is_there(d, pa + i * MI_PAGE_SIZE, &r))
			return r;
	r = read_bytes(d, pa, d->bounce, n * MI_PAGE_SIZE);
	for (i = 0; i < n && !r; i++)
		memcpy(iov[i].iov_base, d->bounce + i * MI_PAGE_SIZE, MI_PAGE_SIZE);
	return r;
}

static bool drgn_next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	struct mi_drgn *d = to_drgn(p);

	return d->parts.n && mi_dumpfile_next(&d->parts.part[0]->file, pa, end);
}

/* ---- VMCOREINFO ---- */

/* drgn has it as an object, an array of char. */
static enum mi_status read_object(struct mi_drgn *d, struct mi_drgn_object *obj, char **text,
				  size_t *len, struct mi_error *err)
{
	struct drgn_error *e;
	uint64_t size;

	e = d->api.program_find_object(d->prog, "VMCOREINFO", NULL, MI_DRGN_CONSTANT, obj);
	if (!e)
		e = d->api.object_sizeof(obj, &size);
	if (e)
		return mi_drgn_fail(&d->api, e, MI_ERR_MISSING, err);
	if (!size || size > VMCOREINFO_MAX)
		return mi_fail(err, MI_ERR_MISSING, "drgn: VMCOREINFO of %llu bytes",
			       (unsigned long long)size);
	*text = malloc(size + 1);
	if (!*text)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	e = d->api.object_read_bytes(obj, *text);
	if (e) {
		free(*text);
		*text = NULL;
		return mi_drgn_fail(&d->api, e, MI_ERR_MISSING, err);
	}
	*len = size;
	return MI_OK;
}

static enum mi_status drgn_vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
				      struct mi_error *err)
{
	struct mi_drgn *d = to_drgn(p);
	struct mi_drgn_object obj;
	enum mi_status st;

	*text = NULL;
	d->api.object_init(&obj, d->prog);
	st = read_object(d, &obj, text, len, err);
	d->api.object_deinit(&obj);
	/* Of a note that was cut short, the rest may be zeroes. */
	if (!st && p->incomplete && memchr(*text, '\0', *len)) {
		free(*text);
		*text = NULL;
		st = mi_fail(err, MI_ERR_MISSING, "its VMCOREINFO note is cut short");
	}
	return st;
}

/* ---- opening and closing ---- */

static void drgn_close(struct mi_provider *p)
{
	struct mi_drgn *d = to_drgn(p);

	if (d->prog)
		d->api.program_destroy(d->prog);
	mi_drgn_unload(&d->api);
	mi_parts_close(&d->parts);
	free(d->bounce);
	free(d);
}

static const struct mi_provider_ops drgn_ops = {
	.read_page = drgn_read_page,
	.vmcoreinfo = drgn_vmcoreinfo,
	.next_run = drgn_next_run,
	.read_part = drgn_read_part,
	.read_run = drgn_read_run,
	.debugger = &mi_drgn_debugger,
	.close = drgn_close,
};

static const char *arch_name(struct mi_drgn *d)
{
	const struct drgn_platform *platform = d->api.program_platform(d->prog);

	switch (platform ? d->api.platform_arch(platform) : 0) {
	case MI_DRGN_X86_64:
		return "x86_64";
	case MI_DRGN_I386:
		return "i686";
	case MI_DRGN_ARM:
		return "arm";
	case MI_DRGN_AARCH64:
		return "aarch64";
	default:
		return "an unknown one";
	}
}

static enum mi_status create_program(struct mi_drgn *d, struct mi_error *err)
{
	struct drgn_error *e = d->api.program_create(NULL, &d->prog);

	if (e) {
		d->prog = NULL;
		return mi_drgn_fail(&d->api, e, MI_ERR_NOMEM, err);
	}
	d->api.program_set_log_level(d->prog, LOG_NONE);
	d->api.program_set_progress_file(d->prog, NULL);
	d->bounce = malloc((size_t)MI_RUN_MAX * MI_PAGE_SIZE);
	return d->bounce ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

/*
 * That it opened the file says little: its library may refuse each page of a kernel that it does
 * not know ("7.3-cloud" has one number too few). One page that it reads is enough.
 */
#define SAMPLES 16

static enum mi_status try_pages(struct mi_drgn *d, struct mi_error *err)
{
	const struct mi_dumpfile *file = &d->parts.part[0]->file;
	struct drgn_error *e = NULL;
	uint64_t pa = 0, end;
	int i;

	for (i = 0; i < SAMPLES && mi_dumpfile_next(file, &pa, &end); i++, pa = end) {
		if (e)
			d->api.error_destroy(e);
		e = d->api.program_read_memory(d->prog, d->bounce, pa, MI_PAGE_SIZE, true);
		if (!e)
			return MI_OK;
	}
	return e ? mi_drgn_fail(&d->api, e, MI_ERR_UNSUPPORTED, err) : MI_OK;
}

/* Also of a flattened dump, which drgn does not read: it gets the re-arranged one. */
static enum mi_status open_dump(struct mi_drgn *d, const struct mi_kdump_files *files,
				struct mi_error *err)
{
	const char *path = files->paths[0];
	struct drgn_error *e;
	enum mi_status st;
	int fd;

	st = mi_parts_open(files, &d->parts, &d->p, err);
	if (st == MI_ERR_NOT_FOUND)
		st = mi_parts_explain(&d->parts, path, err);
	if (st == MI_ERR_NOT_FOUND)
		return mi_not_a_dump(path, err);
	if (st)
		return st;
	/* drgn closes what it is given. */
	fd = fcntl(mi_part_fd(d->parts.part[0]), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return mi_fail(err, MI_ERR_IO, "%s: no file descriptor is left", path);
	e = d->api.program_set_core_dump_fd(d->prog, fd);
	st = e ? mi_drgn_fail(&d->api, e, MI_ERR_FORMAT, err) : try_pages(d, err);
	if (!st)
		return MI_OK;
	if (d->p.incomplete)
		mi_fail_in(err, "the dump is incomplete: %s", d->p.why_incomplete);
	mi_fail_in(err, "%s", path);
	return st;
}

static enum mi_status open_kernel(struct mi_drgn *d, struct mi_error *err)
{
	struct drgn_error *e = d->api.program_set_kernel(d->prog);

	d->p.live = true;
	return e ? mi_drgn_fail(&d->api, e, MI_ERR_IO, err) : MI_OK;
}

enum mi_status mi_drgn_open(const char *path, const char *file, mi_progress_fn progress,
			    void *progress_arg, struct mi_provider **ret, struct mi_error *err)
{
	struct mi_kdump_files files = {&path, 1, progress, progress_arg};
	struct mi_drgn *d = calloc(1, sizeof(*d));
	enum mi_status st;

	if (!d)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	d->p.ops = &drgn_ops;
	d->p.name = "drgn";
	d->p.dump_level = -1;
	st = mi_drgn_load(file, &d->api, err);
	if (st)
		mi_fail_in(err, "drgn");
	if (!st)
		st = create_program(d, err);
	if (!st)
		st = path ? open_dump(d, &files, err) : open_kernel(d, err);
	if (st) {
		drgn_close(&d->p);
		return st;
	}
	d->p.arch = arch_name(d);
	*ret = &d->p;
	return MI_OK;
}
