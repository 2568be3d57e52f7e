// SPDX-License-Identifier: GPL-2.0-or-later
/* dumpfile.c - facts that the headers of a dump file tell */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dumpfile.h"

static bool read_file(void *arg, uint64_t off, void *buf, size_t len)
{
	return pread(*(const int *)arg, buf, len, (off_t)off) == (ssize_t)len;
}

enum mi_status mi_dumpfile_bytes(const int *fd, struct mi_bytes *bytes, struct mi_error *err)
{
	/* Not of stat(2), which knows no size of a block device. */
	off_t size = lseek(*fd, 0, SEEK_END);

	if (size < 0)
		return mi_fail(err, MI_ERR_IO, "%s", strerror(errno));
	*bytes = (struct mi_bytes){.arg = (void *)fd, .size = (uint64_t)size, .read = read_file};
	return MI_OK;
}

static bool is_elf(const struct mi_bytes *bytes)
{
	char magic[SELFMAG];

	return mi_bytes_read(bytes, 0, magic, SELFMAG) && !memcmp(magic, ELFMAG, SELFMAG);
}

enum mi_status mi_dumpfile_open(const struct mi_bytes *bytes, struct mi_dumpfile *df,
				struct mi_error *err)
{
	memset(df, 0, sizeof(*df));
	df->bytes = bytes;
	if (is_elf(bytes))
		return mi_segments_load(bytes, &df->segments, err);
	if (mi_compressed_is(bytes))
		return mi_compressed_load(bytes, &df->compressed, err);
	return MI_ERR_NOT_FOUND;
}

void mi_dumpfile_close(struct mi_dumpfile *df)
{
	mi_segments_free(df->segments);
	mi_compressed_free(df->compressed);
	memset(df, 0, sizeof(*df));
}

void mi_provider_lacks(struct mi_provider *p, const char *fmt, ...)
{
	va_list ap;

	p->incomplete = true;
	if (p->why_incomplete[0])
		return;
	va_start(ap, fmt);
	vsnprintf(p->why_incomplete, sizeof(p->why_incomplete), fmt, ap);
	va_end(ap);
}

/* @expected: bytes it should have; @more: and more than that. */
static void tell_cut(struct mi_provider *p, uint64_t size, uint64_t expected, bool more)
{
	if (expected <= size && !more)
		return;
	mi_provider_lacks(p, "it is cut at %llu of %s%llu bytes", (unsigned long long)size,
			  more ? "more than " : "", (unsigned long long)expected);
}

void mi_dumpfile_facts(const struct mi_dumpfile *df, struct mi_provider *p)
{
	if (df->segments) {
		uint64_t expected;
		bool more;

		p->dump_format = "elf";
		p->absent_may_be_zero |= mi_segments_may_be_zero(df->segments);
		p->phys_base_told = mi_segments_phys_base(df->segments, &p->phys_base);
		expected = mi_segments_expected(df->segments, &more);
		tell_cut(p, df->bytes->size, expected, more);
	} else {
		const struct mi_compressed_facts *f = mi_compressed_facts(df->compressed);

		p->dump_format = "kdump-compressed";
		p->dump_level = f->level;
		p->phys_base = f->phys_base;
		p->phys_base_told = true;
		tell_cut(p, df->bytes->size, f->expected, f->more);
		if (f->says_cut)
			mi_provider_lacks(p, "makedumpfile could not write all of it (disk full?), "
					     "as its header says");
	}
}

enum mi_read mi_dumpfile_look(const struct mi_dumpfile *df, uint64_t pa, uint64_t *offset)
{
	*offset = MI_NO_OFFSET;
	return df->segments ? mi_segments_look(df->segments, pa, offset)
			    : mi_compressed_look(df->compressed, pa);
}

bool mi_dumpfile_next(const struct mi_dumpfile *df, uint64_t *pa, uint64_t *end)
{
	return df->segments ? mi_segments_next(df->segments, pa, end)
			    : mi_compressed_next(df->compressed, pa, end);
}
