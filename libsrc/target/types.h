/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_TYPES_H
#define MI_TARGET_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image.h"

/*
 * Type information: sizes, members and enumerators of the target's kernel.
 *
 * A type source (BTF or DWARF) answers a batch of queries in one sweep over
 * its data, because the one user, the layout table, knows all it wants in
 * advance. A query that finds nothing is no error: found stays false.
 * Results hold no pointer into the source: it may be closed afterwards.
 */

enum mi_type_query_kind {
	MI_QUERY_SIZE,	     /* size of struct/union/typedef @type */
	MI_QUERY_MEMBER,     /* member @member of @type */
	MI_QUERY_ENUMERATOR, /* value of enumerator @member, of any enum */
};

enum mi_type_class {
	MI_TYPE_OTHER, /* void, function, float, forward */
	MI_TYPE_INT,   /* integers, bool, char */
	MI_TYPE_ENUM,
	MI_TYPE_POINTER,
	MI_TYPE_STRUCT,
	MI_TYPE_UNION,
};

struct mi_type_query {
	/* What is asked. */
	enum mi_type_query_kind kind;
	const char *type;   /* tag of a struct or union, or a typedef's name */
	const char *member; /* "flags", or a path through members: "lru.next" */

	/*
	 * The answer. Members of unnamed structs and unions count as members
	 * of what encloses them (only those: a named sub-struct is entered
	 * by a path alone). Where a name is defined more than once, the first
	 * definition that answers the query counts.
	 */
	bool found;
	bool is_signed;		/* of an integer or enum element */
	enum mi_type_class cls; /* of the member's element: typedefs, const,
				 * arrays peeled; pointee not followed */
	uint64_t bit_offset;	/* of the member, from the start of @type */
	uint64_t bit_size;	/* of the whole member; of a bitfield its width */
	uint64_t count;		/* elements if an array (all dimensions), 0 if
				 * flexible; 1 if no array */
	uint64_t size;		/* bytes: of @type, or of one element */
	int64_t value;		/* of the enumerator */
	char type_name[40];	/* tag of the element's struct, union or enum, or,
				 * for a pointer, of what it points to; else "" */
};

/* Counts for --sources; all that a source tells of itself. */
struct mi_type_source_info {
	uint64_t types; /* type records in the source (BTF), DIEs seen (DWARF) */
	uint64_t bytes;
};

struct mi_btf;	 /* btf.c: reader of one BTF blob, kept as a copy */
struct mi_dwarf; /* dwarf.c: libdw over one vmlinux */

/*
 * Parse @size bytes of kernel BTF. The blob is taken over (freed by
 * mi_btf_free(), also when this fails). It comes from a dump, so every
 * record is bounds-checked before use: a damaged one is MI_ERR_FORMAT.
 */
enum mi_status mi_btf_parse(void *blob, size_t size, struct mi_btf **ret, struct mi_error *err);
/*
 * The same for the BTF of a module, whose ids and strings go on from those of @base,
 * the kernel's. @base must stay until this is freed. Queries are answered by the
 * module's own types first, then by those of @base.
 */
enum mi_status mi_btf_parse_on(const struct mi_btf *base, void *blob, size_t size,
			       struct mi_btf **ret, struct mi_error *err);
/* The first type id and string offset of what goes on from @btf. */
void mi_btf_end(const struct mi_btf *btf, uint32_t *next_id, uint32_t *next_string);
void mi_btf_free(struct mi_btf *btf);
/* Answer all queries that are not found yet. Never fails on what is absent. */
enum mi_status mi_btf_resolve(struct mi_btf *btf, struct mi_type_query *queries, size_t n,
			      struct mi_error *err);
void mi_btf_info(const struct mi_btf *btf, struct mi_type_source_info *info);
/*
 * Look for the kernel's BTF in its image, where no symbol leads to it. *@va: where
 * it was found. Two that both describe a kernel are MI_ERR_FORMAT.
 */
enum mi_status mi_btf_scan(const struct mi_image *image, struct mi_btf **ret, uint64_t *va,
			   struct mi_error *err);

enum mi_status mi_dwarf_open(int fd, const char *path, struct mi_dwarf **ret, struct mi_error *err);
void mi_dwarf_close(struct mi_dwarf *dwarf);
enum mi_status mi_dwarf_resolve(struct mi_dwarf *dwarf, struct mi_type_query *queries, size_t n,
				struct mi_error *err);
void mi_dwarf_info(const struct mi_dwarf *dwarf, struct mi_type_source_info *info);

#endif
