/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86_64.h - what these kernels have of the machine, alike in all of them
 */
#ifndef SYNTH_X86_64_H
#define SYNTH_X86_64_H

#include "base.h"

struct thread_struct {
	u64 tls_array[3];
	unsigned long sp0;
	unsigned long sp;
	unsigned long usersp;
	unsigned short es;
	unsigned short ds;
	unsigned short fsindex;
	unsigned short gsindex;
	unsigned long fs;
	unsigned long gs;
	GAP(104);
};

#endif
