// SPDX-License-Identifier: GPL-2.0-or-later
/* bench-time.c - run one command; write what it took as a line of JSON */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * A program of its own because the kernel counts the memory of whoever started
 * a process into that process's peak: beneath Python nothing would seem to use
 * less than Python does. Beneath this one the floor is about 1 MB.
 */

enum {
	EXIT_BROKEN = 125,
	EXIT_NO_COMMAND = 127
};

struct taken {
	double first; /* seconds until the first byte of output; below 0: none */
	double wall;
	int status;
	struct rusage usage;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void broken(const char *what)
{
	fprintf(stderr, "bench-time: %s: %s\n", what, strerror(errno));
	exit(EXIT_BROKEN);
}

static void run_child(char **argv, const int *pipe_fd)
{
	if (pipe_fd) {
		dup2(pipe_fd[1], STDOUT_FILENO);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NO_COMMAND);
}

/* Copy all that comes to stdout; the time of the first byte. */
static double drain(int fd)
{
	static char buf[1 << 16];
	double first = -1;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			broken("reading the output");
		if (first < 0)
			first = now();
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			broken("writing the output");
	}
	return first;
}

static struct taken measure(char **argv, bool want_first)
{
	struct taken t = {.first = -1};
	double start, first = -1;
	int fd[2];
	pid_t pid;

	if (want_first && pipe(fd))
		broken("pipe");
	start = now();
	pid = fork();
	if (pid < 0)
		broken("fork");
	if (pid == 0)
		run_child(argv, want_first ? fd : NULL);
	if (want_first) {
		close(fd[1]);
		first = drain(fd[0]);
	}
	if (wait4(pid, &t.status, 0, &t.usage) < 0)
		broken("wait4");
	t.wall = now() - start;
	if (first >= 0)
		t.first = first - start;
	return t;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	bool want_first = argc > 1 && !strcmp(argv[1], "-f");
	int result = want_first ? 2 : 1;
	struct taken t;
	FILE *out;

	if (argc < result + 2) {
		fputs("usage: bench-time [-f] RESULT COMMAND [ARGUMENT]...\n"
		      "  -f   take the time of the first byte of output, too\n",
		      stderr);
		return EXIT_BROKEN;
	}
	t = measure(argv + result + 1, want_first);
	out = fopen(argv[result], "w");
	if (!out)
		broken(argv[result]);
	fprintf(out, "{\"wall\": %.6f, \"first\": %.6f, \"cpu\": %.6f, \"rss_kb\": %ld, ", t.wall,
		t.first, seconds(t.usage.ru_utime) + seconds(t.usage.ru_stime), t.usage.ru_maxrss);
	fprintf(out, "\"exit\": %d, \"signal\": %d}\n",
		WIFEXITED(t.status) ? WEXITSTATUS(t.status) : -1,
		WIFSIGNALED(t.status) ? WTERMSIG(t.status) : 0);
	if (fclose(out))
		broken(argv[result]);
	return 0;
}
