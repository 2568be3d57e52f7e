#include "common.h"
#include "files.h"
#include "arena.h"
#include "procs.h"
#include "snapshot.h"
#include "tar.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_FILES 512
/* Of larger files only what the notes call a window is read. */
#define WHOLE_MAX ((uint64_t)sizeof(long) << 29)

struct file {
	char dev[16], path[256];
	const char *kind;
	dev_t st_dev;
	ino_t st_ino;
	unsigned long ino; /* as maps shows it, with dev */
	nlink_t nlink;
	uint64_t size;
	uint64_t first; /* what is read of it */
	size_t pages;
	unsigned char *resident;
	uint64_t *pfns;
};

static struct file files[MAX_FILES];
static size_t file_count;
static struct blob notes;

/* Every byte but printable ASCII becomes \ooo; so does the backslash. */
static void escape(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 5 < size; from++) {
		if (*from > ' ' && *from < 0x7f && *from != '\\')
			to[n++] = *from;
		else
			n += (size_t)sprintf(to + n, "\\%03o", (unsigned char)*from);
	}
	to[n] = '\0';
}

static const char *kind_of(int fd, const struct stat *st)
{
	struct statfs fs;

	if (S_ISBLK(st->st_mode))
		return "bdev";
	if (fstatfs(fd, &fs) < 0)
		return "other";
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
		return "ext4";
	case TMPFS_MAGIC:
		return "tmpfs";
	case RAMFS_MAGIC:
		return "ramfs";
	case HUGETLBFS_MAGIC:
		return "hugetlbfs";
	case XFS_SUPER_MAGIC:
		return "xfs";
	case BTRFS_SUPER_MAGIC:
		return "btrfs";
	case OVERLAYFS_SUPER_MAGIC:
		return "overlay";
	default:
		return "other";
	}
}

/*
 * Is this page noted as swapped out, or as one that is not to be touched? mincore
 * reports a tmpfs page in the swap cache as resident, but touching it would bring
 * it back into the file.
 */
static int is_untouchable(const struct file *f, uint64_t page)
{
	const char *line = notes.data;
	unsigned long ino, first, count;
	char what[16], dev[16];

	while (line && *line) {
		if (sscanf(line, "%15s %15s %lu %lu %lu", what, dev, &ino, &first, &count) == 5 &&
		    (!strcmp(what, "swapped") || !strcmp(what, "untouchable")) && ino == f->ino &&
		    !strcmp(dev, f->dev) && page >= first && page - first < count)
			return 1;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return 0;
}

static void touch_resident(struct file *f, const volatile char *map)
{
	for (size_t i = 0; i < f->pages; i++)
		if ((f->resident[i] & 1) && !is_untouchable(f, f->first + i))
			(void)map[i * PAGE];
}

static void read_own_pagemap(const void *map, uint64_t *entries, size_t pages)
{
	off_t from = (off_t)((uintptr_t)map / PAGE * sizeof(*entries));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *to = (char *)entries;
	size_t len = pages * sizeof(*entries);
	ssize_t n;

	while (len && (n = pread(fd, to, len, from)) > 0) {
		to += n;
		from += n;
		len -= (size_t)n;
	}
	close(fd);
	for (size_t i = 0; i < pages; i++)
		entries[i] = entry_pfn(entries[i]);
}

/*
 * Device and inode as maps shows them, which is not what stat() says of btrfs
 * and overlayfs.
 */
static void name_as_in_maps(struct file *f, const void *map)
{
	size_t mark = arena_mark();
	unsigned long start;
	unsigned int dev[2];
	struct blob maps;
	char *line;

	if (slurp("/proc/self/maps", &maps) < 0)
		fail("no /proc/self/maps");
	for (line = maps.data; line && *line; line = strchr(line, '\n'), line += !!line) {
		if (sscanf(line, "%lx-%*x %*s %*x %x:%x %lu", &start, &dev[0], &dev[1], &f->ino) !=
			    4 ||
		    start != (uintptr_t)map)
			continue;
		snprintf(f->dev, sizeof(f->dev), "%02x:%02x", dev[0], dev[1]);
		arena_reset(mark);
		return;
	}
	fail("%s is not in /proc/self/maps", f->path);
}

static void read_pages(struct file *f, int fd)
{
	char *map;

	if (!f->pages || !strcmp(f->kind, "hugetlbfs"))
		return;
	map = mmap(NULL, f->pages * PAGE, PROT_READ, MAP_SHARED, fd, (off_t)(f->first * PAGE));
	if (map == MAP_FAILED) {
		printf("truth: cannot map %s\n", f->path);
		return;
	}
	name_as_in_maps(f, map);
	/* RANDOM: a touch neither reads ahead nor uses up a marker. */
	madvise(map, f->pages * PAGE, MADV_RANDOM);
	f->resident = arena_alloc(f->pages);
	f->pfns = arena_alloc(f->pages * sizeof(*f->pfns));
	if (mincore(map, f->pages * PAGE, f->resident) < 0)
		fail("mincore of %s", f->path);
	touch_resident(f, map);
	read_own_pagemap(map, f->pfns, f->pages);
	/* SEQUENTIAL: unmapping does not mark the pages as accessed. */
	madvise(map, f->pages * PAGE, MADV_SEQUENTIAL);
	munmap(map, f->pages * PAGE);
}

/* One entry for each window of a file that is too large to be read whole. */
static void read_windows(const struct file *whole, int fd)
{
	const char *line = notes.data;
	unsigned long ino, first, count;
	char dev[16];

	for (; line && *line; line = strchr(line, '\n'), line += !!line) {
		struct file *f = &files[file_count];

		if (sscanf(line, "window %15s %lu %lu %lu", dev, &ino, &first, &count) != 4 ||
		    ino != whole->ino || strcmp(dev, whole->dev))
			continue;
		if (file_count == MAX_FILES)
			fail("more than %d files", MAX_FILES);
		*f = *whole;
		f->first = first;
		f->pages = count;
		file_count++;
		read_pages(f, fd);
	}
}

static int is_known(const struct stat *st)
{
	for (size_t i = 0; i < file_count; i++)
		if (files[i].st_dev == st->st_dev && files[i].st_ino == st->st_ino)
			return 1;
	return 0;
}

static void consider(const char *path, const char *name)
{
	struct file *f = &files[file_count], whole;
	uint64_t bytes = 0;
	struct stat st;
	int fd;

	if (stat(path, &st) < 0 || is_known(&st) || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return;
	if (file_count == MAX_FILES)
		fail("more than %d files", MAX_FILES);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME);
	if (fd < 0)
		return;
	f->kind = kind_of(fd, &st);
	/* Files of proc, sysfs and the like have no page cache. */
	if (!strcmp(f->kind, "other")) {
		close(fd);
		return;
	}
	f->size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) == 0)
		f->size = bytes;
	f->st_dev = st.st_dev;
	f->st_ino = st.st_ino;
	f->ino = (unsigned long)st.st_ino;
	f->nlink = st.st_nlink;
	snprintf(f->dev, sizeof(f->dev), "%02x:%02x", major(st.st_dev), minor(st.st_dev));
	escape(name, f->path, sizeof(f->path));
	f->pages = (size_t)((f->size + PAGE - 1) / PAGE);
	if (f->size > WHOLE_MAX) {
		whole = *f;
		read_windows(&whole, fd);
	} else {
		file_count++;
		read_pages(f, fd);
	}
	close(fd);
}

