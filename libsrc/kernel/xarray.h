/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_XARRAY_H
#define MI_KERNEL_XARRAY_H

#include "kernel.h"

/*
 * Look up one index of the xarray at @xarray, as an IDR is, too. *entry is 0 if
 * there is nothing, and else as it stands there. For the page cache, which is
 * walked, there is pagecache.h.
 */
enum mi_read mi_xa_load(struct mi_kernel *k, uint64_t xarray, uint64_t index, uint64_t *entry);

#endif
