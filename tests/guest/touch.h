/*
 * Touches pages after the dump was taken, and records what the kernel did then: faults,
 * signals, what came into the cache and into the page table. Shared by the scenarios
 * w_touch*.c, each of which plans its touches, comes to rest and waits for its turn.
 *
 * Planned touches are independent: none changes what another one meets.
 */
#ifndef GUEST_TOUCH_H
#define GUEST_TOUCH_H

#include "workload.h"

/* Where the records go. */
#define TOUCHED_DISK "/dev/touched"

/* A mapping, and a second one of all of its file, by which the cache is asked for. */
struct place {
	char *map;
	size_t pages;
	char *probe; /* NULL: no file, or one whose cache is not of interest */
	size_t probe_pages;
	int shmem; /* what of it is in swap is recorded, too */
};

/* Before all else: memory for the records, the way through signals. */
void touch_init(void);

/* Maps all of a file (under RANDOM: touching it reads no more than the page). */
void place_probe(struct place *place, int fd);

/* Pages @first and so on of the mapping will be touched; @op is 'r' or 'w'. */
void touch_plan(const struct place *place, const char *name, char op, size_t first, size_t count);

/* The last planned one is done by a thread of its own, which may get stuck in it. */
void touch_in_thread(void);

/*
 * Rests until it is this scenario's turn, touches, records, and rests for ever.
 * @release: lets those go on that are stuck, or NULL if they may stay so.
 */
_Noreturn void touch_run(const char *scenario, void (*release)(void));

/* w_touch_file.c: a new file with data in @pages, and @tail bytes more. */
int touch_make_file(const char *path, size_t pages, size_t tail);

#endif
