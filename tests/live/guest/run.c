#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static _Noreturn void become(struct run *run, int out, int err)
{
	char *const environment[] = {"PATH=/live/bin", "LC_ALL=C", NULL};
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	closefrom(3);
	if (run->prepare)
		run->prepare(run->arg);
	execve(run->argv[0], (char *const *)run->argv, environment);
	dprintf(2, "cannot run %s: %s\n", run->argv[0], strerror(errno));
	_exit(127);
}

static void keep_err(struct run *run, const char *data, size_t len)
{
	size_t room = run->err_len < ERR_KEPT ? ERR_KEPT - run->err_len : 0;

	memcpy(run->err + (run->err_len < ERR_KEPT ? run->err_len : 0), data,
	       len < room ? len : room);
	run->err_len += len;
}

/* What one of the pipes has; 0 at its end. */
static int drain(struct run *run, struct pollfd *p, int is_err)
{
	static char buf[256 << 10];
	ssize_t n = read(p->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0) {
		close(p->fd);
		p->fd = -1;
		return 0;
	}
	if (is_err)
		keep_err(run, buf, (size_t)n);
	else
		store_put(buf, (size_t)n);
	return 1;
}

/* Until both pipes are closed; too late is killed, and then drained. */
static void listen_to(struct run *run, int out, int err, long until)
{
	struct pollfd p[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	int open_pipes = 2;
	long left;

	while (open_pipes) {
		left = until - now_ms();
		if (left <= 0 && !run->timed_out) {
			run->timed_out = 1;
			kill(run->pid, SIGKILL);
		}
		if (poll(p, 2, run->timed_out ? 1000 : (int)left) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents)
				open_pipes -= !drain(run, &p[i], i);
	}
}

void run_command(struct run *run)
{
	long begin = now_ms();
	struct rusage usage;
	int out[2], err[2];

	run->timed_out = 0;
	run->err_len = 0;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail("pipe");
	fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
	run->pid = fork();
	if (run->pid < 0)
		fail("fork");
	if (run->pid == 0)
		become(run, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	listen_to(run, out[0], err[0], begin + run->limit_ms);
	while (wait4(run->pid, &run->status, 0, &usage) < 0 && errno == EINTR)
		;
	run->ms = now_ms() - begin;
	run->maxrss_kb = usage.ru_maxrss;
}
