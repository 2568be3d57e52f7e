/* Entries that keep a mark instead of a page; mappings of unusual kinds. */
#include "workload.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the headers of an older system lack. */
#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#define OUR_GUARD_INSTALL 102  /* 6.13 */
#define OUR_MAP_DROPPABLE 0x08 /* 6.11 */
#define OUR_SYS_MEMFD_SECRET 447
#define OUR_SYS_MSEAL 462		     /* 6.10 */
#define OUR_UFFD_WP_UNPOPULATED (1ULL << 13) /* 6.4 */
#define OUR_UFFD_POISON (1ULL << 14)	     /* 6.6 */
struct our_uffdio_poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};
#define OUR_UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct our_uffdio_poison)

/* ---- memory failure ---- */

static void survive(int sig)
{
	(void)sig;
}

/* Pages whose memory is said to be broken: anonymous, tmpfs. */
static void hwpoison(void)
{
	char *map = map_anon(8 * PAGE, PROT_RW, MAP_PRIVATE);
	int fd = make_file("/shm/broken.dat", 8 * PAGE);
	char *file = map_fd(fd, 0, 8 * PAGE, PROT_RW, MAP_SHARED);

	signal(SIGBUS, survive);
	advise(map, 0, 8, MADV_NOHUGEPAGE);
	write_pages(map, 0, 8);
	write_pages(file, 0, 8);
	drain_lru();
	if (madvise(map + 2 * PAGE, 2 * PAGE, MADV_HWPOISON) < 0) {
		printf("hwpoison: not in this kernel\n");
	} else {
		note_entries("hwpoison", map + 2 * PAGE, 2);
		advise(file, 5, 1, MADV_HWPOISON);
		note_entries("hwpoison", file + 5 * PAGE, 1);
		/* Whoever touches it dies. */
		note_pages("untouchable", fd, 5, 1);
	}
	report_ready();
}

/* ---- markers ---- */

static void guard(void)
{
	char *map = map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE);
	char *file = map_path("/mnt/data/base.dat", 0, 16 * PAGE, PROT_READ, MAP_SHARED);

	advise(map, 0, 32, MADV_NOHUGEPAGE);
	write_pages(map, 0, 16);
	read_pages(file, 0, 8);
	if (madvise(map + 12 * PAGE, 8 * PAGE, OUR_GUARD_INSTALL) < 0)
		printf("guard: not in this kernel\n");
	else
		note_entries("guard", map + 12 * PAGE, 8);
	if (madvise(file + 6 * PAGE, 4 * PAGE, OUR_GUARD_INSTALL) < 0)
		printf("guard: not for files in this kernel\n");
	else
		note_entries("guard", file + 6 * PAGE, 4);
	report_ready();
}

/* A userfaultfd with those of the wanted features that there are; *has tells which. */
static int open_uffd(uint64_t wanted, uint64_t *has)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		fail("userfaultfd");
	close(fd);
	*has = api.features & wanted;
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	memset(&api, 0, sizeof(api));
	api.api = UFFD_API;
	api.features = *has;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		fail("userfaultfd");
	return fd;
}

static void register_range(int uffd, char *map, size_t pages, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = {(uintptr_t)map, pages * PAGE},
		.mode = mode,
	};

	if (ioctl(uffd, UFFDIO_REGISTER, &reg) < 0)
		fail("UFFDIO_REGISTER");
}

/* Anonymous pages protected before they are there, and pages declared poisoned. */
static void uffd_marks(void)
{
	char *map = map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE);
	char *bad = map_anon(16 * PAGE, PROT_RW, MAP_PRIVATE);
	struct uffdio_writeprotect wp = {
		.range = {(uintptr_t)(map + 4 * PAGE), 16 * PAGE},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	struct our_uffdio_poison poison = {.range = {(uintptr_t)(bad + 2 * PAGE), 3 * PAGE}};
	uint64_t has;
	int uffd = open_uffd(
		UFFD_FEATURE_PAGEFAULT_FLAG_WP | OUR_UFFD_WP_UNPOPULATED | OUR_UFFD_POISON, &has);

	advise(map, 0, 32, MADV_NOHUGEPAGE);
	advise(bad, 0, 16, MADV_NOHUGEPAGE);
	write_pages(map, 0, 8);
	register_range(uffd, bad, 16, UFFDIO_REGISTER_MODE_MISSING);
	if (has & UFFD_FEATURE_PAGEFAULT_FLAG_WP) {
		register_range(uffd, map, 32, UFFDIO_REGISTER_MODE_WP);
		if (ioctl(uffd, UFFDIO_WRITEPROTECT, &wp) < 0)
			fail("UFFDIO_WRITEPROTECT");
	} else {
		/* arm64 before 6.10. */
		printf("uffd-marks: no write protection in this kernel\n");
	}
	if (has & OUR_UFFD_WP_UNPOPULATED)
		note_entries("uffd-wp-marker", map + 8 * PAGE, 12);
	if (!(has & OUR_UFFD_POISON))
		printf("uffd-marks: no poison in this kernel\n");
	else if (ioctl(uffd, OUR_UFFDIO_POISON, &poison) < 0)
		fail("UFFDIO_POISON");
	else
		note_entries("poisoned", bad + 2 * PAGE, 3);
	report_ready();
}

/* ---- mappings ---- */

/* Sealed; droppable; secret: out of the kernel's own map; freed lazily. */
static void odd_mappings(void)
{
	char *sealed = map_anon(8 * PAGE, PROT_RW, MAP_PRIVATE);
	char *lazy = map_anon(16 * PAGE, PROT_RW, MAP_PRIVATE);
	char *map = mmap(NULL, 8 * PAGE, PROT_RW, MAP_ANONYMOUS | OUR_MAP_DROPPABLE, -1, 0);
	int fd = (int)syscall(OUR_SYS_MEMFD_SECRET, 0);

	advise(lazy, 0, 16, MADV_NOHUGEPAGE);
	write_pages(lazy, 0, 16);
	drain_lru();
	advise(lazy, 4, 8, MADV_FREE);
	write_pages(lazy, 6, 1);
	write_pages(sealed, 0, 4);
	if (syscall(OUR_SYS_MSEAL, sealed, 8 * PAGE, 0) < 0)
		printf("odd-mappings: no seals in this kernel\n");
	if (map == MAP_FAILED)
		printf("odd-mappings: nothing droppable in this kernel\n");
	else
		write_pages(map, 0, 4);
	if (fd < 0 || ftruncate(fd, 8 * PAGE) < 0)
		printf("odd-mappings: nothing secret in this kernel\n");
	else
		write_pages(map_fd(fd, 0, 8 * PAGE, PROT_RW, MAP_SHARED), 0, 4);
	report_ready();
}

const struct scenario marks_scenarios[] = {
	{"hwpoison", hwpoison},		{"guard", guard}, {"uffd-marks", uffd_marks},
	{"odd-mappings", odd_mappings}, {NULL, NULL},
};
