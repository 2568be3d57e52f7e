#include "common.h"
#include "snapshot.h"
#include "arena.h"
#include "procs.h"
#include "tar.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Fields of an entry of /proc/PID/pagemap. */
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_PFN (((uint64_t)1 << 55) - 1)

#define MAX_PFN ((size_t)1 << 20)

static uint8_t *watched;
static struct blob flags, counts;

uint64_t entry_pfn(uint64_t entry)
{
	return entry & ENTRY_PRESENT ? entry & ENTRY_PFN : 0;
}

void snapshot_init(void)
{
	watched = arena_alloc(MAX_PFN / 8);
	memset(watched, 0, MAX_PFN / 8);
}

static void watch(uint64_t pfn)
{
	if (pfn >= MAX_PFN)
		return;
	watched[pfn / 8] |= (uint8_t)(1 << pfn % 8);
}

void watch_pagemap(const uint64_t *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		watch(entry_pfn(entries[i]));
}

void watch_pfns(const uint64_t *pfns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		watch(pfns[i]);
}

void snapshot_read(void)
{
	if (slurp("/proc/kpageflags", &flags) < 0 || slurp("/proc/kpagecount", &counts) < 0)
		fail("no /proc/kpageflags");
}

/* PFN 0 stands for "none" in the arrays and is no page of anybody's. */
static int compare(const char *path, const struct blob *before)
{
	const uint64_t *was = (const uint64_t *)before->data, *is;
	size_t mark = arena_mark(), pfn;
	struct blob now;
	int ret = 0;

	if (slurp(path, &now) < 0 || now.len != before->len)
		fail("%s changed its length", path);
	is = (const uint64_t *)now.data;
	for (pfn = 1; pfn < now.len / sizeof(*is) && !ret; pfn++) {
		if (was[pfn] == is[pfn] || pfn >= MAX_PFN || !(watched[pfn / 8] >> pfn % 8 & 1))
			continue;
		printf("truth: %s changed, PFN 0x%zx: %llx, %llx\n", path, pfn,
		       (unsigned long long)was[pfn], (unsigned long long)is[pfn]);
		ret = -1;
	}
	arena_reset(mark);
	return ret;
}

int snapshot_compare(void)
{
	if (compare("/proc/kpageflags", &flags) < 0)
		return -1;
	return compare("/proc/kpagecount", &counts);
}

void snapshot_archive(void)
{
	tar_add("kpageflags", flags.data, flags.len);
	tar_add("kpagecount", counts.data, counts.len);
}
