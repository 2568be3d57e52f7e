// SPDX-License-Identifier: GPL-2.0-or-later
/* wanted.c - type queries by the name they wait for; contract in wanted.h */
#include <stdlib.h>
#include <string.h>

#include "wanted.h"

/* More would mean a program error; indices are 32 bits wide. */
#define MAX_QUERIES (1U << 20)

/* FNV-1a: the names are short. */
static uint32_t hash_string(const char *s)
{
	uint32_t h = 2166136261U;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h ^ h >> 15;
}

static uint32_t *find_slot(const struct mi_wanted_set *set, const char *name, uint32_t hash)
{
	for (uint32_t i = hash & set->mask;; i = (i + 1) & set->mask) {
		const struct mi_wanted_name *entry;

		if (!set->slots[i])
			return &set->slots[i];
		entry = &set->names[set->slots[i] - 1];
		if (entry->hash == hash && !strcmp(entry->name, name))
			return &set->slots[i];
	}
}

static bool init_set(struct mi_wanted_set *set, size_t n)
{
	size_t slots = 64;

	/* At most a quarter full: nearly every look-up is a miss. */
	while (slots < n * 4)
		slots *= 2;
	set->mask = (uint32_t)slots - 1;
	set->slots = calloc(slots, sizeof(*set->slots));
	set->names = calloc(n + 1, sizeof(*set->names));
	return set->slots && set->names;
}

static void enter(struct mi_wanted *wanted, struct mi_wanted_set *set, const char *name,
		  uint32_t query)
{
	uint32_t hash = hash_string(name);
	uint32_t *slot = find_slot(set, name, hash);
	struct mi_wanted_name *entry;

	if (!*slot) {
		entry = &set->names[set->n_names++];
		entry->name = name;
		entry->hash = hash;
		entry->first = MI_WANTED_END;
		*slot = set->n_names;
	}
	entry = &set->names[*slot - 1];
	wanted->next[query] = entry->first;
	entry->first = query;
	entry->open++;
	set->open++;
}

static bool is_sound(const struct mi_type_query *query)
{
	switch (query->kind) {
	case MI_QUERY_SIZE:
		return query->type && *query->type;
	case MI_QUERY_MEMBER:
		return query->type && *query->type && query->member && *query->member;
	case MI_QUERY_ENUMERATOR:
		return query->member && *query->member;
	}
	return false;
}

enum mi_status mi_wanted_init(struct mi_wanted *wanted, struct mi_type_query *queries, size_t n,
			      struct mi_error *err)
{
	memset(wanted, 0, sizeof(*wanted));
	if (n > MAX_QUERIES)
		return mi_fail(err, MI_ERR_INVALID, "%zu type queries at once", n);
	wanted->queries = queries;
	wanted->next = calloc(n + 1, sizeof(*wanted->next));
	if (!wanted->next || !init_set(&wanted->types, n) || !init_set(&wanted->enumerators, n)) {
		mi_wanted_fini(wanted);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for %zu type queries", n);
	}
	for (size_t i = 0; i < n; i++) {
		struct mi_type_query *query = &queries[i];

		if (!is_sound(query)) {
			mi_wanted_fini(wanted);
			return mi_fail(err, MI_ERR_INVALID, "type query %zu asks for nothing", i);
		}
		if (query->found)
			continue;
		if (query->kind == MI_QUERY_ENUMERATOR)
			enter(wanted, &wanted->enumerators, query->member, (uint32_t)i);
		else
			enter(wanted, &wanted->types, query->type, (uint32_t)i);
	}
	return MI_OK;
}

static void fini_set(struct mi_wanted_set *set)
{
	free(set->slots);
	free(set->names);
}

void mi_wanted_fini(struct mi_wanted *wanted)
{
	fini_set(&wanted->types);
	fini_set(&wanted->enumerators);
	free(wanted->next);
	memset(wanted, 0, sizeof(*wanted));
}

struct mi_wanted_name *mi_wanted_find(const struct mi_wanted_set *set, const char *name)
{
	uint32_t entry;

	if (!set->open || !*name)
		return NULL;
	entry = *find_slot(set, name, hash_string(name));
	if (!entry || !set->names[entry - 1].open)
		return NULL;
	return &set->names[entry - 1];
}

uint32_t mi_wanted_open(const struct mi_wanted *wanted, uint32_t i)
{
	while (i != MI_WANTED_END && wanted->queries[i].found)
		i = wanted->next[i];
	return i;
}

void mi_wanted_answered(struct mi_wanted *wanted, struct mi_wanted_set *set,
			struct mi_wanted_name *name, uint32_t i)
{
	wanted->queries[i].found = true;
	name->open--;
	set->open--;
}

bool mi_wanted_same(const char *name, const char *part, size_t len)
{
	return !strncmp(name, part, len) && !name[len];
}

size_t mi_wanted_component(const char *path)
{
	return strcspn(path, ".");
}

void mi_wanted_tag(struct mi_type_query *query, const char *tag)
{
	size_t len = strnlen(tag, sizeof(query->type_name) - 1);

	memcpy(query->type_name, tag, len);
	query->type_name[len] = '\0';
}

bool mi_wanted_member_bits(struct mi_type_query *query)
{
	uint64_t bytes;

	return !__builtin_mul_overflow(query->size, query->count, &bytes) &&
	       !__builtin_mul_overflow(bytes, 8, &query->bit_size);
}

bool mi_wanted_whole(struct mi_type_query *query)
{
	query->bit_offset = 0;
	return mi_wanted_member_bits(query) &&
	       !__builtin_mul_overflow(query->size, query->count, &query->size);
}

void mi_wanted_enumerator(struct mi_type_query *query, int64_t value)
{
	query->value = value;
	query->count = 1;
	query->bit_offset = 0;
	query->bit_size = query->size * 8;
}