static int consider_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F)
		consider(path, path);
	return 0;
}

static void consider_links(pid_t pid, const char *kind)
{
	char dir[64], path[320], name[256];
	struct dirent *entry;
	ssize_t len;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/%s", pid, kind);
	d = opendir(dir);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		len = readlink(path, name, sizeof(name) - 1);
		if (len <= 0)
			continue;
		name[len] = '\0';
		consider(path, name);
	}
	closedir(d);
}

void notes_read(void)
{
	if (slurp(NOTES, &notes) < 0)
		fail("no notes");
}

void files_read(void)
{
	static const char *const trees[] = {
		"/mnt", "/shm", "/hugeshm", "/hugetlb", "/xfs", "/btrfs", "/overlay", "/init",
	};

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		nftw(trees[i], consider_entry, 8, FTW_PHYS);
	for (size_t i = 0; i < proc_count; i++) {
		if (!procs[i].mmap_locked)
			consider_links(procs[i].pid, "map_files");
		consider_links(procs[i].pid, "fd");
	}
}

void files_watch(void)
{
	for (size_t i = 0; i < file_count; i++)
		if (files[i].pfns)
			watch_pfns(files[i].pfns, files[i].pages);
}

static void archive_file(size_t number, const struct file *f)
{
	char name[64], info[512];
	int len;

	len = snprintf(info, sizeof(info),
		       "path=%s\nkind=%s\ndev=%s\nino=%lu\nsize=%" PRIu64
		       "\nnlink=%lu\nfirst=%" PRIu64 "\n",
		       f->path, f->kind, f->dev, f->ino, f->size, (unsigned long)f->nlink,
		       f->first);
	snprintf(name, sizeof(name), "files/%zu/info", number);
	tar_add(name, info, (size_t)len);
	if (!f->pfns)
		return;
	snprintf(name, sizeof(name), "files/%zu/mincore", number);
	tar_add(name, f->resident, f->pages);
	snprintf(name, sizeof(name), "files/%zu/pfn", number);
	tar_add(name, f->pfns, f->pages * sizeof(*f->pfns));
}

void files_archive(void)
{
	for (size_t i = 0; i < file_count; i++)
		archive_file(i, &files[i]);
}

void notes_archive(void)
{
	tar_add("notes", notes.data, notes.len);
}
