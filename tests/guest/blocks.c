#include "common.h"
#include "blocks.h"
#include "arena.h"
#include "procs.h"
#include "tar.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#define DEBUGFS "/sys/kernel/debug"
#define DEPTH 4 /* block/vda/hctx0/cpu0 */

void blocks_init(void)
{
	/* A scenario may have mounted it. */
	if (mount("debugfs", DEBUGFS, "debugfs", 0, NULL) < 0 && errno != EBUSY)
		fail("no debugfs");
}

static void archive_file(const char *from, const char *to)
{
	size_t mark = arena_mark();
	struct blob text;

	if (slurp(from, &text) == 0 && text.len)
		tar_add(to, text.data, text.len);
	arena_reset(mark);
}

/* Every file below: the names of what schedulers and kernels show differ. */
static void archive_tree(const char *from, const char *to, int depth)
{
	DIR *d = depth ? opendir(from) : NULL;
	struct dirent *entry;
	char inner[256], name[128];

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", from, entry->d_name) >=
			    (int)sizeof(inner) ||
		    snprintf(name, sizeof(name), "%s/%s", to, entry->d_name) >= (int)sizeof(name))
			fail("long name in debugfs");
		if (entry->d_type == DT_DIR)
			archive_tree(inner, name, depth - 1);
		else
			archive_file(inner, name);
	}
	closedir(d);
}

/* The names in a directory, one a line: devices that it stands on, or that stand on it. */
static void archive_names(const char *disk, const char *dir)
{
	char path[128], to[128], text[1024];
	size_t n = 0;
	struct dirent *entry;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/block/%.32s/%s", disk, dir);
	d = opendir(path);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", entry->d_name);
	if (d)
		closedir(d);
	if (n >= sizeof(text))
		fail("%s has too many", path);
	snprintf(to, sizeof(to), "block/%.32s/sysfs/%s", disk, dir);
	if (n)
		tar_add(to, text, n);
}

/* What stands on what, and the names of device mapper, md, loop. */
static void archive_stacked(const char *disk)
{
	static const char *const files[] = {"dm/name", "dm/suspended", "md/level",
					    "loop/backing_file", "loop/offset"};
	char from[128], to[128];

	archive_names(disk, "slaves");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(from, sizeof(from), "/sys/block/%.32s/%s", disk, files[i]);
		snprintf(to, sizeof(to), "block/%.32s/sysfs/%s", disk, files[i]);
		archive_file(from, to);
	}
}

static void archive_sysfs(const char *disk)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "/sys/block/%.32s/inflight", disk);
	snprintf(to, sizeof(to), "block/%.32s/sysfs/inflight", disk);
	archive_file(from, to);
	snprintf(from, sizeof(from), "/sys/block/%.32s/queue/scheduler", disk);
	snprintf(to, sizeof(to), "block/%.32s/sysfs/scheduler", disk);
	archive_file(from, to);
	archive_stacked(disk);
}

void blocks_archive(void)
{
	DIR *d = opendir("/sys/block");
	struct dirent *entry;

	if (!d)
		fail("no /sys/block");
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			archive_sysfs(entry->d_name);
	closedir(d);
	archive_tree(DEBUGFS "/block", "block", DEPTH);
	/* Reads that have no block device: what FUSE and RPC count and list. */
	archive_tree("/sys/fs/fuse/connections", "fuse", 2);
	archive_tree(DEBUGFS "/sunrpc/rpc_clnt", "sunrpc", 2);
}
