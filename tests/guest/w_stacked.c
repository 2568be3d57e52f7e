/*
 * Devices that stand on others, and one task behind each that waits for a page:
 * device mapper, md, loop, partitions, btrfs on two devices, and I/O that is held
 * back before it becomes a request. All on the disk "stack", which stands still
 * from the second scenario on.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <linux/raid/md_p.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DISK "/dev/stack"
#define MIB (1ULL << 20)
#define SECTORS(mib) ((mib)*MIB / 512)
#define HOURS_OF_DELAY 10
#define STILL_MS 3000
#define FILE_PAGES 256

/* Where scripts/make-dump puts what; in MiB. The kernel is told, the disk has no table. */
enum part {
	PART_LINEAR = 1,
	PART_IMAGE,
	PART_RAID_A,
	PART_RAID_B,
	PART_CRYPT,
	PART_DELAY,
	PART_SUSPENDED,
	PART_THROTTLE,
	PART_BTRFS_A,
	PART_BTRFS_B,
	PARTS
};
static const struct {
	unsigned int start, size;
} parts[PARTS] = {
	[PART_LINEAR] = {1, 8},	     [PART_IMAGE] = {9, 24},	[PART_RAID_A] = {33, 8},
	[PART_RAID_B] = {41, 8},     [PART_CRYPT] = {49, 8},	[PART_DELAY] = {57, 8},
	[PART_SUSPENDED] = {65, 8},  [PART_THROTTLE] = {73, 8}, [PART_BTRFS_A] = {128, 128},
	[PART_BTRFS_B] = {256, 128},
};

/* "/dev/vde": what the link leads to. */
static const char *disk(void)
{
	static char path[32];
	ssize_t n;

	if (!path[0]) {
		n = readlink(DISK, path, sizeof(path) - 1);
		if (n <= 0)
			fail("%s", DISK);
		path[n] = '\0';
	}
	return path;
}

static const char *part_path(enum part part)
{
	static char path[4][40];
	static unsigned int turn;
	char *to = path[turn++ % 4];

	snprintf(to, sizeof(path[0]), "%s%d", disk(), part);
	return to;
}

static dev_t part_device(enum part part)
{
	struct stat st;

	if (stat(part_path(part), &st) < 0)
		fail("%s", part_path(part));
	return st.st_rdev;
}

static void add_partitions(void)
{
	int fd = must_open(disk(), O_RDONLY);

	for (int i = 1; i < PARTS; i++) {
		struct blkpg_partition p = {
			.start = (long long)(parts[i].start * MIB),
			.length = (long long)(parts[i].size * MIB),
			.pno = i,
		};
		struct blkpg_ioctl_arg call = {
			.op = BLKPG_ADD_PARTITION, .datalen = sizeof(p), .data = &p};

		if (ioctl(fd, BLKPG, &call) < 0)
			fail("partition %d", i);
	}
	close(fd);
}

/* A node appears some time after the device. */
static void await_node(const char *path)
{
	for (int i = 0; access(path, F_OK); i++) {
		if (i == 100)
			fail("no %s", path);
		nap(20);
	}
}

/* ---- device mapper ---- */

struct dm_call {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[160];
};

static void dm_start(struct dm_call *call, const char *name, uint32_t flags)
{
	memset(call, 0, sizeof(*call));
	call->head.version[0] = DM_VERSION_MAJOR;
	call->head.data_size = sizeof(*call);
	call->head.data_start = sizeof(call->head);
	call->head.flags = flags;
	snprintf(call->head.name, sizeof(call->head.name), "%s", name);
}

static void dm_run(unsigned long command, struct dm_call *call)
{
	static int control = -1;

	if (control < 0)
		control = must_open("/dev/mapper/control", O_RDWR);
	if (ioctl(control, command, call) < 0)
		fail("device mapper: %s, %lx", call->head.name, command);
}

