/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * i386.h - what these kernels have of the machine
 */
#ifndef SYNTH_I386_H
#define SYNTH_I386_H

#include "base.h"

struct thread_struct {
	u64 tls_array[3];
	unsigned long sp0;
	unsigned long sp;
	unsigned long sysenter_cs;
	unsigned long ip;
	unsigned long gs;
	GAP(104);
};

#endif
