// SPDX-License-Identifier: GPL-2.0-or-later
/* modules.c - loaded modules, and the names of addresses in them (kernel/module/) */
#include <stdlib.h>

#include "modules.h"

#define MODULES_MAX 4096
#define SYMBOLS_MAX (1U << 18)
#define ORCS_MAX (1U << 22)
#define TEXT_MAX (256U << 20)
#define EFFECT "names of addresses in modules may be missing"

struct mi_modules {
	struct mi_module *list;
	size_t n;
};

static void set_text(struct mi_module *m, int i, uint64_t base, uint64_t size)
{
	if (!base || !size || size > TEXT_MAX || base + size < base)
		return;
	m->text[i].start = base;
	m->text[i].end = base + size;
}

/* Since 6.4: module.mem[] by kind. */
static enum mi_read ranges_by_kind(struct mi_kernel *k, struct mi_module *m)
{
	const struct mi_layout *l = &k->l;
	const struct mi_enumerator *const kinds[2] = {&l->MOD_TEXT, &l->MOD_INIT_TEXT};
	uint64_t at, base, size;
	enum mi_read r;
	int i;

	for (i = 0; i < 2; i++) {
		if (!kinds[i]->known || (uint64_t)kinds[i]->value >= l->module_mem.count)
			continue;
		at = m->addr + (uint64_t)l->module_mem.off +
		     (uint64_t)kinds[i]->value * l->module_mem.size;
		r = mi_read_member(k->t, at, &l->mod_mem_base, &base);
		if (!r)
			r = mi_read_member(k->t, at, &l->mod_mem_size, &size);
		if (r)
			return r;
		set_text(m, i, base, size);
	}
	return MI_READ_OK;
}

static enum mi_read ranges_of_layout(struct mi_kernel *k, struct mi_module *m)
{
	const struct mi_layout *l = &k->l;
	uint64_t base, size;
	enum mi_read r;

	r = mi_read_member(k->t, m->addr, &l->module_core_base, &base);
	if (!r)
		r = mi_read_member(k->t, m->addr, &l->module_core_text, &size);
	if (r)
		return r;
	set_text(m, 0, base, size);
	if (mi_has(&l->module_init_base) && mi_has(&l->module_init_text) &&
	    !mi_read_member(k->t, m->addr, &l->module_init_base, &base) &&
	    !mi_read_member(k->t, m->addr, &l->module_init_text, &size))
		set_text(m, 1, base, size);
	return MI_READ_OK;
}

static enum mi_read find_orc(struct mi_kernel *k, struct mi_module *m)
{
	const struct mi_layout *l = &k->l;
	uint64_t n;
	enum mi_read r;

	if (!mi_has(&l->module_num_orcs) || !mi_has(&l->module_orc_ip) || !mi_has(&l->module_orc))
		return MI_READ_OK;
	r = mi_read_member(k->t, m->addr, &l->module_num_orcs, &n);
	if (!r)
		r = mi_read_member(k->t, m->addr, &l->module_orc_ip, &m->orc_ip);
	if (!r)
		r = mi_read_member(k->t, m->addr, &l->module_orc, &m->orc);
	if (!r && n <= ORCS_MAX)
		m->n_orcs = (uint32_t)n;
	return r;
}

static bool can_list(const struct mi_layout *l)
{
	bool by_kind = mi_has(&l->module_mem) && mi_has(&l->mod_mem_base) &&
		       mi_has(&l->mod_mem_size) && l->MOD_TEXT.known;

	return l->sym_modules && mi_has(&l->module_list) && mi_has(&l->module_name) &&
	       (by_kind || (mi_has(&l->module_core_base) && mi_has(&l->module_core_text)));
}

static enum mi_read load_module(struct mi_kernel *k, uint64_t addr, struct mi_module *m)
{
	const struct mi_layout *l = &k->l;
	enum mi_read r;

	memset(m, 0, sizeof(*m));
	m->addr = addr;
	r = mi_read_virt(k->t, addr + (uint64_t)l->module_name.off, m->name,
			 l->module_name.count < sizeof(m->name) ? l->module_name.count
								: sizeof(m->name) - 1);
	if (!r)
		r = mi_has(&l->module_mem) ? ranges_by_kind(k, m) : ranges_of_layout(k, m);
	return r ? r : find_orc(k, m);
}

static bool add_module(struct mi_modules *all, const struct mi_module *m)
{
	struct mi_module *more;

	/* Powers of two: when there are so many, twice as many get room. */
	if (!(all->n & (all->n - 1))) {
		more = realloc(all->list, (all->n ? 2 * all->n : 1) * sizeof(*more));
		if (!more)
			return false;
		all->list = more;
	}
	all->list[all->n++] = *m;
	return true;
}

