// SPDX-License-Identifier: GPL-2.0
/* Faults that take back what is shared, for a read. */
#include <linux/mm.h>

unsigned int probe(void)
{
	return FAULT_FLAG_UNSHARE;
}
