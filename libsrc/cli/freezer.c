// SPDX-License-Identifier: GPL-2.0-or-later
/* freezer.c - stopping a process by the freezer of its cgroup, version 2 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "halt.h"
#include "procfs.h"

/* Frozen threads are shown as sleeping. Those in D go on until they would return to the program. */
#define FROZEN_IN "SItTZXx"

/* Its cgroup in the hierarchy of version 2: "/user.slice/...". */
static bool cgroup_of(pid_t pid, char *path, size_t size)
{
	char name[64], line[PATH_MAX + 8];
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "0::/", 4) && strlen(line + 3) < size;
		if (found)
			memcpy(path, line + 3, strlen(line + 3) + 1);
	}
	fclose(f);
	return found;
}

/* Where the whole of that hierarchy is mounted. */
static bool find_mount(char *dir, size_t size)
{
	char line[2 * PATH_MAX], root[PATH_MAX], at[PATH_MAX], *type;
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		type = strstr(line, " - cgroup2 ");
		found = type && sscanf(line, "%*d %*d %*s %4095s %4095s", root, at) == 2 &&
			!strcmp(root, "/") && strlen(at) < size;
		if (found)
			memcpy(dir, at, strlen(at) + 1);
	}
	fclose(f);
	return found;
}

/* Whether @pid is in the cgroup at @path, or below. */
static bool is_in(pid_t pid, const char *path)
{
	size_t len = strlen(path);
	char own[PATH_MAX];

	return cgroup_of(pid, own, sizeof(own)) && !strncmp(own, path, len) &&
	       (own[len] == '\0' || own[len] == '/');
}

static enum mi_status check(const struct mi_halt *h, const char *path, pid_t self,
			    struct mi_error *err)
{
	if (!strcmp(path, "/"))
		return mi_fail(err, MI_ERR_STATE,
			       "--stable=freezer: PID %d is in the root cgroup, which cannot be "
			       "frozen; --stable stops it alone",
			       h->pid);
	if (strstr(path, "/../"))
		return mi_fail(err, MI_ERR_STATE,
			       "--stable=freezer: the cgroup of PID %d lies outside of what is "
			       "mounted here",
			       h->pid);
	if (is_in(self, path))
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable=freezer: mmapinfo is in cgroup %s itself; --stable stops "
			       "PID %d alone",
			       path, h->pid);
	if (is_in(1, path))
		return mi_fail(err, MI_ERR_INVALID,
			       "--stable=freezer: PID 1 is in cgroup %s: it cannot be stopped",
			       path);
	return MI_OK;
}

static int open_in(const char *mount, const char *path, const char *name, int flags)
{
	char file[2 * PATH_MAX];

	if (snprintf(file, sizeof(file), "%s%s/%s", mount, path, name) >= (int)sizeof(file)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(file, flags | O_CLOEXEC);
}

static bool is_frozen(int events)
{
	char text[256];
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

static void wait_until_frozen(struct mi_halt *h)
{
	char list[160];
	int ms;

	for (ms = 0; ms < MI_HALT_WAIT_MS; ms += MI_HALT_STEP_MS) {
		if (is_frozen(h->events))
			return;
		mi_halt_wait_a_step();
	}
	/* It may be a process beside the one that is asked for. */
	if (mi_procfs_threads_not(h->pid, FROZEN_IN, list, sizeof(list)))
		snprintf(h->note, sizeof(h->note),
			 "--stable: did not freeze within %d s: thread %s", MI_HALT_WAIT_MS / 1000,
			 list);
}

static enum mi_status cannot(const char *cgroup, struct mi_error *err)
{
	return mi_fail(err, MI_ERR_IO, "--stable=freezer: cgroup %s: %s", cgroup, strerror(errno));
}

enum mi_status mi_freezer_find(struct mi_halt *h, pid_t self, struct mi_error *err)
{
	char mount[PATH_MAX], was = 0;
	enum mi_status st;

	if (!cgroup_of(h->pid, h->cgroup, sizeof(h->cgroup)) || !find_mount(mount, sizeof(mount)))
		return mi_fail(err, MI_ERR_STATE,
			       "--stable=freezer: PID %d is in no cgroup of version 2 that is "
			       "mounted; --stable stops it by a signal",
			       h->pid);
	st = check(h, h->cgroup, self, err);
	if (st)
		return st;
	h->freeze = open_in(mount, h->cgroup, "cgroup.freeze", O_RDWR);
	if (h->freeze >= 0)
		h->events = open_in(mount, h->cgroup, "cgroup.events", O_RDONLY);
	if (h->events < 0 || pread(h->freeze, &was, 1, 0) != 1)
		return cannot(h->cgroup, err);
	h->ours = was == '0';
	return MI_OK;
}

enum mi_status mi_freezer_stop(struct mi_halt *h, struct mi_error *err)
{
	char now[sizeof(h->cgroup)];

	if (h->ours && pwrite(h->freeze, "1", 1, 0) != 1)
		return cannot(h->cgroup, err);
	wait_until_frozen(h);
	if (!cgroup_of(h->pid, now, sizeof(now)) || strcmp(now, h->cgroup) != 0)
		snprintf(h->note, sizeof(h->note),
			 "--stable: PID %d left its cgroup while that was frozen", h->pid);
	return MI_OK;
}

void mi_freezer_undo(struct mi_halt *h)
{
	/* Where the cgroup is gone, so is all that was in it. */
	if (pwrite(h->freeze, "0", 1, 0) != 1)
		errno = 0;
}
