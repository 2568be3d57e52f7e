/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_10_arm.h - Linux 3.10 for arm: two levels of page tables, entries of the kernel's own beside
 * those of the hardware, memory that begins at 1.5 GiB, one array of struct page, no huge pages
 */
#ifndef SYNTH_K3_10_ARM_H
#define SYNTH_K3_10_ARM_H

#define K_NARROW 1
#define K_ARM 1
#define K_RELEASE "3.10.0-synth-armmp"
#define K_HIGHPTE 1
#define K_PG_COMPOUND 1
#define K_NO_HUGE 1

#define K_FILE_PTE(index) arm_file(index)
#define K_SWAP_PTE(type, offset) arm_swap((unsigned int)(type), offset, 5)

#include "k3_10.h"

#endif
