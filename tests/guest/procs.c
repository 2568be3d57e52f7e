#include "common.h"
#include "procs.h"
#include "arena.h"
#include "tar.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PROCS 256
#define TEXT_STEP ((size_t)16 << 10)
#define LONG_MAPS ((size_t)1 << 20)

struct proc procs[MAX_PROCS];
size_t proc_count;

int slurp(const char *path, struct blob *blob)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t mark = arena_mark();
	ssize_t n;

	blob->len = 0;
	blob->data = arena_alloc(TEXT_STEP);
	if (fd < 0) {
		arena_reset(mark);
		blob->data = NULL;
		return -1;
	}
	/* The arena gives neighbouring pieces: the buffer simply grows. */
	while ((n = read(fd, blob->data + blob->len, TEXT_STEP)) > 0) {
		blob->len += (size_t)n;
		arena_reset(mark);
		arena_alloc(blob->len + TEXT_STEP);
	}
	close(fd);
	arena_reset(mark);
	arena_alloc(blob->len + 1);
	blob->data[blob->len] = '\0';
	return 0;
}

void for_each_number(const char *dir, void (*fn)(pid_t number, void *arg), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char *end;
	long number;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		number = strtol(entry->d_name, &end, 10);
		if (*end == '\0' && number > 0)
			fn((pid_t)number, arg);
	}
	closedir(d);
}

