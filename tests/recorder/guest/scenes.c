#include "common.h"
#include "scenes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define NOTES_SIZE (64 << 10)

/* Kept in memory until the scene is over: writing them is none of its I/O. */
static char notes[NOTES_SIZE];
static size_t noted;

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	noted += (size_t)vsnprintf(notes + noted, NOTES_SIZE - noted, fmt, ap);
	va_end(ap);
	if (noted >= NOTES_SIZE)
		fail("too many notes");
}

static void write_notes(void)
{
	int fd = open(NOTES, O_WRONLY | O_APPEND | O_CREAT, 0644);

	if (fd < 0 || write(fd, notes, noted) != (ssize_t)noted)
		fail("cannot write the notes");
	close(fd);
}

static int must_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		fail("cannot open %s", path);
	return fd;
}

static void *must_map(int fd, size_t len, int prot, int flags)
{
	void *at = mmap(NULL, len, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

const char *file_name(int fd)
{
	static char text[64];
	struct stat st;

	if (fd < 0)
		return "0 0";
	if (fstat(fd, &st) < 0)
		fail("fstat");
	snprintf(text, sizeof(text), "%u %llu", major(st.st_dev) << 20 | minor(st.st_dev),
		 (unsigned long long)st.st_ino);
	return text;
}

/* ---- touches ---- */

/* touch PID ADDRESS r|w MINOR MAJOR DEV INO PAGE */
void touch(char *map, size_t page, char op, int fd)
{
	volatile char *at = map + page * PAGE;
	struct rusage was, is;

	getrusage(RUSAGE_THREAD, &was);
	if (op == 'w')
		*at = 1;
	else
		(void)*at;
	getrusage(RUSAGE_THREAD, &is);
	note("touch %d %lx %c %ld %ld %s %zu\n", getpid(), (unsigned long)at, op,
	     is.ru_minflt - was.ru_minflt, is.ru_majflt - was.ru_majflt, file_name(fd), page);
}

/* No fault in the program itself is counted for a touch. */
static void lock_program(void)
{
	extern char __executable_start, end;
	uintptr_t from = (uintptr_t)&__executable_start & ~(PAGE - 1);
	volatile char stack[16 * 4096];
	struct rusage r;

	for (size_t i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 1;
	for (uintptr_t at = from; at < (uintptr_t)&end; at += PAGE)
		if (mlock((void *)at, PAGE) < 0 && errno != ENOMEM)
			fail("mlock of the program");
	memset(notes, 0, sizeof(notes));
	getrusage(RUSAGE_THREAD, &r);
	/* What formatting a line takes from the C library is there already. */
	note("# %d %ld\n", getpid(), r.ru_minflt);
}

static void scene_random(void)
{
	static const size_t pages[] = {700, 3, 512, 513, 40, 41, 1000, 17};
	int fd = must_open("/mnt/random.dat", O_RDONLY);
	char *map = must_map(fd, 4 << 20, PROT_READ, MAP_SHARED);

	madvise(map, 4 << 20, MADV_RANDOM);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		touch(map, pages[i], 'r', fd);
}

static void scene_around(void)
{
	int fd = must_open("/mnt/around.dat", O_RDONLY);
	char *map = must_map(fd, 4 << 20, PROT_READ, MAP_PRIVATE);

	for (size_t page = 8; page < 1024; page += 97)
		touch(map, page, 'r', fd);
}

static void scene_sequential(void)
{
	int fd = must_open("/mnt/sequential.dat", O_RDONLY);
	char *map = must_map(fd, 2 << 20, PROT_READ, MAP_SHARED);

	madvise(map, 2 << 20, MADV_SEQUENTIAL);
	for (size_t page = 0; page < 256; page++)
		touch(map, page, 'r', fd);
}

static void scene_anon(void)
{
	char *map = must_map(-1, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	for (size_t page = 0; page < 64; page += 2)
		touch(map, page, page % 4 ? 'r' : 'w', -1);
	for (size_t page = 0; page < 64; page += 2)
		touch(map, page, 'w', -1);
}

/* Written through a mapping, and written back: synced DEV INO FIRST COUNT */
static void scene_write(void)
{
	int fd = must_open("/mnt/write.dat", O_RDWR);
	char *map = must_map(fd, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED);

	for (size_t page = 32; page < 40; page++)
		touch(map, page, 'w', fd);
	if (msync(map, 1 << 20, MS_SYNC) < 0)
		fail("msync");
	note("synced %s %d %d\n", file_name(fd), 32, 8);
}

/* A file with a part of a page at its end: read DEV INO SIZE */
static void scene_read(void)
{
	static char buffer[64 << 10];
	int fd = must_open("/mnt/odd.dat", O_RDONLY);
	struct stat st;

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	fstat(fd, &st);
	note("read %s %lld\n", file_name(fd), (long long)st.st_size);
}

/* Read twice, so that it is active: what is evicted then and comes back soon belongs to those. */
static void make_active(const char *path)
{
	static char buffer[64 << 10];
	int fd = must_open(path, O_RDONLY);

	for (int i = 0; i < 2; i++) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		drain_lru();
	}
	close(fd);
	/* A control group counts its active pages some seconds later. */
	nap(5000);
}

/* Reclaimed, and read again: reclaimed, refaulted; truncated; dropped DEV INO FIRST COUNT */
static void evict(const char *path)
{
	int fd = must_open(path, O_RDONLY);
	char *map = must_map(fd, 1 << 20, PROT_READ, MAP_SHARED);

	madvise(map, 1 << 20, MADV_RANDOM);
	for (size_t page = 0; page < 64; page++)
		touch(map, page, 'r', fd);
	/* What a task has just touched is in use; on the second call it is not. */
	for (int i = 0; i < 2; i++) {
		drain_lru();
		madvise(map, 64 * PAGE, MADV_PAGEOUT);
	}
	note("reclaimed %s %d %d\n", file_name(fd), 0, 64);
	for (size_t page = 0; page < 16; page++)
		touch(map, page, 'r', fd);
	note("refaulted %s %d %d\n", file_name(fd), 0, 16);
}

static void scene_evict(void)
{
	make_active("/mnt/around.dat");
	evict("/mnt/evict.dat");
}

static void scene_generations(void)
{
	evict("/mnt/generations.dat");
}

static void scene_truncate(void)
{
	static char page[4096];
	int fd = must_open("/mnt/truncated", O_RDWR | O_CREAT);

	for (int i = 0; i < 32; i++)
		if (write(fd, page, sizeof(page)) != sizeof(page))
			fail("write");
	fsync(fd);
	note("written %s %d %d\n", file_name(fd), 0, 32);
	if (ftruncate(fd, 8 * PAGE) < 0)
		fail("ftruncate");
	note("truncated %s %d %d\n", file_name(fd), 8, 24);
	drain_lru();
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	note("dropped %s %d %d\n", file_name(fd), 0, 8);
}

/* map PID CALL ADDRESS LENGTH VALUE VALUE2 DEV INO; - where the kernel's value is not known */
static void scene_map(void)
{
	int fd = must_open("/mnt/random.dat", O_RDWR), pid = getpid();
	char *map = must_map(fd, 64 * PAGE, PROT_READ, MAP_SHARED), *moved;

	note("map %d mmap %lx %zu - 0 %s\n", pid, (unsigned long)map, 64 * PAGE, file_name(fd));
	madvise(map, 16 * PAGE, MADV_WILLNEED);
	note("map %d madvise %lx %zu %d 0 0 0\n", pid, (unsigned long)map, 16 * PAGE,
	     MADV_WILLNEED);
	if (syscall(SYS_remap_file_pages, map, 4 * PAGE, 0, 20, 0) < 0)
		fail("remap_file_pages");
	note("map %d remap_file_pages %lx %zu 0 20 0 0\n", pid, (unsigned long)map, 4 * PAGE);
	moved = mremap(map + 32 * PAGE, 16 * PAGE, 128 * PAGE, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED)
		fail("mremap");
	note("map %d mremap %lx %zu %lu %zu 0 0\n", pid, (unsigned long)(map + 32 * PAGE),
	     16 * PAGE, (unsigned long)moved, 128 * PAGE);
	munmap(map, 8 * PAGE);
	note("map %d munmap %lx %zu 0 0 0 0\n", pid, (unsigned long)map, 8 * PAGE);
	map = must_map(fd, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_POPULATE);
	note("map %d populate %lx %zu 0 0 0 0\n", pid, (unsigned long)map, 16 * PAGE);
}

/* One that does not stay: gone PID COMM */
static void scene_gone(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (!pid) {
		prctl(PR_SET_NAME, "rec-was-here");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	note("gone %d rec-was-here\n", pid);
}

struct scene {
	const char *name;
	void (*run)(void);
};

static const struct scene scenes[] = {
	{"rec-random", scene_random}, {"rec-around", scene_around},  {"rec-seq", scene_sequential},
	{"rec-anon", scene_anon},     {"rec-write", scene_write},    {"rec-read", scene_read},
	{"rec-evict", scene_evict},   {"rec-trunc", scene_truncate}, {"rec-map", scene_map},
	{"rec-gone", scene_gone},     {"rec-blocks", scene_blocks},  {"rec-nfs", scene_nfs},
};

static _Noreturn void in_scene(const struct scene *scene, int done)
{
	prctl(PR_SET_NAME, scene->name);
	lock_program();
	scene->run();
	write_notes();
	if (write(done, "r", 1) != 1)
		fail("cannot report");
	for (;;)
		pause();
}

static void run_scene(const struct scene *scene)
{
	int done[2];
	char byte;
	pid_t pid;

	if (pipe(done) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		close(done[0]);
		in_scene(scene, done[1]);
	}
	close(done[1]);
	if (read(done[0], &byte, 1) != 1)
		fail("%s ended early", scene->name);
	close(done[0]);
}

void scenes_run(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		run_scene(&scenes[i]);
}

void scenes_run_generations(void)
{
	static const struct scene scene = {"rec-gener", scene_generations};

	if (try_write("/sys/kernel/mm/lru_gen/enabled", "7") < 0)
		return;
	run_scene(&scene);
	must_write("/sys/kernel/mm/lru_gen/enabled", "0");
}

/* ---- load ---- */

static pid_t loaders[16];
static unsigned int loader_n;

static void load_once(int fd)
{
	char *map = must_map(fd, 1 << 20, PROT_READ, MAP_SHARED);
	char *anon = must_map(-1, 32 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	for (size_t page = 0; page < 256; page += 9)
		(void)*(volatile char *)(map + page * PAGE);
	for (size_t page = 0; page < 32; page++)
		*(volatile char *)(anon + page * PAGE) = 1;
	munmap(anon, 32 * PAGE);
	munmap(map, 1 << 20);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static _Noreturn void load_forever(unsigned int nth)
{
	static char page[4096];
	char path[32];
	int fd = must_open(nth % 2 ? "/mnt/random.dat" : "/mnt/around.dat", O_RDONLY), out;

	snprintf(path, sizeof(path), "/mnt/load-%u", nth);
	out = must_open(path, O_RDWR | O_CREAT);
	for (unsigned int i = 0;; i++) {
		load_once(fd);
		if (pwrite(out, page, sizeof(page), (off_t)(i % 64 * PAGE)) < 0)
			fail("pwrite");
		if (i % 8 == 0)
			fdatasync(out);
		if (i % 16 == 0 && fork() == 0)
			_exit(0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

void load_start(unsigned int processes)
{
	for (loader_n = 0; loader_n < processes && loader_n < ARRAY_SIZE(loaders); loader_n++) {
		loaders[loader_n] = fork();
		if (loaders[loader_n] < 0)
			fail("fork");
		if (!loaders[loader_n])
			load_forever(loader_n);
	}
}

void load_stop(void)
{
	while (loader_n) {
		kill(loaders[--loader_n], 9);
		waitpid(loaders[loader_n], NULL, 0);
	}
}
