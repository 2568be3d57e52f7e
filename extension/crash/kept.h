/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_KEPT_H
#define MI_CRASH_KEPT_H

#include "../../libsrc/kernel/kernel.h"

/*
 * The kernel, opened at the first command and kept for the session, so that
 * the next answer finds the cache warm. Of a live system it is opened anew each
 * time: its pages change.
 *
 * Between mi_kept_begin() and mi_kept_end() crash may jump back to its prompt.
 * Then nobody knows what state the structures are in: the next begin lets them
 * lie (memory, no descriptors) and starts over.
 */
enum mi_status mi_kept_begin(struct mi_kernel **ret, struct mi_error *err);
void mi_kept_end(void);

/* Before unloading. */
void mi_kept_drop(void);

#endif
