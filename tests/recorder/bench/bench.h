/*
 * The guest that counts instructions: QEMU runs it with -icount shift=0, so its time stamp
 * counter goes on by one with each instruction, and nothing outside the guest shows in it.
 */
#ifndef BENCH_H
#define BENCH_H

#include "common.h"

/*
 * Operations of each round, and rounds; the cheapest counts. A round is shorter than the time
 * between two ticks (4 million instructions), so that some have none.
 */
#define OPS 128
#define ROUNDS 12

#define BENCH_FILE "/mnt/bench.dat"
#define FILE_SIZE ((size_t)OPS * 16 * PAGE)

static inline uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* ---- work.c: what is measured ---- */

struct work {
	const char *name;
	void (*start)(void); /* of all rounds; not measured, as all but run */
	void (*before)(void);
	void (*run)(void); /* OPS operations */
	void (*after)(void);
};

extern const struct work works[];
extern const size_t work_n;

void work_open(void);
/* How far from one the counter is off an instruction: of a loop whose length is known. */
double work_calibrate(void);

/* ---- others.c: what else records ---- */

struct recording {
	/* Prepares for events, names as tracefs has them, ended by NULL. -1: cannot, errno. */
	int (*begin)(const char *const *events);
	/* Records since the last call. */
	uint64_t (*count)(void);
	void (*end)(void);
};

extern const struct recording with_ftrace, with_perf;

#endif