static void load_all(struct mi_kernel *k, struct mi_modules *all)
{
	struct mi_module m;
	struct mi_list li;
	uint64_t node, addr;
	enum mi_read r;

	mi_list_start(&li, k, k->l.sym_modules, "module list");
	while (mi_list_next(&li, &node)) {
		addr = node - (uint64_t)k->l.module_list.off;
		r = load_module(k, addr, &m);
		if (r) {
			mi_problem_read(&k->problems, "module", addr, r, EFFECT);
			continue;
		}
		if (all->n == MODULES_MAX || !add_module(all, &m)) {
			mi_problem_bad(&k->problems, "module list", node,
				       "is longer than can be held", EFFECT);
			break;
		}
	}
}

const struct mi_module *mi_module_list(struct mi_kernel *k, size_t *n)
{
	if (!k->modules) {
		k->modules = calloc(1, sizeof(*k->modules));
		if (k->modules && can_list(&k->l))
			load_all(k, k->modules);
		else
			mi_problem_unknown(&k->problems, "module list", k->l.sym_modules,
					   "cannot be read in this kernel", EFFECT);
	}
	*n = k->modules ? k->modules->n : 0;
	return *n ? k->modules->list : NULL;
}

/* Which of its ranges, or -1. */
static int range_of(const struct mi_module *m, uint64_t addr)
{
	int i;

	for (i = 0; i < 2; i++)
		if (addr >= m->text[i].start && addr < m->text[i].end)
			return i;
	return -1;
}

struct mi_module *mi_module_at(struct mi_kernel *k, uint64_t addr)
{
	size_t i, n;

	mi_module_list(k, &n);
	for (i = 0; i < n; i++)
		if (range_of(&k->modules->list[i], addr) >= 0)
			return &k->modules->list[i];
	return NULL;
}

/* ---- symbols ---- */

