// SPDX-License-Identifier: GPL-2.0-or-later
/* vma_words.c - permissions and advice of a mapping, as /proc/PID/maps and madvise(2) name them */
#include "output.h"

void mi_vma_permissions(const struct mi_vma *vma, char buf[5])
{
	buf[0] = vma->flags & MI_VM_READ ? 'r' : '-';
	buf[1] = vma->flags & MI_VM_WRITE ? 'w' : '-';
	buf[2] = vma->flags & MI_VM_EXEC ? 'x' : '-';
	buf[3] = vma->flags & MI_VM_MAYSHARE ? 's' : 'p';
	buf[4] = '\0';
}

const char *mi_vma_advice(const struct mi_vma *vma)
{
	if (vma->flags & MI_VM_RAND_READ)
		return "random";
	return vma->flags & MI_VM_SEQ_READ ? "sequential" : "normal";
}
