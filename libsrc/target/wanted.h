/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_WANTED_H
#define MI_TARGET_WANTED_H

#include "types.h"

/*
 * Wanted: the queries of one resolve call, found by the name they wait for.
 *
 * A type source sweeps over 100k and more definitions, nearly all of them of
 * no interest. This answers "does anybody wait for a type, or an enumerator,
 * of this name?" quickly, and keeps count of what is still open. Both BTF and
 * DWARF use it, so that both take the same definition of a name.
 */
#define MI_WANTED_TRIED 8
#define MI_WANTED_END UINT32_MAX

struct mi_wanted_name {
	const char *name;
	uint32_t hash;
	uint32_t first; /* query; go on with wanted->next[] */
	uint32_t open;	/* queries not answered yet */
	/* Used by DWARF: marks of definitions that had no answer. */
	uint64_t tried[MI_WANTED_TRIED];
	uint32_t n_tried;
};

struct mi_wanted_set {
	struct mi_wanted_name *names;
	uint32_t *slots; /* open addressing: index into names plus one */
	uint32_t mask;
	uint32_t n_names;
	uint32_t open; /* sum over the names */
};

struct mi_wanted {
	struct mi_type_query *queries;
	uint32_t *next; /* query waiting for the same name, or MI_WANTED_END */
	struct mi_wanted_set types, enumerators;
};

/* Enter those of the queries that are not found yet; names are borrowed. */
enum mi_status mi_wanted_init(struct mi_wanted *wanted, struct mi_type_query *queries, size_t n,
			      struct mi_error *err);
void mi_wanted_fini(struct mi_wanted *wanted);

/* Who waits for this name; NULL if nobody does any more. */
struct mi_wanted_name *mi_wanted_find(const struct mi_wanted_set *set, const char *name);

/*
 * The next query at or after @i in the chain that is not answered yet, or
 * MI_WANTED_END. Start with name->first, go on with wanted->next[i].
 */
uint32_t mi_wanted_open(const struct mi_wanted *wanted, uint32_t i);

/* Query @i of @name has its answer. */
void mi_wanted_answered(struct mi_wanted *wanted, struct mi_wanted_set *set,
			struct mi_wanted_name *name, uint32_t i);

/* Does all of @len bytes of @part equal the string @name? */
bool mi_wanted_same(const char *name, const char *part, size_t len);

/* Split the first component off a member path: "lru.next" gives 3. */
size_t mi_wanted_component(const char *path);

/*
 * The answer has size and count of what a type or member is; its width in bits follows, and,
 * of a type, the size of all. False: they overflow.
 */
bool mi_wanted_whole(struct mi_type_query *query);
bool mi_wanted_member_bits(struct mi_type_query *query);
/* The answer has @value, and the size of its enum. */
void mi_wanted_enumerator(struct mi_type_query *query, int64_t value);

/* Copy a tag into the answer, cut to what fits. */
void mi_wanted_tag(struct mi_type_query *query, const char *tag);

#endif
