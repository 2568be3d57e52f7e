// SPDX-License-Identifier: GPL-2.0-or-later
/* watch.c - the answer, again and again */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ending.h"
#include "ns.h"
#include "procfs.h"
#include "spool.h"
#include "watch.h"

#define SCREEN_BUFFER 65536

/* ---- whether the process is still there ---- */

struct whom {
	pid_t pid; /* 0: no process is watched */
	int pidfd; /* -1: none */
	bool known;
	struct mi_procfs_stat stat;
};

static void take_whom(struct whom *w, const struct mi_request *ask)
{
	*w = (struct whom){.pidfd = -1};
	if (ask->whom != MI_WHOM_PID || !mi_ns_is_initial())
		return;
	w->pid = ask->pid;
	w->known = mi_procfs_stat(w->pid, w->pid, &w->stat);
#ifdef SYS_pidfd_open
	w->pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0);
#endif
}

static bool is_gone(const struct whom *w)
{
	struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
	struct mi_procfs_stat now;

	if (!w->pid)
		return false;
	if (w->pidfd >= 0 && poll(&p, 1, 0) > 0)
		return true;
	return w->known && (!mi_procfs_stat(w->pid, w->pid, &now) || now.start != w->stat.start ||
			    strchr("ZXx", now.state));
}

/* The time between two answers; less if the process ends. */
static void wait_for(const struct whom *w, double seconds)
{
	struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
	struct timespec ts = {.tv_sec = (time_t)seconds};

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	ppoll(&p, w->pidfd >= 0, &ts, NULL);
}

/* Where /proc cannot be asked, the answer tells. */
static bool has_ended(const struct whom *w, const struct mi_request *ask, enum mi_status st)
{
	bool of_one = ask->whom == MI_WHOM_PID || ask->whom == MI_WHOM_TASK;

	if (w->pid && (w->known || w->pidfd >= 0))
		return is_gone(w);
	return of_one && st == MI_ERR_NOT_FOUND && !ask->by_vma && !ask->file;
}

/* ---- answers ---- */

/* What another look may find otherwise: the kernel has gone on since. */
static bool may_pass(enum mi_status st)
{
	return st == MI_ERR_READ || st == MI_ERR_FORMAT || st == MI_ERR_NOT_FOUND ||
	       st == MI_ERR_STATE;
}

static enum mi_status show(struct mi_watch_show *w, FILE *spool, struct mi_error *err)
{
	enum mi_status st;

	mi_ending_hold();
	st = mi_watch_show(w, spool, err);
	mi_ending_release();
	return st;
}

/* An answer that failed is told of in its place; among documents there is no place for that. */
static enum mi_status tell_failure(struct mi_live *l, struct mi_watch_show *w, struct mi_error *err)
{
	struct mi_error why = *err;
	enum mi_status st;

	if (w->json) {
		fprintf(stderr, "mmapinfo: %s\n", why.text);
		return MI_OK;
	}
	st = mi_spool_restart(l->spool, err);
	if (st)
		return st;
	fprintf(l->spool, "mmapinfo: %s\n", why.text);
	return show(w, l->spool, err);
}

static enum mi_status rounds(struct mi_live *l, struct mi_watch_show *w, const struct whom *whom,
			     struct mi_error *err)
{
	enum mi_status st = mi_live_answer(l, err);

	if (st)
		return st;
	for (;;) {
		if (st && !may_pass(st))
			return st;
		st = st ? tell_failure(l, w, err) : show(w, l->spool, err);
		if (st)
			return st;
		wait_for(whom, l->cmd->watch);
		if (is_gone(whom))
			break;
		st = mi_live_answer(l, err);
		if (st && has_ended(whom, &l->ask, st))
			break;
	}
	fprintf(stderr, "%smmapinfo: %s has ended\n", w->terminal ? "\r\n" : "", w->title);
	return MI_OK;
}

static void take_title(struct mi_watch_show *w, const struct mi_request *ask)
{
	static const char *const of_all[] = {[MI_WHOM_ALL] = "--all",
					     [MI_WHOM_DEVICES] = "--requests",
					     [MI_WHOM_BLOCKED] = "--blocked",
					     [MI_WHOM_HISTORY] = "--history",
					     [MI_WHOM_LOG] = "--log"};

	if (ask->whom == MI_WHOM_PID)
		snprintf(w->title, sizeof(w->title), "PID %d", ask->pid);
	else if (ask->whom == MI_WHOM_TASK)
		snprintf(w->title, sizeof(w->title), "task %llx", (unsigned long long)ask->task);
	else
		snprintf(w->title, sizeof(w->title), "%s", of_all[ask->whom]);
}

enum mi_status mi_watch(struct mi_live *l, FILE *out, struct mi_error *err)
{
	const char *term = getenv("TERM");
	struct mi_watch_show w = {.out = out, .json = l->ask.json};
	struct whom whom;
	enum mi_status st;

	w.terminal = !w.json && isatty(fileno(out)) && term && *term && strcmp(term, "dumb") != 0;
	/* A screen in one piece does not flicker. */
	if (w.terminal)
		setvbuf(out, NULL, _IOFBF, SCREEN_BUFFER);
	take_title(&w, &l->ask);
	take_whom(&whom, &l->ask);
	mi_ending_catch(w.terminal);
	st = rounds(l, &w, &whom, err);
	if (whom.pidfd >= 0)
		close(whom.pidfd);
	mi_lines_free(&w.lines);
	return st;
}
