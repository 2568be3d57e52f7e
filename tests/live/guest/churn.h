/*
 * What processes of the churn map, and where: shared by the program that does it (churn.c)
 * and, as numbers, by the check (tests/live/churn.py).
 *
 * Process S maps only in its own range, from CHURN_BASE + S * CHURN_RANGE on. Slot I begins
 * every CHURN_STEP, and what is mapped there lies in its first CHURN_LENGTH bytes. What kind
 * of mapping a slot has is told by I % 4, of files also which page: S and I, and nothing else,
 * give it. A slot of the upper half, I + CHURN_SLOTS, holds what mremap moved there from I.
 */
#ifndef CHURN_H
#define CHURN_H

#include <stdint.h>

#define CHURN_BASE 0x10000000000ULL
#define CHURN_RANGE 0x100000000ULL
#define CHURN_STEP 0x80000ULL
#define CHURN_LENGTH 0x40000ULL
#define CHURN_SLOTS 64
/* The stacks of threads: thread T has its own from there on. */
#define CHURN_STACKS 0xf0000000ULL
#define CHURN_STACK 0x20000ULL
/* One page that is always mapped, read-only: who reads a process sees it, or not this process. */
#define CHURN_ANCHOR 0xe0000000ULL

/* Kinds of slots: I % 4. */
enum churn_kind {
	CHURN_ANON,    /* private: rw-p or r--p */
	CHURN_SHARED,  /* /mnt/churn/S, shared: rw-s or r--s */
	CHURN_PRIVATE, /* the same, private: rw-p or r--p */
	CHURN_SHMEM,   /* /shm/churn-S, shared: rw-s or r--s */
};

#define CHURN_WORKERS 14

/* In /shm/churn: whom to look at. */
struct churn_board {
	volatile int32_t worker[CHURN_WORKERS]; /* they live for ever */
	volatile int32_t child[CHURN_WORKERS];	/* these do not; 0: none yet */
	volatile uint64_t rounds[CHURN_WORKERS];
};

#endif
