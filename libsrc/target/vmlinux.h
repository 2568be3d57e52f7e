/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_VMLINUX_H
#define MI_TARGET_VMLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "symbols.h"
#include "types.h"

/*
 * A vmlinux given by the user: build-id, .BTF, DWARF and symbols out of it.
 * Read by libelf/libdw. If it has a .gnu_debuglink or was stripped, the
 * separate debug file is looked for by build-id under the debug roots
 * (/usr/lib/debug/.build-id/xx/rest.debug) and beside the file.
 */
struct mi_vmlinux;

#define MI_BUILD_ID_MAX 64 /* bytes; GNU build-ids have 20 */

enum mi_status mi_vmlinux_open(const char *path, struct mi_vmlinux **ret, struct mi_error *err);
void mi_vmlinux_close(struct mi_vmlinux *vm);

/* Bytes of the build-id note, 0 if it has none. */
size_t mi_vmlinux_build_id(const struct mi_vmlinux *vm, uint8_t id[MI_BUILD_ID_MAX]);

/* "Linux version ..." from the image, if it is found; else NULL. */
const char *mi_vmlinux_banner(struct mi_vmlinux *vm);

/*
 * What the image has at virtual address @va, as it was linked: the number of bytes,
 * which is less than @len where the section ends or has no contents.
 */
size_t mi_vmlinux_read(struct mi_vmlinux *vm, uint64_t va, void *buf, size_t len);

/* Copy of the .BTF section (malloc), or MI_ERR_MISSING. */
enum mi_status mi_vmlinux_btf(struct mi_vmlinux *vm, void **blob, size_t *size,
			      struct mi_error *err);
/* DWARF of the file, or of its separate debug file (build-id compared); MI_ERR_MISSING if none. */
enum mi_status mi_vmlinux_dwarf(struct mi_vmlinux *vm, struct mi_dwarf **ret, struct mi_error *err);
/* .symtab, each address plus @kaslr_offset (absolute and per-cpu symbols unmoved). */
enum mi_status mi_vmlinux_symbols(struct mi_vmlinux *vm, uint64_t kaslr_offset,
				  struct mi_symtab **ret, struct mi_error *err);

#endif
