#include "disk_io.h"
#include "workload.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 256
#define STACK ((size_t)64 << 10)
#define RANGE ((size_t)64 << 10) /* of what is not one page */
#define BATCH 64		 /* of io_submit(2) */

struct io {
	char disk[DISK_NAME];
	enum io_kind kind;
	uint64_t sector;
	bool loops; /* until it is stuck */
	atomic_int tid, done;
};

static struct io ios[THREADS];
static int n_ios;
/* All read into it and write from it. */
static char buffer[64 << 10] __attribute__((aligned(4096)));

void note(const char *fmt, ...)
{
	int fd = must_open(NOTES, O_WRONLY | O_APPEND);
	va_list args;

	va_start(args, fmt);
	vdprintf(fd, fmt, args);
	va_end(args);
	close(fd);
}

void disk_attr(const char *disk, const char *attr, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", disk, attr);
	/* A disk is there before its queue is, and before that can be changed. */
	for (int i = 0; i < 100; i++) {
		if (!try_write(path, value))
			return;
		nap(50);
	}
	must_write(path, value);
}

void never_time_out(const char *disk)
{
	disk_attr(disk, "queue/io_timeout", "100000000");
}

static int has_vendor(const char *disk, const char *vendor)
{
	char path[128], text[32] = "";
	int fd;

	if (!vendor)
		return 1;
	snprintf(path, sizeof(path), "/sys/block/%.31s/device/vendor", disk);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, vendor, strlen(vendor));
}

/* In the order of their names. */
static int look_for_disk(const char *prefix, const char *vendor, int nth, char name[DISK_NAME])
{
	struct dirent **list;
	int n = scandir("/sys/block", &list, NULL, alphasort), found = 0;
	char path[64];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/dev/%.31s", list[i]->d_name);
		if (!strncmp(list[i]->d_name, prefix, strlen(prefix)) &&
		    has_vendor(list[i]->d_name, vendor) && !access(path, F_OK) && found++ == nth)
			snprintf(name, DISK_NAME, "%.31s", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return found > nth;
}

void find_disk(const char *prefix, const char *vendor, int nth, char name[DISK_NAME])
{
	for (int i = 0; i < 200; i++) {
		if (look_for_disk(prefix, vendor, nth, name))
			return;
		nap(50);
	}
	fail("no disk %s number %d", prefix, nth);
}

static int open_disk(const char *disk, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", disk);
	return must_open(path, flags);
}

void add_partition(const char *disk, uint64_t start, uint64_t bytes, char name[DISK_NAME])
{
	struct blkpg_partition part = {
		.start = (long long)start, .length = (long long)bytes, .pno = 1};
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_ADD_PARTITION, .datalen = sizeof(part), .data = &part};
	int fd = open_disk(disk, O_RDONLY), digit = disk[strlen(disk) - 1] <= '9';

	if (ioctl(fd, BLKPG, &arg) < 0)
		fail("no partition on %s", disk);
	close(fd);
	snprintf(name, DISK_NAME, "%.28s%s1", disk, digit ? "p" : "");
	for (int i = 0; i < 100; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/dev/%s", name);
		if (!access(path, F_OK))
			return;
		nap(50);
	}
	fail("no device %s", name);
}

/* ---- notes ---- */

static uint64_t bytes_of(enum io_kind kind)
{
	switch (kind) {
	case IO_FLUSH:
		return 0;
	case IO_DISCARD:
	case IO_ZEROES:
	case IO_BIG_READ:
	case IO_BIG_WRITE:
		return RANGE;
	default:
		return PAGE;
	}
}

static void note_io(const char *disk, enum io_kind kind, uint64_t sector, uint64_t step, int count)
{
	static const char *const ops[] = {"READ",	  "WRITE", "WRITE", "WRITE", "DISCARD",
					  "WRITE_ZEROES", "READ",  "WRITE", "READ"};

	note("io %s %s %lu %lu %d %lu\n", disk, ops[kind], (unsigned long)sector,
	     (unsigned long)bytes_of(kind), count, (unsigned long)step);
	if (kind == IO_FLUSH)
		note("flush %s %d\n", disk, count);
}

/* ---- threads ---- */

static int do_io(int fd, const struct io *io)
{
	uint64_t range[2] = {io->sector * SECTOR, bytes_of(io->kind)};
	off_t at = (off_t)range[0];
	size_t len = range[1];

	switch (io->kind) {
	case IO_CACHED_READ:
		if (posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM))
			return 0;
		return pread(fd, buffer, len, at) == (ssize_t)len;
	case IO_READ:
	case IO_BIG_READ:
		return pread(fd, buffer, len, at) == (ssize_t)len;
	case IO_WRITE:
	case IO_WRITE_FUA:
	case IO_BIG_WRITE:
		return pwrite(fd, buffer, len, at) == (ssize_t)len;
	case IO_FLUSH:
		return !fsync(fd);
	default:
		return !ioctl(fd, io->kind == IO_DISCARD ? BLKDISCARD : BLKZEROOUT, range);
	}
}

