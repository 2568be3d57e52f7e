// SPDX-License-Identifier: GPL-2.0-or-later
/* tick.c - ages that the kernel keeps in jiffies */
#include "tick.h"

#define TICK_MAX 10000001 /* ns: 100 Hz */

/* What CONFIG_HZ makes of it: tick_nsec, and since 6.13 what the clock source "jiffies" counts by.
 */
static bool tick_ns(struct mi_kernel *k, uint64_t *ns)
{
	const struct mi_layout *l = &k->l;
	uint64_t mult, shift;

	if (l->sym_tick_nsec) {
		if (mi_read_ulong(k->t, l->sym_tick_nsec, ns))
			return false;
	} else {
		if (!l->sym_clocksource_jiffies || !mi_has(&l->clocksource_mult) ||
		    !mi_has(&l->clocksource_shift) ||
		    mi_read_member(k->t, l->sym_clocksource_jiffies, &l->clocksource_mult, &mult) ||
		    mi_read_member(k->t, l->sym_clocksource_jiffies, &l->clocksource_shift, &shift))
			return false;
		*ns = shift < 32 ? mult >> shift : 0;
	}
	/* A tick is 1 to 10 ms. */
	return *ns && *ns <= TICK_MAX;
}

bool mi_ticks_ago(struct mi_kernel *k, uint64_t since, unsigned int size, uint64_t *ns)
{
	uint64_t now, tick;

	if (!k->l.sym_jiffies || mi_read_ulong(k->t, k->l.sym_jiffies, &now) || !tick_ns(k, &tick))
		return false;
	now -= since;
	/* On 32 bits they run over after weeks. */
	if (size == 4)
		now = (uint32_t)now;
	/* Later than now: no such time. */
	if (now > (size == 4 ? INT32_MAX : INT64_MAX / TICK_MAX))
		return false;
	*ns = now * tick;
	return true;
}
