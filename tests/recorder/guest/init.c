/*
 * PID 1 of the recorder's guest: loads the module and does what "recorder=" on the kernel's
 * command line says:
 *
 *	dump	runs scenes whose faults and I/O are known, reads the rings as they run and
 *		once more when they stand still, writes all to the raw disk "truth", and keeps still
 *	crash	a record is never finished, everything else goes on, and the hypervisor is asked for
 *		an NMI, which the kernel panics of
 *	oops	the same, and a page fault is where it happens
 *	abuse	loads, unloads, maps and commands where it should not (abuse.c), as TAP
 */
#include "common.h"
#include "abuse.h"
#include "arena.h"
#include "procs.h"
#include "rec.h"
#include "scenes.h"
#include "tar.h"

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
#include <unistd.h>

#define ARENA_SIZE ((size_t)32 << 20)
#define TRACING "/sys/kernel/tracing/"

static void must_mount(const char *what, const char *where, const char *type, const char *options)
{
	mkdir(where, 0755);
	if (mount(what, where, type, MS_NOATIME, options) < 0)
		fail("cannot mount %s on %s", what, where);
}

static void bring_up(void)
{
	int fd;

	must_mount("devtmpfs", "/dev", "devtmpfs", NULL);
	must_mount("proc", "/proc", "proc", NULL);
	must_mount("sysfs", "/sys", "sysfs", NULL);
	must_mount("tracefs", "/sys/kernel/tracing", "tracefs", NULL);
	fd = open("/dev/console", O_RDWR);
	if (fd >= 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		if (fd > 2)
			close(fd);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* A line: the file, parameters. */
static void load_modules(const char *order)
{
	FILE *list = fopen(order, "re");
	char line[256], *parameters;
	int fd;

	if (!list)
		fail("no %s", order);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		parameters = line + strcspn(line, " ");
		if (*parameters)
			*parameters++ = '\0';
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, 0) < 0 && errno != EEXIST))
			fail("cannot load %s", line);
		close(fd);
	}
	fclose(list);
}

/* ---- the block layer's own events ---- */

static void trace_begin(void)
{
	/* The same clock as the recorder's. */
	must_write(TRACING "trace_clock", "mono");
	must_write(TRACING "buffer_size_kb", "8192");
	must_write(TRACING "events/block/enable", "1");
	must_write(TRACING "tracing_on", "1");
}

static void trace_end(void)
{
	must_write(TRACING "tracing_on", "0");
	must_write(TRACING "events/block/enable", "0");
}

/* ---- the truth ---- */

static void add_file(const char *name, const char *path)
{
	struct blob blob;

	if (slurp(path, &blob) < 0)
		fail("no %s", path);
	tar_add(name, blob.data, blob.len);
}

/* A copy of all that can be mapped. */
static char *copy_all(const struct rec_map *map)
{
	char *copy = arena_alloc(map->size);

	memcpy(copy, map->dir, map->size);
	return copy;
}

static void record_truth(void)
{
	struct rec_map map;
	char *live, *still;

	rec_map(&map);
	live = copy_all(&map);
	trace_end();
	rec_must("pause");
	must_write("/proc/sys/vm/stat_refresh", "1");
	add_file("proc/vmstat", "/proc/vmstat");
	still = copy_all(&map);
	tar_add("recorder/live", live, map.size);
	tar_add("recorder/still", still, map.size);
	add_file("recorder/status", REC_STATUS);
	add_file("trace/block", TRACING "trace");
	add_file("notes", NOTES);
	rec_unmap(&map);
	procs_find();
	if (procs_read() < 0)
		fail("processes do not hold still");
	procs_archive(1);
}

static void run_dump(void)
{
	static const char *const quiet[][2] = {
		{"/proc/sys/vm/dirty_writeback_centisecs", "0"},
		{"/sys/kernel/mm/transparent_hugepage/enabled", "never"},
		/* Generations of pages do not make active what is refaulted: at first without. */
		{"/sys/kernel/mm/lru_gen/enabled", "0"},
		/* By default newer kernels read all of a file at once. */
		{"/sys/block/vda/queue/read_ahead_kb", "128"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		try_write(quiet[i][0], quiet[i][1]);
	load_modules("/null_blk/order");
	load_modules("/nfsv3/order");
	must_write("/proc/sys/vm/drop_caches", "3");
	arena_init(ARENA_SIZE);
	tar_open("/dev/vdb");
	if (rec_load("kib=4096") < 0)
		fail("cannot load the recorder");
	must_write("/proc/sys/vm/stat_refresh", "1");
	add_file("proc/vmstat.before", "/proc/vmstat");
	trace_begin();
	rec_must("mark 1");
	scenes_run();
	must_write("/proc/sys/vm/stat_refresh", "1");
	add_file("proc/vmstat.lists", "/proc/vmstat");
	scenes_run_generations();
	scene_stuck();
	nap(1500);
	rec_must("mark 2");
	record_truth();
	tar_close();
	printf("%s\n", MARK_READY);
}

static _Noreturn void run_crash(void)
{
	must_write("/proc/sys/kernel/unknown_nmi_panic", "1");
	if (rec_load("kib=4096 clock=mono") < 0)
		fail("cannot load the recorder");
	rec_must("mark 1");
	load_start(4);
	nap(4000);
	rec_must("mark 2");
	hurt_hang();
	printf("%s\n", MARK_READY);
	for (;;)
		pause();
}

static _Noreturn void run_oops(void)
{
	must_write("/proc/sys/kernel/panic_on_oops", "1");
	if (rec_load("kib=4096") < 0)
		fail("cannot load the recorder");
	hurt_prepare();
	rec_must("mark 1");
	load_start(4);
	nap(4000);
	rec_must("mark 2");
	hurt_die();
}

int main(void)
{
	const char *what = getenv("recorder");

	bring_up();
	load_modules("/modules/order");
	must_mount("/dev/vda", "/mnt", "ext4", NULL);
	if (!what || !strcmp(what, "dump"))
		run_dump();
	else if (!strcmp(what, "crash"))
		run_crash();
	else if (!strcmp(what, "oops"))
		run_oops();
	else
		abuse_run(what);
	for (;;)
		pause();
}
