/* Unusual tasks: threads, zombies, a dead leader, a borrowed mm. */
#include "workload.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void *thread_main(void *name)
{
	prctl(PR_SET_NAME, name);
	pthread_barrier_wait(&barrier);
	sleep_forever();
}

static void start_threads(char (*names)[16], unsigned int count)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, count + 1);
	for (unsigned int i = 0; i < count; i++)
		if (pthread_create(&thread, NULL, thread_main, names[i]) != 0)
			fail("pthread_create");
	pthread_barrier_wait(&barrier);
}

static void threads(void)
{
	static char names[8][16];

	for (int i = 0; i < 8; i++)
		snprintf(names[i], sizeof(names[i]), "thread-%d", i);
	start_threads(names, 8);
	report_ready();
}

/* The leader is a zombie without mm; the mm lives on in the other thread. */
static void dead_leader(void)
{
	static char names[1][16] = {"alive-thread"};

	start_threads(names, 1);
	report_ready();
	pthread_exit(NULL);
}

/* A child that ended and is not waited for. */
static void zombie_parent(void)
{
	siginfo_t info;

	if (fork_as("zombie") == 0)
		_exit(0);
	if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0)
		fail("waitid");
	report_ready();
}

/* Two processes on one mm: the parent waits in vfork. */
static void vfork_parent(void)
{
	/* What the child writes here, the parent's memory has too. */
	if (vfork() == 0) {
		prctl(PR_SET_NAME, "vfork-child");
		report_ready();
		sleep_forever();
	}
}

const struct scenario task_scenarios[] = {
	{"threads", threads},
	{"dead-leader", dead_leader},
	{"zombie-parent", zombie_parent},
	{"vfork-parent", vfork_parent},
	{NULL, NULL},
};
