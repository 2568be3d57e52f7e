/*
 * Touches after the dump that do not come back at once, or whose entries were marked:
 * userfaultfd, pages that a disk is reading, NUMA balancing.
 */
#include "touch.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- userfaultfd ---- */

static struct place registered(uint64_t mode)
{
	struct place p = {.pages = 16};
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.mode = mode};
	struct uffdio_writeprotect protect = {.mode = UFFDIO_WRITEPROTECT_MODE_WP};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	p.map = map_anon(p.pages * PAGE, PROT_RW, MAP_PRIVATE);
	reg.range.start = protect.range.start = (uintptr_t)p.map;
	reg.range.len = p.pages * PAGE;
	protect.range.len = p.pages / 2 * PAGE;
	advise(p.map, 0, p.pages, MADV_NOHUGEPAGE);
	write_pages(p.map, 0, p.pages / 2);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &reg) < 0)
		fail("userfaultfd");
	if (mode == UFFDIO_REGISTER_MODE_WP && ioctl(fd, UFFDIO_WRITEPROTECT, &protect) < 0)
		fail("userfaultfd write protection");
	return p;
}

/* i386 has no room in its entries for the mark. */
static int can_protect(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		fail("userfaultfd");
	close(fd);
	return (api.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP) != 0;
}

static void plan_uffd(const char *name, uint64_t mode, char op, size_t page, int stuck)
{
	struct place p = registered(mode);

	touch_plan(&p, name, op, page, 1);
	if (stuck)
		touch_in_thread();
}

/* Nobody reads the userfaultfd: who waits for it does so for ever. */
static void touch_uffd(void)
{
	touch_init();
	plan_uffd("uffd-present", UFFDIO_REGISTER_MODE_MISSING, 'w', 3, 0);
	plan_uffd("uffd-missing-read", UFFDIO_REGISTER_MODE_MISSING, 'r', 10, 1);
	plan_uffd("uffd-missing-write", UFFDIO_REGISTER_MODE_MISSING, 'w', 12, 1);
	if (can_protect()) {
		plan_uffd("uffd-wp-read", UFFDIO_REGISTER_MODE_WP, 'r', 3, 0);
		plan_uffd("uffd-wp-new", UFFDIO_REGISTER_MODE_WP, 'w', 12, 0);
		plan_uffd("uffd-wp-write", UFFDIO_REGISTER_MODE_WP, 'w', 4, 1);
	}
	touch_run("touch-uffd", NULL);
}

/* ---- a disk that is stopped ---- */

static int stoppable;

static void start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		fail("thread");
}

/* The throttling by which the host stops a disk ends when it stops the guest for the dump. */
static void mount_stoppable(void)
{
	if (umount("/slow") < 0)
		fail("umount");
	stoppable = stoppable_make("/dev/slow");
	if (mount(STOPPABLE, "/slow", "ext4", MS_NOATIME, "noinit_itable") < 0)
		fail("mount of %s", STOPPABLE);
}

static void release_disk(void)
{
	stoppable_go(stoppable);
}

static _Noreturn void read_one(const char *path, size_t page)
{
	int fd = must_open(path, O_RDONLY);
	char byte;

	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	if (pread(fd, &byte, 1, (off_t)(page * PAGE)) != 1)
		fail("read");
	fail("the page came");
}

/*
 * This page, and only this one, is being read; and whoever began that is gone, so that
 * nobody else waits for it. (Readahead the stopped device would refuse.)
 */
