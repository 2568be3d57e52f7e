// SPDX-License-Identifier: GPL-2.0-or-later
/* parts.c - the files of a dump: opened, put in order, checked to belong together */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foreign.h"
#include "internal.h"
#include "parts.h"

/* ---- one file ---- */

static enum mi_status open_file(struct mi_part *part, const char *path, struct mi_error *err)
{
	enum mi_status status;
	struct stat st;

	part->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (part->fd < 0 || fstat(part->fd, &st))
		return mi_fail(err, MI_ERR_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump: no regular file", path);
	status = mi_dumpfile_bytes(&part->fd, &part->bytes, err);
	if (status)
		return mi_fail_in(err, "%s", path);
	if (!part->bytes.size)
		return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump: the file is empty", path);
	return MI_OK;
}

static enum mi_status rearrange(struct mi_part *part, const char *path,
				const struct mi_kdump_files *files, struct mi_provider *p,
				struct mi_error *err)
{
	struct mi_flattened_options opt = {
		.path = path, .progress = files->progress, .progress_arg = files->progress_arg};
	double start = mi_now_ms();
	enum mi_status st;

	st = mi_flattened_open(part->fd, part->bytes.size, &opt, &part->flat, err);
	if (st)
		return st;
	mi_flattened_bytes(part->flat, &part->bytes);
	p->form_ms += mi_now_ms() - start;
	snprintf(p->form, sizeof(p->form),
		 "flattened: re-arranged into a temporary file; for good: makedumpfile -R NEW < %s",
		 path);
	if (mi_flattened_cut(part->flat))
		mi_provider_lacks(p, "%s", mi_flattened_cut(part->flat));
	return MI_OK;
}

static enum mi_status open_part(struct mi_part *part, const char *path,
				const struct mi_kdump_files *files, struct mi_provider *p,
				struct mi_error *err)
{
	enum mi_status st = open_file(part, path, err);

	if (!st && mi_flattened_is(part->fd))
		st = rearrange(part, path, files, p, err);
	if (st)
		return st;
	st = mi_dumpfile_open(&part->bytes, &part->file, err);
	if (st == MI_ERR_NOT_FOUND)
		return st;
	if (st && part->flat && mi_flattened_cut(part->flat))
		return mi_fail(err, st, "%s: the dump is incomplete: %s", path,
			       mi_flattened_cut(part->flat));
	if (st)
		return mi_fail_in(err, "%s", path);
	mi_dumpfile_facts(&part->file, p);
	return MI_OK;
}

/* ---- together ---- */

static const struct mi_compressed_facts *facts_of(const struct mi_part *part)
{
	return part->file.compressed ? mi_compressed_facts(part->file.compressed) : NULL;
}

static enum mi_status check_member(const struct mi_parts *parts, size_t i,
				   const struct mi_kdump_files *files, struct mi_error *err)
{
	const struct mi_compressed_facts *f = facts_of(parts->part[i]);
	const struct mi_compressed_facts *first = facts_of(parts->part[0]);

	if (!f || !f->split)
		return mi_fail(err, MI_ERR_INVALID,
			       "%s: not a part of a split dump: several files together are read "
			       "only if makedumpfile --split wrote them",
			       files->paths[i]);
	if (f->identity != first->identity || f->max_pfn != first->max_pfn)
		return mi_fail(err, MI_ERR_INVALID, "%s and %s are not parts of the same dump",
			       files->paths[0], files->paths[i]);
	return MI_OK;
}

static int by_range(const void *a, const void *b)
{
	const struct mi_compressed_facts *x = facts_of(*(struct mi_part *const *)a);
	const struct mi_compressed_facts *y = facts_of(*(struct mi_part *const *)b);

	if (x->start != y->start)
		return (x->start > y->start) - (x->start < y->start);
	return (x->end > y->end) - (x->end < y->end);
}

/* Page frames that no file holds, or that two do. */
static enum mi_status check_ranges(const struct mi_parts *parts, struct mi_provider *p,
				   struct mi_error *err)
{
	const struct mi_compressed_facts *f = facts_of(parts->part[0]);
	uint64_t at = 0, max = f->max_pfn;
	size_t i;

