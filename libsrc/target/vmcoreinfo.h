/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_VMCOREINFO_H
#define MI_TARGET_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * VMCOREINFO: the text note of KEY=VALUE lines that the kernel leaves for
 * dump tools (kernel/crash_core.c, kernel/vmcore_info.c from 6.9). The last
 * line may be cut on kernels with a full page: lines without '=' are skipped.
 */
struct mi_vmcoreinfo;

/* @text is copied and need not end in NUL. */
enum mi_status mi_vmcoreinfo_parse(const char *text, size_t len, struct mi_vmcoreinfo **ret,
				   struct mi_error *err);
/*
 * MI_OK if the text is as a kernel of x86-64 or arm64 leaves it: printable KEY=VALUE lines
 * from OSRELEASE to the end, and all keys that are needed to translate addresses;
 * else what is wrong with it. mi_vmcoreinfo_parse() takes less.
 */
enum mi_status mi_vmcoreinfo_check(const char *text, size_t len, struct mi_error *err);
void mi_vmcoreinfo_free(struct mi_vmcoreinfo *vi);

/* Value of a line such as "OSRELEASE", NULL if there is none. Lives as long as @vi. */
const char *mi_vmcoreinfo_line(const struct mi_vmcoreinfo *vi, const char *key);

/*
 * Value of a line as a number: SYMBOL(x), SIZE(x) and the rest. SYMBOL(),
 * KERNELOFFSET are hexadecimal without prefix, others decimal (a minus sign
 * is allowed) or hexadecimal with 0x. False if missing or no number.
 */
bool mi_vmcoreinfo_number(const struct mi_vmcoreinfo *vi, const char *key, uint64_t *value);

#endif
