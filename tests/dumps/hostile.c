// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hostile.c - a dump that lies: everything must end, nothing may crash
 *
 *     hostile DUMP SEEDS
 *
 * Opens the dump through a provider that damages a few words of some pages, in
 * a way that the seed decides: zeroes, ones, random numbers, other words of
 * the same page (so pointers lead to wrong but real objects and lists become
 * circles). Then lists all tasks, inspects a few processes, page by page, and
 * looks for tasks that are stuck, and what is pending on block devices.
 * Prints TAP, one test for each block of seeds. Time and memory are bounded by
 * the kernel (alarm, RLIMIT_AS unless built with sanitizers).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libsrc/inspect/blocked.h"
#include "../../libsrc/inspect/check.h"
#include "../../libsrc/kernel/log.h"

#define BLOCK 25
#ifdef __SANITIZE_ADDRESS__
#define SECONDS_PER_SEED 60 /* all takes some times as long */
#else
#define SECONDS_PER_SEED 20
#endif
#define MEMORY_MAX (1UL << 30)

struct liar {
	struct mi_provider p;
	struct mi_provider *real;
	uint64_t seed;
	unsigned int one_in; /* pages that are damaged */
	bool armed;
};

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t lie(uint64_t r, const uint64_t *words, uint64_t old)
{
	switch (r % 6) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return mix(r);
	case 3:
		return old ^ 1ULL << (r >> 8) % 64;
	default:
		return words[(r >> 8) % 512];
	}
}

static enum mi_read lying_read(struct mi_provider *p, uint64_t pa, void *page)
{
	struct liar *l = (struct liar *)p;
	enum mi_read why = l->real->ops->read_page(l->real, pa, page);
	uint64_t *words = page, r = mix(l->seed * 0x9e3779b97f4a7c15ULL + pa);
	int i, n;

	if (why || !l->armed || r % l->one_in)
		return why;
	n = 1 + (int)(r >> 40) % 16;
	for (i = 0; i < n; i++) {
		r = mix(r + 1);
		words[(r >> 20) % 512] = lie(r >> 30, words, words[(r >> 20) % 512]);
	}
	return MI_READ_OK;
}

static enum mi_status real_vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
				      struct mi_error *err)
{
	struct liar *l = (struct liar *)p;

	return l->real->ops->vmcoreinfo(l->real, text, len, err);
}

static bool real_next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	struct liar *l = (struct liar *)p;

	return l->real->ops->next_run(l->real, pa, end);
}

static void close_liar(struct mi_provider *p)
{
	struct liar *l = (struct liar *)p;

	l->real->ops->close(l->real);
	free(l);
}

static bool see_run(void *arg, const struct mi_run *run)
{
	*(uint64_t *)arg += run->n;
	return true;
}

static void inspect(struct mi_kernel *k, const struct mi_task *task)
{
	struct mi_process *p;
	struct mi_error e;
	uint64_t pages = 0;
	size_t i;

	if (mi_process_open(k, task, NULL, &p, &e))
		return;
	mi_process_count(p, &e);
	for (i = 0; i < p->n_maps; i++)
		mi_mapping_pages(p, &p->maps[i], false, see_run, &pages, &e);
	for (i = 0; i < p->n_files; i++)
		mi_file_pages(p, &p->files[i], false, see_run, &pages, &e);
	mi_process_close(p);
}

/* Requests, who maps their pages, waits, stacks, faults, locks: all that these walk. */
static void look_at_stuck(struct mi_kernel *k)
{
	struct mi_blocked_set *set;
	struct mi_error e;

	if (mi_blocked_open(k, NULL, 0, &set, &e))
		return;
	if (set->pending)
		mi_mapped_by_load(set->pending, &e);
	mi_blocked_close(set);
}

static void look_at_log(struct mi_kernel *k)
{
	struct mi_log *log;
	struct mi_error e;
	uint64_t bytes = 0;
	size_t i;

	if (mi_log_open(k, &log, &e))
		return;
	for (i = 0; i < log->n; i++)
		bytes += strlen(log->records[i].text) <= log->records[i].len;
	if (bytes != log->n)
		abort();
	mi_log_close(log);
}

/* Its rules hold the state of the kernel against each other. */
static void check(struct mi_kernel *k)
{
	struct mi_check_options ask = {.older_s = 0};
	struct mi_check *c;
	struct mi_error e;
	unsigned int i;

	for (i = 0; i < MI_RULE_NR; i++)
		ask.asked[i] = true;
	if (!mi_check_open(k, &ask, &c, &e))
		mi_check_close(c);
}

/* Whether it got as far as a list of processes; everything else is up to the lies. */
static bool one_seed(const char *dump, uint64_t seed)
{
	static const struct mi_provider_ops ops = {
		.read_page = lying_read,
		.vmcoreinfo = real_vmcoreinfo,
		.next_run = real_next_run,
		.close = close_liar,
	};
	struct liar *l = calloc(1, sizeof(*l));
	struct mi_summary *list;
	struct mi_target *t;
	struct mi_kernel *k;
	struct mi_error e;
	size_t i, n;

	if (!l || mi_kdump_open(dump, &l->real, &e))
		exit(3);
	l->p = *l->real;
	l->p.ops = &ops;
	l->seed = seed;
	/* Odd seeds spare the symbols and types, so that the walkers get the lies. */
	l->one_in = seed % 2 ? 6 : 60;
	l->armed = !(seed % 2);
	if (mi_target_open(&l->p, NULL, &t, &e))
		return false;
	if (mi_kernel_open(t, NULL, &k, &e)) {
		mi_target_close(t);
		return false;
	}
	l->armed = true;
	n = 0;
	list = NULL;
	mi_summaries(k, &list, &n, &e);
	for (i = 0; i < n; i++)
		if (list[i].has_mm && i % 3 == seed % 3)
			inspect(k, &list[i].task);
	free(list);
	look_at_stuck(k);
	look_at_log(k);
	if (seed % 4 == 1)
		check(k);
	mi_kernel_close(k);
	mi_target_close(t);
	return n > 1;
}

/* In a process of its own: what one seed breaks is no matter to the next. */
enum outcome {
	ENDED_EARLY,
	SAW_PROCESSES,
	BROKE
};

static enum outcome run_seed(const char *dump, uint64_t seed)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return BROKE;
	if (!pid) {
#if !defined(__SANITIZE_ADDRESS__)
		const struct rlimit mem = {MEMORY_MAX, MEMORY_MAX};

		setrlimit(RLIMIT_AS, &mem);
#endif
		alarm(SECONDS_PER_SEED);
		exit(one_seed(dump, seed) ? SAW_PROCESSES : ENDED_EARLY);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) >= BROKE)
		return BROKE;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	uint64_t seed, seeds, tests = 0, alive = 0;
	bool broke = false;

	if (argc != 3)
		return 2;
	seeds = strtoul(argv[2], NULL, 10);
	for (seed = 1; seed <= seeds; seed++) {
		enum outcome o = run_seed(argv[1], seed);

		alive += o == SAW_PROCESSES;
		if (o == BROKE) {
			printf("# seed %lu broke it\n", (unsigned long)seed);
			broke = true;
		}
		if (seed % BLOCK && seed != seeds)
			continue;
		/* If nearly all seeds end early, the test tests nothing. */
		printf("%s %lu - seeds to %lu ended; %lu of them saw processes\n",
		       !broke && alive * 3 > seed ? "ok" : "not ok", (unsigned long)++tests,
		       (unsigned long)seed, (unsigned long)alive);
		broke = false;
	}
	printf("1..%lu\n", (unsigned long)tests);
	return 0;
}
