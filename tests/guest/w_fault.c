/*
 * Threads that wait in page faults of every kind: on pages of the disk that stands
 * still (so this comes after w_slow.c), and on a userfaultfd that nobody answers.
 */
#include "workload.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_PAGES 256

/* One thread and the page that it touches, which is one of the file unless that is -1. */
struct toucher {
	void (*touch)(char *page);
	const char *access, *call;
	int prot, flags;
	long file_page;
	char state; /* in which it comes to rest */
	char *page;
	atomic_int tid;
};

static void touch_write(char *page)
{
	*(volatile char *)(page + 5) = 1;
}

static void touch_exec(char *page)
{
	((void (*)(void))(uintptr_t)page)();
}

/* The kernel touches it. */
static void touch_by_write(char *page)
{
	int fds[2];

	if (pipe(fds) < 0 || write(fds[1], page + 7, 1) != 1)
		fail("write to a pipe");
}

/* The kernel asks for the page without touching it. */
static void touch_by_mlock(char *page)
{
	if (mlock(page, PAGE) < 0)
		fail("mlock");
}

static void touch_read(char *page)
{
	(void)*(volatile char *)(page + 9);
}

/* No two of a file lie in one readahead window of 32 pages. */
static struct toucher touchers[] = {
	{touch_write, "write", "-", PROT_RW, MAP_PRIVATE, 160, 'D', NULL, 0},
	{touch_exec, "exec", "-", PROT_READ | PROT_EXEC, MAP_PRIVATE, 192, 'D', NULL, 0},
	{touch_by_write, "read", "write", PROT_READ, MAP_SHARED, 224, 'D', NULL, 0},
	{touch_by_mlock, "read", "mlock", PROT_READ, MAP_SHARED, 88, 'D', NULL, 0},
	{touch_read, "read", "-", PROT_RW, MAP_PRIVATE, -1, 'S', NULL, 0},
};

#define N_TOUCHERS (sizeof(touchers) / sizeof(touchers[0]))

static void *run(void *arg)
{
	struct toucher *t = arg;

	atomic_store(&t->tid, (int)syscall(SYS_gettid));
	t->touch(t->page);
	fail("the page came");
	return NULL;
}

/* Memory whose pages are to come from whoever reads the userfaultfd. */
static char *map_unanswered(void)
{
	char *map = map_anon(4 * PAGE, PROT_RW, MAP_PRIVATE);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {
		.range = {(uintptr_t)map, 4 * PAGE},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &reg) < 0)
		fail("userfaultfd");
	return map + 2 * PAGE;
}

/* Each thread has a mapping of its own: all of the file, so page numbers differ from 0. */
static void start(struct toucher *t, int fd)
{
	pthread_t thread;
	char task[16];

	if (t->file_page < 0)
		t->page = map_unanswered();
	else
		t->page = map_fd(fd, 16 * PAGE, (FILE_PAGES - 16) * PAGE, t->prot, t->flags) +
			  (t->file_page - 16) * (long)PAGE;
	if (pthread_create(&thread, NULL, run, t))
		fail("thread");
	while (!atomic_load(&t->tid))
		nap(10);
	snprintf(task, sizeof(task), "%d", atomic_load(&t->tid));
	await_state(task, t->state);
	note_fault(atomic_load(&t->tid), t->page, t->access, t->call, t->file_page);
	if (t->file_page >= 0)
		note_pages("reading", fd, (size_t)t->file_page, 1);
}

static void slow_faults(void)
{
	int fd = must_open("/slow/read.dat", O_RDWR);

	for (size_t i = 0; i < N_TOUCHERS; i++)
		start(&touchers[i], fd);
	report_ready();
}

const struct scenario fault_scenarios[] = {
	{"slow-faults", slow_faults},
	{NULL, NULL},
};
