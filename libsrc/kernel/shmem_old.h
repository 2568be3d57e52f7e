/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_SHMEM_OLD_H
#define MI_KERNEL_SHMEM_OLD_H

#include "pagecache.h"

/*
 * Pages of tmpfs that are swapped out, in kernels before 3.1: they stand in a vector of
 * the inode and not in the tree of its address_space.
 */

/* What the inode of an address_space of tmpfs has of such; 0: nothing, or another kernel. */
uint64_t mi_shmem_vector(struct mi_kernel *k, uint64_t mapping);

/* The first of them from @index to @last. */
bool mi_shmem_next(struct mi_kernel *k, uint64_t vector, uint64_t index, uint64_t last,
		   struct mi_slot *ret);

#endif
