/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k2_6_32_arm.h - Linux 2.6.32 for arm: entries of the kernel's own behind those of the hardware,
 * with bits that allow to write and to execute, swap areas' types of 6 bits; no migration
 */
#ifndef SYNTH_K2_6_32_ARM_H
#define SYNTH_K2_6_32_ARM_H

#define K_NARROW 1
#define K_ARM 1
#define K_ARM_ALLOWS 1
#define K_RELEASE "2.6.32-synth-versatile"
#define K_PG_COMPOUND 1
#define K_NO_HUGE 1

#define K_FILE_PTE(index) arm_file(index)
#define K_SWAP_PTE(type, offset) arm_swap((unsigned int)(type), offset, 6)

#include "k2_6_32.h"

#endif
