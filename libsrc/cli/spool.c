// SPDX-License-Identifier: GPL-2.0-or-later
/* spool.c - an answer that is kept back, in a temporary file */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool.h"

static int open_unnamed(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || snprintf(path, sizeof(path), "%s/mmapinfo-XXXXXX", dir) >= (int)sizeof(path))
		return fd;
	/* A file system that cannot have files without a name. */
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

enum mi_status mi_spool_open(FILE **ret, struct mi_error *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (dir && *dir) {
		fd = open_unnamed(dir);
	} else {
		dir = "/var/tmp";
		fd = open_unnamed(dir);
		if (fd < 0)
			fd = open_unnamed("/tmp");
	}
	*ret = fd < 0 ? NULL : fdopen(fd, "w+e");
	if (*ret)
		return MI_OK;
	if (fd >= 0)
		close(fd);
	return mi_fail(err, MI_ERR_IO,
		       "the answer is kept in a temporary file first, and none can be made in %s "
		       "(%s): set TMPDIR",
		       dir, strerror(errno));
}

static enum mi_status failed(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_IO, "temporary file for the answer: %s", strerror(errno));
}

enum mi_status mi_spool_restart(FILE *spool, struct mi_error *err)
{
	rewind(spool);
	return ftruncate(fileno(spool), 0) ? failed(err) : MI_OK;
}

static enum mi_status copied(FILE *spool, FILE *out, struct mi_error *err)
{
	if (ferror(spool))
		return failed(err);
	errno = 0;
	if (fflush(out) || ferror(out))
		return mi_fail(err, MI_ERR_IO, "writing: %s", strerror(errno ? errno : EIO));
	return fseek(spool, 0, SEEK_END) ? failed(err) : MI_OK;
}

enum mi_status mi_spool_copy(FILE *spool, FILE *out, struct mi_error *err)
{
	char buf[65536];
	size_t n;

	rewind(spool);
	while ((n = fread(buf, 1, sizeof(buf), spool)) > 0)
		if (fwrite(buf, 1, n, out) != n)
			break;
	return copied(spool, out, err);
}

/* Only between tokens are there newlines, and what indents follows these. */
enum mi_status mi_spool_compact(FILE *spool, FILE *out, struct mi_error *err)
{
	bool begins = false;
	int c;

	rewind(spool);
	while (!ferror(out) && (c = getc(spool)) != EOF) {
		if (c == '\n') {
			begins = true;
		} else if (!begins || c != ' ') {
			begins = false;
			putc(c, out);
		}
	}
	putc('\n', out);
	return copied(spool, out, err);
}
