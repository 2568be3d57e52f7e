/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_10_i386.h - Linux 3.10 for i386 without PAE: two levels of page tables, one array of
 * struct page, high memory, page tables in high memory as well
 */
#ifndef SYNTH_K3_10_I386_H
#define SYNTH_K3_10_I386_H

#define K_NARROW 1
#define K_RELEASE "3.10.0-synth-686"
#define K_HIGHPTE 1

#define K_FILE_PTE(index) x86_32_file(index)
#define K_SWAP_PTE(type, offset) x86_32_swap((unsigned int)(type), offset)

#include "k3_10.h"

#endif
