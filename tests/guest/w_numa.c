/* What NUMA does to page tables: hinting entries, and a migration that is stuck. */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef MPOL_MF_MOVE_ALL
#define MPOL_MF_MOVE_ALL (1 << 2)
#endif

/* ---- hinting ---- */

#define HINT_PAGES ((size_t)64)

/* Knobs of the scanner moved from sysctl to debugfs in 5.13. */
static void set_scan_knob(const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/kernel/numa_balancing_%s", knob);
	if (try_write(path, value) == 0)
		return;
	snprintf(path, sizeof(path), "/sys/kernel/debug/sched/numa_balancing/%s", knob);
	must_write(path, value);
}

/* How often the scanner has gone over the whole of this process. */
static long scans_done(void)
{
	static char text[16384];
	int fd = must_open("/proc/self/sched", O_RDONLY);
	size_t len = 0;
	char *at;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	at = strstr(text, "numa_scan_seq");
	at = at ? strchr(at, ':') : NULL;
	return at ? atol(at + 1) : -1;
}

static void *second_thread(void *arg)
{
	(void)arg;
	sleep_forever();
}

/* The scanner works in the time slice of the process that it scans. */
static void burn_until_scanned(long scans)
{
	long until = scans_done() + scans, rounds = 0;
	volatile unsigned long spin = 0;

	while (scans_done() < until) {
		for (long i = 0; i < 5000000; i++)
			spin++;
		if (++rounds > 1000)
			fail("NUMA balancing has scanned %ld times of %ld", scans_done(), until);
	}
}

/*
 * Pages that the scanner has marked so that the next access tells where it
 * came from: entries look like those of PROT_NONE, but the mapping is not.
 */
static void hinted_process(void)
{
	char *map = map_anon(2 * HINT_PAGES * PAGE, PROT_RW, MAP_PRIVATE);
	char *file = map_path("/mnt/data/locked.dat", 128 * PAGE, HINT_PAGES * PAGE, PROT_RW,
			      MAP_SHARED);
	char *huge = map_anon_huge(HUGE_PAGE);
	pthread_t thread;

	advise(map, 0, 2 * HINT_PAGES, MADV_NOHUGEPAGE);
	write_pages(map, 0, 2 * HINT_PAGES);
	/* Neither dirty pages of files nor tmpfs are of interest to the scanner. */
	read_pages(file, 0, HINT_PAGES);
	write_pages(huge, 0, 512);
	if (mprotect(map + HINT_PAGES * PAGE, HINT_PAGES * PAGE, PROT_NONE) < 0)
		fail("mprotect");
	/* The scanner leaves pages alone that somebody else holds. */
	drain_lru();
	/* Pages of a process with one thread are left alone on its own node. */
	if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
		fail("pthread_create");
	numa_scan();
	note_entries("numa-hint", map, HINT_PAGES);
	note_entries("prot-none", map + HINT_PAGES * PAGE, HINT_PAGES);
	note_entries("numa-hint", file, HINT_PAGES);
	note_entries("numa-hint", huge, 512);
}

void numa_begin(void)
{
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	set_scan_knob("scan_delay_ms", "10");
	set_scan_knob("scan_period_min_ms", "20");
	set_scan_knob("scan_period_max_ms", "40");
	must_write("/proc/sys/kernel/numa_balancing", "1");
}

void numa_scan(void)
{
	burn_until_scanned(3);
	must_write("/proc/sys/kernel/numa_balancing", "0");
}

static void numa_hint(void)
{
	struct gate gate;

	if (access("/proc/sys/kernel/numa_balancing", F_OK) < 0) {
		printf("numa-hint: not in this kernel\n");
		report_ready();
		return;
	}
	numa_begin();
	gate_init(&gate);
	/* Delays are set when a process is made. */
	if (fork_as("numa-hinted") == 0) {
		hinted_process();
		gate_open(&gate);
		sleep_forever();
	}
	gate_wait(&gate);
	report_ready();
}

/* ---- a migration that does not end ---- */

#define STUCK_DISK "/stuck-disk"

static void dm(int control, unsigned long command, uint32_t flags, uint64_t sectors,
	       const char *parameters)
{
	static struct {
		struct dm_ioctl head;
		struct dm_target_spec target;
		char parameters[64];
	} call;

	memset(&call, 0, sizeof(call));
	call.head.version[0] = DM_VERSION_MAJOR;
	call.head.data_size = sizeof(call);
	call.head.data_start = sizeof(call.head);
	call.head.flags = flags;
	strcpy(call.head.name, "stuck");
	if (parameters) {
		call.head.target_count = 1;
		call.target.length = sectors;
		call.target.next = sizeof(call) - sizeof(call.head);
		strcpy(call.target.target_type, "linear");
		snprintf(call.parameters, sizeof(call.parameters), "%s", parameters);
	}
	if (ioctl(control, command, &call) < 0)
		fail("device mapper: %lx", command);
}

void stoppable_stop(int control)
{
	dm(control, DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG, 0,
	   NULL);
}

void stoppable_go(int control)
{
	dm(control, DM_DEV_SUSPEND, 0, 0, NULL); /* resumes, without the flag */
}

