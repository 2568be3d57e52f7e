/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DRGN_PYTHON_H
#define MI_TARGET_DRGN_PYTHON_H

#include "error.h"

/*
 * Python, for the module of drgn that is libdrgn as well: it makes its programs as Python objects,
 * so an interpreter must run. In a process that is Python nothing is done. It is never ended nor
 * unloaded: it is not made for that.
 */

/* The libpython of 3.@minor, which module @file wants. */
enum mi_status mi_python_load(const char *file, unsigned int minor, struct mi_error *err);

/*
 * Start the interpreter before drgn does: drgn's way ends the process if it cannot, and takes
 * modules from the current directory. This one is isolated (no environment, no current directory,
 * no packages of the user), touches neither signals nor locale, and knows no plugins of drgn's.
 * @module: the handle of drgn's module.
 */
enum mi_status mi_python_start(void *module, struct mi_error *err);

#endif
