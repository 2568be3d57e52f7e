/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_PROBLEM_H
#define MI_KERNEL_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "../target/target.h"

/* What is known of how an object is wrong. */
enum mi_problem_kind {
	MI_PROBLEM_UNREAD,    /* it cannot be read, or is of an unknown form */
	MI_PROBLEM_BAD,	      /* it cannot be right */
	MI_PROBLEM_FREED,     /* nor that: it says that it was freed */
	MI_PROBLEM_VMA_ORDER, /* nor that: a VMA that is not where it must be */
	MI_PROBLEM_MAP_COUNT, /* nor that: map_count is of another number of VMAs */
};

/*
 * What a walk met and could not read or believe: one object of many, so the
 * walk goes on, but the answer is not whole and says so. Equal problems are
 * counted, with the first address kept, so that a hostile dump costs a few
 * lines and no memory.
 */
struct mi_problem {
	enum mi_problem_kind kind;
	const char *what;   /* "page table", "xa_node": a literal */
	const char *why;    /* mi_read_text(), or what is wrong with it: a literal */
	const char *word;   /* mi_read_word(), "inconsistent", or "unknown": of a form that is none
			       here */
	const char *effect; /* what the answer lacks, or NULL */
	uint64_t first;	    /* address of the first such object */
	uint64_t poisoned;  /* of the first at an address that is no pointer, but what freed
			     * memory is filled with (include/linux/poison.h); 0: none */
	uint64_t count;
};

#define MI_PROBLEMS_MAX 48

struct mi_problems {
	struct mi_problem list[MI_PROBLEMS_MAX];
	size_t n;
	uint64_t dropped; /* kinds beyond the last slot: never silently lost */
};

/* All strings must be literals. */
void mi_problem_read(struct mi_problems *p, const char *what, uint64_t addr, enum mi_read why,
		     const char *effect);
/* It cannot be right. */
void mi_problem_bad(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
		    const char *effect);
/* The same, and how; the kind is that of the text @why, wherever it is used. */
void mi_problem_bad_as(struct mi_problems *p, enum mi_problem_kind kind, const char *what,
		       uint64_t addr, const char *why, const char *effect);
/* It may well be right, but how this kernel has it is not known. */
void mi_problem_unknown(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
			const char *effect);

/* No more than there are: cheap where there are none. */
void mi_problems_copy(struct mi_problems *to, const struct mi_problems *from);

/* All that were met so far. A walk that leaves it as it was met none. */
uint64_t mi_problem_count(const struct mi_problems *p);

#endif
