/*
 * Disks of every kind with requests that never come back: in the driver, in each
 * scheduler, waiting for a flush, and tasks that wait for a tag. Comes after w_slow.c,
 * which has the host throttle its disks; what is needed of them is read before, by
 * "disks-setup".
 */
#include "disk_io.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NULLB "/sys/kernel/config/nullb"
#define SCSI_DEBUG "/sys/bus/pseudo/drivers/scsi_debug"
#define MIB ((uint64_t)1 << 20)
#define CROWD 100 /* tasks that wait for one page */
#define DEEP 2000 /* on each of two queues */
#define APART 256 /* sectors between requests that must not be merged */

static char scsi[DISK_NAME], nvme[DISK_NAME];

/* ---- before the disks are throttled ---- */

static void mount_part(const char *part)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", part);
	mkdir("/part", 0755);
	if (mount(path, "/part", "ext4", MS_NOATIME,
		  "commit=100000,noinit_itable,no_prefetch_block_bitmaps") < 0 &&
	    mount(path, "/part", "ext4", MS_NOATIME, "commit=100000,noinit_itable") < 0)
		fail("cannot mount %s", path);
}

static void disks_setup(void)
{
	char part[DISK_NAME];

	find_disk("sd", "QEMU", 0, scsi);
	find_disk("nvme", NULL, 0, nvme);
	never_time_out(scsi);
	never_time_out(nvme);
	add_partition(scsi, MIB, 16 * MIB, part);
	mount_part(part);
	close(must_open("/part/new", O_RDWR | O_CREAT));
	sync();
	add_partition(nvme, MIB, 4 * MIB, part);
	report_ready();
}

/* ---- null_blk ---- */

struct null_disk {
	const char *scheduler;
	int depth, queues, nr_requests; /* 0: as it is */
	bool works;
	const char *more; /* an attribute to set to 1; some kernels lack it */
	char name[DISK_NAME];
};

static int null_attr(int number, const char *attr, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), NULLB "/n%d/%s", number, attr);
	return try_write(path, value);
}

static void must_null_attr(int number, const char *attr, const char *value)
{
	if (null_attr(number, attr, value) < 0)
		fail("null_blk %d has no %s", number, attr);
}

static void null_number(int number, const char *attr, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	must_null_attr(number, attr, text);
}

/* Named after its directory, or by number, as it was up to 5.18. */
static void null_name(int number, char name[DISK_NAME])
{
	char path[96], text[16] = "";
	int fd;

	snprintf(name, DISK_NAME, "n%d", number);
	snprintf(path, sizeof(path), "/sys/block/n%d", number);
	if (!access(path, F_OK))
		return;
	snprintf(path, sizeof(path), NULLB "/n%d/index", number);
	fd = must_open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) < 0)
		fail("read of %s", path);
	close(fd);
	snprintf(name, DISK_NAME, "nullb%d", atoi(text));
}

/* False: this kernel's null_blk cannot be so. */
static bool make_null(struct null_disk *d)
{
	char path[64], *name = d->name;
	int n = -1;

	do
		snprintf(path, sizeof(path), NULLB "/n%d", ++n);
	while (mkdir(path, 0755) < 0 && errno == EEXIST);
	if (access(path, F_OK))
		fail("no null_blk %d", n);
	if (d->more && null_attr(n, d->more, "1") < 0)
		return false;
	must_null_attr(n, "size", "64");
	/* 50 KiB every 50 ms: what is larger is never taken, and is tried again each time. */
	if (!d->works)
		must_null_attr(n, "mbps", "1");
	null_number(n, "hw_queue_depth", d->depth);
	null_number(n, "submit_queues", d->queues);
	must_null_attr(n, "power", "1");
	null_name(n, name);
	never_time_out(name);
	disk_attr(name, "queue/scheduler", d->scheduler);
	if (d->nr_requests) {
		snprintf(path, sizeof(path), "%d", d->nr_requests);
		disk_attr(name, "queue/nr_requests", path);
	}
	return true;
}

void null_plain(char name[DISK_NAME])
{
	struct null_disk d = {.scheduler = "none", .depth = 512, .queues = 1, .works = true};

	make_null(&d);
	memcpy(name, d.name, DISK_NAME);
}

/* The first is dispatched again and again, the others stay in the scheduler, or before it. */
static void scheduled(const char *scheduler, int queues)
{
	struct null_disk d = {.scheduler = scheduler,
			      .depth = queues > 1 ? 64 : 2,
			      .queues = queues,
			      .nr_requests = queues > 1 ? 0 : 64};

	make_null(&d);
	io_async(d.name, IO_BIG_READ, 0, APART, 12, 0);
	/* Schedulers let writes have some of the tags only: a task may have to wait. */
	io_threads(d.name, IO_BIG_WRITE, 8192, APART, 6);
}

