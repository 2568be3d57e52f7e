// SPDX-License-Identifier: GPL-2.0-or-later
/* help.c - "help mmapinfo". Every line is a printf format: "%%" for a percent sign. */
#include <stddef.h>

#include "help.h"

char *mi_crash_help[] = {
	"mmapinfo",
	"file pages that a process maps, and the state of each",
	"[options] [PID | TASK]",
	NULL,
};
