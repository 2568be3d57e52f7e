// SPDX-License-Identifier: GPL-2.0-or-later
/* elfhead.c - headers of ELF dumps, 32 and 64 bits; contract in elfhead.h */
#include <string.h>

#include "elfhead.h"

static bool is_narrow(const Elf64_Ehdr *eh)
{
	return eh->e_ident[EI_CLASS] == ELFCLASS32;
}

bool mi_elf_header(const struct mi_bytes *bytes, Elf64_Ehdr *eh)
{
	Elf32_Ehdr narrow;

	if (!mi_bytes_read(bytes, 0, &narrow, sizeof(narrow)))
		return false;
	if (narrow.e_ident[EI_CLASS] != ELFCLASS32)
		return mi_bytes_read(bytes, 0, eh, sizeof(*eh));
	*eh = (Elf64_Ehdr){
		.e_type = narrow.e_type,
		.e_machine = narrow.e_machine,
		.e_version = narrow.e_version,
		.e_entry = narrow.e_entry,
		.e_phoff = narrow.e_phoff,
		.e_shoff = narrow.e_shoff,
		.e_flags = narrow.e_flags,
		.e_ehsize = narrow.e_ehsize,
		.e_phentsize = narrow.e_phentsize,
		.e_phnum = narrow.e_phnum,
		.e_shentsize = narrow.e_shentsize,
		.e_shnum = narrow.e_shnum,
		.e_shstrndx = narrow.e_shstrndx,
	};
	memcpy(eh->e_ident, narrow.e_ident, EI_NIDENT);
	return true;
}

uint64_t mi_elf_phdr_size(const Elf64_Ehdr *eh)
{
	return is_narrow(eh) ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
}

bool mi_elf_phdr(const struct mi_bytes *bytes, const Elf64_Ehdr *eh, uint64_t i, Elf64_Phdr *ph)
{
	uint64_t at = eh->e_phoff + i * mi_elf_phdr_size(eh);
	Elf32_Phdr narrow;

	if (!is_narrow(eh))
		return mi_bytes_read(bytes, at, ph, sizeof(*ph));
	if (!mi_bytes_read(bytes, at, &narrow, sizeof(narrow)))
		return false;
	*ph = (Elf64_Phdr){
		.p_type = narrow.p_type,
		.p_flags = narrow.p_flags,
		.p_offset = narrow.p_offset,
		.p_vaddr = narrow.p_vaddr,
		.p_paddr = narrow.p_paddr,
		.p_filesz = narrow.p_filesz,
		.p_memsz = narrow.p_memsz,
		.p_align = narrow.p_align,
	};
	return true;
}

bool mi_elf_phnum(const struct mi_bytes *bytes, const Elf64_Ehdr *eh, uint64_t *n)
{
	Elf32_Shdr narrow;
	Elf64_Shdr sh;

	*n = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM)
		return true;
	if (is_narrow(eh)) {
		if (!mi_bytes_read(bytes, eh->e_shoff, &narrow, sizeof(narrow)))
			return false;
		*n = narrow.sh_info;
		return true;
	}
	if (!mi_bytes_read(bytes, eh->e_shoff, &sh, sizeof(sh)))
		return false;
	*n = sh.sh_info;
	return true;
}
