// SPDX-License-Identifier: GPL-2.0-or-later
/* waiters_old.c - wait queues of older kernels; contract in waiters_old.h */
#include "waiters_old.h"

#define NODES_MAX 1024
#define ZONES_MAX 8
#define TABLE_BITS_MAX 16 /* wait_table_hash_nr_entries() makes 4096 heads at most */

void mi_wait_old_names(struct mi_kernel *k)
{
	struct mi_layout *l = &k->l;

	if (!l->size_wait_queue_head && !mi_has(&l->wait_head)) {
		l->size_wait_queue_head = l->size_old_wait_queue_head;
		l->wait_head = l->old_wait_head;
	}
	if (!l->size_wait_queue_entry && !mi_has(&l->wait_entry)) {
		l->size_wait_queue_entry = l->size_old_wait_queue;
		l->wait_flags = l->old_wait_flags;
		l->wait_private = l->old_wait_private;
		l->wait_func = l->old_wait_func;
		l->wait_entry = l->old_wait_entry;
	}
	if (!l->size_wait_bit_entry && !mi_has(&l->wait_bit_wq)) {
		l->size_wait_bit_entry = l->size_old_wait_bit;
		l->wait_bit_flags = l->old_wait_bit_flags;
		l->wait_bit_nr = l->old_wait_bit_nr;
		l->wait_bit_wq = l->old_wait_bit_wq;
	}
}

bool mi_wait_by_zone(const struct mi_layout *l)
{
	return mi_has(&l->zone_wait_table);
}

static void visit_zone(struct mi_kernel *k, uint64_t zone, mi_zone_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t table, bits;
	enum mi_read r = mi_read_member(k->t, zone, &l->zone_wait_table, &table);

	if (!r && table)
		r = mi_read_member(k->t, zone, &l->zone_wait_bits, &bits);
	if (r)
		mi_problem_read(&k->problems, "zone", zone, r, "waiting tasks are missing");
	else if (table && bits && bits <= TABLE_BITS_MAX)
		fn(arg, table, 1ULL << bits);
	else if (table)
		mi_problem_bad(&k->problems, "zone", zone, "has a wait table of unknown size",
			       "waiting tasks are missing");
}

static void visit_node(struct mi_kernel *k, uint64_t pgdat, mi_zone_fn fn, void *arg)
{
	const struct mi_member *m = &k->l.pgdat_zones;
	uint32_t i;

	for (i = 0; i < m->count && i < ZONES_MAX; i++)
		visit_zone(k, pgdat + (uint64_t)m->off + (uint64_t)i * m->size, fn, arg);
}

void mi_wait_zones(struct mi_kernel *k, mi_zone_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t n, i, pgdat, word = mi_word_size(k->t);
	enum mi_read r;

	if (!l->sym_node_data) {
		visit_node(k, l->sym_contig_page_data, fn, arg);
		return;
	}
	if (!mi_target_number(k->t, "LENGTH(node_data)", &n))
		n = mi_symbol_room(k->t, l->sym_node_data) / word;
	for (i = 0; i < n && i < NODES_MAX; i++) {
		r = mi_read_ulong(k->t, l->sym_node_data + word * i, &pgdat);
		if (r)
			mi_problem_read(&k->problems, "node_data", l->sym_node_data, r,
					"waiting tasks are missing");
		/* What follows the array, if its length is not told, is no address. */
		if (r || (pgdat && (!mi_is_kernel_address(k->t, pgdat) || pgdat & (word - 1))))
			return;
		if (pgdat)
			visit_node(k, pgdat, fn, arg);
	}
}
