// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorder_clock.c - from raw times to CLOCK_MONOTONIC and the wall
 *
 * The recorder notes now and then what all clocks show at one moment. Between two such
 * samples time is interpolated; before the first and behind the last the rate of the two
 * that are nearest goes on.
 */
#include <string.h>

#include "recorder.h"

/* The last sample that is not behind @raw, but not the last of all: it begins a stretch. */
static size_t stretch_of(const struct mi_recorder *rec, uint64_t raw)
{
	size_t low = 0, high = rec->n_clock - 1;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (rec->clock[mid].raw <= raw)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* What a clock shows that went from @y0 to @y1 while raw time went from @x0 to @x1. */
static uint64_t at_rate(uint64_t x, uint64_t x0, uint64_t x1, uint64_t y0, uint64_t y1)
{
	int64_t rise = (int64_t)(y1 - y0);
	__int128 v;

	/* No clock does that, and the product must have room. */
	if (rise > INT64_MAX / 2 || rise < -(INT64_MAX / 2))
		return y0;
	v = (__int128)rise * ((__int128)x - x0) / ((__int128)x1 - x0) + y0;
	return v < 0 ? 0 : v > (__int128)UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

/* One sample, and raw times that count nanoseconds. */
static void by_one(const struct mi_recorder *rec, uint64_t raw, struct mi_rec_time *t)
{
	const struct mmaprec_clock_sample *s = rec->n_clock ? rec->clock : NULL;
	uint64_t mono = s ? s->mono : rec->head.loaded_mono;
	uint64_t real = s ? s->real : rec->head.loaded_real;

	t->known = true;
	t->mono = raw;
	if (real)
		t->real = real + (raw - mono);
	if (s && s->sched)
		t->sched = s->sched + (raw - mono);
}

struct mi_rec_time mi_recorder_time(const struct mi_recorder *rec, uint64_t raw)
{
	const struct mmaprec_clock_sample *a, *b;
	struct mi_rec_time t;
	size_t i;

	memset(&t, 0, sizeof(t));
	if (rec->n_clock < 2) {
		if (rec->head.clock == MMAPREC_CLOCK_MONO)
			by_one(rec, raw, &t);
		return t;
	}
	i = stretch_of(rec, raw);
	a = &rec->clock[i];
	b = &rec->clock[i + 1];
	t.known = true;
	t.extrapolated = raw < a->raw || raw > b->raw;
	if (rec->head.clock == MMAPREC_CLOCK_MONO) {
		t.mono = raw;
		/* Exact by itself; of the other clocks little can have changed since. */
		t.extrapolated = false;
	} else {
		t.mono = at_rate(raw, a->raw, b->raw, a->mono, b->mono);
	}
	if (a->real && b->real)
		t.real = at_rate(raw, a->raw, b->raw, a->real, b->real);
	if (a->sched && b->sched)
		t.sched = at_rate(raw, a->raw, b->raw, a->sched, b->sched);
	return t;
}

uint64_t mi_recorder_now(const struct mi_recorder *rec)
{
	uint64_t now = rec->head.updated > rec->head.frozen ? rec->head.updated : rec->head.frozen;

	if (rec->n_clock && rec->clock[rec->n_clock - 1].raw > now)
		now = rec->clock[rec->n_clock - 1].raw;
	return now;
}

bool mi_recorder_span(const struct mi_recorder *rec, uint64_t from, uint64_t to, uint64_t *ns)
{
	struct mi_rec_time a, b;

	if (from > to)
		return false;
	a = mi_recorder_time(rec, from);
	b = mi_recorder_time(rec, to);
	if (!a.known || !b.known || a.mono > b.mono)
		return false;
	*ns = b.mono - a.mono;
	return true;
}
