// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_scan.c - libFuzzer: any bytes as the kernel's image, and as VMCOREINFO
 *
 * What the searches find must be whole: it is used as if pointers had led to it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"
#include "types.h"
#include "vmcoreinfo.h"

#define BASE_VA 0xffffffff81000000ULL

struct memory {
	const uint8_t *data;
	size_t size, pages;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_memory(void *arg, uint64_t va, void *buf, size_t len)
{
	struct memory *mem = arg;
	size_t room = mem->pages * 4096;

	if (va < BASE_VA || va - BASE_VA > room || len > room - (va - BASE_VA))
		return false;
	va -= BASE_VA;
	memset(buf, 0, len);
	if (va < mem->size)
		memcpy(buf, mem->data + va, len < mem->size - va ? len : mem->size - va);
	return true;
}

static bool stext_line(void *arg, const char *key, uint64_t *value)
{
	(void)arg;
	*value = BASE_VA;
	return !strcmp(key, "SYMBOL(_stext)");
}

static void check_text(const uint8_t *data, size_t size)
{
	struct mi_vmcoreinfo *vi;
	uint64_t value;

	if (mi_vmcoreinfo_check((const char *)data, size, NULL))
		return;
	/* What passes can be used. */
	if (mi_vmcoreinfo_parse((const char *)data, size, &vi, NULL))
		abort();
	if (!mi_vmcoreinfo_line(vi, "OSRELEASE") ||
	    !mi_vmcoreinfo_number(vi, "SYMBOL(_stext)", &value))
		abort();
	mi_vmcoreinfo_free(vi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory mem = {data, size, (size + 4095) / 4096};
	const struct mi_kallsyms_source src = {read_memory, stext_line, &mem, false};
	const struct mi_image image = {.read = read_memory,
				       .arg = &mem,
				       .start = BASE_VA - 8192,
				       .end = BASE_VA + (mem.pages + 2) * 4096};
	struct mi_symtab *tab;
	struct mi_btf *btf;
	uint64_t at;

	if (!mi_kallsyms_scan(&src, &image, &tab, &at, NULL)) {
		if (mi_symtab_find(tab, "_stext", &at) != MI_SYMBOL_ONE || at != BASE_VA)
			abort();
		mi_symtab_free(tab);
	}
	if (!mi_btf_scan(&image, &btf, &at, NULL))
		mi_btf_free(btf);
	check_text(data, size);
	return 0;
}
