/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_WAITQUEUE_H
#define MI_KERNEL_WAITQUEUE_H

#include "task.h"

/*
 * Tasks on wait queues of any kind: those of one queue, and those that wait for a bit
 * of some object. An entry counts if it lies on the stack of the task that it names.
 */
typedef void (*mi_wait_fn)(void *arg, const struct mi_task *task, uint64_t object);

/* @head: the list of the queue; @object is handed on. Bounded; what is odd is a problem. */
void mi_wait_queue(struct mi_kernel *k, uint64_t head, uint64_t object, mi_wait_fn fn, void *arg);

/*
 * Everybody who waits for a bit (wait_on_bit()): @object is the address of the word
 * that has it. False if this kernel's table is not to be had.
 */
bool mi_wait_bits(struct mi_kernel *k, mi_wait_fn fn, void *arg);

#endif
