/*
 * Shared by what runs in a guest where mmapinfo reads the running kernel: the part of init
 * (live.c) and the runner (runner.c, which calls the others).
 */
#ifndef LIVE_H
#define LIVE_H

/* For PID and what comes with it; first, for what it defines. */
#include "common.h"

#include <sys/types.h>

#define RUNNER "/live/runner"
#define MMAPINFO "/live/bin/mmapinfo"

/* What the host looks for on the console when all answers are on the disk. */
#define MARK_LIVE "MMAPINFO-GUEST-LIVE"

/* The runner is started with a pipe to hear on that it may begin, and one to say it is there. */
#define GO_FD 4
#define THERE_FD 5

#define MAX_ARGS 15
#define ERR_KEPT 8192

/* One run of a command: what to run, and what became of it. */
struct run {
	const char *argv[MAX_ARGS + 1];
	void (*prepare)(void *arg); /* in the child, before exec; may be NULL */
	void *arg;
	int limit_ms;

	pid_t pid;
	int status;	/* as wait4(2) tells */
	int timed_out;	/* killed after limit_ms */
	long ms;	/* it took */
	long maxrss_kb; /* of ru_maxrss */
	size_t err_len; /* written to stderr; the first ERR_KEPT bytes are in err */
	char err[ERR_KEPT];
};

/* Runs it to its end; what it writes to stdout goes to the file that is open in the store. */
void run_command(struct run *run);

/*
 * The store: an archive on a raw disk, of files whose length is not known before. What is
 * written is kept back until a file ends, or is large: no I/O of ours while others look.
 */
void store_open(const char *disk);
void store_begin(const char *name);
void store_put(const void *data, size_t len);
void store_end(void);
void store_text(const char *name, const char *text);
void store_close(void);

/* A run into the store: DIR/args, DIR/out, DIR/err, DIR/info. */
void store_run(const char *dir, struct run *run, const char *more);

/* What "live=" on the kernel's command line says. */
void live_parity(void); /* all questions of /live/questions */
void live_churn(void);	/* again and again, while processes change */
void live_rights(void); /* with less and less that it may do */

#endif
