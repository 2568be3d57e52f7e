// SPDX-License-Identifier: GPL-2.0-or-later
/* history_latency.c - how long faults, requests and reclaim took: histograms by powers of two */
#include <stdlib.h>

#include "history.h"

#define CLASS_MAJOR 2
#define CLASS_RETRIED 3
/* Files of which there may be a histogram; the rest is in that of their class alone. */
#define LIST_MAX 65536

struct key {
	unsigned int what;
	uint64_t key;
	uint32_t disk;
	size_t file;
};

static uint64_t hash(const struct key *k)
{
	uint64_t h = ((uint64_t)k->what << 60) ^ k->key << 52 ^ (uint64_t)k->disk << 20 ^
		     (k->file + 1) * 0x9e3779b97f4a7c15ULL;

	return h ? h : 1;
}

static struct mi_latency *entry(struct mi_latencies *l, struct mi_addrmap *map, const struct key *k,
				bool *nomem)
{
	struct mi_latency *more;
	size_t i;

	/* Keys of so few bits do not collide but by chance, and then they are one histogram. */
	if (mi_addrmap_get(map, hash(k), &i))
		return &l->list[i];
	if (l->n == LIST_MAX)
		return NULL;
	if (!(l->n & (l->n - 1))) {
		more = realloc(l->list, (l->n ? 2 * l->n : 1) * sizeof(*more));
		*nomem = !more;
		if (!more)
			return NULL;
		l->list = more;
	}
	if (!mi_addrmap_put(map, hash(k), l->n)) {
		*nomem = true;
		return NULL;
	}
	l->list[l->n] = (struct mi_latency){
		.what = k->what, .key = k->key, .disk = k->disk, .file = k->file};
	return &l->list[l->n++];
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int i = ns ? 63 - (unsigned int)__builtin_clzll(ns) : 0;

	return i < MI_LATENCY_BUCKETS ? i : MI_LATENCY_BUCKETS - 1;
}

static bool add(struct mi_latencies *l, struct mi_addrmap *map, const struct key *k, bool known,
		uint64_t ns)
{
	struct mi_latency *e;
	bool nomem = false;

	if (!known) {
		l->unknown++;
		return true;
	}
	e = entry(l, map, k, &nomem);
	if (!e)
		return !nomem;
	e->n++;
	e->sum += ns;
	if (ns > e->max)
		e->max = ns;
	e->bucket[bucket_of(ns)]++;
	return true;
}

static bool count(struct mi_latencies *l, struct mi_addrmap *map, const struct mi_happening *e)
{
	struct key k = {.file = MI_NO_INDEX};
	uint64_t v = 0;

	switch (e->kind) {
	case MI_E_FAULT_END:
		mi_record_get(&e->r, MI_R_FAULT_CLASS, &k.key);
		/* It goes on; its last attempt tells how long all took. */
		if (k.key == CLASS_RETRIED)
			return true;
		k.what = MI_LAT_FAULT;
		if (!add(l, map, &k, e->took_known, e->took_ns))
			return false;
		if (k.key != CLASS_MAJOR || e->file == MI_NO_INDEX || !e->took_known)
			return true;
		k.what = MI_LAT_FILE;
		k.file = e->file;
		return add(l, map, &k, true, e->took_ns);
	case MI_E_RQ_COMPLETE:
		k.what = MI_LAT_REQUEST;
		mi_record_get(&e->r, MI_R_OP, &k.key);
		mi_record_get(&e->r, MI_R_DISK, &v);
		k.disk = (uint32_t)v;
		if (!add(l, map, &k, e->took_known, e->took_ns))
			return false;
		k.what = MI_LAT_QUEUE;
		return !e->waited_known || add(l, map, &k, true, e->waited_ns);
	case MI_E_RECLAIM_END:
		k.what = MI_LAT_RECLAIM;
		return add(l, map, &k, e->took_known, e->took_ns);
	default:
		return true;
	}
}

static int by_sum(const void *a, const void *b)
{
	const struct mi_latency *x = a, *y = b;

	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

enum mi_status mi_history_latency(struct mi_history *h, const struct mi_history_filter *filter,
				  struct mi_latencies *ret, struct mi_error *err)
{
	struct mi_addrmap map = {.room = 0};
	struct mi_history_walk *w;
	struct mi_happening e;
	enum mi_status st;

	ret->list = NULL;
	ret->n = 0;
	ret->unknown = 0;
	st = mi_history_start(h, filter, &w, err);
	if (st)
		return st;
	while (!(st = mi_history_next(w, &e, err)))
		if (!count(ret, &map, &e)) {
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory for histograms");
			break;
		}
	mi_history_end(w);
	mi_addrmap_free(&map);
	if (st != MI_ERR_NOT_FOUND) {
		mi_history_latency_free(ret);
		return st;
	}
	if (ret->n)
		qsort(ret->list, ret->n, sizeof(*ret->list), by_sum);
	return MI_OK;
}

void mi_history_latency_free(struct mi_latencies *l)
{
	free(l->list);
	l->list = NULL;
	l->n = 0;
}
