/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_VMLINUX_IDENTITY_H
#define MI_TARGET_VMLINUX_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct mi_target;
struct mi_vmlinux;

/*
 * Does the target's vmlinux belong to the dump? By the build-id, which VMCOREINFO has
 * since 5.9 and some distributions' older kernels; before, by linux_banner, else by what
 * init_uts_ns says of release and build: both hold the moment of the build. Symbols that
 * VMCOREINFO names must lie where the file has them. MI_ERR_MISMATCH with the reason; on
 * success a line of the sources tells which it was, if it was not the build-id.
 */
enum mi_status mi_vmlinux_belongs(struct mi_target *t, const char *path, struct mi_error *err);

/*
 * Where the kernel's image lies, less where the file has it (KASLR): VMCOREINFO says it,
 * or the two addresses of _stext do.
 */
uint64_t mi_vmlinux_moved(struct mi_target *t);

/*
 * What stands in VMCOREINFO of an old kernel, from the symbols of a file, for dumps that
 * have none. False: it lacks a symbol, or the banner.
 */
struct mi_vmlinux_facts {
	char release[65];
	uint64_t uts, top, stext;
	uint64_t phys_base; /* 0: no such variable */
};
bool mi_vmlinux_facts(struct mi_vmlinux *vm, struct mi_vmlinux_facts *ret);

/* These as the text of a kernel that lies @moved higher than the file; malloc'd. */
char *mi_vmlinux_as_vmcoreinfo(const struct mi_vmlinux_facts *f, uint64_t moved);

#endif
