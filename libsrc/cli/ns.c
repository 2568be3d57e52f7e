// SPDX-License-Identifier: GPL-2.0-or-later
/* ns.c - PID namespaces, as files of this machine stand for them */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ns.h"

#define PROC_PID_INIT_INO 0xeffffffcU /* include/linux/proc_ns.h */

enum mi_status mi_ns_of_path(const char *path, uint64_t *inode, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return mi_fail(err, MI_ERR_IO, "--ns: %s: %s", path, strerror(errno));
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWPID || fstat(fd, &sb))
		st = mi_fail(err, MI_ERR_INVALID, "--ns: %s is no PID namespace", path);
	else
		*inode = sb.st_ino;
	close(fd);
	return st;
}

bool mi_ns_is_initial(void)
{
	struct stat sb;

	/* A kernel without namespaces has one alone. */
	return stat("/proc/self/ns/pid", &sb) || sb.st_ino == PROC_PID_INIT_INO;
}
