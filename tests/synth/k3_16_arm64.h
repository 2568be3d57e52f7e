/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_16_arm64.h - Linux 3.16 for arm64 with pages of 4 KiB: three levels of page tables, those of
 * processes and of the kernel apart, memory that begins at 2 GiB, a vmemmap of sections of 1 GiB
 *
 * Neither NUMA nor memory failure, KASLR, or soft dirty bits; and VMCOREINFO has nothing of the
 * architecture, as no kernel before 4.12 writes it.
 */
#ifndef SYNTH_K3_16_ARM64_H
#define SYNTH_K3_16_ARM64_H

#define K_ARM64 1
#define K_RELEASE "3.16.0-synth-arm64"

/* 39 bits: the upper half of the kernel's is the direct map; below it 16 GiB for the vmemmap. */
#define K_PAGE_OFFSET 0xffffffc000000000UL
#define K_VMEMMAP 0xffffffbc00000000UL

#define K_FILE_PTE(index) arm64_file(index)
#define K_SWAP_PTE(type, offset) arm64_swap((unsigned int)(type), offset)

#include "k3_16.h"

#endif