/* More tasks than tags: those of the hardware queue, and those of the scheduler. */
static void too_few_tags(void)
{
	struct null_disk hardware = {.scheduler = "none", .depth = 2, .queues = 1};
	struct null_disk sched = {
		.scheduler = "mq-deadline", .depth = 1, .queues = 1, .nr_requests = 4};

	make_null(&hardware);
	io_threads(hardware.name, IO_BIG_READ, 0, APART, 5);
	make_null(&sched);
	io_threads(sched.name, IO_BIG_READ, 0, APART, 7);
}

/* Who reads a page waits for a tag: there is no request that has the page yet. */
static void page_before_tag(void)
{
	struct null_disk d = {.scheduler = "none", .depth = 1, .queues = 1};

	make_null(&d);
	io_thread(d.name, IO_BIG_READ, 0);
	io_await();
	io_same_page(d.name, 1024);
}

/* One set of tags for two disks, and one bitmap for all hardware queues of a disk. */
static void shared_tags(void)
{
	struct null_disk one = {
		.scheduler = "none", .depth = 64, .queues = 1, .more = "shared_tags"};
	struct null_disk two = one;
	struct null_disk queues = {
		.scheduler = "none", .depth = 8, .queues = 2, .more = "shared_tag_bitmap"};

	if (make_null(&one) && make_null(&two)) {
		note("shared-tags set %s %s\n", one.name, two.name);
		io_async(one.name, IO_BIG_READ, 0, APART, 5, 0);
		io_async(two.name, IO_BIG_WRITE, 0, APART, 7, 1);
	}
	if (make_null(&queues)) {
		note("shared-tags host %s\n", queues.name);
		io_async(queues.name, IO_BIG_READ, 0, APART, 3, 0);
		io_async(queues.name, IO_BIG_READ, 8192, APART, 3, 1);
		io_threads(queues.name, IO_BIG_READ, 16384, APART, 4);
	}
}

/* ---- scsi_debug: its disks share the tags of a host, over both of its queues ---- */

#define LUNS 5

/* One in the driver, the others wait for the next, or for this one. */
static void flushes(const char *disk)
{
	io_cpu(0);
	/* The driver answers at once if nothing was written since the last flush. */
	io_thread(disk, IO_WRITE, 12288);
	io_await();
	io_threads(disk, IO_FLUSH, 0, 0, 3);
	io_await();
	io_cpu(-1);
}

static void scsi_debug(void)
{
	static const char *const scheduler[LUNS] = {"none", "mq-deadline", "bfq", "kyber", "none"};
	char name[LUNS][DISK_NAME];
	int i;

	must_write(SCSI_DEBUG "/max_luns", "5");
	must_write(SCSI_DEBUG "/add_host", "1");
	/* They come in any order: wait for all before they are counted. */
	find_disk("sd", "Linux", LUNS - 1, name[0]);
	for (i = 0; i < LUNS; i++) {
		find_disk("sd", "Linux", i, name[i]);
		never_time_out(name[i]);
		disk_attr(name[i], "queue/scheduler", scheduler[i]);
	}
	/* Their partitions have been looked for by now; from here on nothing comes back. */
	nap(500);
	/* More jiffies would be too many when it counts what a flush takes. */
	must_write(SCSI_DEBUG "/delay", "10000000");
	flushes(name[0]);
	flushes(name[1]);
	note("shared-tags host %s %s %s %s %s\n", name[0], name[1], name[2], name[3], name[4]);
	for (i = 1; i < LUNS; i++) {
		disk_attr(name[i], "device/queue_depth", "2");
		io_threads(name[i], IO_READ, 0, APART, 2);
		io_threads(name[i], IO_WRITE, 4096, APART, i < LUNS - 1 ? 4 : 1);
	}
	io_thread(name[1], IO_DISCARD, 14336);
	/* More than there are tags. */
	io_threads(name[0], IO_READ, 0, APART, 24);
}

/* ---- disks of the hypervisor ---- */

static void nvme_disk(void)
{
	char part[DISK_NAME];

	io_until_stuck(nvme);
	snprintf(part, sizeof(part), "%.28sp1", nvme);
	io_threads(part, IO_READ, 64, APART, 4);
	io_thread(nvme, IO_WRITE_FUA, 16 * 1024);
	for (int cpu = 0; cpu < 2; cpu++)
		io_async(nvme, IO_READ, 24 + (uint64_t)cpu * 8, 16, DEEP, cpu);
	io_thread(nvme, IO_ZEROES, 20 * 1024);
}

