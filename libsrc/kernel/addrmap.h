/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_ADDRMAP_H
#define MI_KERNEL_ADDRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing hash from an address (not 0) to a number: file -> its place in an array. */
struct mi_addrmap {
	struct {
		uint64_t addr;
		size_t value;
	} * slot;
	size_t room, used;
};

bool mi_addrmap_get(const struct mi_addrmap *m, uint64_t addr, size_t *value);
/* False if out of memory. @addr must not be in it yet. */
bool mi_addrmap_put(struct mi_addrmap *m, uint64_t addr, size_t value);
/* Another number for @addr, which is in it. */
void mi_addrmap_set(struct mi_addrmap *m, uint64_t addr, size_t value);
void mi_addrmap_free(struct mi_addrmap *m);

#endif
