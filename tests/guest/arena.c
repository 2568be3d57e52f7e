#include "common.h"
#include "arena.h"

#include <string.h>
#include <sys/mman.h>

static char *base;
static size_t used, limit;

void arena_init(size_t size)
{
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		fail("no memory for the arena");
	memset(base, 1, size);
	limit = size;
	used = 0;
}

void *arena_alloc(size_t size)
{
	void *ptr = base + used;

	size = (size + 63) & ~(size_t)63;
	if (size > limit - used)
		fail("the arena of %zu bytes is full", limit);
	used += size;
	return ptr;
}

size_t arena_mark(void)
{
	return used;
}

void arena_reset(size_t mark)
{
	used = mark;
}
