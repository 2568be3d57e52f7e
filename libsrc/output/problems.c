// SPDX-License-Identifier: GPL-2.0-or-later
/* problems.c - keeps what is met twice from being counted twice */
#include "output.h"

void mi_met_keep(struct mi_met *met, const struct mi_problems *p)
{
	size_t i;

	met->n = p->n;
	met->dropped = p->dropped;
	for (i = 0; i < p->n; i++)
		met->count[i] = p->list[i].count;
}

void mi_met_restore(const struct mi_met *met, struct mi_problems *p)
{
	size_t i;

	/* The list only grows at its end. */
	for (i = 0; i < met->n; i++)
		p->list[i].count = met->count[i];
	if (met->dropped)
		p->dropped = met->dropped;
}
