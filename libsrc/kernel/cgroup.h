/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_CGROUP_H
#define MI_KERNEL_CGROUP_H

#include "kernel.h"

/*
 * The path of the cgroup of the memory cgroup at @memcg, from the root of its
 * hierarchy: "/" or "/system.slice/x.service". Bytes. False, and "", if it
 * cannot be read or is longer than @size.
 */
bool mi_memcg_path(struct mi_kernel *k, uint64_t memcg, char *buf, size_t size);

#endif
