/* Anonymous memory: huge, zero, locked, protected, shared by fork, merged. */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* Heap, stack, written pages, read pages (the zero page), untouched pages. */
static void anon(void)
{
	volatile char stack[16 * 4096];
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);
	char *heap = sbrk(32 * (intptr_t)PAGE);
	char *zero = map_path("/dev/zero", 0, 16 * PAGE, PROT_RW, MAP_PRIVATE);

	for (size_t i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 1;
	advise(map, 0, 64, MADV_NOHUGEPAGE);
	write_pages(map, 0, 16);
	read_pages(map, 16, 16);
	write_pages(heap, 1, 20);
	write_pages(zero, 0, 4);
	read_pages(zero, 8, 4);
	report_ready();
	sleep_forever();
}

/*
 * Huge pages: whole; mapped by base pages after mprotect cut into it; partly
 * given back; the huge zero page; touched by no one.
 */
static void thp(void)
{
	char *map = map_anon_huge(5 * HUGE_PAGE);

	write_pages(map, 0, 1);
	write_pages(map, 512, 1);
	write_pages(map, 1024, 1);
	if (mprotect(map + 600 * PAGE, 8 * PAGE, PROT_READ) < 0)
		fail("mprotect");
	advise(map, 1100, 100, MADV_DONTNEED);
	read_pages(map, 1536, 1);
	report_ready();
}

static void locked(void)
{
	char *file = map_path("/mnt/data/locked.dat", 0, 64 * PAGE, PROT_READ, MAP_SHARED);
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);

	advise(map, 0, 64, MADV_NOHUGEPAGE);
	if (mlock(file, 32 * PAGE) < 0 || mlock(map, 16 * PAGE) < 0 ||
	    mlock2(map + 32 * PAGE, 16 * PAGE, MLOCK_ONFAULT) < 0)
		fail("mlock");
	write_pages(map, 32, 4);
	report_ready();
}

/* Touched first, protected then: their page table entries are inverted. */
static void prot_none(void)
{
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);
	char *file = map_path("/mnt/data/base.dat", 0, 32 * PAGE, PROT_RW, MAP_SHARED);
	char *huge = map_anon_huge(HUGE_PAGE);

	advise(map, 0, 64, MADV_NOHUGEPAGE);
	write_pages(map, 0, 48);
	read_pages(file, 0, 32);
	write_pages(file, 4, 4);
	write_pages(huge, 0, 1);
	if (mprotect(map + 16 * PAGE, 48 * PAGE, PROT_NONE) < 0 ||
	    mprotect(file, 16 * PAGE, PROT_NONE) < 0 || mprotect(huge, HUGE_PAGE, PROT_NONE) < 0)
		fail("mprotect");
	map_anon((size_t)64 << 20, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	report_ready();
}

/* Pages shared by fork; some written by the child, some by the parent. */
static void cow_parent(void)
{
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);
	char *huge = map_anon_huge(HUGE_PAGE);
	struct gate gate;

	advise(map, 0, 64, MADV_NOHUGEPAGE);
	write_pages(map, 0, 48);
	write_pages(huge, 0, 1);
	gate_init(&gate);
	if (fork_as("cow-child") == 0) {
		write_pages(map, 0, 16);
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	write_pages(map, 32, 8);
	report_ready();
}

static long number_in(const char *path)
{
	long number = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* Equal pages, merged by KSM while it runs; it is stopped again then. */
static void ksm(void)
{
	char *map = map_anon(64 * PAGE, PROT_RW, MAP_PRIVATE);

	advise(map, 0, 64, MADV_NOHUGEPAGE);
	memset(map, 'k', 48 * PAGE);
	write_pages(map, 40, 4);
	advise(map, 0, 64, MADV_MERGEABLE);
	if (try_write("/sys/kernel/mm/ksm/pages_to_scan", "1000") == 0 &&
	    try_write("/sys/kernel/mm/ksm/run", "1") == 0) {
		for (int i = 0; i < 50; i++) {
			if (number_in("/sys/kernel/mm/ksm/pages_sharing") > 40)
				break;
			nap(100);
		}
		must_write("/sys/kernel/mm/ksm/run", "0");
	}
	write_pages(map, 0, 2);
	report_ready();
}

const struct scenario anon_scenarios[] = {
	{"anon", anon},
	{"thp", thp},
	{"locked", locked},
	{"prot-none", prot_none},
	{"cow-parent", cow_parent},
	{"ksm", ksm},
	{NULL, NULL},
};
