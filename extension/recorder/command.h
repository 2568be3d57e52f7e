/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_COMMAND_H
#define MMAPREC_COMMAND_H

#include "mmaprec.h"

/* "all", "none", or names of classes with commas between, as bits. -EINVAL: no such class. */
int mr_parse_classes(const char *text, unsigned long *classes);

/* One command, without newline. What they are: docs/mmaprec.8. */
int mr_command(char *line);

#endif
