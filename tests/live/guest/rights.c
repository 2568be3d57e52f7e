/* Runs mmapinfo where something that it needs is not to be had. */
#include "live.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIMIT_MS 120000
#define NOBODY 65534
#define EMPTY "/live/empty"
#define LOCKDOWN "/sys/kernel/security/lockdown"

/* What is taken away in the child that becomes mmapinfo. */
struct lack {
	const char *name;
	int nobody;	      /* no root */
	int cap;	      /* a capability less; 0: none (CAP_CHOWN is not asked for) */
	const char *over[3];  /* an empty file or directory over these */
	const char *by;	      /* not an empty file: containers mask with /dev/null */
	const char *kptr;     /* of kptr_restrict, for all */
	const char *lockdown; /* the same, and for ever */
};

static const struct lack lacks[] = {
	{.name = "nothing"},
	{.name = "root", .nobody = 1},
	{.name = "sys_rawio", .cap = CAP_SYS_RAWIO},
	{.name = "syslog", .cap = CAP_SYSLOG},
	{.name = "kptr", .kptr = "2"},
	{.name = "kcore", .over = {"/proc/kcore"}},
	{.name = "masked", .over = {"/proc/kcore"}, .by = "/dev/null"},
	{.name = "btf", .over = {"/sys/kernel/btf"}},
	{.name = "kallsyms", .over = {"/proc/kallsyms"}},
	{.name = "sys", .over = {"/sys"}},
	{.name = "proc", .over = {"/proc"}},
	{.name = "all", .nobody = 1, .over = {"/proc/kcore", "/sys/kernel/btf"}, .kptr = "2"},
	{.name = "integrity", .lockdown = "integrity"},
	{.name = "confidentiality", .lockdown = "confidentiality"},
};

static void drop_capability(int cap)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (prctl(PR_CAPBSET_DROP, cap) < 0 || syscall(SYS_capget, &header, data) < 0)
		fail("cannot drop capability %d", cap);
	data[cap / 32].effective &= ~(1U << cap % 32);
	data[cap / 32].permitted &= ~(1U << cap % 32);
	data[cap / 32].inheritable &= ~(1U << cap % 32);
	if (syscall(SYS_capset, &header, data) < 0)
		fail("cannot drop capability %d", cap);
}

/* In a mount namespace of the child's own. */
static void hide(const char *path, const char *by)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		fail("no %s to hide", path);
	if (S_ISDIR(st.st_mode)) {
		if (mount("nothing", path, "tmpfs", 0, NULL) < 0)
			fail("cannot hide %s", path);
		return;
	}
	if (!by) {
		by = EMPTY;
		fd = open(by, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
		close(fd);
	}
	if (mount(by, path, NULL, MS_BIND, NULL) < 0)
		fail("cannot hide %s", path);
}

static void take_away(void *arg)
{
	const struct lack *lack = arg;

	if (lack->over[0] && unshare(CLONE_NEWNS) < 0)
		fail("no mount namespace");
	for (int i = 0; i < 3 && lack->over[i]; i++)
		hide(lack->over[i], lack->by);
	if (lack->cap)
		drop_capability(lack->cap);
	if (lack->nobody && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		fail("cannot become nobody");
}

static void try(const struct lack *lack, const char *kind, const char *option)
{
	static struct run run;
	char dir[64];

	run.argv[0] = MMAPINFO;
	run.argv[1] = "--json";
	run.argv[2] = option;
	run.argv[3] = NULL;
	run.prepare = take_away;
	run.arg = (void *)lack;
	run.limit_ms = LIMIT_MS;
	snprintf(dir, sizeof(dir), "rights/%s/%s", lack->name, kind);
	store_run(dir, &run, NULL);
}

/* For a kernel without lockdown nothing can be said. */
static int lock_down(const char *level)
{
	if (access(LOCKDOWN, F_OK) < 0)
		mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	return try_write(LOCKDOWN, level);
}

void live_rights(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++) {
		if (lacks[i].lockdown && lock_down(lacks[i].lockdown) < 0)
			fail("this kernel cannot be locked down to %s", lacks[i].lockdown);
		if (lacks[i].kptr)
			must_write("/proc/sys/kernel/kptr_restrict", lacks[i].kptr);
		try(&lacks[i], "process", "1");
		try(&lacks[i], "all", "--all");
		if (lacks[i].kptr)
			must_write("/proc/sys/kernel/kptr_restrict", "0");
	}
	printf("live: %zu rights\n", ARRAY_SIZE(lacks));
}
