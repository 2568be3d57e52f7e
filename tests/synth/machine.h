/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - what the machine of a kernel is: x86-64, or with words of 4 bytes (K_NARROW) i386,
 * which has entries of page tables of 4 bytes, or with K_PAE of 8; or (K_ARM) arm, the same with
 * K_LPAE; or arm64 (K_ARM64), which has words of 8 bytes
 *
 * The program that makes the dump is compiled for the same words as the kernel, so that C lays
 * structures out alike.
 */
#ifndef SYNTH_MACHINE_H
#define SYNTH_MACHINE_H

#include KERNEL_H

#define MB(n) ((n) << 20)

#if defined(K_ARM64)

#define K_MACHINE "aarch64"
#define K_SPARSE 1
#define K_SECTIONS (1UL << (40 - 30))
#define K_ONE_NODE 1
#define K_TOP_TABLE "swapper_pg_dir"
#define K_RAM_BASE 0x80000000ULL
#define K_IMAGE_FIRST K_PAGE_OFFSET
#define K_LINK_BASE (K_IMAGE_FIRST - K_RAM_BASE)
#define K_HUGE_SHIFT 21
#define K_FRAMES_ABOVE 0x880000000ULL
#define K_SECTION_PAGES (1ULL << 18)
#define K_PIECE_SIZE MB(2ULL) /* of one section's: no more has RAM */
#define K_RAM_PAGES_ONLY 1    /* struct pages of all else were never set up */
#ifndef K_FILE_BITS
#define K_FILE_BITS 55
#endif
#define K_FILE_PAGES ((1ULL << 51) - 1) /* the largest file */
#ifndef K_ZONE_OF_FRAMES
#define K_ZONE_OF_FRAMES ZONE_DMA
#define K_ZONE_NAME "DMA"
#endif
#define K_NODES_SHIFT 0
#define K_SECTIONS_SHIFT 0
#define K_EVEN_BITS 0x5555555555555ULL
#define K_ODD_BITS 0x2aaaaaaaaaaaaULL
typedef uint64_t k_entry;

/* Addresses of processes: below 512 GiB. */
#define USER(address)                                                                              \
	(0x4000000000UL + (unsigned long)((address) >> 32 & 0xff) * 0x40000000UL +                 \
	 (unsigned long)((address)&0x3fffffff))
#define USER_STACK 0x7ff000a000UL
#define USER_VDSO 0x7ff01ff000UL
#define NOWHERE 0xffffff8f12345670UL
#define K_NO_RAM (1ULL << 38)

#elif !defined(K_NARROW)

#define K_MACHINE "x86_64"
#define K_X86_64 1
#define K_SPARSE 1
#define K_SECTIONS (1UL << (46 - 27))
#define K_TOP_TABLE "init_level4_pgt"
#define K_LINK_BASE 0xffffffff80000000ULL /* the image: address less physical */
#define K_IMAGE_FIRST 0xffffffff80000000ULL
#define K_RAM_BASE 0ULL /* where physical memory begins */
#define K_HUGE_SHIFT 21
#define K_FRAMES_ABOVE MB(4096ULL)   /* RAM that 32 bits do not reach */
#define K_SECTION_PAGES (1ULL << 15) /* in pieces of the array of struct page */
#define K_PIECE_SIZE MB(2ULL)
#define K_FILE_BITS 34 /* of a page's number in an entry */
#define K_FILE_PAGES (1ULL << 34)
#define K_ZONE_OF_FRAMES ZONE_DMA32
#define K_NODES_SHIFT 6
#define K_SECTIONS_SHIFT 0 /* in page->flags */
#define K_EVEN_BITS 0x155555555ULL
#define K_ODD_BITS 0x2aaaaaaaaULL
typedef uint64_t k_entry;

/* Addresses of processes. */
#define USER(address) ((unsigned long)(address))
#define USER_STACK 0x7ffff000a000UL
#define USER_VDSO 0x7ffff01ff000UL
#define NOWHERE 0xffff8f1234567890UL /* one of the kernel's that nothing maps */
#define K_NO_RAM (1ULL << 40)

