#include "common.h"
#include "abuse.h"
#include "rec.h"
#include "scenes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_SIZE (1 << 20)

static int tests;

void ok(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
}

/* How often a text is in the kernel's log, or in a file. */
static unsigned int count_in(const char *text, const char *what)
{
	unsigned int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

static unsigned int count_in_log(const char *what)
{
	static char log[LOG_SIZE + 1];
	int len = klogctl(3, log, LOG_SIZE);

	log[len < 0 ? 0 : len] = '\0';
	return count_in(log, what);
}

const char *abuse_status(void)
{
	static char text[32 << 10];
	int fd = open(REC_STATUS, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0, n;

	if (fd < 0)
		fail("no %s", REC_STATUS);
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return text;
}

static void must_load(const char *parameters)
{
	if (rec_load(parameters) < 0)
		fail("cannot load the recorder with '%s'", parameters);
}

void abuse_unload(void)
{
	for (int i = 0; i < 50; i++) {
		if (!rec_unload())
			return;
		nap(20);
	}
	fail("cannot unload the recorder");
}

/* ---- refusals ---- */

static void refuse_parameters(void)
{
	unsigned int said = count_in_log("mmaprec: ");
	int got = rec_load("kib=1048576");

	ok(got < 0 && errno == ENOMEM, "more memory than there is: refused");
	ok(count_in_log("mmaprec: ") == said + 1, "with one line in the log");
	got = rec_load("kib=65536 percent=1");
	ok(got < 0 && errno == ENOMEM, "more than its share of the memory: refused");
	got = rec_load("kib=1");
	ok(got < 0 && errno == EINVAL, "less than a ring: refused");
	got = rec_load("classes=fault,nonsense");
	ok(got < 0 && errno == EINVAL, "a class that there is not: refused");
	got = rec_load("clock=sundial");
	ok(got < 0 && errno == EINVAL, "a clock that there is not: refused");
}

static int cpu_has(const char *flag)
{
	char line[4096];
	FILE *f = fopen("/proc/cpuinfo", "re");
	int found = 0;

	if (!f)
		fail("no /proc/cpuinfo");
	while (!found && fgets(line, sizeof(line), f))
		found = !strncmp(line, "flags", 5) && strstr(line, flag);
	fclose(f);
	return found;
}

static void see_clock(void)
{
	int constant = cpu_has(" constant_tsc") && cpu_has(" nonstop_tsc");

	must_load("kib=256");
	ok(strstr(abuse_status(), constant ? "clock: tsc" : "clock: mono") != NULL,
	   "by itself it takes the clock that this CPU is good for");
	abuse_unload();
	must_load("kib=256 clock=tsc");
	ok(strstr(abuse_status(), "clock: tsc") != NULL, "and the one that is asked for");
	abuse_unload();
}

static void refuse_second(void)
{
	int got;

	must_load("kib=256");
	got = rec_load("kib=256");
	ok(got < 0 && errno == EEXIST, "a second load: refused");
	abuse_unload();
}

static void refuse_unload_while_mapped(void)
{
	struct rec_map map;
	int got;

	must_load("kib=256");
	rec_map(&map);
	got = rec_unload();
	ok(got < 0 && (errno == EWOULDBLOCK || errno == EBUSY), "unload while mapped: refused");
	close(map.fd);
	map.fd = -1;
	got = rec_unload();
	ok(got < 0, "unload while mapped, with the device closed: refused");
	ok(map.dir->state == MMAPREC_RUNNING, "it goes on meanwhile");
	munmap((void *)map.dir, map.size);
	abuse_unload();
	ok(access(REC_DEVICE, F_OK) < 0 && access(REC_STATUS, F_OK) < 0,
	   "unloaded, it leaves no file");
}

static void refuse_access(void)
{
	int fd, status_of;
	struct stat st;
	pid_t pid;
	void *map;

	must_load("kib=256");
	ok(!stat(REC_DEVICE, &st) && (st.st_mode & 0777) == 0600, "the device is root's");
	ok(!stat(REC_STATUS, &st) && (st.st_mode & 0777) == 0400, "so is the status");
	fd = open(REC_DEVICE, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(map == MAP_FAILED && errno == EPERM, "a mapping to write to: refused");
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ok(map != MAP_FAILED && mprotect(map, PAGE, PROT_READ | PROT_WRITE) < 0,
	   "to make it one later: refused");
	munmap(map, PAGE);
	map = mmap(NULL, 1 << 30, PROT_READ, MAP_SHARED, fd, 0);
	ok(map == MAP_FAILED, "to map more than there is: refused");
	close(fd);
	chmod(REC_DEVICE, 0666);
	pid = fork();
	if (!pid) {
		if (setuid(1000) < 0)
			_exit(2);
		fd = open(REC_DEVICE, O_RDONLY | O_CLOEXEC);
		_exit(fd < 0 && errno == EPERM ? 0 : 1);
	}
	waitpid(pid, &status_of, 0);
	ok(WIFEXITED(status_of) && !WEXITSTATUS(status_of),
	   "without a capability, whatever the mode says: refused");
	abuse_unload();
}

static void refuse_commands(void)
{
	static const char *const bad[] = {
		"nonsense",
		"classes fault,nonsense",
		"tgid 7",
		"tgid +0",
		"tgid -4711",
		"device 7",
		"device 1:2x",
		"inode 1:2",
		"sample 0",
		"sample x",
		"majors maybe",
		"clear all",
		"pause now",
		"resume",
		"mark",
		"mark x",
		"",
		" ",
	};
	unsigned int refused = 0;
	char longest[300];

	must_load("kib=256");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (bad[i][0] && rec_command(bad[i]) < 0)
			refused++;
		else if (bad[i][0])
			printf("# taken: '%s'\n", bad[i]);
	ok(refused == ARRAY_SIZE(bad) - 1, "commands that are none: refused");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(rec_command(longest) < 0, "a line that is too long: refused");
	abuse_unload();
}

/* ---- under load ---- */

/* All records of all rings: valid ones, torn ones. */
static void count_records(unsigned long *valid, unsigned long *torn)
{
	struct rec_map map;

	*valid = *torn = 0;
	rec_map(&map);
	for (unsigned int cpu = 0; cpu < map.dir->n_cpus; cpu++)
		for (size_t i = 0; i < 1ULL << map.dir->ring_order; i++) {
			struct mmaprec_slot slot = rec_ring(map.dir, cpu)[i];

			if (rec_valid(map.dir, &slot, i))
				++*valid;
			else if (slot.seq_begin || slot.seq_end)
				++*torn;
		}
	rec_unmap(&map);
}

static void change_filters(void)
{
	static const char *const lines[] = {
		"classes fault,block", "tgid +1",	 "majors on",
		"sample 10",	       "device 254:0",	 "clear filters",
		"classes all",	       "inode 254:0:12", "sample 3",
		"clear filters",       "pause",		 "resume",
		"classes none",	       "majors on",	 "classes fault",
		"majors off",	       "clear filters",	 "classes all",
	};
	unsigned long valid, torn, refused = 0;

	must_load("kib=256");
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
			if (rec_command(lines[i]) < 0) {
				printf("# refused: %s (%s)\n", lines[i], strerror(errno));
				refused++;
			}
	ok(!refused, "filters and classes change while everything runs");
	rec_must("pause");
	count_records(&valid, &torn);
	printf("# %lu records, %lu torn\n", valid, torn);
	ok(valid > 100 && !torn, "and what was recorded is whole");
	abuse_unload();
}

static void unplug_cpu(void)
{
	unsigned long valid, torn;
	int bad = 0;

	must_load("kib=256");
	for (int i = 0; i < 5; i++) {
		bad |= try_write("/sys/devices/system/cpu/cpu1/online", "0");
		nap(50);
		bad |= try_write("/sys/devices/system/cpu/cpu1/online", "1");
		nap(50);
	}
	ok(!bad, "a CPU goes and comes, five times");
	rec_must("pause");
	count_records(&valid, &torn);
	ok(valid > 100 && !torn, "and its records stay");
	abuse_unload();
}

/* A fault that waits holds the module; once none is diverted any more, they end. */
static void go_by_majors(void)
{
	rec_must("majors on");
	nap(10);
	rec_must("classes none");
}

static void load_often(unsigned int times)
{
	unsigned int done = 0;
	char name[80];

	for (; done < times; done++) {
		if (rec_load("kib=64") < 0)
			break;
		/* Now and then it gets something to record, or has calls under way. */
		if (done % 16 == 0)
			nap(10);
		if (done % 4 == 1)
			go_by_majors();
		abuse_unload();
		if (done % 100 == 99)
			printf("# %u\n", done + 1);
	}
	snprintf(name, sizeof(name), "%u loads and unloads under load", times);
	ok(done == times, name);
}

static void see_log(void)
{
	static const char *const bad[] = {
		"BUG:",
		"WARNING:",
		"Oops",
		"INFO: task",
		"general protection",
		"rcu: INFO",
		"scheduling while atomic",
		"suspicious RCU",
	};
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned int found = count_in_log(bad[i]);

		if (found)
			printf("# %u times: %s\n", found, bad[i]);
		n += found;
	}
	ok(!n, "the kernel complains of nothing");
}

void abuse_run(const char *what)
{
	const char *times = strchr(what, ':');

	/* First, for then the kernel says more about a module than later. */
	refuse_second();
	refuse_parameters();
	see_clock();
	refuse_unload_while_mapped();
	refuse_access();
	refuse_commands();
	must_load("kib=1024");
	filters_run();
	abuse_unload();
	hurt_run();
	load_start(3);
	change_filters();
	unplug_cpu();
	load_often(times ? (unsigned int)atoi(times + 1) : 20);
	load_stop();
	must_load("kib=256");
	ok(strstr(abuse_status(), "state: running") != NULL, "after all that it records");
	abuse_unload();
	see_log();
	hurt_end();
	printf("1..%d\n%s\n", tests, MARK_READY);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
}
