// SPDX-License-Identifier: GPL-2.0-or-later
/* symtab.c - a symbol table: names hashed, addresses sorted on demand; contract in symbols.h */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

#define MAX_SYMBOLS (16U << 20)
#define MAX_NAME 4096
#define FIRST_SLOTS 1024U
#define CHUNK_BYTES (256U << 10)
/* Beyond this a "nearest symbol" says nothing. */
#define MAX_DISTANCE (1U << 20)

/* Names are kept in chunks that never move: callers hold pointers to them. */
struct chunk {
	struct chunk *next;
	size_t used;
	char text[CHUNK_BYTES];
};

struct symbol {
	const char *name;
	uint64_t addr;
	char type;
	bool ambiguous; /* set in the first symbol of a name */
};

struct mi_symtab {
	struct symbol *symbols;
	size_t count, capacity;
	struct chunk *chunks; /* newest first */

	/*
	 * Open addressing. A slot is the name's hash and, below it, the index of
	 * a symbol plus one: most probes are decided without touching the symbol.
	 */
	uint64_t *slots;
	size_t n_slots; /* a power of two, at most three quarters full */
	size_t n_names;

	uint32_t *by_addr;	       /* one symbol per address, ascending; NULL if stale */
	const uint32_t *first_by_addr; /* in the same block: of several the first */
	size_t n_by_addr;
};

struct mi_symtab *mi_symtab_new(void)
{
	struct mi_symtab *tab = calloc(1, sizeof(*tab));

	if (!tab)
		return NULL;
	tab->n_slots = FIRST_SLOTS;
	tab->slots = calloc(tab->n_slots, sizeof(*tab->slots));
	if (!tab->slots) {
		free(tab);
		return NULL;
	}
	return tab;
}

void mi_symtab_free(struct mi_symtab *tab)
{
	if (!tab)
		return;
	while (tab->chunks) {
		struct chunk *next = tab->chunks->next;

		free(tab->chunks);
		tab->chunks = next;
	}
	free(tab->by_addr);
	free(tab->slots);
	free(tab->symbols);
	free(tab);
}

size_t mi_symtab_count(const struct mi_symtab *tab)
{
	return tab->count;
}

/* Eight bytes a step: kernels have 100k names of 20 bytes and more. */
static uint32_t hash_name(const char *name, size_t len)
{
	const uint64_t mul = 0x9e3779b97f4a7c15ULL;
	uint64_t h = len * mul;
	uint64_t word;

	while (len >= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		h = (h ^ word) * mul;
		h ^= h >> 29;
		name += sizeof(word);
		len -= sizeof(word);
	}
	word = 0;
	memcpy(&word, name, len);
	h = (h ^ word) * mul;
	return (uint32_t)(h >> 32);
}

static const struct symbol *slot_symbol(const struct mi_symtab *tab, uint64_t slot)
{
	return &tab->symbols[(uint32_t)slot - 1];
}

/* The slot that holds the name, or the free one where it belongs. */
static uint64_t *find_slot(const struct mi_symtab *tab, const char *name, size_t len, uint32_t hash)
{
	size_t mask = tab->n_slots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		uint64_t slot = tab->slots[i];
		const char *found;

		if (!slot)
			return &tab->slots[i];
		if (slot >> 32 != hash)
			continue;
		/* strncmp stops at the end of a shorter name. */
		found = slot_symbol(tab, slot)->name;
		if (!strncmp(found, name, len) && !found[len])
			return &tab->slots[i];
	}
}

static bool grow_slots(struct mi_symtab *tab)
{
	size_t n = tab->n_slots * 2;
	uint64_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < tab->n_slots; i++) {
		uint64_t slot = tab->slots[i];
		size_t to;

		if (!slot)
			continue;
		/* All names differ: no comparing. */
		for (to = slot >> 32 & (n - 1); slots[to]; to = (to + 1) & (n - 1))
			;
		slots[to] = slot;
	}
	free(tab->slots);
	tab->slots = slots;
	tab->n_slots = n;
	return true;
}

static bool grow_symbols(struct mi_symtab *tab)
{
	size_t capacity = tab->capacity ? tab->capacity * 2 : 1024;
	struct symbol *symbols = realloc(tab->symbols, capacity * sizeof(*symbols));

	if (!symbols)
		return false;
	tab->symbols = symbols;
	tab->capacity = capacity;
	return true;
}

static const char *keep_name(struct mi_symtab *tab, const char *name, size_t len)
{
	struct chunk *chunk = tab->chunks;
	char *text;

	if (!chunk || sizeof(chunk->text) - chunk->used <= len) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = tab->chunks;
		chunk->used = 0;
		tab->chunks = chunk;
	}
	text = chunk->text + chunk->used;
	memcpy(text, name, len);
	text[len] = '\0';
	chunk->used += len + 1;
	return text;
}

/* Enter symbol @index by name, or mark the earlier one of the same name. */
static void enter_name(struct mi_symtab *tab, uint64_t *slot, uint32_t hash, size_t index)
{
	struct symbol *first;

	if (!*slot) {
		*slot = (uint64_t)hash << 32 | ((uint32_t)index + 1);
		tab->n_names++;
		return;
	}
	first = &tab->symbols[(uint32_t)*slot - 1];
	if (first->addr != tab->symbols[index].addr)
		first->ambiguous = true;
}

