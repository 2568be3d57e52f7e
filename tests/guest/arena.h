/*
 * Memory of the collector: allocated, touched and locked before anything is
 * recorded, so that collecting changes no page table and no free page.
 */
#ifndef GUEST_ARENA_H
#define GUEST_ARENA_H

#include <stddef.h>

void arena_init(size_t size);
void *arena_alloc(size_t size);

/* What was allocated after the mark goes back. */
size_t arena_mark(void);
void arena_reset(size_t mark);

#endif
