/* File systems other than plain ext4: large folios, btrfs, overlayfs. */
#include "workload.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LARGE_PAGES ((size_t)1536)
#define OVERLAY_PAGES ((size_t)64)

/* kpageflags */
#define KPF_COMPOUND (3ULL << 15)
#define PAGEMAP_PFN ((1ULL << 55) - 1)

static int kernel_is(int major, int minor)
{
	struct utsname uts;
	int a = 0, b = 0;

	uname(&uts);
	sscanf(uts.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

/* A file of written pages, none of which is cached. */
static int cold_file(const char *path, size_t pages)
{
	static char text[16 * 4096];
	int fd = make_file(path, 0);

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < pages; i += 16)
		if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
			fail("cannot fill %s", path);
	if (fsync(fd) < 0)
		fail("fsync of %s", path);
	drain_lru();
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static uint64_t u64_at(const char *path, uint64_t index)
{
	int fd = must_open(path, O_RDONLY);
	uint64_t value;

	if (pread(fd, &value, sizeof(value), (off_t)(index * sizeof(value))) != sizeof(value))
		fail("cannot read %s", path);
	close(fd);
	return value;
}

static int is_large(const char *page)
{
	uint64_t entry = u64_at("/proc/self/pagemap", (uintptr_t)page / PAGE);

	return !!(u64_at("/proc/kpageflags", entry & PAGEMAP_PFN) & KPF_COMPOUND);
}

/* Notes which of the cached pages are parts of large folios; returns how many. */
static size_t note_large(int fd, size_t pages)
{
	static unsigned char resident[8192];
	char *map = map_fd(fd, 0, pages * PAGE, PROT_READ, MAP_SHARED);
	size_t first, i = 0, found = 0;

	advise(map, 0, pages, MADV_RANDOM);
	if (mincore(map, pages * PAGE, resident) < 0)
		fail("mincore");
	while (i < pages) {
		for (first = i; i < pages && (resident[i] & 1); i++) {
			read_pages(map, i, 1);
			if (!is_large(map + i * PAGE))
				break;
		}
		if (i > first)
			note_pages("large", fd, first, i - first);
		found += i - first;
		i += i == first;
	}
	advise(map, 0, pages, MADV_SEQUENTIAL);
	munmap(map, pages * PAGE);
	return found;
}

/*
 * A file read ahead while it is read() in order, so that folios grow where the
 * file system has large ones; mapped whole, in part at an odd page, and
 * privately with copies; some of it dirty.
 */
static void large_folios(const char *path, int expected)
{
	int fd = cold_file(path, LARGE_PAGES);
	char *map, *part, *copy;

	read_bytes(fd, 1024 * PAGE);
	map = map_fd(fd, 0, LARGE_PAGES * PAGE, PROT_RW, MAP_SHARED);
	read_pages(map, 0, 400);
	advise(map, 0, LARGE_PAGES, MADV_RANDOM);
	for (size_t i = 500; i < 700; i += 3)
		read_pages(map, i, 1);
	write_pages(map, 600, 20);
	part = map_fd(fd, 333 * PAGE, 400 * PAGE, PROT_READ, MAP_SHARED);
	read_pages(part, 0, 100);
	copy = map_fd(fd, 5 * PAGE, 128 * PAGE, PROT_RW, MAP_PRIVATE);
	read_pages(copy, 0, 64);
	write_pages(copy, 60, 9);
	/* Without huge pages the page cache has no large folios at all. */
	if (!note_large(fd, LARGE_PAGES) && expected && !access(THP, F_OK))
		fail("no large folios in %s", path);
}

static void xfs_large(void)
{
	large_folios("/xfs/large.dat", kernel_is(6, 1));
	report_ready();
}

static void ext4_large(void)
{
	large_folios("/mnt/large.dat", kernel_is(7, 0));
	report_ready();
}

static void btrfs_files(void)
{
	struct btrfs_ioctl_vol_args sub = {.name = "sub"};
	int dir = must_open("/btrfs", O_RDONLY | O_DIRECTORY), fd;

	large_folios("/btrfs/large.dat", 0);
	/*
	 * Another subvolume hands out the same inode numbers, and maps shows
	 * the same device for both.
	 */
	if (ioctl(dir, BTRFS_IOC_SUBVOL_CREATE, &sub) < 0)
		fail("no subvolume");
	fd = make_file("/btrfs/sub/twin.dat", 64 * PAGE);
	write_pages(map_fd(fd, 0, 64 * PAGE, PROT_RW, MAP_SHARED), 3, 21);
	/* So small that it lies in the tree of metadata. */
	fd = make_file("/btrfs/inline.dat", 0);
	if (write(fd, "inline", 6) != 6 || fsync(fd) < 0)
		fail("inline file");
	read_pages(map_fd(fd, 0, PAGE, PROT_READ, MAP_SHARED), 0, 1);
	report_ready();
}

/* Written through write(), not through the mapping; half of it written back. */
static void xfs_written(void)
{
	static char text[64 * 4096];
	int fd = make_file("/xfs/written.dat", 0);
	char *map;

	memset(text, 'w', sizeof(text));
	for (int i = 0; i < 8; i++)
		if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
			fail("write");
	if (sync_file_range(fd, 0, 256 * PAGE,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER))
		fail("sync_file_range");
	map = map_fd(fd, 0, 512 * PAGE, PROT_RW, MAP_SHARED);
	read_pages(map, 100, 300);
	write_pages(map, 128, 5);
	note_large(fd, 512);
	report_ready();
}

/* Huge pages of a disk file: where the kernel can, one entry maps 2 MiB. */
static void xfs_huge(void)
{
	int fd = cold_file("/xfs/huge.dat", 1024);
	char *room = map_anon(3 * HUGE_PAGE, PROT_NONE, MAP_PRIVATE);
	char *map = (char *)(((uintptr_t)room + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));

	if (mmap(map, 2 * HUGE_PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != map)
		fail("mmap");
	madvise(map, 2 * HUGE_PAGE, MADV_HUGEPAGE);
	read_pages(map, 7, 1);
	read_pages(map, 800, 1);
	note_large(fd, 1024);
	report_ready();
}

/* A file of the lower layer, one that is copied up while mapped, one unlinked. */
static void overlay(void)
{
	int low = must_open("/overlay/low.dat", O_RDONLY);
	char *map = map_fd(low, 0, OVERLAY_PAGES * PAGE, PROT_READ, MAP_SHARED);
	char *copy = map_fd(low, PAGE, 16 * PAGE, PROT_RW, MAP_PRIVATE);
	int fd;

	read_pages(map, 0, 32);
	write_pages(copy, 2, 4);
	/* The mapping made before the first writer keeps the lower file. */
	map = map_path("/overlay/up.dat", 0, OVERLAY_PAGES * PAGE, PROT_READ, MAP_SHARED);
	read_pages(map, 0, 8);
	map = map_path("/overlay/up.dat", 0, OVERLAY_PAGES * PAGE, PROT_RW, MAP_SHARED);
	write_pages(map, 16, 8);
	fd = make_file("/overlay/gone.dat", 16 * PAGE);
	write_pages(map_fd(fd, 0, 16 * PAGE, PROT_RW, MAP_SHARED), 0, 5);
	unlink("/overlay/gone.dat");
	report_ready();
}

/* Made without a name. */
static void tmpfile_mapped(void)
{
	int fd = must_open("/mnt", O_TMPFILE | O_RDWR);

	if (ftruncate(fd, 16 * PAGE) < 0)
		fail("ftruncate");
	write_pages(map_fd(fd, 0, 16 * PAGE, PROT_RW, MAP_SHARED), 2, 6);
	report_ready();
}

#define WINDOW ((size_t)16)

/* Pages of the largest file, and one in the middle. */
#if __SIZEOF_LONG__ == 8
#define FAR_END (((uint64_t)1 << 51) - 1)
#define FAR_MIDDLE ((uint64_t)1 << 45)
#else
#define FAR_END (((uint64_t)1 << 31) - 1)
#define FAR_MIDDLE ((uint64_t)1 << 29)
#endif

/* Offsets that need more than 32 bits, in pages where words have more, up to the end. */
static void far_pages(void)
{
	static const uint64_t windows[] = {
		0,
		(FAR_END >> 19) - 7,
		FAR_END >> 11,
		FAR_END - WINDOW,
	};
	int fd = make_file("/xfs/far.dat", FAR_END * PAGE);
	char *map;

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		map = map_fd(fd, windows[i] * PAGE, WINDOW * PAGE, PROT_RW, MAP_SHARED);
		advise(map, 0, WINDOW, MADV_RANDOM);
		read_pages(map, 0, 8);
		write_pages(map, 7, 4);
		note_pages("window", fd, windows[i], WINDOW);
	}
	/* Cached, and mapped by nobody. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	lseek(fd, (off_t)(FAR_MIDDLE * PAGE), SEEK_SET);
	read_bytes(fd, 4 * PAGE);
	note_pages("window", fd, FAR_MIDDLE, WINDOW);
	report_ready();
}

const struct scenario fs_scenarios[] = {
	{"xfs-large", xfs_large},     {"ext4-large", ext4_large},  {"btrfs", btrfs_files},
	{"xfs-written", xfs_written}, {"xfs-huge", xfs_huge},	   {"overlay", overlay},
	{"far-pages", far_pages},     {"tmpfile", tmpfile_mapped}, {NULL, NULL},
};
