// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history_follow.c - how far one has come with the records of a recorder that runs
 *
 * By the sequence numbers of each CPU, which have no gaps: what is missing among those still in
 * the ring is being written, or lost.
 */
#include <stdlib.h>
#include <string.h>

#include "history.h"

static enum mi_status begin(struct mi_history_reader *r, const struct mi_recorder *rec,
			    struct mi_error *err)
{
	mi_history_reader_free(r);
	r->span = calloc(rec->n_cpus + 1, sizeof(*r->span));
	r->waited = calloc(rec->n_cpus + 1, sizeof(*r->waited));
	if (!r->span || !r->waited) {
		mi_history_reader_free(r);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
	}
	r->n_cpus = rec->n_cpus;
	r->loaded = rec->head.loaded_mono;
	r->fresh = true;
	return MI_OK;
}

/* The place of the first of a CPU's records that is @seq or later. */
static uint64_t place_of(const struct mi_rec_cpu *c, uint64_t seq)
{
	uint64_t low = 0, high = c->valid, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (c->seq[mid] < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void take_all(struct mi_history_span *s, const struct mi_rec_cpu *c, bool from_now)
{
	s->to = c->valid ? c->seq[c->valid - 1] + 1 : 1;
	s->from = from_now || !c->valid ? s->to : c->seq[0];
}

/* Up to a gap that is new; over one that was there before, for it is not filled any more. */
static void take_new(struct mi_history_reader *r, size_t cpu, const struct mi_recorder *rec)
{
	const struct mi_rec_cpu *c = &rec->cpus[cpu];
	struct mi_history_span *s = &r->span[cpu];
	uint64_t at = place_of(c, s->to);
	bool overwritten;

	s->from = s->to;
	for (; at < c->valid; at++) {
		if (c->seq[at] != s->to) {
			overwritten = c->last - s->to >= rec->slots;
			if (!overwritten && r->waited[cpu] != s->to) {
				r->waited[cpu] = s->to;
				return;
			}
			r->lost += c->seq[at] - s->to;
		}
		s->to = c->seq[at] + 1;
	}
	r->waited[cpu] = 0;
}

enum mi_status mi_history_advance(struct mi_history_reader *r, const struct mi_history *h,
				  bool from_now, struct mi_error *err)
{
	const struct mi_recorder *rec = h->rec;
	bool first = !r->span;
	enum mi_status st = MI_OK;
	size_t i;

	r->fresh = false;
	if (first || r->n_cpus != rec->n_cpus || r->loaded != rec->head.loaded_mono)
		st = begin(r, rec, err);
	if (st)
		return st;
	r->lost = r->n = 0;
	for (i = 0; i < rec->n_cpus; i++) {
		if (r->fresh)
			take_all(&r->span[i], &rec->cpus[i], first && from_now);
		else
			take_new(r, i, rec);
		r->n += r->span[i].to - r->span[i].from;
	}
	return MI_OK;
}

void mi_history_reader_free(struct mi_history_reader *r)
{
	free(r->span);
	free(r->waited);
	memset(r, 0, sizeof(*r));
}
