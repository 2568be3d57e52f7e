/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_SYMBOLS_H
#define MI_TARGET_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image.h"

/*
 * A symbol table: names to addresses and back. Filled by kallsyms.c from the
 * dump or by vmlinux.c from an ELF symbol table (then moved by the KASLR
 * offset). Addresses are final, except per-cpu symbols of kernels before
 * 6.15, which are offsets into the per-cpu area (type 'A', small value).
 */
struct mi_symtab;

enum mi_symbol_found {
	MI_SYMBOL_NONE,
	MI_SYMBOL_ONE,
	MI_SYMBOL_AMBIGUOUS, /* several with different addresses: static ones */
};

#define MI_SYMBOL_MAX 4096 /* bytes of a name */

struct mi_symtab *mi_symtab_new(void);
void mi_symtab_free(struct mi_symtab *tab);
/* A hint: so many will be added. */
void mi_symtab_expect(struct mi_symtab *tab, size_t n);
/* @type is nm's letter. The name is copied. */
enum mi_status mi_symtab_add(struct mi_symtab *tab, const char *name, size_t len, char type,
			     uint64_t addr, struct mi_error *err);
size_t mi_symtab_count(const struct mi_symtab *tab);

/*
 * On MI_SYMBOL_ONE, *addr is set. Types 'U' never match. A name whose hash a thousand others have,
 * too, is ambiguous: that table was made to cost time.
 */
enum mi_symbol_found mi_symtab_find(const struct mi_symtab *tab, const char *name, uint64_t *addr);

/*
 * The nearest symbol at or below @addr and the distance to it; NULL if there
 * is none, or if the distance exceeds 1 MiB. Absolute symbols are not
 * considered. The text lives as long as the table. Not thread-safe (an
 * address index is built at the first call).
 */
const char *mi_symtab_name(struct mi_symtab *tab, uint64_t addr, uint64_t *offset);

/*
 * The same, but of several symbols at one address the first of the table, not the first
 * global one: so the kernel itself chooses when it prints an address.
 */
const char *mi_symtab_first(struct mi_symtab *tab, uint64_t addr, uint64_t *offset);

/* Address of the first symbol above @addr: sizes a global. 0 if none. */
uint64_t mi_symtab_next(struct mi_symtab *tab, uint64_t addr);

/*
 * Names that stay compressed until somebody wants to see them: of 100k symbols that is some
 * hundreds. To be found they need a hash alone, and that of a name is made of those of its pieces:
 * of one with another behind it the sum is sum * other.power + other.sum.
 */
struct mi_name_hash {
	uint64_t sum, power;
};

static inline struct mi_name_hash mi_name_hash_of(const char *text, size_t len)
{
	struct mi_name_hash h = {0, 1};

	for (size_t i = 0; i < len; i++) {
		h.sum = h.sum * 0x9e3779b97f4a7c15ULL + (uint8_t)text[i];
		h.power *= 0x9e3779b97f4a7c15ULL;
	}
	return h;
}

struct mi_packed_names {
	/* The name at @where into @buf, with a NUL; its length, 0 if it is none. */
	size_t (*unpack)(const struct mi_packed_names *names, uint64_t where,
			 char buf[static MI_SYMBOL_MAX + 1]);
	void (*free)(struct mi_packed_names *names);
};

/* The table owns @names from then on. */
void mi_symtab_set_packed(struct mi_symtab *tab, struct mi_packed_names *names);
/* @sum: mi_name_hash_of() what is unpacked at @where. */
enum mi_status mi_symtab_add_packed(struct mi_symtab *tab, uint64_t where, uint64_t sum, char type,
				    uint64_t addr, struct mi_error *err);

/*
 * kallsyms in the memory of the target.
 *
 * @read fetches kernel virtual memory; it returns false if any byte is not to
 * be had. @vmcoreinfo answers "SYMBOL(kallsyms_names)" and the like: false if
 * the line is missing. Format history: scripts/kallsyms.c, kernel/kallsyms.c;
 * the ambiguous points (length byte of big symbols, encoding of addresses)
 * are settled by checking against SYMBOL(_stext), not by version.
 */
struct mi_kallsyms_source {
	bool (*read)(void *arg, uint64_t va, void *buf, size_t len);
	bool (*vmcoreinfo)(void *arg, const char *key, uint64_t *value);
	void *arg;
	/* The places are a guess: nothing may be missing that tells a wrong one. */
	bool prove;
	bool narrow; /* words have 4 bytes */
};

enum mi_status mi_kallsyms_load(const struct mi_kallsyms_source *src, struct mi_symtab **ret,
				struct mi_error *err);

/*
 * The same where VMCOREINFO does not say where the parts lie: look for them in
 * the kernel's image. Of @src->vmcoreinfo, SYMBOL(_stext) is needed, and what other
 * symbols it names must agree. *@names: the address of kallsyms_names. Two tables
 * that both fit are MI_ERR_FORMAT. kallsyms_scan.c has the forms.
 */
enum mi_status mi_kallsyms_scan(const struct mi_kallsyms_source *src, const struct mi_image *image,
				struct mi_symtab **ret, uint64_t *names, struct mi_error *err);

#endif
