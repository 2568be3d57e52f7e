// SPDX-License-Identifier: GPL-2.0-or-later
/* procfs.c - what /proc tells of processes */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procfs.h"

#define PF_KTHREAD 0x200000
#define LISTED_MAX 8

static bool read_text(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return false;
	n = fread(buf, 1, size - 1, f);
	fclose(f);
	buf[n] = '\0';
	return n > 0;
}

bool mi_procfs_stat(pid_t pid, pid_t tid, struct mi_procfs_stat *ret)
{
	unsigned long long start;
	unsigned int flags;
	char path[64], text[1024], *at;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	/* The name, which may have anything in it, ends at the last parenthesis. */
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1,
			  " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			  "%*d %llu",
			  &ret->state, &flags, &start) != 3)
		return false;
	ret->kthread = flags & PF_KTHREAD;
	ret->start = start;
	return true;
}

bool mi_procfs_status(pid_t pid, const char *key, long *ret)
{
	size_t len = strlen(key);
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		found = !strncmp(line, key, len) && line[len] == ':';
		if (found)
			*ret = strtol(line + len + 1, NULL, 10);
	}
	fclose(f);
	return found;
}

size_t mi_procfs_threads_not(pid_t pid, const char *states, char *list, size_t size)
{
	struct mi_procfs_stat stat;
	size_t n = 0, used = 0;
	struct dirent *de;
	char path[64];
	pid_t tid;
	DIR *dir;

	*list = '\0';
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (de = readdir(dir)) != NULL) {
		tid = (pid_t)strtol(de->d_name, NULL, 10);
		if (tid <= 0 || !mi_procfs_stat(pid, tid, &stat) || strchr(states, stat.state))
			continue;
		if (n++ < LISTED_MAX && used < size)
			used += (size_t)snprintf(list + used, size - used, "%s%d (%c)",
						 used ? ", " : "", tid, stat.state);
	}
	if (dir)
		closedir(dir);
	if (n > LISTED_MAX && used < size)
		snprintf(list + used, size - used, " and %zu more", n - LISTED_MAX);
	return n;
}
