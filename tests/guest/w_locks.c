/*
 * Tasks that wait for locks whose owner is stuck: the lock of a process's mappings, of an
 * inode, of a pipe; and one that may not make more pages dirty. All on the disk that
 * stands still, so this comes after w_slow.c.
 */
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FILE_PATH "/slow/lock.dat"
#define FILE_PAGES 256
/* No two of these lie in one readahead window of 32 pages. */
#define MEM_PAGE 32
#define WRITTEN_PAGE 128
#define PIPE_PAGE 224

#define CROWD 100

/* One thread, which does one thing and does not come back from it. */
struct actor {
	void (*act)(void);
	const char *mode; /* how it wants the lock; NULL: it has it */
	atomic_int tid, go;
	atomic_llong since; /* CLOCK_MONOTONIC, just before it acts */
};

static void write_much(void);

static char *page;
static int file, fds[2];

static void *run_actor(void *arg)
{
	struct actor *actor = arg;
	struct timespec now;

	atomic_store(&actor->tid, (int)syscall(SYS_gettid));
	while (!atomic_load(&actor->go))
		nap(10);
	clock_gettime(CLOCK_MONOTONIC, &now);
	atomic_store(&actor->since, now.tv_sec * 1000000000LL + now.tv_nsec);
	actor->act();
	fail("a lock was got");
	return NULL;
}

static void create(struct actor *actor)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_actor, actor))
		fail("thread");
	while (!atomic_load(&actor->tid))
		nap(10);
}

/* @lock: what it waits for; @owner: who has it. */
static void note_lock(struct actor *actor, const char *lock, const struct actor *owner)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND), tid = atomic_load(&actor->tid);

	/* Who is throttled goes on now and then. */
	if (actor->act != write_much)
		dprintf(notes, "blocked %d %lld\n", tid, (long long)atomic_load(&actor->since));
	if (actor->mode)
		dprintf(notes, "lock %s %d %s %d\n", lock, tid, actor->mode,
			atomic_load(&owner->tid));
	close(notes);
}

/* The page of the file that the owner of a lock waits for. */
static void note_reading(size_t number)
{
	int fd = must_open(FILE_PATH, O_RDONLY);

	note_pages("reading", fd, number, 1);
	close(fd);
}

/* Lets it go, and waits until it is stuck. */
static void let_go(struct actor *actor, const char *lock, const struct actor *owner)
{
	char task[16];

	atomic_store(&actor->go, 1);
	snprintf(task, sizeof(task), "%d", atomic_load(&actor->tid));
	await_state(task, 'D');
	note_lock(actor, lock, owner);
}

/* ---- mmap_lock ---- */

/* Has the lock for reading while the page is read: nobody may let go of it halfway. */
static void read_own_memory(void)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	char byte;

	if (pread(fd, &byte, 1, (off_t)(uintptr_t)page) != 1)
		fail("/proc/self/mem");
}

