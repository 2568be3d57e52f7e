/*
 * The workload of a guest in which mappings change while mmapinfo reads them: processes that
 * map, unmap, move, protect, fork, exec and exit in tight loops, beside truncation, reclaim and
 * caches that are dropped. Called as tests/guest/workload.c is. What may be mapped where is
 * said in churn.h.
 */
#include "common.h"
#include "churn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_SIZE (CHURN_SLOTS * CHURN_LENGTH)
#define THREADS 4

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static struct churn_board *board;
static unsigned int me; /* the number of this process, S */
static int disk_file = -1, shm_file = -1;
static __thread sigjmp_buf beyond_end;
static __thread volatile sig_atomic_t touching;
static __thread uint64_t seed;

static uint64_t random_number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static char *slot_address(unsigned int slot)
{
	return (char *)(uintptr_t)(CHURN_BASE + me * CHURN_RANGE + slot * CHURN_STEP);
}

/* A file that was cut short ends a touch; so does one of what is read-only by now. */
static void on_fault(int signal)
{
	if (!touching)
		_exit(100 + signal);
	siglongjmp(beyond_end, 1);
}

static void touch(volatile char *page, int write)
{
	touching = 1;
	if (sigsetjmp(beyond_end, 1) == 0) {
		if (write)
			*page = 1;
		else
			(void)*page;
	}
	touching = 0;
}

/* ---- what happens to a slot ---- */

static void map_slot(unsigned int slot)
{
	int prot = PROT_READ | (random_number() & 1 ? PROT_WRITE : 0), fd = -1, flags;
	size_t pages = 1 + random_number() % (CHURN_LENGTH / PAGE);
	off_t offset = (off_t)(slot * CHURN_LENGTH);

	switch (slot % 4) {
	case CHURN_ANON:
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
		offset = 0;
		break;
	case CHURN_SHARED:
		flags = MAP_SHARED;
		fd = disk_file;
		break;
	case CHURN_PRIVATE:
		flags = MAP_PRIVATE;
		fd = disk_file;
		break;
	default:
		flags = MAP_SHARED;
		fd = shm_file;
		break;
	}
	mmap(slot_address(slot), pages * PAGE, prot, flags | MAP_FIXED | MAP_NORESERVE, fd, offset);
}

/* In one step: there is no moment at which it is at both places, or at none. */
static void move_slot(unsigned int slot)
{
	char *low = slot_address(slot), *high = slot_address(slot + CHURN_SLOTS);

	if (mremap(low, CHURN_LENGTH, CHURN_LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, high) ==
	    MAP_FAILED)
		mremap(high, CHURN_LENGTH, CHURN_LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, low);
}

static void resize_slot(unsigned int slot)
{
	char *at = slot_address(slot);

	mremap(at, PAGE, (1 + random_number() % (CHURN_LENGTH / PAGE)) * PAGE, 0);
}

static void protect_slot(unsigned int slot)
{
	char *at = slot_address(slot) + random_number() % 8 * PAGE;

	mprotect(at, (1 + random_number() % 8) * PAGE,
		 PROT_READ | (random_number() & 1 ? PROT_WRITE : 0));
}

static void touch_slot(unsigned int slot)
{
	for (int i = 0; i < 8; i++)
		touch(slot_address(slot) + random_number() % (CHURN_LENGTH / PAGE) * PAGE,
		      (int)(random_number() & 1));
}

static void change_slot(unsigned int slot)
{
	switch (random_number() % 8) {
	case 0:
	case 1:
		map_slot(slot);
		break;
	case 2:
		munmap(slot_address(slot), CHURN_LENGTH);
		break;
	case 3:
		munmap(slot_address(slot) + PAGE, PAGE);
		break;
	case 4:
		resize_slot(slot);
		break;
	case 5:
	case 6:
		protect_slot(slot);
		break;
	default:
		touch_slot(slot);
		break;
	}
}

/* ---- the scenarios ---- */

