// SPDX-License-Identifier: GPL-2.0-or-later
/* problem.c - counting what could not be read or believed */
#include <string.h>

#include "problem.h"

/*
 * What reads as a pointer in an object that SLUB has freed or not filled yet, in a page that was
 * freed, or in a list entry that was deleted; of 64 bits: there no object lies.
 */
static bool is_poison(uint64_t addr)
{
	static const uint64_t poison[] = {
		0x6b6b6b6b6b6b6b6b, 0x5a5a5a5a5a5a5a5a, /* POISON_FREE, POISON_INUSE */
		0xaaaaaaaaaaaaaaaa,			/* PAGE_POISON */
		0xdead000000000100,			/* LIST_POISON1, 2 */
	};
	size_t i;

	/* A member of such an object, or the object that holds it. */
	for (i = 0; i < sizeof(poison) / sizeof(*poison); i++)
		if (addr - poison[i] + MI_PAGE_SIZE < 2 * MI_PAGE_SIZE)
			return true;
	return false;
}

static void note(struct mi_problems *p, enum mi_problem_kind kind, const char *what, uint64_t addr,
		 const char *why, const char *word, const char *effect)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		struct mi_problem *old = &p->list[i];

		if (!strcmp(old->what, what) && !strcmp(old->why, why)) {
			old->count++;
			if (!old->poisoned && is_poison(addr))
				old->poisoned = addr;
			return;
		}
	}
	if (p->n == MI_PROBLEMS_MAX)
		p->dropped++;
	else
		p->list[p->n++] = (struct mi_problem){
			kind, what, why, word, effect, addr, is_poison(addr) ? addr : 0, 1};
}

void mi_problem_read(struct mi_problems *p, const char *what, uint64_t addr, enum mi_read why,
		     const char *effect)
{
	note(p, MI_PROBLEM_UNREAD, what, addr, mi_read_text(why), mi_read_word(why), effect);
}

void mi_problem_bad(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
		    const char *effect)
{
	mi_problem_bad_as(p, MI_PROBLEM_BAD, what, addr, why, effect);
}

void mi_problem_bad_as(struct mi_problems *p, enum mi_problem_kind kind, const char *what,
		       uint64_t addr, const char *why, const char *effect)
{
	note(p, kind, what, addr, why, "inconsistent", effect);
}

void mi_problem_unknown(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
			const char *effect)
{
	note(p, MI_PROBLEM_UNREAD, what, addr, why, "unknown", effect);
}

uint64_t mi_problem_count(const struct mi_problems *p)
{
	uint64_t n = p->dropped;
	size_t i;

	for (i = 0; i < p->n; i++)
		n += p->list[i].count;
	return n;
}

void mi_problems_copy(struct mi_problems *to, const struct mi_problems *from)
{
	to->n = from->n;
	to->dropped = from->dropped;
	memcpy(to->list, from->list, from->n * sizeof(*from->list));
}
