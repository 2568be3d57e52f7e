/* Many mappings, soft-dirty tracking, userfaultfd write protection. */
#include "workload.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Neighbours differ in protection or in offset, so none can be joined. */
static void many_vmas(void)
{
	char *map = map_anon(400 * PAGE, PROT_RW, MAP_PRIVATE);
	int fd = must_open("/mnt/data/base.dat", O_RDONLY);

	advise(map, 0, 400, MADV_NOHUGEPAGE);
	write_pages(map, 0, 400);
	for (size_t i = 0; i < 400; i += 2)
		if (mprotect(map + i * PAGE, PAGE, PROT_READ) < 0)
			fail("mprotect");
	map = map_anon(300 * PAGE, PROT_NONE, MAP_PRIVATE);
	for (size_t i = 0; i < 300; i++)
		if (mmap(map + i * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			 (off_t)((i * 7 % 1024) * PAGE)) == MAP_FAILED)
			fail("mmap");
	for (size_t i = 0; i < 300; i += 3)
		read_pages(map, i, 1);
	report_ready();
}

/* All pages are cleared of soft-dirty, then a few written again. */
static void soft_dirty(void)
{
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);
	char *fresh;

	advise(map, 0, 64, MADV_NOHUGEPAGE);
	write_pages(map, 0, 48);
	must_write("/proc/self/clear_refs", "4");
	write_pages(map, 10, 5);
	write_pages(map, 50, 2);
	fresh = map_fd(-1, 0, 8 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
	read_pages(fresh, 0, 2);
	report_ready();
}

static int wp_register(int uffd, char *map, size_t pages)
{
	struct uffdio_register reg = {
		.range = {(uintptr_t)map, pages * PAGE},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &reg);
}

static void wp_protect(int uffd, char *map, size_t first, size_t count)
{
	struct uffdio_writeprotect wp = {
		.range = {(uintptr_t)(map + first * PAGE), count * PAGE},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(uffd, UFFDIO_WRITEPROTECT, &wp) < 0)
		printf("uffd-wp: cannot protect %zu+%zu\n", first, count);
}

/*
 * Write-protected anonymous pages, and where the kernel can do it a tmpfs file:
 * protecting its unmapped pages leaves markers in the page table.
 */
static void uffd_wp(void)
{
	char *map = map_anon(32 * PAGE, PROT_RW, MAP_PRIVATE);
	int fd = make_file("/shm/wp.dat", 32 * PAGE);
	char *file = map_fd(fd, 0, 32 * PAGE, PROT_RW, MAP_SHARED);
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = {.api = UFFD_API};

	advise(map, 0, 32, MADV_NOHUGEPAGE);
	write_pages(map, 0, 24);
	write_pages(file, 0, 16);
	if (uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0) {
		if (wp_register(uffd, map, 32) == 0)
			wp_protect(uffd, map, 0, 8);
		if (wp_register(uffd, file, 32) == 0)
			wp_protect(uffd, file, 8, 16);
	}
	report_ready();
}

const struct scenario vma_scenarios[] = {
	{"many-vmas", many_vmas},
	{"soft-dirty", soft_dirty},
	{"uffd-wp", uffd_wp},
	{NULL, NULL},
};
