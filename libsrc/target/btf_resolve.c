// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf_resolve.c - answering type queries out of a parsed BTF blob
 *
 * One sweep over all records, of a module before those of the kernel that it goes
 * on from; those with a wanted name are looked into. What
 * mi_btf_parse() could not rule out are loops: a chain of typedefs or arrays
 * is followed only so far, unnamed members are entered only so deep, and one
 * sweep looks at so many members and no more.
 */
#include "btf_format.h"
#include "wanted.h"

#define MAX_CHAIN 64
#define MAX_DEPTH 16
/* A kernel and 200 queries take some 20,000. */
#define MAX_STEPS (4U << 20)

struct walk {
	const struct mi_btf *btf;
	struct mi_wanted *wanted;
	uint32_t steps_left;
};

static void spend(struct walk *walk, uint32_t steps)
{
	walk->steps_left -= steps < walk->steps_left ? steps : walk->steps_left;
}

static bool is_modifier(uint32_t kind)
{
	return kind == BTF_TYPEDEF || kind == BTF_CONST || kind == BTF_VOLATILE ||
	       kind == BTF_RESTRICT || kind == BTF_TYPE_TAG;
}

/* What a type is below typedefs, const and the like; false on a loop. */
static bool peel(const struct mi_btf *btf, uint32_t id, struct btf_type *type)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		btf_unpack(btf, id, type);
		if (!is_modifier(type->kind))
			return true;
		id = type->size;
	}
	return false;
}

/* The element type below arrays too, and how many there are of it. */
static bool peel_arrays(const struct mi_btf *btf, uint32_t id, struct btf_type *type,
			uint64_t *count)
{
	*count = 1;
	for (int i = 0; i < MAX_CHAIN; i++) {
		if (!peel(btf, id, type))
			return false;
		if (type->kind != BTF_ARRAY)
			return true;
		if (__builtin_mul_overflow(*count, btf_get32(type->extra + 8), count))
			return false;
		id = btf_get32(type->extra);
	}
	return false;
}

static int64_t enum_value(const struct mi_btf *btf, const struct btf_type *type, uint32_t i,
			  const char **name)
{
	const uint8_t *p;

	if (type->kind == BTF_ENUM64) {
		p = type->extra + 12 * (size_t)i;
		*name = btf_string(btf, btf_get32(p));
		return (int64_t)((uint64_t)btf_get32(p + 8) << 32 | btf_get32(p + 4));
	}
	p = type->extra + 8 * (size_t)i;
	*name = btf_string(btf, btf_get32(p));
	if (type->kflag || !btf->marks_signed_enums)
		return (int32_t)btf_get32(p + 4);
	return btf_get32(p + 4);
}

static bool enum_is_signed(const struct mi_btf *btf, const struct btf_type *type)
{
	const char *name;

	if (btf->marks_signed_enums || type->kflag)
		return type->kflag;
	for (uint32_t i = 0; i < type->vlen; i++)
		if (enum_value(btf, type, i, &name) < 0)
			return true;
	return false;
}

/* Class, size, sign and tag of an element type. */
static bool describe(const struct mi_btf *btf, const struct btf_type *type,
		     struct mi_type_query *query)
{
	struct btf_type pointee;

	query->cls = MI_TYPE_OTHER;
	query->size = 0;
	query->is_signed = false;
	query->type_name[0] = '\0';
	switch (type->kind) {
	case BTF_INT:
		query->cls = MI_TYPE_INT;
		query->is_signed = btf_get32(type->extra) >> 24 & BTF_INT_SIGNED;
		break;
	case BTF_ENUM:
	case BTF_ENUM64:
		query->cls = MI_TYPE_ENUM;
		query->is_signed = enum_is_signed(btf, type);
		mi_wanted_tag(query, type->name);
		break;
	case BTF_STRUCT:
	case BTF_UNION:
		query->cls = type->kind == BTF_STRUCT ? MI_TYPE_STRUCT : MI_TYPE_UNION;
		mi_wanted_tag(query, type->name);
		break;
	case BTF_PTR:
		query->cls = MI_TYPE_POINTER;
		query->size = btf->pointer_bytes;
		if (!peel(btf, type->size, &pointee))
			return false;
		if (pointee.kind == BTF_STRUCT || pointee.kind == BTF_UNION ||
		    pointee.kind == BTF_FWD || pointee.kind == BTF_ENUM ||
		    pointee.kind == BTF_ENUM64)
			mi_wanted_tag(query, pointee.name);
		return true;
	case BTF_FLOAT:
		break;
	default: /* void, function, forward: nothing has such a type */
		return true;
	}
	query->size = type->size;
	return true;
}

static bool answer_size(const struct walk *walk, uint32_t id, struct mi_type_query *query)
{
	struct btf_type type;

	return peel_arrays(walk->btf, id, &type, &query->count) &&
	       describe(walk->btf, &type, query) && (query->size || type.kind != BTF_FWD) &&
	       mi_wanted_whole(query);
}

