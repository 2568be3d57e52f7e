/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * old_ptes.h - page table entries as kernels before 4.0 make them on other architectures
 *
 * Their dumps are made with these, and unit tests use them. Each function says what a kernel's
 * macros do, from its headers: pgoff_to_pte(), __swp_entry_to_pte(), and what set_pte()
 * leaves of a PAGE_NONE.
 */
#ifndef SYNTH_OLD_PTES_H
#define SYNTH_OLD_PTES_H

#include <stdint.h>

/* Puts the bits of @value, lowest first, where @room has ones. */
static inline uint64_t scatter(uint64_t value, uint64_t room)
{
	uint64_t out = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(room >> bit & 1))
			continue;
		out |= (value & 1) << bit;
		value >>= 1;
	}
	return out;
}

/* x86-32, two levels: not present (0), of a file (6), and not a page without access (8). */
#define X86_32_FILE_BITS 29
static inline uint32_t x86_32_file(uint64_t page)
{
	return (uint32_t)scatter(page, 0xffffffff & ~(1U << 0 | 1U << 6 | 1U << 8)) | 1U << 6;
}

/* Type in the bits below the file's, offset in those above that of a page without access. */
#define X86_32_SWAP_BITS 23
static inline uint32_t x86_32_swap(unsigned int type, uint64_t offset)
{
	return (uint32_t)(scatter(type, 0x3e) | scatter(offset, 0xfffffe00));
}

static inline uint32_t x86_32_page(uint64_t pfn, uint32_t flags)
{
	return (uint32_t)(pfn << 12) | flags;
}

/* With PAE: all in the upper half of an entry. */
#define X86_PAE_FILE_BITS 32
static inline uint64_t x86_pae_file(uint64_t page)
{
	return page << 32 | 0x40;
}

#define X86_PAE_SWAP_BITS 27
static inline uint64_t x86_pae_swap(unsigned int type, uint64_t offset)
{
	return (offset << 5 | type) << 32;
}

/* arm, both forms; a file's page is an unsigned long, so LPAE adds nothing. */
#define ARM_FILE_BITS 29
static inline uint32_t arm_file(uint64_t page)
{
	return (uint32_t)page << 3 | 0x4;
}

/* Type in 5 bits since 3.9 or earlier, in 6 in 2.6.32. */
static inline uint32_t arm_swap(unsigned int type, uint64_t offset, unsigned int type_bits)
{
	return (uint32_t)(type << 3 | offset << (3 + type_bits));
}

/* PRESENT, YOUNG, memory type 3, DIRTY, USER. */
static inline uint32_t arm_page(uint64_t pfn)
{
	return (uint32_t)(pfn << 12) | 0x1 | 0x2 | 0x3 << 2 | 1U << 6 | 1U << 8;
}

/*
 * LPAE: "present" is two bits, of which the hardware looks at the lower. Where there is
 * no access cpu_v7_set_pte_ext() clears that one, and bit 57 says so; the memory type
 * stays, of which a bit has the place of the file's.
 */
static inline uint64_t arm_lpae_page(uint64_t pfn)
{
	return pfn << 12 | 0x3 | 0x7 << 2 | 1U << 6 | 0x3 << 8 | 1U << 10;
}

static inline uint64_t arm_lpae_no_access(uint64_t pfn)
{
	return (arm_lpae_page(pfn) & ~1ULL & ~(1ULL << 6)) | 1ULL << 57 | 1ULL << 54;
}

/* arm64. Bit 58, or bit 1 at first, of a page without access; bits 58 and above are spared. Bit 2
 * had that meaning in 3.11 and 3.12, where all else lies one bit higher. */
#define ARM64_FILE_BITS 55
static inline uint64_t arm64_file(uint64_t page)
{
	return page << 3 | 0x4;
}

static inline uint64_t arm64_file_3_11(uint64_t page)
{
	return page << 4 | 0x8;
}

#define ARM64_SWAP_BITS 49
static inline uint64_t arm64_swap(unsigned int type, uint64_t offset)
{
	return (uint64_t)type << 3 | offset << 9;
}

static inline uint64_t arm64_swap_3_11(unsigned int type, uint64_t offset)
{
	return (uint64_t)type << 4 | offset << 10;
}

/* Page, inner shareable, AF, nG, USER, PXN, UXN, DIRTY, write. */
static inline uint64_t arm64_page(uint64_t pfn)
{
	return pfn << 12 | 0x3 | 0x4 << 2 | 1ULL << 6 | 0x3 << 8 | 1ULL << 10 | 1ULL << 11 |
	       1ULL << 53 | 1ULL << 54 | 1ULL << 55 | 1ULL << 57;
}

static inline uint64_t arm64_no_access(uint64_t pfn, unsigned int bit)
{
	return (arm64_page(pfn) & ~0x3ULL) | 1ULL << bit;
}

#endif
