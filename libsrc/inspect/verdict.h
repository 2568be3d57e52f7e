/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_VERDICT_H
#define MI_INSPECT_VERDICT_H

#include "blocked.h"

/* Judge each task of @set, and put those whose chains end at the same into groups. False: no
 * memory. */
bool mi_verdicts(struct mi_blocked_set *set);

#endif
