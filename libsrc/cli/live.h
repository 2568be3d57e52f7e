/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_LIVE_H
#define MI_CLI_LIVE_H

#include "../output/command.h"
#include "guardian.h"

/* Answers of the running kernel: what it needs before and around what a dump is asked. */
struct mi_live {
	const struct mi_command *cmd;
	struct mi_session *s;
	struct mi_request ask;
	struct mi_guardian *guardian; /* NULL: nothing is to be stopped */
	FILE *spool;		      /* NULL: nothing is kept back */
};

/*
 * Before the session is opened; then, with it, the answer, after which @l is closed. Rights that
 * only opening needs are given up between the two.
 */
enum mi_status mi_live_prepare(struct mi_live *l, const struct mi_command *cmd,
			       struct mi_error *err);
enum mi_status mi_live_run(struct mi_live *l, struct mi_session *s, FILE *out,
			   struct mi_error *err);
void mi_live_close(struct mi_live *l);

/* One answer into l->spool. With --stable the process stands still until it is there. */
enum mi_status mi_live_answer(struct mi_live *l, struct mi_error *err);

#endif
