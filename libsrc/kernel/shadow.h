/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SHADOW_H
#define MI_KERNEL_SHADOW_H

#include "kernel.h"

/*
 * Shadow entries: what the page cache remembers of a page that was reclaimed
 * (mm/workingset.c). From low to high: was it part of the workingset, the
 * node, the memory cgroup, and the time of the eviction.
 */

#define MI_CGROUP_MAX 1024

/* What that time is depends on how the kernel ages pages when it evicts one. */
enum mi_shadow_form {
	MI_SHADOW_UNTOLD,     /* cannot be told: the cgroup is gone, or not to be had */
	MI_SHADOW_AGE,	      /* active and inactive lists: a count of evictions and activations */
	MI_SHADOW_GENERATION, /* multi-gen LRU: the oldest generation there was */
};

struct mi_shadow {
	bool split; /* node, memcg and eviction are known */
	bool workingset;
	unsigned int node;
	unsigned int memcg; /* its id; 0: memory cgroups are disabled */
	const char *cgroup; /* its path, bytes; "" if unknown; until the next is decoded */
	uint64_t eviction;  /* as it stands in the entry */
	/*
	 * By what the kernel does at the time of the dump. Entries from before a
	 * switch of the multi-gen LRU are told wrong, unless they are impossible.
	 */
	enum mi_shadow_form form;
	bool distance_known;
	uint64_t distance; /* AGE: pages evicted or activated since, this one included */
	bool generation_known;
	uint64_t generation; /* GENERATION: the oldest one at that time ... */
	uint64_t youngest;   /* ... and the youngest one now */
};

/* Keeps what was found for the last entry: the next one is mostly of the same cgroup. */
struct mi_shadow_reader {
	struct mi_kernel *k;
	bool frame_known;
	unsigned int nodes_shift, memcg_shift;
	bool order_known;
	unsigned int bucket_order;
	unsigned int refs_width; /* ~0: unknown */

	bool valid; /* the members below are for memcg on node */
	unsigned int node, memcg;
	enum mi_shadow_form form;
	uint64_t age, max_seq;
	char cgroup[MI_CGROUP_MAX];
};

void mi_shadow_start(struct mi_shadow_reader *r, struct mi_kernel *k);
void mi_shadow_decode(struct mi_shadow_reader *r, uint64_t value, struct mi_shadow *ret);

#endif