	for (i = 0; i < parts->n; i++) {
		f = facts_of(parts->part[i]);
		if (f->start < at && f->end > f->start)
			return mi_fail(err, MI_ERR_INVALID,
				       "two of the %zu files hold page frame %llu: was one given "
				       "twice?",
				       parts->n, (unsigned long long)f->start);
		if (f->start > at)
			break;
		at = f->end > at ? f->end : at;
	}
	if (i == parts->n && at == max)
		return MI_OK;
	f = facts_of(parts->part[0]);
	if (parts->n == 1)
		mi_provider_lacks(p,
				  "it is one part of a split dump, with %llu of %llu page frames "
				  "from %llu on: give every part with a -c of its own, or join "
				  "them: makedumpfile --reassemble PART... NEW",
				  (unsigned long long)(f->end - f->start), (unsigned long long)max,
				  (unsigned long long)f->start);
	else
		mi_provider_lacks(p,
				  "a part of the split dump is not given: the one with the page "
				  "frames from %llu on",
				  (unsigned long long)at);
	return MI_OK;
}

static enum mi_status check_split(struct mi_parts *parts, const struct mi_kdump_files *files,
				  struct mi_provider *p, struct mi_error *err)
{
	const struct mi_compressed_facts *f = facts_of(parts->part[0]);
	enum mi_status st;
	size_t i;

	if (parts->n == 1 && (!f || !f->split))
		return MI_OK;
	for (i = 0; i < parts->n; i++) {
		st = check_member(parts, i, files, err);
		if (st)
			return st;
	}
	if (parts->n > 1)
		snprintf(p->form, sizeof(p->form),
			 "%zu parts; to join them: makedumpfile --reassemble PART... NEW",
			 parts->n);
	qsort(parts->part, parts->n, sizeof(parts->part[0]), by_range);
	return check_ranges(parts, p, err);
}

enum mi_status mi_parts_open(const struct mi_kdump_files *files, struct mi_parts *parts,
			     struct mi_provider *p, struct mi_error *err)
{
	enum mi_status st;
	size_t i;

	parts->part = calloc(files->n, sizeof(*parts->part));
	if (!parts->part)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < files->n; i++) {
		/* Each by itself: readers keep pointers into it. */
		parts->part[i] = calloc(1, sizeof(struct mi_part));
		if (!parts->part[i])
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		parts->part[i]->fd = -1;
		parts->n++;
		st = open_part(parts->part[i], files->paths[i], files, p, err);
		if (st == MI_ERR_NOT_FOUND && files->n > 1)
			return check_member(parts, i, files, err);
		if (st)
			return st;
	}
	return check_split(parts, files, p, err);
}

void mi_parts_close(struct mi_parts *parts)
{
	size_t i;

	for (i = 0; i < parts->n; i++) {
		struct mi_part *part = parts->part[i];

		mi_dumpfile_close(&part->file);
		mi_flattened_close(part->flat);
		if (part->fd >= 0)
			close(part->fd);
		free(part);
	}
	free(parts->part);
	memset(parts, 0, sizeof(*parts));
}

enum mi_status mi_parts_explain(const struct mi_parts *parts, const char *path,
				struct mi_error *err)
{
	const struct mi_part *part = parts->part[0];
	const char *advice = mi_foreign_advice(&part->bytes);

	if (part->flat && mi_flattened_cut(part->flat))
		return mi_fail(err, MI_ERR_FORMAT, "%s: the dump is incomplete: %s", path,
			       mi_flattened_cut(part->flat));
	if (advice)
		return mi_fail(err, MI_ERR_UNSUPPORTED, "%s: not a dump: %s", path, advice);
	return MI_ERR_NOT_FOUND;
}

enum mi_status mi_not_a_dump(const char *path, struct mi_error *err)
{
	return mi_fail(err, MI_ERR_FORMAT, "%s: not a dump, or damaged beyond opening", path);
}

int mi_part_fd(const struct mi_part *part)
{
	return part->flat ? mi_flattened_fd(part->flat) : part->fd;
}

struct mi_part *mi_parts_find(const struct mi_parts *parts, uint64_t pa)
{
	size_t i;

	for (i = 0; parts->n > 1 && i < parts->n; i++) {
		const struct mi_compressed_facts *f = facts_of(parts->part[i]);
		uint64_t pfn = pa >> f->page_shift;

		if (pfn >= f->start && pfn < f->end)
			return parts->part[i];
	}
	return parts->part[0];
}
