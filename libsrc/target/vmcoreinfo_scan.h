/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_VMCOREINFO_SCAN_H
#define MI_TARGET_VMCOREINFO_SCAN_H

#include "page_scan.h"

/*
 * Search of the dump's physical memory for VMCOREINFO, in ascending order. The
 * provider must have next_run(). What is found is a text of the right form, no
 * more: page cache, a kernel that ran before, or a copy may hold others.
 */

/* @text is not terminated and gone after the call. False ends the search. */
typedef bool (*mi_vmcoreinfo_see)(void *arg, uint64_t pa, const char *text, size_t len);

enum mi_status mi_vmcoreinfo_scan(struct mi_provider *p, mi_vmcoreinfo_see see, void *arg,
				  struct mi_page_search *s, struct mi_error *err);

#endif