int stoppable_make(const char *path)
{
	int control = must_open("/dev/mapper/control", O_RDWR), disk = must_open(path, O_RDONLY);
	char parameters[32];
	uint64_t bytes;
	struct stat st;

	if (fstat(disk, &st) < 0 || ioctl(disk, BLKGETSIZE64, &bytes) < 0)
		fail("%s", path);
	close(disk);
	snprintf(parameters, sizeof(parameters), "%u:%u 0", major(st.st_rdev), minor(st.st_rdev));
	dm(control, DM_DEV_CREATE, 0, 0, NULL);
	dm(control, DM_TABLE_LOAD, 0, bytes / 512, parameters);
	stoppable_go(control);
	return control;
}

/* The start of /proc/PID/@name, always ended. */
static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = must_open(path, O_RDONLY);
	got = read(fd, text, size - 1);
	if (got < 0)
		fail("%s", path);
	text[got] = '\0';
	close(fd);
}

static char state_of(pid_t pid)
{
	char text[128], *at;

	read_proc(pid, "stat", text, sizeof(text));
	at = strrchr(text, ')');
	return at ? at[2] : '?';
}

static const char *wchan_of(pid_t pid)
{
	static char text[64];

	read_proc(pid, "wchan", text, sizeof(text));
	return text;
}

static void wait_until_blocked(pid_t pid)
{
	for (int i = 0; i < 600; i++) {
		nap(50);
		/* Not once by chance. */
		if (state_of(pid) != 'D')
			continue;
		nap(200);
		if (state_of(pid) == 'D')
			return;
	}
	fail("process %d does not block", pid);
}

/* Swapped and not present: all that pagemap says of a migration entry. */
static int is_migrating(const char *page)
{
	int fd = must_open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) != 8)
		fail("pagemap");
	close(fd);
	return entry >> 62 == 1;
}

static void move_to_far_node(pid_t pid, char *page)
{
	void *addr = page;
	int node = 1, status;

	syscall(SYS_move_pages, pid, 1UL, &addr, &node, &status, MPOL_MF_MOVE_ALL);
	fail("the migration has ended");
}

/* The first block of inodes of an ext4 of 4 KiB blocks: its group descriptors tell. */
static off_t inode_table(int device)
{
	uint32_t block;

	/* bg_inode_table_lo */
	if (pread(device, &block, sizeof(block), 4096 + 8) != sizeof(block) || !block)
		fail("no group descriptor");
	return (off_t)block * 4096;
}

/* Without a journal fsync() writes the inode's buffer itself, and its page is not involved. */
static void write_inode_for_ever(int file)
{
	fchmod(file, 0600);
	fsync(file);
	fail("the inode was written");
}

/*
 * A buffer is locked while it is written, its page is not. Whoever moves the page
 * locks that, puts migration entries in place of those that map it, and then
 * waits for the buffer.
 */
static void migrating(void)
{
	int control = stoppable_make(STUCK_DISK), device, file;
	pid_t parent = getpid(), writer, mover;
	char *read_only, *written;
	off_t place;

	/* Without NUMA nobody moves a page by its address. */
	if (syscall(SYS_move_pages, 0, 0UL, NULL, NULL, NULL, 0) < 0 && errno == ENOSYS) {
		printf("migrating: not in this kernel\n");
		report_ready();
		return;
	}
	/* A disk that has written nothing yet gets no dirty pages, else: all are written at once.
	 */
	must_write("/sys/block/dm-0/bdi/min_ratio", "50");
	mkdir("/stuck", 0755);
	if (mount(STOPPABLE, "/stuck", "ext4", 0, "noinit_itable") < 0)
		fail("mount of %s", STOPPABLE);
	file = make_file("/stuck/file", 0);
	device = must_open(STOPPABLE, O_RDWR);
	place = inode_table(device);
	read_only = map_fd(device, (size_t)place, PAGE, PROT_READ, MAP_SHARED);
	written = map_fd(device, (size_t)place, PAGE, PROT_RW, MAP_SHARED);
	advise(read_only, 0, 1, MADV_DONTFORK);
	advise(written, 0, 1, MADV_DONTFORK);
	written[PAGE - 1] = 1; /* of an inode that is not in use */
	read_pages(read_only, 0, 1);
	stoppable_stop(control);
	writer = fork_as("stuck-writer");
	if (writer == 0)
		write_inode_for_ever(file);
	wait_until_blocked(writer);
	mover = fork_as("stuck-mover");
	if (mover == 0)
		move_to_far_node(parent, written);
	for (int i = 0; !is_migrating(read_only) || !is_migrating(written); i++) {
		if (i == 100)
			fail("the page is not being moved: the mover waits in %s", wchan_of(mover));
		nap(100);
	}
	wait_until_blocked(mover);
	note_entries("migrating", read_only, 1);
	note_entries("migrating", written, 1);
	note_pages("untouchable", device, (size_t)place / PAGE, 1);
	report_ready();
}

const struct scenario numa_scenarios[] = {
	{"numa-hint", numa_hint},
	{"migrating", migrating},
	{NULL, NULL},
};
