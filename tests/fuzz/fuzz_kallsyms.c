// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_kallsyms.c - libFuzzer: any bytes as the memory that holds kallsyms
 *
 * The first bytes say where the parts lie and which VMCOREINFO lines exist;
 * the rest is the memory, at a fixed address.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

#define BASE_VA 0xffffffff80000000ULL

struct part {
	const char *key;
	uint16_t at;
};

struct memory {
	struct part parts[8];
	uint8_t missing; /* bit for each part */
	const uint8_t *data;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_memory(void *arg, uint64_t va, void *buf, size_t len)
{
	struct memory *mem = arg;

	/* Whole pages only, as in a dump; what follows the data is zero. */
	if (va < BASE_VA || va - BASE_VA > UINT16_MAX || len > UINT16_MAX + 1 - (va - BASE_VA))
		return false;
	va -= BASE_VA;
	if (va + len > ((mem->size + 4095) & ~(size_t)4095))
		return false;
	memset(buf, 0, len);
	if (va < mem->size)
		memcpy(buf, mem->data + va, len < mem->size - va ? len : mem->size - va);
	return true;
}

static bool line_of(void *arg, const char *key, uint64_t *value)
{
	struct memory *mem = arg;

	for (unsigned int i = 0; i < 8; i++) {
		if (strcmp(mem->parts[i].key, key))
			continue;
		*value = BASE_VA + mem->parts[i].at;
		return !(mem->missing >> i & 1);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory mem = {
		.parts = {{"SYMBOL(kallsyms_names)", 0},
			  {"SYMBOL(kallsyms_num_syms)", 0},
			  {"SYMBOL(kallsyms_token_table)", 0},
			  {"SYMBOL(kallsyms_token_index)", 0},
			  {"SYMBOL(kallsyms_offsets)", 0},
			  {"SYMBOL(kallsyms_addresses)", 0},
			  {"SYMBOL(kallsyms_relative_base)", 0},
			  {"SYMBOL(_stext)", 0}},
	};
	struct mi_kallsyms_source src = {read_memory, line_of, &mem, false, false};
	struct mi_symtab *tab;
	struct mi_error err;
	uint64_t addr, va = 0;
	const char *name;

	if (size < 17)
		return 0;
	for (unsigned int i = 0; i < 8; i++)
		memcpy(&mem.parts[i].at, data + 2 * i, 2);
	mem.missing = data[16];
	mem.data = data + 17;
	mem.size = size - 17;
	if (mi_kallsyms_load(&src, &tab, &err))
		return 0;
	/* What was proved by it is there, and what has a place is found by its name. */
	if (mi_symtab_find(tab, "_stext", &addr) == MI_SYMBOL_NONE)
		abort();
	for (unsigned int i = 0; i < 1000 && (va = mi_symtab_next(tab, va)); i++) {
		name = mi_symtab_name(tab, va, &addr);
		if (!name || mi_symtab_find(tab, name, &addr) == MI_SYMBOL_NONE)
			abort();
	}
	mi_symtab_free(tab);
	return 0;
}