/* Moves, and then time for two looks of an emulated mmapinfo. */
#define BOUT 32
#define REST_US 400000

static void map_anchor(void)
{
	void *at = (void *)(uintptr_t)(CHURN_BASE + me * CHURN_RANGE + CHURN_ANCHOR);

	if (mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		fail("cannot map the anchor");
}

static void run_map(void)
{
	for (;;) {
		change_slot((unsigned int)(random_number() % CHURN_SLOTS));
		board->rounds[me]++;
	}
}

/*
 * Every fourth slot, anonymous, is always mapped, here or in the upper half; what can be seen of
 * it at both places, or at none, is of two moments. Who never rests has mmap_lock nearly always,
 * and an answer that says so tells nothing of that.
 */
static void run_move(void)
{
	for (unsigned int slot = 0; slot < CHURN_SLOTS; slot += 4) {
		if (mmap(slot_address(slot), CHURN_LENGTH, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			fail("cannot map slot %u", slot);
		touch(slot_address(slot), 1);
	}
	for (;;) {
		move_slot((unsigned int)(random_number() % (CHURN_SLOTS / 4) * 4));
		if (++board->rounds[me] % BOUT == 0)
			usleep(REST_US);
	}
}

static void *run_thread(void *arg)
{
	seed = (uintptr_t)arg * 7919 + me;
	run_map();
	return NULL;
}

/* Stacks in its own range, given here: the C library maps nothing. */
static void run_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	char *stack;

	for (uintptr_t t = 1; t <= THREADS; t++) {
		stack = (char *)(uintptr_t)(CHURN_BASE + me * CHURN_RANGE + CHURN_STACKS) +
			t * 2 * CHURN_STACK;
		if (mmap(stack, CHURN_STACK, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			fail("cannot map a stack");
		pthread_attr_init(&attr);
		pthread_attr_setstack(&attr, stack, CHURN_STACK);
		if (pthread_create(&thread, &attr, run_thread, (void *)t))
			fail("cannot start a thread");
	}
	run_map();
}

static void work_for_a_while(int rounds)
{
	for (int i = 0; i < rounds; i++)
		change_slot((unsigned int)(random_number() % CHURN_SLOTS));
}

static void run_fork(void)
{
	pid_t pid;

	for (;;) {
		pid = fork();
		if (pid == 0) {
			work_for_a_while((int)(random_number() % 64));
			_exit(0);
		}
		if (pid > 0) {
			board->child[me] = pid;
			work_for_a_while(16);
			waitpid(pid, NULL, 0);
		}
		board->rounds[me]++;
		random_number();
	}
}

/* A child that becomes this program anew, again and again: one PID, one address space after the
 * other. */
static void run_exec(void)
{
	char path[32];
	pid_t pid;

	snprintf(path, sizeof(path), "/mnt/bin/churn-%02u", me);
	for (;;) {
		pid = fork();
		if (pid == 0) {
			execl(path, path, "again", "20", NULL);
			_exit(1);
		}
		if (pid > 0) {
			board->child[me] = pid;
			waitpid(pid, NULL, 0);
		}
		board->rounds[me]++;
	}
}

static _Noreturn void again(const char *times)
{
	char path[32], left[16];

	work_for_a_while(16);
	if (atoi(times) == 0)
		_exit(0);
	snprintf(path, sizeof(path), "/mnt/bin/churn-%02u", me);
	snprintf(left, sizeof(left), "%d", atoi(times) - 1);
	execl(path, path, "again", left, NULL);
	_exit(1);
}

/* The files of all are cut and made whole again; pages between are punched out. */
static void run_truncate(void)
{
	char path[48];
	off_t hole;
	int fd;

	for (unsigned int n = 0;; n++) {
		snprintf(path, sizeof(path), n & 1 ? "/mnt/churn/%02u" : "/shm/churn-%02u",
			 n / 2 % CHURN_WORKERS);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fail("cannot open %s", path);
		hole = (off_t)(random_number() % (FILE_SIZE / PAGE) * PAGE);
		if (ftruncate(fd, hole) < 0 || ftruncate(fd, FILE_SIZE) < 0)
			fail("cannot cut %s", path);
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, hole / 2, 64 << 10);
		close(fd);
		work_for_a_while(16);
		board->rounds[me]++;
	}
}

/* What others have mapped is written out and taken away. */
static void run_reclaim(void)
{
	for (unsigned int n = 0;; n++) {
		for (unsigned int slot = 0; slot < CHURN_SLOTS; slot++)
			madvise(slot_address(slot), CHURN_LENGTH, MADV_PAGEOUT);
		work_for_a_while(64);
		/* Since 5.19. */
		try_write("/sys/fs/cgroup/churn/memory.reclaim", "4M");
		if (n % 16 == 0)
			try_write("/proc/sys/vm/drop_caches", "3");
		board->rounds[me]++;
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[CHURN_WORKERS] = {
	{"map", run_map},	    {"map", run_map},	      {"move", run_move},
	{"move", run_move},	    {"threads", run_threads}, {"threads", run_threads},
	{"fork", run_fork},	    {"fork", run_fork},	      {"fork", run_fork},
	{"exec", run_exec},	    {"exec", run_exec},	      {"exec", run_exec},
	{"truncate", run_truncate}, {"reclaim", run_reclaim},
};

/* ---- what each process needs ---- */

static int open_file(const char *format)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), format, me);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, FILE_SIZE) < 0)
		fail("cannot make %s", path);
	return fd;
}

