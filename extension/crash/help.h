/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_HELP_H
#define MI_CRASH_HELP_H

/* "help mmapinfo", in the form crash wants it. */
extern char *mi_crash_help[];

#endif
