// SPDX-License-Identifier: GPL-2.0-or-later
/* addrmap.c - hash from addresses to numbers, open addressing */
#include <stdlib.h>

#include "addrmap.h"

static size_t place(const struct mi_addrmap *m, uint64_t addr)
{
	size_t i = (addr * 0x9e3779b97f4a7c15ULL) >> 20 & (m->room - 1);

	while (m->slot[i].addr && m->slot[i].addr != addr)
		i = (i + 1) & (m->room - 1);
	return i;
}

bool mi_addrmap_get(const struct mi_addrmap *m, uint64_t addr, size_t *value)
{
	size_t i;

	if (!m->room)
		return false;
	i = place(m, addr);
	if (!m->slot[i].addr)
		return false;
	*value = m->slot[i].value;
	return true;
}

static bool grow(struct mi_addrmap *m)
{
	struct mi_addrmap new = {.room = m->room ? 2 * m->room : 64, .used = m->used};
	size_t i, j;

	new.slot = calloc(new.room, sizeof(*new.slot));
	if (!new.slot)
		return false;
	for (i = 0; i < m->room; i++) {
		if (!m->slot[i].addr)
			continue;
		j = place(&new, m->slot[i].addr);
		new.slot[j] = m->slot[i];
	}
	free(m->slot);
	*m = new;
	return true;
}

bool mi_addrmap_put(struct mi_addrmap *m, uint64_t addr, size_t value)
{
	size_t i;

	if (2 * (m->used + 1) > m->room && !grow(m))
		return false;
	i = place(m, addr);
	m->slot[i].addr = addr;
	m->slot[i].value = value;
	m->used++;
	return true;
}

void mi_addrmap_set(struct mi_addrmap *m, uint64_t addr, size_t value)
{
	m->slot[place(m, addr)].value = value;
}

void mi_addrmap_free(struct mi_addrmap *m)
{
	free(m->slot);
	m->slot = NULL;
	m->room = m->used = 0;
}