static void map_board(void)
{
	/* At no place that a process has for its own. */
	void *at = (void *)(uintptr_t)(CHURN_BASE - CHURN_RANGE);
	int fd = open("/shm/churn", O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, sizeof(*board)) < 0)
		fail("no board");
	board = mmap(at, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (board == MAP_FAILED)
		fail("cannot map the board");
	close(fd);
}

static void begin(const char *number)
{
	struct sigaction action = {.sa_handler = on_fault};

	me = (unsigned int)atoi(number);
	seed = me * 104729 + (uint64_t)getpid();
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	map_board();
	disk_file = open_file("/mnt/churn/%02u");
	shm_file = open_file("/shm/churn-%02u");
	map_anchor();
}

static void join_cgroup(void)
{
	mkdir("/sys/fs/cgroup/churn", 0755);
	try_write("/sys/fs/cgroup/churn/cgroup.procs", "0");
}

/* By a name of its own, so that whoever reads its name and its mappings knows whose they are. */
static void start(const char *number)
{
	char path[32];

	join_cgroup();
	mkdir("/mnt/churn", 0755);
	snprintf(path, sizeof(path), "/mnt/bin/churn-%s", number);
	if (link("/mnt/bin/workload", path) < 0)
		fail("cannot make %s", path);
	execl(path, path, "run", NULL);
	fail("cannot start %s", path);
}

static void run(void)
{
	if (setpriority(PRIO_PROCESS, 0, 19) < 0)
		fail("cannot be nice");
	board->worker[me] = getpid();
	if (write(READY_FD, "r", 1) != 1)
		fail("cannot report");
	close(READY_FD);
	scenarios[me].run();
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	if (argc == 3 && !strcmp(argv[1], "--list")) {
		for (unsigned int i = 0; i < CHURN_WORKERS && strcmp(argv[2], "still"); i++)
			dprintf(READY_FD, "%02u\n", i);
		if (!strcmp(argv[2], "still"))
			dprintf(READY_FD, "still\n");
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "still")) {
		if (write(READY_FD, "r", 1) != 1)
			fail("cannot report");
		for (;;)
			pause();
	}
	if (!name || strncmp(name, "/churn-", 7)) {
		if (argc != 2)
			fail("usage: workload NUMBER | workload --list VARIANT");
		start(argv[1]);
	}
	begin(name + 7);
	if (argc == 3 && !strcmp(argv[1], "again"))
		again(argv[2]);
	run();
	return 0;
}