/* @how: the parameters, with %s for the device below. Prints its node's name to @node. */
static void dm_make(const char *name, const char *target, enum part below, const char *how,
		    char node[32])
{
	dev_t device = part_device(below);
	struct dm_call call;
	char number[32];

	dm_start(&call, name, 0);
	dm_run(DM_DEV_CREATE, &call);
	snprintf(node, 32, "/dev/dm-%u", minor(call.head.dev));
	dm_start(&call, name, 0);
	call.head.target_count = 1;
	call.target.length = SECTORS(parts[below].size);
	call.target.next = sizeof(call) - sizeof(call.head);
	strcpy(call.target.target_type, target);
	snprintf(number, sizeof(number), "%u:%u", major(device), minor(device));
	/* Both are ours: the words before the device, and those after it. */
	snprintf(call.parameters, sizeof(call.parameters), "%.*s%s%s", (int)strcspn(how, "@"), how,
		 number, strchr(how, '@') + 1);
	dm_run(DM_TABLE_LOAD, &call);
	dm_start(&call, name, 0);
	dm_run(DM_DEV_SUSPEND, &call); /* resumes, without the flag */
	await_node(node);
}

static void dm_suspend(const char *name)
{
	struct dm_call call;

	dm_start(&call, name, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
	dm_run(DM_DEV_SUSPEND, &call);
}

/* ---- md, loop ---- */

/* Two mirrors without a superblock, which are said to be equal. */
static void make_raid(const char *node)
{
	mdu_array_info_t array = {.major_version = 0,
				  .minor_version = 90,
				  .level = 1,
				  .raid_disks = 2,
				  .nr_disks = 2,
				  .not_persistent = 1,
				  .size = (int)(parts[PART_RAID_A].size << 10),
				  .state = 1 << 0 /* MD_SB_CLEAN */,
				  .active_disks = 2,
				  .working_disks = 2};
	mdu_param_t none = {0};
	int fd;

	if (access(node, F_OK) && mknod(node, S_IFBLK | 0600, makedev(9, 0)) < 0)
		fail("mknod %s", node);
	fd = must_open(node, O_RDWR);
	if (ioctl(fd, SET_ARRAY_INFO, &array) < 0)
		fail("SET_ARRAY_INFO");
	for (int i = 0; i < 2; i++) {
		dev_t device = part_device(i ? PART_RAID_B : PART_RAID_A);
		mdu_disk_info_t one = {.number = i,
				       .raid_disk = i,
				       .major = (int)major(device),
				       .minor = (int)minor(device),
				       .state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC};

		if (ioctl(fd, ADD_NEW_DISK, &one) < 0)
			fail("ADD_NEW_DISK %d", i);
	}
	if (ioctl(fd, RUN_ARRAY, &none) < 0)
		fail("RUN_ARRAY");
	close(fd);
	/* The first to open it looks for partitions. */
	close(must_open(node, O_RDONLY));
}

static void make_loop(const char *file, const char *node)
{
	int fd = must_open(node, O_RDWR), image = must_open(file, O_RDWR);
	struct loop_info64 info = {0};

	if (ioctl(fd, LOOP_SET_FD, image) < 0)
		fail("LOOP_SET_FD");
	snprintf((char *)info.lo_file_name, sizeof(info.lo_file_name), "%s", file);
	if (ioctl(fd, LOOP_SET_STATUS64, &info) < 0)
		fail("LOOP_SET_STATUS64");
	close(image);
	close(fd);
}

/* ---- the first scenario: all is made, and what of it must be in memory is read ---- */

#define RAID "/dev/md0"
#define LOOP "/dev/loop0"
#define THROTTLE_GROUP "/sys/fs/cgroup/stack-throttle"
static const char *const nodes[] = {"linear", "crypt", "delay", "suspended"};

static void mount_ext4(const char *what, const char *where)
{
	const char *options = "commit=100000,noinit_itable,no_prefetch_block_bitmaps";

	mkdir(where, 0755);
	/* Before 5.11 that last option is not known, nor done otherwise. */
	if (mount(what, where, "ext4", MS_NOATIME, options) < 0 &&
	    mount(what, where, "ext4", MS_NOATIME, "commit=100000,noinit_itable") < 0)
		fail("mount of %s", what);
}

static void link_node(const char *name, const char *node)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/stack-%s", name);
	if (symlink(node, path) < 0)
		fail("symlink %s", path);
}

