// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * symtab.c - a symbol table: names hashed, and seen when they are asked for, addresses sorted on
 * demand; contract in symbols.h
 */
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

#define MAX_SYMBOLS (16U << 20)
#define FIRST_SLOTS 1024U
#define CHUNK_BYTES (256U << 10)
/* Beyond this a "nearest symbol" says nothing. */
#define MAX_DISTANCE (1U << 20)
/* So many symbols of one hash are looked at for a name. Two of one name and place are rare already.
 */
#define MAX_ALIKE 1024

/* Names are kept in chunks that never move: callers hold pointers to them. */
struct chunk {
	struct chunk *next;
	size_t used;
	char text[CHUNK_BYTES];
};

struct symbol {
	uint64_t addr;
	union {
		const char *name;
		uint64_t where; /* packed */
	};
	uint32_t next; /* of the same hash: index plus one, or 0 */
	char type;
	bool packed;
};

struct mi_symtab {
	struct symbol *symbols;
	size_t count, capacity;
	struct chunk *chunks; /* newest first */
	struct mi_packed_names *packed;

	/*
	 * Open addressing. A slot is a hash and, below it, the index of the last symbol that has it
	 * plus one: no name is looked at before it is asked for.
	 */
	uint64_t *slots;
	size_t n_slots; /* a power of two, at most three quarters full */
	size_t n_hashes;
	uint64_t secret; /* odd */

	uint32_t *by_addr;	       /* one symbol per address, ascending; NULL if stale */
	const uint32_t *first_by_addr; /* in the same block: of several the first */
	size_t n_by_addr;
};

struct mi_symtab *mi_symtab_new(void)
{
	struct mi_symtab *tab = calloc(1, sizeof(*tab));

	if (!tab)
		return NULL;
	/* Where the system has put it. */
	tab->secret = (uint64_t)(uintptr_t)tab * 0x9e3779b97f4a7c15ULL | 1;
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
	if (tab->packed)
		tab->packed->free(tab->packed);
	free(tab->by_addr);
	free(tab->slots);
	free(tab->symbols);
	free(tab);
}

size_t mi_symtab_count(const struct mi_symtab *tab)
{
	return tab->count;
}

/* ---- slots ---- */

/* A dump may be made so that sums are alike; what the table makes of them nobody knows before. */
static uint32_t slot_hash(const struct mi_symtab *tab, uint64_t sum)
{
	sum *= tab->secret;
	return (uint32_t)((sum ^ sum >> 32) * 0xbf58476d1ce4e5b9ULL >> 32);
}

/* The slot that holds the hash, or the free one where it belongs. */
static uint64_t *find_slot(const struct mi_symtab *tab, uint32_t hash)
{
	size_t mask = tab->n_slots - 1, i = hash & mask;

	while (tab->slots[i] && tab->slots[i] >> 32 != hash)
		i = (i + 1) & mask;
	return &tab->slots[i];
}

static bool grow_slots(struct mi_symtab *tab, size_t n)
{
	uint64_t *old = tab->slots, *slots = calloc(n, sizeof(*slots));
	size_t n_old = tab->n_slots;

	if (!slots)
		return false;
	tab->slots = slots;
	tab->n_slots = n;
	for (size_t i = 0; i < n_old; i++)
		if (old[i])
			*find_slot(tab, old[i] >> 32) = old[i];
	free(old);
	return true;
}

static bool grow_symbols(struct mi_symtab *tab, size_t capacity)
{
	struct symbol *symbols = realloc(tab->symbols, capacity * sizeof(*symbols));

	if (!symbols)
		return false;
	tab->symbols = symbols;
	tab->capacity = capacity;
	return true;
}

void mi_symtab_expect(struct mi_symtab *tab, size_t n)
{
	size_t slots = tab->n_slots;

	if (n > MAX_SYMBOLS)
		return;
	while (slots / 4 * 3 < n)
		slots *= 2;
	if (slots > tab->n_slots && grow_slots(tab, slots) && n > tab->capacity)
		grow_symbols(tab, n);
}

/* ---- adding ---- */

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

/* @sum: of its name's mi_name_hash. */
static enum mi_status enter(struct mi_symtab *tab, struct symbol sym, uint64_t sum,
			    struct mi_error *err)
{
	uint32_t hash = slot_hash(tab, sum);
	uint64_t *slot;

