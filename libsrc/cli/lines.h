/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_LINES_H
#define MI_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lines of a text, as a set: so much of an answer is kept until the next. */
struct mi_lines {
	uint64_t *hash; /* 0: none */
	size_t room;	/* a power of two */
	size_t n;
};

/* A set has at most so many; 64 MiB. */
#define MI_LINES_MAX (1U << 22)

/* False: out of memory, or it has too many. */
bool mi_lines_add(struct mi_lines *l, const char *line, size_t len);
bool mi_lines_has(const struct mi_lines *l, const char *line, size_t len);
/* How many of @a are not in @b. */
size_t mi_lines_without(const struct mi_lines *a, const struct mi_lines *b);
void mi_lines_free(struct mi_lines *l);

#endif
