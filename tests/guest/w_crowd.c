/*
 * For measuring: 10,000 threads stuck on one disk that completes nothing and takes
 * 2,046 requests for each of two CPUs. Half of them touch a page, half read past the cache.
 */
#include "disk_io.h"
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROCESSES 100
#define THREADS 100
#define STACK (64 << 10)

static char disk[DISK_NAME + 8];
static char *map;
static size_t first;
/* A fault that is stuck may keep the address space from growing: first all threads are made. */
static pthread_barrier_t made;

static void *touch(void *arg)
{
	pthread_barrier_wait(&made);
	read_pages(map, (size_t)arg, 1);
	fail("the page came");
	return NULL;
}

static void *read_direct(void *arg)
{
	int fd = must_open(disk, O_RDONLY | O_DIRECT);
	void *buffer;

	if (posix_memalign(&buffer, PAGE, PAGE))
		fail("no memory");
	pthread_barrier_wait(&made);
	if (pread(fd, buffer, PAGE, (off_t)((size_t)arg * PAGE)) != -1)
		fail("the read came back");
	return NULL;
}

/* No two pages lie side by side: each is a request of its own. */
static void start_threads(void)
{
	pthread_attr_t attrs;
	pthread_t thread;

	pthread_barrier_init(&made, NULL, THREADS + 1);
	pthread_attr_init(&attrs);
	pthread_attr_setstacksize(&attrs, STACK);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread, &attrs, i % 2 ? touch : read_direct,
				   (void *)(2 * (first + i))))
			fail("thread %zu", first + i);
	pthread_barrier_wait(&made);
}

static void crowd(void)
{
	char name[DISK_NAME];
	struct gate gate;

	find_disk("nvme", NULL, 0, name);
	snprintf(disk, sizeof(disk), "/dev/%s", name);
	never_time_out(name);
	printf("%s\n", MARK_THROTTLE);
	io_until_stuck(name);
	map = map_path(disk, 0, (size_t)2 * PROCESSES * THREADS * PAGE, PROT_READ, MAP_SHARED);
	advise(map, 0, (size_t)2 * PROCESSES * THREADS, MADV_RANDOM);
	gate_init(&gate);
	for (size_t i = 0; i < PROCESSES; i++) {
		if (fork_as("crowd") == 0) {
			first = i * THREADS;
			start_threads();
			gate_open(&gate);
			sleep_forever();
		}
		gate_wait(&gate);
	}
	nap(5000);
	report_ready();
}

const struct scenario crowd_scenarios[] = {
	{"crowd", crowd},
	{NULL, NULL},
};
