/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_SPOOL_H
#define MI_CLI_SPOOL_H

#include <stdio.h>

#include "../target/error.h"

/*
 * An answer that is not to be seen yet, in a temporary file without a name: answers may be larger
 * than memory. In TMPDIR, else /var/tmp, else /tmp.
 */
enum mi_status mi_spool_open(FILE **ret, struct mi_error *err);

/* Forget what is in there. */
enum mi_status mi_spool_restart(FILE *spool, struct mi_error *err);

/* All of it, and what comes next is added to it. */
enum mi_status mi_spool_copy(FILE *spool, FILE *out, struct mi_error *err);

/* A JSON document, on one line. */
enum mi_status mi_spool_compact(FILE *spool, FILE *out, struct mi_error *err);

#endif
