/*
 * PID 1 of the guest that counts instructions. Prints a line for each way of recording and each
 * kind of work, separated by tabs:
 *
 *	BENCH	WAY	WORK	instructions of a round	records in it
 *
 * and "BENCH-ABSENT WAY why" for a way that cannot be had.
 */
#include "bench.h"

#include "../guest/rec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NULLB "/sys/kernel/config/nullb/bench"
#define DONE "BENCH-DONE"

static void must_mount(const char *what, const char *where, const char *type)
{
	mkdir(where, 0755);
	if (mount(what, where, type, MS_NOATIME, NULL) < 0)
		fail("cannot mount %s on %s", what, where);
}

static void bring_up(void)
{
	int fd;

	must_mount("devtmpfs", "/dev", "devtmpfs");
	must_mount("proc", "/proc", "proc");
	must_mount("sysfs", "/sys", "sysfs");
	must_mount("tracefs", "/sys/kernel/tracing", "tracefs");
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		fail("no console");
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* Loads what a list names, up to a module of that name. */
static void load_modules(const char *order, const char *last)
{
	FILE *list = fopen(order, "re");
	char line[256], *parameters;
	int fd, found = !last;

	if (!list)
		fail("no %s", order);
	while (fgets(line, sizeof(line), list) && !(last && found)) {
		line[strcspn(line, "\n")] = '\0';
		found |= last && strstr(line, last);
		parameters = strchr(line, ' ');
		if (parameters)
			*parameters++ = '\0';
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) < 0 &&
			       errno != EEXIST))
			fail("cannot load %s", line);
		close(fd);
	}
	fclose(list);
	if (!found)
		fail("no module %s", last);
}

/* ---- a disk in memory that answers before the request returns: nobody waits, nothing idles ----
 */

static void copy(const char *from, const char *to)
{
	static char block[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (in < 0 || out < 0)
		fail("cannot copy %s to %s", from, to);
	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			fail("cannot write %s", to);
	close(in);
	if (n < 0 || fsync(out) < 0)
		fail("cannot copy %s", from);
	close(out);
}

static const char *make_disk(void)
{
	static const char *const set[][2] = {
		{"size", "64"},	     {"memory_backed", "1"}, {"irqmode", "0"},
		{"queue_mode", "2"}, {"submit_queues", "1"}, {"power", "1"},
	};
	char path[128];

	load_modules("/modules/order.stuck", "null_blk");
	must_mount("configfs", "/sys/kernel/config", "configfs");
	if (mkdir(NULLB, 0755) < 0)
		fail("cannot make " NULLB);
	for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
		snprintf(path, sizeof(path), NULLB "/%s", set[i][0]);
		must_write(path, set[i][1]);
	}
	/* Kernels name it by number, or as its directory. */
	return access("/dev/bench", F_OK) ? "/dev/nullb0" : "/dev/bench";
}

static void prepare(void)
{
	static const char *const quiet[][2] = {
		{"/proc/sys/vm/dirty_writeback_centisecs", "0"},
		{"/sys/kernel/mm/transparent_hugepage/enabled", "never"},
	};
	const char *disk;

	load_modules("/modules/order", NULL);
	disk = make_disk();
	copy("/dev/vda", disk);
	must_mount(disk, "/mnt", "ext4");
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		must_write(quiet[i][0], quiet[i][1]);
	work_open();
	/* What a kernel that has just booted puts off: it takes up whole rounds. */
	nap(30000);
}

/* ---- measuring ---- */

static uint64_t nothing(void)
{
	return 0;
}

static void measure_one(const char *way, const struct work *work, uint64_t (*count)(void))
{
	uint64_t best = UINT64_MAX, records = 0;

	work->start();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin, took, n;

		work->before();
		count();
		begin = instructions();
		work->run();
		took = instructions() - begin;
		n = count();
		work->after();
		/* The first one fills caches. */
		if (round && took < best) {
			best = took;
			records = n;
		}
	}
	printf("BENCH\t%s\t%s\t%llu\t%llu\n", way, work->name, (unsigned long long)best,
	       (unsigned long long)records);
}

static void measure(const char *way, uint64_t (*count)(void))
{
	for (size_t i = 0; i < work_n; i++)
		measure_one(way, &works[i], count);
}

/* ---- the recorder ---- */

static struct rec_map rec;

static uint64_t rec_count(void)
{
	const struct mmaprec_slot *slot = rec_ring(rec.dir, 0);
	static uint64_t seen;
	uint64_t latest = 0, n;

	for (uint64_t i = 0; i < 1ULL << rec.dir->ring_order; i++)
		if (slot[i].seq_end > latest)
			latest = slot[i].seq_end;
	n = latest - seen;
	seen = latest;
	return n;
}

/* Whatever the classes are, all is taken back before the next. */
static const struct {
	const char *name;
	const char *commands[2];
} ways[] = {
	{"idle", {"classes none"}},
	{"majors", {"classes fault", "majors on"}},
	{"all-majors", {"classes all", "majors on"}},
	{"all", {"classes all"}},
	{"fault", {"classes fault"}},
	{"readahead", {"classes readahead"}},
	{"read-class", {"classes read"}},
	{"cache", {"classes cache"}},
	{"block", {"classes block"}},
};

static void measure_recorder(const char *clock)
{
	char name[64];

	snprintf(name, sizeof(name), "kib=1024 classes=none clock=%s", clock);
	if (rec_load(name) < 0)
		fail("cannot load the recorder with %s", name);
	rec_map(&rec);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ways[i].commands) && ways[i].commands[j]; j++)
			rec_must(ways[i].commands[j]);
		snprintf(name, sizeof(name), "%s-%s", ways[i].name, clock);
		measure(name, rec_count);
		rec_must("clear filters");
	}
	rec_unmap(&rec);
	if (rec_unload() < 0)
		fail("cannot unload the recorder");
}

/* ---- others ---- */

static const char *const cache_events[] = {"filemap/mm_filemap_add_to_page_cache",
					   "filemap/mm_filemap_delete_from_page_cache", NULL};
/* Those that the recorder's class "block" is attached to. */
static const char *const block_events[] = {
	"block/block_bio_queue",  "block/block_bio_frontmerge", "block/block_bio_backmerge",
	"block/block_getrq",	  "block/block_rq_insert",	"block/block_rq_issue",
	"block/block_rq_requeue", "block/block_rq_complete",	"block/block_rq_merge",
	"block/block_split",	  "block/block_bio_remap",	NULL};
static const char *const fault_events[] = {"exceptions/page_fault_user", NULL};

static void measure_other(const char *who, const struct recording *with)
{
	static const struct {
		const char *name;
		const char *const *events;
	} sets[] = {{"cache", cache_events}, {"block", block_events}, {"fault", fault_events}};
	char way[64];

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		snprintf(way, sizeof(way), "%s-%s", who, sets[i].name);
		if (with->begin(sets[i].events) < 0)
			printf("BENCH-ABSENT\t%s\t%s\n", way, strerror(errno));
		else
			measure(way, with->count);
		with->end();
	}
}

int main(void)
{
	bring_up();
	prepare();
	printf("BENCH-CALIBRATION\t%.4f\n", work_calibrate());
	measure("absent", nothing);
	measure_recorder("mono");
	measure_recorder("tsc");
	measure("absent-again", nothing);
	measure_other("ftrace", &with_ftrace);
	measure_other("perf", &with_perf);
	printf(DONE "\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
