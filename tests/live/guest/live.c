/*
 * init of tests/guest, linked with --wrap=truth_record: right after the truth was recorded the
 * runner may begin. It is started before: a fork afterwards would change init's own pages.
 */
#include "live.h"
#include "truth.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void __real_truth_record(const char *disk, enum truth_of of);
void __wrap_truth_record(const char *disk, enum truth_of of);

/* Prints what the runner is started with; returns the end of the pipe to let it go by. */
static int start_runner(const char *what)
{
	int go[2], there[2];
	char byte;
	pid_t pid;

	/* Not close-on-exec: the numbers that the runner knows may be these. */
	if (pipe(go) < 0 || pipe(there) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		/* Out of the way of the numbers that they get. */
		int in = fcntl(go[0], F_DUPFD, 16), out = fcntl(there[1], F_DUPFD, 16);

		dup2(in, GO_FD);
		dup2(out, THERE_FD);
		closefrom(THERE_FD + 1);
		execl(RUNNER, "runner", what, NULL);
		fail("cannot start %s", RUNNER);
	}
	close(go[0]);
	close(there[1]);
	if (read(there[0], &byte, 1) != 1)
		fail("the runner ended early");
	close(there[0]);
	return go[1];
}

void __wrap_truth_record(const char *disk, enum truth_of of)
{
	const char *what = getenv("live");
	int go;

	if (!what)
		fail("no live= on the command line");
	go = start_runner(what);
	if (!strcmp(what, "parity"))
		__real_truth_record(disk, of);
	if (write(go, "g", 1) != 1)
		fail("cannot let the runner go");
}
