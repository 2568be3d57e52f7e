// SPDX-License-Identifier: GPL-2.0-or-later
/* arch.c - the architectures there are, and what they share */
#include <string.h>

#include "arch.h"
#include "vmcoreinfo.h"

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
	/* Addresses of 32 bits. */
	if (mi_vmcoreinfo_number(vi, "SYMBOL(swapper_pg_dir)", &top) && top <= UINT32_MAX &&
	    mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", &stext) && stext <= UINT32_MAX)
		return &mi_arch_x86_32;
	return &mi_arch_x86_64;
}

bool mi_pt_shape_regular(struct mi_pt_shape *s, unsigned int page_shift, unsigned int va_bits,
			 unsigned int entry_bytes)
{
	unsigned int full = page_shift - (entry_bytes == 8 ? 3 : 2), shift = page_shift, level;

	memset(s, 0, sizeof(*s));
	for (level = 1; level <= MI_PT_LEVELS && shift < va_bits; level++) {
		unsigned int bits = va_bits - shift < full ? va_bits - shift : full;

		s->level[level].shift = (uint8_t)shift;
		s->level[level].bits = (uint8_t)bits;
		s->level[level].bytes = (uint8_t)entry_bytes;
		s->levels = level;
		shift += bits;
	}
	s->level[level].shift = (uint8_t)shift;
	return s->levels && shift == va_bits;
}
