/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_HELD_H
#define MI_KERNEL_HELD_H

#include "request.h"
#include "stacked.h"

/*
 * Bios that somebody holds back before there is a request: a suspended device of
 * device mapper, its target "delay", the limit of a cgroup. Each is one entry like
 * a request, in the state MI_RQ_HELD; its address is the bio's.
 */

/* "dm_delay", ... for JSON, "the device mapper's delay" for people; NULL for NOT. */
const char *mi_held_word(enum mi_held_by by);
const char *mi_held_text(enum mi_held_by by);

/*
 * Appends them to *list (of *n), by disk. @stacked: of each disk. Only running out of memory
 * fails. What cannot be read is a problem; what this kernel does not tell is a feature.
 */
enum mi_status mi_held_bios(struct mi_kernel *k, const struct mi_disk *disks,
			    const struct mi_stacked *stacked, size_t n_disks, struct mi_rq **list,
			    size_t *n, struct mi_error *err);

#endif
