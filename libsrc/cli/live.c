// SPDX-License-Identifier: GPL-2.0-or-later
/* live.c - answers of the running kernel */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "follow.h"
#include "live.h"
#include "ns.h"
#include "rights.h"
#include "spool.h"
#include "watch.h"

enum mi_status mi_live_prepare(struct mi_live *l, const struct mi_command *cmd,
			       struct mi_error *err)
{
	enum mi_status st = MI_OK;

	memset(l, 0, sizeof(*l));
	l->cmd = cmd;
	l->ask = cmd->ask;
	if (cmd->ns_path)
		st = mi_ns_of_path(cmd->ns_path, &l->ask.ns_inode, err);
	if (!st && cmd->stable && !mi_ns_is_initial())
		st = mi_fail(err, MI_ERR_STATE,
			     "--stable: mmapinfo runs in a PID namespace of its own, from which "
			     "PID %d cannot be stopped",
			     cmd->ask.pid);
	if (!st && cmd->stable)
		st = mi_guardian_start(cmd->stable == MI_STABLE_FREEZER, &l->guardian, err);
	if (!st && (cmd->stable || cmd->watch > 0))
		st = mi_spool_open(&l->spool, err);
	if (st)
		mi_live_close(l);
	return st;
}

void mi_live_close(struct mi_live *l)
{
	mi_guardian_end(l->guardian);
	l->guardian = NULL;
	if (l->spool)
		fclose(l->spool);
	l->spool = NULL;
}

static enum mi_status stable_answer(struct mi_live *l, struct mi_error *err)
{
	char note[256];
	enum mi_status st;

	st = mi_guardian_stop(l->guardian, l->ask.pid, note, sizeof(note), err);
	if (st)
		return st;
	st = mi_session_run(l->s, &l->ask, l->spool, err);
	mi_guardian_go(l->guardian);
	if (*note)
		fprintf(stderr, "mmapinfo: %s\n", note);
	return st;
}

enum mi_status mi_live_answer(struct mi_live *l, struct mi_error *err)
{
	enum mi_status st = mi_spool_restart(l->spool, err);

	if (st)
		return st;
	return l->guardian ? stable_answer(l, err) : mi_session_run(l->s, &l->ask, l->spool, err);
}

/* The answer goes to a file first, which has no columns. */
static void take_width(struct mi_request *ask, FILE *out)
{
	struct winsize ws;

	if (!ask->width && isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &ws))
		ask->width = ws.ws_col;
}

enum mi_status mi_live_run(struct mi_live *l, struct mi_session *s, FILE *out, struct mi_error *err)
{
	enum mi_status st, copied;
	struct mi_error of_copy;

	mi_rights_drop(l->guardian ? MI_RIGHT_SIGNALS : 0);
	l->s = s;
	/* What is stopped or watched is known to this machine by another number. */
	if (l->ask.ns_pid || l->ask.ns_inode) {
		st = mi_session_pid(s, &l->ask, &l->ask.pid, err);
		if (st)
			return st;
		l->ask.ns_pid = 0;
		l->ask.ns_inode = 0;
	}
	if (l->cmd->follow)
		return mi_follow_run(&l->ask, s, out, err);
	if (!l->spool)
		return mi_session_run(s, &l->ask, out, err);
	take_width(&l->ask, out);
	if (l->cmd->watch > 0)
		return mi_watch(l, out, err);
	st = mi_live_answer(l, err);
	/* What there is of one that broke off, too. */
	copied = mi_spool_copy(l->spool, out, st ? &of_copy : err);
	return st ? st : copied;
}
