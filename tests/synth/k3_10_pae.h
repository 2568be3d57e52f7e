/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * k3_10_pae.h - Linux 3.10 for i386 with PAE: three levels of entries of 8 bytes, sections of
 * memory, which leave no flag of a page for tails, memory that 32 bits do not reach
 */
#ifndef SYNTH_K3_10_PAE_H
#define SYNTH_K3_10_PAE_H

#define K_NARROW 1
#define K_PAE 1
#define K_RELEASE "3.10.0-synth-686-pae"
#define K_HIGHPTE 1
#define K_SPARSE 1
#define K_PG_COMPOUND 1
#define K_THP 1

#define K_FILE_PTE(index) x86_pae_file(index)
#define K_SWAP_PTE(type, offset) x86_pae_swap((unsigned int)(type), offset)

#include "k3_10.h"

#endif
