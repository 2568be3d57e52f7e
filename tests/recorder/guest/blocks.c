/* What happens to bios on their way: merged in front, split, moved from a partition to its disk. */
#include "common.h"
#include "nulls.h"
#include "scenes.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define AT ((size_t)1 << 20)

static int open_disk(const char *name, int flags)
{
	char path[64];
	int fd = -1;

	snprintf(path, sizeof(path), "/dev/%s", name);
	for (int i = 0; i < 100 && fd < 0; i++) {
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0)
			nap(50);
	}
	if (fd < 0)
		fail("no %s", path);
	return fd;
}

static unsigned int kernel_dev(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		fail("fstat");
	return major(st.st_rdev) << 20 | minor(st.st_rdev);
}

static char *buffer(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail("memory");
	return at;
}

/* Four reads that are submitted together, the last of the disk first: each is put in front. */
static void merge_in_front(int fd)
{
	struct iocb cb[4] = {{0}}, *list[4];
	struct io_event done[4];
	aio_context_t ctx = 0;
	char *to = buffer(4 * PAGE);

	for (size_t i = 0; i < 4; i++) {
		cb[i].aio_fildes = (unsigned int)fd;
		cb[i].aio_lio_opcode = IOCB_CMD_PREAD;
		cb[i].aio_buf = (uintptr_t)(to + i * PAGE);
		cb[i].aio_nbytes = PAGE;
		cb[i].aio_offset = (long long)(AT + (3 - i) * PAGE);
		list[i] = &cb[i];
	}
	if (syscall(SYS_io_setup, 4, &ctx) < 0 || syscall(SYS_io_submit, ctx, 4, list) != 4 ||
	    syscall(SYS_io_getevents, ctx, 4, 4, done, NULL) != 4)
		fail("AIO");
	syscall(SYS_io_destroy, ctx);
	munmap(to, 4 * PAGE);
}

static void read_split(const char *disk, int fd)
{
	char *to = buffer(4 * PAGE);

	null_attr(disk, "max_sectors_kb", "4");
	if (pread(fd, to, 4 * PAGE, (off_t)(2 * AT)) != (ssize_t)(4 * PAGE))
		fail("pread");
	munmap(to, 4 * PAGE);
}

/* partition DISK PARTITION SECTOR; then its pages 2 and 3 are read. */
static void read_partition(const char *disk, int whole)
{
	struct blkpg_partition part = {
		.start = (long long)(4 * AT), .length = (long long)AT, .pno = 1};
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_ADD_PARTITION, .datalen = sizeof(part), .data = &part};
	char name[64], *to = buffer(2 * PAGE);
	int fd;

	if (ioctl(whole, BLKPG, &arg) < 0)
		fail("no partition");
	snprintf(name, sizeof(name), "%s%s1", disk, disk[strlen(disk) - 1] <= '9' ? "p" : "");
	fd = open_disk(name, O_RDONLY);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	if (pread(fd, to, 2 * PAGE, 2 * PAGE) != (ssize_t)(2 * PAGE))
		fail("pread");
	note("partition %u %u %zu\n", kernel_dev(whole), kernel_dev(fd), 4 * AT / 512);
	munmap(to, 2 * PAGE);
}

void scene_blocks(void)
{
	const char *disk = null_disk("works", NULL);
	int fd = open_disk(disk, O_RDONLY | O_DIRECT);

	merge_in_front(fd);
	read_split(disk, fd);
	read_partition(disk, fd);
}
