/*
 * A disk that stands still: pages under writeback, dirty, and being read, and
 * the tasks that wait for them. Comes last: nothing else may need that disk.
 */
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DISK "/dev/slow"
#define STILL_MS 3000
#define READERS 3 /* with a short queue, these leave no room for all that comes later */

static atomic_int reads_done;

/* Comes to rest in a read that does not return. */
static void *read_disk(void *arg)
{
	int fd = must_open(DISK, O_RDONLY | O_DIRECT);
	void *buffer;

	(void)arg;
	if (posix_memalign(&buffer, PAGE, PAGE))
		fail("no memory");
	for (;;) {
		if (pread(fd, buffer, PAGE, 0) != (ssize_t)PAGE)
			fail("read of %s", DISK);
		atomic_fetch_add(&reads_done, 1);
		nap(20);
	}
}

static void start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		fail("thread");
}

/* Has the host throttle the disk. What it lets pass at first is used up here. */
static void stop_disk(void)
{
	int before;

	for (int i = 0; i < READERS; i++)
		start_thread(read_disk, NULL);
	printf("%s\n", MARK_THROTTLE);
	do {
		before = atomic_load(&reads_done);
		nap(STILL_MS);
	} while (atomic_load(&reads_done) != before);
}

char task_state(const char *task)
{
	char path[64], text[256];
	const char *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/stat", task);
	fd = must_open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

/* Until a task waits, and still does so some time later. */
void await_state(const char *task, char state)
{
	for (int i = 0; i < 200; i++) {
		if (task_state(task) == state) {
			nap(200);
			if (task_state(task) == state)
				return;
		}
		nap(50);
	}
	fail("task %s does not get stuck", task);
}

static atomic_int sync_tid;

static void *sync_file(void *arg)
{
	atomic_store(&sync_tid, (int)syscall(SYS_gettid));
	fsync(*(int *)arg);
	return NULL;
}

/* All of a file under writeback, and a thread that waits for its end. */
static void wait_in_fsync(int fd)
{
	char task[16];

	write_pages(map_fd(fd, 0, 32 * PAGE, PROT_RW, MAP_SHARED), 0, 16);
	start_thread(sync_file, &fd);
	while (!atomic_load(&sync_tid))
		nap(10);
	snprintf(task, sizeof(task), "%d", atomic_load(&sync_tid));
	await_state(task, 'D');
	note_pages("writeback", fd, 0, 16);
}

/* Pages 0-31 are being written, 8-15 of these dirty again; 32-63 are dirty. */
static void write_back_some(int fd, char *map)
{
	write_pages(map, 0, 32);
	if (sync_file_range(fd, 0, 32 * PAGE, SYNC_FILE_RANGE_WRITE) < 0)
		fail("sync_file_range");
	write_pages(map, 8, 8);
	write_pages(map, 32, 32);
	note_pages("writeback", fd, 0, 32);
	note_pages("dirty", fd, 8, 8);
	note_pages("dirty", fd, 32, 32);
}

/* A process that waits for a page of the file which nobody has read yet. */
static void wait_in_fault(int fd, size_t page)
{
	char task[16], *map = map_fd(fd, 0, 256 * PAGE, PROT_READ, MAP_SHARED);
	pid_t pid;

	pid = fork_as("slow-read");
	if (pid == 0) {
		read_pages(map, page, 1);
		fail("the page came");
	}
	note_fault(pid, map + page * PAGE, "read", "-", (long)page);
	munmap(map, 256 * PAGE);
	snprintf(task, sizeof(task), "%d", pid);
	await_state(task, 'D');
	note_pages("reading", fd, page, 1);
}

static void slow_write(void)
{
	int fd = must_open("/slow/write.dat", O_RDWR), sync = must_open("/slow/sync.dat", O_RDWR);
	int stuck = must_open("/slow/read.dat", O_RDONLY);
	char *map = map_fd(fd, 0, 256 * PAGE, PROT_RW, MAP_SHARED);

	/* All that is needed of the disk, but what is to get stuck. */
	read_pages(map, 0, 256);
	read_bytes(sync, 32 * PAGE);
	read_bytes(stuck, PAGE);
	read_pages(map_path(DISK, 0, 16 * PAGE, PROT_READ, MAP_SHARED), 0, 4);
	stop_disk();
	write_back_some(fd, map);
	wait_in_fsync(sync);
	wait_in_fault(stuck, 128);
	report_ready();
}

const struct scenario slow_scenarios[] = {
	{"slow-write", slow_write},
	{NULL, NULL},
};
