/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - from the synthetic vmlinux into memory, and from memory into a vmcore
 */
#ifndef SYNTH_IMAGE_H
#define SYNTH_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Loads the image where layout says; it keeps the symbols. */
void image_load(const char *vmlinux);

/* Of a symbol: its address in the machine, and where it is here. Dies if there is none. */
uint64_t sym_va(const char *name);
void *sym_host(const char *name);
#define SYM(type, name) ((type *)sym_host(#name))
#define FN(name) ((void *)(uintptr_t)sym_va(#name))

/*
 * Writes what /proc/vmcore shows after a crash: ELF, notes (PRSTATUS of each CPU,
 * VMCOREINFO), the image as kexec-tools describes it, then RAM in the direct map.
 */
void core_write(const char *path, const char *vmcoreinfo, unsigned int cpus);

#endif
