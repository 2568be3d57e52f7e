/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_MODULE_TYPES_H
#define MI_KERNEL_MODULE_TYPES_H

#include "kernel.h"

/*
 * Types of modules: the kernel keeps the BTF of each that it has loaded (since 5.11).
 * What is built into one kernel is a module in another, so the same entries of
 * layout.def, MI_MEMBER_OF() and so on, are answered by either.
 */

/*
 * Have the entries of layout.def that name @module resolved; done once. After that
 * its features are on, or off with the reason in mi_feature(): a loaded module
 * without types is one.
 */
void mi_module_types(struct mi_kernel *k, const char *module);

/* Is it loaded? False as well where it is built in, or if that is not to be had. */
bool mi_module_loaded(struct mi_kernel *k, const char *module);

#endif
