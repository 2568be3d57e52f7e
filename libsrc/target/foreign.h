/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_FOREIGN_H
#define MI_TARGET_FOREIGN_H

#include "bytes.h"

/*
 * Files that people take for a dump and that are not read here: what such a file
 * is and what makes a dump of it, as "NAME: what to do". NULL if it is none of
 * those that are known.
 */
const char *mi_foreign_advice(const struct mi_bytes *bytes);

#endif
