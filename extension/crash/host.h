/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_HOST_H
#define MI_CRASH_HOST_H

#include "../../libsrc/target/target.h"

/*
 * What is asked of crash. Only mmapinfo_crash.c, which implements this, knows
 * crash's defs.h; all else of the extension is plain code on top of libsrc/.
 *
 * Nothing is taken from crash but bytes, symbols and single VMCOREINFO keys:
 * its task list and its walkers do not understand every kernel it can open.
 */

/* The page at physical @pa. Prints nothing, never jumps. */
enum mi_read mi_host_read_page(uint64_t pa, void *page);

/* Kernel virtual memory by crash's own translation. */
bool mi_host_read_virt(uint64_t va, void *buf, size_t len);

/* A symbol of crash's vmlinux; false also if several have this name. */
bool mi_host_symbol(const char *name, uint64_t *addr);

/* Value of a VMCOREINFO key, malloc'd, or NULL. */
char *mi_host_vmcoreinfo(const char *key);

struct mi_host_facts {
	const char *dumpfile; /* NULL: none, it is a live system */
	bool live;
	bool flattened; /* the file's bytes are to be had by mi_host_flat_bytes() alone */
	bool incomplete;
	bool zero_excluded; /* crash was told to give zeroes for filtered pages */
};

void mi_host_facts(struct mi_host_facts *f);

/* Bytes of a flattened dump, re-arranged; @fd is open on it. */
bool mi_host_flat_bytes(int fd, uint64_t off, void *buf, size_t len);

/* Files that may hold the kernel's types and symbols, best first; NULL when there are no more. */
const char *mi_host_vmlinux(unsigned int i);

/* The user has left the pager. */
bool mi_host_output_closed(void);

#endif