void for_each_vma(const struct blob *maps,
		  void (*fn)(unsigned long start, unsigned long end, void *arg), void *arg)
{
	const char *line = maps->len ? maps->data : NULL;
	unsigned long start, end;
	char *dash;

	while (line && *line) {
		/* Not sscanf(): that looks for the end of all the text each time. */
		start = strtoul(line, &dash, 16);
		end = *dash == '-' ? strtoul(dash + 1, NULL, 16) : 0;
		/* Above the user's half lies only the vsyscall page. */
		if (end > start && !((uint64_t)start >> 63))
			fn(start, end, arg);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
}

/* Whose mappings nobody can look at: the workload says so in the notes. */
static int is_mmap_locked(pid_t pid)
{
	FILE *notes = fopen(NOTES, "re");
	char line[256];
	int found = 0, of;

	while (notes && !found && fgets(line, sizeof(line), notes))
		found = sscanf(line, "mmap-locked %d", &of) == 1 && of == pid;
	if (notes)
		fclose(notes);
	return found;
}

static void find_one(pid_t pid, void *arg)
{
	struct proc *p = &procs[proc_count];
	char path[64];

	(void)arg;
	if (proc_count == MAX_PROCS)
		fail("more than %d processes", MAX_PROCS);
	p->pid = pid;
	p->mmap_locked = is_mmap_locked(pid);
	if (p->mmap_locked) {
		memset(&p->cmdline, 0, sizeof(p->cmdline));
		proc_count++;
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	if (slurp(path, &p->cmdline) == 0)
		proc_count++;
}

/* A thread of a process whose leader has exited: only it has the mm. */
static void find_thread(pid_t tid, void *arg)
{
	if (tid != *(pid_t *)arg)
		find_one(tid, NULL);
}

static void find_process(pid_t pid, void *arg)
{
	char path[64];

	find_one(pid, arg);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (access(path, F_OK) == 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	for_each_number(path, find_thread, &pid);
}

void procs_find(void)
{
	proc_count = 0;
	for_each_number("/proc", find_process, NULL);
}

/* Mappings side by side are read in one go. */
struct pagemap_run {
	int fd;
	struct blob *out;
	unsigned long start, end;
};

static void read_run(struct pagemap_run *run)
{
	size_t len = (run->end - run->start) / PAGE * sizeof(uint64_t);
	off_t from = (off_t)(run->start / PAGE * sizeof(uint64_t));
	char *to;
	ssize_t n;

	if (!len)
		return;
	to = arena_alloc(len);
	if (!run->out->data)
		run->out->data = to;
	/* Pieces are rounded up in the arena; close the gap. */
	to = run->out->data + run->out->len;
	run->out->len += len;
	while (len) {
		n = pread(run->fd, to, len, from);
		if (n <= 0)
			fail("pagemap at %lx", run->start);
		to += n;
		from += n;
		len -= (size_t)n;
	}
}

static void read_vma(unsigned long start, unsigned long end, void *arg)
{
	struct pagemap_run *run = arg;

	if (start != run->end) {
		read_run(run);
		run->start = start;
	}
	run->end = end;
}

static void read_pagemap(pid_t pid, const struct blob *maps, struct blob *pagemap)
{
	struct pagemap_run run = {.out = pagemap};
	char path[64];

	pagemap->data = NULL;
	pagemap->len = 0;
	if (!maps->len)
		return;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	run.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (run.fd < 0)
		fail("no %s", path);
	for_each_vma(maps, read_vma, &run);
	read_run(&run);
	close(run.fd);
}

static int read_proc(const struct proc *p, struct blob *maps, struct blob *pagemap)
{
	pid_t pid = p->pid;
	char path[64];

	memset(maps, 0, sizeof(*maps));
	memset(pagemap, 0, sizeof(*pagemap));
	if (p->mmap_locked)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (slurp(path, maps) < 0) {
		printf("truth: process %d has gone\n", pid);
		return -1;
	}
	read_pagemap(pid, maps, pagemap);
	return 0;
}

int procs_read(void)
{
	int ret = 0;

	for (size_t i = 0; i < proc_count && !ret; i++)
		ret = read_proc(&procs[i], &procs[i].maps, &procs[i].pagemap);
	return ret;
}

static int compare_proc(const struct proc *p)
{
	struct blob maps, pagemap;
	const uint64_t *was = (const uint64_t *)p->pagemap.data, *is;

	if (read_proc(p, &maps, &pagemap) < 0)
		return -1;
	if (maps.len != p->maps.len || (maps.len && memcmp(maps.data, p->maps.data, maps.len))) {
		printf("truth: maps of %d changed\n", p->pid);
		return -1;
	}
	is = (const uint64_t *)pagemap.data;
	for (size_t i = 0; i < pagemap.len / sizeof(*is); i++) {
		if (was[i] == is[i])
			continue;
		printf("truth: pagemap of %d changed, entry %zu: %llx, %llx\n", p->pid, i,
		       (unsigned long long)was[i], (unsigned long long)is[i]);
		return -1;
	}
	return 0;
}

int procs_compare(void)
{
	size_t mark = arena_mark();
	int ret = 0;

	for (size_t i = 0; i < proc_count && !ret; i++) {
		ret = compare_proc(&procs[i]);
		arena_reset(mark);
	}
	return ret;
}

static void archive_text(const char *dir, const char *name)
{
	size_t mark = arena_mark();
	struct blob text;
	char path[96];

	snprintf(path, sizeof(path), "/%s/%s", dir, name);
	if (slurp(path, &text) == 0 && text.len)
		tar_add(path + 1, text.data, text.len);
	arena_reset(mark);
}

static void archive_task(pid_t tid, void *arg)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "proc/%d/task/%d", *(pid_t *)arg, tid);
	archive_text(dir, "comm");
	archive_text(dir, "stat");
	archive_text(dir, "stack");
	archive_text(dir, "wchan");
}

static void archive_blob(const char *dir, const char *name, const struct blob *blob)
{
	char path[96];

	if (!blob->len)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	tar_add(path, blob->data, blob->len);
}

/* smaps of very many mappings are too long to be kept: their sums are. */
static void archive_mappings(const char *dir, const struct proc *p, int brief)
{
	if (brief) {
		archive_text(dir, "maps");
		archive_text(dir, "smaps");
		return;
	}
	archive_blob(dir, "maps", &p->maps);
	archive_text(dir, p->maps.len > LONG_MAPS ? "smaps_rollup" : "smaps");
}

static void archive_proc(struct proc *p, int brief)
{
	char dir[64], tasks[64];

	snprintf(dir, sizeof(dir), "proc/%d", p->pid);
	archive_text(dir, "status");
	archive_text(dir, "comm");
	archive_text(dir, "stat");
	if (!p->mmap_locked)
		archive_mappings(dir, p, brief);
	if (brief)
		return;
	archive_blob(dir, "cmdline", &p->cmdline);
	archive_blob(dir, "pagemap", &p->pagemap);
	snprintf(tasks, sizeof(tasks), "/proc/%d/task", p->pid);
	for_each_number(tasks, archive_task, &p->pid);
}

/* What readahead is allowed for files of each device. */
static void archive_devices(void)
{
	struct dirent *e;
	char dir[280];
	DIR *d;

	d = opendir("/sys/class/bdi");
	if (!d)
		fail("no /sys/class/bdi");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(dir, sizeof(dir), "sys/class/bdi/%s", e->d_name);
		archive_text(dir, "read_ahead_kb");
		snprintf(dir, sizeof(dir), "sys/dev/block/%s/queue", e->d_name);
		archive_text(dir, "max_sectors_kb");
	}
	closedir(d);
}

void procs_archive(int brief)
{
	static const char *const names[] = {
		"meminfo",	  "vmstat",  "swaps",	 "mounts",
		"self/mountinfo", "version", "cmdline",	 "filesystems",
		"zoneinfo",	  "iomem",   "slabinfo", "sys/vm/max_map_count",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		archive_text("proc", names[i]);
	for (size_t i = 0; i < proc_count; i++)
		archive_proc(&procs[i], brief);
	if (!brief)
		archive_devices();
}
