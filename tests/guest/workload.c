#include "workload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct scenario *const tables[] = {
	file_scenarios, path_scenarios, reclaim_scenarios, shmem_scenarios,
	anon_scenarios, vma_scenarios,	task_scenarios,
};

/* Need more disks, modules and memory than the variant "demo" has. */
static const struct scenario *const full_tables[] = {
	numa_scenarios,	    large_scenarios,	 marks_scenarios, many_scenarios,
	fs_scenarios,	    swap_scenarios,	 aging_scenarios, nonlinear_scenarios,
	prefault_scenarios, readahead_scenarios, slow_scenarios,  fault_scenarios,
};

/* All that gets stuck, and nothing else. The last one keeps a CPU busy. */
static const struct scenario *const stuck_tables[] = {
	stack_setup_scenarios, disks_setup_scenarios, slow_scenarios,	 fault_scenarios,
	lock_scenarios,	       disks_scenarios,	      stacked_scenarios, fuse_scenarios,
	nfs_scenarios,	       plug_scenarios,
};

static const struct scenario *const crowd_table[] = {crowd_scenarios};

/* Pages are touched after the dump. The last one stops a disk. */
static const struct scenario *const touch_tables[] = {
	touch_file_scenarios,
	touch_chance_scenarios,
	touch_anon_scenarios,
	touch_wait_scenarios,
};

int must_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		fail("cannot open %s", path);
	return fd;
}

int make_file(const char *path, uint64_t size)
{
	int fd = must_open(path, O_RDWR | O_CREAT | O_EXCL);

	if (ftruncate(fd, (off_t)size) < 0)
		fail("cannot size %s", path);
	return fd;
}

char *map_fd(int fd, uint64_t offset, size_t len, int prot, int flags)
{
	char *map = mmap(NULL, len, prot, flags, fd, (off_t)offset);

	if (map == MAP_FAILED)
		fail("mmap of %zu bytes", len);
	return map;
}

char *map_path(const char *path, uint64_t offset, size_t len, int prot, int flags)
{
	int fd = must_open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	char *map = map_fd(fd, offset, len, prot, flags);

	close(fd);
	return map;
}

char *map_anon(size_t len, int prot, int flags)
{
	return map_fd(-1, 0, len, prot, MAP_ANONYMOUS | flags);
}

char *map_anon_huge(size_t len)
{
	char *map = map_anon(len + HUGE_PAGE, PROT_RW, MAP_PRIVATE);
	uintptr_t start = ((uintptr_t)map + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	size_t before = start - (uintptr_t)map;

	if (before)
		munmap(map, before);
	map += before;
	munmap(map + len, HUGE_PAGE - before);
	advise(map, 0, len / PAGE, MADV_HUGEPAGE);
	return map;
}

void read_pages(const char *map, size_t first, size_t count)
{
	const volatile char *bytes = map;

	for (size_t i = first; i < first + count; i++)
		(void)bytes[i * PAGE];
}

void write_pages(char *map, size_t first, size_t count)
{
	volatile char *bytes = map;

	for (size_t i = first; i < first + count; i++)
		bytes[i * PAGE] = (char)(i | 1);
}

void read_bytes(int fd, size_t len)
{
	static char buffer[16 * 4096];
	ssize_t n;

	while (len) {
		n = read(fd, buffer, len < sizeof(buffer) ? len : sizeof(buffer));
		if (n <= 0)
			fail("read");
		len -= (size_t)n;
	}
}

void advise(char *map, size_t first, size_t count, int advice)
{
	bool huge = advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE;

	if (huge && access(THP, F_OK))
		return;
	if (madvise(map + first * PAGE, count * PAGE, advice) < 0)
		fail("madvise %d", advice);
}

void page_out(char *map, size_t first, size_t count)
{
	drain_lru();
	advise(map, first, count, MADV_PAGEOUT);
}

void note_pages(const char *what, int fd, uint64_t first, size_t count)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);
	struct stat st;

	if (fstat(fd, &st) < 0)
		fail("fstat");
	dprintf(notes, "%s %02x:%02x %lu %" PRIu64 " %zu\n", what, major(st.st_dev),
		minor(st.st_dev), (unsigned long)st.st_ino, first, count);
	close(notes);
}

