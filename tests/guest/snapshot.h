/* /proc/kpageflags and /proc/kpagecount, and whether they hold still. */
#ifndef GUEST_SNAPSHOT_H
#define GUEST_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/* Allocates; needs the arena. */
void snapshot_init(void);

/* Marks the pages in an array of pagemap entries or of PFNs as watched. */
void watch_pagemap(const uint64_t *entries, size_t count);
void watch_pfns(const uint64_t *pfns, size_t count);

void snapshot_read(void);

/* Reads again; prints the first watched page that differs. 0 = the same. */
int snapshot_compare(void);

void snapshot_archive(void);

/* The PFN of a pagemap entry that is present, else 0. */
uint64_t entry_pfn(uint64_t entry);

#endif
