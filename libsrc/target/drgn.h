/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DRGN_H
#define MI_TARGET_DRGN_H

#include "debugger.h"
#include "drgn_api.h"
#include "parts.h"
#include "target.h"

/*
 * Open a vmcore (one file), or the running kernel if @path is NULL, by libdrgn. @file: the library,
 * or NULL: look for it. Nothing is printed, and nothing downloaded.
 */
enum mi_status mi_drgn_open(const char *path, const char *file, mi_progress_fn progress,
			    void *progress_arg, struct mi_provider **ret, struct mi_error *err);

/* What drgn.c and drgn_types.c share. */
struct mi_drgn {
	struct mi_provider p;
	struct mi_drgn_api api;
	struct drgn_program *prog;
	struct mi_parts parts; /* a dump's own headers: which pages there are; none: live */
	unsigned char *bounce; /* MI_RUN_MAX pages: a run is one read of drgn's */
};

extern const struct mi_debugger_ops mi_drgn_debugger;

#endif
