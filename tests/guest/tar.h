/*
 * Writes a ustar archive straight onto a disk with O_DIRECT: nothing passes
 * through the page cache.
 */
#ifndef GUEST_TAR_H
#define GUEST_TAR_H

#include <stddef.h>

void tar_open(const char *disk);
/* Several archives on one disk: each begins at an offset, a multiple of 4096. */
void tar_open_at(const char *disk, long offset);
void tar_add(const char *name, const void *data, size_t len);
void tar_close(void);

#endif
