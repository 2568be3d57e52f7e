// SPDX-License-Identifier: GPL-2.0-or-later
/* guardian.c - the process that stops others, and lets them go on whatever becomes of us */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian.h"
#include "halt.h"
#include "rights.h"

enum order {
	ORDER_FIND,
	ORDER_STOP,
	ORDER_GO
};

struct message {
	enum order order;
	pid_t pid;
	struct mi_error err;
	struct mi_halt halt;
};

struct mi_guardian {
	pid_t pid;
	int fd;
	/* With its open files: to let the process go if the guardian was killed. */
	struct mi_halt halt;
	void (*old_tstp)(int);
};

/* ---- messages, with open files ---- */

#define FDS 2

static bool put(int fd, struct message *m)
{
	int fds[FDS] = {m->halt.pidfd, m->halt.freeze}, n = 0;
	char room[CMSG_SPACE(sizeof(fds))] = "";
	struct iovec iov = {m, sizeof(*m)};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c = (struct cmsghdr *)room;

	while (n < FDS && fds[n] >= 0)
		n++;
	if (n) {
		h.msg_control = room;
		h.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
		*c = (struct cmsghdr){.cmsg_len = CMSG_LEN((size_t)n * sizeof(int)),
				      .cmsg_level = SOL_SOCKET,
				      .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	}
	return sendmsg(fd, &h, MSG_NOSIGNAL) == (ssize_t)sizeof(*m);
}

static bool get(int fd, struct message *m)
{
	int fds[FDS] = {-1, -1};
	char room[CMSG_SPACE(sizeof(fds))];
	struct iovec iov = {m, sizeof(*m)};
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(*m))
		return false;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	m->halt.pidfd = fds[0];
	m->halt.freeze = fds[1];
	m->halt.events = -1;
	return true;
}

/* ---- the guardian ---- */

static void obey(struct message *m, struct mi_halt *h, bool freezer, pid_t master)
{
	m->err = (struct mi_error){.status = MI_OK};
	switch (m->order) {
	case ORDER_FIND:
		mi_halt_find(h, m->pid, freezer, master, &m->err);
		break;
	case ORDER_STOP:
		mi_halt_stop(h, &m->err);
		break;
	default:
		mi_halt_undo(h);
		mi_halt_close(h);
		break;
	}
	m->halt = *h;
	/* They went with the first. */
	if (m->order != ORDER_FIND)
		m->halt.pidfd = m->halt.freeze = -1;
}

/* Nothing of ours is kept: who reads our output waits for its end. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "mmapinfo-guard");
	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			close(i);
	if (null > 2)
		close(null);
	if (chdir("/"))
		errno = 0; /* it keeps its directory, for as long as we live */
}

static _Noreturn void guard(int fd, bool freezer, pid_t master)
{
	struct mi_halt h = MI_HALT_NONE;
	struct message m;

	detach();
	mi_rights_drop(MI_RIGHT_SIGNALS | MI_RIGHT_PROC | (freezer ? MI_RIGHT_FILES : 0));
	while (get(fd, &m)) {
		obey(&m, &h, freezer, master);
		if (!put(fd, &m))
			break;
	}
	mi_halt_undo(&h);
	_exit(0);
}

/* ---- its master ---- */

/* Both ends, none of which is where standard input and output should be. */
static bool make_sockets(int fd[2])
{
	int pair[2], i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	for (i = 0; i < 2; i++) {
		fd[i] = fcntl(pair[i], F_DUPFD_CLOEXEC, 3);
		close(pair[i]);
	}
	return fd[0] >= 0 && fd[1] >= 0;
}

enum mi_status mi_guardian_start(bool freezer, struct mi_guardian **ret, struct mi_error *err)
{
	struct mi_guardian *g = calloc(1, sizeof(*g));
	pid_t master = getpid();
	int fd[2];

	if (!g)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	g->halt = MI_HALT_NONE;
	g->pid = make_sockets(fd) ? fork() : -1;
	if (g->pid < 0) {
		free(g);
		return mi_fail(err, MI_ERR_IO, "--stable: no guardian process: %s",
			       strerror(errno));
	}
	if (!g->pid) {
		close(fd[0]);
		guard(fd[1], freezer, master);
	}
	close(fd[1]);
	g->fd = fd[0];
	*ret = g;
	return MI_OK;
}

/* False: the guardian is no more. */
static bool order(struct mi_guardian *g, enum order what, pid_t pid, struct message *m)
{
	memset(m, 0, sizeof(*m));
	m->order = what;
	m->pid = pid;
	m->halt = MI_HALT_NONE;
	return put(g->fd, m) && get(g->fd, m);
}

static enum mi_status guardian_is_gone(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_IO, "--stable: the guardian process was killed");
}

enum mi_status mi_guardian_stop(struct mi_guardian *g, pid_t pid, char *note, size_t size,
				struct mi_error *err)
{
	struct message m;

	if (!order(g, ORDER_FIND, pid, &m))
		return guardian_is_gone(err);
	if (m.err.status)
		return mi_fail(err, m.err.status, "%s", m.err.text);
	g->halt = m.halt;
	/* ^Z would leave it standing still. */
	g->old_tstp = signal(SIGTSTP, SIG_IGN);
	if (!order(g, ORDER_STOP, pid, &m))
		guardian_is_gone(&m.err);
	if (m.err.status) {
		mi_guardian_go(g);
		return mi_fail(err, m.err.status, "%s", m.err.text);
	}
	g->halt.ours = m.halt.ours;
	snprintf(note, size, "%s", m.halt.note);
	return MI_OK;
}

void mi_guardian_go(struct mi_guardian *g)
{
	struct message m;

	if (!order(g, ORDER_GO, 0, &m))
		mi_halt_undo(&g->halt);
	mi_halt_close(&g->halt);
	g->halt = MI_HALT_NONE;
	signal(SIGTSTP, g->old_tstp);
}

void mi_guardian_end(struct mi_guardian *g)
{
	if (!g)
		return;
	close(g->fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(g);
}
