/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_WAITCLASS_H
#define MI_KERNEL_WAITCLASS_H

#include "unwind.h"

/* What a task sleeps for, as far as the functions on its stack tell: waits.def. */
enum mi_wait_class {
#define MI_WAIT_CLASS(name, word, text) MI_WAITS_##name,
#define MI_WAIT_FN(function, name)
#define MI_WAIT_FN_AS(function, name, text)
#define MI_WAIT_VIA(function, name)
#include "waits.def"
#undef MI_WAIT_CLASS
#undef MI_WAIT_FN
#undef MI_WAIT_FN_AS
#undef MI_WAIT_VIA
	MI_WAITS_NR,
};

struct mi_wait_told {
	enum mi_wait_class what; /* OTHER: what it is cannot be told */
	const char *word;	 /* of the class: stable */
	const char *text;	 /* for people: "throttled: too many dirty pages" */
	/* The function that tells; of OTHER the first that is none of the scheduler's, or NULL. */
	const struct mi_frame *frame;
};

/* Of a trace that has at least one frame. */
struct mi_wait_told mi_wait_told(const struct mi_frame *frames, size_t n);

#endif
