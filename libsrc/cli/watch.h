/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_WATCH_H
#define MI_CLI_WATCH_H

#include "lines.h"
#include "live.h"

/*
 * The answer, again and again, until the process is gone or ^C ends the program. Fails if there is
 * not even a first answer, or no more can be had for a reason that stays.
 */
enum mi_status mi_watch(struct mi_live *l, FILE *out, struct mi_error *err);

/* ---- watch_show.c ---- */

struct mi_watch_show {
	FILE *out;
	bool terminal; /* one that can be drawn on */
	bool json;
	char title[64];	       /* "PID 812" */
	struct mi_lines lines; /* of the answer before */
	size_t shown;	       /* answers */
};

/* The answer in @spool, with what is new in it marked. */
enum mi_status mi_watch_show(struct mi_watch_show *w, FILE *spool, struct mi_error *err);

#endif
