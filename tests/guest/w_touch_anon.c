/*
 * Touches after the dump of memory that is no file on a disk: anonymous, tmpfs, hugetlb,
 * in swap, shared by fork, marked by NUMA balancing.
 */
#include "touch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 32 /* pages of a case: a cluster of swap readahead and more */

/* Between what is inaccessible, so that no two cases are one mapping. */
static char *map_apart(size_t pages, int prot, int flags, int fd, size_t offset)
{
	char *room = map_anon((pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	char *map = mmap(room + PAGE, pages * PAGE, prot, flags | MAP_FIXED, fd, (off_t)offset);

	if (map == MAP_FAILED)
		fail("mmap");
	return map;
}

static struct place anon_place(size_t pages)
{
	struct place p = {.pages = pages};

	p.map = map_apart(pages, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	advise(p.map, 0, pages, MADV_NOHUGEPAGE);
	return p;
}

/* ---- anonymous ---- */

/* What was done to the ROOM pages of a case, of which 0-7 may be in use. */
static void untouched(char *map)
{
	(void)map;
}

static void zeroes(char *map)
{
	read_pages(map, 0, 8);
}

static void written(char *map)
{
	write_pages(map, 0, 8);
}

static void protect(char *map, int prot)
{
	if (mprotect(map, ROOM * PAGE, prot) < 0)
		fail("mprotect");
}

static void read_only(char *map)
{
	written(map);
	protect(map, PROT_READ);
}

static void no_access(char *map)
{
	written(map);
	protect(map, PROT_NONE);
}

/* The entries stay read-only until they are written to. */
static void writable_again(char *map)
{
	read_only(map);
	protect(map, PROT_RW);
}

static void locked(char *map)
{
	if (mlock(map, ROOM * PAGE) < 0)
		fail("mlock");
}

static void locked_later(char *map)
{
	if (mlock2(map, ROOM * PAGE, MLOCK_ONFAULT) < 0)
		fail("mlock2");
}

static void given_back(char *map)
{
	written(map);
	advise(map, 0, 8, MADV_DONTNEED);
}

struct anon_case {
	const char *name;
	void (*prepare)(char *map);
	char op;
	size_t page;
};

static const struct anon_case anon_cases[] = {
	{"anon-read", untouched, 'r', 3},
	{"anon-write", untouched, 'w', 3},
	{"anon-zero-read", zeroes, 'r', 3},
	{"anon-zero-write", zeroes, 'w', 3},
	{"anon-written-read", written, 'r', 3},
	{"anon-written-write", written, 'w', 3},
	{"anon-written-near", written, 'r', 8},
	{"anon-ro-read", read_only, 'r', 3},
	{"anon-ro-read-new", read_only, 'r', 20},
	{"anon-ro-write", read_only, 'w', 3},
	{"anon-ro-write-new", read_only, 'w', 20},
	{"anon-none-read", no_access, 'r', 3},
	{"anon-none-write", no_access, 'w', 3},
	{"anon-none-new", no_access, 'r', 20},
	{"anon-again-read", writable_again, 'r', 3},
	{"anon-again-write", writable_again, 'w', 3},
	{"anon-locked-read", locked, 'r', 3},
	{"anon-locked-write", locked, 'w', 3},
	{"anon-onfault-read", locked_later, 'r', 3},
	{"anon-onfault-write", locked_later, 'w', 3},
	{"anon-given-back-read", given_back, 'r', 3},
	{"anon-given-back-write", given_back, 'w', 3},
};

static void plan_anon(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(anon_cases); i++) {
		const struct anon_case *c = &anon_cases[i];
		struct place p = anon_place(ROOM);

		c->prepare(p.map);
		touch_plan(&p, c->name, c->op, c->page, 1);
	}
}

static struct place huge_place(size_t huge)
{
	struct place p = {.pages = huge * 512};
	char *room = map_anon((huge + 2) * HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);

	p.map = (char *)(((uintptr_t)room + HUGE_PAGE) & ~(HUGE_PAGE - 1));
	if (mprotect(p.map, huge * HUGE_PAGE, PROT_RW) < 0)
		fail("mprotect");
	return p;
}

static void advised(char *map)
{
	advise(map, 0, 512, MADV_HUGEPAGE);
}

static void huge_written(char *map)
{
	advised(map);
	write_pages(map, 0, 1);
}

static void huge_zero(char *map)
{
	advised(map);
	read_pages(map, 0, 1);
}

/* Too small for a huge page. */
static void huge_cut(char *map)
{
	munmap(map + 100 * PAGE, 412 * PAGE);
	advise(map, 0, 100, MADV_HUGEPAGE);
}

static void huge_protected(char *map)
{
	huge_written(map);
	if (mprotect(map, HUGE_PAGE, PROT_READ) < 0 || mprotect(map, HUGE_PAGE, PROT_RW) < 0)
		fail("mprotect");
}

/* Its page table is there, and so no huge page can be. */
static void huge_begun(char *map)
{
	write_pages(map, 0, 1);
	advised(map);
}

static const struct anon_case huge_cases[] = {
	{"thp-written-write", huge_written, 'w', 300},
	{"thp-zero-read", huge_zero, 'r', 300},
	{"thp-zero-write", huge_zero, 'w', 300},
	{"thp-new-write", advised, 'w', 77},
	{"thp-new-read", advised, 'r', 77},
	{"thp-not-advised", untouched, 'w', 77},
	{"thp-too-small", huge_cut, 'w', 77},
	{"thp-too-small-read", huge_cut, 'r', 77},
	{"thp-again-write", huge_protected, 'w', 77},
	{"thp-begun-write", huge_begun, 'w', 77},
	{"thp-begun-read", huge_begun, 'r', 77},
};

static void plan_huge(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(huge_cases); i++) {
		const struct anon_case *c = &huge_cases[i];
		struct place p = huge_place(1);

		c->prepare(p.map);
		if (c->prepare == huge_cut)
			p.pages = 100;
		touch_plan(&p, c->name, c->op, c->page, 1);
	}
}

static void plan_hugetlb(void)
{
	struct place there = {.pages = 512}, fresh = there, read = there, shared = there;
	int flags = MAP_PRIVATE | MAP_HUGETLB;

	there.map = map_anon(HUGE_PAGE, PROT_RW, flags);
	fresh.map = map_anon(HUGE_PAGE, PROT_RW, flags | MAP_NORESERVE);
	read.map = map_anon(HUGE_PAGE, PROT_RW, MAP_SHARED | MAP_HUGETLB);
	shared.map = map_anon(HUGE_PAGE, PROT_RW, MAP_SHARED | MAP_HUGETLB);
	write_pages(there.map, 0, 1);
	touch_plan(&there, "hugetlb-mapped-write", 'w', 6, 1);
	touch_plan(&fresh, "hugetlb-new-write", 'w', 5, 1);
	touch_plan(&read, "hugetlb-shared-read", 'r', 5, 1);
	touch_plan(&shared, "hugetlb-shared-write", 'w', 5, 1);
}

static void plan_anon_walks(void)
{
	struct place read = anon_place(64), write = anon_place(64), some = anon_place(64);
	struct place none = anon_place(16), huge = huge_place(2);

	read_pages(some.map, 10, 10);
	write_pages(some.map, 30, 10);
	mprotect(none.map, 16 * PAGE, PROT_READ);
	advise(huge.map, 0, huge.pages, MADV_HUGEPAGE);
	touch_plan(&read, "walk-anon-read", 'r', 0, 64);
	touch_plan(&write, "walk-anon-write", 'w', 0, 64);
	touch_plan(&some, "walk-anon-some", 'w', 0, 64);
	touch_plan(&none, "walk-anon-segv", 'w', 0, 16);
	touch_plan(&huge, "walk-anon-huge", 'w', 0, huge.pages);
}

/*
 * In a small machine the kernel does without the huge zero page. So do the older kernels
 * here; those that know huge pages of several sizes have it.
 */
static void choose_zero_page(void)
{
	if (!access(THP "/hugepages-2048kB", F_OK))
		must_write(THP "/use_zero_page", "1");
}

static void touch_anon(void)
{
	touch_init();
	choose_zero_page();
	plan_anon();
	plan_huge();
	plan_hugetlb();
	plan_anon_walks();
	touch_run("touch-anon", NULL);
}

/* ---- tmpfs ---- */

/* A file of its own, that maps @mapped pages; @path NULL: it has no name. */
static struct place shm_place(const char *path, size_t pages, size_t mapped, int flags, int *fd)
{
	struct place p = {.pages = mapped, .shmem = 1};

	if (!path) {
		p.map = map_apart(mapped, PROT_RW, flags | MAP_ANONYMOUS, -1, 0);
		p.probe = p.map;
		p.probe_pages = mapped;
		return p;
	}
	*fd = make_file(path, pages * PAGE);
	p.map = map_apart(mapped, PROT_RW, flags, *fd, 0);
	place_probe(&p, *fd);
	return p;
}

/* Pages 16-31 of the file have been written; then those of @read are read by the mapping. */
struct shm_case {
	const char *name;
	int flags;
	char op;
	size_t page, read, n_read;
};

static const struct shm_case shm_cases[] = {
	{"shm-hole-read", MAP_SHARED, 'r', 1, 0, 0},
	{"shm-hole-write", MAP_SHARED, 'w', 1, 0, 0},
	{"shm-read", MAP_SHARED, 'r', 20, 0, 0},
	{"shm-write", MAP_SHARED, 'w', 20, 0, 0},
	{"shm-mapped-read", MAP_SHARED, 'r', 20, 20, 1},
	{"shm-mapped-write", MAP_SHARED, 'w', 20, 20, 1},
	{"shm-copy", MAP_PRIVATE, 'w', 20, 0, 0},
	{"shm-copy-mapped", MAP_PRIVATE, 'w', 20, 20, 1},
	{"shm-copy-hole", MAP_PRIVATE, 'w', 1, 0, 0},
	{"shm-private-read", MAP_PRIVATE, 'r', 20, 0, 0},
	{"shm-private-hole", MAP_PRIVATE, 'r', 1, 0, 0},
	{"shm-beyond-read", MAP_SHARED, 'r', 70, 0, 0},
	{"shm-beyond-write", MAP_SHARED, 'w', 70, 0, 0},
};

static void plan_shm(const struct shm_case *c)
{
	char path[64];
	struct place p;
	int fd;

	snprintf(path, sizeof(path), "/shm/%s", c->name);
	p = shm_place(path, 64, 80, c->flags, &fd);
	for (size_t i = 16; i < 32; i++)
		if (pwrite(fd, "x", 1, (off_t)(i * PAGE)) != 1)
			fail("write");
	read_pages(p.map, c->read, c->n_read);
	touch_plan(&p, c->name, c->op, c->page, 1);
}

static void plan_nameless(const char *name, char op, size_t page)
{
	struct place p = shm_place(NULL, 0, ROOM, MAP_SHARED, NULL);

	write_pages(p.map, 0, 4);
	touch_plan(&p, name, op, page, 1);
}

static void touch_shmem(void)
{
	struct place p;
	int fd;

	touch_init();
	for (size_t i = 0; i < ARRAY_SIZE(shm_cases); i++)
		plan_shm(&shm_cases[i]);
	plan_nameless("shm-nameless-write", 'w', 20);
	plan_nameless("shm-nameless-read", 'r', 10);
	plan_nameless("shm-nameless-mapped", 'w', 1);
	p = shm_place("/shm/touch-walk", 64, 64, MAP_SHARED, &fd);
	if (pwrite(fd, "x", 1, (off_t)(20 * PAGE)) != 1)
		fail("write");
	touch_plan(&p, "walk-shm", 'r', 0, 64);
	p = shm_place("/shm/touch-walk-write", 64, 64, MAP_SHARED, &fd);
	touch_plan(&p, "walk-shm-write", 'w', 0, 64);
	touch_run("touch-shmem", NULL);
}

/* ---- swap ---- */

#define CGROUP "/sys/fs/cgroup/touchswap"

/* All that can go, and what was written to swap leaves the swap cache. */
static void squeeze(void)
{
	drain_lru();
	for (int i = 0; i < 3; i++) {
		must_write(CGROUP "/memory.max", "64K");
		must_write(CGROUP "/memory.max", "max");
		nap(50);
	}
}

static struct place swapped_anon(void)
{
	struct place p = anon_place(ROOM);

	write_pages(p.map, 0, ROOM);
	return p;
}

static struct place swapped_shm(const char *path, int *fd)
{
	struct place p = shm_place(path, ROOM, ROOM, MAP_SHARED, fd);

	write_pages(p.map, 0, ROOM);
	advise(p.map, 0, ROOM, MADV_RANDOM);
	return p;
}

/*
 * Of each case one page is touched, so that what swap readahead brings with it is not of
 * another: its slots are as far apart. What MADV_PAGEOUT wrote stays in the swap cache.
 */
static void touch_swap(void)
{
	struct place out[3], cached[3], shm, shm_cached;
	int fd, fd_cached;

	touch_init();
	enter_cgroup("touchswap", "max");
	for (size_t i = 0; i < ARRAY_SIZE(out); i++) {
		out[i] = swapped_anon();
		page_out(out[i].map, 0, ROOM);
	}
	shm = swapped_shm("/shm/touch-swapped", &fd);
	page_out(shm.map, 0, ROOM);
	nap(200);
	squeeze();
	for (size_t i = 0; i < ARRAY_SIZE(cached); i++) {
		cached[i] = swapped_anon();
		page_out(cached[i].map, 8, 16);
	}
	shm_cached = swapped_shm("/shm/touch-swap-cached", &fd_cached);
	page_out(shm_cached.map, 8, 16);
	nap(200);
	advise(out[2].map, 0, ROOM, MADV_RANDOM);
	touch_plan(&out[0], "swap-read", 'r', 16, 1);
	touch_plan(&out[1], "swap-write", 'w', 16, 1);
	touch_plan(&out[2], "swap-random", 'r', 16, 1);
	touch_plan(&cached[0], "swap-cached-read", 'r', 16, 1);
	touch_plan(&cached[1], "swap-cached-write", 'w', 16, 1);
	touch_plan(&cached[2], "swap-present", 'w', 2, 1);
	touch_plan(&shm, "shm-swapped-read", 'r', 16, 1);
	touch_plan(&shm_cached, "shm-swap-cached-read", 'r', 16, 1);
	note_pages("swapped", fd, 0, ROOM);
	note_pages("swapped", fd_cached, 8, 16);
	touch_run("touch-swap", NULL);
}

/* ---- fork ---- */

/* Of each, what the living child does not have is unmapped in it. */
struct fork_case {
	const char *name;
	struct place (*place)(void);
	size_t given_up; /* pages, by the child */
	char op;
	size_t page;
};

static struct place written_place(void)
{
	struct place p = anon_place(ROOM);

	write_pages(p.map, 0, ROOM);
	return p;
}

static struct place zero_place(void)
{
	struct place p = anon_place(ROOM);

	read_pages(p.map, 0, ROOM);
	return p;
}

static struct place copied_place(void)
{
	struct place p = {.pages = 16};

	p.map = map_path("/mnt/data/base.dat", 0, p.pages * PAGE, PROT_RW, MAP_PRIVATE);
	write_pages(p.map, 0, 8);
	return p;
}

static struct place huge_written_place(void)
{
	struct place p = huge_place(1);

	huge_written(p.map);
	return p;
}

static const struct fork_case fork_cases[] = {
	{"fork-alone-write", written_place, ROOM, 'w', 3},
	{"fork-alone-read", written_place, ROOM, 'r', 3},
	{"fork-shared-write", written_place, 0, 'w', 3},
	{"fork-shared-read", written_place, 0, 'r', 3},
	{"fork-zero-write", zero_place, 0, 'w', 3},
	{"fork-copy-alone", copied_place, 16, 'w', 3},
	{"fork-copy-shared", copied_place, 0, 'w', 3},
	{"fork-huge-shared", huge_written_place, 0, 'w', 100},
	{"fork-huge-alone", huge_written_place, 512, 'w', 100},
};

static void touch_fork(void)
{
	struct place places[ARRAY_SIZE(fork_cases)];
	struct gate gate;

	touch_init();
	for (size_t i = 0; i < ARRAY_SIZE(fork_cases); i++)
		places[i] = fork_cases[i].place();
	gate_init(&gate);
	if (fork_as("touch-child") == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(fork_cases); i++)
			munmap(places[i].map, fork_cases[i].given_up * PAGE);
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	for (size_t i = 0; i < ARRAY_SIZE(fork_cases); i++)
		touch_plan(&places[i], fork_cases[i].name, fork_cases[i].op, fork_cases[i].page, 1);
	touch_run("touch-fork", NULL);
}

/* A child that has come and gone: pages are read-only, but nobody else has them. */
static void touch_orphan(void)
{
	struct place write, read, huge;
	pid_t pid;

	touch_init();
	write = written_place();
	read = written_place();
	huge = huge_written_place();
	pid = fork_as("touch-gone");
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	touch_plan(&write, "orphan-write", 'w', 3, 1);
	touch_plan(&read, "orphan-read", 'r', 3, 1);
	touch_plan(&huge, "orphan-huge", 'w', 100, 1);
	touch_run("touch-orphan", NULL);
}

/* Entries from which the mark of having been used was taken. */
static struct place cold(struct place p)
{
	advise(p.map, 0, p.pages, MADV_COLD);
	return p;
}

static void touch_cold(void)
{
	struct place write, read, walk, huge;

	touch_init();
	write = cold(written_place());
	read = cold(written_place());
	walk = cold(written_place());
	huge = cold(huge_written_place());
	touch_plan(&write, "cold-write", 'w', 3, 1);
	touch_plan(&read, "cold-read", 'r', 3, 1);
	touch_plan(&walk, "cold-walk", 'r', 0, ROOM);
	touch_plan(&huge, "cold-huge-read", 'r', 100, 1);
	touch_run("touch-cold", NULL);
}

const struct scenario touch_anon_scenarios[] = {
	{"touch-anon", touch_anon},
	{"touch-shmem", touch_shmem},
	{"touch-swap", touch_swap},
	{"touch-fork", touch_fork},
	{"touch-orphan", touch_orphan},
	{"touch-cold", touch_cold},
	{NULL, NULL},
};