static void *run_io(void *arg)
{
	struct io *io = arg;
	int direct = io->kind == IO_CACHED_READ ? 0 : O_DIRECT;
	int fd = open_disk(io->disk, O_RDWR | direct | (io->kind == IO_WRITE_FUA ? O_DSYNC : 0));

	atomic_store(&io->tid, (int)syscall(SYS_gettid));
	do {
		if (!do_io(fd, io))
			fail("operation %d on %s", io->kind, io->disk);
		atomic_fetch_add(&io->done, 1);
	} while (io->loops);
	fail("operation %d on %s came back", io->kind, io->disk);
}

static struct io *start_io(const char *disk, enum io_kind kind, uint64_t sector, bool loops)
{
	struct io *io = &ios[n_ios++];
	pthread_attr_t attr;
	pthread_t thread;

	if (n_ios == THREADS)
		fail("more than %d threads", THREADS);
	snprintf(io->disk, sizeof(io->disk), "%s", disk);
	io->kind = kind;
	io->sector = sector;
	io->loops = loops;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	if (pthread_create(&thread, &attr, run_io, io))
		fail("thread");
	pthread_attr_destroy(&attr);
	while (!atomic_load(&io->tid))
		nap(1);
	note("io-thread %d %s\n", atomic_load(&io->tid), disk);
	return io;
}

void io_thread(const char *disk, enum io_kind kind, uint64_t sector)
{
	io_threads(disk, kind, sector, 0, 1);
}

void io_threads(const char *disk, enum io_kind kind, uint64_t sector, uint64_t step, int count)
{
	note_io(disk, kind, sector, step, count);
	for (int i = 0; i < count; i++)
		start_io(disk, kind, sector + (uint64_t)i * step, false);
}

void io_same_page(const char *disk, uint64_t sector)
{
	struct io *reader, *waiter;

	note_io(disk, IO_CACHED_READ, sector, 0, 1);
	reader = start_io(disk, IO_CACHED_READ, sector, false);
	io_await();
	waiter = start_io(disk, IO_CACHED_READ, sector, false);
	note("in-hand %d %d\n", atomic_load(&waiter->tid), atomic_load(&reader->tid));
}

void io_until_stuck(const char *disk)
{
	struct io *io = start_io(disk, IO_READ, 0, true);
	int before;

	note_io(disk, IO_READ, 0, 0, 1);
	do {
		before = atomic_load(&io->done);
		nap(2000);
	} while (atomic_load(&io->done) != before);
}

static int all_stuck(void)
{
	char task[16];

	for (int i = 0; i < n_ios; i++) {
		snprintf(task, sizeof(task), "%d", atomic_load(&ios[i].tid));
		if (task_state(task) != 'D')
			return 0;
	}
	return 1;
}

void io_await(void)
{
	for (int i = 0; i < 200; i++) {
		if (all_stuck()) {
			nap(500);
			if (all_stuck())
				return;
		}
		nap(50);
	}
	for (int i = 0; i < n_ios; i++)
		printf("workload: operation %d on %s: %d done\n", ios[i].kind, ios[i].disk,
		       atomic_load(&ios[i].done));
	fail("not all operations get stuck");
}

/* ---- without threads ---- */

static void submit(aio_context_t ctx, struct iocb *batch, int n)
{
	struct iocb *list[BATCH];

	for (int i = 0; i < n; i++)
		list[i] = &batch[i];
	if (syscall(SYS_io_submit, ctx, n, list) != n)
		fail("io_submit");
}

void io_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu < 0 || cpu == 0)
		CPU_SET(0, &set);
	if (cpu < 0 || cpu == 1)
		CPU_SET(1, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		fail("no CPU %d", cpu);
}

void io_async(const char *disk, enum io_kind kind, uint64_t sector, uint64_t step, int count,
	      int cpu)
{
	int fd = open_disk(disk, O_RDWR | O_DIRECT), n;
	struct iocb batch[BATCH];
	aio_context_t ctx = 0;

	io_cpu(cpu);
	note_io(disk, kind, sector, step, count);
	if (syscall(SYS_io_setup, count, &ctx) < 0)
		fail("io_setup");
	for (int done = 0; done < count; done += n) {
		n = count - done < BATCH ? count - done : BATCH;
		memset(batch, 0, sizeof(batch));
		for (int i = 0; i < n; i++) {
			batch[i].aio_lio_opcode = kind == IO_READ || kind == IO_BIG_READ
							  ? IOCB_CMD_PREAD
							  : IOCB_CMD_PWRITE;
			batch[i].aio_fildes = (uint32_t)fd;
			batch[i].aio_buf = (uint64_t)(uintptr_t)buffer;
			batch[i].aio_nbytes = bytes_of(kind);
			batch[i].aio_offset =
				(int64_t)((sector + (uint64_t)(done + i) * step) * SECTOR);
		}
		submit(ctx, batch, n);
	}
	io_cpu(-1);
}