static void begin_read(const char *name, size_t page)
{
	char path[64], task[16];
	pid_t pid;

	snprintf(path, sizeof(path), "/slow/%s", name);
	pid = fork_as("touch-reader");
	if (pid == 0)
		read_one(path, page);
	snprintf(task, sizeof(task), "%d", pid);
	await_state(task, 'D');
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Each touch has a file of its own. */
static void plan_slow(const char *name, int prot, int flags, char op, size_t page)
{
	struct place p = {.pages = 64};
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/slow/%s", name);
	fd = must_open(path, O_RDWR);
	p.map = map_fd(fd, 0, p.pages * PAGE, prot, flags);
	place_probe(&p, fd);
	touch_plan(&p, name, op, page, 1);
}

struct slow_case {
	const char *name;
	int prot, flags;
	char op;
	size_t page, reading;
};

static const struct slow_case slow_cases[] = {
	/* The neighbour that is being read is not mapped with it. */
	{"slow-near", PROT_READ, MAP_SHARED, 'r', 20, 22},
	{"slow-wait", PROT_READ, MAP_SHARED, 'r', 30, 30},
	{"slow-wait-write", PROT_RW, MAP_SHARED, 'w', 30, 30},
	{"slow-wait-copy", PROT_RW, MAP_PRIVATE, 'w', 30, 30},
};

static void make_slow_file(const struct slow_case *c)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/slow/%s", c->name);
	fd = touch_make_file(path, 64, 0);
	fsync(fd);
	drain_lru();
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (int i = 16; i < 24; i++)
		if (i != (int)c->reading && pread(fd, (char[8]){0}, 8, i * (off_t)PAGE) != 8)
			fail("read");
	close(fd);
}

static void touch_slow(void)
{
	touch_init();
	mount_stoppable();
	for (size_t i = 0; i < ARRAY_SIZE(slow_cases); i++)
		make_slow_file(&slow_cases[i]);
	stoppable_stop(stoppable);
	for (size_t i = 0; i < ARRAY_SIZE(slow_cases); i++)
		begin_read(slow_cases[i].name, slow_cases[i].reading);
	for (size_t i = 0; i < ARRAY_SIZE(slow_cases); i++) {
		const struct slow_case *c = &slow_cases[i];

		plan_slow(c->name, c->prot, c->flags, c->op, c->page);
		if (c->page == c->reading)
			touch_in_thread();
	}
	touch_run("touch-slow", release_disk);
}

/* ---- NUMA balancing ---- */

static void *second_thread(void *arg)
{
	(void)arg;
	sleep_forever();
}

static struct place hinted_anon(void)
{
	struct place p = {.pages = 16};

	/* The advice and the hole keep two from being one mapping. */
	p.map = map_anon(2 * p.pages * PAGE, PROT_RW, MAP_PRIVATE) + p.pages * PAGE;
	munmap(p.map - p.pages * PAGE, p.pages * PAGE);
	advise(p.map, 0, p.pages, MADV_NOHUGEPAGE);
	write_pages(p.map, 0, p.pages);
	return p;
}

static struct place hinted_file(void)
{
	struct place p = {.pages = 64};

	p.map = map_path("/mnt/data/locked.dat", 128 * PAGE, p.pages * PAGE, PROT_RW, MAP_SHARED);
	read_pages(p.map, 0, p.pages);
	return p;
}

static void hinted_process(void)
{
	struct place read = hinted_anon(), write = hinted_anon(), file = hinted_file();

	drain_lru();
	start_thread(second_thread, NULL);
	numa_scan();
	touch_init();
	touch_plan(&read, "numa-read", 'r', 8, 1);
	touch_plan(&write, "numa-write", 'w', 8, 1);
	touch_plan(&file, "numa-file-read", 'r', 20, 1);
	touch_run("touch-numa", NULL);
}

static void touch_numa(void)
{
	if (access("/proc/sys/kernel/numa_balancing", F_OK) < 0) {
		printf("touch-numa: not in this kernel\n");
		report_ready();
		return;
	}
	numa_begin();
	if (fork_as("touch-hinted") == 0)
		hinted_process();
}

const struct scenario touch_wait_scenarios[] = {
	{"touch-uffd", touch_uffd},
	{"touch-numa", touch_numa},
	{"touch-slow", touch_slow},
	{NULL, NULL},
};
