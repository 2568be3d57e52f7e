// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * victim.c - a process to be stopped and watched
 *
 *	victim spin FILE     maps all of FILE, and two threads write to it without end
 *	victim vfork FILE    the same; and the first thread sleeps in vfork(), which no signal ends
 *	victim traced FILE   the same, and a child of it, which traces it, lets it run
 *	victim toss FILE     two threads toss a byte to each other, by pipes, without end
 *	victim grow FILE     maps a page more of FILE each 0.2 s, and ends after a hundred
 *
 * Prints "ready" when it is so.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define GROWS 100

static volatile uint64_t *map;
static size_t n_pages;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *spin(void *arg)
{
	size_t at = (size_t)arg;

	for (;;) {
		map[at * PAGE / sizeof(*map)]++;
		at = (at + 2) % n_pages;
	}
	return NULL;
}

static void map_all(const char *path, size_t len)
{
	int fd = open(path, O_RDWR);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	n_pages = (size_t)st.st_size / PAGE;
	map = mmap(NULL, len ? len : (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	close(fd);
}

static void start_threads(void)
{
	pthread_t t;
	size_t i;

	for (i = 0; i < 2; i++)
		if (pthread_create(&t, NULL, spin, (void *)i))
			die("pthread_create");
}

/* Reads from its pipe, and writes to the other's. */
static int pipes[2][2];

static void *toss(void *arg)
{
	size_t at = (size_t)arg;
	char ball;

	while (read(pipes[at][0], &ball, 1) == 1 && write(pipes[!at][1], &ball, 1) == 1)
		;
	die("pipe");
	return NULL;
}

static void start_tossing(void)
{
	pthread_t t;
	size_t i;

	if (pipe(pipes[0]) || pipe(pipes[1]) || write(pipes[0][1], "o", 1) != 1)
		die("pipe");
	for (i = 0; i < 2; i++)
		if (pthread_create(&t, NULL, toss, (void *)i))
			die("pthread_create");
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* The child shares our memory until it executes or ends: it does neither. */
static void sleep_in_vfork(void)
{
	ready();
	if (!vfork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

/* The parent of the two is the tracer. */
static void be_traced(void)
{
	pid_t parent = getpid();

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_SEIZE, parent, NULL, NULL))
		die("ptrace");
	ready();
	for (;;)
		waitpid(parent, NULL, __WALL);
}

static void grow(void)
{
	size_t i;

	ready();
	for (i = 0; i < GROWS; i++) {
		map[i % n_pages * PAGE / sizeof(*map)]++;
		usleep(200000);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	map_all(argv[2], 0);
	if (!strcmp(argv[1], "grow"))
		grow();
	if (!strcmp(argv[1], "toss"))
		start_tossing();
	else
		start_threads();
	if (!strcmp(argv[1], "vfork"))
		sleep_in_vfork();
	else if (!strcmp(argv[1], "traced"))
		be_traced();
	else
		ready();
	for (;;)
		pause();
}
