/*
 * Readahead: no file of /proc shows file->f_ra, so each state is brought about whose
 * outcome is known; and twins, two files with one history of which the second has one
 * miss more, tell what the next miss of the first would have done.
 *
 * Misses come through /proc/self/mem: such a fault is not tried a second time, which
 * would count as a hit and might meet the marker that the first try has just set.
 */
#include "workload.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define KB_DEFAULT 128
#define NO_FADVICE (-1)

struct rule {
	const char *name;
	int exec, advice, fadvice, limit_kb;
	size_t pages;		     /* of the mapping; the file is larger */
	size_t first, count, stride; /* misses of both twins */
	size_t next;		     /* the miss that only the second has */
};

static const struct rule rules[] = {
	{"normal", 0, MADV_NORMAL, NO_FADVICE, 128, 4096, 1000, 1, 1, 3000},
	{"begin", 0, MADV_NORMAL, NO_FADVICE, 128, 4096, 1000, 1, 1, 5},
	{"untouched", 0, MADV_NORMAL, NO_FADVICE, 64, 4096, 0, 0, 1, 2000},
	{"misses-99", 0, MADV_NORMAL, NO_FADVICE, 16, 8192, 40, 99, 32, 8000},
	{"misses-100", 0, MADV_NORMAL, NO_FADVICE, 16, 8192, 40, 100, 32, 8000},
	{"misses-150", 0, MADV_NORMAL, NO_FADVICE, 16, 8192, 40, 150, 32, 8000},
	{"random", 0, MADV_RANDOM, NO_FADVICE, 128, 4096, 1000, 3, 50, 3000},
	{"sequential", 0, MADV_SEQUENTIAL, NO_FADVICE, 128, 4096, 0, 0, 1, 0},
	{"no-pages", 0, MADV_NORMAL, NO_FADVICE, 0, 4096, 1000, 2, 50, 3000},
	{"fadvise-random", 0, MADV_NORMAL, POSIX_FADV_RANDOM, 128, 4096, 1000, 1, 1, 3000},
	{"fadvise-seq", 0, MADV_NORMAL, POSIX_FADV_SEQUENTIAL, 128, 4096, 1000, 1, 1, 3000},
	{"fadvise-normal", 0, MADV_NORMAL, POSIX_FADV_NORMAL, 128, 4096, 1000, 1, 1, 3000},
	{"code", 1, MADV_NORMAL, NO_FADVICE, 128, 64, 4, 1, 1, 50},
	{"code-random", 1, MADV_RANDOM, NO_FADVICE, 128, 256, 4, 1, 1, 150},
	{"code-misses", 1, MADV_NORMAL, NO_FADVICE, 16, 8192, 40, 110, 32, 8000},
	{"huge", 0, MADV_HUGEPAGE, NO_FADVICE, 128, 4096, 0, 0, 1, 600},
};

static void note(const char *what, const char *map, const char *rest)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "%s %d %lx %s\n", what, getpid(), (unsigned long)map, rest);
	close(notes);
}

static void note_state(const char *map, const char *key, size_t value)
{
	char rest[64];

	snprintf(rest, sizeof(rest), "%s %zu", key, value);
	note("readahead", map, rest);
}

int set_read_ahead(const char *dir, int kb)
{
	char path[80], text[24] = "";
	struct stat st;
	int fd, was;

	if (stat(dir, &st) < 0)
		fail("stat %s", dir);
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	fd = must_open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%d", &was) != 1)
		fail("%s", path);
	close(fd);
	snprintf(text, sizeof(text), "%d", kb);
	must_write(path, text);
	return was;
}

static void miss(const char *map, size_t page)
{
	int fd = must_open("/proc/self/mem", O_RDONLY);
	char byte;

	if (pread(fd, &byte, 1, (off_t)(uintptr_t)(map + page * PAGE)) != 1)
		fail("page %zu through mem", page);
	close(fd);
}

static char *open_twin(const char *dir, const struct rule *r, const char *which)
{
	char path[80];
	char *map;
	int fd;

	snprintf(path, sizeof(path), "%s/ra-%s-%s", dir, r->name, which);
	fd = make_file(path, 2 * 8192 * PAGE);
	if (r->fadvice == POSIX_FADV_NORMAL)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (r->fadvice != NO_FADVICE && posix_fadvise(fd, 0, 0, r->fadvice))
		fail("fadvise");
	map = map_fd(fd, 0, r->pages * PAGE, PROT_READ | (r->exec ? PROT_EXEC : 0), MAP_SHARED);
	advise(map, 0, r->pages, r->advice);
	for (size_t i = 0; i < r->count; i++)
		miss(map, r->first + i * r->stride);
	return map;
}

static void run_rule(const char *dir, const struct rule *r)
{
	int was = set_read_ahead(dir, r->limit_kb), twice = r->fadvice == POSIX_FADV_SEQUENTIAL;
	char *map = open_twin(dir, r, "one"), *twin = open_twin(dir, r, "two");
	char rest[64];

	miss(twin, r->next);
	set_read_ahead(dir, was);
	snprintf(rest, sizeof(rest), "%lx %zu %s", (unsigned long)twin, r->next, r->name);
	note("next-miss", map, rest);
	note_state(map, "ra_pages", (size_t)r->limit_kb / 4 * (twice ? 2 : 1));
	note_state(map, "fadvise_random", r->fadvice == POSIX_FADV_RANDOM);
	if (r->advice == MADV_NORMAL && !r->exec && r->limit_kb)
		note_state(map, "mmap_miss", r->count);
}

static void readahead_rules(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		run_rule("/mnt", &rules[i]);
	run_rule("/xfs", &rules[ARRAY_SIZE(rules) - 1]);
	report_ready();
}

/* 16 pages read() and 8 more: the second read meets the marker, and the window moves on. */
static void readahead_read(void)
{
	int was = set_read_ahead("/mnt", KB_DEFAULT), fd = make_file("/mnt/ra-read", 256 * PAGE);
	char *map = map_fd(fd, 0, 256 * PAGE, PROT_READ, MAP_SHARED);

	/* A second mapping of the same open file, with advice of its own. */
	advise(map_fd(fd, 0, 16 * PAGE, PROT_READ, MAP_SHARED), 0, 16, MADV_RANDOM);
	read_bytes(fd, 24 * PAGE);
	set_read_ahead("/mnt", was);
	note_state(map, "start", 32);
	note_state(map, "size_pages", 32);
	note_state(map, "async_size_pages", 32);
	note_state(map, "mappings", 2);
	note_state(map, "marker", 32);
	report_ready();
}

const struct scenario readahead_scenarios[] = {
	{"readahead-rules", readahead_rules},
	{"readahead-read", readahead_read},
	{NULL, NULL},
};
