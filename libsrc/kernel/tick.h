/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_TICK_H
#define MI_KERNEL_TICK_H

#include "kernel.h"

/* How long ago it was that jiffies were @since, a word of @size bytes. False: not known. */
bool mi_ticks_ago(struct mi_kernel *k, uint64_t since, unsigned int size, uint64_t *ns);

#endif
