/* Large folios that are mapped in parts, collapsed, or shared with copies. */
#include "workload.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define SIZES "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"

/* Some 64 KiB folios: parts given back, protected, and written after fork. */
static void anon_folios(void)
{
	int has = try_write(SIZES, "madvise") == 0;
	char *map = map_anon(256 * PAGE, PROT_RW, MAP_PRIVATE);
	struct gate gate;

	/* Not so large that one of 2 MiB would fit. */
	map += -(uintptr_t)map & (16 * PAGE - 1);
	advise(map, 0, 160, MADV_HUGEPAGE);
	for (size_t i = 0; i < 160; i += 16)
		write_pages(map, i, 1);
	if (has) {
		note_entries("order-4", map, 160);
		must_write(SIZES, "never");
	} else {
		write_pages(map, 0, 160);
	}
	gate_init(&gate);
	if (fork_as("folios-child") == 0) {
		write_pages(map, 20, 4);
		write_pages(map, 48, 16);
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

/* The same by one process: the folios lose pages, and stay large. */
static void anon_parts(void)
{
	int has = try_write(SIZES, "madvise") == 0;
	char *map = map_anon(256 * PAGE, PROT_RW, MAP_PRIVATE);

	map += -(uintptr_t)map & (16 * PAGE - 1);
	advise(map, 0, 64, MADV_HUGEPAGE);
	for (size_t i = 0; i < 64; i += 16)
		write_pages(map, i, 1);
	if (has)
		must_write(SIZES, "never");
	else
		write_pages(map, 0, 64);
	if (munmap(map + 8 * PAGE, 4 * PAGE) < 0 ||
	    mprotect(map + 20 * PAGE, 4 * PAGE, PROT_READ) < 0 ||
	    mprotect(map + 36 * PAGE, 4 * PAGE, PROT_NONE) < 0)
		fail("cutting");
	report_ready();
}

/* Of i386 without PAE they are twice as large: what is told to be joined is nothing then. */
static int are_huge_pages(void)
{
	int fd = must_open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", O_RDONLY);
	char text[32] = "";

	if (read(fd, text, sizeof(text) - 1) <= 0)
		fail("hpage_pmd_size");
	close(fd);
	return strtoul(text, NULL, 10) == HUGE_PAGE;
}

/* Base pages that the kernel is told to join: tmpfs and anonymous (6.1). */
static void collapsed(void)
{
	int fd = make_file("/shm/collapsed.dat", 2 * HUGE_PAGE);
	char *place = map_anon_huge(3 * HUGE_PAGE), *copy;
	char *map = mmap(place, 2 * HUGE_PAGE, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0);
	char *anon = place + 2 * HUGE_PAGE;

	if (map == MAP_FAILED)
		fail("mmap");
	write_pages(map, 0, 1024);
	advise(anon, 0, 512, MADV_NOHUGEPAGE);
	write_pages(anon, 0, 512);
	advise(anon, 0, 512, MADV_HUGEPAGE);
	copy = map_fd(fd, 500 * PAGE, 32 * PAGE, PROT_RW, MAP_PRIVATE);
	if (madvise(map, HUGE_PAGE, MADV_COLLAPSE) == 0 && are_huge_pages())
		note_entries("order-9", map, 512);
	else
		printf("collapsed: not in this kernel\n");
	if (madvise(anon, HUGE_PAGE, MADV_COLLAPSE) == 0 && are_huge_pages())
		note_entries("order-9", anon, 512);
	/* Some pages of the huge one by base entries, some of them copied. */
	read_pages(copy, 0, 32);
	write_pages(copy, 4, 4);
	write_pages(copy, 16, 4);
	report_ready();
}

static char *map_huge(int fd, size_t offset, size_t len, int flags)
{
	char *map = mmap(NULL, len, PROT_RW, flags, fd, (off_t)offset);

	if (map == MAP_FAILED)
		fail("no huge pages");
	return map;
}

/* hugetlb pages of two processes: shared, shared until written, and far behind a hole. */
static void hugetlb_shared(void)
{
	int fd = must_open("/hugetlb/far.dat", O_RDWR | O_CREAT);
	char *anon = map_huge(-1, 0, 2 * HUGE_PAGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
	struct gate gate;
	char *far;

	if (ftruncate(fd, 1000 * (off_t)HUGE_PAGE) < 0)
		fail("ftruncate");
	far = map_huge(fd, 600 * HUGE_PAGE, HUGE_PAGE, MAP_SHARED);
	write_pages(far, 7, 1);
	write_pages(anon, 0, 1);
	write_pages(anon, 512, 1);
	gate_init(&gate);
	if (fork_as("hugetlb-child") == 0) {
		read_pages(far, 9, 1);
		write_pages(anon, 5, 1);
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

const struct scenario large_scenarios[] = {
	{"anon-folios", anon_folios},
	{"anon-parts", anon_parts},
	{"collapsed", collapsed},
	{"hugetlb-shared", hugetlb_shared},
	{NULL, NULL},
};
