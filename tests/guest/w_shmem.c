/* tmpfs, memfd, shared anonymous memory, System V segments, huge tmpfs. */
#include "workload.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif

/* A tmpfs file with holes; a second process maps other pages of it. */
static void shm_file(void)
{
	int fd = make_file("/shm/shared.dat", 256 * PAGE);
	char *map = map_fd(fd, 0, 256 * PAGE, PROT_RW, MAP_SHARED);
	struct gate gate;

	write_pages(map, 0, 32);
	write_pages(map, 128, 16);
	gate_init(&gate);
	if (fork_as("shm-peer") == 0) {
		map = map_path("/shm/shared.dat", 64 * PAGE, 128 * PAGE, PROT_READ, MAP_PRIVATE);
		read_pages(map, 60, 8);
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

static void shm_nameless(void)
{
	int fd = memfd_create("a-memfd", MFD_CLOEXEC);
	char *map;
	int id;

	if (fd < 0 || ftruncate(fd, 32 * PAGE) < 0)
		fail("memfd");
	write_pages(map_fd(fd, 0, 32 * PAGE, PROT_RW, MAP_SHARED), 4, 8);
	map = map_anon(32 * PAGE, PROT_RW, MAP_SHARED);
	write_pages(map, 0, 4);
	read_pages(map, 8, 4);
	id = shmget(IPC_PRIVATE, 16 * PAGE, IPC_CREAT | 0600);
	if (id < 0)
		fail("shmget");
	map = shmat(id, NULL, 0);
	if ((intptr_t)map == -1)
		fail("shmat");
	write_pages(map, 0, 3);
	report_ready();
}

/* Huge pages in tmpfs: one whole mapping, and one of base pages only. */
static void shm_huge(void)
{
	int fd = make_file("/hugeshm/huge.dat", 2 * HUGE_PAGE);
	char *map = map_fd(fd, 0, 2 * HUGE_PAGE, PROT_RW, MAP_SHARED);
	char *part = map_fd(fd, 3 * PAGE, 64 * PAGE, PROT_READ, MAP_SHARED);

	advise(map, 0, 1024, MADV_HUGEPAGE);
	write_pages(map, 0, 1);
	write_pages(map, 700, 1);
	read_pages(part, 0, 20);
	report_ready();
}

/* hugetlb pages exist only where the kernel was booted with some. */
static void hugetlb(void)
{
	char *map = mmap(NULL, 2 * HUGE_PAGE, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
			 -1, 0);
	int fd = open("/hugetlb/huge.dat", O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (map != MAP_FAILED)
		write_pages(map, 0, 1);
	if (fd >= 0 && ftruncate(fd, 2 * HUGE_PAGE) == 0) {
		map = mmap(NULL, 2 * HUGE_PAGE, PROT_RW, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			write_pages(map, 512, 1);
	}
	report_ready();
}

/*
 * Windows onto a shared tmpfs file in another order than the file's: nonlinear
 * before Linux 4.0, separate mappings after.
 */
static void nonlinear(void)
{
	int fd = make_file("/shm/windows.dat", 64 * PAGE);
	char *map = map_fd(fd, 0, 64 * PAGE, PROT_RW, MAP_SHARED);

	write_pages(map, 0, 48);
	for (size_t i = 0; i < 16; i++)
		if (remap_file_pages(map + i * PAGE, PAGE, 0, 47 - 3 * i, 0))
			fail("remap_file_pages");
	if (remap_file_pages(map + 32 * PAGE, 8 * PAGE, 0, 4, 0))
		fail("remap_file_pages");
	report_ready();
}

const struct scenario shmem_scenarios[] = {
	{"shm-file", shm_file}, {"shm-nameless", shm_nameless}, {"shm-huge", shm_huge},
	{"hugetlb", hugetlb},	{"nonlinear", nonlinear},	{NULL, NULL},
};
