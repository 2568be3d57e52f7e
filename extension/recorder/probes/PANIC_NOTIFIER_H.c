// SPDX-License-Identifier: GPL-2.0
/* The list of who is told of a panic has a header of its own. */
#include <linux/panic_notifier.h>

int probe;