	if (tab->count >= MAX_SYMBOLS)
		return mi_fail(err, MI_ERR_NOMEM, "more than %u symbols", MAX_SYMBOLS);
	if ((tab->count == tab->capacity &&
	     !grow_symbols(tab, tab->capacity ? tab->capacity * 2 : FIRST_SLOTS)) ||
	    (tab->n_hashes >= tab->n_slots / 4 * 3 && !grow_slots(tab, tab->n_slots * 2)))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory after %zu symbols", tab->count);
	sym.next = 0;
	if (sym.type != 'U') {
		slot = find_slot(tab, hash);
		tab->n_hashes += !*slot;
		sym.next = (uint32_t)*slot;
		*slot = (uint64_t)hash << 32 | ((uint32_t)tab->count + 1);
	}
	tab->symbols[tab->count++] = sym;
	if (tab->by_addr) {
		free(tab->by_addr);
		tab->by_addr = NULL;
	}
	return MI_OK;
}

enum mi_status mi_symtab_add(struct mi_symtab *tab, const char *name, size_t len, char type,
			     uint64_t addr, struct mi_error *err)
{
	struct symbol sym = {.addr = addr, .type = type};

	len = strnlen(name, len);
	if (!len || len > MI_SYMBOL_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "symbol name of %zu bytes", len);
	sym.name = keep_name(tab, name, len);
	if (!sym.name)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory after %zu symbols", tab->count);
	return enter(tab, sym, mi_name_hash_of(name, len).sum, err);
}

void mi_symtab_set_packed(struct mi_symtab *tab, struct mi_packed_names *names)
{
	tab->packed = names;
}

enum mi_status mi_symtab_add_packed(struct mi_symtab *tab, uint64_t where, uint64_t sum, char type,
				    uint64_t addr, struct mi_error *err)
{
	struct symbol sym = {.addr = addr, .where = where, .type = type, .packed = true};

	return enter(tab, sym, sum, err);
}

/* ---- by name ---- */

static bool is_called(const struct mi_symtab *tab, const struct symbol *sym, const char *name)
{
	char buf[MI_SYMBOL_MAX + 1];

	if (!sym->packed)
		return !strcmp(sym->name, name);
	return tab->packed->unpack(tab->packed, sym->where, buf) && !strcmp(buf, name);
}

enum mi_symbol_found mi_symtab_find(const struct mi_symtab *tab, const char *name, uint64_t *addr)
{
	uint32_t hash = slot_hash(tab, mi_name_hash_of(name, strlen(name)).sum);
	uint32_t at = (uint32_t)*find_slot(tab, hash), left = MAX_ALIKE;
	const struct symbol *sym, *found = NULL;

	for (; at; at = sym->next) {
		sym = &tab->symbols[at - 1];
		if (!left--)
			return MI_SYMBOL_AMBIGUOUS;
		if (!is_called(tab, sym, name))
			continue;
		if (found && found->addr != sym->addr)
			return MI_SYMBOL_AMBIGUOUS;
		found = sym;
	}
	if (!found)
		return MI_SYMBOL_NONE;
	*addr = found->addr;
	return MI_SYMBOL_ONE;
}

/* ---- by address ---- */

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
	return sym->type != 'U' && sym->type != 'A' && sym->type != 'a';
}

static bool is_global(const struct symbol *sym)
{
	return sym->type >= 'A' && sym->type <= 'Z';
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
		all[n].rank = (uint32_t)i | (is_global(sym) ? 0 : 1U << 31);
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

/* From now on it has its name. */
static bool unpack(struct mi_symtab *tab, struct symbol *sym)
{
	char buf[MI_SYMBOL_MAX + 1];
	size_t len = tab->packed->unpack(tab->packed, sym->where, buf);
	const char *name = len ? keep_name(tab, buf, len) : NULL;

	if (!name)
		return false;
	sym->name = name;
	sym->packed = false;
	return true;
}

static const char *name_by(struct mi_symtab *tab, bool first, uint64_t addr, uint64_t *offset)
{
	size_t n = count_below(tab, addr);
	struct symbol *sym;

	if (!n)
		return NULL;
	sym = &tab->symbols[(first ? tab->first_by_addr : tab->by_addr)[n - 1]];
	if (addr - sym->addr > MAX_DISTANCE || (sym->packed && !unpack(tab, sym)))
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
