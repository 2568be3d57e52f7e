// SPDX-License-Identifier: GPL-2.0-or-later
/* halt.c - stopping a process by a signal, and letting it go on */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "halt.h"
#include "procfs.h"

/* What a thread that stands still is in: stopped, traced, dead. */
#define STILL "TtZXx"
#define NOT_STOPPED "RSDtZXxIPWK"

/* Which of them, and whether it may be stopped at all. */
static enum mi_status identify(struct mi_halt *h, pid_t pid, pid_t self, struct mi_error *err)
{
	struct mi_procfs_stat stat;
	long tgid;

	if (!mi_procfs_status(pid, "Tgid", &tgid) ||
	    !mi_procfs_stat((pid_t)tgid, (pid_t)tgid, &stat))
		return mi_fail(err, MI_ERR_NOT_FOUND, "no task with PID %d", pid);
	if (tgid == 1)
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable: PID 1 cannot be stopped: all depends on it");
	if (tgid == self)
		return mi_fail(err, MI_ERR_INVALID, "--stable: mmapinfo cannot stop itself");
	if (stat.kthread)
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable: PID %d is a kernel thread: it cannot be stopped", pid);
	h->pid = (pid_t)tgid;
	h->start = stat.start;
#ifdef SYS_pidfd_open
	h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
	/* It is the process that was looked at if that is still there now. */
	if (h->pidfd >= 0 && (!mi_procfs_stat(h->pid, h->pid, &stat) || stat.start != h->start))
		return mi_fail(err, MI_ERR_NOT_FOUND, "PID %d has just ended", pid);
#endif
	return MI_OK;
}

/* Another stops it or has done so; or a tracer would take our signal for the program's own. */
static bool is_ours(struct mi_halt *h)
{
	char list[160];
	long tracer = 0;

	if (!mi_procfs_threads_not(h->pid, STILL, list, sizeof(list)) ||
	    mi_procfs_threads_not(h->pid, NOT_STOPPED, list, sizeof(list)))
		return false;
	if (!mi_procfs_status(h->pid, "TracerPid", &tracer) || !tracer)
		return true;
	snprintf(h->note, sizeof(h->note),
		 "--stable: PID %d is traced by PID %ld, which decides whether it runs: left alone",
		 h->pid, tracer);
	return false;
}

enum mi_status mi_halt_find(struct mi_halt *h, pid_t pid, bool freezer, pid_t self,
			    struct mi_error *err)
{
	enum mi_status st;

	*h = MI_HALT_NONE;
	h->freezer = freezer;
	st = identify(h, pid, self, err);
	if (!st && freezer)
		st = mi_freezer_find(h, self, err);
	if (!st && !freezer)
		h->ours = is_ours(h);
	if (st)
		mi_halt_close(h);
	return st;
}

static bool send(const struct mi_halt *h, int sig)
{
	struct mi_procfs_stat stat;

#ifdef SYS_pidfd_send_signal
	if (h->pidfd >= 0)
		return !syscall(SYS_pidfd_send_signal, h->pidfd, sig, NULL, 0);
#endif
	if (!mi_procfs_stat(h->pid, h->pid, &stat) || stat.start != h->start) {
		errno = ESRCH;
		return false;
	}
	return !kill(h->pid, sig);
}

void mi_halt_wait_a_step(void)
{
	const struct timespec step = {.tv_nsec = MI_HALT_STEP_MS * 1000000L};

	nanosleep(&step, NULL);
}

static void wait_until_still(struct mi_halt *h)
{
	char list[160];
	int ms;

	for (ms = 0; ms < MI_HALT_WAIT_MS; ms += MI_HALT_STEP_MS) {
		if (!mi_procfs_threads_not(h->pid, STILL, list, sizeof(list)))
			return;
		mi_halt_wait_a_step();
	}
	snprintf(h->note, sizeof(h->note), "--stable: did not stop within %d s: thread %s",
		 MI_HALT_WAIT_MS / 1000, list);
}

enum mi_status mi_halt_stop(struct mi_halt *h, struct mi_error *err)
{
	if (h->freezer)
		return mi_freezer_stop(h, err);
	if (h->ours && !send(h, SIGSTOP)) {
		h->ours = false;
		return mi_fail(err, MI_ERR_STATE, "--stable: PID %d cannot be stopped: %s", h->pid,
			       strerror(errno));
	}
	if (!*h->note)
		wait_until_still(h);
	return MI_OK;
}

void mi_halt_undo(struct mi_halt *h)
{
	if (h->ours && h->freezer)
		mi_freezer_undo(h);
	else if (h->ours)
		send(h, SIGCONT);
	h->ours = false;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void mi_halt_close(struct mi_halt *h)
{
	close_one(&h->pidfd);
	close_one(&h->freeze);
	close_one(&h->events);
}
