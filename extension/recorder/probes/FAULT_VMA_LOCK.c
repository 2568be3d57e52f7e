// SPDX-License-Identifier: GPL-2.0
/* Faults are tried with the VMA's lock alone. */
#include <linux/mm.h>

unsigned int probe(void)
{
	return FAULT_FLAG_VMA_LOCK;
}