static int by_value(const void *a, const void *b)
{
	const struct mi_module_symbol *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Names that the kernel passes over: none, and marks of assemblers and compilers. */
static bool is_name(struct mi_kernel *k, uint64_t addr)
{
	char start[3];

	if (mi_read_string(k->t, addr, start, sizeof(start)) || !*start)
		return false;
	return *start != '$' && strcmp(start, ".L") && strcmp(start, "L0");
}

/* Elf_Sym, of this kernel's words. */
struct symbol_form {
	uint64_t size;
	const struct mi_member *name, *shndx, *value;
};

static struct symbol_form form_of(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;

	if (mi_word_size(k->t) == 4)
		return (struct symbol_form){l->size_elf32_sym, &l->elf32_sym_name,
					    &l->elf32_sym_shndx, &l->elf32_sym_value};
	return (struct symbol_form){l->size_elf64_sym, &l->elf_sym_name, &l->elf_sym_shndx,
				    &l->elf_sym_value};
}

static void take_symbols(struct mi_kernel *k, struct mi_module *m, const unsigned char *raw,
			 uint32_t n)
{
	const struct symbol_form f = form_of(k);
	size_t out = 0, i;

	/* The first one is no symbol: ELF. */
	for (i = 1; i < n; i++) {
		const unsigned char *sym = raw + i * f.size;
		struct mi_module_symbol *s = &m->symbols[m->n_symbols];

		s->value = mi_get(sym, f.value);
		s->name = (uint32_t)mi_get(sym, f.name);
		s->index = (uint32_t)i;
		if (mi_get(sym, f.shndx) && range_of(m, s->value) >= 0 &&
		    is_name(k, m->strings + s->name))
			m->n_symbols++;
	}
	qsort(m->symbols, m->n_symbols, sizeof(*m->symbols), by_value);
	for (i = 0; i < m->n_symbols; i++)
		if (!i || m->symbols[i].value != m->symbols[out - 1].value)
			m->symbols[out++] = m->symbols[i];
	m->n_symbols = out;
}

static bool can_name(const struct mi_kernel *k)
{
	const struct symbol_form f = form_of(k);
	const struct mi_layout *l = &k->l;

	return mi_has(&l->module_kallsyms) && mi_has(&l->mod_symtab) &&
	       mi_has(&l->mod_num_symtab) && mi_has(&l->mod_strtab) && f.size && mi_has(f.name) &&
	       mi_has(f.shndx) && mi_has(f.value);
}

/* The table of symbols of a module, as the kernel keeps it: malloc'd. NULL: it has none. */
static unsigned char *read_symbols(struct mi_kernel *k, const struct mi_module *m, uint64_t *count,
				   uint64_t *strings, enum mi_read *why)
{
	const struct mi_layout *l = &k->l;
	unsigned char *raw = NULL;
	uint64_t kallsyms, table, n = 0, size = form_of(k).size;
	enum mi_read r;

	r = mi_read_member(k->t, m->addr, &l->module_kallsyms, &kallsyms);
	if (!r)
		r = mi_read_member(k->t, kallsyms, &l->mod_symtab, &table);
	if (!r)
		r = mi_read_member(k->t, kallsyms, &l->mod_num_symtab, &n);
	if (!r)
		r = mi_read_member(k->t, kallsyms, &l->mod_strtab, strings);
	if (!r && n && n <= SYMBOLS_MAX)
		raw = malloc(n * size);
	if (raw)
		r = mi_read_virt(k->t, table, raw, n * size);
	if (r) {
		free(raw);
		raw = NULL;
	}
	*why = r;
	*count = n;
	return raw;
}

static void load_symbols(struct mi_kernel *k, struct mi_module *m)
{
	unsigned char *raw;
	enum mi_read why;
	uint64_t n;

	m->has_symbols = true;
	if (!can_name(k)) {
		mi_problem_unknown(&k->problems, "symbols of a module", m->addr,
				   "cannot be read in this kernel", EFFECT);
		return;
	}
	raw = read_symbols(k, m, &n, &m->strings, &why);
	if (raw)
		m->symbols = malloc(n * sizeof(*m->symbols));
	if (m->symbols)
		take_symbols(k, m, raw, (uint32_t)n);
	free(raw);
	if (why)
		mi_problem_read(&k->problems, "symbols of a module", m->addr, why, EFFECT);
}

bool mi_module_find(struct mi_kernel *k, const struct mi_module *m, const char *name,
		    uint64_t *value)
{
	const struct symbol_form f = form_of(k);
	uint64_t n, strings, i;
	unsigned char *raw;
	enum mi_read why;
	char text[64];
	bool found = false;

	if (!can_name(k) || strlen(name) >= sizeof(text) - 1)
		return false;
	raw = read_symbols(k, m, &n, &strings, &why);
	for (i = 1; raw && i < n && !found; i++) {
		const unsigned char *sym = raw + i * f.size;

		/* A name is found even if what is behind it is not there. */
		mi_read_string(k->t, strings + mi_get(sym, f.name), text, sizeof(text));
		if (mi_get(sym, f.shndx) && !strcmp(text, name)) {
			*value = mi_get(sym, f.value);
			found = true;
		}
	}
	free(raw);
	return found;
}

bool mi_module_data(struct mi_kernel *k, const struct mi_module *m, uint64_t *start, uint64_t *end)
{
	const struct mi_layout *l = &k->l;
	uint64_t at, base, text = 0, size;

	if (mi_has(&l->module_mem) && l->MOD_DATA.known &&
	    (uint64_t)l->MOD_DATA.value < l->module_mem.count) {
		at = m->addr + (uint64_t)l->module_mem.off +
		     (uint64_t)l->MOD_DATA.value * l->module_mem.size;
		if (mi_read_member(k->t, at, &l->mod_mem_base, &base) ||
		    mi_read_member(k->t, at, &l->mod_mem_size, &size))
			return false;
	} else if (!mi_has(&l->module_core_size) || !mi_has(&l->module_core_base) ||
		   mi_read_member(k->t, m->addr, &l->module_core_base, &base) ||
		   mi_read_member(k->t, m->addr, &l->module_core_text, &text) ||
		   mi_read_member(k->t, m->addr, &l->module_core_size, &size)) {
		return false;
	}
	if (!base || size > TEXT_MAX || text > size || base + size < base)
		return false;
	*start = base + text;
	*end = base + size;
	return true;
}

bool mi_modules_known(const struct mi_kernel *k)
{
	return can_list(&k->l);
}

bool mi_module_symbol(struct mi_kernel *k, struct mi_module *m, uint64_t addr, char *name,
		      size_t room, uint64_t *start, uint64_t *size)
{
	int range = range_of(m, addr);
	size_t low = 0, high, mid;
	uint64_t end;

	if (!m->has_symbols)
		load_symbols(k, m);
	high = m->n_symbols;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (m->symbols[mid].value <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || range < 0 || range_of(m, m->symbols[low - 1].value) != range)
		return false;
	end = m->text[range].end;
	if (low < m->n_symbols && m->symbols[low].value < end)
		end = m->symbols[low].value;
	*start = m->symbols[low - 1].value;
	*size = end - *start;
	return !mi_read_string(k->t, m->strings + m->symbols[low - 1].name, name, room);
}

void mi_modules_free(struct mi_modules *all)
{
	size_t i;

	if (!all)
		return;
	for (i = 0; i < all->n; i++)
		free(all->list[i].symbols);
	free(all->list);
	free(all);
}
