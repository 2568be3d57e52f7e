/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_10_arm64.h - Linux 3.10 for arm64: as k3_16_arm64.h, but with entries of the first form, in
 * which bit 1 marks a page without access, and none the right to write; no huge pages
 */
#ifndef SYNTH_K3_10_ARM64_H
#define SYNTH_K3_10_ARM64_H

#define K_ARM64 1
#define K_RELEASE "3.10.0-synth-arm64"
#define K_NO_HUGE 1

#define K_PAGE_OFFSET 0xffffffc000000000UL
#define K_VMEMMAP 0xffffffbc00000000UL

#define K_NO_ACCESS_BIT 1
#define K_WRITE_UNMARKED 1
#define K_FILE_BITS 61
#define K_ZONE_OF_FRAMES ZONE_DMA32
#define K_ZONE_NAME "DMA32"

#define K_FILE_PTE(index) arm64_file(index)
#define K_SWAP_PTE(type, offset) arm64_swap((unsigned int)(type), offset)

#include "k3_10.h"

#endif
