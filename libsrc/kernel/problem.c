// SPDX-License-Identifier: GPL-2.0-or-later
/* problem.c - counting what could not be read or believed */
#include <string.h>

#include "problem.h"

static void note(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
		 const char *word, const char *effect)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		struct mi_problem *old = &p->list[i];

		if (!strcmp(old->what, what) && !strcmp(old->why, why)) {
			old->count++;
			return;
		}
	}
	if (p->n == MI_PROBLEMS_MAX)
		p->dropped++;
	else
		p->list[p->n++] = (struct mi_problem){what, why, word, effect, addr, 1};
}

void mi_problem_read(struct mi_problems *p, const char *what, uint64_t addr, enum mi_read why,
		     const char *effect)
{
	note(p, what, addr, mi_read_text(why), mi_read_word(why), effect);
}

void mi_problem_bad(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
		    const char *effect)
{
	note(p, what, addr, why, "inconsistent", effect);
}

void mi_problem_unknown(struct mi_problems *p, const char *what, uint64_t addr, const char *why,
			const char *effect)
{
	note(p, what, addr, why, "unknown", effect);
}

uint64_t mi_problem_count(const struct mi_problems *p)
{
	uint64_t n = p->dropped;
	size_t i;

	for (i = 0; i < p->n; i++)
		n += p->list[i].count;
	return n;
}