static atomic_int crowd_go, crowd_tid[CROWD + 1];
static char *crowd_map;

/* All wait for page 40, but one for page 41, which is read with it. */
static void *touch_one(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;

	atomic_store(&crowd_tid[i], (int)syscall(SYS_gettid));
	while (!atomic_load(&crowd_go))
		nap(10);
	read_pages(crowd_map, i < CROWD ? 40 : 41, 1);
	fail("the page came");
}

static void await_crowd(void)
{
	char task[16];

	for (size_t i = 0; i <= CROWD; i++) {
		snprintf(task, sizeof(task), "%d", crowd_tid[i]);
		for (int tries = 0; task_state(task) != 'D'; tries++) {
			if (tries == 400)
				fail("task %s does not get stuck", task);
			nap(25);
		}
		note_fault(crowd_tid[i], crowd_map + (i < CROWD ? 40 : 41) * PAGE, "read", "-",
			   i < CROWD ? 40 : 41);
	}
}

static void crowd(void)
{
	int fd = must_open("/part/crowd.dat", O_RDONLY);
	pthread_attr_t attr;
	pthread_t thread;

	crowd_map = map_fd(fd, 0, 256 * PAGE, PROT_READ, MAP_SHARED);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)32 << 10);
	for (size_t i = 0; i <= CROWD; i++)
		if (pthread_create(&thread, &attr, touch_one, (void *)(uintptr_t)i))
			fail("thread");
	for (size_t i = 0; i <= CROWD; i++)
		while (!atomic_load(&crowd_tid[i]))
			nap(1);
	atomic_store(&crowd_go, 1);
	await_crowd();
	note_pages("reading", fd, 40, 2);
}

/* Reads a directory: metadata, and another task waits for it. */
static void *look_up(void *arg)
{
	struct stat st;

	atomic_store((atomic_int *)arg, (int)syscall(SYS_gettid));
	if (!stat("/part/dir/none", &st) || errno == ENOENT)
		fail("the directory came");
	return NULL;
}

/* Has the journal written. */
static void *commit(void *arg)
{
	int fd = must_open("/part/new", O_RDWR);

	atomic_store((atomic_int *)arg, (int)syscall(SYS_gettid));
	if (fchmod(fd, 0600) < 0)
		fail("fchmod");
	fsync(fd);
	fail("the journal was written");
}

static void run_until_stuck(void *(*run)(void *))
{
	static atomic_int tids[4];
	static int n;
	pthread_t thread;
	char task[16];
	int i = n++;

	if (pthread_create(&thread, NULL, run, &tids[i]))
		fail("thread");
	while (!atomic_load(&tids[i]))
		nap(5);
	snprintf(task, sizeof(task), "%d", atomic_load(&tids[i]));
	await_state(task, 'D');
}

static void scsi_disk(void)
{
	disk_attr(scsi, "queue/scheduler", "mq-deadline");
	io_until_stuck(scsi);
	note("more-io %s\n", scsi);
	/* A write that a flush has to follow, and flushes that wait for its end. */
	io_cpu(0);
	io_thread(scsi, IO_WRITE_FUA, 38 * 1024);
	io_await();
	io_threads(scsi, IO_FLUSH, 0, 0, 2);
	io_cpu(-1);
	crowd();
	run_until_stuck(look_up);
	run_until_stuck(commit);
}

static void all_schedulers(void)
{
	scheduled("mq-deadline", 1);
	scheduled("bfq", 1);
	scheduled("kyber", 1);
	scheduled("none", 2);
}

static void disks(void)
{
	static const struct {
		const char *what;
		void (*run)(void);
	} steps[] = {
		{"schedulers", all_schedulers},
		{"tags", too_few_tags},
		{"pages before tags", page_before_tag},
		{"shared tags", shared_tags},
		{"scsi_debug", scsi_debug},
		{"nvme", nvme_disk},
		{"scsi", scsi_disk},
		{"rest", io_await},
	};

	find_disk("sd", "QEMU", 0, scsi);
	find_disk("nvme", NULL, 0, nvme);
	if (mount("configfs", "/sys/kernel/config", "configfs", 0, NULL) < 0 && errno != EBUSY)
		fail("no configfs");
	/* The one that does not come to an end can be seen on the console. */
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		printf("disks: %s\n", steps[i].what);
		fflush(stdout);
		steps[i].run();
	}
	report_ready();
}

const struct scenario disks_setup_scenarios[] = {
	{"disks-setup", disks_setup},
	{NULL, NULL},
};

const struct scenario disks_scenarios[] = {
	{"disks", disks},
	{NULL, NULL},
};
