// SPDX-License-Identifier: GPL-2.0-or-later
/* arch.c - the architectures there are, and what they share */
#include <string.h>

#include "arch.h"
#include "vmcoreinfo.h"

#define UPPER_HALF (1ULL << 63)

const struct mi_arch_ops *mi_arch_named(const char *name)
{
	static const struct mi_arch_ops *const all[] = {&mi_arch_x86_64, &mi_arch_arm64,
							&mi_arch_x86_32, &mi_arch_arm};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->name, name) ||
		    (all[i]->other_name && !strcmp(all[i]->other_name, name)))
			return all[i];
	return NULL;
}

const struct mi_arch_ops *mi_arch_of_text(const struct mi_vmcoreinfo *vi)
{
	uint64_t unused, top, stext;

	if (mi_vmcoreinfo_number(vi, "NUMBER(kimage_voffset)", &unused))
		return &mi_arch_arm64;
	if (!mi_vmcoreinfo_number(vi, "SYMBOL(swapper_pg_dir)", &top) ||
	    !mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", &stext))
		return &mi_arch_x86_64;
	/* Addresses of 32 bits. */
	if (top <= UINT32_MAX && stext <= UINT32_MAX)
		return &mi_arch_x86_32;
	/* Below where x86-64 has its image: before 4.12 no line tells more. */
	if (top >= UPPER_HALF && stext >= UPPER_HALF && top < mi_arch_x86_64.image_first &&
	    stext < mi_arch_x86_64.image_first)
		return &mi_arch_arm64;
	return &mi_arch_x86_64;
}

enum mi_status mi_arch_place(const struct mi_vmcoreinfo *vi, uint64_t *top, uint64_t *stext,
			     struct mi_error *err)
{
	/* The first two are those of x86-64 alone. */
	if (!mi_vmcoreinfo_number(vi, "SYMBOL(init_top_pgt)", top) &&
	    !mi_vmcoreinfo_number(vi, "SYMBOL(init_level4_pgt)", top) &&
	    !mi_vmcoreinfo_number(vi, "SYMBOL(swapper_pg_dir)", top))
		return mi_fail(err, MI_ERR_MISSING, "VMCOREINFO names no kernel page table");
	if (!mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", stext))
		return mi_fail(err, MI_ERR_MISSING, "VMCOREINFO has no SYMBOL(_stext)");
	return MI_OK;
}

void mi_pt_shape_add(struct mi_pt_shape *s, unsigned int shift, unsigned int bits,
		     unsigned int entry_bytes)
{
	unsigned int level = ++s->levels;

	s->level[level].shift = (uint8_t)shift;
	s->level[level].bits = (uint8_t)bits;
	s->level[level].bytes = (uint8_t)entry_bytes;
	s->level[level + 1].shift = (uint8_t)(shift + bits);
}

bool mi_pt_shape_regular(struct mi_pt_shape *s, unsigned int page_shift, unsigned int va_bits,
			 unsigned int entry_bytes)
{
	unsigned int full = page_shift - (entry_bytes == 8 ? 3 : 2), shift = page_shift;

	memset(s, 0, sizeof(*s));
	while (s->levels < MI_PT_LEVELS && shift < va_bits) {
		unsigned int bits = va_bits - shift < full ? va_bits - shift : full;

		mi_pt_shape_add(s, shift, bits, entry_bytes);
		shift += bits;
	}
	return s->levels && shift == va_bits;
}