/* Find a member by name, unnamed structs and unions included; @at gets the bit offset. */
static bool find_member(struct walk *walk, const struct btf_type *type, const char *name,
			size_t len, int depth, struct btf_member *member, uint64_t *at)
{
	for (uint32_t i = 0; i < type->vlen; i++) {
		struct btf_type inner;

		if (!walk->steps_left)
			return false;
		spend(walk, 1);
		btf_unpack_member(walk->btf, type, i, member);
		*at = member->bit_offset;
		if (*member->name) {
			if (mi_wanted_same(member->name, name, len))
				return true;
			continue;
		}
		if (depth == MAX_DEPTH || !peel(walk->btf, member->type, &inner) ||
		    (inner.kind != BTF_STRUCT && inner.kind != BTF_UNION))
			continue;
		if (find_member(walk, &inner, name, len, depth + 1, member, at)) {
			struct btf_member outer;

			btf_unpack_member(walk->btf, type, i, &outer);
			*at += outer.bit_offset;
			return true;
		}
	}
	return false;
}

static bool fill_member(const struct walk *walk, const struct btf_member *member, uint64_t at,
			struct mi_type_query *query)
{
	struct btf_type type;

	if (!peel_arrays(walk->btf, member->type, &type, &query->count) ||
	    !describe(walk->btf, &type, query))
		return false;
	query->bit_offset = at;
	if (member->bits) {
		query->bit_size = member->bits;
		return true;
	}
	/* Before kind_flag (pahole 1.12), a bitfield had an integer type of its own. */
	if (type.kind == BTF_INT && query->count == 1) {
		uint32_t word = btf_get32(type.extra);

		query->bit_offset += word >> 16 & 0xff;
		query->bit_size = word & 0xff;
		return true;
	}
	return mi_wanted_member_bits(query);
}

static bool answer_member(struct walk *walk, uint32_t id, struct mi_type_query *query)
{
	const char *path = query->member;
	struct btf_member member;
	struct btf_type type;
	uint64_t sum = 0, count;

	if (!peel(walk->btf, id, &type))
		return false;
	for (;;) {
		size_t len = mi_wanted_component(path);
		uint64_t at;

		if (type.kind != BTF_STRUCT && type.kind != BTF_UNION)
			return false;
		if (!len || !find_member(walk, &type, path, len, 0, &member, &at))
			return false;
		sum += at;
		if (!path[len])
			return fill_member(walk, &member, sum, query);
		/* A path enters the first element of an array. */
		if (!peel_arrays(walk->btf, member.type, &type, &count))
			return false;
		path += len + 1;
	}
}

static void answer_type(struct walk *walk, uint32_t id, const char *type_name)
{
	struct mi_wanted *wanted = walk->wanted;
	struct mi_wanted_name *name = mi_wanted_find(&wanted->types, type_name);
	uint32_t i;

	if (!name)
		return;
	for (i = mi_wanted_open(wanted, name->first); i != MI_WANTED_END;
	     i = mi_wanted_open(wanted, wanted->next[i])) {
		struct mi_type_query *query = &wanted->queries[i];
		/* A failed attempt must leave no half answer. */
		struct mi_type_query answer = *query;
		bool ok;

		spend(walk, MAX_CHAIN);
		if (query->kind == MI_QUERY_SIZE)
			ok = answer_size(walk, id, &answer);
		else
			ok = answer_member(walk, id, &answer);
		if (!ok)
			continue;
		*query = answer;
		mi_wanted_answered(wanted, &wanted->types, name, i);
	}
}

static void answer_enum(struct walk *walk, const struct btf_type *type)
{
	struct mi_wanted *wanted = walk->wanted;

	for (uint32_t n = 0; n < type->vlen && wanted->enumerators.open; n++) {
		struct mi_wanted_name *name;
		const char *text;
		int64_t value = enum_value(walk->btf, type, n, &text);
		uint32_t i;

		name = mi_wanted_find(&wanted->enumerators, text);
		if (!name)
			continue;
		for (i = mi_wanted_open(wanted, name->first); i != MI_WANTED_END;
		     i = mi_wanted_open(wanted, wanted->next[i])) {
			struct mi_type_query *query = &wanted->queries[i];

			describe(walk->btf, type, query);
			mi_wanted_enumerator(query, value);
			mi_wanted_answered(wanted, &wanted->enumerators, name, i);
		}
	}
}

/* The records of one blob; false if its structs are entangled. */
static bool sweep(struct walk *walk, uint32_t first, uint32_t end)
{
	const struct mi_wanted *wanted = walk->wanted;
	uint32_t id;

	for (id = first; id < end; id++) {
		struct btf_type type;

		if (!wanted->types.open && !wanted->enumerators.open)
			break;
		btf_unpack(walk->btf, id, &type);
		if (type.kind == BTF_STRUCT || type.kind == BTF_UNION || type.kind == BTF_TYPEDEF)
			answer_type(walk, id, type.name);
		else if (type.kind == BTF_ENUM || type.kind == BTF_ENUM64)
			answer_enum(walk, &type);
		if (!walk->steps_left)
			return false;
	}
	return true;
}

enum mi_status mi_btf_resolve(struct mi_btf *btf, struct mi_type_query *queries, size_t n,
			      struct mi_error *err)
{
	struct mi_wanted wanted;
	struct walk walk = {.btf = btf, .wanted = &wanted, .steps_left = MAX_STEPS};
	enum mi_status status = mi_wanted_init(&wanted, queries, n, err);

	if (status)
		return status;
	if (!sweep(&walk, btf->first_id, btf->n_types) ||
	    (btf->base && !sweep(&walk, 1, btf->first_id)))
		status = mi_fail(err, MI_ERR_FORMAT, "BTF structs are entangled");
	mi_wanted_fini(&wanted);
	return status;
}
