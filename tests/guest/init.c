/*
 * PID 1 of the test guest: brings up what the workload needs, starts the
 * workload's processes one after the other, records the truth, and then keeps
 * still so that the host can take the dump, or panics. In the crash kernel that
 * a panic leads to, it saves the dumps.
 */
#include "common.h"
#include "panic.h"
#include "truth.h"
#include "turns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCENARIO_TIMEOUT_MS 240000

static void must_mount(const char *what, const char *where, const char *type, unsigned long flags,
		       const char *options)
{
	mkdir(where, 0755);
	if (mount(what, where, type, flags, options) < 0)
		fail("cannot mount %s on %s", type ? type : what, where);
}

static void mount_kernel_filesystems(void)
{
	must_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	must_mount("proc", "/proc", "proc", 0, NULL);
	must_mount("sysfs", "/sys", "sysfs", 0, NULL);
	must_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	must_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
}

static void attach_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* A list has the modules, each after those it depends on, and behind a space its parameters. */
static void load_modules(const char *path)
{
	char line[256], *parameters;
	FILE *list = fopen(path, "re");
	int fd;

	if (!list)
		fail("no list of modules");
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		parameters = strchr(line, ' ');
		if (parameters)
			*parameters++ = '\0';
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail("no module %s", line);
		if (syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) < 0 &&
		    errno != EEXIST)
			fail("cannot load %s", line);
		close(fd);
		/* The file lies in memory. */
		unlink(line);
	}
	fclose(list);
}

static int has_serial(const char *disk, const char *serial)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/serial", disk);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, serial) == 0;
}

/* Disks are told apart by the serial number the host gave them. */
static const char *disk_of(const char *serial)
{
	static char path[16];
	int tries;
	char disk[8];

	for (tries = 0; tries < 100; tries++) {
		for (int i = 0; i < 26; i++) {
			snprintf(disk, sizeof(disk), "vd%c", 'a' + i);
			snprintf(path, sizeof(path), "/dev/%s", disk);
			if (has_serial(disk, serial) && !access(path, F_OK))
				return path;
		}
		nap(50);
	}
	fail("no disk with serial '%s'", serial);
}