enum mi_status mi_symtab_add(struct mi_symtab *tab, const char *name, size_t len, char type,
			     uint64_t addr, struct mi_error *err)
{
	struct symbol *sym;
	uint64_t *slot;
	uint32_t hash;

	len = strnlen(name, len);
	if (!len || len > MAX_NAME)
		return mi_fail(err, MI_ERR_FORMAT, "symbol name of %zu bytes", len);
	if (tab->count >= MAX_SYMBOLS)
		return mi_fail(err, MI_ERR_NOMEM, "more than %u symbols", MAX_SYMBOLS);
	if ((tab->count == tab->capacity && !grow_symbols(tab)) ||
	    (tab->n_names >= tab->n_slots / 4 * 3 && !grow_slots(tab)))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory after %zu symbols", tab->count);

	sym = &tab->symbols[tab->count];
	hash = hash_name(name, len);
	sym->addr = addr;
	sym->type = type;
	sym->ambiguous = false;
	slot = find_slot(tab, name, len, hash);
	sym->name = *slot ? slot_symbol(tab, *slot)->name : keep_name(tab, name, len);
	if (!sym->name)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory after %zu symbols", tab->count);
	if (type != 'U')
		enter_name(tab, slot, hash, tab->count);
	tab->count++;
	free(tab->by_addr);
	tab->by_addr = NULL;
	return MI_OK;
}

enum mi_symbol_found mi_symtab_find(const struct mi_symtab *tab, const char *name, uint64_t *addr)
{
	size_t len = strlen(name);
	uint64_t slot = *find_slot(tab, name, len, hash_name(name, len));

	if (!slot)
		return MI_SYMBOL_NONE;
	if (slot_symbol(tab, slot)->ambiguous)
		return MI_SYMBOL_AMBIGUOUS;
	*addr = slot_symbol(tab, slot)->addr;
	return MI_SYMBOL_ONE;
}

struct by_addr {
	uint64_t addr;
	uint32_t index;
	uint32_t rank; /* of several at one address: globals first, then the earlier */
};

static int compare_addr(const void *a, const void *b)
{
	const struct by_addr *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Most tables ascend already, but for the ranks of those at one address. */
static void sort_by_addr(struct by_addr *all, size_t n)
{
	size_t i, end;

	for (i = 1; i < n; i++) {
		if (all[i - 1].addr > all[i].addr) {
			qsort(all, n, sizeof(*all), compare_addr);
			return;
		}
	}
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && all[end].addr == all[i].addr; end++)
			;
		if (end - i > 1)
			qsort(all + i, end - i, sizeof(*all), compare_addr);
	}
}

static bool has_address(const struct symbol *sym)
{
	return sym->type != 'U' && toupper((unsigned char)sym->type) != 'A';
}

static bool build_by_addr(struct mi_symtab *tab)
{
	struct by_addr *all = malloc((tab->count + 1) * sizeof(*all));
	uint32_t *index = malloc(2 * (tab->count + 1) * sizeof(*index));
	uint32_t *first, at;
	size_t n = 0, out = 0;

	if (!all || !index) {
		free(all);
		free(index);
		return false;
	}
	first = index + tab->count + 1;
	for (size_t i = 0; i < tab->count; i++) {
		const struct symbol *sym = &tab->symbols[i];

		if (!has_address(sym))
			continue;
		all[n].addr = sym->addr;
		all[n].index = (uint32_t)i;
		all[n].rank = (uint32_t)i | (isupper((unsigned char)sym->type) ? 0 : 1U << 31);
		n++;
	}
	sort_by_addr(all, n);
	for (size_t i = 0; i < n; i++) {
		at = all[i].index;
		if (!i || all[i].addr != all[i - 1].addr) {
			first[out] = at;
			index[out++] = at;
		} else if (at < first[out - 1]) {
			first[out - 1] = at;
		}
	}
	free(all);
	tab->by_addr = index;
	tab->first_by_addr = first;
	tab->n_by_addr = out;
	return true;
}

/* How many indexed symbols are at or below @addr. */
static size_t count_below(struct mi_symtab *tab, uint64_t addr)
{
	size_t low = 0, high;

	if (!tab->by_addr && !build_by_addr(tab))
		return 0;
	high = tab->n_by_addr;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tab->symbols[tab->by_addr[mid]].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const char *name_by(struct mi_symtab *tab, bool first, uint64_t addr, uint64_t *offset)
{
	size_t n = count_below(tab, addr);
	const struct symbol *sym;

	if (!n)
		return NULL;
	sym = &tab->symbols[(first ? tab->first_by_addr : tab->by_addr)[n - 1]];
	if (addr - sym->addr > MAX_DISTANCE)
		return NULL;
	*offset = addr - sym->addr;
	return sym->name;
}

const char *mi_symtab_name(struct mi_symtab *tab, uint64_t addr, uint64_t *offset)
{
	return name_by(tab, false, addr, offset);
}

const char *mi_symtab_first(struct mi_symtab *tab, uint64_t addr, uint64_t *offset)
{
	return name_by(tab, true, addr, offset);
}

uint64_t mi_symtab_next(struct mi_symtab *tab, uint64_t addr)
{
	size_t n = count_below(tab, addr);

	if (!tab->by_addr || n == tab->n_by_addr)
		return 0;
	return tab->symbols[tab->by_addr[n]].addr;
}
