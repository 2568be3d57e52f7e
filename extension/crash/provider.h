/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_PROVIDER_H
#define MI_CRASH_PROVIDER_H

#include "../../libsrc/target/target.h"

/* Provider: the memory that crash has open. */
enum mi_status mi_crash_provider(struct mi_provider **ret, struct mi_error *err);

#endif
