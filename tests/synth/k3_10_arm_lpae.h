/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_10_arm_lpae.h - Linux 3.10 for arm with LPAE and the huge pages that distributions took from
 * 3.11: three levels of entries of 8 bytes, memory that begins at 32 GiB
 */
#ifndef SYNTH_K3_10_ARM_LPAE_H
#define SYNTH_K3_10_ARM_LPAE_H

#define K_NARROW 1
#define K_ARM 1
#define K_LPAE 1
#define K_RELEASE "3.10.0-synth-armmp-lpae"
#define K_HIGHPTE 1
#define K_PG_COMPOUND 1
#define K_THP 1

#define K_FILE_PTE(index) arm_file(index)
#define K_SWAP_PTE(type, offset) arm_swap((unsigned int)(type), offset, 5)

#include "k3_10.h"

#endif