static void make_mapped(void)
{
	char delay[48], node[32];

	snprintf(delay, sizeof(delay), "@ 0 %d", HOURS_OF_DELAY * 3600 * 1000);
	dm_make("stack-linear", "linear", PART_LINEAR, "@ 0", node);
	link_node(nodes[0], node);
	mount_ext4(node, "/stack-linear");
	dm_make("stack crypt", "crypt", PART_CRYPT,
		"aes-cbc-plain64 000102030405060708090a0b0c0d0e0f 0 @ 0", node);
	link_node(nodes[1], node);
	dm_make("stack-suspended", "linear", PART_SUSPENDED, "@ 0", node);
	link_node(nodes[3], node);
	dm_suspend("stack-suspended");
	/* Last: whoever opens it to look at it would wait. */
	dm_make("stack-delay", "delay", PART_DELAY, delay, node);
	link_node(nodes[2], node);
}

/* A file without checksums, so that nothing else is read before its pages. */
static void make_btrfs_file(void)
{
	char options[96], *map;
	int fd;

	snprintf(options, sizeof(options), "commit=3000,nodatasum,device=%s,device=%s",
		 part_path(PART_BTRFS_A), part_path(PART_BTRFS_B));
	mkdir("/stack-btrfs", 0755);
	if (mount(part_path(PART_BTRFS_A), "/stack-btrfs", "btrfs", MS_NOATIME, options) < 0)
		fail("mount of btrfs");
	fd = make_file("/stack-btrfs/file.dat", FILE_PAGES * PAGE);
	map = map_fd(fd, 0, FILE_PAGES * PAGE, PROT_RW, MAP_SHARED);
	write_pages(map, 0, FILE_PAGES);
	munmap(map, FILE_PAGES * PAGE);
	if (fsync(fd) < 0)
		fail("fsync");
	close(fd);
}

/* Only its first page stays in memory, and where the others are. */
static void forget_pages(const char *path)
{
	int fd = must_open(path, O_RDONLY);
	char *map;

	drain_lru();
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = map_fd(fd, 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED);
	advise(map, 0, FILE_PAGES, MADV_RANDOM);
	read_pages(map, 0, 1);
}

/* Once the disk stands still, setting a limit waits for its requests. */
static void limit_cgroup(void)
{
	char limit[48];
	struct stat st;

	if (stat(disk(), &st) < 0)
		fail("%s", disk());
	snprintf(limit, sizeof(limit), "%u:%u rbps=2", major(st.st_rdev), minor(st.st_rdev));
	must_write("/sys/fs/cgroup/cgroup.subtree_control", "+io");
	mkdir(THROTTLE_GROUP, 0755);
	must_write(THROTTLE_GROUP "/io.max", limit);
}

static void stack_setup(void)
{
	add_partitions();
	for (int i = 1; i < PARTS; i++)
		await_node(part_path((enum part)i));
	make_mapped();
	make_raid(RAID);
	mount_ext4(part_path(PART_IMAGE), "/stack-image");
	make_loop("/stack-image/disk image", LOOP);
	make_btrfs_file();
	forget_pages("/stack-btrfs/file.dat");
	forget_pages("/stack-linear/file.dat");
	limit_cgroup();
	report_ready();
}

/* ---- the second: all of them wait ---- */

/* Reads that do not return tell that the disk stands still. */
static void await_stillness(void)
{
	volatile int *done = mmap(NULL, PAGE, PROT_RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *buffer;
	int before, fd;

	if (done == MAP_FAILED || posix_memalign(&buffer, PAGE, PAGE))
		fail("no memory");
	if (fork_as("stack-reader") == 0) {
		fd = must_open(DISK, O_RDONLY | O_DIRECT);
		for (;; ++*done)
			if (pread(fd, buffer, PAGE, 0) != (ssize_t)PAGE)
				fail("read of %s", DISK);
	}
	do {
		before = *done;
		nap(STILL_MS);
	} while (*done != before);
}

/* What a task waits behind: its state, who holds it, the devices from the top. */
static void note_behind(pid_t pid, const char *how)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "behind %d %s\n", pid, how);
	close(notes);
}

