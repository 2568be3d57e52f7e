/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entries.h - bits of page table entries that map something, for each machine
 *
 *   PTE_PAGE           of every page that a process may read, and has read
 *   PTE_WRITE, PTE_READ_ONLY  whichever marks the one or the other
 *   PTE_EXEC, PTE_NX   the same for execution
 *   PTE_DIRTY, PTE_SPECIAL
 *   PTE_YOUNG          of PTE_PAGE what says that it was used
 *   PTE_CLEAN          what a page that may be written has until it is
 *   PTE_NO_ACCESS      all of a page without access (PAGE_NONE)
 *   PTE_HUGE, PTE_NOT_HUGE    what a huge page has in addition, and what it lacks
 *
 * 0: there is no such bit. Of arm without LPAE these are the kernel's own entries.
 */
#ifndef SYNTH_ENTRIES_H
#define SYNTH_ENTRIES_H

#include "machine.h"

#if defined(K_ARM64)

#define PTE_YOUNG (1ULL << 10)
#define PTE_KIND (0x4ULL << 2 | 0x3ULL << 8 | PTE_YOUNG | 1ULL << 53)
#define PTE_PAGE (0x3ULL | PTE_KIND | 1ULL << 6 | 1ULL << 11)
#ifdef K_WRITE_UNMARKED
#define PTE_WRITE 0ULL
#define PTE_NO_ACCESS (PTE_KIND | PTE_NX | PTE_READ_ONLY | 1ULL << K_NO_ACCESS_BIT)
#else
#define PTE_WRITE (1ULL << 57)
#define PTE_NO_ACCESS (PTE_KIND | PTE_NX | 1ULL << 58)
#endif
#define PTE_READ_ONLY (1ULL << 7)
#define PTE_CLEAN PTE_READ_ONLY /* set_pte_at() */
#define PTE_DIRTY (1ULL << 55)
#define PTE_NX (1ULL << 54)
#define PTE_SPECIAL (1ULL << 56)
#define PTE_HUGE 0ULL
#define PTE_NOT_HUGE 0x2ULL

#elif defined(K_LPAE)

#define PTE_YOUNG (1ULL << 10)
#define PTE_PAGE (0x3ULL | 0x7ULL << 2 | 1ULL << 6 | 0x3ULL << 8 | PTE_YOUNG | 1ULL << 11)
#define PTE_WRITE 0ULL
#define PTE_READ_ONLY (1ULL << 7)
#define PTE_CLEAN PTE_READ_ONLY /* cpu_v7_set_pte_ext() up to 3.16 */
#define PTE_DIRTY (1ULL << 55)
#define PTE_NX (1ULL << 54)
#define PTE_SPECIAL 0ULL
/* The lower bit of presence is taken away, so that the hardware takes no notice of it. */
#define PTE_NO_ACCESS                                                                              \
	(0x2ULL | 0x7ULL << 2 | PTE_READ_ONLY | 0x3ULL << 8 | 1ULL << 10 | PTE_NX | 1ULL << 57)
#define PTE_HUGE 0ULL
#define PTE_NOT_HUGE 0x2ULL

#elif defined(K_ARM)

#define PTE_YOUNG 0x2ULL
#define PTE_KIND (0x7ULL << 2 | 0x400ULL) /* type of memory, shared */
#define PTE_PAGE (0x1ULL | PTE_YOUNG | PTE_KIND | 0x100ULL)
#define PTE_DIRTY 0x40ULL
#define PTE_CLEAN 0ULL
#define PTE_SPECIAL 0ULL
#ifdef K_ARM_ALLOWS /* which bits later forbid it */
#define PTE_WRITE 0x80ULL
#define PTE_READ_ONLY 0ULL
#define PTE_EXEC 0x200ULL
#define PTE_NX 0ULL
#define PTE_NO_ACCESS (0x1ULL | PTE_YOUNG | PTE_KIND)
#else
#define PTE_WRITE 0ULL
#define PTE_READ_ONLY 0x80ULL
#define PTE_NX 0x200ULL
#define PTE_NO_ACCESS (0x1ULL | PTE_YOUNG | PTE_KIND | PTE_READ_ONLY | PTE_NX | 0x800ULL)
#endif

#else

#define PTE_PRESENT 0x1ULL
#define PTE_WRITE 0x2ULL
#define PTE_USER 0x4ULL
#define PTE_YOUNG 0x20ULL
#define PTE_DIRTY 0x40ULL
#define PTE_HUGE 0x80ULL
#define PTE_NOT_HUGE 0ULL
#define PTE_PROTNONE 0x100ULL
#define PTE_SPECIAL 0x200ULL
#define PTE_SOFT_DIRTY 0x800ULL
#if defined(K_NARROW) && !defined(K_PAE)
#define PTE_NX 0ULL
#else
#define PTE_NX (1ULL << 63)
#endif
#define PTE_PAGE (PTE_PRESENT | PTE_USER | PTE_YOUNG)
#define PTE_READ_ONLY 0ULL
#define PTE_CLEAN 0ULL
#define PTE_NO_ACCESS (PTE_PROTNONE | PTE_YOUNG)
#define PFN_MASK 0x00003ffffffff000ULL /* 46 bits of physical addresses */

#endif

#ifndef PTE_EXEC
#define PTE_EXEC 0ULL
#endif

#endif
