/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_MODULES_H
#define MI_KERNEL_MODULES_H

#include "kernel.h"

/*
 * The loaded modules: where their code lies, its ORC tables, and the symbols that the
 * kernel keeps of each. Read when first asked for; symbols of a module when one is.
 */
struct mi_module_symbol {
	uint64_t value;
	uint32_t name; /* offset in the strings of the module */
	uint32_t index;
};

struct mi_module {
	uint64_t addr; /* of struct module */
	char name[64];
	/* Code that stays, and code that is there while the module comes up. */
	struct {
		uint64_t start, end;
	} text[2];
	uint64_t orc_ip, orc; /* its tables, of n_orcs entries each */
	uint32_t n_orcs;

	/* Sorted by value, of equal ones the first alone; see mi_module_symbol(). */
	bool has_symbols;
	struct mi_module_symbol *symbols;
	size_t n_symbols;
	uint64_t strings;
};

/* All of them, in the order of the kernel's list. What cannot be read is a problem. */
const struct mi_module *mi_module_list(struct mi_kernel *k, size_t *n);

/* The module whose code holds @addr; NULL if none does. */
struct mi_module *mi_module_at(struct mi_kernel *k, uint64_t addr);

/*
 * The symbol of @addr, which is code of @m, as the kernel finds it: the nearest one
 * below, up to the next one or the end of the code. False if there is none.
 */
bool mi_module_symbol(struct mi_kernel *k, struct mi_module *m, uint64_t addr, char *name,
		      size_t room, uint64_t *start, uint64_t *size);

/*
 * A symbol of @m by its name, code or data; where the kernel keeps no names of data, code
 * alone. And where its data lies, that of core_layout's before 6.4 with what is read-only.
 */
bool mi_module_find(struct mi_kernel *k, const struct mi_module *m, const char *name,
		    uint64_t *value);
bool mi_module_data(struct mi_kernel *k, const struct mi_module *m, uint64_t *start, uint64_t *end);

/* Whether modules can be listed in this kernel at all. */
bool mi_modules_known(const struct mi_kernel *k);

void mi_modules_free(struct mi_modules *all);

#endif