/* Nothing may write pages back, merge them or move them behind our back. */
static void quiet_kernel(void)
{
	static const char *const knobs[][2] = {
		{"/proc/sys/vm/dirty_writeback_centisecs", "0"},
		{"/proc/sys/vm/dirty_expire_centisecs", "8640000"},
		{"/proc/sys/vm/dirty_background_ratio", "90"},
		{"/proc/sys/vm/dirty_ratio", "95"},
		{"/proc/sys/vm/compaction_proactiveness", "0"},
		{"/proc/sys/vm/overcommit_memory", "1"},
		{"/proc/sys/kernel/numa_balancing", "0"},
		/* It marks pages idle, to see how often they are used. */
		{"/sys/module/damon_stat/parameters/enabled", "N"},
		{"/proc/sys/kernel/randomize_va_space", "2"},
		{"/proc/sys/vm/unprivileged_userfaultfd", "1"},
		{"/sys/kernel/mm/transparent_hugepage/enabled", "madvise"},
		{"/sys/kernel/mm/transparent_hugepage/khugepaged/"
		 "scan_sleep_millisecs",
		 "4000000000"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		if (try_write(knobs[i][0], knobs[i][1]) < 0)
			printf("init: no %s\n", knobs[i][0]);
}

/*
 * ext4 with nothing to do in the background: from 5.11 on it would read block
 * bitmaps some seconds later; before, that option is not known.
 */
static void mount_ext4(const char *disk, const char *where)
{
	const char *options = "commit=100000,noinit_itable,no_prefetch_block_bitmaps";

	mkdir(where, 0755);
	if (mount(disk, where, "ext4", MS_NOATIME, options) < 0)
		must_mount(disk, where, "ext4", MS_NOATIME, "commit=100000,noinit_itable");
}

static void mount_disks(void)
{
	mount_ext4(disk_of("data"), "/mnt");
	must_mount("shm", "/shm", "tmpfs", 0, "size=64m");
	/* RT kernels have no huge pages of this kind. */
	must_mount("hugeshm", "/hugeshm", "tmpfs", 0,
		   access(THP, F_OK) ? "size=16m" : "size=16m,huge=always");
	mkdir("/mnt/a", 0755);
	mkdir("/mnt/a/b", 0755);
	mkdir("/mnt/a/b/c", 0755);
	must_mount("inner", "/mnt/a/b/inner", "tmpfs", 0, "size=4m");
	must_mount("/mnt/a", "/bind", NULL, MS_BIND, NULL);
	mkdir("/hugetlb", 0755);
	if (mount("hugetlbfs", "/hugetlb", "hugetlbfs", 0, NULL) < 0)
		printf("init: no hugetlbfs\n");
	if (swapon(disk_of("swap"), 0) < 0)
		fail("swapon");
}

/*
 * The kernel gives a disk that has written little a small share of the dirty
 * pages, and writes back what is above it at once; not here.
 */
static void let_stay_dirty(const char *disk)
{
	char knob[64];

	snprintf(knob, sizeof(knob), "/sys/block/%s/bdi/min_ratio", strrchr(disk, '/') + 1);
	must_write(knob, "40");
}

static void mount_slow(void)
{
	mount_ext4(disk_of("slow"), "/slow");
	if (symlink(disk_of("slow"), "/dev/slow") < 0)
		fail("symlink");
	let_stay_dirty(disk_of("slow"));
}

/* What only the variants "full" and "touch" have. */
static void mount_more(void)
{
	/* Its log would be written when nothing has happened for a while. */
	if (try_write("/proc/sys/fs/xfs/xfssyncd_centisecs", "720000") < 0)
		printf("init: no interval of xfs\n");
	must_mount(disk_of("xfs"), "/xfs", "xfs", MS_NOATIME, NULL);
	/* Its own interval of writing back is apart from the kernel's. */
	must_mount(disk_of("btrfs"), "/btrfs", "btrfs", MS_NOATIME, "commit=3000");
	mount_slow();
	must_mount("overlay", "/overlay", "overlay", 0,
		   "lowerdir=/mnt/ovl/lower,upperdir=/mnt/ovl/upper,workdir=/mnt/ovl/work");
}

/* Starts "workload ARG1 [ARG2]"; its READY_FD is the other end of a pipe. */
static int spawn_workload(const char *arg1, const char *arg2)
{
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		if (pipefd[1] == READY_FD)
			fcntl(READY_FD, F_SETFD, 0);
		else
			dup2(pipefd[1], READY_FD);
		execl("/mnt/bin/workload", "workload", arg1, arg2, NULL);
		fail("cannot start the workload");
	}
	close(pipefd[1]);
	return pipefd[0];
}

/* Onto the console: where everybody waits. */
static void show_blocked(void)
{
	try_write("/proc/sysrq-trigger", "9");
	try_write("/proc/sysrq-trigger", "w");
}

static void start_scenario(const char *scenario)
{
	struct pollfd pfd = {.events = POLLIN};
	char byte;

	pfd.fd = spawn_workload(scenario, NULL);
	if (poll(&pfd, 1, SCENARIO_TIMEOUT_MS) != 1) {
		show_blocked();
		fail("scenario %s does not get ready", scenario);
	}
	if (read(pfd.fd, &byte, 1) != 1)
		fail("scenario %s ended early", scenario);
	close(pfd.fd);
}

/* The workload knows its scenarios: "workload --list VARIANT". */
static void start_workload(const char *variant)
{
	static char names[128][32];
	size_t count = 0;
	char line[64];
	FILE *list;

	list = fdopen(spawn_workload("--list", variant), "r");
	if (!list)
		fail("fdopen");
	while (count < ARRAY_SIZE(names) && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(names[count++], sizeof(names[0]), "%.31s", line);
	}
	fclose(list);
	while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
		;
	if (!count)
		fail("no scenarios for variant %s", variant);
	for (size_t i = 0; i < count; i++)
		start_scenario(names[i]);
}

static enum truth_of truth_of(const char *variant)
{
	if (!strcmp(variant, "bench") || !strcmp(variant, "crowd") || !strcmp(variant, "touch"))
		return TRUTH_BRIEF;
	return strcmp(variant, "stuck") ? TRUTH_PAGES : TRUTH_STUCK;
}

/* The crash kernel's part. */
static _Noreturn void save_dumps(void)
{
	crash_save(disk_of("dump"));
	crash_save_what_fits(disk_of("small"));
	crash_end();
}

int main(void)
{
	const char *variant = getenv("variant"), *ending = getenv("ending");
	int panics = ending && strcmp(ending, "panic") == 0;
	int fd;

	mount_kernel_filesystems();
	attach_console();
	load_modules("/modules/order");
	if (crash_happened())
		save_dumps();
	quiet_kernel();
	mount_disks();
	if (!variant)
		variant = "full";
	if (!strcmp(variant, "full")) {
		load_modules("/modules/order.full");
		if (symlink(disk_of("stuck"), "/stuck-disk") < 0)
			fail("symlink");
		mount_more();
	}
	if (!strcmp(variant, "touch")) {
		load_modules("/modules/order.full");
		if (symlink(disk_of("touched"), "/dev/touched") < 0)
			fail("symlink");
		mount_more();
		turns_init();
	}
	if (!strcmp(variant, "stuck")) {
		load_modules("/modules/order.stuck");
		mount_slow();
		if (symlink(disk_of("stack"), "/dev/stack") < 0)
			fail("symlink");
	}
	if (!strcmp(variant, "crowd"))
		load_modules("/modules/order.crowd");
	fd = open(NOTES, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	close(fd);
	start_workload(variant);
	if (panics)
		crash_kernel_load();
	truth_record(disk_of("truth"), truth_of(variant));
	printf("%s\n", MARK_READY);
	if (panics)
		crash_now();
	if (!strcmp(variant, "touch"))
		turns_give();
	for (;;)
		pause();
}
