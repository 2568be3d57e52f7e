/*
 * Runs mmapinfo again and again about processes that change meanwhile: whom, /shm/churn tells.
 * "runs=" on the kernel's command line says how often.
 */
#include "churn.h"
#include "live.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A run that takes as long has failed; the host looks at how long each took. */
#define LIMIT_MS 120000

static const char *const forms[][3] = {
	{"--json", NULL, NULL},	     {"--json", "--each", NULL}, {"--json", "--prefault", NULL},
	{"--json", "--stack", NULL}, {"--json", "--next", NULL},
};

static const struct churn_board *map_board(void)
{
	int fd = open("/shm/churn", O_RDONLY | O_CLOEXEC);
	void *board;

	if (fd < 0)
		fail("no board");
	board = mmap(NULL, sizeof(struct churn_board), PROT_READ, MAP_SHARED, fd, 0);
	if (board == MAP_FAILED)
		fail("cannot map the board");
	close(fd);
	return board;
}

/* Each worker in turn, and where it has children, these more often. */
static int whom(const struct churn_board *board, unsigned int s, long round)
{
	return board->child[s] && round % 4 ? board->child[s] : board->worker[s];
}

static void look(const struct churn_board *board, long n)
{
	unsigned int s = (unsigned int)(n % CHURN_WORKERS), args = 1;
	long round = n / CHURN_WORKERS;
	const char *const *form = forms[(unsigned long)round % ARRAY_SIZE(forms)];
	char pid[16], dir[32], more[64];
	static struct run run;

	run.argv[0] = MMAPINFO;
	for (int i = 0; i < 2 && form[i]; i++)
		run.argv[args++] = form[i];
	/* Now and then all of them. */
	if (n % 20 == 19) {
		run.argv[1] = "--json";
		run.argv[2] = "--all";
		args = 3;
	} else {
		snprintf(pid, sizeof(pid), "%d", whom(board, s, round));
		run.argv[args++] = pid;
	}
	run.argv[args] = NULL;
	run.limit_ms = LIMIT_MS;
	snprintf(more, sizeof(more), "number=%u\nlasting=%d\n", s,
		 args > 2 && atoi(run.argv[args - 1]) == board->worker[s]);
	snprintf(dir, sizeof(dir), "runs/%06ld", n);
	store_run(dir, &run, more);
}

static void store_rounds(const struct churn_board *board)
{
	char text[CHURN_WORKERS * 32];
	size_t len = 0;

	for (unsigned int s = 0; s < CHURN_WORKERS; s++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %llu\n", s,
					(unsigned long long)board->rounds[s]);
	store_text("rounds", text);
}

void live_churn(void)
{
	const struct churn_board *board = map_board();
	const char *text = getenv("runs");
	long runs = text ? atol(text) : 0;

	for (long n = 0; n < runs; n++)
		look(board, n);
	store_rounds(board);
	printf("live: %ld runs\n", runs);
}