static void map_more(void)
{
	mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static char *fresh;

static void ask_residency(void)
{
	unsigned char in_core;

	mincore(fresh, PAGE, &in_core);
}

/* The first page of a mapping cannot come under the lock of the mapping alone. */
static void touch_fresh(void)
{
	*(volatile char *)fresh = 1;
}

static const struct actor mmap_cast[] = {
	{.act = read_own_memory},
	{.act = map_more, .mode = "write"},
	{.act = ask_residency, .mode = "read"},
	{.act = touch_fresh, .mode = "read"},
};

/* Watched by another process: this one can do nothing more that needs its mappings. */
static void lock_mmap(void)
{
	struct actor *cast = (struct actor *)map_anon(PAGE, PROT_RW, MAP_SHARED);
	char lock[32];
	int notes;
	pid_t pid;

	memcpy(cast, mmap_cast, sizeof(mmap_cast));
	page = map_path(FILE_PATH, 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED) + MEM_PAGE * PAGE;
	pid = fork_as("lock-mmap");
	if (pid == 0) {
		/* A mapping of its own, between two that it cannot be merged with. */
		fresh = map_anon(3 * PAGE, PROT_READ, MAP_PRIVATE) + PAGE;
		if (mprotect(fresh, PAGE, PROT_RW) < 0)
			fail("mprotect");
		for (size_t i = 0; i < ARRAY_SIZE(mmap_cast); i++)
			create(&cast[i]);
		sleep_forever();
	}
	for (size_t i = 0; i < ARRAY_SIZE(mmap_cast); i++)
		while (!atomic_load(&cast[i].tid))
			nap(10);
	nap(100);
	notes = must_open(NOTES, O_WRONLY | O_APPEND);
	dprintf(notes, "mmap-locked %d\n", pid);
	close(notes);
	snprintf(lock, sizeof(lock), "mmap_lock:%d", pid);
	for (size_t i = 0; i < ARRAY_SIZE(mmap_cast); i++)
		let_go(&cast[i], lock, &cast[0]);
	note_fault(atomic_load(&cast[0].tid), page, "read", "pread64", MEM_PAGE);
	note_reading(MEM_PAGE);
	report_ready();
}

/* ---- the lock of an inode, and a crowd ---- */

/* A part of a page that is not in memory: the rest must be read first. */
static void write_part(void)
{
	if (pwrite(file, "x", 1, WRITTEN_PAGE * PAGE + 7) != 1)
		fail("write");
}

static void read_direct(void)
{
	int fd = must_open(FILE_PATH, O_RDONLY | O_DIRECT);
	void *buffer;

	if (posix_memalign(&buffer, PAGE, PAGE) || pread(fd, buffer, PAGE, 0) < 0)
		fail("direct read");
}

static void lock_inode(void)
{
	static struct actor owner = {.act = write_part};
	static struct actor reader = {.act = read_direct, .mode = "read"};
	static struct actor crowd[CROWD];
	int notes;

	file = must_open(FILE_PATH, O_RDWR);
	create(&owner);
	create(&reader);
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i].act = write_part;
		crowd[i].mode = "write";
		create(&crowd[i]);
	}
	let_go(&owner, NULL, NULL);
	note_reading(WRITTEN_PAGE);
	notes = must_open(NOTES, O_WRONLY | O_APPEND);
	dprintf(notes, "writes-part %d\n", atomic_load(&owner.tid));
	close(notes);
	let_go(&crowd[0], "i_rwsem:" FILE_PATH, &owner);
	let_go(&reader, "i_rwsem:" FILE_PATH, &owner);
	for (size_t i = 1; i < CROWD; i++)
		atomic_store(&crowd[i].go, 1);
	let_go(&crowd[CROWD - 1], "i_rwsem:" FILE_PATH, &owner);
	for (size_t i = 1; i < CROWD - 1; i++) {
		while (!atomic_load(&crowd[i].since))
			nap(10);
		note_lock(&crowd[i], "i_rwsem:" FILE_PATH, &owner);
	}
	nap(200);
	report_ready();
}

/* ---- a mutex ---- */

static void write_pipe(void)
{
	if (write(fds[1], page, 1) != 1)
		fail("write to a pipe");
}

static void read_pipe(void)
{
	char byte;

	if (read(fds[0], &byte, 1) < 0)
		fail("read from a pipe");
}

static void lock_mutex(void)
{
	static struct actor owner = {.act = write_pipe};
	static struct actor other = {.act = read_pipe, .mode = "lock"};

	page = map_path(FILE_PATH, 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED) + PIPE_PAGE * PAGE;
	if (pipe(fds) < 0)
		fail("pipe");
	create(&owner);
	create(&other);
	let_go(&owner, NULL, NULL);
	note_fault(atomic_load(&owner.tid), page, "read", "write", PIPE_PAGE);
	note_reading(PIPE_PAGE);
	let_go(&other, "mutex", &owner);
	report_ready();
}

/* ---- too many dirty pages ---- */

#define DIRTY_PATH "/slow/dirty.dat"
#define DIRTY_PAGES 1536
/* Of the 1024 that its cgroup may have; the kernel's own memory takes some of these. */
#define DIRTY_AT_ONCE 640

static atomic_int dirtied;

/*
 * Whole pages: nothing need be read. Slowly, as the kernel counts a cgroup's dirty pages
 * with some seconds' delay, and kills who comes to the limit before it has counted.
 */
static void write_much(void)
{
	static char full[PAGE];

	for (int i = 0; i < DIRTY_PAGES; i++) {
		if (pwrite(file, full, PAGE, i * (off_t)PAGE) != (ssize_t)PAGE)
			fail("write");
		atomic_store(&dirtied, i);
		if (i > DIRTY_AT_ONCE && i % 8 == 0)
			nap(200);
	}
}

static void dirty_limit(void)
{
	static struct actor writer = {.act = write_much};
	int notes, before;

	file = must_open(DIRTY_PATH, O_WRONLY);
	enter_cgroup("dirty", "4M");
	create(&writer);
	atomic_store(&writer.go, 1);
	do {
		before = atomic_load(&dirtied);
		nap(1500);
	} while (atomic_load(&dirtied) != before);
	let_go(&writer, NULL, NULL);
	notes = must_open(NOTES, O_WRONLY | O_APPEND);
	dprintf(notes, "throttled %d dirty\n", atomic_load(&writer.tid));
	close(notes);
	report_ready();
}

const struct scenario lock_scenarios[] = {
	{"lock-mmap", lock_mmap},
	{"lock-inode", lock_inode},
	{"lock-mutex", lock_mutex},
	{"dirty-limit", dirty_limit},
	{NULL, NULL},
};
