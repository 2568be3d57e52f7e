/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_WAITERS_OLD_H
#define MI_KERNEL_WAITERS_OLD_H

#include "kernel.h"

/* Wait queues before 4.13: members had other names, whose places @k's layout then takes over. */
void mi_wait_old_names(struct mi_kernel *k);

/* Pages wait in tables of their zones (up to 4.8), by bits of struct page. */
bool mi_wait_by_zone(const struct mi_layout *l);

/* Calls @fn for the table of each zone that has memory: @n heads from @table on. */
typedef void (*mi_zone_fn)(void *arg, uint64_t table, uint64_t n);
void mi_wait_zones(struct mi_kernel *k, mi_zone_fn fn, void *arg);

#endif
