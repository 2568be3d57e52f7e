/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_NS_H
#define MI_CLI_NS_H

#include <stdbool.h>
#include <stdint.h>

#include "../target/error.h"

/* The inode number of the PID namespace that a file stands for: /proc/812/ns/pid. */
enum mi_status mi_ns_of_path(const char *path, uint64_t *inode, struct mi_error *err);

/*
 * Whether numbers in /proc, and those that signals go to, are those of the initial namespace, as
 * the kernel's memory has them. In a container with PIDs of its own they are others.
 */
bool mi_ns_is_initial(void);

#endif