static void wait_behind(const char *comm, const char *path, size_t page, const char *how)
{
	int fd = must_open(path, O_RDONLY);
	char task[16], *map = map_fd(fd, 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED);
	pid_t pid;

	/* Not read ahead: what is held back fails instead, where it is read ahead. */
	advise(map, 0, FILE_PAGES, MADV_RANDOM);
	pid = fork_as(comm);
	if (pid == 0) {
		read_pages(map, page, 1);
		fail("the page came");
	}
	note_fault(pid, map + page * PAGE, "read", "-", (long)page);
	munmap(map, FILE_PAGES * PAGE);
	snprintf(task, sizeof(task), "%d", pid);
	await_state(task, 'D');
	note_behind(pid, how);
	close(fd);
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "STATE HOLDER DEVICE..." */
static const char *behind(const char *state, const char *holder, const char *const path[])
{
	static char text[160];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s %s", state, holder);

	for (; *path; path++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", base(*path));
	return text;
}

static const char *node_of(const char *name)
{
	static char node[4][32];
	static unsigned int turn;
	char path[64], *to = node[turn++ % 4];
	ssize_t n;

	snprintf(path, sizeof(path), "/dev/stack-%s", name);
	n = readlink(path, to, sizeof(node[0]) - 1);
	if (n <= 0)
		fail("%s", path);
	to[n] = '\0';
	return to;
}

/* A request on the disk, below all that stands on it. */
static void wait_for_requests(void)
{
	const char *linear[] = {node_of("linear"), part_path(PART_LINEAR), disk(), NULL};
	const char *crypt[] = {node_of("crypt"), part_path(PART_CRYPT), disk(), NULL};
	const char *loop[] = {LOOP, NULL};

	wait_behind("stack-linear", "/stack-linear/file.dat", 128, behind("driver", "-", linear));
	wait_behind("stack-crypt", node_of("crypt"), 40, behind("driver", "-", crypt));
	wait_behind("stack-loop", LOOP, 56, behind("driver", "-", loop));
	note_pages("reading", must_open("/stack-image/disk image", O_RDONLY), 56, 1);
}

/* Either of two devices may have it. */
static void wait_for_either(void)
{
	const char *raid[] = {RAID, "*", disk(), NULL};
	const char *btrfs[] = {"*", disk(), NULL};

	wait_behind("stack-raid", RAID, 72, behind("driver", "-", raid));
	wait_behind("stack-btrfs", "/stack-btrfs/file.dat", 88, behind("driver", "-", btrfs));
}

static void wait_held(void)
{
	const char *delay[] = {node_of("delay"), NULL};
	const char *suspended[] = {node_of("suspended"), NULL};

	wait_behind("stack-delay", node_of("delay"), 104, behind("held", "dm_delay", delay));
	wait_behind("stack-suspended", node_of("suspended"), 120,
		    behind("held", "dm_suspended", suspended));
}

/* In a cgroup that may read two bytes a second: the least that the kernel takes. */
static void wait_throttled(void)
{
	const char *throttled[] = {part_path(PART_THROTTLE), disk(), NULL};

	must_write(THROTTLE_GROUP "/cgroup.procs", "0");
	wait_behind("stack-throttle", part_path(PART_THROTTLE), 136,
		    behind("held", "throttle", throttled));
}

/* dm-crypt writes from pages of its own. */
static void write_through_crypt(const char *node)
{
	int fd = must_open(node, O_RDWR);
	char page[PAGE] = {1};

	if (pwrite(fd, page, PAGE, 16 * PAGE) == (ssize_t)PAGE)
		fsync(fd);
	fail("the page was written");
}

static void wait_for_copy(void)
{
	const char *node = node_of("crypt"), *crypt[] = {node, NULL};
	char task[16], knob[64];
	pid_t pid;

	/* Or the writer would be slowed down before it comes to write it back. */
	snprintf(knob, sizeof(knob), "/sys/block/%s/bdi/min_ratio", base(node));
	must_write(knob, "20");
	pid = fork_as("stack-copy");
	if (pid == 0)
		write_through_crypt(node);
	snprintf(task, sizeof(task), "%d", pid);
	await_state(task, 'D');
	note_behind(pid, behind("copied", "-", crypt));
}

static void stacked(void)
{
	await_stillness();
	wait_for_requests();
	wait_for_either();
	wait_held();
	wait_for_copy();
	wait_throttled();
	report_ready();
}

const struct scenario stack_setup_scenarios[] = {
	{"stack-setup", stack_setup},
	{NULL, NULL},
};

const struct scenario stacked_scenarios[] = {
	{"stacked", stacked},
	{NULL, NULL},
};