void note_entries(const char *kind, const char *start, size_t count)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "entries %s %d %lx %zu\n", kind, getpid(), (unsigned long)start, count);
	close(notes);
}

void note_fault(int tid, const char *address, const char *access, const char *call, long page)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "fault %d %lx %s %s %ld\n", tid, (unsigned long)address, access, call, page);
	close(notes);
}

void enter_cgroup(const char *name, const char *memory_max)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	if (mkdir(path, 0755) < 0)
		fail("cannot make cgroup %s", name);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/memory.max", name);
	must_write(path, memory_max);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", name);
	must_write(path, "0");
}

/* Less than the whole amount may be left to reclaim: that is no failure. */
void reclaim_cgroup(const char *name, const char *amount)
{
	char path[128];

	drain_lru();
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/memory.reclaim", name);
	try_write(path, amount);
}

int fork_as(const char *comm)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		prctl(PR_SET_NAME, comm);
	return pid;
}

void gate_init(struct gate *gate)
{
	if (pipe2(gate->fds, O_CLOEXEC) < 0)
		fail("pipe");
}

void gate_open(struct gate *gate)
{
	if (write(gate->fds[1], "r", 1) != 1)
		fail("gate");
}

void gate_wait(struct gate *gate)
{
	char byte;

	if (read(gate->fds[0], &byte, 1) != 1)
		fail("a child ended early");
}

void report_ready(void)
{
	if (write(READY_FD, "r", 1) != 1)
		fail("cannot report");
	close(READY_FD);
}

void sleep_forever(void)
{
	for (;;)
		pause();
}

static void list_tables(const struct scenario *const table[], size_t count)
{
	for (size_t t = 0; t < count; t++)
		for (const struct scenario *s = table[t]; s->name; s++)
			if (strcmp(s->name, "bench"))
				dprintf(READY_FD, "%s\n", s->name);
}

/* The names of a variant, for init to start in this order. */
static void list(const char *variant)
{
	if (!strcmp(variant, "bench")) {
		dprintf(READY_FD, "bench\n");
		return;
	}
	if (!strcmp(variant, "crowd")) {
		dprintf(READY_FD, "crowd\n");
		return;
	}
	if (!strcmp(variant, "stuck")) {
		list_tables(stuck_tables, ARRAY_SIZE(stuck_tables));
		return;
	}
	if (!strcmp(variant, "touch")) {
		list_tables(touch_tables, ARRAY_SIZE(touch_tables));
		return;
	}
	list_tables(tables, ARRAY_SIZE(tables));
	if (!strcmp(variant, "full"))
		list_tables(full_tables, ARRAY_SIZE(full_tables));
}

static void run_from(const struct scenario *const table[], size_t count, const char *name)
{
	for (size_t t = 0; t < count; t++)
		for (const struct scenario *s = table[t]; s->name; s++)
			if (!strcmp(s->name, name)) {
				prctl(PR_SET_NAME, name);
				s->run();
				sleep_forever();
			}
}

static void run(const char *name)
{
	run_from(tables, ARRAY_SIZE(tables), name);
	run_from(full_tables, ARRAY_SIZE(full_tables), name);
	run_from(crowd_table, ARRAY_SIZE(crowd_table), name);
	run_from(stuck_tables, ARRAY_SIZE(stuck_tables), name);
	run_from(touch_tables, ARRAY_SIZE(touch_tables), name);
	fail("no scenario %s", name);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--list"))
		list(argv[2]);
	else if (argc == 2)
		run(argv[1]);
	else
		fail("usage: workload SCENARIO | workload --list VARIANT");
	return 0;
}
