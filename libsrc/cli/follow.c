// SPDX-License-Identifier: GPL-2.0-or-later
/* follow.c - recorded history as it comes */
#include <time.h>

#include "ending.h"
#include "follow.h"
#include "spool.h"

/*
 * How often one looks, and how much of the time that may take: all rings are looked through each
 * time, which may be large.
 */
#define INTERVAL_NS 200000000L
#define REST 2

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void wait_since(int64_t began)
{
	int64_t ns = (now_ns() - began) * REST;
	struct timespec ts;

	if (ns < INTERVAL_NS)
		ns = INTERVAL_NS;
	ts.tv_sec = (time_t)(ns / 1000000000);
	ts.tv_nsec = (long)(ns % 1000000000);
	nanosleep(&ts, NULL);
}

/* What is new is written as a whole, whenever one is told to end. */
static enum mi_status pass_on(FILE *spool, bool json, FILE *out, struct mi_error *err)
{
	enum mi_status st;

	mi_ending_hold();
	st = json ? mi_spool_compact(spool, out, err) : mi_spool_copy(spool, out, err);
	mi_ending_release();
	return st;
}

static enum mi_status follow(struct mi_follow *f, FILE *spool, bool json, FILE *out,
			     struct mi_error *err)
{
	bool first = true;
	enum mi_status st;
	int64_t began;

	for (;; first = false) {
		began = now_ns();
		st = mi_spool_restart(spool, err);
		if (!st)
			st = mi_follow_next(f, spool, err);
		if (st == MI_ERR_NOT_FOUND && !first) {
			fputs("mmapinfo: the recorder was unloaded\n", stderr);
			return MI_OK;
		}
		/* A directory that changes while it is read is whole the next time. */
		if (st && (first || st != MI_ERR_FORMAT))
			return st;
		if (!st && ftell(spool) > 0)
			st = pass_on(spool, json, out, err);
		if (st && st != MI_ERR_FORMAT)
			return st;
		wait_since(began);
	}
}

enum mi_status mi_follow_run(const struct mi_request *ask, struct mi_session *s, FILE *out,
			     struct mi_error *err)
{
	struct mi_follow *f;
	enum mi_status st;
	FILE *spool;

	st = mi_spool_open(&spool, err);
	if (st)
		return st;
	st = mi_follow_open(s, ask, &f, err);
	if (!st) {
		mi_ending_catch(false);
		st = follow(f, spool, ask->json, out, err);
		mi_follow_close(f);
	}
	fclose(spool);
	return st;
}
