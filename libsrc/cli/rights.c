// SPDX-License-Identifier: GPL-2.0-or-later
/* rights.c - giving up what is not needed once the kernel's memory is open */
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rights.h"

static unsigned int capabilities(unsigned int keep)
{
	return (keep & MI_RIGHT_SIGNALS ? CAP_TO_MASK(CAP_KILL) : 0) |
	       (keep & MI_RIGHT_PROC ? CAP_TO_MASK(CAP_SYS_PTRACE) : 0) |
	       (keep & MI_RIGHT_FILES ? CAP_TO_MASK(CAP_DAC_OVERRIDE) : 0);
}

void mi_rights_drop(unsigned int keep)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct cap[_LINUX_CAPABILITY_U32S_3];
	unsigned int left = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(cap, 0, sizeof(cap));
	if (keep && !syscall(SYS_capget, &head, cap))
		left = cap[0].permitted & capabilities(keep);
	memset(cap, 0, sizeof(cap));
	cap[0].effective = cap[0].permitted = left;
	syscall(SYS_capset, &head, cap);
}
