// SPDX-License-Identifier: GPL-2.0-or-later
/* lines.c - the lines of a text, as a set of their hashes */
#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define ROOM_MIN 1024

/* FNV-1a, with the high bits mixed into the low ones; never 0. */
static uint64_t hash_of(const char *line, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)line[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	return h ? h : 1;
}

static size_t place_of(const struct mi_lines *l, uint64_t h)
{
	size_t i = h & (l->room - 1);

	while (l->hash[i] && l->hash[i] != h)
		i = (i + 1) & (l->room - 1);
	return i;
}

static bool grow(struct mi_lines *l)
{
	struct mi_lines more = {.room = l->room ? 2 * l->room : ROOM_MIN, .n = l->n};
	size_t i;

	more.hash = l->n < MI_LINES_MAX ? calloc(more.room, sizeof(*more.hash)) : NULL;
	if (!more.hash)
		return false;
	for (i = 0; i < l->room; i++)
		if (l->hash[i])
			more.hash[place_of(&more, l->hash[i])] = l->hash[i];
	free(l->hash);
	*l = more;
	return true;
}

bool mi_lines_add(struct mi_lines *l, const char *line, size_t len)
{
	uint64_t h = hash_of(line, len);
	size_t i;

	if (2 * l->n >= l->room && !grow(l))
		return false;
	i = place_of(l, h);
	l->n += !l->hash[i];
	l->hash[i] = h;
	return true;
}

bool mi_lines_has(const struct mi_lines *l, const char *line, size_t len)
{
	return l->room && l->hash[place_of(l, hash_of(line, len))];
}

size_t mi_lines_without(const struct mi_lines *a, const struct mi_lines *b)
{
	size_t i, n = 0;

	for (i = 0; i < a->room; i++)
		n += a->hash[i] && (!b->room || !b->hash[place_of(b, a->hash[i])]);
	return n;
}

void mi_lines_free(struct mi_lines *l)
{
	free(l->hash);
	memset(l, 0, sizeof(*l));
}