#else

#define K_ONE_NODE 1
#define K_TOP_TABLE "swapper_pg_dir"
#define K_IMAGE_FIRST 0xc0000000UL
#define K_LINK_BASE (K_IMAGE_FIRST - K_RAM_BASE)
#define K_PAGE_OFFSET 0xc0000000UL
#define K_PHYS_BASE 0
#define K_KASLR 0
#define K_NODES_SHIFT 0
#define K_ZONE_OF_FRAMES ZONE_NORMAL
#if defined(K_ARM)
#define K_MACHINE "armv7l"
#define K_HUGE_SHIFT 21
#define K_FRAMES_ABOVE (K_RAM_BASE + MB(960ULL)) /* what the kernel does not map */
#define K_SECTION_PAGES (1ULL << 18)		 /* there are none: one array for all */
#define K_PIECE_SIZE MB(8ULL)
#define K_SECTIONS_SHIFT 0
#define K_FILE_BITS 29
#define K_FILE_PAGES (1ULL << 29)
#define K_EVEN_BITS 0x15555555ULL
#define K_ODD_BITS 0xaaaaaaaULL
#ifdef K_LPAE
#define K_RAM_BASE 0x800000000ULL
#define K_NO_RAM (1ULL << 38)
typedef uint64_t k_entry;
#else
#define K_RAM_BASE 0x60000000ULL
#define K_NO_RAM 0xf0000000ULL
typedef uint32_t k_entry;
#endif
#elif defined(K_PAE)
#define K_MACHINE "i686"
#define K_RAM_BASE 0ULL
#define K_HUGE_SHIFT 21
#define K_FRAMES_ABOVE MB(4096ULL)
#define K_SECTION_PAGES (1ULL << 17)
#define K_PIECE_SIZE MB(4ULL)
#define K_SECTIONS_SHIFT 7
#define K_FILE_BITS 32
#define K_FILE_PAGES (1ULL << 31) /* the largest file */
#define K_EVEN_BITS 0x55555555ULL
#define K_ODD_BITS 0x2aaaaaaaULL
#define K_NO_RAM (1ULL << 35)
typedef uint64_t k_entry;
#else
#define K_MACHINE "i686"
#define K_RAM_BASE 0ULL
#define K_HUGE_SHIFT 22
#define K_FRAMES_ABOVE MB(960ULL)    /* what the kernel does not map */
#define K_SECTION_PAGES (1ULL << 18) /* there are none: one array for all */
#define K_PIECE_SIZE MB(8ULL)
#define K_SECTIONS_SHIFT 0
#define K_FILE_BITS 29
#define K_FILE_PAGES (1ULL << 29)
#define K_EVEN_BITS 0x15555555ULL
#define K_ODD_BITS 0xaaaaaaaULL
#define K_NO_RAM 0xf0000000ULL
typedef uint32_t k_entry;
#endif

#define USER(address)                                                                              \
	(0x50000000UL + (unsigned long)((address) >> 32 & 0xff) * 0x2000000UL +                    \
	 (unsigned long)((address)&0x1ffffff))
#ifdef K_ARM
#define USER_STACK 0xbe80a000UL
#define USER_VDSO 0xbe9ff000UL
#else
#define USER_STACK 0xbf80a000UL
#define USER_VDSO 0xbf9ff000UL
#endif
#define NOWHERE 0xf1234560UL

#endif

/* The page that is mapped where nothing was written is told by its struct page. */
#if defined(K_ARM) || defined(K_ARM64)
#define K_ZERO_PAGE_POINTER 1
#define K_PROTECTIONS 16 /* of protection_map[] */
#endif

#ifndef K_SPECIAL_VMOPS
#define K_SPECIAL_VMOPS "special_mapping_vmops"
#endif

#define K_HUGE_ORDER (K_HUGE_SHIFT - 12)
#define K_FIRST_FRAME (K_RAM_BASE / 4096)
#define K_SECTION_OF_ABOVE ((K_FRAMES_ABOVE - K_RAM_BASE) / 4096 / K_SECTION_PAGES)

#endif
