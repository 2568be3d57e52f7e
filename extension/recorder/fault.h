/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_FAULT_H
#define MMAPREC_FAULT_H

#include <linux/mm.h>

#include "hooks.h"
#include "state.h"

/* A fault under way: in the memory of its kretprobe instance. */
struct mr_fault {
	struct mr_hold hold;
	bool recorded;
	struct mr_e_fault_end end;
};

/*
 * Without handle_mm_fault() ("majors on") a fault is recorded from the functions on that may
 * have to read. Begins one there: true if its end is wanted.
 */
bool mr_slow_fault_begin(const struct mr_hook *hook, struct mr_fault *f,
			 const struct vm_fault *vmf);
void mr_slow_fault_end(const struct mr_hook *hook, const struct mr_fault *f, vm_fault_t result);

#endif
